"""`value.name` for each kind of value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xcore_tools.discovery.evaluate import classes
from xcore_tools.discovery.evaluate.scopes import module_attribute
from xcore_tools.discovery.evaluate.table_values import (
    DatabaseValue,
    MetaDataValue,
    RegistryValue,
    TableValue,
)
from xcore_tools.discovery.evaluate.values import (
    BoundMethod,
    ClassValue,
    Display,
    External,
    FunctionValue,
    Instance,
    LibraryObject,
    MatchValue,
    Member,
    MemberText,
    ModuleValue,
    Partial,
    PatternValue,
    SuperValue,
    Union,
    Unknown,
    Value,
    union_of,
)

if TYPE_CHECKING:
    from xcore_tools.discovery.link.interpreter import Interpreter


def attribute_of(interpreter: Interpreter, value: Value, name: str) -> Value:
    """`value.name`; Unknown with the reason where it cannot be known.

    Raises:
        NotReadyError: it leads into a module that is not loaded, or not followed to that point yet.
    """
    if isinstance(value, Union):
        return union_of([attribute_of(interpreter, option, name) for option in value.options])
    if isinstance(value, Unknown):
        return value
    rule = _ATTRIBUTES.get(type(value))
    if rule is None:
        return Unknown(f"attribute {name} is not followed")
    return interpreter.resolve(rule(interpreter, value, name))


def _of_external(interpreter: Interpreter, value: External, name: str) -> Value:
    foreign = interpreter.outside.foreign(value.path)
    if name == "metadata" and foreign is not None and foreign.is_base:
        return interpreter.outside.foreign_metadata(foreign)
    return interpreter.outside.external(f"{value.path}.{name}")


def _of_module(interpreter: Interpreter, value: ModuleValue, name: str) -> Value:
    return module_attribute(interpreter, value.name, name)


def _of_text(interpreter: Interpreter, value: str, name: str) -> Value:
    return BoundMethod(value, name)


def _of_member(interpreter: Interpreter, value: Member | MemberText, name: str) -> Value:
    if name in {"name", "_name_"}:
        return value.member if isinstance(value, MemberText) else value.name
    if name in {"value", "_value_"}:
        return str(value) if isinstance(value, MemberText) else value.value
    if name == "__class__":
        return value.cls
    found = classes.find(interpreter, value.cls, name)
    if found is not None:
        return classes.bind(interpreter, interpreter.resolve(found[1]), value)
    is_text = isinstance(value, MemberText)
    return BoundMethod(value, name) if is_text else Unknown("an attribute of an enumeration")


def _of_instance(interpreter: Interpreter, value: Instance, name: str) -> Value:
    if name in value.attrs:
        return value.attrs[name]
    if name == "__class__":
        return value.cls
    found = classes.find(interpreter, value.cls, name)
    if found is None:
        return Unknown(f"an instance of {value.cls.name} has no attribute {name}")
    return classes.bind(interpreter, interpreter.resolve(found[1]), value)


def _of_metadata(interpreter: Interpreter, value: MetaDataValue, name: str) -> Value:
    return value.schema if name == "schema" else BoundMethod(value, name)


def _of_registry(interpreter: Interpreter, value: RegistryValue, name: str) -> Value:
    return value.metadata if name == "metadata" else BoundMethod(value, name)


def _of_database(interpreter: Interpreter, value: DatabaseValue, name: str) -> Value:
    if name == "metadata":
        return value.metadata
    if name == "Model":
        return value.model
    if name in {"Table", "make_declarative_base"}:
        return BoundMethod(value, name)
    return interpreter.outside.external(f"sqlalchemy.{name}")


def _of_table(interpreter: Interpreter, value: TableValue, name: str) -> Value:
    known = {"name": value.name, "schema": value.schema, "metadata": value.metadata}
    if name in {"fullname", "key"}:
        parts = [value.schema, value.name] if value.schema else [value.name]
        unknown = next((part for part in parts if not isinstance(part, str)), None)
        return ".".join(parts) if unknown is None else unknown
    return known.get(name, BoundMethod(value, name))


def _of_method(interpreter: Interpreter, value: BoundMethod, name: str) -> Value:
    """`table.c.name`: a column of a known table."""
    if not isinstance(value.receiver, TableValue) or value.name not in {"c", "columns"}:
        return Unknown("an attribute of a method")
    if isinstance(value.receiver.owner, ClassValue):
        return classes.attribute(interpreter, value.receiver.owner, name)
    columns = (interpreter.force(item) for item in value.receiver.items)
    named = (
        item
        for item in columns
        if isinstance(item, LibraryObject) and _is_called(interpreter, item, name)
    )
    return next(named, Unknown(f"the table has no column {name}"))


def _is_called(interpreter: Interpreter, column: LibraryObject, name: str) -> bool:
    column = interpreter.with_arguments(column)
    stated = [interpreter.force(column.keywords.get(key)) for key in ("key", "name")]
    first = interpreter.force(column.args[0]) if column.args else None
    return name == next((each for each in (*stated, first) if isinstance(each, str)), None)


def _of_function(interpreter: Interpreter, value: FunctionValue, name: str) -> Value:
    return value.facts.name if name == "__name__" else Unknown("an attribute of a function")


def _of_made(interpreter: Interpreter, value: LibraryObject, name: str) -> Value:
    if name == "name":
        args = interpreter.with_arguments(value).args
        if args and isinstance(args[0], str):
            return args[0]
    if value.callee == "string.Template" and name in TEMPLATE_METHODS:
        return BoundMethod(value, name)
    if name in _KEEPING:
        return Partial(External(f"{value.callee}.{name}"), (value,), {})
    return External(f"{value.callee}.{name}")


TEMPLATE_METHODS = frozenset({"substitute", "safe_substitute"})
"""Methods of `string.Template` that fill it in."""

_KEEPING = frozenset({"copy", "_copy", "with_variant"})
"""Methods of columns and types that give one of the same kind."""


def _of_class(interpreter: Interpreter, value: ClassValue, name: str) -> Value:
    found = classes.attribute(interpreter, value, name)
    return interpreter.owned_attribute(value, name, found) if interpreter.is_describing else found


def _method(interpreter: Interpreter, value: Value, name: str) -> Value:
    return BoundMethod(value, name)


_ATTRIBUTES: dict[type, Callable[[Interpreter, Any, str], Value]] = {
    External: _of_external,
    ModuleValue: _of_module,
    ClassValue: _of_class,
    Instance: _of_instance,
    SuperValue: classes.super_attribute,
    MetaDataValue: _of_metadata,
    RegistryValue: _of_registry,
    DatabaseValue: _of_database,
    TableValue: _of_table,
    BoundMethod: _of_method,
    FunctionValue: _of_function,
    LibraryObject: _of_made,
    PatternValue: _method,
    str: _of_text,
    MemberText: _of_member,
    Member: _of_member,
    MatchValue: _method,
    tuple: _method,
    list: _method,
    dict: _method,
    Display: _method,
    set: _method,
    frozenset: _method,
}
