"""Attributes that SQLAlchemy gives to bases and models, and those of what it keeps: tables, collections, …"""

from __future__ import annotations

from xcore_tools.discovery.catalog.directives import IMPERATIVE, MAPPER_ATTRIBUTE, TABLE, TABLENAME
from xcore_tools.discovery.catalog.paths import INSTRUMENTED_ATTRIBUTE, MODEL, SQLALCHEMY
from xcore_tools.discovery.catalog.symbols import TABLE as TABLE_CLASS
from xcore_tools.discovery.evaluate.classes import attribute
from xcore_tools.discovery.evaluate.core import AttributeRule, Interpreter
from xcore_tools.discovery.evaluate.mro import mro
from xcore_tools.discovery.evaluate.table_values import (
    DatabaseValue,
    MapperValue,
    MetaDataValue,
    RegistryValue,
    TableValue,
)
from xcore_tools.discovery.evaluate.values import (
    BoundMethod,
    ClassValue,
    External,
    LibraryObject,
    Unknown,
    Value,
)
from xcore_tools.discovery.orm.declarative_bases import is_declarative
from xcore_tools.discovery.orm.evidence import is_column
from xcore_tools.discovery.orm.mapper import Mapping, map_class
from xcore_tools.discovery.orm.metadata import base_attribute
from xcore_tools.discovery.orm.table_rules import OWN_TABLE, is_mapped, mapped_parent


def implicit_attribute(interpreter: Interpreter, cls: ClassValue, name: str) -> Value:
    """`metadata` and `registry` of a base, `__table__`, `__tablename__` and annotated columns of a model."""
    if name in {"metadata", "registry"}:
        return base_attribute(interpreter, cls, name)
    if name == MAPPER_ATTRIBUTE and is_mapped(interpreter, cls):
        return MapperValue(cls)
    if name in {TABLE, TABLENAME} and cls.mapped_by != IMPERATIVE and is_mapped(interpreter, cls):
        mapping = map_class(interpreter, cls)
        if mapping is not None and name == TABLENAME:
            return mapping.table
        if mapping is not None:
            return _table_of(cls, mapping)
    order = mro(interpreter, cls) if is_declarative(interpreter, cls) else ()
    if any(isinstance(item, ClassValue) and name in item.annotations for item in order):
        return LibraryObject(INSTRUMENTED_ATTRIBUTE, (cls, name), {}, cls.line)
    return Unknown(f"{cls.name} has no attribute {name}")


def _table_of(cls: ClassValue, mapping: Mapping) -> TableValue:
    """The table of a model: the same one each time, which keeps what is appended to it."""
    before = cls.attrs.get(OWN_TABLE)
    table = TableValue(
        name=mapping.table,
        schema=mapping.schema,
        metadata=mapping.metadata,
        module=cls.module,
        line=cls.line,
        has_columns=True,
        may_exist=True,
        is_conditional=False,
        owner=cls,
        items=before.items if isinstance(before, TableValue) else (),
    )
    is_same = isinstance(before, TableValue) and _named(before) == _named(table)
    cls.attrs[OWN_TABLE] = before if is_same else table
    found: TableValue = cls.attrs[OWN_TABLE]
    return found


def _named(table: TableValue) -> tuple[Value, Value, Value]:
    return table.name, table.schema, table.metadata


def owned_attribute(interpreter: Interpreter, cls: ClassValue, name: str, value: Value) -> Value:
    """A column that is asked of a mapped class, as an attribute of that class; other values as they are."""
    is_owned = is_column(value) and is_mapped(interpreter, cls)
    return LibraryObject(INSTRUMENTED_ATTRIBUTE, (cls, name), {}, value.line) if is_owned else value


def _of_external(interpreter: Interpreter, value: External, name: str) -> Value:
    foreign = interpreter.outside.foreign(value.path)
    if name == "metadata" and foreign is not None and foreign.is_base:
        return interpreter.outside.foreign_metadata(foreign)
    return interpreter.library.external(f"{value.path}.{name}")


def _of_metadata(interpreter: Interpreter, value: MetaDataValue, name: str) -> Value:
    return value.schema if name == "schema" else BoundMethod(value, name)


def _of_registry(interpreter: Interpreter, value: RegistryValue, name: str) -> Value:
    return value.metadata if name == "metadata" else BoundMethod(value, name)


def _of_database(interpreter: Interpreter, value: DatabaseValue, name: str) -> Value:
    if name == "metadata":
        return value.metadata
    if name == MODEL:
        return value.model
    if name in {TABLE_CLASS.name, "make_declarative_base"}:
        return BoundMethod(value, name)
    return interpreter.library.external(f"{SQLALCHEMY}.{name}")


def _of_table(interpreter: Interpreter, value: TableValue, name: str) -> Value:
    known = {"name": value.name, "schema": value.schema, "metadata": value.metadata}
    if name in {"fullname", "key"}:
        parts = [value.schema, value.name] if value.schema else [value.name]
        unknown = next((part for part in parts if not isinstance(part, str)), None)
        return ".".join(parts) if unknown is None else unknown
    return known.get(name, BoundMethod(value, name))


_TABLES_OF_MAPPERS = frozenset({"local_table", "mapped_table", "persist_selectable"})


def _of_mapper(interpreter: Interpreter, value: MapperValue, name: str) -> Value:
    if name in _TABLES_OF_MAPPERS:
        return attribute(interpreter, value.cls, TABLE)
    if name in {"class_", "entity"}:
        return value.cls
    if name in {"c", "columns"}:
        return BoundMethod(attribute(interpreter, value.cls, TABLE), "c")
    if name == "inherits":
        parent = mapped_parent(interpreter, value.cls)
        return None if parent is None else MapperValue(parent)
    return Unknown(f"{name} of a mapper is not followed")


def _of_method(interpreter: Interpreter, value: BoundMethod, name: str) -> Value:
    """`table.c.name`: a column of a known table."""
    if not isinstance(value.receiver, TableValue) or value.name not in {"c", "columns"}:
        return Unknown("an attribute of a method")
    owner = value.receiver.owner
    if isinstance(owner, ClassValue):
        key = _attribute_called(interpreter, owner, name)
        return owned_attribute(interpreter, owner, key, attribute(interpreter, owner, key))
    columns = (interpreter.force(item) for item in value.receiver.items)
    named = (
        item
        for item in columns
        if isinstance(item, LibraryObject) and _is_called(interpreter, item, name)
    )
    return next(named, Unknown(f"the table has no column {name}"))


def _attribute_called(interpreter: Interpreter, cls: ClassValue, name: str) -> str:
    """The attribute whose column has that name in the table; the attribute of that name, as a rule."""
    for item in mro(interpreter, cls):
        for key, value in item.attrs.items() if isinstance(item, ClassValue) else ():
            column = interpreter.force(value)
            if is_column(column) and _is_called(interpreter, column, name):
                return key
    return name


def _is_called(interpreter: Interpreter, column: LibraryObject, name: str) -> bool:
    column = interpreter.with_arguments(column)
    stated = [interpreter.force(column.keywords.get(key)) for key in ("key", "name")]
    first = interpreter.force(column.args[0]) if column.args else None
    return name == next((each for each in (*stated, first) if isinstance(each, str)), None)


ATTRIBUTES: dict[type, AttributeRule] = {
    External: _of_external,
    MetaDataValue: _of_metadata,
    RegistryValue: _of_registry,
    DatabaseValue: _of_database,
    MapperValue: _of_mapper,
    TableValue: _of_table,
    BoundMethod: _of_method,
}
"""The attributes of each kind of value."""
