"""Built-in functions, as far as they are followed."""

from __future__ import annotations

import collections.abc
from collections.abc import Callable
from itertools import islice

from xcore_tools.discovery.follow import text
from xcore_tools.discovery.follow.attributes import attribute_of
from xcore_tools.discovery.follow.bases import mro
from xcore_tools.discovery.follow.bindings import is_key
from xcore_tools.discovery.follow.classes import attribute, shown
from xcore_tools.discovery.follow.operators import MAX_ITEMS, each, first_unknown, iterate, truth_of
from xcore_tools.discovery.follow.values import (
    OPEN,
    Choice,
    ClassValue,
    External,
    Instance,
    Member,
    MemberText,
    SuperValue,
    Unknown,
    Value,
    options_of,
)
from xcore_tools.discovery.library.call import Call
from xcore_tools.discovery.library.plain import call_plain
from xcore_tools.discovery.mapping.evidence import is_unfollowed

__all__ = ["call_builtin"]


def call_builtin(this: Call, name: str) -> Value:
    """What a call of the built-in `name` returns; `type.x` stands for a method of `type`."""
    if name.startswith("type."):
        return _call_type_method(this, name.removeprefix("type."))
    owner, _, method = name.partition(".")
    if method and owner in {"str", "dict", "list"} and this.args:
        return call_plain(this.behind_first(), this.arg(0), method)
    handler = _HANDLERS.get(name)
    if handler is not None:
        return handler(this)
    if name in _COMPUTING:
        return _computed(this, name)
    value = this.arg(0)
    for option in options_of(value):
        if isinstance(option, Unknown):
            return option
    items = iterate(value)
    if name in _OF_ITEMS and items is not None:
        return _OF_ITEMS[name](this, items)
    return Unknown(f"{name}() of a value that is not known")


def _call_type_method(this: Call, name: str) -> Value:
    """`super().__new__(meta, name, bases, namespace)` in a metaclass, and other methods of `type`."""
    if name == "__new__" and this.machine.preparing:
        cls = this.machine.preparing[-1]
        namespace = this.arg(len(this.args) - 1)
        if isinstance(namespace, dict) and namespace is not cls.attrs:
            cls.attrs.update(namespace)
        return cls
    return None


def _type(this: Call) -> Value:
    """`type(value)`, or `type(name, bases, namespace)`, which makes a class."""
    value = this.arg(0)
    if len(this.args) < 3 and isinstance(value, Instance):
        return value.cls
    if len(this.args) < 3 and isinstance(value, ClassValue):
        return attribute(this.machine, value, "__class__")
    return _make_class(this) if len(this.args) >= 3 else Unknown("type()")


def _make_class(this: Call) -> Value:
    name, bases, namespace = this.arg(0), this.arg(1), this.arg(2)
    if not isinstance(name, str) or this.frame is None:
        return Unknown("a class whose name is not known")
    cls = ClassValue(
        name,
        name,
        this.module,
        this.line,
        tuple(iterate(bases) or ()),
        attrs=dict(namespace) if isinstance(namespace, dict) else {},
        is_conditional=bool(this.frame.uncertain),
        frame=this.frame,
    )
    this.machine.classes.append(cls)
    return cls


def _getattr(this: Call) -> Value:
    owner, name = this.arg(0), this.arg(1)
    if not isinstance(name, str):
        return Unknown("getattr() of a name that is not known")
    value = attribute_of(this.machine, owner, name)
    if not isinstance(value, Unknown) or len(this.args) < 3:
        return value
    return this.arg(2) if _is_closed(this, owner) else value


def _hasattr(this: Call) -> Value:
    owner, name = this.arg(0), this.arg(1)
    if not isinstance(owner, ClassValue) or not isinstance(name, str):
        return Unknown("hasattr() of a value that is not known")
    if not isinstance(attribute_of(this.machine, owner, name), Unknown):
        return True
    return False if _is_closed(this, owner) else Unknown("hasattr() of a class that is not known")


def _is_closed(this: Call, owner: Value) -> bool:
    """Whether all attributes of a class or an object are at hand: it inherits nothing that is not read."""
    cls = owner.cls if isinstance(owner, Instance) else owner
    if not isinstance(cls, ClassValue):
        return not isinstance(owner, Unknown | External | Choice)
    return not any(is_unfollowed(item) for item in mro(this.machine, cls))


def _setattr(this: Call) -> Value:
    owner, name = this.arg(0), this.arg(1)
    if isinstance(owner, ClassValue | Instance) and isinstance(name, str):
        owner.attrs[name] = this.args[2] if len(this.args) > 2 else None
    return None


def _isinstance(this: Call) -> Value:
    value = this.arg(0)
    answers = [_is_instance(this, value, kind) for kind in _kinds(this.arg(1))]
    if True in answers:
        return True
    return Unknown("isinstance() of a value that is not known") if None in answers else False


