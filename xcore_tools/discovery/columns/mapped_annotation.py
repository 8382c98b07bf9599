"""The type of a column by its annotation: what `Mapped[…]` or a field of SQLModel means for a Python type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from xcore_tools.discovery.catalog.paths import ENUM_PATH, SQLALCHEMY
from xcore_tools.discovery.catalog.structure import ENUM
from xcore_tools.discovery.catalog.types import PYTHON_TYPES, SQLMODEL_TYPES, TYPE_HOMES, TYPING
from xcore_tools.discovery.columns.annotations import Hint
from xcore_tools.discovery.columns.force import asked
from xcore_tools.discovery.columns.types import type_of
from xcore_tools.discovery.columns.unparse import written
from xcore_tools.discovery.evaluate.classes import find, is_enumeration
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.mro import mro
from xcore_tools.discovery.evaluate.table_values import RegistryValue
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    Display,
    External,
    GenericAlias,
    LibraryObject,
    Union,
    Unknown,
    Value,
    options_of,
)
from xcore_tools.discovery.results import ColumnType


def hinted_type(
    interpreter: Interpreter, cls: ClassValue, hint: Hint
) -> ColumnType | Unknown | None:
    """The type that `Mapped[…]` has by the map of the base, or by that of SQLAlchemy.

    As in `sqlalchemy.orm.registry._resolve_type`, only enumerations are known by what they inherit.
    """
    maps = list(_maps(interpreter, cls))
    keys = (*hint.wholes, *hint.types[:1])
    answers = (_mapped_to(maps, key) for key in keys)
    found = next((answer for answer in answers if answer is not None), None)
    if found is None and any(isinstance(key, GenericAlias) for key in keys):
        found = _mapped_to(maps, hint.types[0], _is_of_origin)
    if found is not None:
        return type_of(interpreter, asked(interpreter, found))
    if any(
        isinstance(each, ClassValue) and is_enumeration(interpreter, each) for each in hint.types
    ):
        found = _mapped_to(maps, External("enum.Enum"))
        stated = None if found is None else type_of(interpreter, asked(interpreter, found))
        if isinstance(stated, ColumnType):
            return msgspec.structs.replace(stated, values=None)
    return _of_one(interpreter, hint.types, PYTHON_TYPES)


def sqlmodel_type(interpreter: Interpreter, hint: Hint) -> ColumnType | Unknown | None:
    """The type that SQLModel gives to a field of this annotation, by the nearest base that it knows."""
    types = list(hint.types)
    if (
        len(types) == 1
        and isinstance(types[0], ClassValue)
        and not is_enumeration(interpreter, types[0])
    ):
        order = (item for item in mro(interpreter, types[0]) if isinstance(item, External))
        types = [next((item for item in order if item.path in SQLMODEL_TYPES), types[0])]
    return _of_one(interpreter, types, SQLMODEL_TYPES)


def _maps(interpreter: Interpreter, cls: ClassValue) -> Iterator[Display]:
    """The `type_annotation_map` of the base, or of its registry."""
    for name in ("type_annotation_map", "registry", "__xt_registry__"):
        found = find(interpreter, cls, name)
        value = asked(interpreter, found[1]) if found else None
        value = asked(interpreter, value.type_map) if isinstance(value, RegistryValue) else value
        if isinstance(value, Display):
            yield value


def _mapped_to(
    maps: list[Display], key: Value, is_same: Callable[[Value, Value], bool] | None = None
) -> Value | None:
    """What a map has for a Python type; classes of libraries are known by their names."""
    is_same = is_same or _is_same
    if isinstance(key, Union):
        found = [_mapped_to(maps, option, is_same) for option in key.options]
        return found[0] if all(each is found[0] for each in found) else None
    for each in maps:
        for known, value in reversed(each.pairs):
            if isinstance(known, Unknown) or not _is_class(known):
                return Unknown("a type in the type_annotation_map is not known")
            if any(is_same(option, key) for option in options_of(known)):
                return value
    return None


def _is_class(key: Value) -> bool:
    """Whether a key of a map is a class, or an alias of one: the call of a library could give any."""
    is_call = isinstance(key, LibraryObject) and key.callee.partition(".")[0] not in TYPING
    return not is_call


def _is_same(one: Value, other: Value) -> bool:
    is_type = isinstance(other, External | ClassValue | GenericAlias)
    return one is other or (is_type and bool(one == other))


def _is_of_origin(known: Value, origin: Value) -> bool:
    """Whether a key is an alias of a class: its items may be spelt in another way than those asked for."""
    return isinstance(known, GenericAlias) and known.origin == origin


def _of_one(
    interpreter: Interpreter, types: list[Value], usual: Mapping[str, str]
) -> ColumnType | Unknown | None:
    if len(types) != 1:
        return Unknown("the annotation is a union of several types")
    value = types[0]
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Union):
        found = {_of_one(interpreter, [each], usual) for each in value.options}
        return found.pop() if len(found) == 1 else Unknown("the type is one of several")
    if isinstance(value, ClassValue) and is_enumeration(interpreter, value):
        return _enumeration(interpreter, value)
    path = value.path if isinstance(value, External) else getattr(value, "callee", "")
    if path not in usual:
        return Unknown(f"no type is known for {written(value)}")
    name = usual[path]
    if name == ENUM.name:
        return _enumeration(interpreter, value)
    return ColumnType(name, (), TYPE_HOMES.get(name, SQLALCHEMY))


def _enumeration(interpreter: Interpreter, value: Value) -> ColumnType | Unknown | None:
    """`Enum` of a Python enumeration, or of the texts of a `Literal`."""
    if isinstance(value, LibraryObject):
        known = [asked(interpreter, each) for each in value.args]
        is_known = all(isinstance(each, str) for each in known)
        return ColumnType(ENUM.name, (), SQLALCHEMY, values=tuple(known) if is_known else None)
    return type_of(interpreter, LibraryObject(ENUM_PATH, (value,), {}, 0))
