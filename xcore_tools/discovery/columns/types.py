"""The type of a column, from a value that stands for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from xcore_tools.discovery.columns.force import asked
from xcore_tools.discovery.columns.naming import (
    SAME_TYPES,
    is_type_name,
)
from xcore_tools.discovery.columns.unparse import written
from xcore_tools.discovery.evaluate.classes import attribute, bind, find, is_enumeration
from xcore_tools.discovery.evaluate.mro import mro
from xcore_tools.discovery.evaluate.values import (
    Choice,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Made,
    Unknown,
    Value,
)
from xcore_tools.discovery.results import ColumnType

if TYPE_CHECKING:
    from xcore_tools.discovery.link.interpreter import Machine

_WRAPPERS = frozenset({"as_mutable", "with_variant", "associate_with", "copy", "adapt"})
_NULL = frozenset({"NullType", "NULLTYPE"})
_MAX_DEPTH = 8


def is_type(machine: Machine, value: Value) -> bool:
    """Whether a positional argument of a column is its type."""
    if isinstance(value, External):
        return is_type_name(value.path)
    if isinstance(value, Made):
        name = value.callee.rpartition(".")[2]
        return name in _WRAPPERS or is_type_name(value.callee)
    if isinstance(value, ClassValue):
        return not is_enumeration(machine, value)
    if isinstance(value, Instance):
        return not _is_item(machine, value.cls)
    return isinstance(value, Choice) and all(is_type(machine, each) for each in value.options)


def _is_item(machine: Machine, cls: ClassValue) -> bool:
    """Whether a class of the project is a kind of constraint, sequence or foreign key."""
    return any(
        isinstance(item, External)
        and item.path.startswith("sqlalchemy")
        and not is_type_name(item.path)
        for item in mro(machine, cls)
    )


def type_of(machine: Machine, value: Value, depth: int = 0) -> ColumnType | Unknown | None:
    """The type that `value` is; None for `NullType`, Unknown with the reason where it is not known."""
    if depth > _MAX_DEPTH:
        return Unknown("a type that wraps itself")
    match value:
        case External(path=path) if is_type_name(path):
            return _library_type(machine, path, (), {})
        case Made(callee=callee, args=args) if callee.rpartition(".")[2] in _WRAPPERS and args:
            return _wrapping(machine, callee, args, depth + 1)
        case Made(callee=callee, args=args, keywords=keywords) if is_type_name(callee):
            return _library_type(machine, callee, args, keywords)
        case ClassValue():
            return _own_type(machine, value, (), {}, depth)
        case Instance(cls=cls, args=args, keywords=keywords):
            return _own_type(machine, cls, args, keywords, depth)
        case Choice(options=options):
            names = {str(type_of(machine, each, depth + 1)) for each in options}
            return Unknown(f"the type is one of {', '.join(sorted(names))}")
    return value if isinstance(value, Unknown) else _NO_TYPE


def _wrapping(
    machine: Machine, callee: str, args: tuple[Value, ...], depth: int
) -> ColumnType | Unknown | None:
    """`as_mutable(type)`, and `base.with_variant(type, engine, …)`"""
    base, *given = (asked(machine, arg) for arg in args)
    found = type_of(machine, base, depth)
    if not callee.endswith(".with_variant") or not given:
        return found
    variant = type_of(machine, given[0], depth)
    names = [str(name) for name in given[1:] if isinstance(name, str)]
    if not (isinstance(found, ColumnType) and isinstance(variant, ColumnType)):
        return found
    more = tuple((name, variant) for name in names)
    return msgspec.structs.replace(found, variants=(*found.variants, *more))


_NO_TYPE = Unknown("the type is made by code that is not followed")


def _library_type(
    machine: Machine, path: str, args: tuple[Value, ...], keywords: Mapping[str, Value]
) -> ColumnType | None:
    module, _, name = path.rpartition(".")
    if name in _NULL:
        return None
    name = SAME_TYPES.get(name, name) if module.startswith("sqlalchemy") else name
    known = [asked(machine, arg) for arg in args]
    named = {key: asked(machine, value) for key, value in keywords.items()}
    values = _enum_values(machine, known, named) if name == "Enum" else None
    return ColumnType(name, tuple(_texts(machine, known, named)), module, values=values)


def _texts(machine: Machine, args: list[Value], keywords: Mapping[str, Value]) -> Iterator[str]:
    """The arguments as one would write them; `…` for what is not known."""
    for arg in args:
        yield _text(machine, arg)
    for key, value in keywords.items():
        yield "…" if key == "**" else f"{key}={_text(machine, value)}"


def _text(machine: Machine, value: Value) -> str:
    if is_type(machine, value) and not isinstance(value, ClassValue):
        found = type_of(machine, value)
        if isinstance(found, ColumnType):
            return str(found)
    return written(value)


def _enum_values(
    machine: Machine, args: list[Value], keywords: Mapping[str, Value]
) -> tuple[str, ...] | None:
    """What the database knows of an enumeration: the names of the members, or texts as they are given."""
    if args and all(isinstance(arg, str) for arg in args):
        return tuple(str(arg) for arg in args)
    if (
        len(args) != 1
        or not isinstance(args[0], ClassValue)
        or not is_enumeration(machine, args[0])
    ):
        return None
    members = _members(args[0])
    getter = keywords.get("values_callable")
    if getter is None:
        return members
    listed = [asked(machine, attribute(machine, args[0], name)) for name in members]
    values = machine.attempt(partial(machine.call, getter, (listed,), {}))
    if isinstance(values, list | tuple) and all(isinstance(each, str) for each in values):
        return tuple(str(each) for each in values)
    return None


def _members(cls: ClassValue) -> tuple[str, ...]:
    return tuple(
        name
        for name, value in cls.attrs.items()
        if not name.startswith("_") and not isinstance(value, FunctionValue)
    )


def _own_type(
    machine: Machine,
    cls: ClassValue,
    args: tuple[Value, ...],
    keywords: Mapping[str, Value],
    depth: int,
) -> ColumnType | Unknown:
    """A type of the project: a TypeDecorator with what it wraps, or a subclass of a library's type."""
    known = [asked(machine, arg) for arg in args]
    named = {key: asked(machine, value) for key, value in keywords.items()}
    texts = tuple(_texts(machine, known, named))
    return ColumnType(cls.name, texts, cls.module, _wrapped(machine, cls, args, keywords, depth))


