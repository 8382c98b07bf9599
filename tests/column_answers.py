"""Columns that we read, beside those that SQLAlchemy has after importing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from xcore_tools.discovery.results import Column, Table

__all__ = ["column_differences"]

Fact = dict[str, Any]

# What annotations mean depends on the version: from SQLAlchemy 2.1 and a late SQLModel on.
_NEWER = {"Float": "Double", "DateTime": "UTCDateTime"}


def column_differences(
    said: Iterable[Fact], tables: Iterable[Table], *, is_subset: bool = False
) -> Iterator[str]:
    """Yield where we claim another thing than SQLAlchemy says; what we call unknown is no claim."""
    ours = {_key(table.module, table.line, table.name, table.schema): table for table in tables}
    for fact in said:
        table = ours.get(_key(fact["module"], fact["line"], fact["name"], fact["schema"]))
        if table is not None:
            place = f"{fact['module']}:{fact['name']}"
            yield from _of_table(place, fact, table, is_subset=is_subset)


def _key(*parts: object) -> tuple[object, ...]:
    return parts


def _of_table(place: str, fact: Fact, table: Table, *, is_subset: bool) -> Iterator[str]:
    structure = table.structure
    if structure is None:
        yield f"{place} has no structure"
        return
    theirs = {column["name"]: column for column in fact["columns"]}
    ours = {column.name: column for column in structure.columns}
    if not structure.unknown:
        yield from (f"{place} lacks {name}" for name in theirs.keys() - ours.keys())
    for name in ours.keys() - theirs.keys():
        if not is_subset and "it may not be there" not in ours[name].unknown:
            yield f"{place} invents {name}"
    for name in theirs.keys() & ours.keys():
        for complaint in _of_column(theirs[name], ours[name]):
            yield f"{place}.{name}: {complaint}"


def _of_column(fact: Fact, column: Column) -> Iterator[str]:
    claims: dict[str, object] = {
        "nullable": column.nullable,
        "primary_key": column.primary_key,
        "index": column.index,
        "unique": column.unique,
    }
    for name, claim in claims.items():
        if claim is not None and claim != fact[name]:
            yield f"{name} is {fact[name]}, not {claim}"
    if column.type is not None:
        names = {column.type.name, _NEWER.get(column.type.name)}
        if fact["type"] not in names:
            yield f"type is {fact['type']}, not {column.type}"
    elif not column.unknown and fact["type"] != "NullType":
        yield f"type is {fact['type']}, and we do not say why we do not know"
    if not any(reason.startswith("foreign key") for reason in column.unknown):
        found = sorted(column.foreign_keys)
        if found != fact["foreign_keys"]:
            yield f"foreign keys are {fact['foreign_keys']}, not {found}"
    if fact["has_default"] != (column.default is not None):
        yield f"default is {fact['has_default']}, not {column.default}"
    has_one = column.server_default or column.identity or column.computed
    if fact["has_server_default"] != bool(has_one):
        yield f"server default is {fact['has_server_default']}, not {has_one}"
