"""Plain data: values of Python's own types and of no other, and how much there is of them.

Python itself computes only with what passes here. The type of a value is compared, never asked of the
value, and a value is measured before anything is done with it: a list that holds another one twice,
and so on, is as large as what it would take to print it.
"""

from __future__ import annotations

from typing import NamedTuple

from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    Display,
    External,
    Member,
    MemberText,
    Unknown,
    Value,
)

MAX_TEXT = 65_536
"""Characters of one text."""

MAX_ITEMS = 10_000
"""Items of one collection, and of all that a plain value holds."""

MAX_DEPTH = 60
"""Collections inside one another."""

MAX_BITS = 4_096
"""Of a whole number that is computed with."""

MAX_NAME = 1_000
"""Characters of a name: no engine takes half as many."""

_MAX_CHARACTERS = 4 * MAX_TEXT
"""Of all the texts that a plain value holds."""

_NUMBERS = frozenset({float, bool, type(None)})
_TEXTS = frozenset({str, MemberText})
SEQUENCES = frozenset({tuple, list})
SETS = frozenset({set, frozenset})
DICTS = frozenset({dict, Display})
COLLECTIONS = SEQUENCES | SETS | DICTS


class Extent(NamedTuple):
    """How much of plain data there is: its nodes, and the characters of its texts.

    `has_order` says that it reads the same in every process: it holds no set of several items.
    `has_members` says that members of an enumeration are in it, which read otherwise than their texts.
    `is_plain` says that it is plain data, and not too much: what is not was not gone through to its end.
    """

    nodes: int
    characters: int
    has_order: bool
    has_members: bool
    is_plain: bool

    @property
    def size(self) -> int:
        """The bytes that are touched by who goes through it, roughly."""
        return 16 * self.nodes + self.characters


def extent_of(value: Value) -> Extent | None:
    """How much there is of plain data; None where it is too much, too deep, or not plain."""
    extent = measured(value)
    return extent if extent.is_plain else None


def measured(value: Value) -> Extent:
    """How much there is of a value, as far as it was gone through: to its end where it is plain."""
    nodes = characters = 0
    has_order, has_members, is_plain = True, False, True
    stack = [[value]]  # of what each level holds, what is left
    while stack and is_plain:
        if not stack[-1]:
            stack.pop()
            continue
        item = stack[-1].pop()
        kind = type(item)
        nodes += 1
        if kind in _TEXTS:
            characters += len(item)
            has_members = has_members or kind is MemberText
            is_plain = len(item) <= MAX_TEXT and characters <= _MAX_CHARACTERS
        elif kind is int:
            is_plain = item.bit_length() <= MAX_BITS
        elif kind not in _NUMBERS:
            inside = _inside(item)
            is_plain = inside is not None and nodes <= 2 * MAX_ITEMS and len(stack) <= MAX_DEPTH
            has_order = has_order and not (kind in SETS and len(item) > 1)
            stack.append(inside or [])
    return Extent(nodes, characters, has_order, has_members, is_plain)


def _inside(value: Value) -> list[Value] | None:
    """What a collection holds; None where it is too large, or no collection."""
    kind = type(value)
    if kind in SEQUENCES or kind in SETS:
        return list(value) if len(value) <= MAX_ITEMS else None
    if kind in DICTS:
        return [*value.keys(), *value.values()] if len(value) <= MAX_ITEMS else None
    return None


def as_name(value: Value) -> Value:
    """A value that is to name a table, a schema or a class: unknown where it is longer than any name."""
    is_long = isinstance(value, str) and len(value) > MAX_NAME
    return Unknown("a text too long to be a name") if is_long else value


def is_plain(value: Value) -> bool:
    """Whether `value` is plain data all the way down, and not too much of it."""
    if type(value) is str:
        return len(value) <= MAX_TEXT
    return type(value) in _NUMBERS or extent_of(value) is not None


def exact(value: Value) -> Value:
    """A member of an enumeration of texts as its text; any other value as it is."""
    return str(value) if type(value) is MemberText else value


def is_key(value: Value) -> bool:
    """Whether a value may be the key of a dict: it is known, hashed at once, and equal to nothing else."""
    stack, seen = [value], 0
    while stack:
        item = stack.pop()
        seen += 1
        if type(item) is tuple:
            if len(item) + len(stack) + seen > _MAX_KEY:
                return False
            stack += item
        elif not (type(item) in _KEYS or (type(item) is int and item.bit_length() <= MAX_BITS)):
            return False
    return True


_MAX_KEY = 200
"""Items of a tuple that is a key, and of those inside it."""

_KEYS = frozenset({*_NUMBERS, *_TEXTS, Member, ClassValue})


def in_order(items: set[Value] | frozenset[Value]) -> list[Value]:
    """The items of a set, in an order that is the same in every process."""
    return sorted(items, key=_rank)


def _rank(value: Value) -> tuple[str, str]:
    """What puts keys into an order: their kind, and how they are written."""
    if isinstance(value, ClassValue):
        return ("class", f"{value.module} {value.line:9} {value.qualname}")
    if isinstance(value, Member | MemberText):
        name = value.member if isinstance(value, MemberText) else value.name
        return ("member", f"{_rank(value.cls)} {name}")
    if isinstance(value, tuple):
        return ("tuple", repr([*map(_rank, value)]))
    if isinstance(value, frozenset):
        return ("frozenset", repr(sorted(map(_rank, value))))
    return ("plain", repr(value))


def set_of(values: list[Value]) -> Value:
    """A set of values: as Python has it where all are keys, else those that are not the same, in the order given."""
    if all(map(is_key, values)):
        return set(values)
    if any(type(value) in COLLECTIONS for value in values):
        return Unknown("a set of values that are not compared")
    return tuple({id(value): value for value in values}.values())


def is_certain(value: Value) -> bool:
    """Whether it is known of a value what it is equal to."""
    return isinstance(value, ClassValue | External) or is_plain(value)
