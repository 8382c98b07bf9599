"""The type of a column, from a value that stands for one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import partial

import msgspec

from xcore_tools.discovery.catalog.derived import ABSTRACT_TYPES, ITEMS, SAME_TYPES
from xcore_tools.discovery.catalog.paths import SQLALCHEMY
from xcore_tools.discovery.catalog.structure import ENUM, NULL_TYPE
from xcore_tools.discovery.columns.force import asked
from xcore_tools.discovery.columns.unparse import written
from xcore_tools.discovery.evaluate.classes import attribute, bind, find, is_enumeration
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.mro import mro
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    FunctionValue,
    Instance,
    LibraryObject,
    Union,
    Unknown,
    Value,
)
from xcore_tools.discovery.results import ColumnType

_WRAPPERS = frozenset({"as_mutable", "with_variant", "associate_with", "copy", "adapt"})
_MAX_DEPTH = 8


def is_type(interpreter: Interpreter, value: Value) -> bool:
    """Whether a positional argument of a column is its type."""
    if isinstance(value, External):
        return is_type_name(value.path)
    if isinstance(value, LibraryObject):
        name = value.callee.rpartition(".")[2]
        return name in _WRAPPERS or is_type_name(value.callee)
    if isinstance(value, ClassValue):
        return not is_enumeration(interpreter, value)
    if isinstance(value, Instance):
        return not _is_item(interpreter, value.cls)
    return isinstance(value, Union) and all(is_type(interpreter, each) for each in value.options)


def _is_item(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether a class of the project is a kind of constraint, sequence or foreign key."""
    return any(
        isinstance(item, External)
        and item.path.startswith(SQLALCHEMY)
        and not is_type_name(item.path)
        for item in mro(interpreter, cls)
    )


def is_type_name(path: str) -> bool:
    """Whether a library's dotted name may be the class of a type: it has a capital, and is no item.

    The standard library has no types of columns.
    """
    top, name = path.partition(".")[0], path.rpartition(".")[2]
    return name[:1].isupper() and name not in ITEMS and top not in sys.stdlib_module_names


def type_of(interpreter: Interpreter, value: Value, depth: int = 0) -> ColumnType | Unknown | None:
    """The type that `value` is; None for `NullType`, Unknown with the reason where it is not known."""
    if depth > _MAX_DEPTH:
        return Unknown("a type that wraps itself")
    match value:
        case External(path=path) if is_type_name(path):
            return _library_type(interpreter, path, (), {})
        case LibraryObject(callee=callee, args=args) if (
            callee.rpartition(".")[2] in _WRAPPERS and args
        ):
            return _wrapping(interpreter, callee, args, depth + 1)
        case LibraryObject(callee=callee, args=args, keywords=keywords) if is_type_name(callee):
            return _library_type(interpreter, callee, args, keywords)
        case ClassValue():
            return _own_type(interpreter, value, (), {}, depth)
        case Instance(cls=cls, args=args, keywords=keywords):
            return _own_type(interpreter, cls, args, keywords, depth)
        case Union(options=options):
            found = [type_of(interpreter, each, depth + 1) for each in options]
            names = {each.reason if isinstance(each, Unknown) else str(each) for each in found}
            return Unknown(f"the type is one of {', '.join(sorted(names))}")
    return value if isinstance(value, Unknown) else _NO_TYPE


def _wrapping(
    interpreter: Interpreter, callee: str, args: tuple[Value, ...], depth: int
) -> ColumnType | Unknown | None:
    """`as_mutable(type)`, and `base.with_variant(type, engine, …)`"""
    base, *given = (asked(interpreter, arg) for arg in args)
    found = type_of(interpreter, base, depth)
    if not callee.endswith(".with_variant") or not given:
        return found
    variant = type_of(interpreter, given[0], depth)
    names = [str(name) for name in given[1:] if isinstance(name, str)]
    if not (isinstance(found, ColumnType) and isinstance(variant, ColumnType)):
        return found
    more = tuple((name, variant) for name in names)
    return msgspec.structs.replace(found, variants=(*found.variants, *more))


_NO_TYPE = Unknown("the type is made by code that is not followed")


