"""What backups of any engine need, and what the module of each engine gives."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import msgspec
import sqlalchemy as sa

from xcore_tools.config.schema import Compression
from xcore_tools.database.backup.archive import Archive
from xcore_tools.database.backup.facts import Contents, Plan, TableRows
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError

Progress = Callable[[int, int | None], None]
"""Is called with the bytes done, and with those in total where they are known."""


def silent(_done: int, _total: int | None) -> None:
    """Progress that nobody wants to see."""


class HalfwayError(BackupError):
    """Indicates that a restore broke off and could not be undone; the message says what is where."""


class VersionTable(msgspec.Struct, frozen=True):
    """Where Alembic notes the revisions of a database: `version_table`, `version_table_schema`."""

    name: str = "alembic_version"
    schema: str | None = None


class Engine(Protocol):
    """Backups of one database engine. All files are whole, or an error is raised."""

    def dump(
        self, url: DatabaseUrl, target: Path, *, compression: Compression, progress: Progress
    ) -> Contents:
        """Write one moment of the database into a new file; other files may come to lie beside."""

    def check(self, archive: Archive) -> str:
        """Look into a file, without a server; what was looked at, for people.

        Raises:
            BackupError: the file is not whole, or not of this engine.
        """

    def drill(self, url: DatabaseUrl, archive: Archive) -> tuple[TableRows, ...]:
        """Restore a file into a database of its own, which is dropped again; the rows in it."""

    def copied(
        self, url: DatabaseUrl, place: Path, workplace: Callable[[], AbstractContextManager[Path]]
    ) -> AbstractContextManager[DatabaseUrl]:
        """Another database with what is in this one now, dropped afterwards; `place` is room for it."""

    def blank(self, url: DatabaseUrl, place: Path) -> AbstractContextManager[DatabaseUrl]:
        """Another database with nothing in it, dropped afterwards; `place` is room for it."""

    def plan(self, url: DatabaseUrl, archive: Archive, *, privileges: bool) -> Plan:
        """What `load` could give back to this database, as this user; nothing is changed."""

    def load(
        self,
        url: DatabaseUrl,
        archive: Archive,
        *,
        privileges: bool,
        timeout: float,
        progress: Progress,
    ) -> None:
        """Replace all of the database by what the file holds, with owners and rights if asked.

        Other connections are waited for `timeout` seconds. At every moment, and also when the
        process is killed, the database is entirely the old or entirely the new one.

        Raises:
            BackupError, DatabaseError: it failed; the database is as before.
            HalfwayError: it is not, and what was there before is elsewhere.
        """

    def exists(self, url: DatabaseUrl) -> bool:
        """Whether there is a database that a restore would replace."""


def revisions_in(connection: sa.Connection, table: VersionTable) -> tuple[str, ...]:
    """Alembic's heads in the database, sorted; none where it has never been there."""
    if not sa.inspect(connection).has_table(table.name, schema=table.schema):
        return ()
    column = sa.column("version_num", sa.String)
    query = sa.select(column).select_from(sa.table(table.name, column, schema=table.schema))
    return tuple(sorted(connection.scalars(query)))
