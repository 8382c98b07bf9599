"""What tables hold, for those who want to know before they change them: asked once for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import DatabaseError
from xcore_tools.migrate.lint import Known
from xcore_tools.migrate.lint.rules import BIG


def known_of(urls: Sequence[DatabaseUrl]) -> Known:
    """The most that a table holds in any of the databases; None where one does not say."""

    @cache
    def rows(table: str) -> int | None:
        return _most(urls, lambda url: _rows(url, table))

    @cache
    def nulls(table: str, column: str) -> int | None:
        return _most(urls, lambda url: _rows(url, table, column))

    return Known(urls[0].engine_name, rows, nulls)


def _most(urls: Sequence[DatabaseUrl], ask: Callable[[DatabaseUrl], int | None]) -> int | None:
    found = [ask(url) for url in urls]
    return None if None in found else max(number or 0 for number in found)


def _rows(url: DatabaseUrl, name: str, column: str | None = None) -> int | None:
    """Up to BIG + 1 rows, or those that are NULL in the column; none of a table that is not there."""
    schema, _, plain = name.rpartition(".")
    try:
        with connected(url) as connection:
            if not sa.inspect(connection).has_table(plain, schema=schema or None):
                return 0
            value: sa.ColumnClause[object] = sa.column(quoted_name(column or "", quote=True))
            table = sa.table(
                quoted_name(plain, quote=True),
                *([value] if column else []),
                schema=quoted_name(schema, quote=True) if schema else None,
            )
            found = sa.select(sa.literal(1).label("one")).select_from(table).limit(BIG + 1)
            if column:
                found = found.where(table.c[column].is_(None))
            query = sa.select(sa.func.count()).select_from(found.subquery())
            return int(connection.scalar(query) or 0)
    except DatabaseError:  # it may not be read, or has no such column yet
        return None
