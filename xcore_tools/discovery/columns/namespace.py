"""Which attributes count for the table of a class, as `sqlalchemy.orm.decl_base` goes through them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from xcore_tools.discovery import ir
from xcore_tools.discovery.columns.force import asked
from xcore_tools.discovery.evaluate.classes import is_declared_attr
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.mro import mro
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    FunctionValue,
    Unknown,
    Value,
)
from xcore_tools.discovery.orm.evidence import is_unfollowed
from xcore_tools.discovery.orm.table_rules import bound, mapped_parent

_SPECIAL = re.compile(r"__.+__")


class Member(msgspec.Struct):
    """One attribute that counts: where it was written, what it is, and its annotation, if any."""

    name: str
    owner: ClassValue
    value: Value
    annotation: ir.Expr | None
    has_value: bool


def _sources(interpreter: Interpreter, cls: ClassValue) -> tuple[Value, ...]:
    """The classes whose attributes go into the table of `cls`: not those of a mapped parent."""
    parent = mapped_parent(interpreter, cls)
    inherited = {*mro(interpreter, parent)} if parent is not None else set()
    return tuple(item for item in mro(interpreter, cls) if item not in inherited)


def members(interpreter: Interpreter, cls: ClassValue) -> Iterator[Member]:
    """The attributes that count for the table of `cls`; the nearest class that has a name decides.

    None in its place drops a column, but not an annotation alone: as `attribute_is_overridden` has it.
    """
    seen: set[str] = set()
    dropped: set[str] = set()
    counting = {*_sources(interpreter, cls)}
    for item in mro(interpreter, cls):
        if not isinstance(item, ClassValue):
            continue
        is_counting = item in counting
        names = _in_order(item.attrs, item.annotations) if is_counting else _cascading(item)
        for name in names:
            if name in seen or _SPECIAL.fullmatch(name):
                continue
            if item is not cls and item.late.get(name, 0) > cls.number:
                continue  # when `cls` was made, the class above did not have it yet
            member = _member(interpreter, cls, item, name)
            if member is None or (name in dropped and member.has_value):
                continue
            if member.has_value and member.value is None and member.annotation is None:
                dropped.add(name)
                continue
            seen.add(name)
            yield member


def _in_order(values: Iterable[str], annotations: Iterable[str]) -> Iterator[str]:
    """The names of both, in the order of the source as far as the two know it."""
    shared = {*values}.intersection(annotations)
    current, other = iter(values), iter(annotations)
    while (name := next(current, None)) is not None:
        if name in shared:
            shared.discard(name)
            current, other = other, current
        else:
            yield name
    yield from other


def _member(
    interpreter: Interpreter, cls: ClassValue, owner: ClassValue, name: str
) -> Member | None:
    has_value = name in owner.attrs
    value = asked(interpreter, owner.attrs.get(name))
    annotation = owner.annotations.get(name)
    if is_declared_attr(interpreter, value):
        annotation = _returned(interpreter, value) or annotation
        value = asked(interpreter, bound(interpreter, value, cls))
    elif isinstance(value, FunctionValue | ClassValue):
        return None
    return Member(name, owner, value, annotation, has_value)


def _returned(interpreter: Interpreter, value: Value) -> ir.Expr | None:
    """The annotation of what a declared attribute returns."""
    return interpreter.read(value.facts).returns if isinstance(value, FunctionValue) else None


def _cascading(cls: ClassValue) -> list[str]:
    """What `@declared_attr.cascading` gives to every class below, each an attribute of its own."""
    return [
        name
        for name, value in cls.attrs.items()
        if isinstance(value, FunctionValue)
        and any(
            isinstance(decorator, ir.Attribute) and decorator.name == "cascading"
            for decorator in value.facts.decorators
        )
    ]


def unfollowed(interpreter: Interpreter, cls: ClassValue) -> Iterator[External | Unknown]:
    """The ancestors that may have columns which nobody here knows."""
    for item in _sources(interpreter, cls):
        if isinstance(item, External | Unknown) and is_unfollowed(item):
            yield item
