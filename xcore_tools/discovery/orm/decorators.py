"""Calls and decorators that map a class: those of a registry, and the older functions."""

from __future__ import annotations

from xcore_tools.discovery.evaluate.call import Call
from xcore_tools.discovery.evaluate.table_values import MapperValue, RegistryValue
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    Partial,
    Unknown,
    Value,
)
from xcore_tools.discovery.orm.bases import as_declarative, make_base
from xcore_tools.discovery.orm.declarative_bases import root_of
from xcore_tools.discovery.orm.table_rules import has_mapped_parent


def call_registry(this: Call, registry: RegistryValue, name: str) -> Value:
    """What a method of a registry returns."""
    if name == "map_imperatively":
        return map_imperatively(this)
    if name == "mapped_as_dataclass" and not this.args:
        return mapped_decorator(registry, "dataclass")
    if name in _MAPPERS:
        this.args = (registry, *this.args)
        return become_mapped(this, _MAPPERS[name])
    if name in _MAKERS:
        this.keywords = {**this.keywords, "registry": registry}
        return _MAKERS[name](this)
    return Unknown(f"registry.{name} is not followed")


_MAPPERS = {
    "mapped": "declarative",
    "map_declaratively": "declarative",
    "mapped_as_dataclass": "dataclass",
}
_MAKERS = {"generate_base": make_base, "as_declarative_base": as_declarative}


def map_imperatively(this: Call) -> Value:
    """`registry.map_imperatively(cls, table, …)` and the old `mapper()`."""
    cls, table = this.arg(0, "class_"), this.arg(1, "local_table")
    if isinstance(cls, ClassValue):
        if root_of(this.interpreter, cls) is None:  # else a declarative class asks for its mapper
            cls.mapped_by = "imperative"
            cls.table = table
        return MapperValue(cls)
    return Unknown("a mapper of a class that is not known")


def mapper_of(this: Call) -> Value:
    """`Mapper(cls, …)` and `class_mapper(cls)`"""
    cls = this.arg(0, "class_")
    known = isinstance(cls, ClassValue)
    return MapperValue(cls) if known else Unknown("a mapper of a class that is not known")


def mapped_decorator(registry: Value, kind: str) -> Value:
    """A decorator that maps the class below it."""
    return Partial(External(f"sqlalchemy.orm._mapped_{kind}"), (registry,), {})


def become_mapped(this: Call, kind: str) -> Value:
    """What such a decorator does when it is called with a class."""
    registry, cls = this.arg(0), this.arg(1)
    if isinstance(cls, ClassValue):
        cls.mapped_by = kind
        if isinstance(registry, RegistryValue):
            cls.attrs.setdefault("__xt_registry__", registry)
    return cls


def mapped_as_dataclass(this: Call) -> Value:
    """`mapped_as_dataclass(registry, …)`: a decorator."""
    return mapped_decorator(this.arg(0), "dataclass")


def has_inherited_table(this: Call) -> Value:
    """`has_inherited_table(cls)`"""
    cls = this.arg(0)
    if not isinstance(cls, ClassValue):
        return Unknown("has_inherited_table()")
    return has_mapped_parent(this.interpreter, cls)
