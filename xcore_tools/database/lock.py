"""One at a time: a lock of the database itself, which ends with the process that holds it.

PostgreSQL and MySQL keep it in a session of its own, SQLite in a file beside the database. Other
engines have none, and work goes on without.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import sqlalchemy as sa

from xcore_tools.config.schema import LOCK_TIMEOUT
from xcore_tools.database.connection import opened, translated
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import DatabaseError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
_NAME = "xcore-tools"


@contextmanager
def exclusive(url: DatabaseUrl, *, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """Inside, no other process that asks for this lock works on the same database.

    It is not held by a process that was killed, and does not keep applications out.

    Raises:
        DatabaseError: another process held it for `timeout` seconds, or it cannot be had.
    """
    path = url.sqlite_path
    if path is not None:
        with _file_lock(url, path, timeout):
            yield
    elif url.engine_name in _SESSION_LOCKS:
        with _session_lock(url, timeout):
            yield
    else:
        yield


@contextmanager
def _file_lock(url: DatabaseUrl, path: Path, timeout: float) -> Iterator[None]:
    real = path.resolve()
    if not real.parent.is_dir():  # the library would make it
        raise DatabaseError(f"{url}: its directory does not exist ({url.source}); make it")
    lock = filelock.FileLock(real.with_name(f".{real.name}.{_NAME}.lock"), timeout=timeout)
    try:
        lock.acquire(poll_interval=_FIRST_PAUSE)
    except filelock.Timeout:
        raise _held(url, timeout) from None
    except OSError as error:
        raise DatabaseError(
            f"{url}: cannot be locked: {error.strerror or error}; "
            "make the directory of the database writable"
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _session_lock(url: DatabaseUrl, timeout: float) -> Iterator[None]:
    prepare, acquire = _SESSION_LOCKS[url.engine_name]
    # Outside of a transaction: an open one would hold up CREATE INDEX CONCURRENTLY.
    connection = opened(url, isolation_level="AUTOCOMMIT")
    try:
        with translated(url):
            prepare(connection)
            _wait(lambda: acquire(connection), url, timeout)
        yield
    finally:
        with suppress(sa.exc.SQLAlchemyError):  # the session may have ended, and the lock with it
            connection.close()


def _wait(acquire: Callable[[], bool], url: DatabaseUrl, timeout: float) -> None:
    """Asks again and again: a statement that waits in the server would hold up index builds."""
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while not acquire():
        left = deadline - time.monotonic()
        if left <= 0:
            raise _held(url, timeout)
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _held(url: DatabaseUrl, timeout: float) -> DatabaseError:
    return DatabaseError(
        f"{url}: another process has worked on this database for the last {timeout:g} s; "
        "try again when it is done, or wait longer with --lock-timeout"
    )


def _keep_postgresql_session(connection: sa.Connection) -> None:
    # a session that only holds the lock is idle; the setting came with PostgreSQL 14
    connection.execute(
        sa.text(
            "SELECT set_config(name, '0', false) FROM pg_settings "
            "WHERE name = 'idle_session_timeout'"
        )
    )


def _lock_postgresql(connection: sa.Connection) -> bool:
    # such locks are numbers, and belong to one database; schemas of their own have one each
    name = f"{_NAME}{DatabaseUrl(connection.engine.url, '').search_path}"
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    return bool(connection.scalar(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": key}))


def _keep_mysql_session(connection: sa.Connection) -> None:
    connection.execute(sa.text("SET SESSION wait_timeout = 2147483"))  # Windows takes no more


def _lock_mysql(connection: sa.Connection) -> bool:
    # names are common to all databases of a server, and at most 64 characters long; the server says
    # what the database is called: it may take no notice of capital letters
    name = str(connection.scalar(sa.text("SELECT DATABASE()")) or "")
    database = hashlib.sha256(name.encode()).hexdigest()[:32]
    got = connection.scalar(sa.text("SELECT GET_LOCK(:name, 0)"), {"name": f"{_NAME}:{database}"})
    return bool(got)


_SESSION_LOCKS = {
    "postgresql": (_keep_postgresql_session, _lock_postgresql),
    "mysql": (_keep_mysql_session, _lock_mysql),
}
