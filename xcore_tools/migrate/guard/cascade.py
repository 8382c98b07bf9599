"""SQLite: a table that is rebuilt takes no other rows with it.

A batch operation copies a table, drops the old one and renames the copy. With foreign keys
enforced, the drop deletes all rows first, and rows of other tables by ON DELETE CASCADE, without
any error. https://sqlite.org/lang_altertable.html#otheralter says to switch them off meanwhile,
and to check them at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

_PRAGMA = re.compile(r"\s*PRAGMA\s+(\w+\.)?foreign_keys\b", re.IGNORECASE)
_OFF = "PRAGMA foreign_keys = OFF"


@contextmanager
def unenforced() -> Iterator[None]:
    """Inside, connections to SQLite do not enforce foreign keys, whatever the application sets."""

    def checked_out(connection: Any, _record: object, proxy: Any) -> None:
        if _is_sqlite(proxy):
            _switch_off(connection)

    def executed(connection: sa.Connection, _cursor: Any, statement: str, *_: object) -> None:
        if connection.dialect.name == "sqlite" and _PRAGMA.match(statement):
            _switch_off(connection.connection.dbapi_connection)

    event.listen(sa.Engine, "after_cursor_execute", executed)
    event.listen(sa.Pool, "checkout", checked_out)
    try:
        yield
    finally:
        event.remove(sa.Engine, "after_cursor_execute", executed)
        event.remove(sa.Pool, "checkout", checked_out)


def _is_sqlite(proxy: Any) -> bool:
    return "sqlite" in type(proxy.dbapi_connection).__module__.lower()


def _switch_off(connection: Any) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute(_OFF)  # in a transaction this does nothing, nor did what came before
    finally:
        cursor.close()
