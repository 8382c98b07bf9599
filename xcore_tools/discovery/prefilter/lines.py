"""Where a place stands in a source text: in which class header, function and statement, told by indentation.

A line belongs to the nearest line above it that is indented less, and so on to the left margin. That is
how Python reads it, too, but for text inside strings and brackets, which only adds what is no use of the
name, or takes a continued line for a statement of the same block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, cached_property

from xcore_tools.discovery.prefilter.headers import STEPS, TOKEN, Header, closed, headers
from xcore_tools.discovery.prefilter.margins import margins, with_margin
from xcore_tools.discovery.prefilter.plain import plain

NO_USES = (b"from ", b"import ", b"if __name__ ", b"#")
_FUNCTION = re.compile(rb"def[ \t]+([\w\x80-\xff]+)")
BLANK = b" \t\f"
DEFINITION = re.compile(rb"(?:async[ \t]+)?(def|class)[ \t]+([\w\x80-\xff]+)")
_NEXT_DEFINITION = re.compile(
    rb"^[ \t]*+(?:async[ \t]+)?(?:def|class)[ \t]+([\w\x80-\xff]++)", re.MULTILINE
)
_TYPE_CALL = re.compile(rb"type(?<![\w.\x80-\xff]type)\s*+\(")
_INDENT = re.compile(rb"[ \t\f]*+")
_RETURNED = re.compile(
    rb"(?:async[ \t]+)?def[ \t].*"
    rb"|return[ \t]+(?:(?:t\.|typing\.)?cast\([^()]*,[ \t]*)?\w+\)?[ \t]*(?:#.*)?"
    rb"|\w+\.\w+[ \t]*=[ \t]*[\w.'\"]+"
)
_HARMLESS = re.compile(rb"@(?:functools\.|ft\.|six\.)?wraps\([\w.]+[^()]*\)[ \t]*(?:#.*)?")
LONG = 4000
"""Bytes: of longer statements only so much is looked at, and what is not seen may be anything."""


class Lines:
    """The lines of one source text, plainly spelt, with statements alone at the left margin."""

    def __init__(self, data: bytes) -> None:
        self.data = with_margin(plain(data))
        self._last_decorated = (0, "", 0)
        self._heads: dict[int, tuple[bool, re.Match[bytes] | None]] = {}

    @cached_property
    def _headers(self) -> list[Header]:
        return list(headers(self.data))

    @cached_property
    def _header_starts(self) -> list[int]:
        return [header.start for header in self._headers]

    @cached_property
    def _margins(self) -> list[int]:
        return margins(self.data)

    @cached_property
    def _functions(self) -> list[tuple[int, int, bytes]]:
        return list(self._find_functions())

    @cached_property
    def _definitions(self) -> list[tuple[int, bytes]]:
        """Where the line of each function and class begins, and the name."""
        return [(each.start(), each[1]) for each in _NEXT_DEFINITION.finditer(self.data)]

    @cached_property
    def _types(self) -> list[tuple[int, int]]:
        """Where the calls of `type` begin and end, the outermost ones."""
        found: list[tuple[int, int]] = []
        end = 0
        for match in _TYPE_CALL.finditer(self.data):
            if match.start() >= end:
                end = closed(self.data, match.end() - 1) or len(self.data)
                found.append((match.start(), end))
        return found

    @cached_property
    def _least_indent(self) -> int:
        return min((indent for _, indent, _ in self._functions), default=0)

    def header_around(self, start: int) -> Header | None:
        """The class header that a place stands in."""
        index = bisect_right(self._header_starts, start) - 1
        is_inside = index >= 0 and start < self._headers[index].end
        return self._headers[index] if is_inside else None

    def is_in_type(self, start: int) -> bool:
        """Whether a place is among the arguments of a call of `type`."""
        index = bisect_right(self._types, (start,)) - 1
        return index >= 0 and start < self._types[index][1]

    def decorated(self, start: int) -> str:
        """The name of what the decorator at a place decorates."""
        first, name, until = self._last_decorated
        if first <= start < until:
            return name
        first = self.data.rfind(b"\n", 0, start) + 1
        tokens = TOKEN.finditer(self.data, first)
        depth = end = 0
        for place, word in self._definitions[bisect_right(self._definitions, (start,)) :]:
            while end <= place and (token := next(tokens, None)) is not None:
                if token.start() > place:
                    tokens = TOKEN.finditer(self.data, place)
                    break
                end = token.end()
                depth += STEPS.get(token[0], 0)
            if end <= place and depth <= 0:  # neither in a text nor in brackets
                self._last_decorated = first, text_of(word), place
                return text_of(word)
        return ""

    def margin(self, start: int) -> int:
        """Where the statement of the module begins that a place stands in."""
        return self._margins[max(bisect_right(self._margins, start) - 1, 0)]

    def head(self, margin: int) -> tuple[bool, re.Match[bytes] | None]:
        """Whether the statement at a margin makes nothing of what it names; what it defines, if anything."""
        if margin not in self._heads:
            line = self.line(margin)
            self._heads[margin] = (line.startswith(NO_USES), DEFINITION.match(line))
        return self._heads[margin]

    def indent(self, line: int) -> int:
        """How far the line that begins at a place is indented."""
        match = _INDENT.match(self.data, line)
        return match.end() - line if match else 0

    def _find_functions(self) -> Iterator[tuple[int, int, bytes]]:
        """Where the line of each function begins, how far it is indented, and the name."""
        for match in _FUNCTION.finditer(self.data):
            start = self.data.rfind(b"\n", 0, match.start()) + 1
            before = self.data[start : match.start()]
            if before.strip() in {b"", b"async"}:
                yield start, len(before) - len(before.lstrip(BLANK)), match[1]

    def functions_around(
        self, margin: int, start: int, indent: int
    ) -> list[tuple[int, int, bytes]]:
        """The functions that the line at `start` stands in, between it and its margin, innermost first.

        A line belongs to the last `def` above it that is indented less, if none between them is
        indented as little as that.
        """
        found: list[tuple[int, int, bytes]] = []
        index = bisect_right(self._functions, (start + 1,)) - 1
        while index >= 0 and indent >= self._least_indent:
            place, size, _ = self._functions[index]
            if place < margin:
                break
            if place == start:
                found.append(self._functions[index])
                indent = size
            elif size < indent:
                body = self.data.find(b"\n", place) + 1
                if not _at_most(size).search(self.data, body, start + 1 + indent):
                    found.append(self._functions[index])
                    start = place
                indent = size
            index -= 1
        return found

    def is_only_returned(
        self, inner: tuple[int, int, bytes], outer: tuple[int, int, bytes]
    ) -> bool:
        """Whether a function does nothing with one that stands in it but to return it."""
        place, indent, name = inner
        body = self.data.find(b"\n", outer[0]) + 1
        end = _at_most(outer[1]).search(self.data, self.data.find(b"\n", place) + 1)
        text = self.data[body : min(end.start() if end else len(self.data), body + 5 * LONG)]
        for match in re.finditer(rb"(?<![\w.])%b\b" % re.escape(name), text):
            line_start = text.rfind(b"\n", 0, match.start()) + 1
            line_end = text.find(b"\n", match.end())
            line = text[line_start : line_end if line_end >= 0 else len(text)]
            if not _RETURNED.fullmatch(line.strip()):
                return False
        return all(_HARMLESS.fullmatch(line) for line in self._decorators_above(place, indent))

    def _decorators_above(self, place: int, indent: int) -> Iterator[bytes]:
        """The lines with decorators, one above the other, above the function at `place`."""
        while place > 0:
            above = self.data.rfind(b"\n", 0, place - 1) + 1
            line = self.data[above : place - 1]
            text = line.strip()
            if text and len(line) - len(line.lstrip(BLANK)) <= indent and text[:1] not in b")]}#":
                if not text.startswith(b"@"):
                    return
                yield text
            place = above

    def line(self, start: int) -> bytes:
        """The line that begins at a place, or its first bytes, without its indentation."""
        end = self.data.find(b"\n", start, start + LONG)
        return self.data[start : end if end >= 0 else start + LONG].lstrip(BLANK)


@cache
def _at_most(indent: int) -> re.Pattern[bytes]:
    """A statement that begins a line and is indented at most so far."""
    return re.compile(rb"^[ \t\f]{0,%d}[^\s#)\]}]" % indent, re.MULTILINE)


def text_of(word: bytes) -> str:
    """A word of a source text."""
    return word.decode("utf-8", "replace")
