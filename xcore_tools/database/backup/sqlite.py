"""SQLite: copies through its online backup API, in both directions.

https://sqlite.org/backup.html. The copy is one transaction on either side: it reads one moment of
the source, whoever writes meanwhile, and the target is rolled back unless it is finished, also
when the process is killed. Sidecars (-wal, -shm, -journal) are opened by SQLite itself, so that an
old one cannot spoil what was restored.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from xcore_tools.config.schema import Compression
from xcore_tools.database.backup.archive import Archive
from xcore_tools.database.backup.compression import CHUNK, sha256_of, written
from xcore_tools.database.backup.engine import (
    Progress,
    VersionTable,
    revisions_in,
    silent,
)
from xcore_tools.database.backup.facts import Contents, DamagedError, Plan, TableRows
from xcore_tools.database.connection import connected
from xcore_tools.database.drivers import synchronous
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.durable import flush
from xcore_tools.errors import BackupError

STEP = 4 << 20
"""Bytes that are copied between two calls of `progress`."""

# https://www.sqlite.org/pragma.html#pragma_quick_check
_QUICK, _WHOLE = "quick_check", "integrity_check"
_HEADER = b"SQLite format 3\0"
_SHOWN = 3
_MAPPED = 1 << 40  # of a file that nobody changes; SQLite takes as much as it can


class Sqlite:
    """Backups of SQLite files."""

    def __init__(self, version_table: VersionTable) -> None:
        self._version_table = version_table

    def dump(
        self, url: DatabaseUrl, target: Path, *, compression: Compression, progress: Progress
    ) -> Contents:
        """Copy the database while others write; the copy is checked, and in DELETE mode."""
        _require_plain(url)
        copy = target if compression == "none" else target.with_name("copy")
        mode = _take(url, copy, progress)
        return self._described(url, copy, target, compression, mode)

    def check(self, archive: Archive) -> str:
        """`integrity_check` of SQLite."""
        with _database_in(archive) as path, _explained(archive.name):
            _check(path, archive.name)
        return "integrity_check"

    def drill(self, url: DatabaseUrl, archive: Archive) -> tuple[TableRows, ...]:
        """Restore into a file beside the backup, which is removed again."""
        with archive.workplace() as place, _explained(archive.name):
            scratch = place / "scratch"
            other = _url_of(scratch, url.source)
            self.load(other, archive, privileges=True, timeout=1, progress=silent)
            with closing(_frozen(scratch)) as db:
                return _rows(db)

    @contextmanager
    def copied(
        self, url: DatabaseUrl, place: Path, workplace: Callable[[], AbstractContextManager[Path]]
    ) -> Iterator[DatabaseUrl]:
        """A file in `place`."""
        _require_plain(url)
        copy = place / "copy.db"
        _take(url, copy, lambda *_: None)
        # for the driver that env.py expects, but without options such as mode=ro
        yield DatabaseUrl(sa.URL.create(url.sqlalchemy.drivername, database=str(copy)), url.source)

    @contextmanager
    def blank(self, url: DatabaseUrl, place: Path) -> Iterator[DatabaseUrl]:
        """A file in `place`, which is not there yet."""
        _require_plain(url)
        name = url.sqlalchemy.drivername
        yield DatabaseUrl(sa.URL.create(name, database=str(place / "blank.db")), url.source)

    def plan(self, url: DatabaseUrl, archive: Archive, *, privileges: bool) -> Plan:
        """All of it: whoever can write the file can write everything in it."""
        return Plan()

    def load(
        self,
        url: DatabaseUrl,
        archive: Archive,
        *,
        privileges: bool,
        timeout: float,
        progress: Progress,
    ) -> None:
        """Copy a backup into the live file. Other connections wait, or see the old state."""
        _require_plain(url)
        live = url.sqlite_path
        assert live is not None
        is_new = not live.exists()
        try:
            with _database_in(archive) as path, _explained(f"{url}: cannot be replaced"):
                mode = _replace(url, path, timeout, progress)
                _restore_mode(url, archive.manifest.journal_mode if archive.manifest else "", mode)
        finally:
            if is_new and live.exists() and not live.stat().st_size:
                live.unlink()

    def exists(self, url: DatabaseUrl) -> bool:
        """Whether the file is there and not empty."""
        path = url.sqlite_path
        return path is not None and path.exists() and path.stat().st_size > 0

    def _described(
        self, url: DatabaseUrl, copy: Path, target: Path, compression: Compression, mode: str
    ) -> Contents:
        """Check the copy, write it to the disk and hash it, all at the same time."""
        with ThreadPoolExecutor() as pool, _explained(f"{url}: the copy cannot be checked"):
            flushed = pool.submit(flush, copy)
            stored = pool.submit(_stored, copy, target, compression)
            counted = pool.submit(_counted, copy)
            # the pages were copied as they are: what takes long, to compare each index with its
            # table, is left to a check and a restore
            _check(copy, f"{url}: this database itself is damaged", _QUICK)
            with connected(_url_of(copy, url.source)) as connection:
                revisions = revisions_in(connection, self._version_table)
            tables, foreign_keys_ok = counted.result()
            flushed.result()
            size, sha256 = stored.result()
        return Contents(
            server_version=sqlite3.sqlite_version,
            client=f"sqlite {sqlite3.sqlite_version}",
            revisions=revisions,
            tables=tables,
            foreign_keys_ok=foreign_keys_ok,
            compression=compression,
            size=size,
            sha256=sha256,
            journal_mode=mode,
        )


def _require_plain(url: DatabaseUrl) -> None:
    if url.sqlite_path is None:
        raise BackupError(
            f"{url}: a database in memory ends with its process, so there is nothing to back up "
            f"({url.source}); name a file"
        )
    if synchronous(url).sqlalchemy.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise BackupError(
            f"{url}: backups are taken with Python's own sqlite3 only, which cannot read what "
            "other drivers encrypt; use the tool of the driver"
        )


def _raw(connection: sa.Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _new(path: Path) -> sqlite3.Connection:
    """A file that nobody else reads yet needs no journal; it is flushed when it is whole."""
    path.touch(mode=0o600, exist_ok=False)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    return db


def _take(url: DatabaseUrl, copy: Path, progress: Progress) -> str:
    """One moment of the database as a new file in DELETE mode; the mode that it had itself."""
    with _explained(f"{url}: cannot be copied"):
        with connected(url) as connection, closing(_new(copy)) as into:
            source = _raw(connection)
            mode = _pragma(source, "journal_mode")
            # the snapshot: without it, every write of others would start the copy anew
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            _copy(source, into, progress)
            source.rollback()
            if not copy.stat().st_size:  # a database that nothing was written to yet
                into.execute("VACUUM")
        _set_mode(_url_of(copy, url.source), "delete")
    return mode


def _frozen(path: Path) -> sqlite3.Connection:
    """A file that nobody writes: without locks and sidecars, and mapped into memory."""
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA mmap_size = {_MAPPED}")
    return db


def _url_of(path: Path, source: str) -> DatabaseUrl:
    return DatabaseUrl(sa.URL.create("sqlite", database=str(path)), source)


def _copy(
    source: sqlite3.Connection,
    into: sqlite3.Connection,
    progress: Progress,
    *,
    patience: float = 0,
    url: DatabaseUrl | None = None,
) -> None:
    page_size = source.execute("PRAGMA page_size").fetchone()[0]
    deadline = time.monotonic() + patience

    def step(status: int, remaining: int, total: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            if time.monotonic() >= deadline:
                raise BackupError(
                    f"{url}: another connection has held the database for {patience:g} s; "
                    "stop what uses it and try again"
                )
        else:
            progress((total - remaining) * page_size, total * page_size)

    source.backup(into, pages=max(1, STEP // page_size), progress=step, sleep=0.05)


def _replace(url: DatabaseUrl, path: Path, timeout: float, progress: Progress) -> str:
    """Copy the file into the database; the journal mode that this has, and keeps."""
    with closing(_frozen(path)) as source, connected(url, may_create=True) as connection:
        into = _raw(connection)
        into.execute(f"PRAGMA busy_timeout = {int(timeout * 1000)}")
        mode = _pragma(into, "journal_mode")
        # in WAL mode pages keep their size: another one takes a rollback journal meanwhile
        if mode == "wal" and _pragma(into, "page_size") != _pragma(source, "page_size"):
            _leave_wal(into, url)
        _copy(source, into, progress, patience=timeout, url=url)
    _set_mode(url, mode)  # a database that another tool has copied brings its own
    return mode


def _restore_mode(url: DatabaseUrl, before: str, now: str) -> None:
    """The mode of when the backup was taken, unless others have the file open: they may not see it change.

    Only WAL is kept in the file; the other modes are those of a connection.
    """
    if not before or (before == "wal") == (now == "wal"):
        return
    with connected(url) as connection:
        db = _raw(connection)
        db.execute("PRAGMA busy_timeout = 0")
        with suppress(sqlite3.OperationalError):
            db.execute(f"PRAGMA journal_mode = {'wal' if before == 'wal' else 'delete'}").fetchone()


def _leave_wal(db: sqlite3.Connection, url: DatabaseUrl) -> None:
    try:
        db.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError as error:
        raise BackupError(
            f"{url}: {error}: the backup has another page size, which takes a database that "
            "nobody else has open; stop what uses it and try again"
        ) from error


def _set_mode(url: DatabaseUrl, mode: str) -> None:
    with connected(url) as connection:
        db = _raw(connection)
        if _pragma(db, "journal_mode") != mode:
            db.execute(f"PRAGMA journal_mode = {mode}").fetchone()


def _pragma(db: sqlite3.Connection, name: str) -> str:
    return str(db.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def _database_in(archive: Archive) -> Iterator[Path]:
    """The database in the backup as a file that SQLite can open."""
    sidecar = archive.path.with_name(f"{archive.name}-wal")
    if sidecar.is_file() and sidecar.stat().st_size:
        raise BackupError(
            f"{archive.name}: {sidecar.name} beside it holds changes that are not in it; "
            f"run `sqlite3 {archive.name} .tables` there, which completes it"
        )
    with archive.plain() as path:
        yield path


def _check(path: Path, label: str, pragma: str = _WHOLE) -> None:
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise DamagedError(f"{label}: it is no SQLite database")
    with closing(_frozen(path)) as db, _explained(label):
        found = [row[0] for row in db.execute(f"PRAGMA {pragma}")]
    if found != ["ok"]:
        raise DamagedError(f"{label}: {pragma} found: {'; '.join(found[:_SHOWN])}")


def _counted(path: Path) -> tuple[tuple[TableRows, ...], bool]:
    with closing(_frozen(path)) as db:
        return _rows(db), _has_sound_foreign_keys(db)


def _rows(db: sqlite3.Connection) -> tuple[TableRows, ...]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
    names = sorted(row[0] for row in db.execute(query))
    return tuple(TableRows(None, name, _count(db, name)) for name in names)


def _count(db: sqlite3.Connection, name: str) -> int | None:
    quoted = name.replace('"', '""')
    try:
        return int(db.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0])
    except sqlite3.OperationalError:  # a virtual table whose module is not loaded here
        return None


def _has_sound_foreign_keys(db: sqlite3.Connection) -> bool:
    try:
        return db.execute("PRAGMA foreign_key_check").fetchone() is None
    except sqlite3.OperationalError:  # a key that refers to what cannot be referred to
        return False


def _stored(copy: Path, target: Path, compression: Compression) -> tuple[int, str]:
    """The size and the hash of the finished file."""
    if copy == target:
        return copy.stat().st_size, sha256_of(copy)
    with copy.open("rb") as file, written(target, compression) as (stream, output):
        while chunk := file.read(CHUNK):
            stream.write(chunk)
    return output.size, output.sha256


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BackupError(f"{what}: {error}") from error
    except OSError as error:
        raise BackupError(f"{what}: {error.strerror or error}") from error
