"""Templates of the scanned code, filled in by rules of our own: `str.format`, `%`, formatted strings.

Python's own `str.format` follows attributes of live objects. Here a field is a position, a plain name, or
a key or an index into a collection of ours; what it stands for is plain data before Python writes it out,
one value at a time, by a specification that was read first. Everything else is unknown, with the reason.

The grammars are those of "Format String Syntax", "Format Specification Mini-Language" and "printf-style
String Formatting" in the library reference of Python.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from xcore_tools.discovery.evaluate.plain import MAX_TEXT, extent_of
from xcore_tools.discovery.evaluate.values import OPEN, Member, MemberText, Unknown, Value

MAX_WIDTH = 1_000
"""Characters that a field may be padded to, and digits that a number may be given."""

Show = Callable[[Value], Value]
"""The value behind a field, members of enumerations as the texts that `str()` makes of them."""


_MISFIT = "a format that does not fit its values"
_PERCENT_MISFIT = "a % format that does not fit its values"


class _UnknownFieldError(Exception):
    """Indicates that a template cannot be filled in, and why."""


_SPEC = re.compile(
    r"(?:.?[<>=^])?[-+ ]?z?\#?0?(?P<width>[0-9]*)[,_]?(?:\.(?P<precision>[0-9]+))?[bcdeEfFgGosxX%]?",
    re.DOTALL,
)
"""All but the type `n`, which writes numbers as the machine's language has them."""


def format_value(value: Value, conversion: str | None, spec: str, show: Show) -> Value:
    """`f"{value!conversion:spec}"`."""
    try:
        return _fit(_formatted(value, conversion or "", spec, show))
    except _UnknownFieldError as error:
        return Unknown(str(error))


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
            return _joined(self._pieces(template, 2))
        except _UnknownFieldError as error:
            return Unknown(str(error))

    def _pieces(self, template: str, depth: int) -> Iterator[str]:
        if depth == 0:
            raise _UnknownFieldError("a format whose fields are nested too deeply")
        for literal, field, spec, conversion in _parsed(template):
            yield literal
            if field is not None:
                value = self._value(field)
                inner = _joined(self._pieces(spec, depth - 1)) if "{" in spec else spec
                yield _formatted(value, conversion, inner, self._show)

    def _value(self, field: str) -> Value:
        """What a field stands for: `0`, `name`, the next one; then `[key]` as often as one likes."""
        end = next((at for at, sign in enumerate(field) if sign in ".["), len(field))
        name, rest = field[:end], field[end:]
        position = self._position(name)
        value = self._argument(name) if position is None else self._positional(position)
        while rest:
            closing = rest.find("]")
            if not rest.startswith("[") or closing < 2:
                raise _UnknownFieldError("an attribute that a format asks for")
            value = _item(self._show(value), rest[1:closing])
            rest = rest[closing + 1 :]
        return value

    def _position(self, name: str) -> int | None:
        """The number of a field; None where it has a name."""
        if name and not name.isdecimal():
            return None
        is_numbered = bool(name)
        if self._next is not None and (self._next < 0) != is_numbered:
            raise _UnknownFieldError("a format with numbers on some of its fields only")
        if is_numbered:
            self._next = -1
            return _index(name)
        self._next = (self._next or 0) + 1
        return self._next - 1

    def _positional(self, position: int) -> Value:
        if position >= len(self._args):
            raise _UnknownFieldError(_MISFIT)
        return self._args[position]

    def _argument(self, name: str) -> Value:
        if name not in self._keywords:
            raise _UnknownFieldError(_MISFIT)
        return self._keywords[name]


def _parsed(template: str) -> Iterator[tuple[str, str | None, str, str]]:
    """The literal texts of a template and the field behind each: name, specification, conversion."""
    if len(template) > MAX_TEXT:
        raise _UnknownFieldError("a text too long to follow")
    try:
        for literal, field, spec, conversion in string.Formatter().parse(template):
            yield literal, field, spec or "", conversion or ""
    except ValueError:
        raise _UnknownFieldError("a format that does not work") from None


