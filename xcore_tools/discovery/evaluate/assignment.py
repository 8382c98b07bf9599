"""Names, attributes and items bound to values; the first name of a base or a collection is its home."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.operators import iterate
from xcore_tools.discovery.evaluate.table_values import DatabaseValue, MetaDataValue, RegistryValue
from xcore_tools.discovery.evaluate.values import (
    OPEN,
    ClassValue,
    Frame,
    FunctionValue,
    Instance,
    Member,
    Unknown,
    Value,
    choice_of,
    options_of,
)
from xcore_tools.discovery.evaluate.versions import put

if TYPE_CHECKING:
    from xcore_tools.discovery.link.interpreter import Machine


def assign(machine: Machine, target: ir.Expr, value: Value, frame: Frame) -> None:
    """Binds `value` to a target: a name, an attribute of a known object, an item, several of them."""
    if isinstance(target, ir.Name):
        bind(frame, target.id, value)
    elif isinstance(target, ir.Attribute):
        _assign_attribute(machine, machine.tentative(target.value, frame), target.name, value)
    elif isinstance(target, ir.Subscript):
        owner = machine.tentative(target.value, frame)
        if isinstance(owner, dict | list):
            _assign_item(owner, index_of(machine, target.index, frame), value, frame)
    elif isinstance(target, ir.Sequence):
        for part, item in zip(target.items, _parts(target, value), strict=True):
            assign(machine, part.value if isinstance(part, ir.Starred) else part, item, frame)


def index_of(machine: Machine, index: ir.Expr, frame: Frame) -> Value:
    """The key, the number or the slice between the brackets of a subscript."""
    if not isinstance(index, ir.Slice):
        return machine.known(machine.tentative(index, frame))
    parts = [
        machine.known(machine.tentative(part, frame)) if part is not None else None
        for part in (index.lower, index.upper, index.step)
    ]
    is_known = all(part is None or isinstance(part, int) for part in parts)
    return slice(*parts) if is_known else Unknown("a slice that is not known")


def is_key(value: Value) -> bool:
    """Whether a value may be the key of a dict: it is known, and equal to nothing else."""
    if isinstance(value, tuple):
        return all(is_key(item) for item in value)
    return value is None or isinstance(value, str | int | float | Member | ClassValue)


def _assign_item(
    owner: dict[Value, Value] | list[Value], key: Value, value: Value, frame: Frame
) -> None:
    """`owner[key] = value`; where the key is not known, or this may not happen, any item may have changed."""
    try:
        if frame.uncertain or not (is_key(key) or isinstance(key, slice)):
            _blur(owner)
        elif isinstance(key, slice):
            owner[key] = iterate(value) or []
        else:
            owner[key] = value
    except (IndexError, TypeError, ValueError):
        _blur(owner)


def _blur(owner: dict[Value, Value] | list[Value]) -> None:
    """After a change that is not known, any item may be another one."""
    for key in owner if isinstance(owner, dict) else range(len(owner)):
        owner[key] = Unknown("an item that may have been changed")
    if isinstance(owner, dict):
        owner[OPEN] = Unknown("an item that may be missing")


def delete(machine: Machine, target: ir.Expr, frame: Frame) -> None:
    """`del target`"""
    if isinstance(target, ir.Name):
        frame.names.pop(target.id, None)
    elif isinstance(target, ir.Attribute):
        owner = machine.tentative(target.value, frame)
        if isinstance(owner, ClassValue | Instance):
            owner.attrs.pop(target.name, None)
    elif isinstance(target, ir.Subscript):
        owner = machine.tentative(target.value, frame)
        if isinstance(owner, dict | list):
            key = index_of(machine, target.index, frame)
            try:
                del owner[key]
            except (LookupError, TypeError):
                _blur(owner)


def _parts(target: ir.Sequence, value: Value) -> list[Value]:
    """What each part of `a, *b = value` gets."""
    count = len(target.items)
    items = iterate(value)
    starred = [n for n, part in enumerate(target.items) if isinstance(part, ir.Starred)]
    if items is not None and starred and len(items) >= count - 1:
        first, after = starred[0], count - starred[0] - 1
        end = len(items) - after
        return [*items[:first], items[first:end], *items[end:]]
    if items is None or len(items) != count or starred:
        return [Unknown("one of several values")] * count
    return items


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
    elif name in frame.outer_names:
        scope = frame.parent
        while scope is not None and (scope.kind == "class" or name not in scope.names):
            scope = scope.parent
        frame = scope or frame
    _give_home(frame, name, value)
    if frame.uncertain and name in frame.names:
        value = choice_of([frame.names[name], value])
    put(frame, name, value)


def _give_home(frame: Frame, name: str, value: Value) -> None:
    """The first place that binds a base or a collection is where it can be imported from."""
    if frame.kind == "function":
        return
    if "<locals>" in frame.qualname:
        if isinstance(value, MetaDataValue) and frame.cls is not None:
            value.owners.append(frame.cls)
        return
    options = [option for option in options_of(value) if isinstance(option, _WITH_HOME)]
    if not options:
        return
    home = ".".join(filter(None, (frame.module.module, frame.qualname, name)))
    for option in options:
        _set_home(frame, name, option, home)


_WITH_HOME = (MetaDataValue, DatabaseValue, RegistryValue, ClassValue)


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


def forget(body: ir.Block, frame: Frame) -> None:
    """After a loop whose rounds are not known, what a function computed in it is not known either."""
    if frame.kind != "function":
        return
    for node in ir.walk(body):
        targets = node.targets if isinstance(node, ir.Assign) else ()
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute):
            targets = (node.func.value,)
        for target in targets:
            if isinstance(target, ir.Name) and _is_data(frame.names.get(target.id)):
                frame.names[target.id] = Unknown("a loop whose rounds are not known")


def pinned(expr: ir.Expr, frame: Frame) -> Frame:
    """The scope in which `expr` can be evaluated later: the names of a class mean what they mean now."""
    names = (node.id for node in ir.walk(expr) if isinstance(node, ir.Name))
    if frame.kind != "class" or not any(name in frame.names for name in names):
        return frame  # of a module, the moment is known; of a function, nothing is bound after its call
    return Frame(
        frame.module,
        frame.kind,
        dict(frame.names),
        frame.parent,
        frame.qualname,
        frame.cls,
        call_site=frame.call_site,
        global_names=frame.global_names,
        uncertain=frame.uncertain,
        in_loop=frame.in_loop,
    )


def lose(block: ir.Block, frame: Frame) -> None:
    """After statements that could not be followed, what they bind or change is not known."""
    for name in bound_names(block):
        if name not in frame.names or _is_data(frame.names[name]):
            put(frame, name, Unknown("more work than can be followed"))


def bound_names(node: object) -> Iterator[str]:
    """The names that statements bind in their own scope."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            stack += current
        elif isinstance(current, ir.ClassDef | ir.FunctionDef):
            yield current.name
        elif isinstance(current, ir.Assign):
            yield from _targets(current.targets)
        elif isinstance(current, ir.Import | ir.ImportFrom):
            continue  # binds what it names, at no cost
        elif isinstance(current, ir.With):
            yield from _targets(tuple(target for _, target in current.items if target is not None))
            stack.append(current.body)
        elif isinstance(current, ir.Statement):
            yield from _targets((current.target,) if isinstance(current, ir.For) else ())
            stack += [getattr(current, name) for name in current.__struct_fields__]


def _targets(targets: tuple[ir.Expr, ...]) -> Iterator[str]:
    """The names in targets: those of items and attributes too, for their owner is changed."""
    return (node.id for node in ir.walk(targets) if isinstance(node, ir.Name))


def _is_data(value: Value) -> bool:
    return not isinstance(
        value, ClassValue | MetaDataValue | RegistryValue | DatabaseValue | FunctionValue
    )
