"""Calls and decorators that map a class: those of a registry, and the older functions."""

from __future__ import annotations

from collections.abc import Callable

from xcore_tools.discovery.catalog.derived import methods_of
from xcore_tools.discovery.catalog.directives import DATACLASS, DECLARATIVE, IMPERATIVE
from xcore_tools.discovery.catalog.symbols import BECOME_MAPPED_DATACLASS, Role, Symbol
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
from xcore_tools.discovery.orm.tables import Handler


def call_registry(this: Call, registry: RegistryValue, name: str) -> Value:
    """What a method of a registry returns."""
    method = _METHODS.get(_ROLES.get(name))
    return method(this, registry) if method else Unknown(f"registry.{name} is not followed")


def _map_imperatively(this: Call, _: RegistryValue) -> Value:
    return map_imperatively(this)


def _map_declaratively(this: Call, registry: RegistryValue) -> Value:
    this.args = (registry, *this.args)
    return become_mapped(this, DECLARATIVE)


def _map_as_dataclass(this: Call, registry: RegistryValue) -> Value:
    if not this.args:  # @registry.mapped_as_dataclass(kw_only=True)
        return mapped_decorator(BECOME_MAPPED_DATACLASS, registry)
    this.args = (registry, *this.args)
    return become_mapped(this, DATACLASS)


def _make_base(this: Call, registry: RegistryValue) -> Value:
    this.keywords = {**this.keywords, "registry": registry}
    return make_base(this)


def _as_declarative(this: Call, registry: RegistryValue) -> Value:
    this.keywords = {**this.keywords, "registry": registry}
    return as_declarative(this)


_ROLES = methods_of(Role.REGISTRY)
_METHODS: dict[Role | None, Callable[[Call, RegistryValue], Value]] = {
    Role.MAPPER: _map_imperatively,
    Role.MAP_DECLARATIVELY: _map_declaratively,
    Role.MAPPED_AS_DATACLASS: _map_as_dataclass,
    Role.MAKE_BASE: _make_base,
    Role.AS_DECLARATIVE: _as_declarative,
}


def map_imperatively(this: Call) -> Value:
    """`registry.map_imperatively(cls, table, …)` and the old `mapper()`."""
    cls, table = this.arg(0, "class_"), this.arg(1, "local_table")
    if isinstance(cls, ClassValue):
        if root_of(this.interpreter, cls) is None:  # else a declarative class asks for its mapper
            cls.mapped_by = IMPERATIVE
            cls.table = table
        return MapperValue(cls)
    return Unknown("a mapper of a class that is not known")


def mapper_of(this: Call) -> Value:
    """`Mapper(cls, …)` and `class_mapper(cls)`"""
    cls = this.arg(0, "class_")
    known = isinstance(cls, ClassValue)
    return MapperValue(cls) if known else Unknown("a mapper of a class that is not known")


def mapped_decorator(become: Symbol, registry: Value) -> Value:
    """A decorator that maps the class below it; `become` is what it does then."""
    return Partial(External(become.homes[0]), (registry,), {})


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
    return mapped_decorator(BECOME_MAPPED_DATACLASS, this.arg(0))


def has_inherited_table(this: Call) -> Value:
    """`has_inherited_table(cls)`"""
    cls = this.arg(0)
    if not isinstance(cls, ClassValue):
        return Unknown("has_inherited_table()")
    return has_mapped_parent(this.interpreter, cls)


HANDLERS: dict[Role, Handler] = {
    Role.MAPPER: map_imperatively,
    Role.MAPPER_OF: mapper_of,
    Role.MAPPED_AS_DATACLASS: mapped_as_dataclass,
    Role.BECOME_MAPPED_DATACLASS: lambda this: become_mapped(this, DATACLASS),
    Role.HAS_INHERITED_TABLE: has_inherited_table,
}
