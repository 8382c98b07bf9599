"""Attributes that SQLAlchemy gives to bases and models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xcore_tools.discovery.catalog.directives import IMPERATIVE, TABLE, TABLENAME
from xcore_tools.discovery.catalog.paths import INSTRUMENTED_ATTRIBUTE
from xcore_tools.discovery.evaluate.mro import mro
from xcore_tools.discovery.evaluate.table_values import TableValue
from xcore_tools.discovery.evaluate.values import ClassValue, LibraryObject, Unknown, Value
from xcore_tools.discovery.orm.evidence import is_column
from xcore_tools.discovery.orm.mapper import map_class
from xcore_tools.discovery.orm.metadata import base_attribute
from xcore_tools.discovery.orm.table_rules import is_mapped

if TYPE_CHECKING:
    from xcore_tools.discovery.link.interpreter import Interpreter


def implicit_attribute(interpreter: Interpreter, cls: ClassValue, name: str) -> Value:
    """`metadata` and `registry` of a base, `__table__`, `__tablename__` and annotated columns of a model."""
    if name in {"metadata", "registry"}:
        return base_attribute(interpreter, cls, name)
    if name in {TABLE, TABLENAME} and cls.mapped_by != IMPERATIVE and is_mapped(interpreter, cls):
        mapping = map_class(interpreter, cls)
        if mapping is not None and name == TABLENAME:
            return mapping.table
        if mapping is not None:
            return TableValue(
                name=mapping.table,
                schema=mapping.schema,
                metadata=mapping.metadata,
                module=cls.module,
                line=cls.line,
                has_columns=True,
                may_exist=True,
                is_conditional=False,
                owner=cls,
            )
    order = mro(interpreter, cls) if interpreter.is_declarative(cls) else ()
    if any(isinstance(item, ClassValue) and name in item.annotations for item in order):
        return LibraryObject(INSTRUMENTED_ATTRIBUTE, (cls, name), {}, cls.line)
    return Unknown(f"{cls.name} has no attribute {name}")


def owned_attribute(interpreter: Interpreter, cls: ClassValue, name: str, value: Value) -> Value:
    """A column that is asked of a mapped class, as an attribute of that class; other values as they are."""
    is_owned = is_column(value) and is_mapped(interpreter, cls)
    return LibraryObject(INSTRUMENTED_ATTRIBUTE, (cls, name), {}, value.line) if is_owned else value
