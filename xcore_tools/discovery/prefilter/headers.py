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
    brackets: dict[int, int] | None = None
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
        if brackets is None:
            brackets = _brackets(data)
        if match[1] == b"[":
            bases = _BASES.match(data, brackets.get(opened - 1, len(data)))
            if bases is None and opened - 1 in brackets:
                continue  # type parameters alone
            opened = bases.end() if bases else opened
        closed = brackets.get(opened - 1)
        done = closed or done
        end = closed or rest.end(opened)
        if end is None:
            return
        end = closed or min(end, opened + _MAX_UNCLOSED)
        yield Header(match.start(), opened, end, end)


class _Rest:
    """Where heads end whose brackets are not closed as far as one can see: text, or what is no Python."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._end: int | None = -1

    def end(self, start: int) -> int | None:
        """The first place behind `start` where a head may end; None if there is none."""
        if self._end is not None and self._end < start:
            found = _END.search(self._data, start)
            self._end = found.end() if found else None
        return self._end


def _brackets(data: bytes) -> dict[int, int]:
    """Where the brackets in the code of a text are opened, and for each where the one that closes it ends."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for match in TOKEN.finditer(data):
        sign = match[0]
        if len(sign) > 1:
            continue
        if sign in b"([{":
            waiting.append(match.start())
        elif sign in b")]}" and waiting:
            found[waiting.pop()] = match.end()
    return found
