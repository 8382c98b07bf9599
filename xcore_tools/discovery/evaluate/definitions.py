"""What function and class statements make, and what decorators make of a class."""

from __future__ import annotations

from functools import partial

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.classes import bind, find
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.effects import makes
from xcore_tools.discovery.evaluate.errors import TOO_MUCH
from xcore_tools.discovery.evaluate.mro import MAX_ANCESTORS
from xcore_tools.discovery.evaluate.operators import iterate
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    ModuleValue,
    Scope,
    Site,
    Thunk,
    Unknown,
    Value,
)
from xcore_tools.discovery.evaluate.versions import version_of


def function_value(interpreter: Interpreter, statement: ir.FunctionDef, scope: Scope) -> Value:
    """What a function statement binds; `@name.setter` and its kin keep the property they belong to."""
    version = version_of(interpreter.versions, scope)
    value = FunctionValue(statement, scope, _qualname(scope, statement.name), version)
    if scope.kind == "class" and _is_setter(statement):
        return scope.names.get(statement.name, value)
    return value


def _is_setter(statement: ir.FunctionDef) -> bool:
    return any(isinstance(d, ir.Attribute) and d.name in _SETTERS for d in statement.decorators)


_SETTERS = frozenset({"setter", "deleter", "expression", "comparator"})


def begin_class(
    interpreter: Interpreter, statement: ir.ClassDef, scope: Scope
) -> tuple[ClassValue, Scope]:
    """The class that a statement makes, known to the interpreter, and the scope for its body."""
    bases = tuple(_bases(interpreter, statement.bases, scope))
    if scope.call_site is not None:  # a call may make any number of them
        interpreter.use_fuel(_CLASS + _height(bases))
    cls = ClassValue(
        statement.name,
        _qualname(scope, statement.name),
        scope.module.module,
        statement.line,
        bases,
        {k.name or "**": interpreter.lazily(k.value, scope) for k in statement.keywords},
        is_conditional=bool(scope.uncertain),
        scope=scope,
        version=version_of(interpreter.versions, scope),
    )
    interpreter.add_class(cls)
    body = Scope(
        scope.module, "class", cls.attrs, scope, cls.qualname, cls, call_site=scope.call_site
    )
    body.in_loop = scope.in_loop
    return cls, body


_CLASS = 10
"""What a class costs, against an expression of one name."""


def _height(bases: tuple[Value, ...]) -> int:
    """About how many classes stand above one with these bases: each question goes through all of them."""
    height = 0
    while height < MAX_ANCESTORS and bases and isinstance(bases[0], ClassValue):
        height += len(bases)
        bases = bases[0].bases
    return height


def _bases(interpreter: Interpreter, exprs: tuple[ir.Expr, ...], scope: Scope) -> list[Value]:
    found: list[Value] = []
    for expr in exprs:
        if isinstance(expr, ir.Starred):
            found += iterate(interpreter.lazily(expr.value, scope)) or []
        else:
            value = interpreter.lazily(expr, scope)
            # No class: a package not at hand may bind the name of a submodule to one.
            version = version_of(interpreter.versions, scope)
            later = isinstance(value, ModuleValue)
            found.append(Thunk(expr, scope, version) if later else value)
    return found


def decorated(
    interpreter: Interpreter, cls: ClassValue, statement: ir.ClassDef, scope: Scope
) -> ClassValue:
    """What the decorators make of a class; the class itself unless another class comes back."""
    for decorator in reversed(statement.decorators):
        callee = interpreter.lazily(decorator, scope)
        if isinstance(callee, Thunk | Unknown):
            continue
        cls.is_record = cls.is_record or _is_dataclass(callee)
        site = Site(scope, statement.line)
        if isinstance(callee, FunctionValue | LambdaValue):  # runs here and now, whatever it does
            result = interpreter.try_value(partial(interpreter.call, callee, (cls,), {}, site))
            if _is_lost(interpreter, callee, result):
                interpreter.report_loss(scope.module.module, statement.line, _DECORATOR)
        else:
            result = interpreter.try_call(callee, (cls,), site)
        cls = result if isinstance(result, ClassValue) else cls
    return cls


def _is_lost(interpreter: Interpreter, decorator: Value, result: Value) -> bool:
    """Whether a decorator that makes classes or tables was not followed to its end."""
    is_cut = isinstance(result, Unknown) and result.reason == TOO_MUCH
    return is_cut and isinstance(decorator, FunctionValue) and makes(interpreter, decorator)


_DECORATOR = "what a decorator makes of this class is too much work to be followed"


def _is_dataclass(decorator: Value) -> bool:
    path = decorator.path if isinstance(decorator, External) else getattr(decorator, "callee", "")
    return path == "dataclasses.dataclass"


def entered(interpreter: Interpreter, value: Value) -> Value:
    """What `with value as target` binds: what `__enter__` of a class of the project returns."""
    if not isinstance(value, Instance):
        return Unknown("what a context manager gives")
    found = find(interpreter, value.cls, "__enter__")
    if found is None:
        return Unknown("what a context manager gives")
    method = bind(interpreter, interpreter.force(found[1]), value)
    return interpreter.try_value(partial(interpreter.call, method, (), {}))


def _qualname(scope: Scope, name: str) -> str:
    if not scope.qualname:
        return name
    between = ".<locals>." if scope.kind == "function" else "."
    return f"{scope.qualname}{between}{name}"
