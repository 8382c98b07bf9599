"""Calls and decorators that make declarative bases."""

from __future__ import annotations

from xcore_tools.discovery.catalog.directives import ABSTRACT
from xcore_tools.discovery.catalog.symbols import BECOME_BASE, BECOME_METACLASS, Role
from xcore_tools.discovery.evaluate.call import Call
from xcore_tools.discovery.evaluate.operators import iterate
from xcore_tools.discovery.evaluate.table_values import MetaDataValue, RegistryValue
from xcore_tools.discovery.evaluate.values import ClassValue, External, Partial, Value
from xcore_tools.discovery.orm.tables import Handler, metadata_or_new


def make_base(this: Call) -> Value:
    """`declarative_base(...)`, `automap_base(...)`, `registry.generate_base(...)`."""
    given = this.keywords
    name = this.interpreter.force(given.get("name"))
    name = name if isinstance(name, str) else "Base"
    base = ClassValue(name, name, this.module, this.line, tuple(_parents(this)))
    base.is_synthetic = base.is_root = True
    if "type_annotation_map" in given:
        base.attrs["type_annotation_map"] = given["type_annotation_map"]
    if "metaclass" in given:
        base.keywords["metaclass"] = given["metaclass"]
    registry = this.interpreter.force(given.get("registry"))
    metadata = this.interpreter.force(given.get("metadata"))
    if isinstance(registry, RegistryValue):
        base.attrs["metadata"] = registry.metadata
        registry.metadata.owners.append(base)
    elif metadata is not None or "declarative_base" not in given:
        base.attrs["metadata"] = metadata_or_new(this, metadata, base)
        base.attrs["metadata"].owners.append(base)
    base.scope = this.scope
    return base


def _parents(this: Call) -> list[Value]:
    """The classes that a new base inherits: `cls=…`, or the first argument unless it is a collection."""
    given = [this.keywords[key] for key in ("cls", "declarative_base") if key in this.keywords]
    parts = [
        part
        for value in given or this.args[:1]
        for part in (iterate(this.interpreter.force(value)) or [value])
    ]
    return [part for part in parts if not isinstance(this.interpreter.force(part), MetaDataValue)]


def as_declarative(this: Call) -> Value:
    """The decorator: the class that follows becomes a base."""
    return Partial(External(BECOME_BASE.homes[0]), (), dict(this.keywords))


def become_base(this: Call) -> Value:
    """What `as_declarative` does when it decorates a class."""
    cls = this.arg(0)
    if not isinstance(cls, ClassValue):
        return cls
    cls.is_root = True
    if "metaclass" in this.keywords:
        cls.keywords["metaclass"] = this.keywords["metaclass"]
    registry = this.interpreter.force(this.keywords.get("registry"))
    metadata = this.interpreter.force(this.keywords.get("metadata"))
    if isinstance(registry, RegistryValue):
        metadata = registry.metadata
    if isinstance(metadata, MetaDataValue) or "metadata" not in cls.attrs:
        cls.attrs["metadata"] = metadata_or_new(this, metadata, cls)
    return cls


def with_metaclass(this: Call) -> Value:
    """`six.with_metaclass(Meta, *bases)`."""
    cls = ClassValue("temporary_class", "temporary_class", this.module, this.line, this.args[1:])
    cls.is_synthetic = True
    cls.attrs[ABSTRACT] = True
    if this.args:
        cls.keywords["metaclass"] = this.args[0]
    return cls


def add_metaclass(this: Call) -> Value:
    """`six.add_metaclass(Meta)`: a decorator."""
    return Partial(External(BECOME_METACLASS.homes[0]), this.args[:1], {})


def become_metaclass(this: Call) -> Value:
    """What `add_metaclass` does when it decorates a class."""
    metaclass, cls = this.arg(0), this.arg(1)
    if isinstance(cls, ClassValue):
        cls.keywords["metaclass"] = metaclass
        cls.is_base = None  # to be asked again
    return cls


HANDLERS: dict[Role, Handler] = {
    Role.MAKE_BASE: make_base,
    Role.AS_DECLARATIVE: as_declarative,
    Role.BECOME_BASE: become_base,
    Role.WITH_METACLASS: with_metaclass,
    Role.ADD_METACLASS: add_metaclass,
    Role.BECOME_METACLASS: become_metaclass,
}