def _kinds(kind: Value) -> list[Value]:
    """The classes that the second argument of `isinstance` names."""
    return [part for item in kind for part in _kinds(item)] if isinstance(kind, tuple) else [kind]


def _is_instance(this: Call, value: Value, kind: Value) -> bool | None:
    """Whether a known value is an object of `kind`; None if that is not known."""
    if isinstance(value, Instance | Member | MemberText) and isinstance(kind, ClassValue):
        return kind in mro(this.machine, value.cls)
    if isinstance(value, Instance) and isinstance(kind, External):
        return True if kind in mro(this.machine, value.cls) else None
    path = kind.path if isinstance(kind, External) else ""
    if path == "builtins.object":
        return True
    plain = str(value) if isinstance(value, MemberText) else value
    if not isinstance(plain, _PLAIN) or not (path in _ABSTRACT or path.startswith("builtins.")):
        return False if isinstance(plain, _PLAIN) and isinstance(kind, ClassValue) else None
    if path in _ABSTRACT:
        return isinstance(plain, _ABSTRACT[path])
    return path in {f"builtins.{cls.__name__}" for cls in type(plain).__mro__}


_PLAIN = (str, int, float, tuple, list, dict, set, frozenset, type(None))
_ABSTRACT: dict[str, type] = {
    f"{module}.{name}": getattr(collections.abc, name)
    for module in ("collections.abc", "typing")
    for name in ("Collection", "Iterable", "Mapping", "Sequence", "Set", "Sized", "Callable")
}


def _issubclass(this: Call) -> Value:
    cls, parent = this.arg(0), this.arg(1)
    if not isinstance(cls, ClassValue) or not isinstance(parent, ClassValue | External):
        return Unknown("issubclass() of a class that is not known")
    return parent == External("builtins.object") or parent in mro(this.machine, cls)


def _dict(this: Call) -> Value:
    first = this.arg(0)
    keywords = {OPEN if key == "**" else key: value for key, value in this.keywords.items()}
    if not this.args or isinstance(first, dict):
        return {**(first if this.args else {}), **keywords}
    pairs = [iterate(this.value(item)) for item in iterate(first) or [None]]
    known = [pair for pair in pairs if pair is not None and len(pair) == 2 and is_key(pair[0])]
    if len(known) < len(pairs) and iterate(first) != []:
        return {OPEN: first_unknown(first), **keywords}
    return {**dict(map(tuple, known)), **keywords}


def _collection(kind: Callable[[list[Value]], Value]) -> Callable[[Call], Value]:
    def make(this: Call) -> Value:
        if not this.args:
            return kind([])
        items = iterate(this.arg(0))
        return Unknown("a collection that is not known") if items is None else kind(items)

    return make


def _str(this: Call) -> Value:
    if not this.args:
        return ""
    value = shown(this.machine, this.arg(0))
    is_known = isinstance(value, str | int | float | bool | None)
    return str(value) if is_known else Unknown("str() of a value that is not known")


def _zip(this: Call, items: list[Value]) -> Value:
    others = [iterate(this.arg(position)) for position in range(1, len(this.args))]
    known = [other for other in others if other is not None]
    if len(known) < len(others):
        return Unknown("zip() of values that are not known")
    return list(zip(items, *known, strict=False))


def _range(this: Call) -> Value:
    numbers = [this.arg(position) for position in range(len(this.args))]
    if not all(isinstance(n, int) for n in numbers) or not numbers:
        return Unknown("a range that is not known")
    try:
        return list(islice(range(*numbers), MAX_ITEMS + 1))  # one too many says: too many
    except (TypeError, ValueError):
        return Unknown("a range that does not work")


def _super(this: Call) -> Value:
    given = this.arg(0)
    if len(this.args) >= 3:  # super(Class, self): the implicit value, then the two given ones
        cls, receiver = this.arg(1), this.arg(2)
        return SuperValue(receiver, cls) if isinstance(cls, ClassValue) else given
    return given


def _len(this: Call) -> Value:
    if not this.args:
        return ""
    value = this.arg(0)
    is_known = isinstance(value, _SIZED) and (isinstance(value, str) or OPEN not in value)
    return len(value) if is_known else Unknown("len() of a value that is not known")


_SIZED = (tuple, list, dict, set, frozenset, str)


def _sorted(this: Call) -> Value:
    items = each(this.arg(0))
    key, reverse = this.value(this.keywords.get("key")), this.value(this.keywords.get("reverse"))
    if items is None or not isinstance(reverse, bool | int | None):
        return Unknown("sorted() of values that are not known")
    keys = [this.value(this.machine.call(key, (item,), {})) for item in items] if key else items
    if not text.is_plain(keys):
        return Unknown("sorted() by values that are not known")
    try:
        order = sorted(range(len(items)), key=keys.__getitem__, reverse=bool(reverse))
    except TypeError:
        return Unknown("sorted() of values that have no order")
    return [items[number] for number in order]


