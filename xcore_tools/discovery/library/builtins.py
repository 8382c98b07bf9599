"""Built-in functions, as far as they are followed."""

from __future__ import annotations

from collections.abc import Callable

from xcore_tools.discovery.follow import text
from xcore_tools.discovery.follow.attributes import attribute_of
from xcore_tools.discovery.follow.bases import mro
from xcore_tools.discovery.follow.classes import attribute
from xcore_tools.discovery.follow.operators import iterate
from xcore_tools.discovery.follow.values import (
    ClassValue,
    External,
    Instance,
    SuperValue,
    Unknown,
    Value,
    options_of,
)
from xcore_tools.discovery.library.call import Call

__all__ = ["call_builtin"]


def call_builtin(this: Call, name: str) -> Value:
    """What a call of the built-in `name` returns; `type.x` stands for a method of `type`."""
    if name.startswith("type."):
        return _call_type_method(this, name.removeprefix("type."))
    handler = _HANDLERS.get(name)
    if handler is not None:
        return handler(this)
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
    return this.arg(2) if isinstance(value, Unknown) and len(this.args) > 2 else value


def _hasattr(this: Call) -> Value:
    owner, name = this.arg(0), this.arg(1)
    if not isinstance(owner, ClassValue) or not isinstance(name, str):
        return Unknown("hasattr() of a value that is not known")
    return not isinstance(attribute_of(this.machine, owner, name), Unknown)


def _setattr(this: Call) -> Value:
    owner, name = this.arg(0), this.arg(1)
    if isinstance(owner, ClassValue | Instance) and isinstance(name, str):
        owner.attrs[name] = this.args[2] if len(this.args) > 2 else None
    return None


def _isinstance(this: Call) -> Value:
    value, kind = this.arg(0), this.arg(1)
    kinds = kind if isinstance(kind, tuple) else (kind,)
    names = {item.path for item in kinds if isinstance(item, External)}
    if not names or not isinstance(value, str | int | float | tuple | list | dict | None):
        return Unknown("isinstance() of a value that is not known")
    return f"builtins.{type(value).__name__}" in names


def _issubclass(this: Call) -> Value:
    cls, parent = this.arg(0), this.arg(1)
    if not isinstance(cls, ClassValue) or not isinstance(parent, ClassValue | External):
        return Unknown("issubclass() of a class that is not known")
    return parent in mro(this.machine, cls)


def _dict(this: Call) -> Value:
    first = this.arg(0)
    return {**(first if isinstance(first, dict) else {}), **this.keywords}


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
    value = this.arg(0)
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
    if not all(isinstance(n, int) and abs(n) < 1000 for n in numbers) or not numbers:
        return Unknown("a range that is not known")
    try:
        return list(range(*numbers))
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
    is_known = isinstance(value, str | tuple | list | dict)
    return len(value) if is_known else Unknown("len() of a value that is not known")


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
    "list": _collection(list),
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
    "enumerate": lambda this, items: [(number, item) for number, item in enumerate(items)],
    "reversed": lambda this, items: items[::-1],
    "sorted": lambda this, items: (
        sorted(items) if all(isinstance(i, str) for i in items) else items
    ),
    "set": lambda this, items: tuple(
        dict.fromkeys(i for i in items if text.is_plain(i) and not isinstance(i, list | dict))
    ),
    "frozenset": lambda this, items: tuple(items),
    "zip": _zip,
    "map": lambda this, items: Unknown("map() is not followed"),
    "any": lambda this, items: (
        any(items) if text.is_plain(items) else Unknown("any() of unknown values")
    ),
    "all": lambda this, items: (
        all(items) if text.is_plain(items) else Unknown("all() of unknown values")
    ),
    "iter": lambda this, items: items,
    "ord": lambda this, items: (
        ord(items[0]) if len(items) == 1 and isinstance(items[0], str) else Unknown("ord()")
    ),
}
