"""The value of an expression in a scope, as far as it is known without running the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate import strings
from xcore_tools.discovery.evaluate.assignment import assign, index_of, is_key
from xcore_tools.discovery.evaluate.attributes import attribute_of
from xcore_tools.discovery.evaluate.classes import attribute, is_enumeration, shown
from xcore_tools.discovery.evaluate.operators import (
    MAX_ITEMS,
    binary,
    compare,
    each,
    first_unknown,
    iterate,
    over,
    truth_of,
)
from xcore_tools.discovery.evaluate.scopes import lookup
from xcore_tools.discovery.evaluate.values import (
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
    from xcore_tools.discovery.link.interpreter import Machine


def evaluate(machine: Machine, expr: ir.Expr, frame: Frame) -> Value:
    """The value of `expr`; Unknown with the reason where it cannot be known.

    Raises:
        NotReadyError: a name leads into a module that is not loaded, or not followed to that point yet.
    """
    machine.spend()
    rule = _RULES.get(type(expr))
    return rule(machine, expr, frame) if rule else Unknown("an expression that is not followed")


def _name(machine: Machine, expr: ir.Name, frame: Frame) -> Value:
    return machine.resolve(lookup(machine, expr.id, frame))


def _attribute(machine: Machine, expr: ir.Attribute, frame: Frame) -> Value:
    return attribute_of(machine, evaluate(machine, expr.value, frame), expr.name)


def _const(machine: Machine, expr: ir.Const, frame: Frame) -> Value:
    return expr.value


def _call(machine: Machine, expr: ir.Call, frame: Frame) -> Value:
    callee = evaluate(machine, expr.func, frame)
    if expr.unread is not None:
        if machine.may_wait(callee, expr):
            return Made(callee.path, (), {}, expr.line, (expr, frame))
        expr = machine.read(expr)
    args, keywords = arguments_of(machine, expr, frame)
    return machine.call(callee, args, keywords, Site(frame, expr.line, expr))


def arguments_of(
    machine: Machine, call: ir.Call, frame: Frame
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


def _arguments(machine: Machine, exprs: tuple[ir.Expr, ...], frame: Frame) -> Iterator[Value]:
    for expr in exprs:
        if isinstance(expr, ir.Starred):
            items = iterate(evaluate(machine, expr.value, frame))
            yield from [Unknown("a starred argument")] if items is None else items
        else:
            yield machine.tentative(expr, frame)


def _spread(machine: Machine, expr: ir.Expr, frame: Frame) -> dict[str, Value]:
    value = evaluate(machine, expr, frame)
    if isinstance(value, dict):
        return {
            "**" if key is OPEN else key: item
            for key, item in value.items()
            if key is OPEN or isinstance(key, str)
        }
    return {"**": Unknown("keyword arguments that are not known")}


def _formatted(machine: Machine, expr: ir.FormattedString, frame: Frame) -> Value:
    result: Value = ""
    for part in expr.parts:
        result = binary("+", result, evaluate(machine, part, frame))
    return result


def _format_part(machine: Machine, expr: ir.FormatPart, frame: Frame) -> Value:
    value = evaluate(machine, expr.value, frame)
    spec = evaluate(machine, expr.spec, frame) if expr.spec else ""
    template = "{" + (f"!{expr.conversion}" if expr.conversion else "") + f":{spec}" + "}"
    if isinstance(spec, Unknown):
        return spec
    value = shown(machine, value)
    return over(value, lambda one: strings.call_method(template, "format", [one], {}))


def _binary(machine: Machine, expr: ir.Binary, frame: Frame) -> Value:
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


def _unary(machine: Machine, expr: ir.Unary, frame: Frame) -> Value:
    value = evaluate(machine, expr.value, frame)
    if expr.op == "not":
        truth = truth_of(value)
        return Unknown("a condition that is not known") if truth is None else not truth
    if expr.op == "-" and isinstance(value, int | float):
        return -value
    return Unknown(f"operator {expr.op} is not followed")


def _compare(machine: Machine, expr: ir.Compare, frame: Frame) -> Value:
    left = evaluate(machine, expr.left, frame)
    result: Value = True
    for op, right_expr in zip(expr.ops, expr.rights, strict=True):
        right = evaluate(machine, right_expr, frame)
        result = compare(op, left, right)
        if result is not True:
            return result
        left = right
    return result


def _boolean(machine: Machine, expr: ir.Boolean, frame: Frame) -> Value:
    left = evaluate(machine, expr.left, frame)
    truth = truth_of(left)
    if truth is None:
        right = evaluate(machine, expr.right, frame)
        if isinstance(left, External) and isinstance(right, str):
            left = first_unknown(left)
        return choice_of([left, right])
    return evaluate(machine, expr.right, frame) if truth == (expr.op == "and") else left


def _sequence(machine: Machine, expr: ir.Sequence, frame: Frame) -> Value:
    items: list[Value] = []
    for item in expr.items:
        if isinstance(item, ir.Starred):
            inner = iterate(evaluate(machine, item.value, frame))
            items += [Unknown("a starred item")] if inner is None else inner
        else:
            items.append(machine.tentative(item, frame))
    if expr.kind == "set" and strings.is_plain(items) and all(is_key(item) for item in items):
        return set(items)
    return items if expr.kind == "list" else tuple(items)


def _dict(machine: Machine, expr: ir.Dict, frame: Frame) -> Value:
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


def _subscript(machine: Machine, expr: ir.Subscript, frame: Frame) -> Value:
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
    machine: Machine, value: ClassValue | External | Made, index: ir.Expr, frame: Frame
) -> Value:
    """`Base[T]`: the class itself; a member of an enumeration; an alias for annotations."""
    if isinstance(value, ClassValue) and is_enumeration(machine, value):
        name = evaluate(machine, index, frame)
        return attribute(machine, value, name) if isinstance(name, str) else first_unknown(name)
    if isinstance(value, External) and value.path in _TYPING:
        items = index.items if isinstance(index, ir.Sequence) else (index,)
        return Made(value.path, tuple(machine.tentative(item, frame) for item in items), {}, 0)
    return value


_TYPING = frozenset(
    f"{module}.{name}"
    for module in ("typing", "typing_extensions")
    for name in ("Annotated", "Literal", "Optional", "Union")
)
"""What has a meaning of its own with what stands in its brackets."""


def _conditional(machine: Machine, expr: ir.Conditional, frame: Frame) -> Value:
    truth = truth_of(evaluate(machine, expr.test, frame))
    if truth is None:
        return choice_of(
            [evaluate(machine, expr.then, frame), evaluate(machine, expr.otherwise, frame)]
        )
    return evaluate(machine, expr.then if truth else expr.otherwise, frame)


def _lambda(machine: Machine, expr: ir.Lambda, frame: Frame) -> Value:
    defaults = {
        param.name: machine.tentative(param.default, frame)
        for param in expr.params
        if param.default is not None
    }
    return LambdaValue(expr, frame, defaults)


def _comprehension(machine: Machine, expr: ir.Comprehension, frame: Frame) -> Value:
    inner = Frame(frame.module, "function", {}, frame, frame.qualname, call_site=frame.call_site)
    pairs: list[tuple[Value, Value]] = []
    if not _fill(machine, expr, inner, 0, pairs):
        return Unknown("a loop over values that are not known")
    if expr.kind == "dict":
        is_known = all(is_key(key) for key, _ in pairs)
        return dict(pairs) if is_known else Unknown("a dict whose keys are not known")
    items = [value for _, value in pairs]
    if expr.kind == "set" and strings.is_plain(items) and all(is_key(item) for item in items):
        return set(items)
    return items if expr.kind == "list" else tuple(items)


def _fill(
    machine: Machine,
    expr: ir.Comprehension,
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


def _yield(machine: Machine, expr: ir.Yield, frame: Frame) -> Value:
    value = evaluate(machine, expr.value, frame)
    scope = frame
    while scope.kind != "function" and scope.parent is not None:
        scope = scope.parent
    items = iterate(value) if expr.is_from else [value]
    if items is None or scope.uncertain or len(scope.yielded) >= MAX_ITEMS:
        items = [Unknown("a generator whose items are not known")]
    scope.yielded += items
    return None


def _named(machine: Machine, expr: ir.Named, frame: Frame) -> Value:
    value = evaluate(machine, expr.value, frame)
    assign(machine, ir.Name(expr.name), value, frame)
    return value


_RULES: dict[type, Callable[[Machine, Any, Frame], Value]] = {
    ir.Name: _name,
    ir.Attribute: _attribute,
    ir.Const: _const,
    ir.Call: _call,
    ir.FormattedString: _formatted,
    ir.FormatPart: _format_part,
    ir.Binary: _binary,
    ir.Unary: _unary,
    ir.Compare: _compare,
    ir.Boolean: _boolean,
    ir.Sequence: _sequence,
    ir.Dict: _dict,
    ir.Subscript: _subscript,
    ir.Conditional: _conditional,
    ir.Lambda: _lambda,
    ir.Comprehension: _comprehension,
    ir.Named: _named,
    ir.Yield: _yield,
}
