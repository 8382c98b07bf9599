"""The one place in which Python itself computes with values of the scanned code.

What it computes with is plain data of exact types (`plain`), looked at before: how large the operands are,
and how large the result will be. What would take long or grow large is unknown, with the reason, and so is
what Python refuses. No function is looked up by a name of the scanned code but in the tables below.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from xcore_tools.discovery.evaluate import fields, formatting, percent
from xcore_tools.discovery.evaluate.plain import (
    COLLECTIONS,
    DICTS,
    MAX_ITEMS,
    MAX_TEXT,
    SEQUENCES,
    SETS,
    exact,
    extent_of,
    is_certain,
    is_key,
    is_plain,
)
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    Display,
    External,
    Unknown,
    Value,
)

_MAX_NUMBER = 10**9
_MAX_SCANNED = 4_000_000
"""Characters of a text times those that are looked for in it; items of a list times those of what is looked for."""

FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What Python says of operands that do not fit."""


def same(value: Value) -> Value:
    """The value: plain data shows itself."""
    return exact(value)


def bounded(value: Value) -> Value:
    """`value`, or Unknown where it is larger than what is followed."""
    kind = type(value)
    if kind is str:
        return value if len(value) <= MAX_TEXT else Unknown("a text too long to follow")
    if kind in COLLECTIONS:
        return value if len(value) <= MAX_ITEMS else Unknown("a value too long to follow")
    if kind is int:
        return value if abs(value) <= _MAX_NUMBER else Unknown("a number too large to follow")
    return value


# -- operators ------------------------------------------------------------------------------------

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
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
    "|": operator.or_,
    "&": operator.and_,
}


def apply(op: str, left: Value, right: Value) -> Value:
    """`left op right` for plain values, or Unknown where that fails or grows too large."""
    left, right = exact(left), exact(right)
    if op == "%" and type(left) is str:
        return percent.format_percent(left, right, same)
    if op in {"is", "is not"}:
        return _identity(left, right, is_positive=op == "is")
    if op not in _OPERATORS:
        return Unknown(f"operator {op} is not followed")
    if not (is_plain(left) and is_plain(right)):
        return Unknown("a value too long to follow")
    if _is_grown(op, left, right):
        return Unknown("a value too long to follow")
    try:
        return bounded(_OPERATORS[op](left, right))
    except FAILURES:
        return Unknown(f"operator {op} fails on these values")


def _is_grown(op: str, left: Value, right: Value) -> bool:
    """Whether a sum, a repetition or a union would be longer than a value may be."""
    sizes = [len(one) for one in (left, right) if type(one) is str or type(one) in COLLECTIONS]
    limit = MAX_TEXT if str in (type(left), type(right)) else MAX_ITEMS
    if op == "*" and len(sizes) == 1:
        times = right if type(left) is str or type(left) in COLLECTIONS else left
        return type(times) in {int, bool} and sizes[0] * times > limit
    return op in {"+", "|"} and sum(sizes) > limit


def _identity(left: Value, right: Value, *, is_positive: bool) -> Value:
    """`left is right`: whether equal texts or numbers are one object is a secret of the interpreter."""
    if left is None or right is None or type(left) is bool or type(right) is bool:
        return (left is right) == is_positive
    if type(left) is not type(right):
        return not is_positive
    if type(left) in {list, dict, Display, set}:
        return (left is right) == is_positive
    if not (is_plain(left) and is_plain(right)) or left == right:
        return Unknown("whether equal values are the same")
    return not is_positive


# -- methods --------------------------------------------------------------------------------------

_TEXT_METHODS: dict[str, Callable[..., Any]] = {
    name: getattr(str, name)
    for name in (
        *("capitalize", "casefold", "count", "endswith", "find", "index", "isalnum", "isalpha"),
        *("isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isspace"),
        *("istitle", "isupper", "join", "lower", "lstrip", "partition", "removeprefix"),
        *("removesuffix", "replace", "rfind", "rindex", "rpartition", "rsplit", "rstrip", "split"),
        *("splitlines", "startswith", "strip", "swapcase", "title", "upper"),
    )
}
_READING: dict[str, Callable[..., Any]] = {
    "index": lambda items, *args: items.index(*args),
    "count": lambda items, *args: items.count(*args),
}
_DICT_METHODS: dict[str, Callable[..., Any]] = {
    "get": lambda items, key, default=None: items.get(key, default),
    "items": lambda items: list(items.items()),
    "keys": lambda items: list(items.keys()),
    "values": lambda items: list(items.values()),
    "copy": lambda items: items.copy(),
}
_SET_METHODS: dict[str, Callable[..., Any]] = {
    "union": lambda items, *others: items.union(*others),
    "intersection": lambda items, *others: items.intersection(*others),
    "difference": lambda items, *others: items.difference(*others),
    "issubset": lambda items, other: items.issubset(other),
    "issuperset": lambda items, other: items.issuperset(other),
    "copy": lambda items: items.copy(),
}
_METHODS: dict[type, dict[str, Callable[..., Any]]] = {
    str: _TEXT_METHODS,
    dict: _DICT_METHODS,
    Display: _DICT_METHODS,
    list: {**_READING, "copy": lambda items: items.copy()},
    tuple: _READING,
    set: _SET_METHODS,
    frozenset: _SET_METHODS,
}


