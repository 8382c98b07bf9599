"""Every table with its columns, for people: what is known of them, and what is not."""

from __future__ import annotations

from collections.abc import Iterator

from xcore_tools.discovery.results import Column, Discovery, ForeignKey, Structure, Table
from xcore_tools.report.schema.layout import INDENT, rows, wrapped
from xcore_tools.report.style import painted, visible
from xcore_tools.report.text import full_name, summary

UNKNOWN = "?"


def render(discovery: Discovery, *, color: bool = False, width: int | None = None) -> str:
    """A block for each table, in the order given, and the summary; `?` is what is not known."""
    lines: list[str] = []
    for table in discovery.tables:
        lines += [*_block(table, color=color, width=width), ""]
    lines.append(painted(summary(discovery), "bold", color=color))
    return "\n".join(lines) + "\n"


def _block(table: Table, *, color: bool, width: int | None) -> Iterator[str]:
    name = painted(full_name(table.schema, table.name), "bold", color=color)
    place = painted(f"{visible(table.path)}:{table.line}", "dim", color=color)
    yield f"{name}  {place}"
    structure = table.structure or Structure()
    cells = [["Column", "Type", "Null", ""]]
    cells += ([*_cells(column), _notes(column)] for column in structure.columns)
    if structure.columns:
        yield from rows(cells, width=width, color=color, styles=("cyan",))
    for label, text in _facts(structure):
        yield from wrapped(f"{INDENT}{label}  ", visible(text), width)


def _cells(column: Column) -> tuple[str, str, str]:
    null = {True: "yes", False: "no", None: UNKNOWN}[column.nullable]
    name = UNKNOWN if column.name is None else visible(column.name)
    return name, UNKNOWN if column.type is None else visible(str(column.type)), null


def _notes(column: Column) -> str:
    """What else there is to say of a column, and why something is not known."""
    notes = [
        "key" if column.primary_key else "",
        *(f"→ {target}" for target in column.foreign_keys),
        "unique" if column.unique else "",
        "index" if column.index else "",
        f"wraps {column.type.impl}" if column.type and column.type.impl else "",
        f"default {column.default}" if column.default is not None else "",
        f"server default {column.server_default}" if column.server_default is not None else "",
        f"= {column.computed}" if column.computed is not None else "",
        "identity" if column.identity else "",
        *column.unknown,
    ]
    return visible(", ".join(filter(None, notes)))


def _facts(structure: Structure) -> Iterator[tuple[str, str]]:
    """What belongs to several columns: a label and a text each."""
    for key in structure.foreign_keys:
        if len(key.columns) > 1:
            yield "Foreign key", _reference(key)
    for unique in structure.uniques:
        yield "Unique", _named(", ".join(unique.columns), unique.name)
    for check in structure.checks:
        yield "Check", _named(check.expression or UNKNOWN, check.name)
    for index in structure.indexes:
        keys = ", ".join(column or UNKNOWN for column in index.columns)
        yield "Index", _named(f"{keys}, unique" if index.unique else keys, index.name)
    for reason in structure.unknown:
        yield "Not known", reason


def _reference(key: ForeignKey) -> str:
    columns, referred = ", ".join(key.columns), ", ".join(key.referred)
    return _named(f"({columns}) → {key.table} ({referred})", key.name)


def _named(text: str, name: str | None) -> str:
    return text if name is None else f"{text}  [{name}]"
