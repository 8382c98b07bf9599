"""The bases of a class and the order in which they are asked for an attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xcore_tools.discovery.follow.values import (
    ClassValue,
    External,
    Made,
    Unknown,
    Value,
    options_of,
)

if TYPE_CHECKING:
    from xcore_tools.discovery.machine import Machine

__all__ = ["ancestors", "bases_of", "metaclass_of", "mro"]

_MAX_BASES = 200


def mro(machine: Machine, cls: ClassValue) -> tuple[Value, ...]:
    """The classes in which attributes of `cls` are looked up, `cls` first.

    Items are ClassValue, External (a class of another library) and Unknown (a base that could not be
    followed). Follows C3 as Python does; where that fails, depth first.
    """
    if cls.mro is None:
        cls.mro = (cls,)  # what a cyclic base sees
        bases = tuple(bases_of(machine, cls))
        order = [_order(machine, base) for base in bases]
        merged = _merge([*order, list(bases)])
        cls.mro = (cls, *(_depth_first(order) if merged is None else merged))[:_MAX_BASES]
    return cls.mro


def ancestors(machine: Machine, cls: ClassValue) -> tuple[Value, ...]:
    """The MRO of `cls` without itself."""
    return mro(machine, cls)[1:]


def _order(machine: Machine, base: Value) -> list[Value]:
    return list(mro(machine, base)) if isinstance(base, ClassValue) else [base]


def bases_of(machine: Machine, cls: ClassValue) -> list[Value]:
    """The direct bases of `cls` that are classes, or cannot be known."""
    found: list[Value] = []
    for base in cls.bases:
        for option in options_of(machine.known(base)):
            item = External(f"{option.callee}()") if isinstance(option, Made) else option
            if isinstance(item, ClassValue | External | Unknown) and item not in found:
                found.append(item)
    return found


def _merge(orders: list[list[Value]]) -> list[Value] | None:
    """C3: the first head that is in no tail, again and again."""
    result: list[Value] = []
    orders = [list(order) for order in orders if order]
    while orders:
        for order in orders:
            head = order[0]
            if not any(head in other[1:] for other in orders):
                break
        else:
            return None
        result.append(head)
        orders = [rest for order in orders if (rest := order[1:] if order[0] == head else order)]
    return result


def _depth_first(orders: list[list[Value]]) -> list[Value]:
    result: list[Value] = []
    for item in (item for order in orders for item in order):
        if item not in result:
            result.append(item)
    return result


def metaclass_of(machine: Machine, cls: ClassValue) -> Value:
    """The metaclass that `cls` names or inherits; None for `type`."""
    for item in mro(machine, cls):
        if isinstance(item, ClassValue) and "metaclass" in item.keywords:
            return machine.known(item.keywords["metaclass"])
    return None
