"""The collection that the tables of a class go into."""

from __future__ import annotations

from xcore_tools.discovery.catalog.directives import BIND_KEY
from xcore_tools.discovery.catalog.libraries import Foreign
from xcore_tools.discovery.evaluate.classes import find
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.table_values import DatabaseValue, MetaDataValue, RegistryValue
from xcore_tools.discovery.evaluate.values import ClassValue, External, Unknown, Value
from xcore_tools.discovery.orm.declarative_bases import foreigns, is_root, root_of


def metadata_of(interpreter: Interpreter, cls: ClassValue) -> MetaDataValue | None:
    """The collection of a mapped class, by its bind key, its base or its registry; None if not known."""
    root = root_of(interpreter, cls)
    bound = _bound_metadata(interpreter, cls, root)
    if bound is not None:
        return bound
    if isinstance(root, ClassValue):
        _root_metadata(interpreter, root)
    found = find(interpreter, cls, "metadata")
    value = interpreter.force(found[1]) if found else None
    if isinstance(value, MetaDataValue):
        return value
    registry = find(interpreter, cls, "__xt_registry__")
    if registry is not None:
        return registry[1].metadata if isinstance(registry[1].metadata, MetaDataValue) else None
    implicit = base_attribute(interpreter, cls, "metadata")
    return implicit if isinstance(implicit, MetaDataValue) else None


def _bound_metadata(interpreter: Interpreter, cls: ClassValue, root: Value) -> MetaDataValue | None:
    """The collection that `__bind_key__` chooses, of Flask-SQLAlchemy's or of another library's."""
    found = find(interpreter, cls, BIND_KEY)
    key = interpreter.force(found[1]) if found else None
    if not isinstance(key, str):
        return None
    database = root.attrs.get("__fsa__") if isinstance(root, ClassValue) else None
    name = next((each.binds for each in foreigns(interpreter, cls) if each.binds), None)
    bound: MetaDataValue | None = None
    if isinstance(database, DatabaseValue):
        bound = interpreter.outside.bound_metadata(database, key)
    elif name is not None:
        bound = interpreter.outside.named_metadata(f"{name}[{key!r}]")
    return bound


def base_attribute(interpreter: Interpreter, cls: ClassValue, name: str) -> Value:
    """`metadata` or `registry` of a declarative base, as its children see it."""
    root = cls if is_root(interpreter, cls) else root_of(interpreter, cls)
    if isinstance(root, External):
        foreign = interpreter.outside.foreign(root.path)
        metadata = interpreter.outside.foreign_metadata(foreign or Foreign(root.path))
        module = root.path.rpartition(".")[0]
    elif isinstance(root, ClassValue):
        metadata, module = _root_metadata(interpreter, root), root.module
    else:
        return Unknown(f"{cls.name} has no attribute {name}")
    return metadata if name == "metadata" else RegistryValue(metadata, module)


def _root_metadata(interpreter: Interpreter, root: ClassValue) -> MetaDataValue:
    found = find(interpreter, root, "metadata")
    value = interpreter.force(found[1]) if found else None
    if isinstance(value, MetaDataValue):
        return value
    found = find(interpreter, root, "registry")
    registry = interpreter.force(found[1]) if found else None
    if not isinstance(registry, RegistryValue):
        registry = registry or interpreter.force(root.keywords.get("registry"))
    metadata: MetaDataValue
    if isinstance(registry, External):
        metadata = interpreter.outside.named_metadata(f"{registry.path}.metadata")
    elif isinstance(registry, RegistryValue) and isinstance(registry.metadata, MetaDataValue):
        metadata = registry.metadata
        metadata.owners.append(root)
    else:
        metadata = MetaDataValue(None, root.module, root.line, owners=[root])
    root.attrs["metadata"] = metadata
    return metadata
