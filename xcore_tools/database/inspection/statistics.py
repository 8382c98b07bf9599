"""Rows and sizes of tables and materialized views, on request: counting takes its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from xcore_tools.database.schema import DatabaseSchema, Table, Unreadable, View, by_name, family

Counted = TypeVar("Counted", Table, View)
Key = tuple[str | None, str]

# Bytes with indexes; those of a partitioned table are in its partitions.
_SIZES = {
    "postgresql": (
        "SELECT n.nspname, c.relname, pg_total_relation_size(c.oid) FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm')"
    ),
    "mysql": (
        "SELECT table_schema, table_name, data_length + index_length "
        "FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    ),
    # only where SQLite was built with it
    "sqlite": (
        "SELECT NULL, m.tbl_name, sum(d.pgsize) FROM dbstat AS d "
        "JOIN sqlite_master AS m ON m.name = d.name GROUP BY m.tbl_name"
    ),
}


def with_statistics(connection: sa.Connection, schema: DatabaseSchema) -> DatabaseSchema:
    """`schema` with the rows of each table, counted, and its size, as far as the engine says.

    A table that may not be read is added to `unreadable`; its structure stays.
    """
    sizes = _sizes(connection, schema)
    unreadable: list[Unreadable] = list(schema.unreadable)

    def counted(part: Counted) -> Counted:
        key = (part.schema, part.name)
        quote = connection.dialect.identifier_preparer.quote
        place = ".".join(quote(name) for name in key if name is not None)
        rows = None
        try:
            with connection.begin_nested():
                rows = connection.scalar(sa.text(f"SELECT count(*) FROM {_literal(place)}"))
        except sa.exc.DBAPIError as error:
            reason = f"rows not counted: {_said(error)}"
            unreadable.append(Unreadable(schema=part.schema, name=part.name, reason=reason))
        return msgspec.structs.replace(part, rows=rows, size=sizes.get(key))

    return msgspec.structs.replace(
        schema,
        tables=tuple(counted(table) for table in schema.tables),
        views=tuple(counted(view) if view.materialized else view for view in schema.views),
        unreadable=by_name(unreadable),
    )


def _sizes(connection: sa.Connection, schema: DatabaseSchema) -> Mapping[Key, int]:
    query = _SIZES.get(family(schema.engine))
    if query is None:
        return {}
    try:
        with connection.begin_nested():
            rows = connection.exec_driver_sql(query).fetchall()
    except sa.exc.DBAPIError:
        return {}
    default = None if family(schema.engine) == "sqlite" else connection.dialect.default_schema_name
    return {
        (None if place == default else place, name): int(size)
        for place, name, size in rows
        if size is not None
    }


def _literal(text: str) -> str:
    return text.replace(":", r"\:")


def _said(error: sa.exc.DBAPIError) -> str:
    arguments: tuple[object, ...] = getattr(error.orig, "args", ())
    return " ".join(str(arguments[1] if len(arguments) > 1 else error.orig).split())
