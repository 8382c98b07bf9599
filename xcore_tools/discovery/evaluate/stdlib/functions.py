"""Built-in functions, as far as they are followed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from xcore_tools.discovery.evaluate import computing, fields
from xcore_tools.discovery.evaluate.attributes import attribute_of
from xcore_tools.discovery.evaluate.call import Call
from xcore_tools.discovery.evaluate.classes import attribute, formatted, shown
from xcore_tools.discovery.evaluate.cost import charge
from xcore_tools.discovery.evaluate.mro import mro
from xcore_tools.discovery.evaluate.operators import iterate
from xcore_tools.discovery.evaluate.plain import as_name, exact, is_plain
from xcore_tools.discovery.evaluate.stdlib.collections import (
    call_dict,
    call_enumerate,
    call_filter,
    call_len,
    call_map,
    call_next,
    call_range,
    call_set,
    call_sorted,
    call_zip,
    collection_of,
)
from xcore_tools.discovery.evaluate.stdlib.introspection import (
    call_getattr,
    call_hasattr,
    call_isinstance,
    call_issubclass,
)
from xcore_tools.discovery.evaluate.stdlib.methods import call_plain
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    Instance,
    SuperValue,
    Unknown,
    Value,
    options_of,
)
from xcore_tools.discovery.evaluate.versions import version_of


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
    if name in computing.COMPUTED:
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
    if name == "__new__" and this.interpreter.preparing:
        cls = this.interpreter.preparing[-1]
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
        return attribute(this.interpreter, value, "__class__")
    return _make_class(this) if len(this.args) >= 3 else Unknown("type()")


def _make_class(this: Call) -> Value:
    name, bases, namespace = as_name(this.arg(0)), this.arg(1), this.arg(2)
    if this.scope is None:
        return Unknown("a class that is made elsewhere")
    if not isinstance(name, str):
        if any(_is_declarative(this, base) for base in iterate(bases) or ()):
            this.interpreter.report_loss(
                this.module, this.line, "type() makes a class of an unknown name", "XT126"
            )
        return Unknown("a class whose name is not known")
    cls = ClassValue(
        name,
        name,
        this.module,
        this.line,
        tuple(iterate(bases) or ()),
        attrs=dict(namespace) if isinstance(namespace, dict) else {},
        is_conditional=bool(this.scope.uncertain),
        scope=this.scope,
        version=version_of(this.interpreter.versions, this.scope),
    )
    this.interpreter.add_class(cls)
    return cls


def _is_declarative(this: Call, base: Value) -> bool:
    cls = this.interpreter.force(base)
    is_class = isinstance(cls, ClassValue)
    library = this.interpreter.library
    return library.is_root(this.interpreter, cls) or (
        is_class and library.is_declarative(this.interpreter, cls)
    )


def _setattr(this: Call) -> Value:
    owner, name = this.arg(0), this.arg(1)
    this.interpreter.memo.changed(owner)
    if isinstance(owner, ClassValue | Instance) and isinstance(name, str):
        owner.attrs[name] = this.args[2] if len(this.args) > 2 else None
    return None


def _str(this: Call) -> Value:
    if not this.args:
        return ""
    value = shown(this.interpreter, this.arg(0))
    is_known = type(value) in _STR_TYPES
    return computing.text_of(value) if is_known else Unknown("str() of a value that is not known")


_STR_TYPES = frozenset({str, int, float, bool, type(None)})


def _super(this: Call) -> Value:
    given = this.arg(0)
    if len(this.args) >= 3:  # super(Class, self): the implicit value, then the two given ones
        cls, receiver = this.arg(1), this.arg(2)
        return SuperValue(receiver, cls) if isinstance(cls, ClassValue) else given
    return given


def _computed(this: Call, name: str) -> Value:
    """A call of a function that computes with plain values: `max(…)`, `round(…)`, `int(…)`."""
    args = [this.value(arg) for arg in this.args]
    if this.keywords or not args:
        return Unknown(f"{name}() of a value that is not known")
    charge(this.interpreter, *args)
    result = computing.compute(name, args)
    charge(this.interpreter, result)
    return result


def _format(this: Call) -> Value:
    """`format(value, spec)`"""
    spec = exact(this.arg(1)) if len(this.args) > 1 else ""
    if type(spec) is not str:
        return Unknown("format() of a value that is not known")
    return fields.format_value(this.arg(0), None, spec, partial(formatted, this.interpreter))


def _dir(this: Call) -> Value:
    cls = this.arg(0)
    if not isinstance(cls, ClassValue):
        return Unknown("dir() of a value that is not known")
    order = [item for item in mro(this.interpreter, cls) if isinstance(item, ClassValue)]
    return sorted({_mangled(item, name) for item in order for name in item.attrs})


def _mangled(cls: ClassValue, name: str) -> str:
    private = name.startswith("__") and not name.endswith("__")
    return f"_{cls.name.lstrip('_')}{name}" if private else name


_HANDLERS: dict[str, Callable[[Call], Value]] = {
    "type": _type,
    "super": _super,
    "getattr": call_getattr,
    "hasattr": call_hasattr,
    "setattr": _setattr,
    "isinstance": call_isinstance,
    "issubclass": call_issubclass,
    "dict": call_dict,
    "enumerate": call_enumerate,
    "filter": call_filter,
    "format": _format,
    "frozenset": call_set,
    "list": collection_of(list),
    "map": call_map,
    "next": call_next,
    "set": call_set,
    "sorted": call_sorted,
    "tuple": collection_of(tuple),
    "str": _str,
    "len": call_len,
    "range": call_range,
    "dir": _dir,
    "vars": lambda this: attribute_of(this.interpreter, this.arg(0), "__dict__"),
    "classmethod": lambda this: this.arg(0),
    "staticmethod": lambda this: this.arg(0),
    "property": lambda this: Unknown("a property of instances"),
}


_OF_ITEMS: dict[str, Callable[[Call, list[Value]], Value]] = {
    "reversed": lambda this, items: items[::-1],
    "zip": call_zip,
    "any": lambda this, items: (
        any(items) if is_plain(items) else Unknown("any() of unknown values")
    ),
    "all": lambda this, items: (
        all(items) if is_plain(items) else Unknown("all() of unknown values")
    ),
    "iter": lambda this, items: items,
}
