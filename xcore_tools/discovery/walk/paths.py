"""Paths as text: how they are compared and how they are shown."""

from __future__ import annotations

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def relative(path: str, project: str) -> str | None:
    """Return `path` relative to the project ("" for the project itself); None if it lies outside.

    Both are absolute. Nothing is read: a link or `..` in them is not followed.
    """
    if path == project:
        return ""
    start = project.rstrip("/") + "/"
    return path[len(start) :] if path.startswith(start) else None


def ancestors(path: str) -> list[str]:
    """Return the directories above a relative path, from the project ("") inwards."""
    parts = path.split("/") if path else []
    return ["/".join(parts[:count]) for count in range(len(parts))]


def is_text(path: str) -> bool:
    """Tell whether the name of a file is text; on POSIX systems it may be any bytes."""
    return path.isascii() or _SURROGATE.search(path) is None


def printable(path: str) -> str:
    r"""Return the path with bytes that are no text written as `\udcff`: it can be encoded."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
