"""Built-in functions that compute with plain data, measured before: `round`, `int`, `max`, `repr`, …"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xcore_tools.discovery.evaluate.fields import format_value
from xcore_tools.discovery.evaluate.host import FAILURES, bounded, same
from xcore_tools.discovery.evaluate.plain import SETS, exact, extent_of, in_order
from xcore_tools.discovery.evaluate.values import Unknown, Value

_MAX_DIGITS = 4_000
_MAX_PLACES = 1_000

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "bool": bool,
    "chr": chr,
    "divmod": divmod,
    "float": float,
    "int": int,
    "max": max,
    "min": min,
    "ord": ord,
    "repr": repr,
    "round": round,
    "sum": sum,
}
COMPUTED = frozenset(_FUNCTIONS)
"""The built-in functions that compute with plain data."""

_READING_TEXTS = frozenset({"bool", "float", "int", "ord"})
"""Functions to which a member of an enumeration is its text."""


def compute(name: str, args: Sequence[Value]) -> Value:
    """A built-in function of plain arguments."""
    given = [exact(arg) for arg in args] if name in _READING_TEXTS else list(args)
    extent = extent_of(given)
    if extent is None or extent.has_members:
        return Unknown(f"{name}() of a value that is not known")
    if name in {"repr", "sum"} and not extent.has_order:
        return Unknown(f"{name}() of a value that is not known")
    if name in {"max", "min"} and not extent.has_order:
        given = [in_order(arg) if type(arg) in SETS else arg for arg in given]
    if _is_expensive(name, given):
        return Unknown(f"{name}() of a value too large to follow")
    try:
        return bounded(_FUNCTIONS[name](*given))
    except FAILURES:
        return Unknown(f"{name}() fails on these values")


def _is_expensive(name: str, args: Sequence[Value]) -> bool:
    """Whether a few arguments make a lot of work: digits, and places of a number."""
    if name in {"int", "float"}:
        return any(type(arg) is str and len(arg) > _MAX_DIGITS for arg in args)
    if name == "round":
        return any(type(arg) is int and abs(arg) > _MAX_PLACES for arg in args[1:])
    return False


def text_of(value: Value) -> Value:
    """`str(value)` of plain data."""
    return format_value(value, "s", "", same)


def sorted_by(keys: Sequence[Value], *, reverse: bool) -> list[int] | None:
    """The places of `keys` in their order; None where they have none, or hold what has none."""
    extent = extent_of(keys)
    if extent is None:
        return None
    try:
        return sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)
    except FAILURES:
        return None
