"""What function and class statements make, and what decorators make of a class."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.classes import bind, find
from xcore_tools.discovery.evaluate.operators import iterate
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    Deferred,
    External,
    Frame,
    FunctionValue,
    Instance,
    LambdaValue,
    ModuleValue,
    Site,
    Unknown,
    Value,
)
from xcore_tools.discovery.evaluate.versions import moment_of

if TYPE_CHECKING:
    from xcore_tools.discovery.link.interpreter import Machine


def function_value(machine: Machine, statement: ir.FunctionDef, frame: Frame) -> Value:
    """What a function statement binds; `@name.setter` and its kin keep the property they belong to."""
    moment = moment_of(machine, frame)
    value = FunctionValue(statement, frame, _qualname(frame, statement.name), moment)
    if frame.kind == "class" and _is_setter(statement):
        return frame.names.get(statement.name, value)
    return value


def _is_setter(statement: ir.FunctionDef) -> bool:
    return any(isinstance(d, ir.Attribute) and d.name in _SETTERS for d in statement.decorators)


_SETTERS = frozenset({"setter", "deleter", "expression", "comparator"})


def begin_class(machine: Machine, statement: ir.ClassDef, frame: Frame) -> tuple[ClassValue, Frame]:
    """The class that a statement makes, known to the machine, and the scope for its body."""
    cls = ClassValue(
        statement.name,
        _qualname(frame, statement.name),
        frame.module.module,
        statement.line,
        tuple(_bases(machine, statement.bases, frame)),
        {k.name or "**": machine.tentative(k.value, frame) for k in statement.keywords},
        is_conditional=bool(frame.uncertain),
        frame=frame,
        moment=moment_of(machine, frame),
    )
    machine.classes.append(cls)
    body = Frame(
        frame.module, "class", cls.attrs, frame, cls.qualname, cls, call_site=frame.call_site
    )
    body.in_loop = frame.in_loop
    return cls, body


def _bases(machine: Machine, exprs: tuple[ir.Expr, ...], frame: Frame) -> list[Value]:
    found: list[Value] = []
    for expr in exprs:
        if isinstance(expr, ir.Starred):
            found += iterate(machine.tentative(expr.value, frame)) or []
        else:
            value = machine.tentative(expr, frame)
            # No class: a package not at hand may bind the name of a submodule to one.
            moment = moment_of(machine, frame)
            later = isinstance(value, ModuleValue)
            found.append(Deferred(expr, frame, moment) if later else value)
    return found


def decorated(
    machine: Machine, cls: ClassValue, statement: ir.ClassDef, frame: Frame
) -> ClassValue:
    """What the decorators make of a class; the class itself unless another class comes back."""
    for decorator in reversed(statement.decorators):
        callee = machine.tentative(decorator, frame)
        if isinstance(callee, Deferred | Unknown):
            continue
        cls.is_record = cls.is_record or _is_dataclass(callee)
        site = Site(frame, statement.line)
        if isinstance(callee, FunctionValue | LambdaValue):  # runs here and now, whatever it does
            result = machine.attempt(partial(machine.call, callee, (cls,), {}, site))
        else:
            result = machine.try_call(callee, (cls,), site)
        cls = result if isinstance(result, ClassValue) else cls
    return cls


def _is_dataclass(decorator: Value) -> bool:
    path = decorator.path if isinstance(decorator, External) else getattr(decorator, "callee", "")
    return path == "dataclasses.dataclass"


def entered(machine: Machine, value: Value) -> Value:
    """What `with value as target` binds: what `__enter__` of a class of the project returns."""
    if not isinstance(value, Instance):
        return Unknown("what a context manager gives")
    found = find(machine, value.cls, "__enter__")
    if found is None:
        return Unknown("what a context manager gives")
    method = bind(machine, machine.known(found[1]), value)
    return machine.attempt(partial(machine.call, method, (), {}))


def _qualname(frame: Frame, name: str) -> str:
    if not frame.qualname:
        return name
    between = ".<locals>." if frame.kind == "function" else "."
    return f"{frame.qualname}{between}{name}"
