"""Databases to test with: an SQLite file, and a fresh database on each server that answers."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from xcore_tools.database.url import DatabaseUrl, parse_url

ENGINES = ("sqlite", "postgresql", "mysql")
SERVERS_ARE_SLOW = (
    "sqlite",
    *(pytest.param(engine, marks=pytest.mark.slow) for engine in ("postgresql", "mysql")),
)
"""Parameters for tests that are long on a server."""
SERVERS = {
    "postgresql": (
        "XCORE_TOOLS_TEST_POSTGRESQL_URL",
        "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    ),
    "mysql": ("XCORE_TOOLS_TEST_MYSQL_URL", "mysql+pymysql://root@127.0.0.1:3306/mysql"),
}
PASSWORD = "s3cr3t-p%40ss/w:rd"
"""With what has to be escaped in a URL, and again in an ini file."""
_AS_TEXT = PASSWORD.replace(":", r"\:")  # a colon begins a parameter


def as_url(text: str) -> DatabaseUrl:
    return parse_url(text, source="test", anchor=Path.cwd(), environ={})


@contextmanager
def fresh_database(engine: str, directory: Path) -> Iterator[DatabaseUrl]:
    """An empty database that is dropped afterwards; for SQLite a file that does not exist yet."""
    if engine == "sqlite":
        yield as_url(f"sqlite:///{directory / 'app.db'}")
        return
    server = as_url(server_url(engine))
    name = f"xcore_tools_{uuid.uuid4().hex[:12]}"
    with _administration(server) as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield server.with_database(name)
    finally:
        force = " WITH (FORCE)" if engine == "postgresql" else ""
        with _administration(server) as connection:
            connection.execute(sa.text(f"DROP DATABASE {name}{force}"))


@contextmanager
def fresh_user(database: DatabaseUrl) -> Iterator[DatabaseUrl]:
    """The same database for a user with PASSWORD who may do everything in it."""
    name = f"xcore_user_{uuid.uuid4().hex[:8]}"
    on = database.sqlalchemy.database
    if database.engine_name == "postgresql":
        make = [
            f"CREATE ROLE {name} LOGIN PASSWORD :password",
            f"ALTER DATABASE {on} OWNER TO {name}",
        ]
        drop = [
            f"ALTER DATABASE {on} OWNER TO CURRENT_USER",
            f"REASSIGN OWNED BY {name} TO CURRENT_USER",
            f"DROP ROLE {name}",
        ]
    else:
        make = [
            f"CREATE USER {name}@'%' IDENTIFIED BY :password",
            f"GRANT ALL ON {on}.* TO {name}@'%'",
        ]
        drop = [f"DROP USER {name}@'%'"]
    with _administration(database) as connection:
        for statement in make:
            connection.execute(sa.text(statement.replace(":password", f"'{_AS_TEXT}'")))
    try:
        yield DatabaseUrl(database.sqlalchemy.set(username=name, password=PASSWORD), "test")
    finally:
        with _administration(database) as connection:
            for statement in drop:
                connection.execute(sa.text(statement))


def server_url(engine: str) -> str:
    """The URL of a server that answers; else the test is skipped, or fails where servers are required."""
    variable, default = SERVERS[engine]
    text = os.environ.get(variable, default)
    try:
        with _administration(as_url(text)):
            return text
    except sa.exc.SQLAlchemyError as error:
        reason = f"no {engine} server answers at {as_url(text)}: {type(error).__name__}"
    if os.environ.get("XCORE_TOOLS_TEST_REQUIRE_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def _administration(server: DatabaseUrl) -> Iterator[sa.Connection]:
    engine = sa.create_engine(
        server.sqlalchemy, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection
