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
from keyword import iskeyword
from string import ascii_letters, digits
from typing import Literal

import msgspec

from xcore_tools.discovery.catalog.derived import DECORATORS, MAKERS, MAPPERS, NEEDLES
from xcore_tools.discovery.catalog.directives import TABLE_PREFIX
from xcore_tools.discovery.catalog.symbols import TABLE
from xcore_tools.discovery.prefilter.headers import STEPS, TOKEN, Header, closed, headers
from xcore_tools.discovery.prefilter.plain import plain

How = Literal["class", "call", "part"]

ANYTHING = ""
"""Stands for a callee whose name cannot be told."""


class Use(msgspec.Struct, frozen=True, gc=False):
    """One use of a name. `binds` are the names that the module gets from it.

    `how` is "class" in the header of a class, "call" where the name is called (`calls` times in a row; to
    decorate something is a call), "part" of any other statement. `awaited` says how many calls the use
    waits for: none when it happens while the module is imported, one inside a function, two inside a
    function that this one returns; `depth` counts the functions around, a lambda among them, which may be
    called at once. `binds` is then the function; in a class it is the class, and `member` the method.
    `passed_to` are the callees among whose arguments the name may stand, with `@` in front where the call
    decorates something. `is_direct` tells that the targets are bound to just what the call returns,
    `is_receiver` that a method is called, of it or of that.
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
_COMMENTED = re.compile(rb"\.\s*+(?:#[^\n]*+\n\s*+)+([A-Za-z_\x80-\xff][\w\x80-\xff]*+)")
_BY_NAME = re.compile(
    rb"(?:getattr\s*\((?:[^()]|\([^()]*\))*,\s*|[)\]]\s*\[\s*|__dict__\s*\[\s*)\Z"
)
"""What stands before the quotes of a name that is looked up: `getattr(owner, "`, `vars(owner)["`."""
_QUOTED = re.compile(rb"['\"]([A-Za-z_\x80-\xff][\w\x80-\xff]*+)['\"]")
_ATTRIBUTE = re.compile(rb"\.\s*+([A-Za-z_\x80-\xff][\w\x80-\xff]*+)")
_DEFINITION = re.compile(rb"(?:async[ \t]+)?(def|class)[ \t]+([\w\x80-\xff]+)")
_NEXT_DEFINITION = re.compile(
    rb"^[ \t]*+(?:async[ \t]+)?(?:def|class)[ \t]+([\w\x80-\xff]++)", re.MULTILINE
)
_TARGETS = re.compile(rb"((?:[(\[][ \t]*+)*[^=:(\n]++)(?::[^=\n]*+)?=(?!=)")
_IN_BRACKETS = re.compile(rb"[(\[][^=:]*=(?!=)")
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
    b"type": re.compile(rb"type(?<!\wtype)\s*+\((?:[^()#]|#[^\n]*+\n){0,200}?,"),
}
"""What makes something, by what every place of it holds; patterns begin with it, which makes them fast."""
_TYPE_CALL = re.compile(rb"type(?<![\w.\x80-\xff]type)\s*+\(")
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
        data = plain(data)
        has_odd = _has_odd_margin(data) or _has_text_at_margin(data)
        self._data = _deepened(data) if has_odd else data
        self._last_decorated = (0, "", 0)
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
    def _definitions(self) -> list[tuple[int, bytes]]:
        """Where the line of each function and class begins, and the name."""
        return [(each.start(), each[1]) for each in _NEXT_DEFINITION.finditer(self._data)]

    @cached_property
    def _types(self) -> list[tuple[int, int]]:
        """Where the calls of `type` begin and end, the outermost ones."""
        found: list[tuple[int, int]] = []
        end = 0
        for match in _TYPE_CALL.finditer(self._data):
            if match.start() >= end:
                end = closed(self._data, match.end() - 1) or len(self._data)
                found.append((match.start(), end))
        return found

    @cached_property
    def _least_indent(self) -> int:
        return min((indent for _, indent, _ in self._functions), default=0)

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The names that stand behind a dot, or are looked up by their text."""
        found = set(_ATTRIBUTE.findall(self._data))
        if b"#" in self._data:
            found.update(_COMMENTED.findall(self._data))
        if self._has_names_in_quotes:
            found.update(_QUOTED.findall(self._data))
        return frozenset(map(_text, found))

    @cached_property
    def _has_names_in_quotes(self) -> bool:
        return any(word in self._data for word in (b"getattr", b"__dict__", b"vars(", b"globals("))

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
            while before >= 0 and data[before] in _WHITESPACE:
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
        if (
            self._data[start - 1 : start] in _QUOTES
            and self._data[end : end + 1] in _QUOTES
            and not self._is_looked_up(start, end)
        ):
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
            return self._returned(start, end, before, definition)
        functions = self._functions_around(margin, line_start, self._indent(line_start))
        if functions:
            return None if how == "part" else self._inside(how, definition, functions)
        if definition is not None:
            return self._class_level(how, before, start, end, definition[2])
        return self._module_level(how, before, start, end, margin)

    def _returned(
        self, start: int, end: int, before: bytes, definition: re.Match[bytes]
    ) -> Use | None:
        """What a function does with a name that it only mentions: it returns it, or has it for a default."""
        owner = (_text(definition[2]),)
        if definition[1] != b"def":
            return None
        if before.rstrip().endswith(b"=") and _PARAMETER.match(self._data, end):
            return Use("class", owner, awaited=1, depth=1)
        is_returned = _RETURNS.fullmatch(before) and self._data[end : end + 1] != b"."
        return Use("part", owner) if is_returned else None

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
        head = self._line(margin)
        is_block = _BLOCK.match(head) is not None
        first = start - len(before) if is_block else margin
        span = self._data[max(first, start - _LONG) : start]
        targets = _TARGETS.match(self._line(first)) or _IN_BRACKETS.match(span)
        is_named = before.rstrip(b" (").endswith(b":=")
        if head.startswith(b"@") and how == "part":
            return self._decorated_with(span, self._decorated(start))
        if how == "part" and not (targets or is_named or (is_block and before)):
            return self._changed(span) if b"(" in span else None
        is_one_line = is_block and first == margin
        words = _WORD.findall(targets[0] if targets else before) if targets or is_named else []
        words += _WORD.findall(head) if is_one_line else []
        binds = tuple(dict.fromkeys(map(_text, words)))
        if is_one_line:
            binds = tuple(word for word in binds if not iskeyword(word))
        calls, behind = self._calls(end)
        depth = int(b"lambda" in span)
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
        if is_one_line:
            return Use(how, binds, depth=depth, calls=calls, passed_to=(ANYTHING,))
        is_clear = targets is not None and not is_named and start - first < _LONG
        return Use(
            how,
            binds,
            depth=depth,
            calls=calls,
            passed_to=_callees(span) if is_clear else (ANYTHING,),
            is_direct=is_clear and before.rstrip().endswith(b"="),
            is_receiver=_METHOD.match(self._data, behind, behind + 80) is not None,
        )

    def _decorator(
        self, how: How, before: bytes, start: int, end: int, owner: str = ""
    ) -> Use | None:
        """The use in a line that decorates something, a member of `owner` if that is given."""
        name = self._decorated(start)
        if how == "part":
            return self._decorated_with(before, owner or name)
        is_direct = b"(" not in before
        calls, _ = self._calls(end)
        binds = (owner or name,)
        return Use(how, binds, calls=calls + is_direct, is_direct=is_direct)

    def _decorated_with(self, before: bytes, name: str) -> Use:
        """The use among the arguments of a decorator of `name`."""
        return Use("part", (name,), passed_to=tuple(f"@{each}" for each in _callees(before)))

    def _changed(self, span: bytes) -> Use:
        """The use among the arguments of a call that stands alone: it may be put into what it is called on."""
        words = _WORD.findall(span)
        owners = words[1:2] if words[:1] == [b"setattr"] else words[:1] if _PUTS.match(span) else []
        return Use("part", tuple(map(_text, owners)), passed_to=_callees(span))

    def _header_around(self, start: int) -> Header | None:
        index = bisect_right(self._header_starts, start) - 1
        is_inside = index >= 0 and start < self._headers[index].end
        return self._headers[index] if is_inside else None

    def _how(self, start: int, end: int, before: bytes) -> How:
        if self._header_around(start) is not None:
            return "class"
        index = bisect_right(self._types, (start,)) - 1
        if index >= 0 and start < self._types[index][1]:
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
        first, name, until = self._last_decorated
        if first <= start < until:
            return name
        first = self._data.rfind(b"\n", 0, start) + 1
        tokens = TOKEN.finditer(self._data, first)
        depth = end = 0
        for place, word in self._definitions[bisect_right(self._definitions, (start,)) :]:
            while end <= place and (token := next(tokens, None)) is not None:
                if token.start() > place:
                    tokens = TOKEN.finditer(self._data, place)
                    break
                end = token.end()
                depth += STEPS.get(token[0], 0)
            if end <= place and depth <= 0:  # neither in a text nor in brackets
                self._last_decorated = first, _text(word), place
                return _text(word)
        return ""

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


