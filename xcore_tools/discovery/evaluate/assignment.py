"""Names, attributes and items bound to values; the first name of a base or a collection is its home."""

from __future__ import annotations

from collections.abc import Iterator

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.effects import MUTATORS
from xcore_tools.discovery.evaluate.operators import iterate
from xcore_tools.discovery.evaluate.plain import MAX_ITEMS, is_key
from xcore_tools.discovery.evaluate.table_values import (
    DatabaseValue,
    MetaDataValue,
    RegistryValue,
    TableValue,
)
from xcore_tools.discovery.evaluate.values import (
    OPEN,
    ClassValue,
    FunctionValue,
    Instance,
    Lost,
    Scope,
    Unknown,
    Value,
    options_of,
    union_of,
)
from xcore_tools.discovery.evaluate.versions import put


def assign(interpreter: Interpreter, target: ir.Expr, value: Value, scope: Scope) -> None:
    """Binds `value` to a target: a name, an attribute of a known object, an item, several of them."""
    if isinstance(target, ir.Name):
        bind(scope, target.id, value)
    elif isinstance(target, ir.Attribute):
        _assign_attribute(interpreter, interpreter.lazily(target.value, scope), target.name, value)
    elif isinstance(target, ir.Subscript):
        owner = interpreter.lazily(target.value, scope)
        if isinstance(owner, dict | list):
            interpreter.memo.changed(owner)
            _assign_item(owner, index_of(interpreter, target.index, scope), value, scope)
    elif isinstance(target, ir.Sequence):
        for part, item in zip(target.items, _parts(target, value), strict=True):
            assign(interpreter, part.value if isinstance(part, ir.Starred) else part, item, scope)


def index_of(interpreter: Interpreter, index: ir.Expr, scope: Scope) -> Value:
    """The key, the number or the slice between the brackets of a subscript."""
    if not isinstance(index, ir.Slice):
        return interpreter.force(interpreter.lazily(index, scope))
    parts = [
        interpreter.force(interpreter.lazily(part, scope)) if part is not None else None
        for part in (index.lower, index.upper, index.step)
    ]
    is_known = all(part is None or isinstance(part, int) for part in parts)
    return slice(*parts) if is_known else Unknown("a slice that is not known")


def _assign_item(
    owner: dict[Value, Value] | list[Value], key: Value, value: Value, scope: Scope
) -> None:
    """`owner[key] = value`; where the key is not known, or this may not happen, any item may have changed."""
    try:
        if scope.uncertain or not (is_key(key) or isinstance(key, slice)):
            _blur(owner)
        elif isinstance(key, slice):
            items = iterate(value)
            if items is None or len(owner) + len(items) > MAX_ITEMS:
                owner[:] = [Lost("an item that may have been changed")]
            else:
                owner[key] = items
        elif isinstance(owner, dict) and len(owner) >= MAX_ITEMS and key not in owner:
            owner[OPEN] = Unknown("an item of a dict too long to follow")
        else:
            owner[key] = value
    except (IndexError, TypeError, ValueError):
        _blur(owner)


def _blur(owner: dict[Value, Value] | list[Value]) -> None:
    """After a change that is not known, any item may be another one."""
    for key in owner if isinstance(owner, dict) else range(len(owner)):
        owner[key] = Unknown("an item that may have been changed")
    if isinstance(owner, dict):
        owner[OPEN] = Unknown("an item that may be missing")


def delete(interpreter: Interpreter, target: ir.Expr, scope: Scope) -> None:
    """`del target`"""
    if isinstance(target, ir.Name):
        scope.names.pop(target.id, None)
    elif isinstance(target, ir.Attribute):
        owner = interpreter.lazily(target.value, scope)
        if isinstance(owner, ClassValue | Instance):
            interpreter.memo.changed(owner)
            owner.attrs.pop(target.name, None)
    elif isinstance(target, ir.Subscript):
        owner = interpreter.lazily(target.value, scope)
        if isinstance(owner, dict | list):
            interpreter.memo.changed(owner)
            key = index_of(interpreter, target.index, scope)
            if not (is_key(key) or isinstance(key, slice)):
                _blur(owner)
                return
            try:
                del owner[key]
            except (LookupError, TypeError):
                _blur(owner)


def _parts(target: ir.Sequence, value: Value) -> list[Value]:
    """What each part of `a, *b = value` gets."""
    count = len(target.items)
    items = iterate(value)
    starred = [n for n, part in enumerate(target.items) if isinstance(part, ir.Starred)]
    if items is not None and starred and len(items) >= count - 1:
        first, after = starred[0], count - starred[0] - 1
        end = len(items) - after
        return [*items[:first], items[first:end], *items[end:]]
    if items is None or len(items) != count or starred:
        return [Unknown("one of several values")] * count
    return items


def _assign_attribute(interpreter: Interpreter, owner: Value, name: str, value: Value) -> None:
    interpreter.memo.changed(owner)
    if isinstance(owner, ClassValue | Instance):
        if isinstance(owner, ClassValue) and name == "__name__" and isinstance(value, str):
            owner.name = (
                value  # the setter of `type`; what the body of a class binds is another thing
            )
            return
        owner.attrs[name] = value
        if isinstance(owner, ClassValue):
            owner.late[name] = len(interpreter.classes)
        if isinstance(owner, ClassValue) and isinstance(value, MetaDataValue) and not value.home:
            value.owners.append(owner)
    elif isinstance(owner, MetaDataValue) and name == "schema":
        owner.schema = interpreter.force(value)
    elif isinstance(owner, RegistryValue) and name == "metadata":
        owner.metadata = interpreter.force(value)


