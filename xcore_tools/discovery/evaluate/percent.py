"""`template % values`, by rules of our own: "printf-style String Formatting" of the library reference."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xcore_tools.discovery.evaluate.fields import (
    FORMATTED,
    MAX_WIDTH,
    Show,
    UnknownFieldError,
    joined,
    plain,
    written,
)
from xcore_tools.discovery.evaluate.plain import MAX_TEXT
from xcore_tools.discovery.evaluate.values import Unknown, Value

_MISFIT = "a % format that does not fit its values"

_PERCENT = re.compile(
    r"%(?:\((?P<key>[^()%]*)\))?(?P<flags>[-+ #0]*)(?P<width>\*|[0-9]*)"
    r"(?:\.(?P<precision>\*|[0-9]*))?[hlL]?(?P<type>[diouxXeEfFgGcrsa%])"
)


def format_percent(template: str, values: Value, show: Show) -> Value:
    """`template % values`."""
    if len(template) > MAX_TEXT:
        return Unknown("a text too long to follow")
    try:
        return joined(_Percent(values, show).pieces(template))
    except UnknownFieldError as error:
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
                raise UnknownFieldError("a % format that is not followed")
            end = field.end()
            if field["type"] == "%":
                if field[0] != "%%":
                    raise UnknownFieldError("a % format that is not followed")
                yield "%"
                continue
            self._has_keys = self._has_keys or field["key"] is not None
            is_numbered = is_numbered or field["key"] is None
            if self._has_keys and is_numbered:
                raise UnknownFieldError("a % format with names on some of its fields only")
            yield self._field(field)
        yield template[end:]
        if self._left and not self._has_keys and not self._is_mapping():
            raise UnknownFieldError(_MISFIT)

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
        value = plain(value, self._show, conversion)
        if conversion:
            value, kind = written(value, conversion), "s"
        elif type(value) not in FORMATTED:
            raise UnknownFieldError(_MISFIT)
        places = "" if precision is None else f".{precision}"
        try:
            return f"%{flags}{width or ''}{places}{kind}" % (value,)
        except (TypeError, ValueError, OverflowError):
            raise UnknownFieldError(_MISFIT) from None

    def _number(self, given: str, key: str | None) -> int:
        """A width or a precision, as it is written or given as a value."""
        if given != "*":
            number: Value = int(given or "0") if len(given) <= 4 else None
        elif key is None:
            number = self._take()
        else:
            number = None
        if type(number) not in {int, bool} or abs(number) > MAX_WIDTH:
            raise UnknownFieldError("a padding too wide to follow")
        return int(number)

    def _take(self) -> Value:
        if not self._left:
            raise UnknownFieldError(_MISFIT)
        return self._left.pop(0)

    def _keyed(self, key: str) -> Value:
        if not isinstance(self._values, dict) or key not in self._values:
            raise UnknownFieldError(_MISFIT)
        return self._values[key]
