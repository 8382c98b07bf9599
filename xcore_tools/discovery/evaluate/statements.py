"""Statements followed in order, as Python would run them, over values instead of objects.

Where a condition is not known, both arms are followed and a name bound in one of them may have either
value. At module level and in class bodies both arms always count, for what decides there is the
environment; only `TYPE_CHECKING`, `__name__ == "__main__"` and literals are decided.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.assignment import assign, bind, delete, forget, mark_unknown
from xcore_tools.discovery.evaluate.conditions import decided, is_type_checking
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.definitions import (
    begin_class,
    decorated,
    entered,
    function_value,
)
from xcore_tools.discovery.evaluate.effects import MUTATORS, changes, may_make
from xcore_tools.discovery.evaluate.errors import LimitReachedError
from xcore_tools.discovery.evaluate.imports import (
    imported,
    module_value,
    source_module,
    top_level_value,
)
from xcore_tools.discovery.evaluate.operators import MAX_ITEMS, each, truth_of
from xcore_tools.discovery.evaluate.relevance import matters
from xcore_tools.discovery.evaluate.values import (
    TYPE_ALIAS,
    FunctionValue,
    LambdaValue,
    LibraryObject,
    Lost,
    Scope,
    Thunk,
    Unknown,
    Value,
    Version,
)
from xcore_tools.discovery.evaluate.versions import version_of

_NEXT, _RETURN, _JUMP, _BREAK = range(4)
"""How a block was left: at its end, by return, by raise or continue, by break."""


_MAX_ROUNDS = 300
"""Of a `while` loop."""


def execute(interpreter: Interpreter, block: ir.Block, scope: Scope) -> int:
    """Follows the statements of `block`; says how it was left: at its end, by return, or by a jump."""
    for statement in block:
        interpreter.use_fuel()
        flow = _RULES[type(statement)](interpreter, statement, scope)
        if flow:
            return flow
    return _NEXT


def _import(interpreter: Interpreter, statement: ir.Import, scope: Scope) -> int:
    if statement.alias:
        bind(scope, statement.alias, module_value(interpreter, statement.name, scope.module))
    else:
        top = statement.name.partition(".")[0]
        bind(scope, top, top_level_value(interpreter, statement.name, scope.module))
    return _NEXT


def _import_from(interpreter: Interpreter, statement: ir.ImportFrom, scope: Scope) -> int:
    source = source_module(interpreter, statement, scope.module)
    for name, alias in statement.names:
        if name == "*":
            scope.stars.append(source)
        else:
            bind(scope, alias, imported(interpreter, source, name, scope.module))
    return _NEXT


def _assign(interpreter: Interpreter, statement: ir.Assign, scope: Scope) -> int:
    if (
        statement.annotation is not None
        and scope.cls is not None
        and isinstance(statement.targets[0], ir.Name)
    ):
        scope.cls.annotations[statement.targets[0].id] = statement.annotation
    if statement.value is None:
        return _NEXT
    _note_loose(interpreter, statement.value, scope)
    value = interpreter.lazily(statement.value, scope)
    if isinstance(value, Thunk):
        if (
            interpreter.is_strict
            or _refers_to_target(statement)
            or _is_directive(interpreter, statement, scope)
        ):
            value = interpreter.force(value)
        else:
            interpreter.pending.append(value)
    for target in statement.targets:
        assign(interpreter, target, value, scope)
    return _NEXT


def _refers_to_target(statement: ir.Assign) -> bool:
    """Whether a name is bound to something made of its old value, which is lost afterwards."""
    names = {getattr(target, "name", getattr(target, "id", None)) for target in statement.targets}
    return any(
        getattr(node, "name", getattr(node, "id", None)) in names
        for node in ir.walk(statement.value)
    )


def _is_directive(interpreter: Interpreter, statement: ir.Assign, scope: Scope) -> bool:
    target = statement.targets[0]
    if scope.kind != "class" or not isinstance(target, ir.Name):
        return False
    return target.id in interpreter.library.words.directives


def _delete(interpreter: Interpreter, statement: ir.Delete, scope: Scope) -> int:
    for target in statement.targets:
        delete(interpreter, target, scope)
    return _NEXT


def _note_loose(interpreter: Interpreter, expr: ir.Expr, scope: Scope) -> None:
    """Keeps what seems to be `Index("name", User.name)`: who asks for columns looks at it."""
    if scope.kind == "module" and not scope.uncertain and isinstance(expr, ir.Call):
        name = getattr(expr.func, "name", getattr(expr.func, "id", None))
        if name in interpreter.library.words.loose:
            interpreter.loose.append((expr, scope))


def _expression(interpreter: Interpreter, statement: ir.Expression, scope: Scope) -> int:
    _note_loose(interpreter, statement.value, scope)
    value = interpreter.lazily(statement.value, scope)
    if isinstance(value, Thunk):
        if _has_effect(interpreter, statement.value, scope):
            interpreter.force(value)
        else:
            interpreter.pending.append(value)
    return _NEXT


def _has_effect(interpreter: Interpreter, expr: ir.Expr, scope: Scope) -> bool:
    """Whether a call that stands alone calls a function of the project that changes what others see."""
    if not isinstance(expr, ir.Call):
        return False
    callee = interpreter.lazily(expr.func, scope)
    if isinstance(callee, Thunk) and scope.kind == "function":  # `found().append(…)`
        return isinstance(expr.func, ir.Attribute) and expr.func.name in MUTATORS
    return isinstance(callee, FunctionValue) and changes(interpreter, callee)


def _function(interpreter: Interpreter, statement: ir.FunctionDef, scope: Scope) -> int:
    bind(scope, statement.name, function_value(interpreter, statement, scope))
    return _NEXT


def _class(interpreter: Interpreter, statement: ir.ClassDef, scope: Scope) -> int:
    cls, body = begin_class(interpreter, statement, scope)
    try:
        _class_body(interpreter, statement.body, body)
    except LimitReachedError:
        mark_unknown(statement.body, body)
        bind(scope, statement.name, cls)
        raise
    bind(scope, statement.name, decorated(interpreter, cls, statement, scope))
    return _NEXT


def _class_body(interpreter: Interpreter, block: ir.Block, scope: Scope) -> None:
    """A statement that cannot be followed to its end does not take its class along, nor the other way."""
    if scope.call_site is not None or scope.in_loop:
        execute(interpreter, block, scope)
        return
    for number in interpreter.fuel.parts(len(block)):
        if interpreter.follow(block[number], scope):
            break


def _if(interpreter: Interpreter, statement: ir.If, scope: Scope) -> int:
    _bind_walrus(interpreter, statement.test, scope)
    truth = decided(interpreter, statement.test, scope)
    if truth is not None:
        if not truth and is_type_checking(statement.test):
            _note_typing_imports(interpreter, statement.body, scope)
        return execute(interpreter, statement.body if truth else statement.orelse, scope)
    with _uncertain(scope):
        flows = {
            execute(interpreter, statement.body, scope),
            execute(interpreter, statement.orelse, scope),
        }
    return flows.pop() if len(flows) == 1 else _NEXT


@contextmanager
def _uncertain(scope: Scope) -> Iterator[None]:
    """Inside, what is bound may also not be bound."""
    scope.uncertain += 1
    try:
        yield
    finally:
        scope.uncertain -= 1


def _bind_walrus(interpreter: Interpreter, test: ir.Expr, scope: Scope) -> None:
    for node in ir.walk(test):
        if isinstance(node, ir.Named):
            interpreter.lazily(node, scope)


def _note_typing_imports(interpreter: Interpreter, block: ir.Block, scope: Scope) -> None:
    """Imports for type checkers bind nothing, but say where a module's `__getattr__` leads."""
    for statement in block:
        if isinstance(statement, ir.ImportFrom):
            source = source_module(interpreter, statement, scope.module)
            for name, alias in statement.names:
                if name != "*":
                    scope.typing_names[alias] = imported(interpreter, source, name, scope.module)


