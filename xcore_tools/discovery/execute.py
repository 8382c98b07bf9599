"""Statements followed in order, as Python would run them, over values instead of objects.

Where a condition is not known, both arms are followed and a name bound in one of them may have either
value. At module level and in class bodies both arms always count, for what decides there is the
environment; only `TYPE_CHECKING`, `__name__ == "__main__"` and literals are decided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xcore_tools.discovery import syntax as s
from xcore_tools.discovery.evaluate import iterate, truth_of
from xcore_tools.discovery.makers import may_make
from xcore_tools.discovery.values import (
    ClassValue,
    DatabaseValue,
    Deferred,
    Frame,
    FunctionValue,
    Instance,
    MetaDataValue,
    RegistryValue,
    Site,
    Unknown,
    Value,
    choice_of,
    options_of,
)

if TYPE_CHECKING:
    from xcore_tools.discovery.machine import Machine

__all__ = ["assign", "execute"]

_NEXT, _RETURN, _JUMP, _BREAK = range(4)


def execute(machine: Machine, block: s.Block, frame: Frame) -> int:
    """Follows the statements of `block`; says how it was left: at its end, by return, or by a jump."""
    for statement in block:
        machine.spend()
        flow = _RULES[type(statement)](machine, statement, frame)
        if flow:
            return flow
    return _NEXT


def _bind(frame: Frame, name: str, value: Value) -> None:
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


# -- imports -----------------------------------------------------------------------------------


def _import(machine: Machine, statement: s.Import, frame: Frame) -> int:
    if statement.alias:
        _bind(frame, statement.alias, machine.module_value(statement.name, frame.module))
    else:
        top = statement.name.partition(".")[0]
        _bind(frame, top, machine.top_level_value(statement.name, frame.module))
    return _NEXT


def _import_from(machine: Machine, statement: s.ImportFrom, frame: Frame) -> int:
    for name, alias in statement.names:
        if name == "*":
            frame.stars.append(machine.absolute(statement, frame.module))
        else:
            _bind(frame, alias, machine.imported(statement, name, frame.module))
    return _NEXT


# -- assignments -------------------------------------------------------------------------------


def _assign(machine: Machine, statement: s.Assign, frame: Frame) -> int:
    if (
        statement.annotation is not None
        and frame.cls is not None
        and isinstance(statement.targets[0], s.Name)
    ):
        frame.cls.annotations[statement.targets[0].id] = statement.annotation
    if statement.value is None:
        return _NEXT
    value = machine.tentative(statement.value, frame)
    if isinstance(value, Deferred):
        if machine.is_demanding or _refers_to_target(statement) or _is_directive(statement, frame):
            value = machine.known(value)
        else:
            machine.pending.append(value)
    for target in statement.targets:
        assign(machine, target, value, frame)
    return _NEXT


def _refers_to_target(statement: s.Assign) -> bool:
    """Whether a name is bound to something made of its old value, which is lost afterwards."""
    names = {getattr(target, "name", getattr(target, "id", None)) for target in statement.targets}
    return any(
        getattr(node, "name", getattr(node, "id", None)) in names
        for node in s.walk(statement.value)
    )


_DIRECTIVES = frozenset(
    {"__tablename__", "__table_args__", "__table__", "__abstract__", "__bind_key__"}
)


def _is_directive(statement: s.Assign, frame: Frame) -> bool:
    target = statement.targets[0]
    return frame.kind == "class" and isinstance(target, s.Name) and target.id in _DIRECTIVES


def assign(machine: Machine, target: s.Expr, value: Value, frame: Frame) -> None:
    """Binds `value` to a target: a name, an attribute of a known object, an item, several of them."""
    if isinstance(target, s.Name):
        _bind(frame, target.id, value)
    elif isinstance(target, s.Attribute):
        _assign_attribute(machine, machine.tentative(target.value, frame), target.name, value)
    elif isinstance(target, s.Subscript):
        owner = machine.tentative(target.value, frame)
        key = machine.tentative(target.index, frame)
        if isinstance(owner, dict) and isinstance(key, str | int | bool | None):
            owner[key] = value
    elif isinstance(target, s.Sequence):
        items = iterate(value)
        known = items is not None and len(items) == len(target.items)
        for position, part in enumerate(target.items):
            assign(
                machine,
                part,
                items[position] if items and known else Unknown("one of several values"),
                frame,
            )


def _assign_attribute(machine: Machine, owner: Value, name: str, value: Value) -> None:
    if isinstance(owner, ClassValue | Instance):
        owner.attrs[name] = value
        if isinstance(owner, ClassValue) and isinstance(value, MetaDataValue) and not value.home:
            value.owners.append(owner)
    elif isinstance(owner, MetaDataValue) and name == "schema":
        owner.schema = machine.known(value)
    elif isinstance(owner, RegistryValue) and name == "metadata":
        owner.metadata = machine.known(value)


def _delete(machine: Machine, statement: s.Delete, frame: Frame) -> int:
    for name in statement.names:
        frame.names.pop(name, None)
    return _NEXT


def _expression(machine: Machine, statement: s.Expression, frame: Frame) -> int:
    value = machine.tentative(statement.value, frame)
    if isinstance(value, Deferred):
        machine.pending.append(value)
    return _NEXT


# -- definitions -------------------------------------------------------------------------------


def _function(machine: Machine, statement: s.FunctionDef, frame: Frame) -> int:
    value = FunctionValue(statement, frame, _qualname(frame, statement.name))
    if frame.kind == "class" and isinstance(getter := _setter_of(statement), str):
        value = frame.names.get(getter, value)  # @name.setter keeps the property
    _bind(frame, statement.name, value)
    return _NEXT


def _setter_of(statement: s.FunctionDef) -> str | None:
    for decorator in statement.decorators:
        if isinstance(decorator, s.Attribute) and decorator.name in {
            "setter",
            "deleter",
            "expression",
            "comparator",
        }:
            return statement.name
    return None


def _class(machine: Machine, statement: s.ClassDef, frame: Frame) -> int:
    cls = ClassValue(
        statement.name,
        _qualname(frame, statement.name),
        frame.module.module,
        statement.line,
        tuple(_bases(machine, statement.bases, frame)),
        {k.name or "**": machine.tentative(k.value, frame) for k in statement.keywords},
        is_conditional=bool(frame.uncertain),
        frame=frame,
    )
    machine.classes.append(cls)
    body = Frame(
        frame.module, "class", cls.attrs, frame, cls.qualname, cls, call_site=frame.call_site
    )
    body.in_loop = frame.in_loop
    execute(machine, statement.body, body)
    value: Value = cls
    for decorator in reversed(statement.decorators):
        value = _decorated(machine, decorator, value, frame, statement.line)
    _bind(frame, statement.name, value)
    return _NEXT


def _bases(machine: Machine, exprs: tuple[s.Expr, ...], frame: Frame) -> list[Value]:
    found: list[Value] = []
    for expr in exprs:
        if isinstance(expr, s.Starred):
            found += iterate(machine.tentative(expr.value, frame)) or []
        else:
            found.append(machine.tentative(expr, frame))
    return found


def _decorated(machine: Machine, decorator: s.Expr, value: Value, frame: Frame, line: int) -> Value:
    """What a class decorator makes of the class; the class itself unless another class comes back."""
    callee = machine.tentative(decorator, frame)
    if isinstance(callee, Deferred | Unknown):
        return value
    result = machine.try_call(callee, (value,), Site(frame, line))
    return result if isinstance(result, ClassValue) else value


def _qualname(frame: Frame, name: str) -> str:
    if not frame.qualname:
        return name
    return (
        f"{frame.qualname}.<locals>.{name}"
        if frame.kind == "function"
        else f"{frame.qualname}.{name}"
    )


# -- control flow ------------------------------------------------------------------------------


def _if(machine: Machine, statement: s.If, frame: Frame) -> int:
    _bind_walrus(machine, statement.test, frame)
    truth = _decided(machine, statement.test, frame)
    if truth is not None:
        if not truth and _is_type_checking(statement.test):
            _note_typing_imports(machine, statement.body, frame)
        return execute(machine, statement.body if truth else statement.orelse, frame)
    frame.uncertain += 1
    flows = {execute(machine, statement.body, frame), execute(machine, statement.orelse, frame)}
    frame.uncertain -= 1
    return flows.pop() if len(flows) == 1 else _NEXT


def _bind_walrus(machine: Machine, test: s.Expr, frame: Frame) -> None:
    for node in s.walk(test):
        if isinstance(node, s.Named):
            machine.tentative(node, frame)


def _decided(machine: Machine, test: s.Expr, frame: Frame) -> bool | None:
    if _is_type_checking(test):
        return False
    if isinstance(test, s.Unary) and test.op == "not" and _is_type_checking(test.value):
        return True
    if isinstance(test, s.Const) or _is_main(test) or frame.kind == "function" or frame.in_loop:
        return truth_of(machine.known(machine.tentative(test, frame)))
    return None


def _is_type_checking(test: s.Expr) -> bool:
    name = (
        test.id if isinstance(test, s.Name) else test.name if isinstance(test, s.Attribute) else ""
    )
    return name == "TYPE_CHECKING"


def _is_main(test: s.Expr) -> bool:
    return isinstance(test, s.Compare) and s.Name("__name__") in (test.left, *test.rights)


def _note_typing_imports(machine: Machine, block: s.Block, frame: Frame) -> None:
    """Imports for type checkers bind nothing, but say where a module's `__getattr__` leads."""
    for statement in block:
        if isinstance(statement, s.ImportFrom):
            for name, alias in statement.names:
                if name != "*":
                    frame.typing_names[alias] = machine.imported(statement, name, frame.module)