def _wrapped(
    machine: Machine,
    cls: ClassValue,
    args: tuple[Value, ...],
    keywords: Mapping[str, Value],
    depth: int,
) -> ColumnType | None:
    """What a type stands for in the database. Where its own `__init__` decides, the arguments are not known."""
    if find(machine, cls, "load_dialect_impl") is not None:
        return None  # each engine has another one
    has_own_init = find(machine, cls, "__init__") is not None
    base = _base_of(machine, cls)
    if isinstance(base, External | ClassValue) and not has_own_init:
        base = _applied(base, args, keywords)
    found = type_of(machine, base, depth + 1)
    if not isinstance(found, ColumnType):
        return None
    is_open = has_own_init and isinstance(base, External)
    return msgspec.structs.replace(found, arguments=("…",)) if is_open else found


def _base_of(machine: Machine, cls: ClassValue) -> Value:
    """The `impl` of a TypeDecorator; else the library's type that a class inherits, if there is one."""
    found = find(machine, cls, "impl")
    if found is not None:
        return asked(machine, bind(machine, asked(machine, found[1]), cls))
    inherited = (item for item in mro(machine, cls) if isinstance(item, External))
    types = (item for item in inherited if is_type_name(item.path) and item.name not in _ABSTRACT)
    return next(types, None)


_ABSTRACT = frozenset({"TypeDecorator", "UserDefinedType", "TypeEngine", "Generic", "ExternalType"})


def _applied(
    impl: External | ClassValue, args: tuple[Value, ...], keywords: Mapping[str, Value]
) -> Value:
    if isinstance(impl, External):
        return Made(impl.path, args, dict(keywords), 0)
    return Instance(impl, args=args, keywords=dict(keywords))
