"""The bases of a class and the order in which they are asked for an attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    GenericAlias,
    LibraryObject,
    Unknown,
    Value,
    options_of,
)

_BASES = (ClassValue, External, Unknown)

MAX_ANCESTORS = 3000
"""A longer order of ancestors is cut off; nobody's models come near."""


def mro(interpreter: Interpreter, cls: ClassValue) -> tuple[Value, ...]:
    """The classes in which attributes of `cls` are looked up, `cls` first.

    Items are ClassValue, External (a class of another library) and Unknown (a base that could not be
    followed). Follows C3 as Python does; where that fails, depth first. At most MAX_ANCESTORS of them.
    """
    if cls.mro is None:
        for item in _unordered(interpreter, cls):
            item.mro = _order(item, bases_of(interpreter, item))
    return cls.mro or (cls,)


def _unordered(interpreter: Interpreter, cls: ClassValue) -> list[ClassValue]:
    """The classes above `cls` that have no order yet, and `cls` itself; bases before their children.

    A stack of its own: a chain of a thousand classes would be too deep for Python's.
    """
    found: list[ClassValue] = []
    stack: list[tuple[ClassValue, Iterator[Value]]] = []
    waiting: Iterator[Value] = iter([cls])
    while True:
        item = next(waiting, None)
        if item is None:
            if not stack:
                return found
            done, waiting = stack.pop()
            found.append(done)
        elif isinstance(item, ClassValue) and item.mro is None:
            item.mro = (item,)  # what a cyclic base sees
            stack.append((item, waiting))
            waiting = iter(bases_of(interpreter, item))


def _order(cls: ClassValue, bases: list[Value]) -> tuple[Value, ...]:
    orders = [base.mro or (base,) if isinstance(base, ClassValue) else (base,) for base in bases]
    if len(orders) == 1:
        return (cls, *orders[0])[:MAX_ANCESTORS]
    merged = _merge([*orders, tuple(bases)])
    return (cls, *(_depth_first(orders) if merged is None else merged))[:MAX_ANCESTORS]


def ancestors(interpreter: Interpreter, cls: ClassValue) -> tuple[Value, ...]:
    """The MRO of `cls` without itself."""
    return mro(interpreter, cls)[1:]


def bases_of(interpreter: Interpreter, cls: ClassValue) -> list[Value]:
    """The direct bases of `cls` that are classes, or cannot be known."""
    found: dict[Value, None] = {}
    for base in cls.bases:
        for option in options_of(interpreter.force(base)):
            item = option.origin if isinstance(option, GenericAlias) else option
            if isinstance(option, LibraryObject):
                item = External(f"{option.callee}()")
            if isinstance(item, _BASES):
                found[item] = None
    return list(found)


def _merge(orders: list[tuple[Value, ...]]) -> list[Value] | None:
    """C3: the first head that is in no tail, again and again; None where there is no such order."""
    result: list[Value] = []
    in_tails = Counter(item for order in orders for item in order[1:])
    left = {number: iter(order) for number, order in enumerate(orders)}
    heads: dict[int, Value] = {}  # the head of each order that is left, first order first
    led: dict[Value, list[int]] = {}  # the orders that an item is the head of
    moved = list(left)
    while True:
        for number in moved:
            head = next(left[number], None)
            if head is None:
                heads.pop(number, None)
                continue
            in_tails[head] -= number in heads  # a later head was in the tail until now
            heads[number] = head
            led.setdefault(head, []).append(number)
        if not heads:
            break
        head = next((head for head in heads.values() if not in_tails[head]), None)
        if head is None:
            return None
        result.append(head)
        moved = led.pop(head)
    return result


def _depth_first(orders: list[tuple[Value, ...]]) -> list[Value]:
    return list(dict.fromkeys(item for order in orders for item in order))


def metaclass_of(interpreter: Interpreter, cls: ClassValue) -> Value:
    """The metaclass that `cls` names or inherits; None for `type`."""
    for item in mro(interpreter, cls):
        if isinstance(item, ClassValue) and "metaclass" in item.keywords:
            return interpreter.force(item.keywords["metaclass"])
    return None