def _for(machine: Machine, statement: s.For, frame: Frame) -> int:
    iterable = machine.tentative(statement.iterable, frame)
    if may_make(statement.body):
        iterable = machine.known(iterable)
    items = iterate(iterable)
    if items is None:
        frame.uncertain += 1
        assign(machine, statement.target, Unknown("a loop variable"), frame)
        execute(machine, statement.body, frame)
        frame.uncertain -= 1
        _forget(statement.body, frame)
        return _NEXT
    frame.in_loop += 1
    flow = _NEXT
    for item in items:
        assign(machine, statement.target, item, frame)
        flow = execute(machine, statement.body, frame)
        if flow in {_RETURN, _BREAK}:
            break
    frame.in_loop -= 1
    return flow if flow == _RETURN else _NEXT


def _with(machine: Machine, statement: s.With, frame: Frame) -> int:
    for item, target in statement.items:
        value = machine.tentative(item, frame)
        if target is not None:
            assign(
                machine,
                target,
                Unknown("what a context manager gives")
                if not isinstance(value, Instance)
                else value,
                frame,
            )
    return execute(machine, statement.body, frame)


def _try(machine: Machine, statement: s.Try, frame: Frame) -> int:
    flow = execute(machine, statement.body, frame)
    frame.uncertain += 1
    for handler in statement.handlers:
        execute(machine, handler, frame)
    frame.uncertain -= 1
    if not flow:
        flow = execute(machine, statement.orelse, frame)
    return execute(machine, statement.final, frame) or (flow if flow == _RETURN else _NEXT)


