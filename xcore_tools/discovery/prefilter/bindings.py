"""What the module gets from one use of a name: told from the statement that it stands in."""

from __future__ import annotations

import re
from itertools import pairwise
from keyword import iskeyword

from xcore_tools.discovery.prefilter.calls import callees, calls_behind, is_method_call
from xcore_tools.discovery.prefilter.lines import BLANK, DEFINITION, LONG, NO_USES, Lines, text_of
from xcore_tools.discovery.prefilter.use import ANYTHING, How, Use

_BLOCK = re.compile(rb"(?:if|elif|else|try|except|finally|with|for|while|match|async)\b")
_TARGETS = re.compile(rb"((?:[(\[][ \t]*+)*[^=:(\n]++)(?::[^=\n]*+)?=(?!=)")
_IN_BRACKETS = re.compile(rb"[(\[][^=:]*=(?!=)")
_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_PARAMETER = re.compile(rb"\s*[,)]")
_RETURNS = re.compile(rb"(?:.*:[ \t]*)?return\b[^(.]*(?:\([^(.]*)?")
_PUTS = re.compile(
    rb"[\w.\x80-\xff]+\.(?:append|appendleft|extend|insert|add|update|setdefault|__setitem__)\s*\("
)


class Bindings:
    """What uses bind in one source text."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._data = lines.data

    def use(
        self, start: int, end: int, how: How | None = None, *, calls: bool = True
    ) -> Use | None:
        """The use at a place; None for one that makes nothing: in an import, a comment, a signature."""
        line_start = self._data.rfind(b"\n", 0, start) + 1
        before = self._data[max(line_start, start - LONG) : start].lstrip(BLANK)
        if before.startswith(NO_USES):
            return None
        margin = self._lines.margin(start)
        makes_nothing, definition = self._lines.head(margin)
        if makes_nothing:
            return None
        how = how or self._how(start, end, before)
        if how == "call" and not calls:
            return None
        if how == "part" and definition is not None and not _is_value(definition, before):
            return self._returned(start, end, before, definition)
        functions = self._lines.functions_around(margin, line_start, self._lines.indent(line_start))
        if functions:
            return None if how == "part" else self._inside(how, definition, functions)
        if definition is not None:
            return self._class_level(how, before, start, end, definition[2])
        return self._module_level(how, before, start, end, margin)

    def _returned(
        self, start: int, end: int, before: bytes, definition: re.Match[bytes]
    ) -> Use | None:
        """What a function does with a name that it only mentions: it returns it, or has it for a default."""
        owner = (text_of(definition[2]),)
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
        if not all(self._lines.is_only_returned(*pair) for pair in pairwise(functions)):
            awaited = 1
        outer = text_of(functions[-1][2])
        if definition is not None and definition[1] == b"class":
            return Use(how, (text_of(definition[2]),), awaited, depth, outer)
        owner = outer if definition is None else text_of(definition[2])
        return Use(how, (owner,), awaited, depth)

    def _class_level(
        self, how: How, before: bytes, start: int, end: int, owner: bytes
    ) -> Use | None:
        """The use in a statement of a class at the left margin, or in its head."""
        binds = (text_of(owner),)
        if how == "class":
            return Use(how, binds)
        if before.startswith(b"@"):
            return self._decorator(how, before, start, end, binds[0])
        return Use(how, binds)

    def _module_level(
        self, how: How, before: bytes, start: int, end: int, margin: int
    ) -> Use | None:
        """The use in a statement of the module itself, under no definition."""
        header = self._lines.header_around(start)
        if header is not None:
            definition = DEFINITION.match(self._data, header.start)
            return Use(how, (text_of(definition[2]),) if definition else ())
        if before.startswith(b"@"):
            return self._decorator(how, before, start, end)
        head = self._lines.line(margin)
        is_block = _BLOCK.match(head) is not None
        first = start - len(before) if is_block else margin
        span = self._data[max(first, start - LONG) : start]
        targets = _TARGETS.match(self._lines.line(first)) or _IN_BRACKETS.match(span)
        is_named = before.rstrip(b" (").endswith(b":=")
        if head.startswith(b"@") and how == "part":
            return self._decorated_with(span, self._lines.decorated(start))
        if how == "part" and not (targets or is_named or (is_block and before)):
            return self._changed(span) if b"(" in span else None
        is_one_line = is_block and first == margin
        words = _WORD.findall(targets[0] if targets else before) if targets or is_named else []
        words += _WORD.findall(head) if is_one_line else []
        binds = tuple(dict.fromkeys(map(text_of, words)))
        if is_one_line:
            binds = tuple(word for word in binds if not iskeyword(word))
        calls, behind = calls_behind(self._data, end, LONG)
        depth = int(b"lambda" in span)
        if how == "part" and targets and not is_named and b"=" not in span and start - first < LONG:
            if b":" in span:
                return None  # an annotation
            return Use(how, binds, passed_to=(ANYTHING,))  # an attribute of it is set
        if is_one_line:
            return Use(how, binds, depth=depth, calls=calls, passed_to=(ANYTHING,))
        is_clear = targets is not None and not is_named and start - first < LONG
        return Use(
            how,
            binds,
            depth=depth,
            calls=calls,
            passed_to=callees(span) if is_clear else (ANYTHING,),
            is_direct=is_clear and before.rstrip().endswith(b"="),
            is_receiver=is_method_call(self._data, behind),
        )

    def _decorator(
        self, how: How, before: bytes, start: int, end: int, owner: str = ""
    ) -> Use | None:
        """The use in a line that decorates something, a member of `owner` if that is given."""
        name = self._lines.decorated(start)
        if how == "part":
            return self._decorated_with(before, owner or name)
        is_direct = b"(" not in before
        calls, _ = calls_behind(self._data, end, LONG)
        binds = (owner or name,)
        return Use(how, binds, calls=calls + is_direct, is_direct=is_direct)

    def _decorated_with(self, before: bytes, name: str) -> Use:
        """The use among the arguments of a decorator of `name`."""
        return Use("part", (name,), passed_to=tuple(f"@{each}" for each in callees(before)))

    def _changed(self, span: bytes) -> Use:
        """The use among the arguments of a call that stands alone: it may be put into what it is called on."""
        words = _WORD.findall(span)
        owners = words[1:2] if words[:1] == [b"setattr"] else words[:1] if _PUTS.match(span) else []
        return Use("part", tuple(map(text_of, owners)), passed_to=callees(span))

    def _how(self, start: int, end: int, before: bytes) -> How:
        if self._lines.header_around(start) is not None:
            return "class"
        if self._lines.is_in_type(start):
            return "class"
        is_decorator = before.startswith(b"@") and b"(" not in before
        follows = self._data[end : end + 80].lstrip(b" \t\\\n)")
        return "call" if is_decorator or follows.startswith(b"(") else "part"


def _is_value(definition: re.Match[bytes], before: bytes) -> bool:
    """Whether what follows `before` in a class may be what one of its attributes is bound to."""
    return definition[1] == b"class" and before.rstrip(b" (").endswith(b"=")
