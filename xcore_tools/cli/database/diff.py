"""`xcore-tools db diff`: any two schemas compared, live or from files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from xcore_tools.cli.database.options import (
    say_unreadable,
    selection_options,
)
from xcore_tools.cli.options import config_option, format_of
from xcore_tools.cli.settings import load_settings
from xcore_tools.cli.terminal import columns, has_color, say
from xcore_tools.config import Config
from xcore_tools.database.comparison import Comparison, compare_schemas
from xcore_tools.database.sources import MIGRATIONS, read_sides
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.report.difference import json, sql, text

EXIT_CODES = """\b
Exit codes:
  0  no differences
  1  differences, a table could not be read, or a database failed
  2  wrong usage or configuration
"""


@click.command(epilog=EXIT_CODES)
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@selection_options
@format_of(
    "text", "json", "sql", text="How to print the differences; sql is a hint, not a migration."
)
@config_option
def diff(  # noqa: PLR0913 (one for each option)
    before: str,
    after: str,
    *,
    url: str | None,
    schemas: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    form: str,
    config: Path | None,
) -> int:
    """Say what was added, removed and changed between A and B, column by column.

    A and B are each a database URL, @ for the configured database, a file that `db export` wrote,
    an SQLite file, such as a backup, or @source for the models of the project: these are read, not
    imported, and only what they say for certain is compared. Tables of Alembic are left out.

    @migrations is what the revisions make of an empty database, which is made for that and dropped
    again: env.py and all revisions of the project are run, on the engine of the configured database.
    """
    settings = load_settings(config)
    with _replayed((before, after), settings, url) as names:
        sides = read_sides(
            *names, settings, given=url, schemas=schemas, include=include, exclude=exclude
        )
    comparison = compare_schemas(*sides)
    say(_rendered(comparison, form), sys.stdout)
    has_gaps = say_unreadable(*sides) if form != "text" else bool(comparison.not_compared)
    return int(bool(comparison.differences) or has_gaps)


@contextmanager
def _replayed(
    names: tuple[str, str], config: Config, url: str | None
) -> Iterator[tuple[str | DatabaseUrl, str | DatabaseUrl]]:
    """Both sides; what the revisions make is a database inside."""
    if MIGRATIONS not in names:
        yield names
        return
    from xcore_tools.migrate.autogenerate.replay import replayed  # noqa: PLC0415 (loads Alembic)

    with replayed(config, url=url) as fresh:
        before, after = (fresh if name == MIGRATIONS else name for name in names)
        yield before, after


def _rendered(comparison: Comparison, form: str) -> str:
    match form:
        case "json":
            return json.render(comparison)
        case "sql":
            return sql.render(comparison)
    return text.render(comparison, color=has_color(sys.stdout), width=columns(sys.stdout))
