"""Statements followed in order, as Python would run them, over values instead of objects.

Where a condition is not known, both arms are followed and a name bound in one of them may have either
value. At module level and in class bodies both arms always count, for what decides there is the
environment; only `TYPE_CHECKING`, `__name__ == "__main__"` and literals are decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.assignment import assign, bind, delete, forget, lose
from xcore_tools.discovery.evaluate.conditions import decided, is_type_checking
from xcore_tools.discovery.evaluate.definitions import (
    begin_class,
    decorated,
    entered,
    function_value,
)
from xcore_tools.discovery.evaluate.effects import changes, may_make
from xcore_tools.discovery.evaluate.errors import LimitReachedError
from xcore_tools.discovery.evaluate.imports import (
    imported,
    module_value,
    source_module,
    top_level_value,
)
from xcore_tools.discovery.evaluate.operators import MAX_ITEMS, each, truth_of
from xcore_tools.discovery.evaluate.values import Deferred, Frame, FunctionValue, Unknown, Value

if TYPE_CHECKING:
    from xcore_tools.discovery.link.interpreter import Machine

_NEXT, _RETURN, _JUMP, _BREAK = range(4)
"""How a block was left: at its end, by return, by raise or continue, by break."""


_MAX_ROUNDS = 300
"""Of a `while` loop."""
_DIRECTIVES = frozenset(
    {"__tablename__", "__table_args__", "__table__", "__abstract__", "__bind_key__"}
)


def execute(machine: Machine, block: ir.Block, frame: Frame) -> int:
    """Follows the statements of `block`; says how it was left: at its end, by return, or by a jump."""
    for statement in block:
        machine.spend()
        flow = _RULES[type(statement)](machine, statement, frame)
        if flow:
            return flow
    return _NEXT


def _import(machine: Machine, statement: ir.Import, frame: Frame) -> int:
    if statement.alias:
        bind(frame, statement.alias, module_value(machine, statement.name, frame.module))
    else:
        top = statement.name.partition(".")[0]
        bind(frame, top, top_level_value(machine, statement.name, frame.module))
    return _NEXT


def _import_from(machine: Machine, statement: ir.ImportFrom, frame: Frame) -> int:
    source = source_module(machine, statement, frame.module)
    for name, alias in statement.names:
        if name == "*":
            frame.stars.append(source)
        else:
            bind(frame, alias, imported(machine, source, name, frame.module))
    return _NEXT


def _assign(machine: Machine, statement: ir.Assign, frame: Frame) -> int:
    if (
        statement.annotation is not None
        and frame.cls is not None
        and isinstance(statement.targets[0], ir.Name)
    ):
        frame.cls.annotations[statement.targets[0].id] = statement.annotation
    if statement.value is None:
        return _NEXT
    _note_loose(machine, statement.value, frame)
    value = machine.tentative(statement.value, frame)
    if isinstance(value, Deferred):
        if machine.is_demanding or _refers_to_target(statement) or _is_directive(statement, frame):
            value = machine.known(value)
        else:
            machine.pending.append(value)
    for target in statement.targets:
        assign(machine, target, value, frame)
    return _NEXT


def _refers_to_target(statement: ir.Assign) -> bool:
    """Whether a name is bound to something made of its old value, which is lost afterwards."""
    names = {getattr(target, "name", getattr(target, "id", None)) for target in statement.targets}
    return any(
        getattr(node, "name", getattr(node, "id", None)) in names
        for node in ir.walk(statement.value)
    )


def _is_directive(statement: ir.Assign, frame: Frame) -> bool:
    target = statement.targets[0]
    return frame.kind == "class" and isinstance(target, ir.Name) and target.id in _DIRECTIVES


def _delete(machine: Machine, statement: ir.Delete, frame: Frame) -> int:
    for target in statement.targets:
        delete(machine, target, frame)
    return _NEXT


def _note_loose(machine: Machine, expr: ir.Expr, frame: Frame) -> None:
    """Keeps what seems to be `Index("name", User.name)`: who asks for columns looks at it."""
    if frame.kind == "module" and not frame.uncertain and isinstance(expr, ir.Call):
        name = getattr(expr.func, "name", getattr(expr.func, "id", None))
        if name in _LOOSE:
            machine.loose.append((expr, frame))


_LOOSE = frozenset({"Index", "UniqueConstraint", "ForeignKeyConstraint"})
"""What finds its table by the columns that it is given."""


def _expression(machine: Machine, statement: ir.Expression, frame: Frame) -> int:
    _note_loose(machine, statement.value, frame)
    value = machine.tentative(statement.value, frame)
    if isinstance(value, Deferred):
        if _has_effect(machine, statement.value, frame):
            machine.known(value)
        else:
            machine.pending.append(value)
    return _NEXT


def _has_effect(machine: Machine, expr: ir.Expr, frame: Frame) -> bool:
    """Whether a call that stands alone calls a function of the project that changes what others see."""
    callee = machine.tentative(expr.func, frame) if isinstance(expr, ir.Call) else None
    return isinstance(callee, FunctionValue) and changes(machine, callee)


def _function(machine: Machine, statement: ir.FunctionDef, frame: Frame) -> int:
    bind(frame, statement.name, function_value(machine, statement, frame))
    return _NEXT


def _class(machine: Machine, statement: ir.ClassDef, frame: Frame) -> int:
    cls, body = begin_class(machine, statement, frame)
    try:
        _class_body(machine, statement.body, body)
    except LimitReachedError:
        lose(statement.body, body)
        bind(frame, statement.name, cls)
        raise
    bind(frame, statement.name, decorated(machine, cls, statement, frame))
    return _NEXT


def _class_body(machine: Machine, block: ir.Block, frame: Frame) -> None:
    """A statement that cannot be followed to its end does not take its class along, nor the other way."""
    if frame.call_site is not None or frame.in_loop:
        execute(machine, block, frame)
        return
    for statement in block:
        if machine.follow(statement, frame):
            break


def _if(machine: Machine, statement: ir.If, frame: Frame) -> int:
    _bind_walrus(machine, statement.test, frame)
    truth = decided(machine, statement.test, frame)
    if truth is not None:
        if not truth and is_type_checking(statement.test):
            _note_typing_imports(machine, statement.body, frame)
        return execute(machine, statement.body if truth else statement.orelse, frame)
    with _uncertain(frame):
        flows = {execute(machine, statement.body, frame), execute(machine, statement.orelse, frame)}
    return flows.pop() if len(flows) == 1 else _NEXT


@contextmanager
def _uncertain(frame: Frame) -> Iterator[None]:
    """Inside, what is bound may also not be bound."""
    frame.uncertain += 1
    try:
        yield
    finally:
        frame.uncertain -= 1


def _bind_walrus(machine: Machine, test: ir.Expr, frame: Frame) -> None:
    for node in ir.walk(test):
        if isinstance(node, ir.Named):
            machine.tentative(node, frame)


def _note_typing_imports(machine: Machine, block: ir.Block, frame: Frame) -> None:
    """Imports for type checkers bind nothing, but say where a module's `__getattr__` leads."""
    for statement in block:
        if isinstance(statement, ir.ImportFrom):
            source = source_module(machine, statement, frame.module)
            for name, alias in statement.names:
                if name != "*":
                    frame.typing_names[alias] = imported(machine, source, name, frame.module)


