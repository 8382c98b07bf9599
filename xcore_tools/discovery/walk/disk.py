"""Questions to the operating system that never raise: where it refuses an answer, the answer is no.

Paths are strings all through this package, since a scan handles tens of thousands of them.
"""

from __future__ import annotations

import os


def exists(place: str) -> bool:
    """Tell whether something is there that is no broken link."""
    return os.path.exists(place)  # noqa: PTH110 - Path.exists raises where it may not look


def is_directory(place: str) -> bool:
    """Tell whether it is a directory, or a link to one."""
    return os.path.isdir(place)  # noqa: PTH112 - so does Path.is_dir


def is_file(place: str) -> bool:
    """Tell whether it is a regular file, or a link to one."""
    return os.path.isfile(place)  # noqa: PTH113 - so does Path.is_file


def names_in(directory: str) -> list[str]:
    """Return the names in a directory, sorted; none if it cannot be read."""
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208 - names are wanted, not paths
    except OSError:
        return []


def real(place: str | os.PathLike[str]) -> str:
    """Return the absolute path without symbolic links, with slashes."""
    try:
        return os.path.realpath(place).replace(os.sep, "/")
    except ValueError:  # a NUL in it: it names nothing
        return os.fspath(place)
