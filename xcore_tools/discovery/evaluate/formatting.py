"""Templates of the scanned code, filled in by rules of our own: `str.format`, and `string.Template`.

Python's own `str.format` follows attributes of live objects. Here a field is a position, a plain name, or
a key or an index into a collection of ours; what it stands for is written out by `fields`. Everything else is
unknown, with the reason. The grammar is the "Format String Syntax" of Python's library reference.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from typing import Any

from xcore_tools.discovery.evaluate.fields import (
    MISFIT,
    Show,
    UnknownFieldError,
    formatted,
    joined,
    plain,
    written,
)
from xcore_tools.discovery.evaluate.plain import MAX_TEXT
from xcore_tools.discovery.evaluate.values import OPEN, Unknown, Value


def format_text(
    template: str, args: Sequence[Value], keywords: dict[str, Value], show: Show
) -> Value:
    """`template.format(*args, **keywords)`."""
    return _Template(args, keywords, show).filled(template)


def format_mapping(template: str, mapping: Value, show: Show) -> Value:
    """`template.format_map(mapping)`."""
    if not isinstance(mapping, dict):
        return Unknown("format_map() of what is no dict")
    return _Template((), mapping, show).filled(template)


class _Template:
    """One call of `str.format`: what it is given, and the number of the next `{}`."""

    def __init__(self, args: Sequence[Value], keywords: dict[Any, Value], show: Show) -> None:
        self._args = args
        self._keywords = keywords
        self._show = show
        self._next: int | None = None

    def filled(self, template: str) -> Value:
        """The text; Unknown where a field is not plain data, or Python would refuse it."""
        try:
            return joined(self._pieces(template, 2))
        except UnknownFieldError as error:
            return Unknown(str(error))

    def _pieces(self, template: str, depth: int) -> Iterator[str]:
        if depth == 0:
            raise UnknownFieldError("a format whose fields are nested too deeply")
        for literal, field, spec, conversion in _parsed(template):
            yield literal
            if field is not None:
                value = self._value(field)
                inner = joined(self._pieces(spec, depth - 1)) if "{" in spec else spec
                yield formatted(value, conversion, inner, self._show)

    def _value(self, field: str) -> Value:
        """What a field stands for: `0`, `name`, the next one; then `[key]` as often as one likes."""
        end = next((at for at, sign in enumerate(field) if sign in ".["), len(field))
        name, rest = field[:end], field[end:]
        position = self._position(name)
        value = self._argument(name) if position is None else self._positional(position)
        while rest:
            closing = rest.find("]")
            if not rest.startswith("[") or closing < 2:
                raise UnknownFieldError("an attribute that a format asks for")
            value = _item(self._show(value), rest[1:closing])
            rest = rest[closing + 1 :]
        return value

    def _position(self, name: str) -> int | None:
        """The number of a field; None where it has a name."""
        if name and not name.isdecimal():
            return None
        is_numbered = bool(name)
        if self._next is not None and (self._next < 0) != is_numbered:
            raise UnknownFieldError("a format with numbers on some of its fields only")
        if is_numbered:
            self._next = -1
            return _index(name)
        self._next = (self._next or 0) + 1
        return self._next - 1

    def _positional(self, position: int) -> Value:
        if position >= len(self._args):
            raise UnknownFieldError(MISFIT)
        return self._args[position]

    def _argument(self, name: str) -> Value:
        if name not in self._keywords:
            raise UnknownFieldError(MISFIT)
        return self._keywords[name]


def _parsed(template: str) -> Iterator[tuple[str, str | None, str, str]]:
    """The literal texts of a template and the field behind each: name, specification, conversion."""
    if len(template) > MAX_TEXT:
        raise UnknownFieldError("a text too long to follow")
    try:
        for literal, field, spec, conversion in string.Formatter().parse(template):
            yield literal, field, spec or "", conversion or ""
    except ValueError:
        raise UnknownFieldError("a format that does not work") from None


def _index(digits: str) -> int:
    if len(digits) > 9:
        raise UnknownFieldError("a number too large to follow")
    return int(digits)


def _item(owner: Value, written: str) -> Value:
    """`owner[key]` as a format writes it: digits are an index, all else is a text."""
    key: Value = _index(written) if written.isdecimal() else written
    if isinstance(owner, dict):
        if key in owner:
            return owner[key]
        raise UnknownFieldError(MISFIT)
    if isinstance(owner, list | tuple | str) and isinstance(key, int) and key < len(owner):
        return owner[key]
    raise UnknownFieldError("an item of a value that is not known")


# -- string.Template ----------------------------------------------------------------------------

_PLACEHOLDER = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<named>[_a-zA-Z][_a-zA-Z0-9]*)|\{(?P<braced>[_a-zA-Z][_a-zA-Z0-9]*)\}|)"
)


def substitute(template: str, mapping: dict[Any, Value], show: Show, *, is_safe: bool) -> Value:
    """`string.Template(template).substitute(mapping)`, or `safe_substitute` where it `is_safe`."""
    if len(template) > MAX_TEXT:
        return Unknown("a text too long to follow")
    try:
        return joined(_substituted(template, mapping, show, is_safe=is_safe))
    except UnknownFieldError as error:
        return Unknown(str(error))


def _substituted(
    template: str, mapping: dict[Any, Value], show: Show, *, is_safe: bool
) -> Iterator[str]:
    end = 0
    for found in _PLACEHOLDER.finditer(template):
        yield template[end : found.start()]
        end = found.end()
        name = found["named"] or found["braced"]
        if found["escaped"]:
            yield "$"
        elif name and name in mapping:
            yield written(plain(mapping[name], show, ""), "s")
        elif is_safe and not (name and OPEN in mapping):
            yield found[0]
        else:
            raise UnknownFieldError("a template that does not fit its values")
    yield template[end:]