def _while(machine: Machine, statement: s.While, frame: Frame) -> int:
    if frame.kind == "function":
        for _ in range(_MAX_ROUNDS):
            truth = truth_of(machine.known(machine.tentative(statement.test, frame)))
            if truth is False:
                return _NEXT
            if truth is None:
                break
            flow = execute(machine, statement.body, frame)
            if flow in {_RETURN, _BREAK}:
                return flow if flow == _RETURN else _NEXT
    frame.uncertain += 1
    execute(machine, statement.body, frame)
    frame.uncertain -= 1
    _forget(statement.body, frame)
    return _NEXT


_MAX_ROUNDS = 300


def _forget(body: s.Block, frame: Frame) -> None:
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


def _is_data(value: Value) -> bool:
    return not isinstance(
        value, ClassValue | MetaDataValue | RegistryValue | DatabaseValue | FunctionValue
    )


def _global(machine: Machine, statement: s.Global, frame: Frame) -> int:
    frame.global_names.update(statement.names)
    return _NEXT


def _branches(machine: Machine, statement: s.Branches, frame: Frame) -> int:
    frame.uncertain += 1
    for block in statement.blocks:
        execute(machine, block, frame)
    frame.uncertain -= 1
    return _NEXT


def _return(machine: Machine, statement: s.Return, frame: Frame) -> int:
    frame.returned.append(machine.tentative(statement.value, frame) if statement.value else None)
    return _RETURN


def _jump(machine: Machine, statement: s.Jump, frame: Frame) -> int:
    return _BREAK if statement.kind == "break" else _JUMP


_RULES: dict[type, Callable[[Machine, Any, Frame], int]] = {
    s.Import: _import,
    s.ImportFrom: _import_from,
    s.Assign: _assign,
    s.Delete: _delete,
    s.Expression: _expression,
    s.FunctionDef: _function,
    s.ClassDef: _class,
    s.If: _if,
    s.For: _for,
    s.With: _with,
    s.Try: _try,
    s.While: _while,
    s.Branches: _branches,
    s.Global: _global,
    s.Return: _return,
    s.Jump: _jump,
}
