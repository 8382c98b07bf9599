"""A migration that was killed, on an engine that cannot roll it back: noted before, found afterwards.

The note lies in the directory of backups and names the backup that was taken before. While the
migration runs, its time is renewed: what changes the database file later was somebody else.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from xcore_tools.database.url import DatabaseUrl
from xcore_tools.durable import flush_directory, write_new
from xcore_tools.files import read_regular

_PAUSE = 0.5
"""Seconds between two times."""
_LATE = 2.0
"""Seconds after the last time within which a change is still that of the migration."""


class Interruption(msgspec.Struct, frozen=True):
    """A migration that has begun and not ended. `last` is the time at which it was still running."""

    backup: str
    before: tuple[str, ...]
    last: float = 0.0

    def is_last_change(self, changed: float | None) -> bool:
        """Whether nobody else has changed the database since; `changed` is when that was, if known."""
        return changed is not None and changed <= self.last + _LATE


def changed_at(url: DatabaseUrl | None) -> float | None:
    """When the files of an SQLite database were changed last; to be asked before it is opened.

    Opening it completes or undoes what a killed process has left, which changes them as well.
    """
    path = url.sqlite_path if url else None
    if path is None:
        return None
    times = []
    for suffix in ("", "-wal", "-journal"):
        with suppress(FileNotFoundError):
            times.append(Path(f"{path}{suffix}").stat().st_mtime)
    return max(times, default=None)


def found(directory: Path, url: DatabaseUrl) -> Interruption | None:
    """The migration of this database that was interrupted, if one was. The caller holds its lock."""
    path = _path(directory, url)
    try:
        known = msgspec.json.decode(read_regular(path), type=Interruption)
        return msgspec.structs.replace(known, last=path.stat().st_mtime)
    # one that is not whole was being written: nothing had begun
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None


def forget(directory: Path, url: DatabaseUrl) -> None:
    """The database is as it should be."""
    _path(directory, url).unlink(missing_ok=True)


@contextmanager
def noted(directory: Path, url: DatabaseUrl, interruption: Interruption) -> Iterator[None]:
    """Inside, a migration runs. The note stays if this process is killed."""
    path = _path(directory, url)
    path.unlink(missing_ok=True)
    write_new(path, msgspec.json.encode(interruption))
    flush_directory(directory)
    ended = threading.Event()
    pulse = threading.Thread(target=_renew, args=(path, ended), daemon=True)
    pulse.start()
    try:
        yield
    finally:
        ended.set()
        pulse.join()
    path.unlink(missing_ok=True)


def _renew(path: Path, ended: threading.Event) -> None:
    while not ended.wait(_PAUSE):
        with suppress(OSError):
            os.utime(path)


def _path(directory: Path, url: DatabaseUrl) -> Path:
    parts = url.sqlalchemy
    place = url.sqlite_path
    name = str(place.resolve()) if place else f"{parts.host}:{parts.port}/{parts.database}"
    digest = hashlib.sha256(f"{url.engine_name}:{name}".encode()).hexdigest()
    return directory / f".migrating-{digest[:16]}.json"
