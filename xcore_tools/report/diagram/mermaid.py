"""A schema as an entity relationship diagram of Mermaid, which GitHub and others draw.

https://mermaid.js.org/syntax/entityRelationshipDiagram.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from xcore_tools.database.schema import Column, DatabaseSchema, ForeignKey, Table
from xcore_tools.report.diagram.marks import is_optional, is_single, marks

_WORDY = re.compile(r"\((?![\d, ]*\)).*\)")
"""Arguments of a type that are more than numbers."""
_FOREIGN = re.compile(r"[^A-Za-z0-9_\-\[\]()]+")


def render(schema: DatabaseSchema, *, columns: bool = True) -> str:
    """Tables with their columns, unless those are not wanted, and a line for each foreign key."""
    lines = ["erDiagram"]
    for table in schema.tables:
        lines += _table(table, columns=columns)
    for table in schema.tables:
        lines += (_reference(table, key) for key in table.foreign_keys)
    return "\n".join(lines) + "\n"


def _table(table: Table, *, columns: bool) -> Iterator[str]:
    name = _name(table.schema, table.name)
    if not columns or not table.columns:
        yield f"    {name}"
        return
    yield f"    {name} {{"
    yield from (f"        {_column(table, column)}" for column in table.columns)
    yield "    }"


def _column(table: Table, column: Column) -> str:
    """`type name PK,FK "comment"`: a name that Mermaid cannot take stands in the comment as well."""
    name = _word(column.name, "column")
    notes = [] if name == column.name else [_quoted(column.name)]
    notes += [] if column.nullable or "PK" in marks(table, column) else ["not null"]
    parts = [_word(_WORDY.sub("", column.type), "unknown"), name, ", ".join(marks(table, column))]
    if notes:
        parts.append(f'"{", ".join(notes)}"')
    return " ".join(filter(None, parts))


def _reference(table: Table, key: ForeignKey) -> str:
    one = "|o" if is_optional(table, key) else "||"
    many = "o|" if is_single(table, key) else "o{"
    label = _quoted(", ".join(key.columns))
    target, source = _name(key.schema, key.table), _name(table.schema, table.name)
    return f'    {target} {one}--{many} {source} : "{label}"'


def _name(schema: str | None, name: str) -> str:
    """A name in quotes, in which nearly everything may stand."""
    return f'"{_quoted(name if schema is None else f"{schema}.{name}")}"'


def _quoted(text: str) -> str:
    """What may stand between quotes. Mermaid knows no escape for these, nor for percent and backslash."""
    return re.sub(r'["%\\]', "'", " ".join(text.split())) or "-"


def _word(text: str, otherwise: str) -> str:
    """What Mermaid takes for a word: it begins with a letter, and a few signs may follow."""
    word = _FOREIGN.sub("_", text.replace(", ", "-").replace(",", "-")).strip("_")
    if not word:
        return otherwise
    return word if word[0].isalpha() or word[0] == "_" else f"_{word}"
