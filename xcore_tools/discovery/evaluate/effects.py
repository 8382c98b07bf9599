"""Which statements and functions may make a class or a table, told from what they call.

The others need not be followed unless somebody asks for their result.
"""

from __future__ import annotations

import re
from functools import cache

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.core import Interpreter, Words
from xcore_tools.discovery.evaluate.values import ClassValue, External, FunctionValue, ImportedName

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


def may_make(block: ir.Block, words: Words, leads: frozenset[str] = frozenset()) -> bool:
    """Whether statements hold a class that looks mapped, name a table, or call what makes one.

    `leads` are names of bases, models and functions that make them, beside those of the library.
    """
    leads = leads | words.leads
    return any(_is_maker(node, words, leads) for node in ir.walk(block))


def _is_maker(node: object, words: Words, leads: frozenset[str]) -> bool:
    if isinstance(node, ir.Call):
        name = _called_name(node)
        if name == "type":
            return len(node.args) == 3
        return name in words.makers or name.endswith(words.table)
    if isinstance(node, ir.Assign):
        return any(
            isinstance(t, ir.Attribute) and t.name.startswith(words.prefix) for t in node.targets
        )
    return isinstance(node, ir.ClassDef) and _looks_mapped(node, words, leads)


def _looks_mapped(node: ir.ClassDef, words: Words, leads: frozenset[str]) -> bool:
    """Whether a base, a decorator or the body of a class has to do with tables."""
    heads = (*node.bases, *node.decorators, *node.keywords)
    names = {getattr(part, "id", getattr(part, "name", None)) for part in ir.walk(heads)}
    if names & leads:
        return True
    for statement in node.body:
        if isinstance(statement, ir.Assign):
            target = statement.targets[0]
            if isinstance(target, ir.Name) and target.id.startswith(words.prefix):
                return True
            if (
                isinstance(statement.value, ir.Call)
                and _called_name(statement.value) in words.attributes
            ):
                return True
    return False


def _called_names(block: ir.Block) -> set[str]:
    """The plain names of the functions that statements call."""
    calls = (node for node in ir.walk(block) if isinstance(node, ir.Call))
    return {call.func.id for call in calls if isinstance(call.func, ir.Name)}


def _called_name(call: ir.Call) -> str:
    return call.func.id if isinstance(call.func, ir.Name) else getattr(call.func, "name", "")


def makes(interpreter: Interpreter, function: FunctionValue) -> bool:
    """Whether a call of `function` may make a class or a table, itself or through what it calls."""
    key = id(function.facts)
    if key not in interpreter.makers:
        interpreter.makers[key] = False  # what a recursive function sees
        interpreter.makers[key] = _may_be_maker(interpreter, function) and _is_maker_of(
            interpreter, function
        )
    return interpreter.makers[key]


@cache
def _sign(words: Words) -> re.Pattern[str]:
    """What stands in every text that makes a class or a table and calls none of the makers."""
    return re.compile(rf"\bclass\b|\.{words.prefix}|\btype\b|{words.table}\b")


_CALLED = re.compile(r"(\w+)[\s\\)]*\(")


def _may_be_maker(interpreter: Interpreter, function: FunctionValue) -> bool:
    """Whether a look at the source of `function` finds it worth reading; yes in case of doubt."""
    unread = function.facts.unread
    if unread is None:
        return True
    called = set(_CALLED.findall(unread.text))
    return (
        not called.isdisjoint(interpreter.library.words.makers)
        or _sign(interpreter.library.words).search(unread.text) is not None
        or any(_makes_by_name(interpreter, name, function) for name in sorted(called))
    )


def _is_maker_of(interpreter: Interpreter, function: FunctionValue) -> bool:
    body = interpreter.read(function.facts).body
    return body is not None and (
        may_make(body, interpreter.library.words, interpreter.leads)
        or any(_makes_by_name(interpreter, name, function) for name in sorted(_called_names(body)))
    )


def has_makers(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether a method of `cls` may make a class or a table."""
    return any(
        isinstance(value, FunctionValue) and makes(interpreter, value)
        for value in cls.attrs.values()
    )


def changes(interpreter: Interpreter, function: FunctionValue) -> bool:
    """Whether a call of `function` may change what others see: a global name, an attribute, an item."""
    key = id(function.facts)
    if key not in interpreter.changers:
        body = interpreter.read(function.facts).body or ()
        interpreter.changers[key] = any(_is_change(node) for node in ir.walk(body))
    return interpreter.changers[key]


def _is_change(node: object) -> bool:
    if isinstance(node, ir.Assign):
        return not all(isinstance(target, ir.Name) for target in node.targets)
    if isinstance(node, ir.Call):
        return isinstance(node.func, ir.Attribute) and node.func.name in MUTATORS
    return isinstance(node, ir.Global)


def _makes_by_name(interpreter: Interpreter, name: str, caller: FunctionValue) -> bool:
    scope = interpreter.scopes.get(caller.scope.module.module)
    value = scope.names.get(name) if scope else None
    if isinstance(value, FunctionValue):
        return makes(interpreter, value)
    if isinstance(value, External):  # `from sqlalchemy import Table as T`
        return value.name in interpreter.library.words.makers
    return isinstance(value, ImportedName) and name in interpreter.leads
