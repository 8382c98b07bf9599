"""One value written into a text, by rules of our own: what `f"{value!conversion:spec}"` makes of it.

Only plain data is written, one value at a time, by a specification that was read first: the grammar is the
"Format Specification Mini-Language" of Python's library reference. Everything else is unknown, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from xcore_tools.discovery.evaluate.plain import MAX_TEXT, extent_of
from xcore_tools.discovery.evaluate.values import Member, MemberText, Unknown, Value

MAX_WIDTH = 1_000
"""Characters that a field may be padded to, and digits that a number may be given."""

Show = Callable[[Value], Value]
"""The value behind a field, members of enumerations as the texts that `str()` makes of them."""

MISFIT = "a format that does not fit its values"


class UnknownFieldError(Exception):
    """Indicates that a text cannot be made, and why."""


_SPEC = re.compile(
    r"(?:.?[<>=^])?[-+ ]?z?\#?0?(?P<width>[0-9]*)[,_]?(?:\.(?P<precision>[0-9]+))?[bcdeEfFgGosxX%]?",
    re.DOTALL,
)
"""All but the type `n`, which writes numbers as the machine's language has them."""


def format_value(value: Value, conversion: str | None, spec: str, show: Show) -> Value:
    """`f"{value!conversion:spec}"`."""
    try:
        text = formatted(value, conversion or "", spec, show)
        return text if len(text) <= MAX_TEXT else Unknown("a text too long to follow")
    except UnknownFieldError as error:
        return Unknown(str(error))


def formatted(value: Value, conversion: str, spec: str, show: Show) -> str:
    """One field; plain data only, written out by a specification that was read."""
    if conversion not in {"", "s", "r", "a"}:
        raise UnknownFieldError("a conversion that does not exist")
    found = plain(value, show, conversion)
    if conversion or (type(found) not in FORMATTED and not spec):
        found = written(found, conversion)
    if not spec and type(found) is str:
        return found
    fits = _SPEC.fullmatch(spec)
    if fits is None or type(found) not in FORMATTED:
        raise UnknownFieldError("a format specification that is not followed")
    if any(len(number) > 4 or int(number) > MAX_WIDTH for number in fits.groups() if number):
        raise UnknownFieldError("a padding too wide to follow")
    try:
        return format(found, spec)
    except (ValueError, OverflowError, TypeError):
        raise UnknownFieldError(MISFIT) from None


FORMATTED = frozenset({str, int, float, bool})
"""The types whose `__format__` is asked."""


def plain(value: Value, show: Show, conversion: str) -> Value:
    """A value that may be written out: exact plain data that reads the same in every process."""
    if conversion in {"r", "a"} and isinstance(value, Member | MemberText):
        raise UnknownFieldError("a member of an enumeration as repr() shows it")
    value = show(value)
    if isinstance(value, Unknown):
        raise UnknownFieldError(value.reason)
    extent = extent_of(value)
    if extent is None:
        raise UnknownFieldError("a value that is only known at run time")
    if extent.has_members:
        raise UnknownFieldError("a member of an enumeration as repr() shows it")
    if not extent.has_order:
        raise UnknownFieldError("a set, whose order is not known")
    return value


def written(value: Value, conversion: str) -> str:
    """`str()`, `repr()` or `ascii()` of plain data that has been measured.

    Raises:
        UnknownFieldError: Python does not write so large a number.
    """
    try:
        return {"r": repr, "a": ascii}.get(conversion, str)(value)
    except ValueError:
        raise UnknownFieldError("a number too large to follow") from None


def joined(pieces: Iterator[str]) -> str:
    """The pieces as one text, refused before it grows too long."""
    kept: list[str] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_TEXT:
            raise UnknownFieldError("a text too long to follow")
        kept.append(piece)
    return "".join(kept)
