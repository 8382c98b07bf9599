"""The directory of backups: what counts as one, and how one comes and goes.

A backup counts when its manifest has its name, which is the last step of taking it. Until then all
of it lies in a directory `.partial-…`, whose lock ends with the process that works there: what a
killed one left behind is known by that, and the next one clears it away.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import filelock
import msgspec

from xcore_tools.config.files import shown
from xcore_tools.config.schema import Compression
from xcore_tools.database.backup.content import content_of
from xcore_tools.database.backup.facts import Backup, Check, EngineName, Manifest, State
from xcore_tools.database.backup.manifest import SUFFIX, decoded, encoded, is_ours
from xcore_tools.database.backup.names import checked, numbered
from xcore_tools.database.backup.reading import is_read, reading
from xcore_tools.database.backup.signature import Key
from xcore_tools.database.backup.signing import own_key
from xcore_tools.durable import flush_directory, write_new
from xcore_tools.errors import BackupError
from xcore_tools.files import IrregularFileError, TooLargeError, read_regular

DATA = "data"
"""The name of the file in a working directory that becomes the backup."""

_PARTIAL = ".partial-"
_LOCK = ".xcore-tools.lock"
_IGNORE = ".gitignore"
_MIGRATING = ".migrating-"
_WAIT = 60.0
# What the customer's older tool wrote, without a manifest.
_ADOPTED = "backup_*.db"


class Store:
    """The backups in one directory. Files that are none are never touched."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._key: Key | None = None
        self._has_key = False

    def backups(self) -> tuple[Backup, ...]:
        """All of them, the newest first. The directory need not exist, and is not changed."""
        with self._translated("cannot be read"):
            found = []
            for name in sorted(self._names()):
                with suppress(FileNotFoundError):  # it was removed just now
                    found.append(self._described(name))
        return tuple(sorted(found, key=lambda backup: (backup.created, backup.name), reverse=True))

    def find(self, name: str, *, marked: bool = True) -> Backup:
        """The backup of that name; without `marked`, whatever checks have found before.

        Raises:
            BackupError: there is none, or what has the name is no plain file in the directory.
        """
        path = self.path_of(name)
        with self._translated("cannot be read"):
            if path.is_symlink():
                raise BackupError(f"{shown(path)} is a symbolic link; copy the file here instead")
            if name in self._names():
                return self._described(name, marked=marked)
            if path.is_file():
                raise BackupError(
                    f"{shown(path)} is no backup: it has no manifest, and its name is not {_ADOPTED}"
                )
        raise BackupError(
            f"there is no backup {name!r} in {shown(self.directory)}; "
            "`xcore-tools backup list` shows them"
        )

    def locate(self, name: str | Path, *, marked: bool = True) -> Backup:
        """The backup of that name, or the file of that path, which may lie anywhere.

        A manifest beside a file counts, whatever the file is called now.

        Raises:
            BackupError: there is neither, or nothing of what is known can be in the file.
        """
        path = Path(name)
        if isinstance(name, str) and "/" not in name and os.sep not in name:
            try:
                return self.find(name, marked=marked)
            except BackupError:
                if not path.is_file():
                    raise
        with self._translated("cannot be read"):
            if not path.is_file():
                raise BackupError(f"{shown(path)}: there is no such file")
            if path.resolve().parent == self.directory.resolve() and path.name in self._names():
                return self._described(path.name, marked=marked)
            return self._elsewhere(path)

    def mark(self, backup: Backup, check: Check | None, *, trusted: bool = False) -> None:
        """Write down what a check has found; a file elsewhere and one without a manifest have no room.

        It is signed if it was before, or if somebody trusts it.

        Raises:
            BackupError: the directory cannot be written to.
        """
        if backup.place or backup.manifest is None or backup.manifest.check == check:
            return
        manifest = msgspec.structs.replace(backup.manifest, check=check)
        with self.workplace() as place, self._translated("cannot be written to"), self._locked():
            described = place / f"manifest{SUFFIX}"
            key = self._own_key() if backup.is_authentic or trusted else None
            write_new(described, encoded(manifest, key))
            path = self.path_of(backup.name)
            if path.is_file() and _manifest_of(path).is_file():  # it was not removed meanwhile
                described.replace(_manifest_of(path))
                flush_directory(self.directory)

    def path_of(self, name: str) -> Path:
        """Where the file of that name is or would be.

        Raises:
            BackupError: it is not the name of a backup but a path.
        """
        return self.directory / checked(name)

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """A new directory inside of this one, gone afterwards; the owner alone can read it."""
        with self._translated("cannot be written to"):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked():
                self._keep_from_git()
                self._clear_leftovers()
                place = self.directory / f"{_PARTIAL}{uuid.uuid4().hex[:12]}"
                place.mkdir(mode=0o700)
                lock = _lock_of(place)
                lock.acquire()
        try:
            yield place
        finally:
            lock.release()
            shutil.rmtree(place, ignore_errors=True)

    def publish(self, place: Path, manifest: Manifest) -> Backup:
        """Make a backup of the DATA in a working directory; its name may get a number.

        Nothing is overwritten. What `manifest` describes is on the disk when this returns.
        """
        with self._translated("cannot be written to"), self._locked():
            manifest = msgspec.structs.replace(manifest, name=self._free_name(manifest.name))
            described = place / f"manifest{SUFFIX}"
            write_new(described, encoded(manifest, self._own_key()))
            path = self.directory / manifest.name
            _link(place / DATA, path)
            try:
                flush_directory(self.directory)
                described.rename(_manifest_of(path))
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            flush_directory(self.directory)
            return self._described(manifest.name)

    def remove(self, name: str) -> None:
        """Remove a backup with its manifest.

        Raises:
            BackupError: there is none, or it is being read.
        """
        path = self.path_of(self.find(name).name)
        with self._translated("cannot be written to"), self._locked():
            if is_read(path):
                raise BackupError(f"{name} is in use; try again when its restore is done")
            # in this order, a kill in between leaves nothing that looks whole
            _manifest_of(path).unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            flush_directory(self.directory)

    @contextmanager
    def reading(self, backup: Backup) -> Iterator[Path]:
        """The path of the file, which is not removed meanwhile."""
        path = Path(backup.place) if backup.place else self.path_of(backup.name)
        with self._translated("cannot be read"):
            held = reading(path)
            held.__enter__()
        try:
            yield path
        finally:
            held.__exit__(None, None, None)

    def _names(self) -> set[str]:
        if not self.directory.is_dir():
            return set()
        files = {
            path.name: path
            for path in self.directory.iterdir()
            if not path.name.startswith(".") and not path.is_symlink() and path.is_file()
        }
        adopted = [path for path in files.values() if path.match(_ADOPTED)]
        unfinished = self._unfinished()  # after the files: one that is finished now has a manifest
        names = {path.name for path in adopted if path.stat().st_ino not in unfinished}
        for name, path in files.items():
            if name.endswith(SUFFIX) and _is_manifest(path):
                names.add(name.removesuffix(SUFFIX))
        return {name for name in names if name and not name.endswith(SUFFIX)}

    def _unfinished(self) -> set[int]:
        """The files that have their name, but not yet their manifest; a kill may leave one so."""
        found = set()
        for place in self.directory.glob(f"{_PARTIAL}*"):
            with suppress(FileNotFoundError):
                found.add((place / DATA).stat().st_ino)
        return found

    def _keep_from_git(self) -> None:
        """Data of the database do not belong into a repository; a directory of others stays as it is."""
        path = self.directory / _IGNORE
        if path.exists():
            return
        ours = self._names()
        ours |= {name + SUFFIX for name in ours}
        if all(
            entry.name in ours or entry.name.startswith((_LOCK, _PARTIAL, _MIGRATING))
            for entry in self.directory.iterdir()
        ):
            write_new(path, b"*\n")

    def _elsewhere(self, path: Path) -> Backup:
        manifest, problem, is_authentic = self._read(_manifest_of(path))
        size = path.stat().st_size
        if manifest is None:
            kind, packing = content_of(path)
        else:
            kind, packing = manifest.engine, manifest.compression
            problem = problem or _wrong_size(manifest, size)
        return Backup(
            name=path.name,
            state=_state(manifest, problem),
            created=_time(path, manifest),
            size=size,
            manifest=manifest,
            problem=problem,
            place=str(path.absolute()),
            kind=kind,
            packing=packing,
            is_authentic=is_authentic,
        )

    def _described(self, name: str, *, marked: bool = True) -> Backup:
        path = self.directory / name
        described = _manifest_of(path)
        manifest, problem, is_authentic = self._read(described)
        size = path.stat().st_size if path.is_file() else 0
        kind, packing = _told(path) if manifest is None else (manifest.engine, manifest.compression)
        if not path.is_file():
            problem = "its file is missing"
        elif manifest and manifest.name != name:
            problem = f"its manifest is that of {manifest.name}"
        elif manifest:
            problem = _wrong_size(manifest, size)
        if marked and not problem and manifest and manifest.check:
            problem = _found(manifest.check)
        return Backup(
            name=name,
            state=_state(manifest, problem),
            created=_time(path if path.is_file() else described, manifest),
            size=size,
            manifest=manifest,
            problem=problem,
            kind=kind,
            packing=packing,
            is_authentic=is_authentic,
        )

    def _own_key(self) -> Key | None:
        if not self._has_key:
            self._key, self._has_key = own_key(self.directory), True
        return self._key

    def _read(self, described: Path) -> tuple[Manifest | None, str, bool]:
        """The manifest in a file, what is wrong with it, and whether it is signed.

        Neither manifest nor problem, if there is no file.
        """
        try:
            manifest, is_authentic = decoded(read_regular(described), self._own_key())
        except (FileNotFoundError, IsADirectoryError, IrregularFileError):
            return None, "", False
        except BackupError as error:
            return None, str(error), False
        return manifest, "", is_authentic

    def _free_name(self, name: str) -> str:
        number = 1
        while True:
            path = self.directory / numbered(name, number)
            if not (os.path.lexists(path) or os.path.lexists(_manifest_of(path))):
                return path.name
            number += 1

    def _clear_leftovers(self) -> None:
        for place in self.directory.glob(f"{_PARTIAL}*"):
            lock = _lock_of(place)
            try:
                lock.acquire(timeout=0)
            except (filelock.Timeout, FileNotFoundError):
                continue  # somebody works there, or has just finished
            self._complete(place)
            lock.release()
            shutil.rmtree(place, ignore_errors=True)

    def _complete(self, place: Path) -> None:
        """Finish a backup that has its name already, for a process that was killed right then."""
        described = place / f"manifest{SUFFIX}"
        with suppress(BackupError, FileNotFoundError):
            manifest, is_authentic = decoded(read_regular(described), self._own_key())
            if not is_authentic:
                return
            path = self.directory / manifest.name
            left = place / DATA
            is_linked = path.is_file() and (not left.exists() or left.samefile(path))
            if is_linked and not _manifest_of(path).exists():
                described.rename(_manifest_of(path))
                flush_directory(self.directory)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = filelock.FileLock(self.directory / _LOCK, timeout=_WAIT, mode=0o600)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise BackupError(
                f"{shown(self.directory)}: another process has worked in it for the last "
                f"{_WAIT:g} s; try again when it is done"
            ) from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _translated(self, failed: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BackupError(
                f"{shown(self.directory)}: {failed}: {error.strerror or error}; "
                "no backup was changed"
            ) from error


def _is_manifest(path: Path) -> bool:
    try:
        return is_ours(read_regular(path))
    except (IrregularFileError, TooLargeError):
        return False


def _told(path: Path) -> tuple[EngineName, Compression]:
    """What the content says, where no manifest does; an SQLite file, if it says nothing."""
    try:
        return content_of(path)
    except (BackupError, OSError):
        return "sqlite", "none"


def _state(manifest: Manifest | None, problem: str) -> State:
    if problem:
        return "damaged"
    if manifest is None:
        return "unverified"
    return "verified" if manifest.check and not manifest.check.problem else "created"


def _found(check: Check) -> str:
    """The problem that a check has found, with the date."""
    return f"{check.problem} (found on {check.at:%Y-%m-%d %H:%M} UTC)" if check.problem else ""


def _wrong_size(manifest: Manifest, size: int) -> str:
    return "" if manifest.size == size else f"it has {size} bytes instead of {manifest.size}"


def _time(path: Path, manifest: Manifest | None) -> datetime:
    return manifest.created if manifest else datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _manifest_of(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def _lock_of(place: Path) -> filelock.BaseFileLock:
    return filelock.FileLock(place / "lock", timeout=_WAIT, mode=0o600)


def _link(source: Path, target: Path) -> None:
    """Give the file its name, unless another one has it."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links; our lock keeps others of us away
        if target.exists():
            raise FileExistsError(f"{target.name} exists") from None
        source.rename(target)
