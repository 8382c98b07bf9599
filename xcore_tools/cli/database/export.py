"""`xcore-tools db export`: the schema of a database in a file, the same bytes every time."""

from __future__ import annotations

from pathlib import Path

import click

from xcore_tools.cli.database.options import (
    inspector,
    say_unreadable,
    selection_options,
)
from xcore_tools.cli.options import config_option, format_of
from xcore_tools.cli.output import STDOUT, write
from xcore_tools.report.schema import dbml, json, sql

EXIT_CODES = """\b
Exit codes:
  0  done
  1  a table could not be read and is named in the file, or the database failed
  2  wrong usage or configuration, or FILE cannot be written
"""


@click.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path), default=STDOUT, metavar="[FILE]")
@selection_options
@format_of("json", "sql", "dbml", text="JSON for `db diff`, CREATE statements, or DBML.")
@click.option(
    "--with-meta", is_flag=True, help="JSON: add the time, the versions and the redacted URL."
)
@click.option("--stats", is_flag=True, help="JSON: add rows and sizes.")
@config_option
def export(  # noqa: PLR0913 (one for each option)
    file: Path,
    *,
    url: str | None,
    schemas: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    form: str,
    with_meta: bool,
    stats: bool,
    config: Path | None,
) -> int:
    """Write the schema of a database to FILE, or to standard output.

    The file depends on the schema alone: an unchanged database gives the same bytes.
    """
    source = inspector(url, config)
    schema = source.inspect(schemas=schemas, include=include, exclude=exclude, statistics=stats)
    match form:
        case "sql":
            text = sql.render(schema)
        case "dbml":
            text = dbml.render(schema)
        case _:
            text = json.render(schema, meta=source.meta() if with_meta else None)
    write(text, file)
    return int(say_unreadable(schema))