def _index(digits: str) -> int:
    if len(digits) > 9:
        raise _UnknownFieldError("a number too large to follow")
    return int(digits)


def _item(owner: Value, written: str) -> Value:
    """`owner[key]` as a format writes it: digits are an index, all else is a text."""
    key: Value = _index(written) if written.isdecimal() else written
    if isinstance(owner, dict):
        if key in owner:
            return owner[key]
        raise _UnknownFieldError(_MISFIT)
    if isinstance(owner, list | tuple | str) and isinstance(key, int) and key < len(owner):
        return owner[key]
    raise _UnknownFieldError("an item of a value that is not known")


def _formatted(value: Value, conversion: str, spec: str, show: Show) -> str:
    """One field; plain data only, written out by a specification that was read."""
    if conversion not in {"", "s", "r", "a"}:
        raise _UnknownFieldError("a conversion that does not exist")
    found = _plain(value, show, conversion)
    if conversion or (type(found) not in _FORMATTED and not spec):
        found = written(found, conversion)
    if not spec and type(found) is str:
        return found
    fits = _SPEC.fullmatch(spec)
    if fits is None or type(found) not in _FORMATTED:
        raise _UnknownFieldError("a format specification that is not followed")
    if any(len(number) > 4 or int(number) > MAX_WIDTH for number in fits.groups() if number):
        raise _UnknownFieldError("a padding too wide to follow")
    try:
        return format(found, spec)
    except (ValueError, OverflowError, TypeError):
        raise _UnknownFieldError(_MISFIT) from None


_FORMATTED = frozenset({str, int, float, bool})
"""The types whose `__format__` is asked."""


def _plain(value: Value, show: Show, conversion: str) -> Value:
    """A value that may be written out: exact plain data that reads the same in every process."""
    if conversion in {"r", "a"} and isinstance(value, Member | MemberText):
        raise _UnknownFieldError("a member of an enumeration as repr() shows it")
    value = show(value)
    if isinstance(value, Unknown):
        raise _UnknownFieldError(value.reason)
    extent = extent_of(value)
    if extent is None:
        raise _UnknownFieldError("a value that is only known at run time")
    if extent.has_members:
        raise _UnknownFieldError("a member of an enumeration as repr() shows it")
    if not extent.has_order:
        raise _UnknownFieldError("a set, whose order is not known")
    return value


def written(value: Value, conversion: str) -> str:
    """`str()`, `repr()` or `ascii()` of plain data that has been measured.

    Raises:
        _UnknownFieldError: Python does not write so large a number.
    """
    try:
        return {"r": repr, "a": ascii}.get(conversion, str)(value)
    except ValueError:
        raise _UnknownFieldError("a number too large to follow") from None


def _joined(pieces: Iterator[str]) -> str:
    """The pieces as one text, refused before it grows too long."""
    kept: list[str] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_TEXT:
            raise _UnknownFieldError("a text too long to follow")
        kept.append(piece)
    return "".join(kept)


def _fit(text: str) -> Value:
    return text if len(text) <= MAX_TEXT else Unknown("a text too long to follow")


# -- % ------------------------------------------------------------------------------------------

_PERCENT = re.compile(
    r"%(?:\((?P<key>[^()%]*)\))?(?P<flags>[-+ #0]*)(?P<width>\*|[0-9]*)"
    r"(?:\.(?P<precision>\*|[0-9]*))?[hlL]?(?P<type>[diouxXeEfFgGcrsa%])"
)


def format_percent(template: str, values: Value, show: Show) -> Value:
    """`template % values`."""
    if len(template) > MAX_TEXT:
        return Unknown("a text too long to follow")
    try:
        return _joined(_Percent(values, show).pieces(template))
    except _UnknownFieldError as error:
        return Unknown(str(error))


