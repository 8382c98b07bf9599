"""The bytes of files; where the operating system refuses, a Problem and no exception."""

from __future__ import annotations

from pathlib import Path

from xcore_tools import files
from xcore_tools.discovery.results import Problem
from xcore_tools.discovery.walk.paths import printable

SIZE_LIMIT = files.LIMIT


def read_source(project: Path, path: str, limit: int = SIZE_LIMIT) -> bytes | Problem:
    """Return the bytes of a file, whose `path` is relative to the project; never raises OSError.

    A file that cannot be read, or is no regular file any more, is XT102; one of more than `limit`
    bytes is XT105 and is not read. Devices and pipes are not opened.
    """
    return read_regular(f"{project}/{path}", path, limit)


def read_regular(place: str | Path, path: str, limit: int) -> bytes | Problem:
    """Return the bytes of the file at `place`; a Problem names it as `path`."""
    try:
        return files.read_regular(place, limit)
    except files.TooLargeError:
        return _too_large(path, limit)
    except (OSError, ValueError) as error:
        return unreadable(path, error)


def unreadable(path: str, error: OSError | ValueError) -> Problem:
    """Return the problem for what the operating system said; only a warning if `path` vanished."""
    if isinstance(error, FileNotFoundError):
        message = "cannot be read: it vanished during the scan"
        return Problem(printable(path), 0, "XT102", "warning", message)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Problem(printable(path), 0, "XT102", "error", f"cannot be read: {reason}")


def without_text_name(path: str) -> Problem:
    """Return the problem for a file or directory whose name is not text."""
    message = "cannot be read: its name is not valid UTF-8, so no import can name it; rename it"
    return Problem(printable(path), 0, "XT102", "warning", message)


def _too_large(path: str, limit: int) -> Problem:
    message = f"larger than {limit:,} bytes: not read"
    return Problem(printable(path), 0, "XT105", "error", message)
