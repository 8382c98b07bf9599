"""The part of a schema that a picture shows: some tables, and those around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

import msgspec

from xcore_tools.database.schema import DatabaseSchema, Table

Place = tuple[str | None, str]
"""The schema and the name of a table."""


def place_of(table: Table) -> Place:
    """Where a table is."""
    return table.schema, table.name


def matching(schema: DatabaseSchema, pattern: str) -> list[Place]:
    """The tables that a name or a shell pattern means, with or without their schema."""
    return [
        place_of(table)
        for table in schema.tables
        if fnmatchcase(table.name, pattern)
        or fnmatchcase(f"{table.schema or ''}.{table.name}", pattern)
    ]


def around(schema: DatabaseSchema, places: Iterable[Place], depth: int) -> DatabaseSchema:
    """The tables at `places`, those within `depth` foreign keys of them, and what is between these.

    Foreign keys that lead out of the picture are left out of it.
    """
    neighbours: dict[Place, set[Place]] = {place_of(table): set() for table in schema.tables}
    for one, other in _pairs(schema, neighbours):
        neighbours[one].add(other)
        neighbours[other].add(one)
    shown = {*places} & neighbours.keys()
    edge = set(shown)
    for _ in range(depth):
        edge = {other for place in edge for other in neighbours[place]} - shown
        shown |= edge
    tables = tuple(_within(table, shown) for table in schema.tables if place_of(table) in shown)
    return msgspec.structs.replace(schema, tables=tables)


def keys_only(schema: DatabaseSchema) -> DatabaseSchema:
    """The tables with the columns of their keys, and of the foreign keys of others; and no enums."""
    wanted: dict[Place, set[str]] = {
        place_of(table): {*(table.primary_key.columns if table.primary_key else ())}
        for table in schema.tables
    }
    for table in schema.tables:
        for key in table.foreign_keys:
            wanted[place_of(table)].update(key.columns)
            wanted.get((key.schema, key.table), set()).update(key.referred)
    tables = tuple(_with_columns(table, wanted[place_of(table)]) for table in schema.tables)
    return msgspec.structs.replace(schema, tables=tables, enums=())


def _with_columns(table: Table, names: set[str]) -> Table:
    return msgspec.structs.replace(
        table,
        columns=tuple(column for column in table.columns if column.name in names),
        uniques=tuple(unique for unique in table.uniques if names.issuperset(unique.columns)),
        indexes=tuple(
            index for index in table.indexes if names.issuperset(key.column for key in index.keys)
        ),
    )


def _pairs(schema: DatabaseSchema, known: Iterable[Place]) -> Iterator[tuple[Place, Place]]:
    places = {*known}
    for table in schema.tables:
        for key in table.foreign_keys:
            if (key.schema, key.table) in places:
                yield place_of(table), (key.schema, key.table)


def _within(table: Table, shown: set[Place]) -> Table:
    kept = tuple(key for key in table.foreign_keys if (key.schema, key.table) in shown)
    return msgspec.structs.replace(table, foreign_keys=kept)