def _enumerate(this: Call) -> Value:
    items, start = iterate(this.arg(0)), this.arg(1, "start") or 0
    if items is None or not isinstance(start, int):
        return Unknown("enumerate() of values that are not known")
    return list(enumerate(items, start))


def _set(this: Call) -> Value:
    """`set(…)`, `frozenset(…)`: as Python has it where all items are plain, else in the order given."""
    items = each(this.arg(0)) if this.args else []
    if items is None:
        return Unknown("a set of values that are not known")
    values = [this.value(item) for item in items]
    unknown = next((value for value in values if isinstance(value, Unknown)), None)
    if unknown is not None:
        return unknown
    return set(values) if all(is_key(value) for value in values) else tuple(values)


def _map(this: Call) -> Value:
    """`map(function, items)`"""
    items = iterate(this.arg(1)) if len(this.args) == 2 else None
    if items is None:
        return Unknown("map() over values that are not known")
    function = this.arg(0)
    return [this.value(this.machine.call(function, (item,), {}, this.site)) for item in items]


def _filter(this: Call) -> Value:
    """`filter(function, items)`"""
    function, items = this.arg(0), iterate(this.arg(1))
    if items is None:
        return Unknown("filter() of values that are not known")
    kept: list[Value] = []
    for item in items:
        answer = this.machine.call(function, (item,), {}, this.site) if function else item
        truth = truth_of(this.value(answer))
        if truth is None:
            return Unknown("filter() by a condition that is not known")
        kept += [item] if truth else []
    return kept


def _next(this: Call) -> Value:
    """`next(items, default)` of an iterator that nobody has begun."""
    items = iterate(this.arg(0))
    if items is None or not (items or len(this.args) > 1):
        return Unknown("next() of values that are not known")
    return this.value(items[0]) if items else this.arg(1)


def _computed(this: Call, name: str) -> Value:
    """A call of a function that computes with plain values: `max(…)`, `round(…)`, `int(…)`."""
    args = [this.value(arg) for arg in this.args]
    if this.keywords or not args or not text.is_plain(args):
        return Unknown(f"{name}() of a value that is not known")
    if name in {"repr", "sum"} and not text.has_order(args):
        return Unknown(f"{name}() of a value that is not known")
    try:
        return text.bounded(_COMPUTING[name](*args))
    except (ArithmeticError, TypeError, ValueError):
        return Unknown(f"{name}() fails on these values")


_COMPUTING: dict[str, Callable[..., Value]] = {
    "abs": abs,
    "bool": bool,
    "chr": chr,
    "divmod": divmod,
    "float": float,
    "int": int,
    "max": max,
    "min": min,
    "ord": ord,
    "repr": repr,
    "round": round,
    "sum": sum,
}


def _format(this: Call) -> Value:
    """`format(value, spec)`"""
    value, spec = shown(this.machine, this.arg(0)), this.arg(1) or ""
    if not isinstance(spec, str) or not text.is_plain(value):
        return Unknown("format() of a value that is not known")
    return text.call_method(f"{{:{spec}}}", "format", [value], {})


def _dir(this: Call) -> Value:
    cls = this.arg(0)
    if not isinstance(cls, ClassValue):
        return Unknown("dir() of a value that is not known")
    order = [item for item in mro(this.machine, cls) if isinstance(item, ClassValue)]
    return sorted({_mangled(item, name) for item in order for name in item.attrs})


def _mangled(cls: ClassValue, name: str) -> str:
    private = name.startswith("__") and not name.endswith("__")
    return f"_{cls.name.lstrip('_')}{name}" if private else name


_HANDLERS: dict[str, Callable[[Call], Value]] = {
    "type": _type,
    "super": _super,
    "getattr": _getattr,
    "hasattr": _hasattr,
    "setattr": _setattr,
    "isinstance": _isinstance,
    "issubclass": _issubclass,
    "dict": _dict,
    "enumerate": _enumerate,
    "filter": _filter,
    "format": _format,
    "frozenset": _set,
    "list": _collection(list),
    "map": _map,
    "next": _next,
    "set": _set,
    "sorted": _sorted,
    "tuple": _collection(tuple),
    "str": _str,
    "len": _len,
    "range": _range,
    "dir": _dir,
    "vars": lambda this: attribute_of(this.machine, this.arg(0), "__dict__"),
    "classmethod": lambda this: this.arg(0),
    "staticmethod": lambda this: this.arg(0),
    "property": lambda this: Unknown("a property of instances"),
}


_OF_ITEMS: dict[str, Callable[[Call, list[Value]], Value]] = {
    "reversed": lambda this, items: items[::-1],
    "zip": _zip,
    "any": lambda this, items: (
        any(items) if text.is_plain(items) else Unknown("any() of unknown values")
    ),
    "all": lambda this, items: (
        all(items) if text.is_plain(items) else Unknown("all() of unknown values")
    ),
    "iter": lambda this, items: items,
}
