"""A live database as data: one connection, a few statements, nothing written."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from xcore_tools.config import Config, load_config
from xcore_tools.database.connection import connected
from xcore_tools.database.inspection.mysql import read_mysql
from xcore_tools.database.inspection.postgresql import read_postgresql
from xcore_tools.database.inspection.reflected import read_other
from xcore_tools.database.inspection.selection import selected
from xcore_tools.database.inspection.sqlite import read_sqlite
from xcore_tools.database.inspection.statistics import with_statistics
from xcore_tools.database.lookup import find_url
from xcore_tools.database.schema import DatabaseSchema, Meta
from xcore_tools.database.url import DatabaseUrl, parse_url
from xcore_tools.errors import DatabaseError
from xcore_tools.version import installed_version

__all__ = ["DatabaseInspector"]

# Reads the schemas named, or those of the user's own.
_Reader = Callable[[sa.Connection, Sequence[str]], DatabaseSchema]


class DatabaseInspector:
    """Reads the schema of one database: `DatabaseInspector(url).inspect()`.

    `url` is a text as SQLAlchemy reads it, or a DatabaseUrl; without one, the configured database
    is meant. Nothing is connected before a method is called, and nothing stays connected after.

    Raises:
        ConfigError: there is no URL, or what is there is none.
    """

    def __init__(
        self, url: str | DatabaseUrl | None = None, *, config: Config | None = None
    ) -> None:
        if url is None:
            url = find_url(config or load_config())
        elif isinstance(url, str):
            url = parse_url(url, source="url", anchor=Path.cwd(), environ=os.environ)
        self.url = url

    def inspect(
        self,
        *,
        schemas: Sequence[str] = (),
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        statistics: bool = False,
    ) -> DatabaseSchema:
        """The whole schema, sorted; equal for an unchanged database whoever asks.

        `schemas` restricts it to these (on MySQL other databases of the server can be named);
        `include` and `exclude` are shell patterns for tables and views. With `statistics`, rows
        are counted and sizes asked for. A table that cannot be read is in `unreadable`, and the
        rest goes on.

        Raises:
            DatabaseError: the database cannot be reached, or there is no such schema.
        """
        with connected(self.url) as connection:
            self._refuse_unknown(connection, schemas)
            reader = _READERS.get(self.url.engine_name, read_other)
            found = selected(reader(connection, schemas), include=include, exclude=exclude)
            return with_statistics(connection, found) if statistics else found

    def meta(self) -> Meta:
        """Where an export of this moment comes from; the URL is without secrets."""
        with connected(self.url) as connection:
            query = _VERSIONS.get(self.url.engine_name)
            server = str(connection.exec_driver_sql(query).scalar()) if query else ""
        return Meta(
            url=str(self.url),
            time=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            server_version=server,
            tool_version=installed_version(),
        )

    def _refuse_unknown(self, connection: sa.Connection, schemas: Sequence[str]) -> None:
        known = sa.inspect(connection).get_schema_names() if schemas else []
        for name in schemas:
            if name not in known:
                raise DatabaseError(
                    f"{self.url}: no schema is called {name}; there are {', '.join(known)}"
                )


def _sqlite(connection: sa.Connection, _schemas: Sequence[str]) -> DatabaseSchema:
    return read_sqlite(connection)


_READERS: Mapping[str, _Reader] = {
    "sqlite": _sqlite,
    "postgresql": read_postgresql,
    "mysql": read_mysql,
}
_VERSIONS = {
    "sqlite": "SELECT sqlite_version()",
    "postgresql": "SHOW server_version",
    "mysql": "SELECT version()",
}