def _for(interpreter: Interpreter, statement: ir.For, scope: Scope) -> int:
    iterable = interpreter.lazily(statement.iterable, scope)
    if scope.kind == "module" and not matters(interpreter, statement, scope):
        iterable = Unknown("what a loop goes through that matters to nothing")
    iterable = interpreter.force(iterable)
    items = each(iterable)
    if items is None:
        if isinstance(iterable, _COLLECTIONS) and may_make(
            statement.body, interpreter.library.words
        ):
            line = ir.line_of(statement)
            interpreter.report_loss(
                scope.module.module, line, "a loop over more items than are followed"
            )
        with _uncertain(scope):
            assign(interpreter, statement.target, Unknown("a loop variable"), scope)
            execute(interpreter, statement.body, scope)
            execute(interpreter, statement.orelse, scope)
        forget(statement.body, scope)
        return _NEXT
    scope.in_loop += 1
    flow = _NEXT
    for item in _living(iterable, items):
        assign(interpreter, statement.target, item, scope)
        flow = execute(interpreter, statement.body, scope)
        if flow in {_RETURN, _BREAK}:
            break
    scope.in_loop -= 1
    return _left_loop(interpreter, flow, statement.orelse, scope)


_COLLECTIONS = (str, tuple, list, dict, set, frozenset)


