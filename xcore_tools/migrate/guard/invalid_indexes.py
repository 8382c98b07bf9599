"""PostgreSQL: indexes that a broken CREATE INDEX CONCURRENTLY has left.

They slow writes down, are never read, and are in the way of the next attempt:
https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY.
"""

from __future__ import annotations

from collections.abc import Iterable

from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl

# An index of a partitioned table (`I`) is invalid until all partitions have theirs, which may be meant.
_QUERY = """
SELECT i.indexrelid, format('%I.%I', n.nspname, c.relname), i.indrelid::regclass::text
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' ORDER BY 2
"""

Invalid = dict[int, tuple[str, str]]
"""The name of each and its table, by oid."""


def invalid_indexes(urls: Iterable[DatabaseUrl]) -> Invalid:
    """Those in these databases; none where they are no PostgreSQL."""
    found: Invalid = {}
    for url in urls:
        if url.engine_name == "postgresql":
            with connected(url) as connection:
                rows = connection.exec_driver_sql(
                    _QUERY, execution_options={"no_parameters": True}
                ).all()
            found |= {int(row[0]): (str(row[1]), str(row[2])) for row in rows}
    return found


def remedies(before: Invalid, now: Invalid) -> tuple[str, ...]:
    """For each index that is invalid since then: what it is, and the statement that removes it."""
    return tuple(
        f"the index {name} on {table} is INVALID: it was not built to its end. Remove it before the "
        f"next attempt: DROP INDEX CONCURRENTLY {name}"
        for oid, (name, table) in now.items()
        if oid not in before
    )
