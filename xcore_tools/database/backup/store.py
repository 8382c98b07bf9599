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
from xcore_tools.database.backup.facts import Backup, Manifest
from xcore_tools.database.backup.manifest import SUFFIX, decoded, encoded, is_ours
from xcore_tools.database.backup.names import checked, numbered
from xcore_tools.database.backup.reading import is_read, reading
from xcore_tools.durable import flush_directory, write_new
from xcore_tools.errors import BackupError
from xcore_tools.files import IrregularFileError, TooLargeError, read_regular

DATA = "data"
"""The name of the file in a working directory that becomes the backup."""

_PARTIAL = ".partial-"
_LOCK = ".xcore-tools.lock"
_WAIT = 60.0
# What the customer's older tool wrote, without a manifest.
_ADOPTED = "backup_*.db"


class Store:
    """The backups in one directory. Files that are none are never touched."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def backups(self) -> tuple[Backup, ...]:
        """All of them, the newest first. The directory need not exist, and is not changed."""
        with self._translated("cannot be read"):
            found = []
            for name in sorted(self._names()):
                with suppress(FileNotFoundError):  # it was removed just now
                    found.append(self._described(name))
        return tuple(sorted(found, key=lambda backup: (backup.created, backup.name), reverse=True))

    def find(self, name: str) -> Backup:
        """The backup of that name.

        Raises:
            BackupError: there is none, or what has the name is no plain file in the directory.
        """
        path = self.path_of(name)
        with self._translated("cannot be read"):
            if path.is_symlink():
                raise BackupError(f"{shown(path)} is a symbolic link; copy the file here instead")
            if name in self._names():
                return self._described(name)
            if path.is_file():
                raise BackupError(
                    f"{shown(path)} is no backup: it has no manifest, and its name is not {_ADOPTED}"
                )
        raise BackupError(
            f"there is no backup {name!r} in {shown(self.directory)}; "
            "`xcore-tools backup list` shows them"
        )

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
            write_new(described, encoded(manifest))
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
        path = self.path_of(backup.name)
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

    def _described(self, name: str) -> Backup:
        path = self.directory / name
        described = _manifest_of(path)
        manifest = None
        problem = ""
        if described.is_file():
            try:
                manifest = decoded(read_regular(described))
            except BackupError as error:
                problem = str(error)
        status = (path if path.is_file() else described).stat()
        size = status.st_size if path.is_file() else 0
        if not path.is_file():
            problem = "its file is missing"
        elif manifest and manifest.name != name:
            problem = f"its manifest is that of {manifest.name}"
        elif manifest and manifest.size != size:
            problem = f"it has {size} bytes instead of {manifest.size}"
        return Backup(
            name=name,
            state="damaged" if problem else "verified" if manifest else "unverified",
            created=manifest.created if manifest else datetime.fromtimestamp(status.st_mtime, UTC),
            size=size,
            manifest=manifest,
            problem=problem,
        )

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
            manifest = decoded(read_regular(described))
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
