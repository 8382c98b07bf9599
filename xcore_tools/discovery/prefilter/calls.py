"""What is called in a piece of text, and how many calls follow one another."""

from __future__ import annotations

import re

from xcore_tools.discovery.prefilter.use import ANYTHING

_CALLEE = re.compile(rb"(?<![\w.\x80-\xff])([\w.\x80-\xff]++)[ \t]*+\(")
_CALLED_RESULT = re.compile(rb"[)\]][ \t]*+\(")
_METHOD = re.compile(rb"(?:\s*+\.\s*+[\w\x80-\xff]++)++\s*+\(")
_BRACKET = re.compile(rb"[()]")
_KEYWORDS = frozenset({"and", "else", "if", "in", "is", "lambda", "not", "or"})


def callees(text: bytes) -> tuple[str, ...]:
    """The dotted names of what is called in a piece of text; ANYTHING where there is no name."""
    if b"(" not in text:
        return ()
    names = {name.decode("utf-8", "replace") for name in _CALLEE.findall(text)} - _KEYWORDS
    return (*names, ANYTHING) if _CALLED_RESULT.search(text) else tuple(names)


def calls_behind(data: bytes, end: int, most: int) -> tuple[int, int]:
    """How many calls follow one another behind a name, as in `f(x)(y)`, and where they end.

    At most so many bytes are looked at.
    """
    count = 0
    place, limit = end, min(end + most, len(data))
    while place < limit:
        sign = data[place : place + 1]
        if sign in {b" ", b"\t"}:
            place += 1
        elif sign == b"(":
            count += 1
            place = _closing(data, place, limit)
        else:
            break
    return count, place


def is_method_call(data: bytes, place: int) -> bool:
    """Whether a method of what ends at a place is called."""
    return _METHOD.match(data, place, place + 80) is not None


def _closing(data: bytes, start: int, limit: int) -> int:
    """The place behind the bracket that closes the one at `start`; `limit` if it comes later."""
    depth = 0
    for match in _BRACKET.finditer(data, start, limit):
        depth += 1 if match[0] == b"(" else -1
        if not depth:
            return match.end()
    return limit
