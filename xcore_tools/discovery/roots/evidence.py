"""What tells from which directory an application is imported: one statement of one file."""

from __future__ import annotations

import posixpath
from enum import IntEnum

import msgspec


class Weight(IntEnum):
    """How much a statement counts where the imports of the code base say nothing.

    `LAYOUT`: where files lie. `STATED`: a file says so for Python. `SETTING`: the user's own word,
    which nothing outweighs.
    """

    LAYOUT = 1
    STATED = 2
    SETTING = 3


class Evidence(msgspec.Struct, frozen=True, order=True):
    """`file` says that `root` stands on `sys.path`; `reason` is what it says, in its own words.

    Both are POSIX and relative to the project, "" is the project itself, `..` leads above it.
    """

    root: str
    weight: Weight
    file: str
    reason: str


def joined(directory: str, path: str) -> str:
    """Return `path`, as written in a file of `directory`, relative to what the directory is relative to."""
    found = posixpath.normpath(posixpath.join(directory, path.replace("\\", "/")))
    return "" if found == "." else found


def parent_of_package(path: str, name: str = "") -> str | None:
    """Return the directory that `path`, the folder of the package `name`, is imported from.

    None if the folder does not end in the name. Without a name it is the last part of the path.
    """
    path = posixpath.normpath(path)
    tail = name.replace(".", "/") or posixpath.basename(path)
    if path == tail:
        return "."
    return path[: -len(tail) - 1] or "." if path.endswith(f"/{tail}") else None
