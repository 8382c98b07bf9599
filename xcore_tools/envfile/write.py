"""Replacing a file so that every moment shows the old one or the new one, whole."""

from __future__ import annotations

import getpass
import glob
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from xcore_tools.config.files import shown
from xcore_tools.durable import flush_directory
from xcore_tools.errors import EnvFileError
from xcore_tools.files import read_regular

WAIT = 60.0
"""Seconds that a run waits for another one."""

_SUFFIX = ".xcore-tools.tmp"


@contextmanager
def locked(path: Path, *, timeout: float = WAIT) -> Iterator[None]:
    """Keep other runs of this user away from the file.

    The lock lies in the directory for temporary files, so nothing is left beside the file; the
    operating system releases it when a run is killed.

    Raises:
        EnvFileError: another run holds it for too long, or there is no place for it.
    """
    identity = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:24]
    name = shown(path.absolute())
    try:
        place = Path(tempfile.gettempdir(), f"xcore-tools-{_user()}-{identity}.lock")
        lock = filelock.FileLock(place)
        lock.acquire(timeout=timeout)
    except filelock.Timeout as error:
        raise EnvFileError(
            f"{name}: another run is writing it; try again when it is done"
        ) from error
    except OSError as error:
        reason = f"no lock can be made in the directory for temporary files: {error.strerror}"
        raise EnvFileError(f"{name}: {reason}; set TMPDIR to one that can be written") from error
    try:
        yield
    finally:
        lock.release()


def replace_file(path: Path, content: bytes, *, expected: bytes) -> None:
    """Replace what the file holds; its mode, its owner and a symbolic link to it stay as they are.

    The content is written to a file beside it first, which takes its place in one step. What killed
    runs left behind there is removed once no run can be using it. `expected` is what the file held
    when the content was made from it.

    Raises:
        EnvFileError: the file changed meanwhile, is read-only, or cannot be replaced; it is left as
            it was.
    """
    target, name = path.resolve(), shown(path.absolute())
    try:
        status = target.stat()
        if not os.access(target, os.W_OK):
            raise EnvFileError("is read-only; make it writable to have it rewritten")
        _remove_leftovers(target)
        temporary = _written(target, content, status)
        try:
            if read_regular(target) != expected:
                raise EnvFileError("changed while it was being rewritten; run again")
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        flush_directory(target.parent)
    except EnvFileError as error:
        raise EnvFileError(f"{name}: {error}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise EnvFileError(
            f"{name}: cannot be replaced: {reason}; its directory has to be writable and not full"
        ) from error


def _written(target: Path, content: bytes, like: os.stat_result) -> Path:
    """A new file beside the target, of a name that no other run has: on the disk, with mode and owner."""
    descriptor, name = tempfile.mkstemp(_SUFFIX, f".{target.name}.", target.parent)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            _give(file.fileno(), like)
            path.chmod(like.st_mode & 0o7777)
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _give(descriptor: int, like: os.stat_result) -> None:
    """Give the file the owner and the group of another one."""
    created = os.fstat(descriptor)
    if (created.st_uid, created.st_gid) != (like.st_uid, like.st_gid):
        try:
            os.chown(descriptor, like.st_uid, like.st_gid)
        except PermissionError as error:
            raise EnvFileError("its owner or group could not be kept; run as its owner") from error


def _remove_leftovers(target: Path) -> None:
    """Remove what runs left that were killed longer ago than any run takes."""
    for path in target.parent.glob(f".{glob.escape(target.name)}.*{_SUFFIX}"):
        with suppress(OSError):  # gone by now, or not ours
            if path.stat().st_mtime < time.time() - WAIT:
                path.unlink()


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
