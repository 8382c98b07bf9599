"""Files that others may have put there: only regular ones are read, and never without a limit.

A pipe blocks whoever opens it, a device has no end, and either may lie where a settings file, a revision
or a backup is expected. What is refused is an OSError, so whoever reports those reports this too.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

LIMIT = 32 * 1024 * 1024
"""Bytes; no file that a person wrote comes near it."""

_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
"""No flag where the system has none; `lstat` is asked there as well."""


class IrregularFileError(OSError):
    """Indicates a pipe, a device or a socket where a file is expected."""


class TooLargeError(OSError):
    """Indicates a file of more bytes than anybody would read."""


def check_regular(path: str | Path) -> None:
    """Return if it is a regular file, or a link to one.

    Raises:
        IrregularFileError: it is something else.
        IsADirectoryError: it is a directory.
        OSError: the system does not tell.
    """
    _check(os.stat(path), path)  # noqa: PTH116 - a scan reads tens of thousands of files


def open_regular(path: str | Path) -> BufferedReader:
    """Open a regular file, or a link to one, for reading; never waits for a pipe.

    Raises:
        IrregularFileError: it is something else.
        OSError: it cannot be opened.
    """
    check_regular(path)  # opening alone may tell a device to act, and a writer that somebody reads
    return os.fdopen(_opened(path), "rb")


def read_regular(path: str | Path, limit: int = LIMIT) -> bytes:
    """Return what a regular file, or a link to one, holds.

    Raises:
        IrregularFileError: it is something else.
        TooLargeError: it holds more than `limit` bytes.
        OSError: it cannot be read.
    """
    check_regular(path)
    descriptor = _opened(path)
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123
        size = os.fstat(descriptor).st_size
        data = file.read(size + 1) if size <= limit else None
        if data is not None and len(data) > size:  # it has grown since
            more = file.read(limit + 1 - len(data)) if limit + 1 > len(data) else b""
            while more:
                data += more
                more = file.read(limit + 1 - len(data)) if limit + 1 > len(data) else b""
    if data is None or len(data) > limit:
        raise TooLargeError(errno.EFBIG, f"larger than {limit:,} bytes", str(path))
    return data


def read_text(path: str | Path, limit: int = LIMIT, *, encoding: str = "utf-8") -> str:
    """The same as text, with line ends as in Python; bytes that are none are replaced.

    Raises:
        OSError: as `read_regular`.
    """
    text = read_regular(path, limit).decode(encoding, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def open_own(name: str, directory: int | None, place: Path) -> BufferedReader:
    """Open a regular file of our own in a directory that was opened; no link is followed.

    `place` is the path of the directory, for systems that open nothing relative to another one.

    Raises:
        IrregularFileError: it is something else, a link for example.
        OSError: it cannot be opened.
    """
    path = name if directory is not None else str(place / name)
    _check(os.stat(path, dir_fd=directory, follow_symlinks=False), path)
    return os.fdopen(_opened(path, NOFOLLOW, directory), "rb")


def _opened(path: str | Path, flags: int = 0, directory: int | None = None) -> int:
    """Open what was a regular file a moment ago, and see that it still is one."""
    descriptor = os.open(path, _FLAGS | flags, dir_fd=directory)
    try:
        _check(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check(status: os.stat_result, path: str | Path) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise IrregularFileError(errno.EINVAL, "not a regular file", str(path))
