"""The table for people: models and Core tables by origin, then one summary line.

Names are data, so none is ever cut. Where three columns do not fit the terminal, each module
becomes a heading and two columns are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from xcore_tools.discovery.results import Discovery, Table
from xcore_tools.report.style import counted, painted, visible, width_of

HEADER = ("Class", "Table", "Module")
CORE_TABLE = "–"  # noqa: RUF001 (a dash is meant)
UNKNOWN = "?"


class _Row(NamedTuple):
    """One line of the table; rows sort by module and then as they stand in the source."""

    origin: str
    module: str
    line: int
    name: str
    table: str

    @property
    def cells(self) -> tuple[str, str, str]:
        return self.name, self.table, self.module


def render(discovery: Discovery, *, color: bool = False, width: int | None = None) -> str:
    """The table and the summary. `width` is that of the terminal; None means unlimited."""
    rows = sorted(_rows(discovery), key=lambda row: (row.origin != "core", row))
    lines = [*_table(rows, color=color, width=width), ""] if rows else []
    lines.append(painted(summary(discovery), "bold", color=color))
    return "\n".join(lines) + "\n"


def summary(discovery: Discovery) -> str:
    """`17 models, 21 tables, 3 metadatas in 24 files, 2 of them not read`."""
    parts = (
        counted(len(discovery.models), "model"),
        counted(len(discovery.tables), "table"),
        counted(len(discovery.metadatas), "metadata"),
    )
    unread = len({problem.path for problem in discovery.problems if problem.code in _UNREAD})
    files = counted(discovery.files, "file")
    return f"{', '.join(parts)} in {files}" + (f", {unread} of them not read" if unread else "")


_UNREAD = frozenset({"XT101", "XT102", "XT103", "XT104", "XT105"})
"""Why a file could not be read."""


def core_tables(discovery: Discovery) -> list[Table]:
    """The tables that no model maps, in the order given."""
    mapped = {(model.metadata, model.schema, model.table) for model in discovery.models}
    places = {(model.path, model.line) for model in discovery.models}
    return [
        table
        for table in discovery.tables
        if (table.path, table.line) not in places
        and (table.name is None or (table.metadata, table.schema, table.name) not in mapped)
    ]


def full_name(schema: str | None, table: str | None) -> str:
    """`schema.table`, with `?` for a name that is not known."""
    name = UNKNOWN if table is None else visible(table)
    return name if schema is None else f"{visible(schema)}.{name}"


def _rows(discovery: Discovery) -> Iterator[_Row]:
    for model in discovery.models:
        table = full_name(model.schema, model.table)
        if model.kind == "single-table":
            table += " (single-table)"
        module, name = visible(model.module), visible(model.name)
        yield _Row(visible(model.origin), module, model.line, name, table)
    for core in core_tables(discovery):
        table = full_name(core.schema, core.name)
        yield _Row(visible(core.origin), visible(core.module), core.line, CORE_TABLE, table)


def _table(rows: list[_Row], *, color: bool, width: int | None) -> Iterator[str]:
    columns = zip(HEADER, *(row.cells for row in rows), strict=True)
    widths = [max(map(width_of, column)) for column in columns]
    is_wide = width is None or sum(widths) + 2 * len(widths) <= width
    if is_wide:
        yield painted(_aligned(HEADER, widths), "dim", color=color)
    for origin, members in groupby(rows, key=lambda row: row.origin):
        if is_wide or origin != rows[0].origin:
            yield ""
        yield painted(origin, "bold", color=color)
        if is_wide:
            yield from (_aligned(row.cells, widths, color=color) for row in members)
        else:
            yield from _by_module(members, widths, color=color)


def _by_module(rows: Iterable[_Row], widths: Sequence[int], *, color: bool) -> Iterator[str]:
    for module, members in groupby(rows, key=lambda row: row.module):
        yield "  " + painted(module, "cyan", color=color)
        yield from ("  " + _aligned(row.cells[:2], widths, color=color) for row in members)


def _aligned(cells: Sequence[str], widths: Sequence[int], *, color: bool = False) -> str:
    """The cells, indented by two and two apart; the last one is not padded."""
    gaps = [" " * (2 + width - width_of(cell)) for cell, width in zip(cells, widths, strict=False)]
    gaps[-1] = ""
    shown = (painted(cell, "dim", color=color) if cell == CORE_TABLE else cell for cell in cells)
    return "  " + "".join(cell + gap for cell, gap in zip(shown, gaps, strict=True))
