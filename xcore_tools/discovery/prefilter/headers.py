"""The heads of classes in source bytes: where their bases stand, however they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_MAX_UNCLOSED = 1000
"""Bytes that are taken for the head of a class whose brackets nobody closes."""
_CLASS = re.compile(rb"class\s++[\w\x80-\xff]++\s*+([(\[])")
_PLAIN = re.compile(rb"[^#'\"()]*+\)\s{0,100}+:")
_END = re.compile(rb"\)\s{0,100}+:")
_BASES = re.compile(rb"\s*+\(")
TOKEN = re.compile(
    rb"""
      \#[^\n]*+
    | \"\"\"[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*\"\"\" | '''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*'''
    | "[^"\\\n]*+(?:\\.[^"\\\n]*+)*" | '[^'\\\n]*+(?:\\.[^'\\\n]*+)*'
    | [()\[\]{}]
    """,
    re.VERBOSE | re.DOTALL,
)


class Header(NamedTuple):
    """Where a class statement begins, where its bases begin and end, and where its block begins."""

    start: int
    opened: int
    closed: int
    end: int


def headers(data: bytes) -> Iterator[Header]:
    """The heads of the classes that have bases or keywords."""
    rest = _Rest(data)
    done = 0
    for match in _CLASS.finditer(data):
        if match.start() < done:
            continue
        opened = match.end()
        if match[1] == b"(" and (found := _PLAIN.match(data, opened)):
            done = found.end()
            yield Header(match.start(), opened, found.end(), done)
            continue
        closed = rest.closed(opened - 1)
        if match[1] == b"[" and closed is not None:
            bases = _BASES.match(data, closed)
            if bases is None:
                continue  # type parameters alone
            opened = bases.end()
            closed = rest.closed(opened - 1)
        done = closed or done
        end = closed or rest.end(opened)
        if end is None:
            return
        end = closed or min(end, opened + _MAX_UNCLOSED)
        yield Header(match.start(), opened, end, end)


class _Rest:
    """Where heads end: at the bracket that closes, or where that is not to be seen, where one may end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._end: int | None = -1
        self._is_closed = True

    def end(self, start: int) -> int | None:
        """The first place behind `start` where a head may end; None if there is none."""
        if self._end is not None and self._end < start:
            found = _END.search(self._data, start)
            self._end = found.end() if found else None
        return self._end

    def closed(self, start: int) -> int | None:
        """The place behind the bracket that closes the one at `start`.

        None where none does, and for all that follow one of those: looking takes linear time.
        """
        found = closed(self._data, start) if self._is_closed else None
        self._is_closed = found is not None
        return found


def closed(data: bytes, start: int) -> int | None:
    """The place behind the bracket that closes the one at `start`, whatever texts and comments hold."""
    depth = 0
    for token in TOKEN.finditer(data, start):
        depth += STEPS.get(token[0], 0)
        if not depth:
            return token.end()
    return None


STEPS = {b"(": 1, b"[": 1, b"{": 1, b")": -1, b"]": -1, b"}": -1}
"""How much deeper a bracket leads."""
