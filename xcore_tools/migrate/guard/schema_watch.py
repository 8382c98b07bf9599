"""SQLite: the schema before each revision, and the statements that the revision runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.migrate.facts import SchemaLoss
from xcore_tools.migrate.guard.schema_loss import Entry, Rebuilding, Schema, losses
from xcore_tools.migrate.guard.steps import Steps

_QUERY = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
_DEFINING = re.compile(r"\s*(?:ALTER|DROP)\b", re.IGNORECASE)


class SchemaLog:
    """What was noted, for each database file."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._revisions: dict[str, list[Rebuilding]] = {}

    def note(self, connection: sa.Connection, statement: str) -> None:
        """A statement is about to be run: the first one of a revision finds the schema before it."""
        revision = self._steps.running
        if not revision:
            return
        known = self._revisions.setdefault(_file(connection.engine.url.database), [])
        if not known or known[-1].revision != revision:
            raw = connection.connection.dbapi_connection
            known.append(Rebuilding(revision, _read(raw), []))
        if _DEFINING.match(statement):
            known[-1].statements.append(statement)

    def losses(self, urls: Iterable[DatabaseUrl]) -> tuple[SchemaLoss, ...]:
        """What these databases have lost, by the end."""
        found: list[SchemaLoss] = []
        for url in urls:
            path = url.sqlite_path
            known = self._revisions.get(_file(str(path)), []) if path else []
            if known:
                with connected(url) as connection:
                    final = _read(connection.connection.dbapi_connection)
                found += losses(known, final)
        return tuple(found)


@contextmanager
def noted_schemas(steps: Steps) -> Iterator[SchemaLog]:
    """Inside, schemas and statements are noted; `steps` tells which revision is running."""
    log = SchemaLog(steps)

    def executed(connection: sa.Connection, _cursor: Any, statement: str, *_: object) -> None:
        if connection.dialect.name == "sqlite":
            log.note(connection, statement)

    event.listen(sa.Engine, "before_cursor_execute", executed)
    try:
        yield log
    finally:
        event.remove(sa.Engine, "before_cursor_execute", executed)


def _read(connection: Any) -> Schema:
    cursor = connection.cursor()
    try:
        cursor.execute(_QUERY)
        return tuple(Entry(*map(str, row)) for row in cursor.fetchall())
    finally:
        cursor.close()


def _file(database: str | None) -> str:
    """One name for a file, however the URL writes it."""
    text = (database or "").removeprefix("file:").partition("?")[0]
    return str(Path(text).resolve()) if text else ""
