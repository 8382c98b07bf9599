"""How a class is mapped: its kind, table, schema and collection."""

from __future__ import annotations

import msgspec

from xcore_tools.discovery.catalog.directives import (
    DATACLASS,
    DECLARATIVE,
    HYBRID,
    IMPERATIVE,
    SINGLE_TABLE,
    TABLE_ARGS,
)
from xcore_tools.discovery.catalog.libraries import Foreign
from xcore_tools.discovery.catalog.symbols import Role
from xcore_tools.discovery.evaluate.classes import is_declared_attr
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.effects import makes
from xcore_tools.discovery.evaluate.mro import ancestors, mro
from xcore_tools.discovery.evaluate.table_values import MetaDataValue, TableValue
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    FunctionValue,
    Unknown,
    Value,
    options_of,
)
from xcore_tools.discovery.orm.declarative_bases import foreigns, has_role, root_of
from xcore_tools.discovery.orm.evidence import is_unfollowed
from xcore_tools.discovery.orm.metadata import metadata_of
from xcore_tools.discovery.orm.table_rules import (
    NO_TABLE,
    Selectable,
    bound,
    declared,
    is_abstract_concrete,
    is_mapped,
    mapped_parent,
    own_table,
)


class Mapping(msgspec.Struct):
    """How one class is mapped. `table` is None where the class shares its parent's or the name is not known."""

    kind: str
    root: Value
    metadata: MetaDataValue | None
    table: Value = None
    schema: Value = None
    makes_table: bool = False
    by_evidence: bool = False


def map_class(interpreter: Interpreter, cls: ClassValue) -> Mapping | None:
    """How `cls` is mapped, or None if it is not."""
    if not is_mapped(interpreter, cls):
        return None
    own = own_table(interpreter, cls)
    parent = mapped_parent(interpreter, cls)
    mapping = _without_table(interpreter, cls, _kind(interpreter, cls, own, parent))
    if is_abstract_concrete(interpreter, cls):
        mapping.kind, mapping.by_evidence = DECLARATIVE, False
    elif own is NO_TABLE and parent is not None and (shared := _sharer(interpreter, parent)):
        mapping.table, mapping.schema, mapping.metadata = (
            shared.table,
            shared.schema,
            shared.metadata,
        )
        mapping.by_evidence = shared.by_evidence
    elif isinstance(own, TableValue):
        mapping.table, mapping.schema, mapping.metadata = own.name, own.schema, own.metadata
    elif isinstance(own, Selectable):
        mapping.table = Unknown("it is mapped to something other than a Table")
    else:
        mapping.table = _UNNAMED if own is NO_TABLE else own
        mapping.schema = _schema_of(interpreter, cls, mapping.metadata)
        mapping.makes_table = True
    return mapping


def _sharer(interpreter: Interpreter, cls: ClassValue) -> Mapping | None:
    """The mapping of the nearest class, `cls` or one above it, that has a table to share."""
    seen: list[ClassValue] = []
    source: ClassValue | None = cls
    while source is not None and source.shared is None:
        seen.append(source)
        is_sharing = own_table(interpreter, source) is NO_TABLE
        source = mapped_parent(interpreter, source) if is_sharing else None
    shared = source.shared if source is not None else map_class(interpreter, seen[-1])
    if interpreter.is_settled:
        for item in seen:
            item.shared = shared
    return shared


_UNNAMED = Unknown("nothing in the project names it, but a base of another library may")


def _without_table(interpreter: Interpreter, cls: ClassValue, kind: str) -> Mapping:
    """The base and the collection of a mapped class; a base of another library if there is no better one."""
    root = root_of(interpreter, cls)
    if root is not None or cls.mapped_by:
        return Mapping(kind, root, metadata_of(interpreter, cls))
    outside = (item for item in ancestors(interpreter, cls) if isinstance(item, External))
    base = next((item for item in outside if is_unfollowed(item)), None)
    metadata = interpreter.outside.foreign_metadata(Foreign(base.path)) if base else None
    return Mapping(kind, base, metadata, by_evidence=True)


def _kind(interpreter: Interpreter, cls: ClassValue, own: Value, parent: ClassValue | None) -> str:
    if own is NO_TABLE and parent is not None:
        return SINGLE_TABLE
    if isinstance(own, TableValue | Selectable) and cls.mapped_by != IMPERATIVE:
        return HYBRID
    if cls.mapped_by == IMPERATIVE:
        return IMPERATIVE
    kind = next((foreign.kind for foreign in foreigns(interpreter, cls) if foreign.kind), None)
    if kind is not None:
        return kind
    if cls.mapped_by == DATACLASS or any(
        has_role(item, Role.DATACLASS_MIXIN) for item in mro(interpreter, cls)
    ):
        return DATACLASS
    return DECLARATIVE


def _schema_of(interpreter: Interpreter, cls: ClassValue, metadata: MetaDataValue | None) -> Value:
    args = declared(interpreter, cls, TABLE_ARGS)
    default = metadata.schema if metadata else None
    found: list[Value] = []
    for option in options_of(args):
        last = (
            interpreter.force(option[-1]) if isinstance(option, tuple | list) and option else option
        )
        if isinstance(last, dict) and "schema" in last:
            schema = interpreter.force(last["schema"])
            is_known = schema is None or isinstance(schema, str | Unknown)
            found.append(schema if is_known else Unknown("it is only known at run time"))
        elif isinstance(last, Unknown):
            found.append(last)
    texts = [o for value in found for o in options_of(value) if isinstance(o, str)]
    if texts:
        return texts[0]
    unknown = next((value for value in found if isinstance(value, Unknown)), None)
    return unknown or default


def make_declared_tables(interpreter: Interpreter, cls: ClassValue) -> None:
    """Follows declared attributes of a mapped class that make tables, such as a mixin's association table."""
    for item in mro(interpreter, cls):
        if isinstance(item, ClassValue) and (item is cls or not is_mapped(interpreter, item)):
            for raw in tuple(item.attrs.values()):
                if (
                    isinstance(raw, FunctionValue)
                    and is_declared_attr(interpreter, raw)
                    and makes(interpreter, raw)
                ):
                    bound(interpreter, raw, cls)
