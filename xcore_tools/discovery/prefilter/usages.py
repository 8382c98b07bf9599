"""The uses of a name in a source text, found by its letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from string import ascii_letters, digits

from xcore_tools.discovery.prefilter.bindings import Bindings
from xcore_tools.discovery.prefilter.lines import DEFINITION, Lines, text_of
from xcore_tools.discovery.prefilter.makers import MAKES, MAPS, TABLE_DIRECTIVE
from xcore_tools.discovery.prefilter.margins import WHITESPACE
from xcore_tools.discovery.prefilter.use import How, Use

_QUOTES = (b"'", b'"')
_DOT = ord(".")
_COMMENTED = re.compile(rb"\.\s*+(?:#[^\n]*+\n\s*+)+([A-Za-z_\x80-\xff][\w\x80-\xff]*+)")
_BY_NAME = re.compile(
    rb"(?:getattr\s*\((?:[^()]|\([^()]*\))*,\s*|[)\]]\s*\[\s*|__dict__\s*\[\s*)\Z"
)
_LOOKS_UP = (b"getattr", b"__dict__", b"vars(", b"globals(")
_NAMES_TEXT = (*_LOOKS_UP, b"locals(", b"setattr", b"__getattr__")
"""What may bind names that stand nowhere."""
_QUOTED = re.compile(rb"['\"]([A-Za-z_\x80-\xff][\w\x80-\xff]*+)['\"]")
_ATTRIBUTE = re.compile(rb"\.\s*+([A-Za-z_\x80-\xff][\w\x80-\xff]*+)")
_LETTERS = frozenset(b"_%b%b%b" % (digits.encode(), ascii_letters.encode(), bytes(range(128, 256))))


class Surroundings:
    """One source text that is asked about names."""

    def __init__(self, data: bytes) -> None:
        self._lines = Lines(data)
        self._data = self._lines.data
        self._bindings = Bindings(self._lines)

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The names that stand behind a dot, or are looked up by their text."""
        found = set(_ATTRIBUTE.findall(self._data))
        if b"#" in self._data:
            found.update(_COMMENTED.findall(self._data))
        if self._has_names_in_quotes:
            found.update(_QUOTED.findall(self._data))
        return frozenset(map(text_of, found))

    @cached_property
    def _has_names_in_quotes(self) -> bool:
        return any(word in self._data for word in _LOOKS_UP)

    def has(self, name: str) -> bool:
        """Whether the text holds a name, or something that it is a part of, or makes names of text."""
        return name.encode() in self._data or any(word in self._data for word in _NAMES_TEXT)

    def uses_of(self, name: str, *, calls: bool = True) -> Iterator[Use]:
        """The uses of a plain name; calls of it only if they are asked for."""
        word = name.encode()
        start = self._data.find(word) if word else -1
        while start >= 0:
            end = start + len(word)
            if self._is_apart(start, end) and self._data[start - 1 : start] != b".":
                use = self._use(start, end, calls=calls)
                if use is not None:
                    yield use
            start = self._data.find(word, end)

    def uses_of_attribute(self, name: str, *, calls: bool = True) -> Iterator[Use]:
        """The uses of a name behind a dot; calls of it only if they are asked for."""
        word = name.encode()
        start = self._data.find(word) if word else -1
        while start >= 0:
            end = start + len(word)
            if self._is_apart(start, end) and (
                self._is_behind_dot(start) or self._is_looked_up(start, end)
            ):
                use = self._use(start, end, calls=calls)
                if use is not None:
                    yield use
            start = self._data.find(word, end)

    def _is_apart(self, start: int, end: int) -> bool:
        """Whether a word begins and ends at these places."""
        data = self._data
        return not (
            (start and data[start - 1] in _LETTERS) or (end < len(data) and data[end] in _LETTERS)
        )

    def _is_behind_dot(self, start: int) -> bool:
        data, place = self._data, start
        while True:
            before = place - 1
            while before >= 0 and data[before] in WHITESPACE:
                before -= 1
            if before < 0 or data[before] == _DOT:
                return before >= 0
            comment = data.find(b"#", data.rfind(b"\n", 0, before) + 1, before + 1)
            if comment < 0 or b"\n" not in data[before:place]:
                return False
            place = comment

    def _is_looked_up(self, start: int, end: int) -> bool:
        """Whether a name stands in quotes in `getattr(owner, "name")` or `vars(owner)["name"]`."""
        return (
            self._data[start - 1 : start] in _QUOTES
            and self._data[end : end + 1] in _QUOTES
            and self._has_names_in_quotes
            and _BY_NAME.search(self._data[max(start - 400, 0) : start - 1]) is not None
        )

    def classes(self) -> Iterator[str]:
        """The names of the classes that are mapped by a call, or say something about a table of theirs."""
        yield from (text_of(match[1]) for match in MAPS.finditer(self._data))
        for match in TABLE_DIRECTIVE.finditer(self._data):
            definition = DEFINITION.match(self._lines.line(self._lines.margin(match.start())))
            if definition is not None and definition[1] == b"class":
                yield text_of(definition[2])

    def makers(self) -> Iterator[Use]:
        """What functions do that seem to make tables, bases or classes."""
        for needle, pattern in MAKES.items():
            for match in pattern.finditer(self._data) if needle in self._data else ():
                use = self._use(*match.span(), how="call")
                if use is not None and use.awaited:
                    yield use

    def _use(
        self, start: int, end: int, how: How | None = None, *, calls: bool = True
    ) -> Use | None:
        """The use at a place; None for one that makes nothing: a text of its own, or as `Bindings` says."""
        is_text = (
            self._data[start - 1 : start] in _QUOTES
            and self._data[end : end + 1] in _QUOTES
            and not self._is_looked_up(start, end)
        )
        return None if is_text else self._bindings.use(start, end, how, calls=calls)
