"""`xcore-tools db inspect`: what is in a database, for people and programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from xcore_tools.cli.database.options import (
    inspector,
    say_unreadable,
    selection_options,
)
from xcore_tools.cli.options import config_option, format_option
from xcore_tools.cli.terminal import columns, has_color, say, say_error
from xcore_tools.database.inspection.selection import matching, selected
from xcore_tools.database.schema import DatabaseSchema
from xcore_tools.report.schema import details, json, overview
from xcore_tools.report.schema.words import qualified

EXIT_CODES = """\b
Exit codes:
  0  done
  1  a table could not be read, no table is called NAME, or the database failed
  2  wrong usage or configuration
"""


@click.command(epilog=EXIT_CODES)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@selection_options
@click.option("--stats", is_flag=True, help="Count rows and ask for sizes; this takes its time.")
@format_option
@config_option
def inspect(  # noqa: PLR0913 (one for each option)
    names: tuple[str, ...],
    *,
    url: str | None,
    schemas: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    stats: bool,
    form: str,
    config: Path | None,
) -> int:
    """Show the tables and views of a database; with a NAME or pattern, all of that one."""
    found = inspector(url, config).inspect(
        schemas=schemas, include=include, exclude=exclude, statistics=stats
    )
    missing = [name for name in names if not matching(found, name)]
    chosen = selected(found, include=names)
    if form == "json":
        say(json.render(chosen), sys.stdout)
    elif names:
        _say_details(chosen, found)
    else:
        say(
            overview.render(found, color=has_color(sys.stdout), width=columns(sys.stdout)),
            sys.stdout,
        )
    _say_missing(missing, found)
    return int(say_unreadable(chosen) or bool(missing))


def _say_details(chosen: DatabaseSchema, whole: DatabaseSchema) -> None:
    color, width = has_color(sys.stdout), columns(sys.stdout)
    blocks = (details.render(part, whole, color=color, width=width) for part in chosen.relations)
    say("\n".join(blocks), sys.stdout)


def _say_missing(missing: Sequence[str], schema: DatabaseSchema) -> None:
    known = [qualified(part.schema, part.name) for part in schema.relations]
    for name in missing:
        near = get_close_matches(name, known)
        hint = f"did you mean: {', '.join(near)}?" if near else ""
        say_error(f"there is no table or view {name}", hint=hint)
