"""Pure, bounded work on text: what people do to a class name to make a table name of it.

Nothing here can take long or grow large, whatever the scanned code asks for: results over a thousand
characters and wide paddings are refused with a reason.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence

from xcore_tools.discovery.evaluate.values import Unknown, Value

_MAX_TEXT = 1000
_MAX_SUBJECT = 120
_MAX_ITEMS = 2000
_MAX_NUMBER = 10**9

STRING_METHODS = frozenset(
    [
        "capitalize",
        "casefold",
        "count",
        "endswith",
        "find",
        "format",
        "index",
        "isalnum",
        "isalpha",
        "isascii",
        "isdecimal",
        "isdigit",
        "isidentifier",
        "islower",
        "isnumeric",
        "isspace",
        "istitle",
        "isupper",
        "join",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rfind",
        "rindex",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "upper",
    ]
)
_COLLECTION_METHODS = frozenset(
    ["get", "items", "keys", "values", "index", "count", "copy"]
) | frozenset(["union", "intersection", "difference", "issubset", "issuperset"])
_WIDTH = re.compile(r"\d{3,}")
_NESTED = re.compile(r"\{[^{}]*\{")
_ATTRIBUTE = re.compile(r"\{[^{}:!]*\.")
_BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
    "is": lambda left, right: left is right,
    "is not": lambda left, right: left is not right,
    "|": operator.or_,
    "&": operator.and_,
}


_ATOMS = (str, int, float)
_COLLECTIONS = (tuple, list, set, frozenset)


def is_plain(value: Value) -> bool:
    """Whether `value` is plain data all the way down, and not too much of it."""
    stack = [value]
    for _ in range(_MAX_ITEMS):
        if not stack:
            return True
        item = stack.pop()
        if item is None or isinstance(item, _ATOMS):
            continue
        if isinstance(item, _COLLECTIONS):
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend((*item.keys(), *item.values()))
        else:
            return False
    return False


def has_order(value: Value) -> bool:
    """Whether plain data reads the same in every process: it holds no set of several items."""
    if isinstance(value, tuple | list):
        return all(has_order(item) for item in value)
    if isinstance(value, dict):
        return all(has_order(item) for item in value.values())
    return not (isinstance(value, set | frozenset) and len(value) > 1)


def apply(op: str, left: Value, right: Value) -> Value:
    """`left op right` for plain values, or Unknown where that fails or grows too large."""
    if op == "%" and isinstance(left, str):
        return format_percent(left, right)
    if op not in _BINARY:
        return Unknown(f"operator {op} is not followed")
    if op == "*" and (_size(left) > _MAX_TEXT or _size(right) > _MAX_TEXT):
        return Unknown("a repetition too long to follow")
    try:
        return bounded(_BINARY[op](left, right))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return Unknown(f"operator {op} fails on these values")


def format_percent(template: str, values: Value) -> Value:
    """`template % values`."""
    if not has_order(values):
        return Unknown("a set, whose order is not known")
    widths = values if "*" in template else ()
    if len(template) > _MAX_TEXT or _WIDTH.search(template) or not _are_narrow(widths):
        return Unknown("a padding too wide to follow")
    try:
        return bounded(template % values)
    except (TypeError, ValueError, KeyError, OverflowError):
        return Unknown("a % format that does not fit its values")


def call_method(
    receiver: Value, name: str, args: Sequence[Value], keywords: dict[str, Value]
) -> Value:
    """A method of a plain value, called with plain arguments."""
    if any(isinstance(item, str) and len(item) > _MAX_TEXT for item in (receiver, *args)):
        return Unknown("a text too long to follow")
    if not has_order((args, keywords)):
        return Unknown("a set, whose order is not known")
    allowed = STRING_METHODS if isinstance(receiver, str) else _COLLECTION_METHODS
    if name not in allowed:
        return Unknown(f"method {name}() is not followed")
    if name == "format" and not _is_format_narrow(receiver, (*args, *keywords.values())):
        return Unknown("a padding too wide to follow")
    if name == "join" and _joined_size(receiver, args) > _MAX_TEXT:
        return Unknown("a text too long to follow")
    if name == "replace" and args and args[0] == "" and _size(receiver) > _MAX_SUBJECT:
        return Unknown("a replacement too long to follow")
    try:
        result = getattr(receiver, name)(*args, **keywords)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError):
        return Unknown(f"method {name}() fails on these values")
    return bounded(list(result) if name in {"items", "keys", "values"} else result)


def _is_format_narrow(template: str, values: Sequence[Value]) -> bool:
    """Whether a format pads to no great width, neither written in it nor given as a value."""
    return not _WIDTH.search(template) and (not _NESTED.search(template) or _are_narrow(values))


def reads_attributes(template: str) -> bool:
    """Whether a format asks its values for attributes: `{0.name}`."""
    return _ATTRIBUTE.search(template) is not None


def _are_narrow(values: Value) -> bool:
    """Whether no value among those that may be a width is a large one."""
    items = values if isinstance(values, tuple | list) else (values,)
    return all(
        not item.isdigit() if isinstance(item, str) else not isinstance(item, int) or item < 1000
        for item in items
    )


def _joined_size(separator: str, args: Sequence[Value]) -> int:
    items = args[0] if args and isinstance(args[0], list | tuple) else ()
    return sum(len(separator) + len(item) for item in items if isinstance(item, str))


def _size(value: Value) -> int:
    if isinstance(value, str | tuple | list):
        return len(value)
    return abs(value) if isinstance(value, int) else 0


def bounded(value: Value) -> Value:
    """`value`, or Unknown where it is too large to be part of a name."""
    if isinstance(value, str | tuple | list | dict) and len(value) > _MAX_TEXT:
        return Unknown("a value too long to follow")
    if isinstance(value, int) and abs(value) > _MAX_NUMBER:
        return Unknown("a number too large to follow")
    return value