def _library_type(
    interpreter: Interpreter, path: str, args: tuple[Value, ...], keywords: Mapping[str, Value]
) -> ColumnType | None:
    module, _, name = path.rpartition(".")
    same = SAME_TYPES.get(name, name)
    if same == NULL_TYPE.name:
        return None
    name = same if module.startswith(SQLALCHEMY) else name
    known = [asked(interpreter, arg) for arg in args]
    named = {key: asked(interpreter, value) for key, value in keywords.items()}
    values = _enum_values(interpreter, known, named) if name == ENUM.name else None
    return ColumnType(name, tuple(_texts(interpreter, known, named)), module, values=values)


def _texts(
    interpreter: Interpreter, args: list[Value], keywords: Mapping[str, Value]
) -> Iterator[str]:
    """The arguments as one would write them; `…` for what is not known."""
    for arg in args:
        yield _text(interpreter, arg)
    for key, value in keywords.items():
        yield "…" if key == "**" else f"{key}={_text(interpreter, value)}"


def _text(interpreter: Interpreter, value: Value) -> str:
    if is_type(interpreter, value) and not isinstance(value, ClassValue):
        found = type_of(interpreter, value)
        if isinstance(found, ColumnType):
            return str(found)
    return written(value)


def _enum_values(
    interpreter: Interpreter, args: list[Value], keywords: Mapping[str, Value]
) -> tuple[str, ...] | None:
    """What the database knows of an enumeration: the names of the members, or texts as they are given."""
    if args and all(isinstance(arg, str) for arg in args):
        return tuple(str(arg) for arg in args)
    if (
        len(args) != 1
        or not isinstance(args[0], ClassValue)
        or not is_enumeration(interpreter, args[0])
    ):
        return None
    members = _members(args[0])
    getter = keywords.get("values_callable")
    if getter is None:
        return members
    listed = [asked(interpreter, attribute(interpreter, args[0], name)) for name in members]
    values = interpreter.try_value(partial(interpreter.call, getter, (listed,), {}))
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
    interpreter: Interpreter,
    cls: ClassValue,
    args: tuple[Value, ...],
    keywords: Mapping[str, Value],
    depth: int,
) -> ColumnType | Unknown:
    """A type of the project: a TypeDecorator with what it wraps, or a subclass of a library's type."""
    known = [asked(interpreter, arg) for arg in args]
    named = {key: asked(interpreter, value) for key, value in keywords.items()}
    texts = tuple(_texts(interpreter, known, named))
    return ColumnType(
        cls.name, texts, cls.module, _wrapped(interpreter, cls, args, keywords, depth)
    )


def _wrapped(
    interpreter: Interpreter,
    cls: ClassValue,
    args: tuple[Value, ...],
    keywords: Mapping[str, Value],
    depth: int,
) -> ColumnType | None:
    """What a type stands for in the database. Where its own `__init__` decides, the arguments are not known."""
    if find(interpreter, cls, "load_dialect_impl") is not None:
        return None  # each engine has another one
    has_own_init = find(interpreter, cls, "__init__") is not None
    base = _base_of(interpreter, cls)
    if isinstance(base, External | ClassValue) and not has_own_init:
        base = _applied(base, args, keywords)
    found = type_of(interpreter, base, depth + 1)
    if not isinstance(found, ColumnType):
        return None
    is_open = has_own_init and isinstance(base, External)
    return msgspec.structs.replace(found, arguments=("…",)) if is_open else found


def _base_of(interpreter: Interpreter, cls: ClassValue) -> Value:
    """The `impl` of a TypeDecorator; else the library's type that a class inherits, if there is one."""
    found = find(interpreter, cls, "impl")
    if found is not None:
        return asked(interpreter, bind(interpreter, asked(interpreter, found[1]), cls))
    inherited = (item for item in mro(interpreter, cls) if isinstance(item, External))
    types = (item for item in inherited if is_type_name(item.path) and item.name not in _NOT_STORED)
    return next(types, None)


_NOT_STORED = ABSTRACT_TYPES | {"Generic"}


def _applied(
    impl: External | ClassValue, args: tuple[Value, ...], keywords: Mapping[str, Value]
) -> Value:
    if isinstance(impl, External):
        return LibraryObject(impl.path, args, dict(keywords), 0)
    return Instance(impl, args=args, keywords=dict(keywords))
