"""Calls of functions and lambdas of the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.effects import makes
from xcore_tools.discovery.evaluate.errors import NotReadyError
from xcore_tools.discovery.evaluate.expressions import evaluate
from xcore_tools.discovery.evaluate.statements import execute
from xcore_tools.discovery.evaluate.values import (
    Frame,
    FunctionValue,
    Generated,
    LambdaValue,
    Partial,
    Site,
    Unknown,
    Value,
    choice_of,
)
from xcore_tools.discovery.evaluate.versions import at

if TYPE_CHECKING:
    from xcore_tools.discovery.link.interpreter import Machine

_MAX_DEPTH = 25


def call_function(
    machine: Machine,
    function: FunctionValue,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    site: Site | None,
) -> Value:
    """What a call of `function` returns.

    Raises:
        NotReadyError: nobody insists, and the call makes no class and no table.
    """
    if not machine.is_demanding and not makes(machine, function):
        raise NotReadyError  # whoever needs the result will insist
    facts = machine.read(function.facts)
    if facts.body is None:
        return Unknown(f"the function {facts.name} has no body that can be read")
    wrapped = _decorated(machine, function) if facts.decorators else None
    if function.is_bound:
        args = (function.receiver, *args)
    if wrapped is not None:
        with machine.demand():
            return machine.call(wrapped, args, keywords, site)
    if machine.depth >= _MAX_DEPTH:
        return Unknown(f"the function {facts.name} is called too deeply to follow")
    module, parent = function.frame.module, function.frame
    inner = Frame(module, "function", {}, parent, function.qualname, call_site=site)
    inner.params = frozenset(param.name for param in facts.params)
    _bind_params(facts.params, args, keywords, inner, partial(_default, machine, function))
    machine.depth += 1
    flow = execute(machine, facts.body, inner)
    machine.depth -= 1
    if inner.yielded or _is_generator(function.facts, facts.body):
        return Generated(inner.yielded)
    returned = inner.returned if flow else [*inner.returned, None]
    return machine.resolve(choice_of(returned)) if returned else None


def _is_generator(facts: ir.FunctionDef, body: ir.Block) -> bool:
    if facts.unread is not None and "yield" not in facts.unread.text:
        return False
    return any(isinstance(node, ir.Yield) for node in ir.walk(body))


def _decorated(machine: Machine, function: FunctionValue) -> Value:
    """What decorators of the project make of a function; None where there are none that can be followed."""
    if function.is_plain:
        return None
    plain = replace(function, is_plain=True, receiver=None, is_bound=False)
    value: Value = plain
    for decorator in reversed(function.facts.decorators):
        callee = machine.known(machine.tentative(decorator, function.frame))
        if isinstance(callee, FunctionValue | LambdaValue | Partial):
            site = Site(function.frame, function.facts.line)
            result = machine.attempt(partial(machine.call, callee, (value,), {}, site))
            value = result if isinstance(result, FunctionValue | LambdaValue | Partial) else value
    return None if value is plain else value


def call_lambda(
    machine: Machine, function: LambdaValue, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    """What a call of a lambda returns."""
    inner = Frame(function.frame.module, "function", {}, function.frame, "<lambda>")
    _bind_params(
        function.facts.params, args, keywords, inner, lambda name, _: function.defaults[name]
    )
    return evaluate(machine, function.facts.body, inner)


def _default(machine: Machine, function: FunctionValue, name: str, default: ir.Expr) -> Value:
    """The default of a parameter: made once, when the function was defined."""
    if name not in function.defaults:
        with at(machine, function.moment):
            function.defaults[name] = machine.tentative(default, function.frame)
    return function.defaults[name]


def _bind_params(
    params: tuple[ir.Param, ...],
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    default: Callable[[str, ir.Expr], Value],
) -> None:
    left, named = list(args), dict(keywords)
    for param in params:
        if param.kind == "star":
            frame.names[param.name] = tuple(left)
            left = []
        elif param.kind == "double":
            frame.names[param.name] = named
        elif param.kind == "plain" and left:
            frame.names[param.name] = left.pop(0)
        elif param.name in named:
            frame.names[param.name] = named.pop(param.name)
        elif param.default is not None:
            frame.names[param.name] = default(param.name, param.default)
        else:
            frame.names[param.name] = Unknown(f"the argument {param.name} is not known")
