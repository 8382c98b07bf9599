"""A schema as DBML, for drawing: https://dbml.dbdiagram.io/docs"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from xcore_tools.database.schema import Column, DatabaseSchema, ForeignKey, Index, Table

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WORDS = {"true", "false", "null"}
_TEXT = re.compile(r"'((?:[^']|'')*)'(?:::[\w \"]+)?")


def render(schema: DatabaseSchema) -> str:
    """Enums, tables and references. Views and what DBML has no word for are left out."""
    blocks = [_enum(enum.schema, enum.name, enum.values) for enum in schema.enums]
    blocks += ["\n".join(_table(table)) for table in schema.tables]
    references: dict[str, str] = {}  # two with the same ends are an error
    for table in schema.tables:
        for key in table.foreign_keys:
            if key.referred:
                references.setdefault(_ends(table, key), _reference(table, key))
    if references:
        blocks.append("\n".join(references.values()))
    return "\n\n".join(blocks) + "\n"


def _enum(schema: str | None, name: str, values: Iterable[str]) -> str:
    lines = "".join(f"  {_quoted(value)}\n" for value in values)
    return f"Enum {_place(schema, name)} {{\n{lines}}}"


def _table(table: Table) -> Iterator[str]:
    yield f"Table {_place(table.schema, table.name)} {{"
    key = table.primary_key.columns if table.primary_key else ()
    alone = {unique.columns[0] for unique in table.uniques if len(unique.columns) == 1}
    for column in table.columns:
        settings = list(
            _settings(column, is_key=key == (column.name,), is_unique=column.name in alone)
        )
        behind = f" [{', '.join(settings)}]" if settings else ""
        yield f"  {_quoted(column.name)} {_type(column.type)}{behind}"
    indexes = [
        *([f"({_columns(key)}) [pk]"] if len(key) > 1 else []),
        *(
            f"({_columns(unique.columns)}) [unique{_name(unique.name)}]"
            for unique in table.uniques
            if len(unique.columns) > 1
        ),
        *map(_index, table.indexes),
    ]
    if indexes:
        yield "\n  indexes {"
        yield from (f"    {index}" for index in indexes)
        yield "  }"
    if table.comment:
        yield f"\n  Note: {_text(table.comment)}"
    yield "}"


def _settings(column: Column, *, is_key: bool, is_unique: bool) -> Iterator[str]:
    if is_key:
        yield "pk"
    if column.autoincrement or column.identity:
        yield "increment"
    if not column.nullable and not is_key:
        yield "not null"
    if is_unique:
        yield "unique"
    if column.default is not None and not column.autoincrement:
        yield f"default: {_default(column.default)}"
    if column.comment:
        yield f"note: {_text(column.comment)}"


def _default(text: str) -> str:
    if _NUMBER.fullmatch(text) or text.lower() in _WORDS:
        return text.lower()
    literal = _TEXT.fullmatch(text)
    if literal:
        return _text(literal[1].replace("''", "'"))
    return f"`{_one_line(text).replace('`', '')}`"


def _index(index: Index) -> str:
    keys = ", ".join(
        _quoted(key.column)
        if key.column is not None
        else f"`{_one_line(key.expression or '').replace('`', '')}`"
        for key in index.keys
    )
    unique = "unique, " if index.unique else ""
    return f"({keys}) [{unique}name: {_text(index.name)}]"


def _reference(table: Table, key: ForeignKey) -> str:
    actions = [
        f"{word}: {action.lower()}"
        for word, action in (("delete", key.on_delete), ("update", key.on_update))
        if action
    ]
    behind = f" [{', '.join(actions)}]" if actions else ""
    return f"Ref: {_ends(table, key)}{behind}"


def _ends(table: Table, key: ForeignKey) -> str:
    source = f"{_place(table.schema, table.name)}.({_columns(key.columns)})"
    target = f"{_place(key.schema, key.table)}.({_columns(key.referred)})"
    return f"{source} > {target}"


def _place(schema: str | None, name: str) -> str:
    return _quoted(name) if schema is None else f"{_quoted(schema)}.{_quoted(name)}"


def _columns(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))


def _name(name: str | None) -> str:
    return "" if name is None else f", name: {_text(name)}"


def _type(text: str) -> str:
    """A type; quoted where it is more than a word and its numbers, and has no quotes inside."""
    text = _one_line(text).replace('"', "") or "unknown"
    return text if re.fullmatch(r"\w+(\(\d+(, ?\d+)?\))?", text) else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + _one_line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(text: str) -> str:
    return "'" + _one_line(text).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _one_line(text: str) -> str:
    return " ".join(text.split())