def call_method(
    receiver: Value,
    name: str,
    args: Sequence[Value],
    keywords: dict[str, Value],
    show: fields.Show = same,
) -> Value:
    """A method of a text or a collection; texts take plain arguments only."""
    receiver = exact(receiver)
    if type(receiver) is str:
        if name == "format":
            return formatting.format_text(receiver, args, keywords, show)
        if name == "format_map" and len(args) == 1 and not keywords:
            return formatting.format_mapping(receiver, args[0], show)
    function = _METHODS.get(type(receiver), {}).get(name)
    if function is None or (keywords and type(receiver) is not str):
        return Unknown(f"method {name}() is not followed")
    args = [exact(arg) for arg in args] if type(receiver) is str else args
    refused = (
        _refused_text(receiver, name, args, keywords)
        if type(receiver) is str
        else _refused_collection(receiver, name, args)
    )
    if refused is not None:
        return refused
    try:
        return bounded(function(receiver, *args, **keywords))
    except FAILURES:
        return Unknown(f"method {name}() fails on these values")


_UNKNOWN_PARTS = "a text built from values that are not known"


def _refused_text(
    receiver: str, name: str, args: Sequence[Value], keywords: dict[str, Value]
) -> Unknown | None:
    """Why a method of a text is not called: it takes long, or its result is too long."""
    extents = [extent_of(value) for value in (receiver, *args, *keywords.values())]
    known = [extent for extent in extents if extent is not None]
    if len(known) < len(extents):
        is_long = any(type(one) is str and len(one) > MAX_TEXT for one in (receiver, *args))
        return Unknown("a text too long to follow" if is_long else _UNKNOWN_PARTS)
    if not all(extent.has_order for extent in known):
        return Unknown("a set, whose order is not known")
    if name == "join":
        items = args[0] if args and type(args[0]) in SEQUENCES else ()
        size = known[1].characters if len(known) > 1 else 0
        if size + len(receiver) * len(items) > MAX_TEXT:
            return Unknown("a text too long to follow")
        return None
    if len(receiver) * sum(extent.characters for extent in known[1:]) > _MAX_SCANNED:
        return Unknown("a text too long to follow")
    if name == "replace" and len(args) > 1 and type(args[0]) is type(args[1]) is str:
        found = receiver.count(args[0])
        if len(receiver) + found * (len(args[1]) - len(args[0])) > MAX_TEXT:
            return Unknown("a replacement too long to follow")
    return None


def _refused_collection(receiver: Value, name: str, args: Sequence[Value]) -> Unknown | None:
    """Why a method of a collection is not called."""
    if len(receiver) > MAX_ITEMS:
        return Unknown("a value too long to follow")
    if type(receiver) in DICTS:
        is_known = all(is_key(key) for key in args[:1])
    elif type(receiver) in SETS:
        is_known = all(are_keys(other) for other in args)
    else:
        is_known = all(is_searched(arg, receiver) for arg in args[:1])
    return None if is_known else Unknown(f"method {name}() of values that are not known")


def are_keys(items: Value) -> bool:
    """Whether a collection holds keys only: what Python hashes without asking anybody."""
    kind = type(items)
    return (kind is str or (kind in COLLECTIONS and len(items) <= MAX_ITEMS)) and all(
        map(is_key, items)
    )


def is_searched(item: Value, items: Value) -> bool:
    """Whether `item in items` is known and told without much work: no item may be equal, for all we know."""
    if not is_certain(item):
        return False
    if isinstance(item, ClassValue | External):
        return len(items) <= MAX_ITEMS
    extent = extent_of(item)
    return extent is not None and extent.size * len(items) <= 16 * _MAX_SCANNED
