"""Operators, truth and iteration over values, as far as they are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xcore_tools.discovery.evaluate import host
from xcore_tools.discovery.evaluate.plain import MAX_ITEMS as _MAX_LENGTH
from xcore_tools.discovery.evaluate.plain import SEQUENCES, in_order, is_key, is_plain
from xcore_tools.discovery.evaluate.table_values import MetaDataValue, TableValue
from xcore_tools.discovery.evaluate.values import (
    OPEN,
    ClassValue,
    External,
    FunctionValue,
    Generated,
    Instance,
    LibraryObject,
    Lost,
    Member,
    MemberText,
    Union,
    Unknown,
    Value,
    options_of,
    union_of,
)

MAX_ITEMS = 2000
"""Longer collections are data, and are not looped over."""


def truth_of(value: Value) -> bool | None:
    """Whether `value` counts as true; None if that is not known."""
    answers = {_truth_of_one(option) for option in options_of(value)}
    return answers.pop() if len(answers) == 1 else None


_WITHOUT_TRUTH = (Unknown, Instance, LibraryObject, External)


def _truth_of_one(value: Value) -> bool | None:
    if isinstance(value, _WITHOUT_TRUTH):
        return None
    if type(value) in SEQUENCES and value and all(isinstance(item, Lost) for item in value):
        return None
    if isinstance(value, dict) and OPEN in value:
        return True if len(value) > 1 else None
    if value is None or isinstance(value, _SIZED):
        return bool(value)
    if isinstance(value, Member):
        return bool(value.value) if value.is_number else True
    return True


def iterate(value: Value) -> list[Value] | None:
    """The items of a known, reasonably small iterable that has an order; None otherwise."""
    if isinstance(value, Generated):
        value = value.items
    if isinstance(value, str | tuple | list | dict) and len(value) <= MAX_ITEMS:
        return None if isinstance(value, dict) and OPEN in value else list(value)
    if isinstance(value, frozenset | set) and len(value) <= 1 and OPEN not in value:
        return list(value)
    return None


def each(value: Value) -> list[Value] | None:
    """The items of a known iterable, in some order that is always the same; None otherwise."""
    if isinstance(value, frozenset | set) and len(value) <= MAX_ITEMS and OPEN not in value:
        return in_order(value)
    return iterate(value)


def binary(op: str, left: Value, right: Value) -> Value:
    """`left op right`; for choices, every combination. `+=` and its kin change a list or a dict itself."""
    if op in _IN_PLACE:
        changed = _changed(op, left, right)
        if changed is not None:
            return changed
        op = op.removesuffix("=")
    if op == "+" and isinstance(left, tuple) and isinstance(right, tuple):
        return (*left, *right) if _may_join(left, right) else Unknown("a tuple too long to follow")
    if op == "+" and isinstance(left, list) and isinstance(right, list):
        return [*left, *right] if _may_join(left, right) else Unknown("a list too long to follow")
    if op == "|" and isinstance(left, dict) and isinstance(right, dict):
        return left | right if _may_join(left, right) else Unknown("a dict too long to follow")
    if len(options_of(left)) * len(options_of(right)) > MAX_COMBINATIONS:
        return Unknown("one of too many values")
    return over(left, lambda one: over(right, lambda other: host.apply(op, one, other)))


MAX_COMBINATIONS = 200
"""Of the values that both sides of an operator may have."""


def _may_join(left: Value, right: Value) -> bool:
    return len(left) + len(right) <= _MAX_LENGTH


_IN_PLACE = frozenset(
    {"+=", "-=", "*=", "/=", "//=", "%=", "**=", "&=", "|=", "^=", "<<=", ">>=", "@="}
)


def _changed(op: str, left: Value, right: Value) -> Value:
    """The list or dict `left` after `left op right` has changed it; None where nothing is changed in place."""
    if op == "+=" and isinstance(left, list) and left is not right:
        items = iterate(right)
        if items is not None and _may_join(left, items):
            left += items
            return left
    if op == "|=" and isinstance(left, dict) and isinstance(right, dict) and _may_join(left, right):
        left |= right
        return left
    return None


def over(value: Value, function: Callable[[Any], Value]) -> Value:
    """`function` of a plain value; of each option of a choice; Unknown stays Unknown."""
    if isinstance(value, Union):
        return union_of([over(option, function) for option in value.options])
    return function(value) if is_plain(value) else first_unknown(value)


def first_unknown(*values: Value) -> Unknown:
    """The reason why a result that needs all `values` is not known."""
    for value in values:
        if isinstance(value, Unknown):
            return value
    return Unknown("a value that is only known at run time")


def compare(op: str, left: Value, right: Value) -> Value:
    """`left op right` for comparisons; classes are compared by identity."""
    if isinstance(left, Union) or isinstance(right, Union):
        pairs = [(one, other) for one in options_of(left) for other in options_of(right)]
        if len(pairs) > MAX_COMBINATIONS:
            return Unknown("one of too many values")
        return union_of([compare(op, one, other) for one, other in pairs])
    if op in {"in", "not in"} and _is_member_known(left, right):
        return (left in right) == (op == "in")
    if op in {"is", "is not", "==", "!="}:
        is_positive = op in {"is", "=="}
        if isinstance(left, ClassValue | External) and isinstance(right, ClassValue | External):
            return (left == right) == is_positive
        if isinstance(left, _OBJECTS) and right is None:
            return not is_positive
        if isinstance(left, Member) and isinstance(right, Member):
            return (left == right) == is_positive
        if op.startswith("is") and isinstance(left, MemberText) and isinstance(right, MemberText):
            return ((left.cls, left.member) == (right.cls, right.member)) == is_positive
    return binary(op, left, right)


_OBJECTS = (ClassValue, FunctionValue, Generated, Member, TableValue, MetaDataValue)


_SIZED = (str, int, float, tuple, list, dict, set, frozenset)


def _is_member_known(item: Value, collection: Value) -> bool:
    if not isinstance(collection, tuple | list | dict) or not host.is_searched(item, collection):
        return False
    if isinstance(collection, dict) and not is_key(item):
        return False
    vague = (
        Unknown | Union | Instance | LibraryObject
        if isinstance(item, ClassValue | External)
        else Unknown | Union | Instance | LibraryObject | External
    )
    return not any(isinstance(other, vague) or other is OPEN for other in collection)
