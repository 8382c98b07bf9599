"""`xcore-tools diagram`: a picture of the models, of a database, or of an export."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import xcore_tools
from xcore_tools.cli.options import config_option, format_of, url_option
from xcore_tools.cli.output import STDOUT, write
from xcore_tools.cli.settings import load_settings
from xcore_tools.cli.terminal import has_color, say
from xcore_tools.config import Config
from xcore_tools.database.declared import declared_schema
from xcore_tools.database.schema import DatabaseSchema
from xcore_tools.database.sources import SOURCE, read_schema
from xcore_tools.files import read_regular
from xcore_tools.report.diagram import dot, mermaid, page, svg
from xcore_tools.report.diagram.block import END, START, replaced
from xcore_tools.report.diagram.details import Detail, details_of, grouped, groupings
from xcore_tools.report.diagram.geometry import arranged
from xcore_tools.report.diagram.selection import Place, around, keys_only, matching, place_of
from xcore_tools.report.schema import dbml, overview
from xcore_tools.report.style import painted

EXIT_CODES = """\b
Exit codes:
  0  done, or the picture in FILE is as it should be
  1  --check found another picture in FILE, no table is called TABLE, or a database failed
  2  wrong usage or configuration, or FILE has no marks
"""


@click.command(epilog=EXIT_CODES)
@click.argument("source", default=SOURCE, metavar="[SOURCE]")
@url_option
@format_of(
    *("mermaid", "dbml", "dot", "svg", "html"),
    text="Mermaid, which GitHub draws; DBML; DOT for Graphviz; an SVG file; or an HTML page.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default=STDOUT,
    help="Write the picture to FILE instead of standard output (-).",
)
@click.option(
    "--select", multiple=True, metavar="TABLE", help="Only these tables and what is around them."
)
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="How many foreign keys away from a selected table others may be.",
)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out tables that match.")
@click.option(
    "--no-columns", is_flag=True, help="Tables and foreign keys only; in DBML, the columns of keys."
)
@click.option(
    "--inject",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help=f"Put the picture into a Markdown file, between {START} and {END}.",
)
@click.option("--check", is_flag=True, help="With --inject: write nothing, exit 1 if it would.")
@config_option
def diagram(  # noqa: PLR0913 (one for each option)
    source: str,
    *,
    url: str | None,
    form: str,
    output: Path,
    select: tuple[str, ...],
    depth: int,
    exclude: tuple[str, ...],
    no_columns: bool,
    inject: Path | None,
    check: bool,
    config: Path | None,
) -> int:
    """Draw the tables and foreign keys of SOURCE: the models of the project, if nothing else is said.

    SOURCE may be @source, @ for the configured database, a URL, an export or an SQLite file.
    """
    if inject is not None and (form != "mermaid" or output != STDOUT):
        raise click.BadParameter("takes Mermaid, and no other output", param_hint="--inject")
    if check and inject is None:
        raise click.UsageError("--check needs --inject")
    schema, details = _read(source, load_settings(config), url, exclude)
    schema = _selected(schema, select, depth)
    has_gaps = _say_gaps(schema)
    picture = _drawn(schema, details, form, columns=not no_columns)
    if inject is not None:
        return _inject(picture, inject, is_check=check)
    write(picture, output)
    return int(has_gaps)


def _read(
    source: str, config: Config, url: str | None, exclude: tuple[str, ...]
) -> tuple[DatabaseSchema, dict[Place, Detail]]:
    """The schema, and what its source says of the tables besides."""
    if source != SOURCE:
        return read_schema(source, config, given=url, exclude=exclude), {}
    found = xcore_tools.discover(config=config, columns=True)
    schema = declared_schema(found, DatabaseSchema(engine="source"), exclude=exclude)
    return schema, details_of(found)


def _drawn(
    schema: DatabaseSchema, details: dict[Place, Detail], form: str, *, columns: bool
) -> str:
    match form:
        case "dbml":
            return dbml.render(schema if columns else keys_only(schema))
        case "dot":
            origins = groupings(schema, details).get("origin")
            return dot.render(schema, columns=columns, groups=origins)
        case "svg":
            groups = grouped(schema, details)
            return svg.render(arranged(schema, columns=columns), groups, title=_title(schema))
        case "html":
            return page.render(arranged(schema, columns=columns), details, title=_title(schema))
        case _:
            return mermaid.render(schema, columns=columns)


def _title(schema: DatabaseSchema) -> str:
    return "Tables of the models" if schema.engine == "source" else f"Tables in {schema.engine}"


def _selected(schema: DatabaseSchema, select: tuple[str, ...], depth: int) -> DatabaseSchema:
    places = [place for pattern in select for place in matching(schema, pattern)]
    missing = [pattern for pattern in select if not matching(schema, pattern)]
    if missing:
        raise xcore_tools.DatabaseError(f"there is no table {missing[0]}")
    return around(schema, places if select else map(place_of, schema.tables), depth)


def _say_gaps(schema: DatabaseSchema) -> bool:
    label = painted("warning:", "yellow", color=has_color(sys.stderr))
    for sentence in overview.unreadable(schema):
        say(f"{label} {sentence}\n", sys.stderr)
    return bool(schema.unreadable)


def _inject(picture: str, path: Path, *, is_check: bool) -> int:
    text = read_regular(path).decode("utf-8", "surrogateescape")
    after = replaced(text, picture)
    if after is None:
        raise click.BadParameter(
            f"{path} has no {START} with {END} below it; put both where the picture shall be",
            param_hint="--inject",
        )
    if after == text:
        return 0
    if is_check:
        say(f"{path}: the picture is not current\n", sys.stderr)
        return 1
    write(after, path)
    return 0
