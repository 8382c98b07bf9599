"""Names, attributes and items bound to values; the first name of a base or a collection is its home."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from xcore_tools.discovery import syntax as s
from xcore_tools.discovery.follow.operators import iterate
from xcore_tools.discovery.follow.schema import DatabaseValue, MetaDataValue, RegistryValue
from xcore_tools.discovery.follow.values import (
    ClassValue,
    Frame,
    FunctionValue,
    Instance,
    Unknown,
    Value,
    choice_of,
    options_of,
)

if TYPE_CHECKING:
    from xcore_tools.discovery.machine import Machine

__all__ = ["assign", "bind", "forget", "lose"]


def assign(machine: Machine, target: s.Expr, value: Value, frame: Frame) -> None:
    """Binds `value` to a target: a name, an attribute of a known object, an item, several of them."""
    if isinstance(target, s.Name):
        bind(frame, target.id, value)
    elif isinstance(target, s.Attribute):
        _assign_attribute(machine, machine.tentative(target.value, frame), target.name, value)
    elif isinstance(target, s.Subscript):
        owner = machine.tentative(target.value, frame)
        key = machine.tentative(target.index, frame)
        if isinstance(owner, dict) and isinstance(key, str | int | bool | None):
            owner[key] = value
    elif isinstance(target, s.Sequence):
        items = iterate(value)
        if items is None or len(items) != len(target.items):
            items = [Unknown("one of several values")] * len(target.items)
        for part, item in zip(target.items, items, strict=True):
            assign(machine, part, item, frame)


def _assign_attribute(machine: Machine, owner: Value, name: str, value: Value) -> None:
    if isinstance(owner, ClassValue | Instance):
        owner.attrs[name] = value
        if isinstance(owner, ClassValue) and isinstance(value, MetaDataValue) and not value.home:
            value.owners.append(owner)
    elif isinstance(owner, MetaDataValue) and name == "schema":
        owner.schema = machine.known(value)
    elif isinstance(owner, RegistryValue) and name == "metadata":
        owner.metadata = machine.known(value)


def bind(frame: Frame, name: str, value: Value) -> None:
    """Binds `value` to a name; beside its old value where it is not known that this code runs."""
    if name in frame.global_names:
        while frame.parent is not None:
            frame = frame.parent
    _give_home(frame, name, value)
    if frame.uncertain and name in frame.names:
        value = choice_of([frame.names[name], value])
    frame.names[name] = value


def _give_home(frame: Frame, name: str, value: Value) -> None:
    """The first place that binds a base or a collection is where it can be imported from."""
    if frame.kind == "function":
        return
    if "<locals>" in frame.qualname:
        if isinstance(value, MetaDataValue) and frame.cls is not None:
            value.owners.append(frame.cls)
        return
    home = ".".join(filter(None, (frame.module.module, frame.qualname, name)))
    for option in options_of(value):
        _set_home(frame, name, option, home)


def _set_home(frame: Frame, name: str, value: Value, home: str) -> None:
    if isinstance(value, MetaDataValue):
        if (not value.owners and frame.cls is None) or name == "metadata":
            value.home = value.home or (home if not value.owners else None)
        value.alias = value.alias or home
    elif (
        isinstance(value, DatabaseValue)
        or (isinstance(value, RegistryValue) and frame.cls is None)
        or (isinstance(value, ClassValue) and (value.is_synthetic or "<locals>" in value.qualname))
    ):
        value.home = value.home or home


def forget(body: s.Block, frame: Frame) -> None:
    """After a loop whose rounds are not known, what a function computed in it is not known either."""
    if frame.kind != "function":
        return
    for node in s.walk(body):
        targets = node.targets if isinstance(node, s.Assign) else ()
        if isinstance(node, s.Call) and isinstance(node.func, s.Attribute):
            targets = (node.func.value,)
        for target in targets:
            if isinstance(target, s.Name) and _is_data(frame.names.get(target.id)):
                frame.names[target.id] = Unknown("a loop whose rounds are not known")


def lose(block: s.Block, frame: Frame) -> None:
    """After statements that could not be followed, what they bind or change is not known."""
    for name in bound_names(block):
        if name not in frame.names or _is_data(frame.names[name]):
            frame.names[name] = Unknown("more work than can be followed")


def bound_names(node: object) -> Iterator[str]:
    """The names that statements bind in their own scope."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            stack += current
        elif isinstance(current, s.ClassDef | s.FunctionDef):
            yield current.name
        elif isinstance(current, s.Assign):
            yield from _targets(current.targets)
        elif isinstance(current, s.Import | s.ImportFrom):
            continue  # binds what it names, at no cost
        elif isinstance(current, s.With):
            yield from _targets(tuple(target for _, target in current.items if target is not None))
            stack.append(current.body)
        elif isinstance(current, s.Statement):
            yield from _targets((current.target,) if isinstance(current, s.For) else ())
            stack += [getattr(current, name) for name in current.__struct_fields__]


def _targets(targets: tuple[s.Expr, ...]) -> Iterator[str]:
    """The names in targets: those of items and attributes too, for their owner is changed."""
    return (node.id for node in s.walk(targets) if isinstance(node, s.Name))


def _is_data(value: Value) -> bool:
    return not isinstance(
        value, ClassValue | MetaDataValue | RegistryValue | DatabaseValue | FunctionValue
    )