def _living(iterable: Value, items: list[Value]) -> Iterator[Value]:
    """The items of a loop; those too that its body adds to the list it goes through."""
    if not isinstance(iterable, list):
        yield from items
        return
    for position in range(MAX_ITEMS):
        if position >= len(iterable):
            return
        yield iterable[position]
    if len(iterable) > MAX_ITEMS:
        iterable[:] = [Lost("a list that grows while it is gone through")]


def _left_loop(interpreter: Interpreter, flow: int, orelse: ir.Block, scope: Scope) -> int:
    """What comes after a loop whose rounds are known: its `else`, unless it was left by break or return."""
    if flow in {_RETURN, _BREAK}:
        return flow if flow == _RETURN else _NEXT
    return execute(interpreter, orelse, scope)


def _with(interpreter: Interpreter, statement: ir.With, scope: Scope) -> int:
    for item, target in statement.items:
        value = interpreter.lazily(item, scope)
        if target is not None:
            value = entered(interpreter, value)
            assign(interpreter, target, value, scope)
    return execute(interpreter, statement.body, scope)


def _try(interpreter: Interpreter, statement: ir.Try, scope: Scope) -> int:
    flow = execute(interpreter, statement.body, scope)
    with _uncertain(scope):
        for handler in statement.handlers:
            execute(interpreter, handler, scope)
    if not flow:
        flow = execute(interpreter, statement.orelse, scope)
    left = execute(interpreter, statement.final, scope) or flow
    return _NEXT if left == _JUMP and not scope.in_loop else left


def _while(interpreter: Interpreter, statement: ir.While, scope: Scope) -> int:
    _bind_walrus(interpreter, statement.test, scope)
    if scope.kind == "function":
        for _ in range(_MAX_ROUNDS):
            truth = truth_of(interpreter.force(interpreter.lazily(statement.test, scope)))
            if truth is False:
                return execute(interpreter, statement.orelse, scope)
            if truth is None:
                break
            flow = execute(interpreter, statement.body, scope)
            if flow in {_RETURN, _BREAK}:
                return flow if flow == _RETURN else _NEXT
    with _uncertain(scope):
        execute(interpreter, statement.body, scope)
        execute(interpreter, statement.orelse, scope)
    forget(statement.body, scope)
    return _NEXT


def _branches(interpreter: Interpreter, statement: ir.Branches, scope: Scope) -> int:
    with _uncertain(scope):
        for block in statement.blocks:
            execute(interpreter, block, scope)
    return _NEXT


def _global(interpreter: Interpreter, statement: ir.Global, scope: Scope) -> int:
    interpreter.memo.changed()  # names of others will be bound
    names = scope.global_names if statement.kind == "global" else scope.outer_names
    names.update(statement.names)
    return _NEXT


def _return(interpreter: Interpreter, statement: ir.Return, scope: Scope) -> int:
    scope.returned.append(interpreter.lazily(statement.value, scope) if statement.value else None)
    return _RETURN


def _type_alias(interpreter: Interpreter, statement: ir.TypeAlias, scope: Scope) -> int:
    """What the name stands for is worked out when somebody asks, with all that the module binds by then."""
    latest = Version(version_of(interpreter.versions, scope).module, sys.maxsize)
    value: Value = Thunk(statement.value, scope, latest)
    if statement.params:
        given = {each.name: each.default for each in statement.params if each.default is not None}
        defaults: dict[str, Value] = {
            name: Thunk(default, scope, latest) for name, default in given.items()
        }
        value = LambdaValue(ir.Lambda(statement.params, statement.value), scope, defaults)
    alias = LibraryObject(TYPE_ALIAS, (statement.name, value), {}, statement.line)
    bind(scope, statement.name, alias)
    return _NEXT


def _unsupported(interpreter: Interpreter, statement: ir.Unsupported, scope: Scope) -> int:
    what = f"a statement of a kind that is not read ({statement.what})"
    interpreter.report_loss(scope.module.module, statement.line, what)
    return _NEXT


def _jump(interpreter: Interpreter, statement: ir.Jump, scope: Scope) -> int:
    return _BREAK if statement.kind == "break" else _JUMP


_RULES: dict[type, Callable[[Interpreter, Any, Scope], int]] = {
    ir.Import: _import,
    ir.ImportFrom: _import_from,
    ir.Assign: _assign,
    ir.Delete: _delete,
    ir.Expression: _expression,
    ir.FunctionDef: _function,
    ir.ClassDef: _class,
    ir.If: _if,
    ir.For: _for,
    ir.With: _with,
    ir.Try: _try,
    ir.While: _while,
    ir.Branches: _branches,
    ir.Global: _global,
    ir.Return: _return,
    ir.Jump: _jump,
    ir.TypeAlias: _type_alias,
    ir.Unsupported: _unsupported,
}
