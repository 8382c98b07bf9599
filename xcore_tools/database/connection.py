"""Connections: one at a time, closed when done, and errors that tell no secret."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from xcore_tools.database.drivers import synchronous
from xcore_tools.database.options import UnknownOptionError, arguments
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import DatabaseError

BUSY = 30
"""Seconds that SQLite waits for another connection's transaction."""


@contextmanager
def connected(
    url: DatabaseUrl, *, isolation_level: Any = None, may_create: bool = False
) -> Iterator[sa.Connection]:
    """A connection that nobody else uses, through a driver that needs no event loop.

    An SQLite file that does not exist is not made by looking at it, unless `may_create`.

    Raises:
        DatabaseError: the database cannot be reached, or an error of it ended the block.
    """
    connection = opened(url, isolation_level=isolation_level, may_create=may_create)
    with translated(url), connection:
        yield connection


def opened(
    url: DatabaseUrl, *, isolation_level: Any = None, may_create: bool = False
) -> sa.Connection:
    """Such a connection, for the caller to close.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    path = url.sqlite_path
    if path is not None and not may_create and not path.exists():
        raise DatabaseError(f"{url}: no such file ({url.source}); correct the path")
    driven, given = _understood(url)
    if path:
        given["timeout"] = BUSY
    options: dict[str, Any] = {"connect_args": given} if given else {}
    if isolation_level is not None:
        options["isolation_level"] = isolation_level
    with translated(url):
        engine = sa.create_engine(driven, poolclass=sa.NullPool, **options)
        return engine.connect()


def _understood(url: DatabaseUrl) -> tuple[sa.URL, dict[str, Any]]:
    """The URL and the arguments for a driver that is installed.

    Raises:
        DatabaseError: there is none, or it does not know an option of the URL.
    """
    try:
        return arguments(synchronous(url).sqlalchemy)
    except UnknownOptionError as error:
        raise DatabaseError(f"{url}: {error}; correct the URL ({url.source})") from None


@contextmanager
def translated(url: DatabaseUrl) -> Iterator[None]:
    """Errors of SQLAlchemy inside become a DatabaseError whose text holds no secret.

    A traceback does not show the original, whose text may hold the password.
    """
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseError(f"{url}: {url.redacted(reason_of(error))}") from None


def reason_of(error: sa.exc.SQLAlchemyError) -> str:
    """What the driver said, in one line, without SQLAlchemy's link and without parameters."""
    original = getattr(error, "orig", None)
    text = str(original if original is not None else error)
    reason = " ".join(line.strip() for line in text.splitlines() if line.strip())
    if is_unreachable(error):
        return f"cannot connect: {reason}; check the server, the name, the user and the password"
    return reason


def is_unreachable(error: BaseException) -> bool:
    """Whether the driver could not connect, before any statement was sent."""
    return isinstance(error, sa.exc.DBAPIError) and error.statement is None