_ODD_LINE = re.compile(
    rb"""
      (?!(?:@|def|class|async|import|from|if|elif|else|for|while|try|except|finally|with|match|case|return|raise
           |assert|del|global|pass|lazy|type|print)\b)[^\s#)\]}@"'=(:][^\n=(:]*(?:\n|\Z)
    | [-+*/.,|&<>=!%^:]
    """,
    re.VERBOSE,
)
"""A line at the margin that is no statement, it seems: there are texts, or brackets, that go over several lines."""
_OPEN_LINE = re.compile(
    rb"(?:[(\[{,=+/%|&^<>-]|(?<!\.)\.|(?<!import )\*|\b(?:and|or|not|in|is|if|else))[ \t]*+(?:#[^\n]*+)?\Z"
)
_DOCSTRING = re.compile(rb"(?:\s|#[^\n]*\n)*[rRuU]?(\"\"\"|\'\'\')")


def _has_odd_margin(data: bytes) -> bool:
    """Whether a line at the margin below the docstring seems to stand in a text or in brackets."""
    docstring = _DOCSTRING.match(data)
    start = data.find(docstring[1], docstring.end()) + 3 if docstring else 0
    for match in _MARGIN.finditer(data, start):
        place = match.end() - 1
        if _ODD_LINE.match(data, place):
            return True
        start, end = _line_above(data, place)
        if _OPEN_LINE.search(data, start, end):
            return True
    return False