def bind(scope: Scope, name: str, value: Value) -> None:
    """Binds `value` to a name; beside its old value where it is not known that this code runs."""
    if name in scope.global_names:
        while scope.parent is not None:
            scope = scope.parent
    elif name in scope.outer_names:
        outer = scope.parent
        while outer is not None and (outer.kind == "class" or name not in outer.names):
            outer = outer.parent
        scope = outer or scope
    _give_home(scope, name, value)
    if scope.uncertain and name in scope.names:
        value = union_of([scope.names[name], value])
    put(scope, name, value)


def _give_home(scope: Scope, name: str, value: Value) -> None:
    """The first place that binds a base or a collection is where it can be imported from."""
    if scope.kind == "function":
        return
    if "<locals>" in scope.qualname:
        if isinstance(value, MetaDataValue) and scope.cls is not None:
            value.owners.append(scope.cls)
        return
    options = [option for option in options_of(value) if isinstance(option, _WITH_HOME)]
    if not options:
        return
    home = ".".join(filter(None, (scope.module.module, scope.qualname, name)))
    for option in options:
        _set_home(scope, name, option, home)


_WITH_HOME = (MetaDataValue, DatabaseValue, RegistryValue, ClassValue)


def _set_home(scope: Scope, name: str, value: Value, home: str) -> None:
    if isinstance(value, MetaDataValue):
        if (not value.owners and scope.cls is None) or name == "metadata":
            value.home = value.home or (home if not value.owners else None)
        value.alias = value.alias or home
    elif (
        isinstance(value, DatabaseValue)
        or (isinstance(value, RegistryValue) and scope.cls is None)
        or (isinstance(value, ClassValue) and (value.is_synthetic or "<locals>" in value.qualname))
    ):
        value.home = value.home or home


def forget(body: ir.Block, scope: Scope) -> None:
    """After a loop whose rounds are not known, what a function computed in it is not known either."""
    if scope.kind != "function":
        return
    for node in ir.walk(body):
        if isinstance(node, ir.Assign):
            for target in node.targets:
                _forget_name(target, scope)
        elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute):
            owner = node.func.value
            named = scope.names.get(owner.id) if isinstance(owner, ir.Name) else None
            if not isinstance(named, TableValue):  # `table.append_column(…)` leaves it that table
                _forget_name(owner, scope)


def _forget_name(target: ir.Expr, scope: Scope) -> None:
    if isinstance(target, ir.Name) and _is_data(scope.names.get(target.id)):
        scope.names[target.id] = Unknown("a loop whose rounds are not known")


def pinned(expr: ir.Expr, scope: Scope) -> Scope:
    """The scope in which `expr` can be evaluated later: the names of a class mean what they mean now."""
    names = (node.id for node in ir.walk(expr) if isinstance(node, ir.Name))
    if scope.kind != "class" or not any(name in scope.names for name in names):
        return scope  # of a module, the version is known; of a function, nothing is bound after its call
    return Scope(
        scope.module,
        scope.kind,
        dict(scope.names),
        scope.parent,
        scope.qualname,
        scope.cls,
        call_site=scope.call_site,
        global_names=scope.global_names,
        uncertain=scope.uncertain,
        in_loop=scope.in_loop,
    )


def mark_unknown(block: ir.Block, scope: Scope) -> None:
    """After statements that could not be followed, what they bind or change is not known."""
    for name in bound_names(block):
        if name not in scope.names or _is_data(scope.names[name]):
            put(scope, name, Unknown("more work than can be followed"))


def bound_names(node: object) -> Iterator[str]:
    """The names that statements bind in their own scope, and those of the collections that they change."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            stack += current
        elif isinstance(current, ir.ClassDef | ir.FunctionDef):
            yield current.name
        elif isinstance(current, ir.Assign):
            yield from _targets(current.targets)
        elif isinstance(current, ir.Import | ir.ImportFrom):
            continue  # binds what it names, at no cost
        elif isinstance(current, ir.Expression):
            yield from _changed(current.value)
        elif isinstance(current, ir.With):
            yield from _targets(tuple(target for _, target in current.items if target is not None))
            stack.append(current.body)
        elif isinstance(current, ir.Statement):
            yield from _targets((current.target,) if isinstance(current, ir.For) else ())
            stack += [getattr(current, name) for name in current.__struct_fields__]


def _changed(expr: ir.Expr) -> Iterator[str]:
    """The collection that a call which stands alone changes: `names.append(…)`."""
    if isinstance(expr, ir.Call) and isinstance(expr.func, ir.Attribute):
        owner = expr.func.value
        if expr.func.name in MUTATORS and isinstance(owner, ir.Name):
            yield owner.id


def _targets(targets: tuple[ir.Expr, ...]) -> Iterator[str]:
    """The names in targets: those of items and attributes too, for their owner is changed."""
    return (node.id for node in ir.walk(targets) if isinstance(node, ir.Name))


def _is_data(value: Value) -> bool:
    return not isinstance(
        value, ClassValue | MetaDataValue | RegistryValue | DatabaseValue | FunctionValue
    )
