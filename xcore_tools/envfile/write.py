"""Replacing a file so that every moment shows the old one or the new one, whole."""

from __future__ import annotations

import getpass
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from xcore_tools.errors import EnvFileError

__all__ = ["locked", "replace_file"]

WAIT = 60.0
"""Seconds that a run waits for another one."""


@contextmanager
def locked(path: Path, *, timeout: float = WAIT) -> Iterator[None]:
    """Keep other runs of this user away from the file.

    The lock lies in the directory for temporary files, so nothing is left beside the file; the
    operating system releases it when a run is killed.

    Raises:
        EnvFileError: another run holds it for too long.
    """
    identity = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:24]
    lock = Path(tempfile.gettempdir(), f"xcore-tools-{_user()}-{identity}.lock")
    try:
        with filelock.FileLock(lock, timeout=timeout):
            yield
    except filelock.Timeout as error:
        raise EnvFileError(
            f"{path}: another run is writing it; try again when it is done"
        ) from error


def replace_file(path: Path, content: bytes, *, expected: bytes) -> None:
    """Replace what the file holds; its mode, its owner and a symbolic link to it stay as they are.

    The content is written to a file beside it first, which takes its place in one step; what a
    killed run left behind there is overwritten. `expected` is what the file held when the content
    was made from it.

    Raises:
        EnvFileError: the file changed meanwhile, or cannot be replaced; it is left as it was.
    """
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.xcore-tools.tmp")
    try:
        status = target.stat()
        temporary.unlink(missing_ok=True)
        try:
            _write(temporary, content, status)
            if target.read_bytes() != expected:
                raise EnvFileError(f"{path}: changed while it was being rewritten; run again")
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        _make_durable(target.parent)
    except OSError as error:
        raise EnvFileError(f"{path}: cannot be replaced: {error.strerror or error}") from error


def _write(path: Path, content: bytes, like: os.stat_result) -> None:
    """Write a new file to the disk, with the mode and the owner of another one."""
    with path.open("xb") as file:
        path.chmod(0o600)
        file.write(content)
        file.flush()
        created = os.fstat(file.fileno())
        if (created.st_uid, created.st_gid) != (like.st_uid, like.st_gid):
            os.chown(path, like.st_uid, like.st_gid)
        path.chmod(like.st_mode & 0o7777)
        os.fsync(file.fileno())


def _make_durable(directory: Path) -> None:
    """Make the new name survive a loss of power, where the system can open a directory."""
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
