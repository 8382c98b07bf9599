"""The value of an expression in a scope, as far as it is known without running the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from xcore_tools.discovery import syntax as s
from xcore_tools.discovery.follow import text
from xcore_tools.discovery.follow.attributes import attribute_of
from xcore_tools.discovery.follow.bindings import assign, index_of, is_key
from xcore_tools.discovery.follow.classes import attribute, is_enumeration, shown
from xcore_tools.discovery.follow.lookup import lookup
from xcore_tools.discovery.follow.operators import (
    MAX_ITEMS,
    binary,
    compare,
    each,
    first_unknown,
    iterate,
    over,
    truth_of,
)
from xcore_tools.discovery.follow.values import (
    OPEN,
    BoundMethod,
    Choice,
    ClassValue,
    Display,
    External,
    Frame,
    LambdaValue,
    Made,
    Site,
    Unknown,
    Value,
    choice_of,
)

if TYPE_CHECKING:
    from xcore_tools.discovery.machine import Machine

__all__ = ["arguments_of", "evaluate"]


def evaluate(machine: Machine, expr: s.Expr, frame: Frame) -> Value:
    """The value of `expr`; Unknown with the reason where it cannot be known.

    Raises:
        NotReadyError: a name leads into a module that is not loaded, or not followed to that point yet.
    """
    machine.spend()
    rule = _RULES.get(type(expr))
    return rule(machine, expr, frame) if rule else Unknown("an expression that is not followed")


def _name(machine: Machine, expr: s.Name, frame: Frame) -> Value:
    return machine.resolve(lookup(machine, expr.id, frame))


def _attribute(machine: Machine, expr: s.Attribute, frame: Frame) -> Value:
    return attribute_of(machine, evaluate(machine, expr.value, frame), expr.name)


def _const(machine: Machine, expr: s.Const, frame: Frame) -> Value:
    return expr.value


def _call(machine: Machine, expr: s.Call, frame: Frame) -> Value:
    callee = evaluate(machine, expr.func, frame)
    if expr.unread is not None:
        if machine.may_wait(callee, expr):
            return Made(callee.path, (), {}, expr.line, (expr, frame))
        expr = machine.read(expr)
    args, keywords = arguments_of(machine, expr, frame)
    return machine.call(callee, args, keywords, Site(frame, expr.line, expr))


def arguments_of(
    machine: Machine, call: s.Call, frame: Frame
) -> tuple[tuple[Value, ...], dict[str, Value]]:
    """The arguments of a call, plain ones and keywords; "**" stands for keywords that are not known.

    Raises:
        NotReadyError: a starred one is not to be had.
    """
    args = tuple(_arguments(machine, call.args, frame))
    keywords: dict[str, Value] = {}
    for keyword in call.keywords:
        if keyword.name is not None:
            keywords[keyword.name] = machine.tentative(keyword.value, frame)
        else:
            keywords |= _spread(machine, keyword.value, frame)
    return args, keywords


def _arguments(machine: Machine, exprs: tuple[s.Expr, ...], frame: Frame) -> Iterator[Value]:
    for expr in exprs:
        if isinstance(expr, s.Starred):
            items = iterate(evaluate(machine, expr.value, frame))
            yield from [Unknown("a starred argument")] if items is None else items
        else:
            yield machine.tentative(expr, frame)


def _spread(machine: Machine, expr: s.Expr, frame: Frame) -> dict[str, Value]:
    value = evaluate(machine, expr, frame)
    if isinstance(value, dict):
        return {
            "**" if key is OPEN else key: item
            for key, item in value.items()
            if key is OPEN or isinstance(key, str)
        }
    return {"**": Unknown("keyword arguments that are not known")}


def _formatted(machine: Machine, expr: s.FormattedString, frame: Frame) -> Value:
    result: Value = ""
    for part in expr.parts:
        result = binary("+", result, evaluate(machine, part, frame))
    return result


def _format_part(machine: Machine, expr: s.FormatPart, frame: Frame) -> Value:
    value = evaluate(machine, expr.value, frame)
    spec = evaluate(machine, expr.spec, frame) if expr.spec else ""
    template = "{" + (f"!{expr.conversion}" if expr.conversion else "") + f":{spec}" + "}"
    if isinstance(spec, Unknown):
        return spec
    value = shown(machine, value)
    return over(value, lambda one: text.call_method(template, "format", [one], {}))


def _binary(machine: Machine, expr: s.Binary, frame: Frame) -> Value:
    left, right = evaluate(machine, expr.left, frame), evaluate(machine, expr.right, frame)
    if expr.op == "%" and isinstance(left, str):
        right = (
            tuple(shown(machine, item) for item in right)
            if isinstance(right, tuple)
            else shown(machine, right)
        )
    if expr.op == "|" and (left is None or right is None) and isinstance(left or right, _TYPES):
        return Made("typing.Union", (left, right), {}, 0)
    return binary(expr.op, left, right)


_TYPES = (ClassValue, External, Made)


def _unary(machine: Machine, expr: s.Unary, frame: Frame) -> Value:
    value = evaluate(machine, expr.value, frame)
    if expr.op == "not":
        truth = truth_of(value)
        return Unknown("a condition that is not known") if truth is None else not truth
    if expr.op == "-" and isinstance(value, int | float):
        return -value
    return Unknown(f"operator {expr.op} is not followed")


def _compare(machine: Machine, expr: s.Compare, frame: Frame) -> Value:
    left = evaluate(machine, expr.left, frame)
    result: Value = True
    for op, right_expr in zip(expr.ops, expr.rights, strict=True):
        right = evaluate(machine, right_expr, frame)
        result = compare(op, left, right)
        if result is not True:
            return result
        left = right
    return result


def _boolean(machine: Machine, expr: s.Boolean, frame: Frame) -> Value:
    left = evaluate(machine, expr.left, frame)
    truth = truth_of(left)
    if truth is None:
        right = evaluate(machine, expr.right, frame)
        if isinstance(left, External) and isinstance(right, str):
            left = first_unknown(left)
        return choice_of([left, right])
    return evaluate(machine, expr.right, frame) if truth == (expr.op == "and") else left


def _sequence(machine: Machine, expr: s.Sequence, frame: Frame) -> Value:
    items: list[Value] = []
    for item in expr.items:
        if isinstance(item, s.Starred):
            inner = iterate(evaluate(machine, item.value, frame))
            items += [Unknown("a starred item")] if inner is None else inner
        else:
            items.append(machine.tentative(item, frame))
    if expr.kind == "set" and text.is_plain(items) and all(is_key(item) for item in items):
        return set(items)
    return items if expr.kind == "list" else tuple(items)


def _dict(machine: Machine, expr: s.Dict, frame: Frame) -> Value:
    result = Display()
    for key_expr, value_expr in expr.items:
        if key_expr is None:
            inner = machine.resolve(evaluate(machine, value_expr, frame))
            if not isinstance(inner, dict):
                _open(result, first_unknown(inner))
            result |= inner if isinstance(inner, dict) else {}
            result.pairs += inner.pairs if isinstance(inner, Display) else []
            continue
        key = machine.resolve(machine.tentative(key_expr, frame))
        value = machine.tentative(value_expr, frame)
        result.pairs.append((key, value))
        if is_key(key):
            result[key] = value
        else:
            _open(result, first_unknown(key))
    return result


def _open(items: dict[Any, Value], unknown: Unknown) -> None:
    """Keys are added that are not known: they may replace those that are."""
    for key in items:
        items[key] = unknown
    items[OPEN] = unknown


def _subscript(machine: Machine, expr: s.Subscript, frame: Frame) -> Value:
    value = evaluate(machine, expr.value, frame)
    if isinstance(value, ClassValue | External | Made):
        return _of_class(machine, value, expr.index, frame)
    if isinstance(value, Choice):
        return choice_of(
            [o for o in value.options if isinstance(o, ClassValue | External)]
            or [Unknown("a subscript")]
        )
    if isinstance(value, BoundMethod):  # `table.c["name"]`
        index = index_of(machine, expr.index, frame)
        return (
            attribute_of(machine, value, index)
            if isinstance(index, str)
            else Unknown("a subscript")
        )
    if not isinstance(value, str | tuple | list | dict):
        return first_unknown(value)
    index = index_of(machine, expr.index, frame)
    if not (is_key(index) or isinstance(index, slice)):
        return first_unknown(index)
    if isinstance(value, dict) and index not in value and OPEN in value:
        return first_unknown(value[OPEN])
    try:
        return machine.resolve(value[index])
    except (KeyError, IndexError, TypeError, ValueError):
        return Unknown("a subscript that does not exist")


def _of_class(
    machine: Machine, value: ClassValue | External | Made, index: s.Expr, frame: Frame
) -> Value:
    """`Base[T]`: the class itself; a member of an enumeration; an alias for annotations."""
    if isinstance(value, ClassValue) and is_enumeration(machine, value):
        name = evaluate(machine, index, frame)
        return attribute(machine, value, name) if isinstance(name, str) else first_unknown(name)
    if isinstance(value, External) and value.path in _TYPING:
        items = index.items if isinstance(index, s.Sequence) else (index,)
        return Made(value.path, tuple(machine.tentative(item, frame) for item in items), {}, 0)
    return value


_TYPING = frozenset(
    f"{module}.{name}"
    for module in ("typing", "typing_extensions")
    for name in ("Annotated", "Literal", "Optional", "Union")
)
"""What has a meaning of its own with what stands in its brackets."""


def _conditional(machine: Machine, expr: s.Conditional, frame: Frame) -> Value:
    truth = truth_of(evaluate(machine, expr.test, frame))
    if truth is None:
        return choice_of(
            [evaluate(machine, expr.then, frame), evaluate(machine, expr.otherwise, frame)]
        )
    return evaluate(machine, expr.then if truth else expr.otherwise, frame)


def _lambda(machine: Machine, expr: s.Lambda, frame: Frame) -> Value:
    defaults = {
        param.name: machine.tentative(param.default, frame)
        for param in expr.params
        if param.default is not None
    }
    return LambdaValue(expr, frame, defaults)


def _comprehension(machine: Machine, expr: s.Comprehension, frame: Frame) -> Value:
    inner = Frame(frame.module, "function", {}, frame, frame.qualname, call_site=frame.call_site)
    pairs: list[tuple[Value, Value]] = []
    if not _fill(machine, expr, inner, 0, pairs):
        return Unknown("a loop over values that are not known")
    if expr.kind == "dict":
        is_known = all(is_key(key) for key, _ in pairs)
        return dict(pairs) if is_known else Unknown("a dict whose keys are not known")
    items = [value for _, value in pairs]
    if expr.kind == "set" and text.is_plain(items) and all(is_key(item) for item in items):
        return set(items)
    return items if expr.kind == "list" else tuple(items)


def _fill(
    machine: Machine,
    expr: s.Comprehension,
    frame: Frame,
    depth: int,
    pairs: list[tuple[Value, Value]],
) -> bool:
    """Appends the items of the clauses from `depth` on; False if an iterable or a condition is not known."""
    if depth == len(expr.clauses):
        key = evaluate(machine, expr.key, frame) if expr.key else None
        pairs.append((key, evaluate(machine, expr.element, frame)))
        return len(pairs) <= MAX_ITEMS
    clause = expr.clauses[depth]
    # Python evaluates the first iterable outside: in a class body, it sees the class's own names
    outside = frame.parent if depth == 0 and frame.parent is not None else frame
    value = evaluate(machine, clause.iterable, outside)
    items = each(value) if expr.kind == "set" else iterate(value)
    if items is None:
        return False
    for item in items:
        assign(machine, clause.target, item, frame)
        truths = [truth_of(evaluate(machine, condition, frame)) for condition in clause.conditions]
        if None in truths or (all(truths) and not _fill(machine, expr, frame, depth + 1, pairs)):
            return False
    return True


def _yield(machine: Machine, expr: s.Yield, frame: Frame) -> Value:
    value = evaluate(machine, expr.value, frame)
    scope = frame
    while scope.kind != "function" and scope.parent is not None:
        scope = scope.parent
    items = iterate(value) if expr.is_from else [value]
    if items is None or scope.uncertain or len(scope.yielded) >= MAX_ITEMS:
        items = [Unknown("a generator whose items are not known")]
    scope.yielded += items
    return None


def _named(machine: Machine, expr: s.Named, frame: Frame) -> Value:
    value = evaluate(machine, expr.value, frame)
    assign(machine, s.Name(expr.name), value, frame)
    return value


_RULES: dict[type, Callable[[Machine, Any, Frame], Value]] = {
    s.Name: _name,
    s.Attribute: _attribute,
    s.Const: _const,
    s.Call: _call,
    s.FormattedString: _formatted,
    s.FormatPart: _format_part,
    s.Binary: _binary,
    s.Unary: _unary,
    s.Compare: _compare,
    s.Boolean: _boolean,
    s.Sequence: _sequence,
    s.Dict: _dict,
    s.Subscript: _subscript,
    s.Conditional: _conditional,
    s.Lambda: _lambda,
    s.Comprehension: _comprehension,
    s.Named: _named,
    s.Yield: _yield,
}
