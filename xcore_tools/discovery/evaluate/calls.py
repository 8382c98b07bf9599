"""Calls of functions and lambdas of the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.effects import makes
from xcore_tools.discovery.evaluate.errors import NotReadyError
from xcore_tools.discovery.evaluate.expressions import evaluate
from xcore_tools.discovery.evaluate.memo import key_of
from xcore_tools.discovery.evaluate.statements import execute
from xcore_tools.discovery.evaluate.values import (
    FunctionValue,
    Generated,
    LambdaValue,
    Partial,
    Scope,
    Site,
    Unknown,
    Value,
    union_of,
)
from xcore_tools.discovery.evaluate.versions import at

_MAX_DEPTH = 25


def call_function(
    interpreter: Interpreter,
    function: FunctionValue,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    site: Site | None,
) -> Value:
    """What a call of `function` returns.

    Raises:
        NotReadyError: the interpreter is not strict, and the call makes no class and no table.
    """
    if not interpreter.is_strict and not makes(interpreter, function):
        raise NotReadyError  # who needs the result asks in strict mode
    facts = interpreter.read(function.facts)
    interpreter.followed.add(id(function.facts))
    if facts.body is None:
        return Unknown(f"the function {facts.name} has no body that can be read")
    wrapped = _decorated(interpreter, function) if facts.decorators else None
    if function.is_bound:
        args = (function.receiver, *args)
    if wrapped is not None:
        with interpreter.strict():
            return interpreter.call(wrapped, args, keywords, site)
    if interpreter.depth >= _MAX_DEPTH:
        interpreter.memo.cut_off += 1
        return Unknown(f"the function {facts.name} is called too deeply to follow")
    work = partial(_run, interpreter, function, facts, args, keywords, site)
    if not interpreter.is_strict or makes(interpreter, function):
        return work()
    return _remembered(interpreter, function, args, keywords, work)


def _run(
    interpreter: Interpreter,
    function: FunctionValue,
    facts: ir.FunctionDef,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    site: Site | None,
) -> Value:
    """The body of a function followed with these arguments."""
    body = facts.body or ()
    module, parent = function.scope.module, function.scope
    inner = Scope(module, "function", {}, parent, function.qualname, call_site=site)
    inner.params = frozenset(param.name for param in facts.params)
    _bind_params(facts.params, args, keywords, inner, partial(_default, interpreter, function))
    interpreter.depth += 1
    flow = execute(interpreter, body, inner)
    interpreter.depth -= 1
    if inner.yielded or _is_generator(function.facts, body):
        return Generated(inner.yielded)
    returned = inner.returned if flow else [*inner.returned, None]
    return interpreter.resolve(union_of(returned)) if returned else None


def _remembered(
    interpreter: Interpreter,
    function: FunctionValue | LambdaValue,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    work: Callable[[], Value],
) -> Value:
    """What `work`, a call of `function`, gives; not worked out again for equal arguments."""
    memo = interpreter.memo
    key = (
        id(function.facts),
        id(function.scope),
        interpreter.is_describing,
        tuple((id(scope), version) for scope, version in interpreter.versions.items()),
        key_of(args),
        tuple((name, key_of(value)) for name, value in keywords.items()),
    )
    known = memo.find(key, interpreter.depth)
    if known:
        return known[0]
    if memo.is_repeated(key):
        return Unknown("a function that calls itself with the same arguments")
    marks = (memo.doubts, memo.cut_off, interpreter.depth)
    made = (len(interpreter.classes), len(interpreter.tables))
    with memo.frame(key) as frame:
        value = work()
        if made == (len(interpreter.classes), len(interpreter.tables)):
            given = (function, *args, *keywords.values())
            memo.keep(key, frame, value, marks, given)
    return value


def _is_generator(facts: ir.FunctionDef, body: ir.Block) -> bool:
    if facts.unread is not None and "yield" not in facts.unread.text:
        return False
    return any(isinstance(node, ir.Yield) for node in ir.walk(body))


def _decorated(interpreter: Interpreter, function: FunctionValue) -> Value:
    """What decorators of the project make of a function; None where there are none that can be followed."""
    if function.is_plain:
        return None
    key = (id(function.facts), id(function.scope))
    if key in interpreter.wrapped:
        return interpreter.wrapped[key][0]
    doubts = interpreter.memo.doubts
    plain = replace(function, is_plain=True, receiver=None, is_bound=False)
    value: Value = plain
    for decorator in reversed(function.facts.decorators):
        callee = interpreter.force(interpreter.lazily(decorator, function.scope))
        if isinstance(callee, FunctionValue | LambdaValue | Partial):
            site = Site(function.scope, function.facts.line)
            result = interpreter.try_value(partial(interpreter.call, callee, (value,), {}, site))
            value = result if isinstance(result, FunctionValue | LambdaValue | Partial) else value
    found = None if value is plain else value
    if interpreter.memo.doubts == doubts:
        interpreter.wrapped[key] = (found, function)
    return found


def call_lambda(
    interpreter: Interpreter,
    function: LambdaValue,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    site: Site | None = None,
) -> Value:
    """What a call of a lambda returns."""
    inner = Scope(function.scope.module, "function", {}, function.scope, "<lambda>")
    _bind_params(
        function.facts.params, args, keywords, inner, lambda name, _: function.defaults[name]
    )
    work = partial(evaluate, interpreter, function.facts.body, inner)
    if not interpreter.is_strict:
        return work()
    return _remembered(interpreter, function, args, keywords, work)


def call_partial(
    interpreter: Interpreter,
    callee: Partial,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    site: Site | None,
) -> Value:
    """What a call of a callable returns that has some of its arguments already."""
    args, keywords = (*callee.args, *args), {**callee.keywords, **keywords}
    return interpreter.call(callee.callee, args, keywords, site)


def _default(
    interpreter: Interpreter, function: FunctionValue, name: str, default: ir.Expr
) -> Value:
    """The default of a parameter: made once, when the function was defined."""
    if name not in function.defaults:
        with at(interpreter.versions, function.version):
            function.defaults[name] = interpreter.lazily(default, function.scope)
    return function.defaults[name]


def _bind_params(
    params: tuple[ir.Param, ...],
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    scope: Scope,
    default: Callable[[str, ir.Expr], Value],
) -> None:
    left, named = list(args), dict(keywords)
    for param in params:
        if param.kind == "star":
            scope.names[param.name] = tuple(left)
            left = []
        elif param.kind == "double":
            scope.names[param.name] = named
        elif param.kind == "plain" and left:
            scope.names[param.name] = left.pop(0)
        elif param.name in named:
            scope.names[param.name] = named.pop(param.name)
        elif param.default is not None:
            scope.names[param.name] = default(param.name, param.default)
        else:
            scope.names[param.name] = Unknown(f"the argument {param.name} is not known")
