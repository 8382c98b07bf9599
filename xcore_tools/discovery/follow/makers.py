"""Which statements and functions may make a class or a table, told from what they call.

The others need not be followed unless somebody asks for their result.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xcore_tools.discovery import syntax as s
from xcore_tools.discovery.follow.values import ClassValue, FunctionValue, ImportedName
from xcore_tools.discovery.roles import library_classes, library_makers

if TYPE_CHECKING:
    from xcore_tools.discovery.machine import Machine

__all__ = ["LIBRARY", "MUTATORS", "changes", "has_makers", "makes", "may_make"]

LIBRARY = library_classes() | library_makers()
_MAKERS = frozenset(
    [
        "Table",
        "MetaData",
        "registry",
        "declarative_base",
        "automap_base",
        "SQLAlchemy",
        "map_imperatively",
        "map_declaratively",
        "mapper",
        "generate_base",
        "to_metadata",
        "tometadata",
        "as_declarative",
        "mapped",
    ]
)


MUTATORS = frozenset(
    {
        "add",
        "append",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "update",
    }
)
"""Methods that change a list, a dict or a set."""

_COLUMNS = frozenset({"Column", "mapped_column", "relationship", "Field", "Relationship"})


def may_make(block: s.Block, leads: frozenset[str] = LIBRARY) -> bool:
    """Whether statements hold a class that looks mapped, name a table, or call what makes one.

    `leads` are names of bases, models and functions that make them.
    """
    return any(_is_maker(node, leads) for node in s.walk(block))


def _is_maker(node: object, leads: frozenset[str]) -> bool:
    if isinstance(node, s.Call):
        name = _called_name(node)
        if name == "type":
            return len(node.args) == 3
        return name in _MAKERS or name.endswith("Table")
    if isinstance(node, s.Assign):
        return any(
            isinstance(t, s.Attribute) and t.name.startswith("__table") for t in node.targets
        )
    return isinstance(node, s.ClassDef) and _looks_mapped(node, leads)


def _looks_mapped(node: s.ClassDef, leads: frozenset[str]) -> bool:
    """Whether a base, a decorator or the body of a class has to do with tables."""
    heads = (*node.bases, *node.decorators, *node.keywords)
    names = {getattr(part, "id", getattr(part, "name", None)) for part in s.walk(heads)}
    if names & leads:
        return True
    for statement in node.body:
        if isinstance(statement, s.Assign):
            target = statement.targets[0]
            if isinstance(target, s.Name) and target.id.startswith("__table"):
                return True
            if isinstance(statement.value, s.Call) and _called_name(statement.value) in _COLUMNS:
                return True
    return False


def _called_names(block: s.Block) -> set[str]:
    """The plain names of the functions that statements call."""
    calls = (node for node in s.walk(block) if isinstance(node, s.Call))
    return {call.func.id for call in calls if isinstance(call.func, s.Name)}


def _called_name(call: s.Call) -> str:
    return call.func.id if isinstance(call.func, s.Name) else getattr(call.func, "name", "")


def makes(machine: Machine, function: FunctionValue) -> bool:
    """Whether a call of `function` may make a class or a table, itself or through what it calls."""
    key = id(function.facts)
    if key not in machine.makers:
        machine.makers[key] = False  # what a recursive function sees
        machine.makers[key] = _may_be_maker(machine, function) and _is_maker_of(machine, function)
    return machine.makers[key]


_SIGN = re.compile(r"\bclass\b|\.__table|\btype\b|Table\b")
_CALLED = re.compile(r"(\w+)[\s\\)]*\(")


def _may_be_maker(machine: Machine, function: FunctionValue) -> bool:
    """Whether a look at the source of `function` finds it worth reading; yes in case of doubt."""
    unread = function.facts.unread
    if unread is None:
        return True
    called = set(_CALLED.findall(unread.text))
    return (
        not called.isdisjoint(_MAKERS)
        or _SIGN.search(unread.text) is not None
        or any(_makes_by_name(machine, name, function) for name in sorted(called))
    )


def _is_maker_of(machine: Machine, function: FunctionValue) -> bool:
    body = machine.read(function.facts).body
    return body is not None and (
        may_make(body, machine.leads)
        or any(_makes_by_name(machine, name, function) for name in sorted(_called_names(body)))
    )


def has_makers(machine: Machine, cls: ClassValue) -> bool:
    """Whether a method of `cls` may make a class or a table."""
    return any(
        isinstance(value, FunctionValue) and makes(machine, value) for value in cls.attrs.values()
    )


def changes(machine: Machine, function: FunctionValue) -> bool:
    """Whether a call of `function` may change what others see: a global name, an attribute, an item."""
    body = machine.read(function.facts).body
    return body is not None and any(_is_change(node) for node in s.walk(body))


def _is_change(node: object) -> bool:
    if isinstance(node, s.Assign):
        return not all(isinstance(target, s.Name) for target in node.targets)
    if isinstance(node, s.Call):
        return isinstance(node.func, s.Attribute) and node.func.name in MUTATORS
    return isinstance(node, s.Global)


def _makes_by_name(machine: Machine, name: str, caller: FunctionValue) -> bool:
    frame = machine.frames.get(caller.frame.module.module)
    value = frame.names.get(name) if frame else None
    if isinstance(value, FunctionValue):
        return makes(machine, value)
    return isinstance(value, ImportedName) and name in machine.leads
