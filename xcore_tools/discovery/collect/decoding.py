"""The text of a source file as PEP 263 reads it, from its bytes."""

from __future__ import annotations

import tokenize
from functools import partial

from xcore_tools.discovery.facts import Problem

__all__ = ["decoded", "first_line"]


def decoded(path: str, data: bytes) -> str | Problem:
    """The text of `data`, or the problem with its encoding."""
    try:
        encoding, _ = tokenize.detect_encoding(
            partial(next, iter(data.splitlines(keepends=True)), b"")
        )
        source = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError, ValueError) as error:
        line = data.count(b"\n", 0, error.start) + 1 if isinstance(error, UnicodeDecodeError) else 1
        return Problem(path, line, "XT103", "error", first_line(str(error)))
    if "\0" in source:
        line = source.count("\n", 0, source.index("\0")) + 1
        return Problem(path, line, "XT101", "error", "file contains a NUL byte")
    return source


def first_line(text: str) -> str:
    """What a message of several lines begins with."""
    return text.strip().partition("\n")[0]