def _line_above(data: bytes, place: int) -> tuple[int, int]:
    """Where the nearest line above a place stands that is neither blank nor a comment."""
    while True:
        end = place
        while end > 0 and data[end - 1] in _WHITESPACE:
            end -= 1
        start = place = data.rfind(b"\n", 0, end) + 1
        if start == 0 or not _COMMENT_LINE.match(data, start, end):
            return start, end


def _has_text_at_margin(data: bytes) -> bool:
    """Whether a text over several lines, below the docstring, seems to have a line at the margin."""
    return any(
        _MARGIN.search(text)
        for quotes in (b'"""', b"'''")
        if quotes in data
        for text in data.split(quotes)[3::2]
    )


def _deepened(data: bytes) -> bytes:
    """`data` with all lines inside texts and brackets indented more than any statement."""
    pieces: list[bytes] = []
    depth = done = 0
    for token in TOKEN.finditer(data):
        sign, between = token[0], data[done : token.start()]
        if depth and _STATEMENT.search(between):
            depth = 0  # a bracket was taken for one that is none
        pieces.append(between.replace(b"\n", _DEEP) if depth else between)
        pieces.append(sign.replace(b"\n", _DEEP) if len(sign) > 1 else sign)
        depth = max(depth + STEPS.get(sign, 0), 0)
        done = token.end()
    return b"".join((*pieces, data[done:]))


_STATEMENT = re.compile(rb"\n(?:@|(?:async|class|def|from|import)\b)")
_DEEP = b"\n" + b" " * 99
_PARAMETER = re.compile(rb"\s*[,)]")
_RETURNS = re.compile(rb"(?:.*:[ \t]*)?return\b[^(.]*(?:\([^(.]*)?")
_PUTS = re.compile(
    rb"[\w.\x80-\xff]+\.(?:append|appendleft|extend|insert|add|update|setdefault|__setitem__)\s*\("
)
_INDENT = re.compile(rb"[ \t\f]*+")
_COMMENT_LINE = re.compile(rb"[ \t\f]*+#")
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
