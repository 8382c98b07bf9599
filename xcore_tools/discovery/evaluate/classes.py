"""Attributes of classes as Python finds and binds them, and the hooks that run when a class is made."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.mro import ancestors, bases_of, metaclass_of, mro
from xcore_tools.discovery.evaluate.plain import exact, is_plain
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    FunctionValue,
    LibraryObject,
    Member,
    MemberText,
    PropertyValue,
    Site,
    SuperValue,
    Unknown,
    Value,
    options_of,
)


def find(
    interpreter: Interpreter, cls: ClassValue, name: str, after: ClassValue | None = None
) -> tuple[ClassValue, Value] | None:
    """The class of the MRO (behind `after`) that has `name` in its namespace, and the value there."""
    prepare(interpreter, cls)
    order = mro(interpreter, cls)
    start = order.index(after) + 1 if after in order else 0
    for item in order[start:]:
        if isinstance(item, ClassValue):
            key = name if name in item.attrs else name.removeprefix(f"_{item.name.lstrip('_')}")
            if key in item.attrs:
                return item, item.attrs[key]
    return None


def attribute(interpreter: Interpreter, cls: ClassValue, name: str) -> Value:
    """`cls.name`, bound as Python binds it; Unknown when no class of the project has it."""
    if name in _DATA_DESCRIPTORS:
        return _special(interpreter, cls, name)
    found = find(interpreter, cls, name)
    if found is None:
        return _special(interpreter, cls, name)
    value = interpreter.force(found[1])
    if (
        not isinstance(value, FunctionValue)
        and not name.startswith("_")
        and is_enumeration(interpreter, found[0])
    ):
        return _member(interpreter, found[0], name, value)
    return bind(interpreter, value, cls)


_DATA_DESCRIPTORS = frozenset({"__name__", "__mro__", "__bases__", "__dict__"})
"""What `type` itself answers, whatever the body of a class says."""


def _special(interpreter: Interpreter, cls: ClassValue, name: str) -> Value:
    match name:
        case "__name__":
            return cls.name
        case "__qualname__":
            return cls.qualname
        case "__module__":
            return cls.module
        case "__mro__":
            return mro(interpreter, cls)
        case "__bases__" | "__orig_bases__":
            return tuple(bases_of(interpreter, cls))
        case "__dict__":
            return cls.attrs
        case "__class__":
            return metaclass_of(interpreter, cls) or External("builtins.type")
    return interpreter.library.implicit_attribute(interpreter, cls, name)


def bind(interpreter: Interpreter, value: Value, receiver: Value) -> Value:
    """What the attribute `value` of a class gives when read through `receiver`."""
    if isinstance(value, PropertyValue):
        return interpreter.call(value.getter, (receiver,), {}, _made_for(receiver))
    if not isinstance(value, FunctionValue) or value.is_bound:
        return value
    kinds = _kinds(interpreter, value)
    if "staticmethod" in kinds:
        return interpreter.call(value, (), {}) if is_declared_attr(interpreter, value) else value
    if is_declared_attr(interpreter, value):
        return interpreter.call(value, (receiver,), {}, _made_for(receiver))
    is_class = isinstance(receiver, ClassValue)
    if "property" in kinds or "cached_property" in kinds:
        return (
            Unknown("a property of instances")
            if is_class
            else interpreter.call(value, (receiver,), {})
        )
    if is_class and not ("classmethod" in kinds or value.facts.name in _IMPLICIT_CLASSMETHODS):
        return value
    return replace(value, receiver=receiver, is_bound=True)


_IMPLICIT_CLASSMETHODS = frozenset({"__init_subclass__", "__class_getitem__"})


def is_declared_attr(interpreter: Interpreter, value: Value) -> bool:
    """Whether a class attribute is computed from the class that is asked: `@declared_attr`, `@classproperty`."""
    if isinstance(value, PropertyValue):
        return True
    return isinstance(value, FunctionValue) and (
        interpreter.library.words.computed in _kinds(interpreter, value)
    )


def _kinds(interpreter: Interpreter, function: FunctionValue) -> frozenset[str]:
    """What the decorators of a function make of it: `declared_attr`, `classmethod`, `property`, …"""
    return frozenset(
        kind
        for decorator in function.facts.decorators
        for kind in _kinds_of(interpreter, decorator, function)
    )


def _kinds_of(interpreter: Interpreter, decorator: ir.Expr, function: FunctionValue) -> list[str]:
    expr = decorator.func if isinstance(decorator, ir.Call) else decorator
    written = expr.id if isinstance(expr, ir.Name) else getattr(expr, "name", "")
    computed = interpreter.library.words.computed
    if "classproperty" in written.lower() or written == computed:
        return [computed]
    value = interpreter.lazily(expr, function.scope)
    if isinstance(value, External):
        return [value.role or value.name]
    return [written]


def _made_for(receiver: Value) -> Site | None:
    """What a declared attribute makes belongs to the class statement that asks for it."""
    if isinstance(receiver, ClassValue) and receiver.scope is not None:
        return Site(receiver.scope, receiver.line)
    return None


def super_attribute(interpreter: Interpreter, value: SuperValue, name: str) -> Value:
    """`super().name`."""
    receiver = value.cls
    cls = receiver if isinstance(receiver, ClassValue) else getattr(receiver, "cls", None)
    found = find(interpreter, cls, name, value.after) if isinstance(cls, ClassValue) else None
    if found is None:
        return External(f"builtins.type.{name}")
    return bind(interpreter, interpreter.resolve(found[1]), receiver)


_ENUMERATIONS = frozenset(
    {"enum.Enum", "enum.StrEnum", "enum.IntEnum", "strenum.StrEnum", "backports.strenum.StrEnum"}
)


def is_enumeration(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether `cls` inherits `enum.Enum` or one of its kin."""
    return any(
        isinstance(item, External) and item.path in _ENUMERATIONS for item in mro(interpreter, cls)
    )


