"""Where a name stands in a source text: in which class header, function or statement, told by indentation.

A line belongs to the nearest line above it that is indented less, and so on to the left margin. That is
how Python reads it, too, but for text inside strings and brackets, which only adds what is no use of the
name, or takes a continued line for a statement of the same block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import pairwise
from string import ascii_letters, digits
from typing import Literal

import msgspec

from xcore_tools.discovery.catalog.derived import DECORATORS, MAKERS, MAPPERS, NEEDLES
from xcore_tools.discovery.catalog.directives import TABLE_PREFIX
from xcore_tools.discovery.catalog.symbols import TABLE
from xcore_tools.discovery.prefilter.sketch import Header, headers, with_newlines

How = Literal["class", "call", "part"]

ANYTHING = ""
"""Stands for a callee whose name cannot be told."""


class Use(msgspec.Struct, frozen=True, gc=False):
    """One use of a name. `binds` are the names that the module gets from it.

    `how` is "class" in the header of a class, "call" where the name is called (`calls` times in a row; to
    decorate something is a call), "part" of any other statement. `awaited` says how many calls the use
    waits for: none when it happens while the module is imported, one inside a function, two inside a
    function that this one returns; `depth` counts the functions around. `binds` is then the function;
    in a class it is the class, and `member` the method. `passed_to` are the callees among whose
    arguments the name may stand. `is_direct` tells that the targets are bound to just what the call
    returns, `is_receiver` that a method is called, of it or of that.
    """

    how: How
    binds: tuple[str, ...]
    awaited: int = 0
    depth: int = 0
    member: str = ""
    calls: int = 1
    passed_to: tuple[str, ...] = ()
    is_direct: bool = False
    is_receiver: bool = False


_QUOTES = (b"'", b'"')
_NO_USES = (b"from ", b"import ", b"if __name__ ", b"#")
_BLOCK = re.compile(rb"(?:if|elif|else|try|except|finally|with|for|while|match|async)\b")
_FUNCTION = re.compile(rb"def[ \t]+([\w\x80-\xff]+)")
_BLANK = b" \t\f"
_WHITESPACE = b" \t\n\r\f\v"
_DOT = ord(".")
_AT_MARGIN = re.compile(rb"[^\s#)\]}]")  # no comment, and not the end of brackets
_MARGIN = re.compile(rb"\n[^\s#)\]}]")
_ATTRIBUTE = re.compile(rb"\.\s*+([A-Za-z_\x80-\xff][\w\x80-\xff]*+)")
_DEFINITION = re.compile(rb"(?:async[ \t]+)?(def|class)[ \t]+([\w\x80-\xff]+)")
_NEXT_DEFINITION = re.compile(
    rb"^[ \t]*+(?:async[ \t]+)?(?:def|class)[ \t]+([\w\x80-\xff]++)", re.MULTILINE
)
_TARGETS = re.compile(rb"([^=:(\n]++)(?::[^=\n]*+)?=(?!=)")
_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_LETTERS = frozenset(b"_%b%b%b" % (digits.encode(), ascii_letters.encode(), bytes(range(128, 256))))
_CALLEE = re.compile(rb"(?<![\w.\x80-\xff])([\w.\x80-\xff]++)[ \t]*+\(")
_CALLED_RESULT = re.compile(rb"[)\]][ \t]*+\(")
_METHOD = re.compile(rb"(?:\s*+\.\s*+[\w\x80-\xff]++)++\s*+\(")
_DUNDER = TABLE_PREFIX.encode()


def _maker(name: str) -> re.Pattern[bytes]:
    """Where a maker is called, or stands alone if it may: as a decorator, or handed to something else."""
    word = name.encode()
    if name == TABLE.name:
        return re.compile(rb"%b\s*\(" % word)  # wrappers are called so, too: NewTable(
    if name in NEEDLES and name in DECORATORS | MAPPERS:
        return re.compile(word)
    call = rb"%b(?<!\w%b)\s*\(" % (word, word)
    return re.compile(rb"%b|%b(?<=\.%b)\b" % (call, word, word) if name in DECORATORS else call)


def _is_found_by(name: str, other: str) -> bool:
    """Whether the pattern of another maker finds every place of this one."""
    return name != other and (
        (other == TABLE.name and name.endswith(other))
        or (other in NEEDLES and other in DECORATORS | MAPPERS and other in name)
    )


_MAKES = {
    **{
        name.encode(): _maker(name)
        for name in sorted(MAKERS)
        if not any(_is_found_by(name, other) for other in MAKERS)
    },
    _DUNDER: re.compile(rb"%b\w*+\s*+=(?!=)" % _DUNDER),
    **{quote + _DUNDER: re.compile(quote + _DUNDER) for quote in _QUOTES},
    b"type(": re.compile(rb"type(?<!\wtype)\([^()]{0,200}+,"),
}
"""What makes something, by what every place of it holds; patterns begin with it, which makes them fast."""
_TYPE = re.compile(rb"(?<![\w.\x80-\xff])type\([^)]*\Z")
"""`type("Name", (Base, …`"""
_TABLE = re.compile(_DUNDER)
_MAPS = re.compile(
    rb"(?:%b)\s*+\(\s*+([\w\x80-\xff]++)"
    % b"|".join(name.encode() if name in NEEDLES else rb"\b%b" % name.encode() for name in MAPPERS)
)
_LONG = 4000
"""Bytes: of longer statements only so much is looked at, and what is not seen may be anything."""


class Surroundings:
    """One source text that is asked about names."""

    def __init__(self, data: bytes) -> None:
        self._data = with_newlines(data)
        self._heads: dict[int, tuple[bool, re.Match[bytes] | None]] = {}

    @cached_property
    def _headers(self) -> list[Header]:
        return list(headers(self._data))

    @cached_property
    def _header_starts(self) -> list[int]:
        return [header.start for header in self._headers]

    @cached_property
    def _margins(self) -> list[int]:
        found = [match.start() + 1 for match in _MARGIN.finditer(self._data)]
        return [0, *found] if _AT_MARGIN.match(self._data) or not found else found

    @cached_property
    def _functions(self) -> list[tuple[int, int, bytes]]:
        return list(self._find_functions())

    @cached_property
    def _has_type(self) -> bool:
        return b"type(" in self._data

    @cached_property
    def _least_indent(self) -> int:
        return min((indent for _, indent, _ in self._functions), default=0)

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The names that stand behind a dot."""
        return frozenset(map(_text, set(_ATTRIBUTE.findall(self._data))))

    def uses_of(self, name: str, *, calls: bool = True) -> Iterator[Use]:
        """The uses of a plain name; calls of it only if they are asked for."""
        word = name.encode()
        start = self._data.find(word)
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
        start = self._data.find(word)
        while start >= 0:
            end = start + len(word)
            if self._is_behind_dot(start) and self._is_apart(start, end):
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
        before = start - 1
        while before >= 0 and self._data[before] in _WHITESPACE:
            before -= 1
        return before >= 0 and self._data[before] == _DOT

    def classes(self) -> Iterator[str]:
        """The names of the classes that are mapped by a call, or say something about a table of theirs."""
        yield from (_text(match[1]) for match in _MAPS.finditer(self._data))
        for match in _TABLE.finditer(self._data):
            definition = _DEFINITION.match(self._line(self._margin(match.start())))
            if definition is not None and definition[1] == b"class":
                yield _text(definition[2])

    def makers(self) -> Iterator[Use]:
        """What functions do that seem to make tables, bases or classes."""
        for needle, pattern in _MAKES.items():
            for match in pattern.finditer(self._data) if needle in self._data else ():
                use = self._use(*match.span(), how="call")
                if use is not None and use.awaited:
                    yield use

    # -- one place -------------------------------------------------------------------------------

    def _use(
        self, start: int, end: int, how: How | None = None, *, calls: bool = True
    ) -> Use | None:
        """The use at a place; None for one that makes nothing: in an import, a comment, a signature."""
        if self._data[start - 1 : start] in _QUOTES and self._data[end : end + 1] in _QUOTES:
            return None
        line_start = self._data.rfind(b"\n", 0, start) + 1
        before = self._data[max(line_start, start - _LONG) : start].lstrip(_BLANK)
        if before.startswith(_NO_USES):
            return None
        margin = self._margin(start)
        makes_nothing, definition = self._head(margin)
        if makes_nothing:
            return None
        how = how or self._how(start, end, before)
        if how == "call" and not calls:
            return None
        if how == "part" and definition is not None and not _is_value(definition, before):
            return None
        functions = self._functions_around(margin, line_start, self._indent(line_start))
        if functions:
            return None if how == "part" else self._inside(how, definition, functions)
        if definition is not None:
            return self._class_level(how, before, start, end, definition[2])
        return self._module_level(how, before, start, end, margin)

    def _inside(
        self,
        how: How,
        definition: re.Match[bytes] | None,
        functions: list[tuple[int, int, bytes]],
    ) -> Use:
        """A use that waits for a call of the outermost of `functions`, at least."""
        awaited = depth = len(functions)
        if not all(self._is_only_returned(*pair) for pair in pairwise(functions)):
            awaited = 1
        outer = _text(functions[-1][2])
        if definition is not None and definition[1] == b"class":
            return Use(how, (_text(definition[2]),), awaited, depth, outer)
        owner = outer if definition is None else _text(definition[2])
        return Use(how, (owner,), awaited, depth)

    def _class_level(
        self, how: How, before: bytes, start: int, end: int, owner: bytes
    ) -> Use | None:
        """The use in a statement of a class at the left margin, or in its head."""
        binds = (_text(owner),)
        if how == "class":
            return Use(how, binds)
        if before.startswith(b"@"):
            return self._decorator(how, before, start, end, binds[0])
        return Use(how, binds)

    def _module_level(
        self, how: How, before: bytes, start: int, end: int, margin: int
    ) -> Use | None:
        """The use in a statement of the module itself, under no definition."""
        header = self._header_around(start)
        if header is not None:
            definition = _DEFINITION.match(self._data, header.start)
            return Use(how, (_text(definition[2]),) if definition else ())
        if before.startswith(b"@"):
            return self._decorator(how, before, start, end)
        is_block = _BLOCK.match(self._line(margin)) is not None
        first = start - len(before) if is_block else margin
        targets = _TARGETS.match(self._line(first))
        is_named = before.rstrip(b" (").endswith(b":=")
        if how == "part" and not (targets or is_named or (is_block and before)):
            return None
        words = _WORD.findall(targets[1] if targets else before) if targets or is_named else []
        binds = tuple(map(_text, words))
        span = self._data[max(first, start - _LONG) : start]
        calls, behind = self._calls(end)
        if (
            how == "part"
            and targets
            and not is_named
            and b"=" not in span
            and start - first < _LONG
        ):
            if b":" in span:
                return None  # an annotation
            return Use(how, binds, passed_to=(ANYTHING,))  # an attribute of it is set
        is_clear = targets is not None and not is_named and start - first < _LONG
        return Use(
            how,
            binds,
            calls=calls,
            passed_to=_callees(span) if is_clear else (ANYTHING,),
            is_direct=is_clear and before.rstrip().endswith(b"="),
            is_receiver=_METHOD.match(self._data, behind, behind + 80) is not None,
        )

    def _decorator(
        self, how: How, before: bytes, start: int, end: int, owner: str = ""
    ) -> Use | None:
        """The use in a line that decorates something, a member of `owner` if that is given."""
        if how == "part":
            return None  # an argument
        name = self._decorated(start)
        is_direct = b"(" not in before
        calls, _ = self._calls(end)
        binds = (owner or name,)
        return Use(how, binds, calls=calls + is_direct, is_direct=is_direct)

    def _header_around(self, start: int) -> Header | None:
        index = bisect_right(self._header_starts, start) - 1
        is_inside = index >= 0 and start < self._headers[index].end
        return self._headers[index] if is_inside else None

    def _how(self, start: int, end: int, before: bytes) -> How:
        if self._header_around(start) is not None:
            return "class"
        if self._has_type:
            near = self._data[max(start - 200, 0) : start]
            if b"type(" in near and _TYPE.search(near):
                return "class"
        is_decorator = before.startswith(b"@") and b"(" not in before
        follows = self._data[end : end + 80].lstrip(b" \t\\\n)")
        return "call" if is_decorator or follows.startswith(b"(") else "part"

    def _calls(self, end: int) -> tuple[int, int]:
        """How many calls follow one another behind a name, as in `f(x)(y)`, and where they end."""
        count = 0
        place, limit = end, min(end + _LONG, len(self._data))
        while place < limit:
            sign = self._data[place : place + 1]
            if sign in {b" ", b"\t"}:
                place += 1
            elif sign == b"(":
                count += 1
                place = _closing(self._data, place, limit)
            else:
                break
        return count, place

    def _decorated(self, start: int) -> str:
        """The name of what the decorator at a place decorates."""
        definition = _NEXT_DEFINITION.search(self._data, start, start + _LONG)
        return _text(definition[1]) if definition else ""

    # -- lines -----------------------------------------------------------------------------------

    def _margin(self, start: int) -> int:
        return self._margins[max(bisect_right(self._margins, start) - 1, 0)]

    def _head(self, margin: int) -> tuple[bool, re.Match[bytes] | None]:
        """Whether the statement at a margin makes nothing of what it names; what it defines, if anything."""
        if margin not in self._heads:
            line = self._line(margin)
            self._heads[margin] = (line.startswith(_NO_USES), _DEFINITION.match(line))
        return self._heads[margin]

    def _indent(self, line: int) -> int:
        match = _INDENT.match(self._data, line)
        return match.end() - line if match else 0

    def _find_functions(self) -> Iterator[tuple[int, int, bytes]]:
        """Where the line of each function begins, how far it is indented, and the name."""
        for match in _FUNCTION.finditer(self._data):
            start = self._data.rfind(b"\n", 0, match.start()) + 1
            before = self._data[start : match.start()]
            if before.strip() in {b"", b"async"}:
                yield start, len(before) - len(before.lstrip(_BLANK)), match[1]

    def _functions_around(
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
                body = self._data.find(b"\n", place) + 1
                if not _at_most(size).search(self._data, body, start + 1 + indent):
                    found.append(self._functions[index])
                    start = place
                indent = size
            index -= 1
        return found

    def _is_only_returned(
        self, inner: tuple[int, int, bytes], outer: tuple[int, int, bytes]
    ) -> bool:
        """Whether a function does nothing with one that stands in it but to return it."""
        place, indent, name = inner
        body = self._data.find(b"\n", outer[0]) + 1
        end = _at_most(outer[1]).search(self._data, self._data.find(b"\n", place) + 1)
        text = self._data[body : min(end.start() if end else len(self._data), body + 5 * _LONG)]
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
            above = self._data.rfind(b"\n", 0, place - 1) + 1
            line = self._data[above : place - 1]
            text = line.strip()
            if text and len(line) - len(line.lstrip(_BLANK)) <= indent and text[:1] not in b")]}#":
                if not text.startswith(b"@"):
                    return
                yield text
            place = above

    def _line(self, start: int) -> bytes:
        end = self._data.find(b"\n", start, start + _LONG)
        return self._data[start : end if end >= 0 else start + _LONG].lstrip(_BLANK)


_INDENT = re.compile(rb"[ \t\f]*+")
_RETURNED = re.compile(
    rb"(?:async[ \t]+)?def[ \t].*"
    rb"|return[ \t]+(?:(?:t\.|typing\.)?cast\([^()]*,[ \t]*)?\w+\)?[ \t]*(?:#.*)?"
    rb"|\w+\.\w+[ \t]*=[ \t]*[\w.'\"]+"
)
_HARMLESS = re.compile(rb"@(?:functools\.|ft\.|six\.)?wraps\([\w.]+[^()]*\)[ \t]*(?:#.*)?")


def _is_value(definition: re.Match[bytes], before: bytes) -> bool:
    """Whether what follows `before` in a class may be what one of its attributes is bound to."""
    return definition[1] == b"class" and before.rstrip(b" (").endswith(b"=")


def _callees(text: bytes) -> tuple[str, ...]:
    """The dotted names of what is called in a piece of text; ANYTHING where there is no name."""
    if b"(" not in text:
        return ()
    names = {_text(name) for name in _CALLEE.findall(text)} - _KEYWORDS
    return (*names, ANYTHING) if _CALLED_RESULT.search(text) else tuple(names)


_KEYWORDS = frozenset({"and", "else", "if", "in", "is", "lambda", "not", "or"})


def _closing(data: bytes, start: int, limit: int) -> int:
    """The place behind the bracket that closes the one at `start`; `limit` if it comes later."""
    depth = 0
    for match in _BRACKET.finditer(data, start, limit):
        depth += 1 if match[0] == b"(" else -1
        if not depth:
            return match.end()
    return limit


_BRACKET = re.compile(rb"[()]")


@cache
def _at_most(indent: int) -> re.Pattern[bytes]:
    """A statement that begins a line and is indented at most so far."""
    return re.compile(rb"^[ \t\f]{0,%d}[^\s#)\]}]" % indent, re.MULTILINE)


def _text(word: bytes) -> str:
    return word.decode("utf-8", "replace")