def _for(machine: Machine, statement: ir.For, frame: Frame) -> int:
    iterable = machine.tentative(statement.iterable, frame)
    iterable = machine.known(iterable)
    items = each(iterable)
    if items is None:
        if isinstance(iterable, _COLLECTIONS) and may_make(statement.body):
            line = ir.line_of(statement)
            machine.lose(frame.module.module, line, "a loop over more items than are followed")
        with _uncertain(frame):
            assign(machine, statement.target, Unknown("a loop variable"), frame)
            execute(machine, statement.body, frame)
            execute(machine, statement.orelse, frame)
        forget(statement.body, frame)
        return _NEXT
    frame.in_loop += 1
    flow = _NEXT
    for item in _living(iterable, items):
        assign(machine, statement.target, item, frame)
        flow = execute(machine, statement.body, frame)
        if flow in {_RETURN, _BREAK}:
            break
    frame.in_loop -= 1
    return _left_loop(machine, flow, statement.orelse, frame)


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


def _left_loop(machine: Machine, flow: int, orelse: ir.Block, frame: Frame) -> int:
    """What comes after a loop whose rounds are known: its `else`, unless it was left by break or return."""
    if flow in {_RETURN, _BREAK}:
        return flow if flow == _RETURN else _NEXT
    return execute(machine, orelse, frame)


def _with(machine: Machine, statement: ir.With, frame: Frame) -> int:
    for item, target in statement.items:
        value = machine.tentative(item, frame)
        if target is not None:
            value = entered(machine, value)
            assign(machine, target, value, frame)
    return execute(machine, statement.body, frame)


def _try(machine: Machine, statement: ir.Try, frame: Frame) -> int:
    flow = execute(machine, statement.body, frame)
    with _uncertain(frame):
        for handler in statement.handlers:
            execute(machine, handler, frame)
    if not flow:
        flow = execute(machine, statement.orelse, frame)
    left = execute(machine, statement.final, frame) or flow
    return _NEXT if left == _JUMP and not frame.in_loop else left


def _while(machine: Machine, statement: ir.While, frame: Frame) -> int:
    if frame.kind == "function":
        for _ in range(_MAX_ROUNDS):
            truth = truth_of(machine.known(machine.tentative(statement.test, frame)))
            if truth is False:
                return execute(machine, statement.orelse, frame)
            if truth is None:
                break
            flow = execute(machine, statement.body, frame)
            if flow in {_RETURN, _BREAK}:
                return flow if flow == _RETURN else _NEXT
    with _uncertain(frame):
        execute(machine, statement.body, frame)
        execute(machine, statement.orelse, frame)
    forget(statement.body, frame)
    return _NEXT


def _branches(machine: Machine, statement: ir.Branches, frame: Frame) -> int:
    with _uncertain(frame):
        for block in statement.blocks:
            execute(machine, block, frame)
    return _NEXT


def _global(machine: Machine, statement: ir.Global, frame: Frame) -> int:
    names = frame.global_names if statement.kind == "global" else frame.outer_names
    names.update(statement.names)
    return _NEXT


def _return(machine: Machine, statement: ir.Return, frame: Frame) -> int:
    frame.returned.append(machine.tentative(statement.value, frame) if statement.value else None)
    return _RETURN


def _jump(machine: Machine, statement: ir.Jump, frame: Frame) -> int:
    return _BREAK if statement.kind == "break" else _JUMP


_RULES: dict[type, Callable[[Machine, Any, Frame], int]] = {
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
}
