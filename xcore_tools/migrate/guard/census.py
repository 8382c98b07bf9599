"""How many rows and values a database has, and which rows point to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from xcore_tools.database.connection import connected
from xcore_tools.database.inspection import DatabaseInspector
from xcore_tools.database.schema import DatabaseSchema, ForeignKey, Table
from xcore_tools.database.url import DatabaseUrl

Key = tuple[str | None, str]
"""The schema, None for the default one, and the name of a table."""


class Counts(msgspec.Struct, frozen=True):
    """The rows of a table, and how many of each column are not NULL."""

    rows: int
    values: Mapping[str, int]


class Census(msgspec.Struct, frozen=True):
    """What was counted in each table, and the orphans: rows whose foreign key leads nowhere.

    `orphans` are by table and foreign key (`orders(user_id) → users`).
    """

    schema: DatabaseSchema
    tables: Mapping[Key, Counts]
    orphans: Mapping[tuple[Key, str], int]


def taken(url: DatabaseUrl) -> Census:
    """Count everything; nothing is changed.

    Raises:
        DatabaseError: the database cannot be reached or read.
    """
    schema = DatabaseInspector(url).inspect()
    tables = [table for table in schema.tables if table.kind == "table"]
    with connected(url) as connection:
        return Census(
            schema=schema,
            tables={(t.schema, t.name): _counts(connection, t) for t in tables},
            orphans=dict(_orphans(connection, tables)),
        )


def _counts(connection: sa.Connection, table: Table) -> Counts:
    source = _source(table.schema, table.name, [column.name for column in table.columns])
    columns = [sa.func.count(column) for column in source.c]
    rows, *values = connection.execute(
        sa.select(sa.func.count(), *columns).select_from(source)
    ).one()
    return Counts(rows, {c.name: n for c, n in zip(table.columns, values, strict=True)})


def _orphans(
    connection: sa.Connection, tables: list[Table]
) -> Iterator[tuple[tuple[Key, str], int]]:
    known = {(table.schema, table.name): table for table in tables}
    for table in tables:
        for key in table.foreign_keys:
            place = (key.schema, key.table)
            count = _count_orphans(connection, table, key, known.get(place))
            if count:
                columns = ", ".join(key.columns)
                yield ((table.schema, table.name), f"{table.name}({columns}) → {key.table}"), count


def _count_orphans(
    connection: sa.Connection, table: Table, key: ForeignKey, other: Table | None
) -> int:
    """Rows with a whole key, none of whose columns is NULL, that no row of the other table has."""
    child = _source(table.schema, table.name, key.columns)
    whole = sa.and_(*(column.is_not(None) for column in child.c))
    query = sa.select(sa.func.count()).select_from(child).where(whole)
    if other is not None:
        primary = other.primary_key.columns if other.primary_key else ()
        referred = key.referred or primary
        parent = _source(other.schema, other.name, referred, alias="referred")
        pairs = zip(child.c, parent.c, strict=False)
        query = query.where(~sa.exists().where(*(one == two for one, two in pairs)))
    return int(connection.scalar(query) or 0)


def _source(
    schema: str | None, name: str, columns: Any, *, alias: str | None = None
) -> sa.FromClause:
    table = sa.table(
        quoted_name(name, quote=True),
        *(sa.column(quoted_name(column, quote=True)) for column in columns),
        schema=None if schema is None else quoted_name(schema, quote=True),
    )
    return table.alias(alias or "counted")