def _member(interpreter: Interpreter, cls: ClassValue, name: str, value: Value) -> Value:
    """The member of an enumeration that an assignment in its body makes."""
    paths = {item.path for item in mro(interpreter, cls) if isinstance(item, External)}
    names_itself = any(path.endswith(".StrEnum") for path in paths)
    is_text = names_itself or "builtins.str" in paths
    if isinstance(value, LibraryObject) and value.callee == "enum.auto":
        value = _automatic(interpreter, cls, name, names_itself=names_itself)
        value = str(value) if is_text and isinstance(value, int) else value
    if is_text and isinstance(value, str):
        member = MemberText(value)
        member.member, member.cls = name, cls
        return member
    if isinstance(value, Unknown):
        return value
    return Member(name, value, cls, is_number="enum.IntEnum" in paths or "builtins.int" in paths)


def _automatic(
    interpreter: Interpreter, cls: ClassValue, name: str, *, names_itself: bool
) -> Value:
    """What `auto()` gives to a member: what the class says, its name in small letters, or the next number."""
    before = [
        key
        for key, value in cls.attrs.items()
        if not (key.startswith("_") or isinstance(value, FunctionValue))
    ]
    before = before[: before.index(name)] if name in before else []
    values = [getattr(attribute(interpreter, cls, key), "value", None) for key in before]
    found = find(interpreter, cls, "_generate_next_value_")
    if found is not None:
        getter = interpreter.force(found[1])
        return interpreter.try_value(
            partial(interpreter.call, getter, (name, 1, len(before), values), {})
        )
    if names_itself:
        return name.lower()
    numbers = [value for value in values if isinstance(value, int)]
    return max(numbers) + 1 if len(numbers) == len(values) and numbers else len(before) + 1


def shown(interpreter: Interpreter, value: Value) -> Value:
    """The text that `str()` makes of a member of an enumeration; other values as they are."""
    if not isinstance(value, Member | MemberText):
        return value
    for item in mro(interpreter, value.cls):
        if isinstance(item, ClassValue) and "__str__" in item.attrs:
            found = interpreter.force(item.attrs["__str__"])
            return interpreter.try_value(
                partial(interpreter.call, bind(interpreter, found, value), (), {})
            )
        if isinstance(item, External) and item.path.endswith(".StrEnum"):
            return _written(exact(value))
        if isinstance(item, External) and item.path == "enum.IntEnum" and isinstance(value, Member):
            return _written(value.value)
    return f"{value.cls.name}.{value.member if isinstance(value, MemberText) else value.name}"


def _written(value: Value) -> Value:
    """The text of a text or of a whole number; of nothing else, whatever an enumeration has for its value."""
    is_written = type(value) is str or (type(value) is int and is_plain(value))
    return str(value) if is_written else Unknown("a member whose value is not known")


def formatted(interpreter: Interpreter, value: Value) -> Value:
    """The text that `format()` makes of a member of an enumeration: that of `str()`, unless its class says so."""
    if isinstance(value, Member | MemberText) and any(
        isinstance(item, ClassValue) and "__format__" in item.attrs
        for item in mro(interpreter, value.cls)
    ):
        return Unknown("a format that the class of a value has of its own")
    return shown(interpreter, value)


def prepare(interpreter: Interpreter, cls: ClassValue) -> None:
    """Follows what Python runs when the class is made: the metaclass and `__init_subclass__`, once.

    Only for classes below a declarative base: other hooks give nobody a table name.
    """
    if cls.is_prepared:
        return
    cls.is_prepared = True
    if not interpreter.library.is_declarative(interpreter, cls):
        return
    metaclass = metaclass_of(interpreter, cls)
    for option in options_of(metaclass):
        if isinstance(option, ClassValue):
            _run_metaclass(interpreter, cls, option)
    found = _inherited_hook(interpreter, cls)
    if found is not None:
        keywords = {k: v for k, v in cls.keywords.items() if k not in {"metaclass", "**"}}
        interpreter.call(bind(interpreter, found, cls), (), keywords)


def _inherited_hook(interpreter: Interpreter, cls: ClassValue) -> Value:
    for item in ancestors(interpreter, cls):
        if isinstance(item, ClassValue) and "__init_subclass__" in item.attrs:
            return interpreter.force(item.attrs["__init_subclass__"])
    return None


def _run_metaclass(interpreter: Interpreter, cls: ClassValue, metaclass: ClassValue) -> None:
    bases = tuple(bases_of(interpreter, cls))
    keywords = {k: v for k, v in cls.keywords.items() if k not in {"metaclass", "**"}}
    for name, first in (("__new__", metaclass), ("__init__", cls)):
        found = find(interpreter, metaclass, name)
        if found is not None:
            interpreter.preparing.append(cls)
            interpreter.call(
                interpreter.force(found[1]), (first, cls.name, bases, cls.attrs), keywords
            )
            interpreter.preparing.pop()