class _Percent:
    """One `%` of a text: what it is given, and how much of that was used."""

    def __init__(self, values: Value, show: Show) -> None:
        self._values = values
        self._left = list(values) if isinstance(values, tuple) else [values]
        self._show = show
        self._has_keys = False

    def pieces(self, template: str) -> Iterator[str]:
        end = 0
        is_numbered = False
        while (at := template.find("%", end)) >= 0:
            yield template[end:at]
            field = _PERCENT.match(template, at)
            if field is None:
                raise _UnknownFieldError("a % format that is not followed")
            end = field.end()
            if field["type"] == "%":
                if field[0] != "%%":
                    raise _UnknownFieldError("a % format that is not followed")
                yield "%"
                continue
            self._has_keys = self._has_keys or field["key"] is not None
            is_numbered = is_numbered or field["key"] is None
            if self._has_keys and is_numbered:
                raise _UnknownFieldError("a % format with names on some of its fields only")
            yield self._field(field)
        yield template[end:]
        if self._left and not self._has_keys and not self._is_mapping():
            raise _UnknownFieldError(_PERCENT_MISFIT)

    def _is_mapping(self) -> bool:
        """Whether Python does not mind values that are left: it takes them for a mapping."""
        return isinstance(self._values, dict | list)

    def _field(self, field: re.Match[str]) -> str:
        flags, kind = field["flags"], field["type"]
        width = self._number(field["width"], field["key"])
        if width < 0:
            flags, width = f"{flags}-", -width
        precision = field["precision"]
        if precision is not None:
            precision = max(self._number(precision, field["key"]), 0)
        value = self._keyed(field["key"]) if field["key"] is not None else self._take()
        conversion = kind if kind in "rsa" else ""
        value = _plain(value, self._show, conversion)
        if conversion:
            value, kind = written(value, conversion), "s"
        elif type(value) not in _FORMATTED:
            raise _UnknownFieldError(_PERCENT_MISFIT)
        places = "" if precision is None else f".{precision}"
        try:
            return f"%{flags}{width or ''}{places}{kind}" % (value,)
        except (TypeError, ValueError, OverflowError):
            raise _UnknownFieldError(_PERCENT_MISFIT) from None

    def _number(self, given: str, key: str | None) -> int:
        """A width or a precision, as it is written or given as a value."""
        if given != "*":
            number: Value = int(given or "0") if len(given) <= 4 else None
        elif key is None:
            number = self._take()
        else:
            number = None
        if type(number) not in {int, bool} or abs(number) > MAX_WIDTH:
            raise _UnknownFieldError("a padding too wide to follow")
        return int(number)

    def _take(self) -> Value:
        if not self._left:
            raise _UnknownFieldError(_PERCENT_MISFIT)
        return self._left.pop(0)

    def _keyed(self, key: str) -> Value:
        if not isinstance(self._values, dict) or key not in self._values:
            raise _UnknownFieldError(_PERCENT_MISFIT)
        return self._values[key]


# -- string.Template ----------------------------------------------------------------------------

_PLACEHOLDER = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<named>[_a-zA-Z][_a-zA-Z0-9]*)|\{(?P<braced>[_a-zA-Z][_a-zA-Z0-9]*)\}|)"
)


def substitute(template: str, mapping: dict[Any, Value], show: Show, *, is_safe: bool) -> Value:
    """`string.Template(template).substitute(mapping)`, or `safe_substitute` where it `is_safe`."""
    if len(template) > MAX_TEXT:
        return Unknown("a text too long to follow")
    try:
        return _joined(_substituted(template, mapping, show, is_safe=is_safe))
    except _UnknownFieldError as error:
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
            yield written(_plain(mapping[name], show, ""), "s")
        elif is_safe and not (name and OPEN in mapping):
            yield found[0]
        else:
            raise _UnknownFieldError("a template that does not fit its values")
    yield template[end:]
