"""What can matter to nobody's models: it is not followed, and nothing is said where it is cut off."""

from __future__ import annotations

import re
from collections import Counter

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.effects import MUTATORS, changes, makes, may_make
from xcore_tools.discovery.evaluate.values import FunctionValue, ImportedName, Scope, Value

_DEFINING = (ir.ClassDef, ir.FunctionDef, ir.Import, ir.ImportFrom, ir.Global, ir.Delete)
_REFLECTING = frozenset({"delattr", "eval", "exec", "globals", "locals", "setattr", "vars"})
_WORD = re.compile(r"\w+")


def may_lose(interpreter: Interpreter, statement: ir.Statement, scope: Scope) -> bool:
    """Whether a class or a table may be missing where `statement` is not followed to its end."""
    if may_make((statement,), interpreter.library.words, interpreter.leads):
        return True
    return any(
        isinstance(function, FunctionValue) and makes(interpreter, function)
        for function in _called(interpreter, statement, scope)
    )


def matters(interpreter: Interpreter, loop: ir.For, scope: Scope) -> bool:
    """Whether the items of a loop of a module can matter: the loop makes or changes something with them,

    or binds names that are read elsewhere.
    """
    if may_lose(interpreter, loop, scope):
        return True
    bound = set()
    for node in ir.walk((loop.target, loop.body, loop.orelse)):
        if isinstance(node, _DEFINING) or _is_change(node):
            return True
        if isinstance(node, ir.Assign):
            bound |= _names_in(node.targets)
    if any(
        isinstance(function, FunctionValue) and changes(interpreter, function)
        for function in _called(interpreter, loop, scope)
    ):
        return True
    bound |= _names_in((loop.target,))
    return not bound.isdisjoint(interpreter.leads) or _are_read(bound, loop, scope)


def _is_change(node: object) -> bool:
    if isinstance(node, ir.Assign):
        return not all(isinstance(target, ir.Name | ir.Sequence) for target in node.targets)
    if not isinstance(node, ir.Call):
        return False
    if isinstance(node.func, ir.Name):
        return node.func.id in _REFLECTING
    return isinstance(node.func, ir.Attribute) and node.func.name in MUTATORS


def _called(interpreter: Interpreter, statement: ir.Statement, scope: Scope) -> list[Value]:
    """What the plain names that are called stand for, as far as that is at hand."""
    found = []
    for node in ir.walk(statement):
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Name):
            value = scope.names.get(node.func.id)
            if isinstance(value, ImportedName):
                there = interpreter.scopes.get(value.module)
                value = there.names.get(value.name) if there is not None else None
            found.append(value)
    return found


def _names_in(targets: tuple[ir.Expr, ...]) -> set[str]:
    return {node.id for node in ir.walk(targets) if isinstance(node, ir.Name)}


def _are_read(names: set[str], loop: ir.For, scope: Scope) -> bool:
    """Whether one of the names stands anywhere in the module outside of the loop."""
    inside = _mentions((loop,), names)
    everywhere = _mentions(scope.module.body, names)
    return any(everywhere[name] > inside[name] for name in names)


def _mentions(block: ir.Block, names: set[str]) -> Counter[str]:
    count: Counter[str] = Counter()
    for node in ir.walk(block):
        if isinstance(node, ir.Name):
            count[node.id] += 1
        elif isinstance(node, ir.Unread):
            count.update(word for word in _WORD.findall(node.text) if word in names)
    return count
