"""The value of an expression in a scope, as far as it is known without running the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate import host
from xcore_tools.discovery.evaluate.assignment import assign, index_of
from xcore_tools.discovery.evaluate.attributes import attribute_of
from xcore_tools.discovery.evaluate.classes import attribute, formatted, is_enumeration, shown
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.cost import charge
from xcore_tools.discovery.evaluate.fields import format_value
from xcore_tools.discovery.evaluate.operators import (
    MAX_COMBINATIONS,
    MAX_ITEMS,
    binary,
    compare,
    each,
    first_unknown,
    iterate,
    truth_of,
)
from xcore_tools.discovery.evaluate.percent import format_percent
from xcore_tools.discovery.evaluate.plain import MAX_ITEMS as MAX_LENGTH
from xcore_tools.discovery.evaluate.plain import exact, is_key, is_plain, set_of
from xcore_tools.discovery.evaluate.scopes import lookup
from xcore_tools.discovery.evaluate.values import (
    OPEN,
    TYPE_ALIAS,
    BoundMethod,
    ClassValue,
    Display,
    External,
    GenericAlias,
    LambdaValue,
    LibraryObject,
    Lost,
    Scope,
    Site,
    Union,
    Unknown,
    Value,
    options_of,
    union_of,
)


def evaluate(interpreter: Interpreter, expr: ir.Expr, scope: Scope) -> Value:
    """The value of `expr`; Unknown with the reason where it cannot be known.

    Raises:
        NotReadyError: a name leads into a module that is not loaded, or not followed to that point yet.
    """
    interpreter.use_fuel()
    rule = _RULES.get(type(expr))
    return rule(interpreter, expr, scope) if rule else Unknown("an expression that is not followed")


def _name(interpreter: Interpreter, expr: ir.Name, scope: Scope) -> Value:
    return interpreter.resolve(lookup(interpreter, expr.id, scope))


def _attribute(interpreter: Interpreter, expr: ir.Attribute, scope: Scope) -> Value:
    return attribute_of(interpreter, evaluate(interpreter, expr.value, scope), expr.name)


def _const(interpreter: Interpreter, expr: ir.Const, scope: Scope) -> Value:
    return expr.value


def _call(interpreter: Interpreter, expr: ir.Call, scope: Scope) -> Value:
    callee = evaluate(interpreter, expr.func, scope)
    if isinstance(callee, GenericAlias):  # `dict[str, int]()`
        callee = callee.origin
    if expr.unread is not None:
        if interpreter.may_wait(callee, expr):
            return LibraryObject(callee.path, (), {}, expr.line, (expr, scope))
        expr = interpreter.read(expr)
    args, keywords = arguments_of(interpreter, expr, scope)
    return interpreter.call(callee, args, keywords, Site(scope, expr.line, expr))


def arguments_of(
    interpreter: Interpreter, call: ir.Call, scope: Scope
) -> tuple[tuple[Value, ...], dict[str, Value]]:
    """The arguments of a call, plain ones and keywords; "**" stands for keywords that are not known.

    Raises:
        NotReadyError: a starred one is not to be had.
    """
    args = tuple(_arguments(interpreter, call.args, scope))
    keywords: dict[str, Value] = {}
    for keyword in call.keywords:
        if keyword.name is not None:
            keywords[keyword.name] = interpreter.lazily(keyword.value, scope)
        else:
            keywords |= _spread(interpreter, keyword.value, scope)
    return args, keywords


def _arguments(
    interpreter: Interpreter, exprs: tuple[ir.Expr, ...], scope: Scope
) -> Iterator[Value]:
    for expr in exprs:
        if isinstance(expr, ir.Starred):
            items = iterate(evaluate(interpreter, expr.value, scope))
            charge(interpreter, items)
            yield from [Unknown("a starred argument")] if items is None else items
        else:
            yield interpreter.lazily(expr, scope)


def _spread(interpreter: Interpreter, expr: ir.Expr, scope: Scope) -> dict[str, Value]:
    value = evaluate(interpreter, expr, scope)
    if isinstance(value, dict):
        return {
            "**" if key is OPEN else key: item
            for key, item in value.items()
            if key is OPEN or isinstance(key, str)
        }
    return {"**": Unknown("keyword arguments that are not known")}


def _formatted(interpreter: Interpreter, expr: ir.FormattedString, scope: Scope) -> Value:
    result: Value = ""
    for part in expr.parts:
        result = binary("+", result, evaluate(interpreter, part, scope))
        charge(interpreter, result)
    return result


def _format_part(interpreter: Interpreter, expr: ir.FormatPart, scope: Scope) -> Value:
    value = evaluate(interpreter, expr.value, scope)
    spec = evaluate(interpreter, expr.spec, scope) if expr.spec else ""
    if type(spec) is not str:
        return first_unknown(spec)
    show = partial(formatted if expr.conversion is None else shown, interpreter)
    charge(interpreter, *options_of(value))
    return union_of([format_value(one, expr.conversion, spec, show) for one in options_of(value)])


def _binary(interpreter: Interpreter, expr: ir.Binary, scope: Scope) -> Value:
    left, right = evaluate(interpreter, expr.left, scope), evaluate(interpreter, expr.right, scope)
    charge(interpreter, left, right)
    if expr.op in {"%", "%="} and any(isinstance(option, str) for option in options_of(left)):
        result = _percent(interpreter, left, right)
        charge(interpreter, result)
        return result
    if expr.op == "|" and (left is None or right is None) and isinstance(left or right, _TYPES):
        return LibraryObject("typing.Union", (left, right), {}, 0)
    if expr.op.endswith("=") and isinstance(left, list | dict | set):
        interpreter.memo.changed(left)
    result = binary(expr.op, left, right)
    charge(interpreter, result)
    return result


def _percent(interpreter: Interpreter, left: Value, right: Value) -> Value:
    """`template % values`, for every combination of what both may be."""
    if len(options_of(left)) * len(options_of(right)) > MAX_COMBINATIONS:
        return Unknown("one of too many values")

    def show(value: Value) -> Value:
        return shown(interpreter, interpreter.resolve(value))

    return union_of(
        [
            format_percent(exact(one), other, show)
            if isinstance(one, str)
            else host.apply("%", one, other)
            if is_plain(one) and is_plain(other)
            else first_unknown(one, other)
            for one in options_of(left)
            for other in options_of(right)
        ]
    )


_TYPES = (ClassValue, External, LibraryObject)


def _unary(interpreter: Interpreter, expr: ir.Unary, scope: Scope) -> Value:
    value = evaluate(interpreter, expr.value, scope)
    if expr.op == "not":
        truth = truth_of(value)
        return Unknown("a condition that is not known") if truth is None else not truth
    if expr.op == "-" and type(value) in {int, float, bool} and is_plain(value):
        return -value
    return Unknown(f"operator {expr.op} is not followed")


def _compare(interpreter: Interpreter, expr: ir.Compare, scope: Scope) -> Value:
    left = evaluate(interpreter, expr.left, scope)
    result: Value = True
    for op, right_expr in zip(expr.ops, expr.rights, strict=True):
        right = evaluate(interpreter, right_expr, scope)
        charge(interpreter, left, right)
        result = compare(op, left, right)
        if result is not True:
            return result
        left = right
    return result


def _boolean(interpreter: Interpreter, expr: ir.Boolean, scope: Scope) -> Value:
    left = evaluate(interpreter, expr.left, scope)
    truth = truth_of(left)
    if truth is None:
        right = evaluate(interpreter, expr.right, scope)
        if isinstance(left, External) and isinstance(right, str):
            left = first_unknown(left)
        return union_of([left, right])
    return evaluate(interpreter, expr.right, scope) if truth == (expr.op == "and") else left


def _sequence(interpreter: Interpreter, expr: ir.Sequence, scope: Scope) -> Value:
    items: list[Value] = []
    for item in expr.items:
        if isinstance(item, ir.Starred):
            inner = iterate(evaluate(interpreter, item.value, scope))
            charge(interpreter, inner)
            items += [Lost("a starred item")] if inner is None else inner
        else:
            items.append(interpreter.lazily(item, scope))
    if len(items) > MAX_LENGTH:
        return Unknown("a collection too long to follow")
    if expr.kind == "set":
        return set_of(items)
    return interpreter.memo.born(items) if expr.kind == "list" else tuple(items)


def _dict(interpreter: Interpreter, expr: ir.Dict, scope: Scope) -> Value:
    result = Display()
    for key_expr, value_expr in expr.items:
        if key_expr is None:
            inner = interpreter.resolve(evaluate(interpreter, value_expr, scope))
            charge(interpreter, inner)
            _spread_into(result, inner)
            continue
        key = interpreter.resolve(interpreter.lazily(key_expr, scope))
        value = interpreter.lazily(value_expr, scope)
        result.pairs.append((key, value))
        if is_key(key):
            result[key] = value
        else:
            _open(result, first_unknown(key))
    if len(result) > MAX_LENGTH:
        return Unknown("a dict too long to follow")
    return interpreter.memo.born(result)


def _spread_into(result: Display, inner: Value) -> None:
    """`{**inner}`: its keys replace those that are there, in the pairs too, so that these do not double."""
    if not isinstance(inner, dict):
        _open(result, first_unknown(inner))
        return
    result |= inner
    if isinstance(inner, Display) and inner.pairs:
        later = {key for key, _ in inner.pairs if is_key(key)}
        kept = [pair for pair in result.pairs if not (is_key(pair[0]) and pair[0] in later)]
        result.pairs = [*kept, *inner.pairs][-MAX_LENGTH:]


def _open(items: dict[Any, Value], unknown: Unknown) -> None:
    """Keys are added that are not known: they may replace those that are."""
    for key in items:
        items[key] = unknown
    items[OPEN] = unknown


def _subscript(interpreter: Interpreter, expr: ir.Subscript, scope: Scope) -> Value:
    value = evaluate(interpreter, expr.value, scope)
    if isinstance(value, ClassValue | External | LibraryObject):
        return _of_class(interpreter, value, expr.index, scope)
    if isinstance(value, Union):
        return union_of(
            [o for o in value.options if isinstance(o, ClassValue | External)]
            or [Unknown("a subscript")]
        )
    if isinstance(value, BoundMethod):  # `table.c["name"]`
        index = index_of(interpreter, expr.index, scope)
        return (
            attribute_of(interpreter, value, index)
            if isinstance(index, str)
            else Unknown("a subscript")
        )
    value = exact(value)
    if type(value) not in _SUBSCRIPTED:
        return first_unknown(value)
    index = index_of(interpreter, expr.index, scope)
    if not (is_key(index) or isinstance(index, slice)):
        return first_unknown(index)
    if isinstance(value, dict) and index not in value and OPEN in value:
        return first_unknown(value[OPEN])
    try:
        item = value[index]
        if isinstance(index, slice):
            charge(interpreter, item)
        return interpreter.resolve(item)
    except (KeyError, IndexError, TypeError, ValueError):
        return Unknown("a subscript that does not exist")


_SUBSCRIPTED = frozenset({str, tuple, list, dict, Display})


def _of_class(
    interpreter: Interpreter,
    value: ClassValue | External | LibraryObject,
    index: ir.Expr,
    scope: Scope,
) -> Value:
    """`Base[T]`: the class itself; a member of an enumeration; an alias for annotations."""
    if isinstance(value, ClassValue) and is_enumeration(interpreter, value):
        name = evaluate(interpreter, index, scope)
        return attribute(interpreter, value, name) if isinstance(name, str) else first_unknown(name)
    if isinstance(value, LibraryObject) and value.callee == TYPE_ALIAS:
        return _of_alias(interpreter, value, index, scope)
    if isinstance(value, External) and value.path in _TYPING:
        items = index.items if isinstance(index, ir.Sequence) else (index,)
        return LibraryObject(
            value.path, tuple(interpreter.lazily(item, scope) for item in items), {}, 0
        )
    if isinstance(value, External) and _is_container(value.path):
        items = index.items if isinstance(index, ir.Sequence) else (index,)
        return GenericAlias(value, tuple(interpreter.lazily(item, scope) for item in items))
    return value


def _of_alias(
    interpreter: Interpreter, alias: LibraryObject, index: ir.Expr, scope: Scope
) -> Value:
    """`Alias[int]` of `type Alias[T] = …`: what it stands for with its parameters given."""
    made = alias.args[-1]
    if not isinstance(made, LambdaValue):
        return alias
    items = index.items if isinstance(index, ir.Sequence) else (index,)
    given = tuple(interpreter.lazily(item, scope) for item in items)
    value = interpreter.call(made, given, {}, Site(scope, alias.line))
    return LibraryObject(TYPE_ALIAS, (alias.args[0], value), {}, alias.line)


_TYPING = frozenset(
    f"{module}.{name}"
    for module in ("typing", "typing_extensions")
    for name in ("Annotated", "Literal", "Optional", "Union")
)
"""What has a meaning of its own with what stands in its brackets."""

_CONTAINERS = frozenset(
    {
        *("list", "dict", "set", "frozenset", "tuple", "type"),
        *("List", "Dict", "Set", "FrozenSet", "Tuple", "Type", "AbstractSet"),
        *("Collection", "Iterable", "Mapping", "MutableMapping", "Sequence", "MutableSequence"),
        *("MutableSet", "DefaultDict", "defaultdict", "OrderedDict", "Counter", "Deque", "deque"),
    }
)
"""Classes of the standard library of which each choice of items is another Python type."""


def _is_container(path: str) -> bool:
    home, _, name = path.rpartition(".")
    return home in _HOMES_OF_CONTAINERS and name in _CONTAINERS


_HOMES_OF_CONTAINERS = frozenset(
    {"builtins", "collections", "collections.abc", "typing", "typing_extensions"}
)


def _conditional(interpreter: Interpreter, expr: ir.Conditional, scope: Scope) -> Value:
    truth = truth_of(evaluate(interpreter, expr.test, scope))
    if truth is None:
        return union_of(
            [evaluate(interpreter, expr.then, scope), evaluate(interpreter, expr.otherwise, scope)]
        )
    return evaluate(interpreter, expr.then if truth else expr.otherwise, scope)


def _lambda(interpreter: Interpreter, expr: ir.Lambda, scope: Scope) -> Value:
    defaults = {
        param.name: interpreter.lazily(param.default, scope)
        for param in expr.params
        if param.default is not None
    }
    return LambdaValue(expr, scope, defaults)


def _comprehension(interpreter: Interpreter, expr: ir.Comprehension, scope: Scope) -> Value:
    inner = Scope(scope.module, "function", {}, scope, scope.qualname, call_site=scope.call_site)
    pairs: list[tuple[Value, Value]] = []
    if not _fill(interpreter, expr, inner, 0, pairs):
        return Unknown("a loop over values that are not known")
    if expr.kind == "dict":
        is_known = all(is_key(key) for key, _ in pairs)
        made = interpreter.memo.born(dict(pairs))
        return made if is_known else Unknown("a dict whose keys are not known")
    items = [value for _, value in pairs]
    if expr.kind == "set":
        return set_of(items)
    return interpreter.memo.born(items) if expr.kind == "list" else tuple(items)


def _fill(
    interpreter: Interpreter,
    expr: ir.Comprehension,
    scope: Scope,
    depth: int,
    pairs: list[tuple[Value, Value]],
) -> bool:
    """Appends the items of the clauses from `depth` on; False if an iterable or a condition is not known."""
    if depth == len(expr.clauses):
        key = evaluate(interpreter, expr.key, scope) if expr.key else None
        pairs.append((key, evaluate(interpreter, expr.element, scope)))
        return len(pairs) <= MAX_ITEMS
    clause = expr.clauses[depth]
    # Python evaluates the first iterable outside: in a class body, it sees the class's own names
    outside = scope.parent if depth == 0 and scope.parent is not None else scope
    value = evaluate(interpreter, clause.iterable, outside)
    items = each(value) if expr.kind == "set" else iterate(value)
    if items is None:
        return False
    for item in items:
        assign(interpreter, clause.target, item, scope)
        truths = [
            truth_of(evaluate(interpreter, condition, scope)) for condition in clause.conditions
        ]
        if None in truths or (
            all(truths) and not _fill(interpreter, expr, scope, depth + 1, pairs)
        ):
            return False
    return True


def _yield(interpreter: Interpreter, expr: ir.Yield, scope: Scope) -> Value:
    value = evaluate(interpreter, expr.value, scope)
    function = scope
    while function.kind != "function" and function.parent is not None:
        function = function.parent
    items = iterate(value) if expr.is_from else [value]
    if items is None or function.uncertain or len(function.yielded) >= MAX_ITEMS:
        items = [Unknown("a generator whose items are not known")]
    function.yielded += items
    return None


def _named(interpreter: Interpreter, expr: ir.Named, scope: Scope) -> Value:
    value = evaluate(interpreter, expr.value, scope)
    assign(interpreter, ir.Name(expr.name), value, scope)
    return value


_RULES: dict[type, Callable[[Interpreter, Any, Scope], Value]] = {
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
