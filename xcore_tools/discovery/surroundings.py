"""Where a name stands in a source text: in which class header, function or statement, told by indentation.

A line belongs to the nearest line above it that is indented less, and so on to the left margin. That is
how Python reads it, too, but for text inside strings and brackets, which only adds what is no use of the
name, or takes a continued line for a statement of the same block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import Literal

import msgspec

from xcore_tools.discovery.prefilter import HEADER, with_newlines

__all__ = ["Surroundings", "Use"]


How = Literal["class", "call", "part"]


class Use(msgspec.Struct, frozen=True, gc=False):
    """One use of a name. `binds` are the names that the module gets from it.

    `how` is "class" in the header of a class, "call" where the name is called, "part" of any other
    statement. What `is_inside` a function waits for a call of it; `binds` is that function then, or the
    class of a method.
    """

    how: How
    is_inside: bool
    binds: tuple[str, ...]


_QUOTES = (b"'", b'"')
_NO_USES = (b"from ", b"import ", b"if __name__ ", b"#")
_BLOCK = re.compile(rb"(?:if|elif|else|try|except|finally|with|for|while|match|async)\b")
_FUNCTION = re.compile(rb"def[ \t]+([\w\x80-\xff]+)")
_BLANK = b" \t\f"
_MARGIN = re.compile(rb"^[^\s#)\]}]", re.MULTILINE)  # no comment, and not the end of brackets
_ATTRIBUTE = re.compile(rb"\.\s*([A-Za-z_\x80-\xff][\w\x80-\xff]*)")
_DEFINITION = re.compile(rb"(?:async[ \t]+)?(def|class)[ \t]+([\w\x80-\xff]+)")
_TARGETS = re.compile(rb"([^=:(\n]+)(?::[^=\n]*)?=(?!=)")
_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_NO_WORD = re.compile(rb"[^\w\x80-\xff]|\Z")
_MAKES = re.compile(
    rb"(?:Table|MetaData|registry|mapper|declarative_base|automap_base|SQLAlchemy|generate_base"
    rb"|to_?metadata)\s*\(|map_imperatively|map_declaratively|as_declarative|__table"
    rb"|\btype\([^()]*,"
)
_CLASS = re.compile(rb"^class[ \t\\]+([\w\x80-\xff]+)", re.MULTILINE)


class Surroundings:
    """One source text that is asked about names."""

    def __init__(self, data: bytes) -> None:
        self._data = with_newlines(data)
        headers = [match.span() for match in HEADER.finditer(self._data)]
        self._header_starts = [start for start, _ in headers]
        self._header_ends = [end for _, end in headers]
        self._margins = [match.start() for match in _MARGIN.finditer(self._data)] or [0]
        self._functions = list(self._find_functions())
        self._least_indent = min((indent for _, indent, _ in self._functions), default=0)

    def uses_of(self, name: str) -> Iterator[Use]:
        """The uses of a plain name."""
        word = name.encode()
        start = self._data.find(word)
        while start >= 0:
            end = start + len(word)
            before, after = self._data[max(start - 1, 0) : start], self._data[end : end + 1]
            if _NO_WORD.match(before) and _NO_WORD.match(after) and before != b".":
                use = self._use(start, end)
                if use is not None:
                    yield use
            start = self._data.find(word, end)

    def uses_of_attributes(self, names: frozenset[str]) -> Iterator[tuple[str, Use]]:
        """The uses of any of `names` behind a dot."""
        words = {name.encode(): name for name in names}
        for match in _ATTRIBUTE.finditer(self._data):
            if match[1] in words:
                use = self._use(*match.span(1))
                if use is not None:
                    yield words[match[1]], use

    def classes(self) -> Iterator[str]:
        """The names of the classes at the left margin."""
        return (match[1].decode("utf-8", "replace") for match in _CLASS.finditer(self._data))

    def makers(self) -> Iterator[str]:
        """The functions, and the classes with methods, that seem to make tables, bases or classes."""
        for match in _MAKES.finditer(self._data):
            use = self._use(*match.span(), how="call")
            if use is not None and use.is_inside:
                yield from use.binds

    # -- one place -------------------------------------------------------------------------------

    def _use(self, start: int, end: int, how: How | None = None) -> Use | None:
        """The use at a place; None for one that makes nothing: in an import, a comment, a signature."""
        if self._data[start - 1 : start] in _QUOTES and self._data[end : end + 1] in _QUOTES:
            return None
        line_start = self._data.rfind(b"\n", 0, start) + 1
        before = self._data[line_start:start].lstrip(_BLANK)
        if before.startswith(_NO_USES):
            return None
        margin = self._margins[max(bisect_right(self._margins, start) - 1, 0)]
        outermost = self._line(margin)
        if outermost.startswith(_NO_USES):
            return None
        how = how or self._how(start, end, before)
        definition = _DEFINITION.match(outermost)
        function = self._function_around(margin, line_start, start - len(before) - line_start)
        if definition is None and function is None:
            return self._module_level(how, before, line_start, outermost)
        if how == "part" and (function or not before.rstrip(b" (").endswith(b"=")):
            return None
        owner = definition[2] if definition is not None else function or b""
        return Use(how, function is not None, (_text(owner),))

    def _module_level(self, how: How, before: bytes, start: int, outermost: bytes) -> Use | None:
        """The use in a statement of the module itself, under no definition."""
        is_block = _BLOCK.match(outermost) is not None
        targets = _TARGETS.match(self._line(start) if is_block else outermost)
        is_named = before.rstrip(b" (").endswith(b":=")
        if how == "part" and not (targets or is_named or (is_block and before)):
            return None
        if how == "class":
            definition = _DEFINITION.match(self._line(start))
            words = [definition[2]] if definition else []
        else:
            words = _WORD.findall(targets[1] if targets else before) if targets or is_named else []
        return Use(how, False, tuple(map(_text, words)))

    def _how(self, start: int, end: int, before: bytes) -> How:
        header = bisect_right(self._header_starts, start) - 1
        if header >= 0 and start < self._header_ends[header]:
            return "class"
        if b"type(" in self._data[max(start - 200, 0) : start]:
            return "class"  # type("Name", (Base,), {})
        is_decorator = before.startswith(b"@") and before[1:].replace(b".", b"").strip().isalnum()
        follows = self._data[end : end + 80].lstrip(b" \t\\\n)")
        return "call" if before == b"@" or is_decorator or follows.startswith(b"(") else "part"

    # -- lines -----------------------------------------------------------------------------------

    def _find_functions(self) -> Iterator[tuple[int, int, bytes]]:
        """Where the line of each function begins, how far it is indented, and the name."""
        for match in _FUNCTION.finditer(self._data):
            start = self._data.rfind(b"\n", 0, match.start()) + 1
            before = self._data[start : match.start()]
            if before.strip() in {b"", b"async"}:
                yield start, len(before) - len(before.lstrip(_BLANK)), match[1]

    def _function_around(self, margin: int, start: int, indent: int) -> bytes | None:
        """The name of a function that the line at `start` stands in, between it and its margin.

        A line belongs to the last `def` above it that is indented less, if none between them is
        indented as little as that.
        """
        index = bisect_right(self._functions, (start + 1,)) - 1
        while index >= 0 and indent >= self._least_indent:
            place, size, name = self._functions[index]
            if place < margin:
                return None
            if place == start:
                return name
            if size < indent:
                body = self._data.find(b"\n", place) + 1
                if not _at_most(size).search(self._data, body, start + 1 + indent):
                    return name
                indent = size
            index -= 1
        return None

    def _line(self, start: int) -> bytes:
        end = self._data.find(b"\n", start)
        return self._data[start : end if end >= 0 else len(self._data)].lstrip(_BLANK)


@cache
def _at_most(indent: int) -> re.Pattern[bytes]:
    """A statement that begins a line and is indented at most so far."""
    return re.compile(rb"^[ \t\f]{0,%d}[^\s#)\]}]" % indent, re.MULTILINE)


def _text(word: bytes) -> str:
    return word.decode("utf-8", "replace")
