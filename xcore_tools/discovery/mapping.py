"""Is a class mapped, to which table, in which MetaData? SQLAlchemy's own rules, read statically.

The order of the rules follows `sqlalchemy.orm.decl_base`: a class below a declarative base is mapped
unless its own namespace says `__abstract__ = True`; `__tablename__`, `__table_args__` and `__table__`
count on the class itself, on mixins and on abstract bases, but not on a mapped parent, unless they are
declared attributes; a class without a table of its own shares the one of its mapped parent.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from xcore_tools.discovery import syntax as s
from xcore_tools.discovery.classes import (
    ancestors,
    bases_of,
    bind,
    find,
    is_declared_attr,
    metaclass_of,
    mro,
    prepare,
)
from xcore_tools.discovery.frameworks import FOREIGN, Foreign, camel_to_snake, role_of
from xcore_tools.discovery.values import (
    ClassValue,
    DatabaseValue,
    External,
    FunctionValue,
    Made,
    MetaDataValue,
    RegistryValue,
    TableValue,
    Unknown,
    Value,
    options_of,
)

if TYPE_CHECKING:
    from xcore_tools.discovery.machine import Machine

__all__ = [
    "Mapping",
    "declared",
    "dotted_name",
    "foreigns",
    "has_mapped_parent",
    "implicit_attribute",
    "is_column",
    "is_mapped",
    "make_declared_tables",
    "map_class",
    "names_tables",
    "prepare",
    "root_of",
]

_COLUMNS = frozenset({"Column", "mapped_column"})
_PLAIN_LIBRARIES = frozenset(
    {"pydantic", "typing_extensions", "builtins", "attr", "attrs", "marshmallow", "django"}
)


class Mapping(msgspec.Struct):
    """How one class is mapped. `table` is None where the class shares its parent's or the name is not known."""

    cls: ClassValue
    kind: str
    table: Value
    schema: Value
    metadata: MetaDataValue | None
    root: Value
    makes_table: bool
    by_evidence: bool


# -- bases --------------------------------------------------------------------------------------


def root_of(machine: Machine, cls: ClassValue) -> Value:
    """The declarative base in the ancestry of `cls`: a ClassValue, an External, or None."""
    return next((item for item in ancestors(machine, cls) if _is_root(machine, item)), None)


def _is_root(machine: Machine, item: Value) -> bool:
    if isinstance(item, External):
        foreign = machine.foreign(item.path)
        return foreign is not None and foreign.is_base
    if not isinstance(item, ClassValue):
        return False
    if item.is_root or any(_role(base) == "DeclarativeBase" for base in bases_of(machine, item)):
        return True
    if "registry" in item.keywords and any(f.needs_table_keyword for f in foreigns(machine, item)):
        return True  # class Base(SQLModel, registry=…)
    return "metaclass" in item.keywords and _is_declarative_meta(
        machine, metaclass_of(machine, item)
    )


def _role(value: Value) -> str | None:
    return role_of(value.path) if isinstance(value, External) else None


def _is_declarative_meta(machine: Machine, metaclass: Value) -> bool:
    for option in options_of(metaclass):
        order = mro(machine, option) if isinstance(option, ClassValue) else (option,)
        if any(_role(item) in {"DeclarativeMeta", "DefaultMeta"} for item in order):
            return True
    return False


def names_tables(machine: Machine, metaclass: Value) -> bool:
    """Whether a metaclass gives table names as Flask-SQLAlchemy does."""
    for option in options_of(metaclass):
        order = mro(machine, option) if isinstance(option, ClassValue) else (option,)
        if any(_role(item) in {"NameMetaMixin", "DefaultMeta"} for item in order):
            return True
    return False


def foreigns(machine: Machine, cls: ClassValue) -> list[Foreign]:
    """What is known of the other libraries' classes among the ancestors of `cls`."""
    found = (machine.foreign(item.path) for item in mro(machine, cls) if isinstance(item, External))
    return [foreign for foreign in found if foreign is not None]


# -- mapped or not -------------------------------------------------------------------------------


def is_mapped(machine: Machine, cls: ClassValue) -> bool:
    """Whether SQLAlchemy would map `cls`."""
    if cls.mapped is None:
        cls.mapped = False  # what a cyclic question sees
        prepare(machine, cls)
        cls.mapped = _is_mapped(machine, cls)
    return cls.mapped


def _is_mapped(machine: Machine, cls: ClassValue) -> bool:
    if cls.mapped_by:
        return True
    if (
        cls.is_synthetic
        or _is_root(machine, cls)
        or machine.known(cls.attrs.get("__abstract__")) is True
    ):
        return False
    if _is_abstract_concrete(machine, cls):
        return root_of(machine, cls) is not None
    root = root_of(machine, cls)
    if root is None:
        return _has_evidence(machine, cls) or _inherits_evidence(machine, cls)
    if any(foreign.needs_table_keyword for foreign in foreigns(machine, cls)):
        is_table = machine.known(cls.keywords.get("table")) is True
        return is_table and not any(
            isinstance(b, ClassValue) and is_mapped(machine, b) for b in bases_of(machine, cls)
        )
    return (
        _own_table(machine, cls) is not _NO_TABLE
        or has_mapped_parent(machine, cls)
        or any(_is_unfollowed(item) for item in ancestors(machine, cls))
    )


def _is_abstract_concrete(machine: Machine, cls: ClassValue) -> bool:
    """Whether a class is mapped to the union of its children's tables, and has none of its own."""
    return any(_role(base) == "AbstractConcreteBase" for base in bases_of(machine, cls))


def has_mapped_parent(machine: Machine, cls: ClassValue) -> bool:
    """Whether a class above `cls` is mapped."""
    return _mapped_parent(machine, cls) is not None


def _mapped_parent(machine: Machine, cls: ClassValue) -> ClassValue | None:
    for item in ancestors(machine, cls):
        if (
            isinstance(item, ClassValue)
            and is_mapped(machine, item)
            and not _is_abstract_concrete(machine, item)
        ):
            return item
    return None


def _has_evidence(machine: Machine, cls: ClassValue) -> bool:
    """A table, or a table name and columns, of its own, below a base that could not be followed."""
    if not any(_is_unfollowed(item) for item in ancestors(machine, cls)):
        return False
    if "mixin" in cls.name.lower():
        return False
    if isinstance(machine.known(cls.attrs.get("__table__")), TableValue):
        return True
    return isinstance(machine.known(cls.attrs.get("__tablename__")), str) and _has_columns(
        machine, cls
    )


def _has_columns(machine: Machine, cls: ClassValue) -> bool:
    annotated = any(_is_mapped_annotation(a) for a in cls.annotations.values())
    return annotated or any(is_column(machine.known(value)) for value in cls.attrs.values())


def _is_unfollowed(item: Value) -> bool:
    if isinstance(item, External):
        top = item.path.partition(".")[0]
        return (
            top not in sys.stdlib_module_names
            and top not in _PLAIN_LIBRARIES
            and role_of(item.path) is None
        )
    return isinstance(item, Unknown)


def _inherits_evidence(machine: Machine, cls: ClassValue) -> bool:
    parent = _mapped_parent(machine, cls)
    return parent is not None and not parent.mapped_by


def is_column(value: Value) -> bool:
    """Whether a value is a column: what a call of `Column` or `mapped_column` returned."""
    return isinstance(value, Made) and value.callee.rpartition(".")[2] in _COLUMNS


def _is_mapped_annotation(annotation: s.Expr) -> bool:
    if isinstance(annotation, s.Const) and isinstance(annotation.value, str):
        return annotation.value.lstrip().startswith(("Mapped[", "orm.Mapped[", "so.Mapped["))
    if not isinstance(annotation, s.Subscript):
        return False
    owner = annotation.value
    return (owner.id if isinstance(owner, s.Name) else getattr(owner, "name", "")) == "Mapped"


# -- the table -----------------------------------------------------------------------------------

_NO_TABLE = object()


def map_class(machine: Machine, cls: ClassValue) -> Mapping | None:
    """How `cls` is mapped, or None if it is not."""
    if not is_mapped(machine, cls):
        return None
    own = _own_table(machine, cls)
    parent = _mapped_parent(machine, cls)
    metadata = _metadata_of(machine, cls)
    kind = _kind(machine, cls, own, parent)
    root = root_of(machine, cls)
    by_evidence = root is None and not cls.mapped_by
    if by_evidence:
        root = next(
            (
                item
                for item in ancestors(machine, cls)
                if isinstance(item, External) and _is_unfollowed(item)
            ),
            None,
        )
        metadata = machine.foreign_metadata(Foreign(root.path)) if root else None
    if _is_abstract_concrete(machine, cls):
        return Mapping(
            cls, "declarative", None, None, metadata, root_of(machine, cls), False, False
        )
    if own is _NO_TABLE and parent is not None:
        shared = map_class(machine, parent)
        if shared is not None:
            return msgspec.structs.replace(shared, cls=cls, kind=kind, root=root, makes_table=False)
    if isinstance(own, TableValue):
        return Mapping(cls, kind, own.name, own.schema, own.metadata, root, False, by_evidence)
    if isinstance(own, _Selectable):
        return Mapping(
            cls,
            kind,
            Unknown("it is mapped to something other than a Table"),
            None,
            metadata,
            root,
            False,
            by_evidence,
        )
    if own is _NO_TABLE:
        own = Unknown("nothing in the project names it, but a base of another library may")
    schema = _schema_of(machine, cls, metadata)
    return Mapping(cls, kind, own, schema, metadata, root, True, by_evidence)


class _Selectable(msgspec.Struct):
    """A `__table__` that is no Table that we know: a join, a select, a reflected table."""


def _kind(machine: Machine, cls: ClassValue, own: Value, parent: ClassValue | None) -> str:
    if own is _NO_TABLE and parent is not None:
        return "single-table"
    if isinstance(own, TableValue | _Selectable) and cls.mapped_by != "imperative":
        return "hybrid"
    if cls.mapped_by == "imperative":
        return "imperative"
    if any(foreign.needs_table_keyword for foreign in foreigns(machine, cls)):
        return "sqlmodel"
    if cls.mapped_by == "dataclass" or any(
        _role(item) == "MappedAsDataclass" for item in mro(machine, cls)
    ):
        return "dataclass"
    return "declarative"


def _own_table(machine: Machine, cls: ClassValue) -> Value:
    """The class's own table: a TableValue, a name, Unknown, or the mark that it has none."""
    if cls.mapped_by == "imperative":
        if cls.table is None:
            return _NO_TABLE
        table = next(
            (o for o in options_of(machine.known(cls.table)) if isinstance(o, TableValue)), None
        )
        return table or _Selectable()
    explicit = declared(machine, cls, "__table__")
    if explicit is not None:
        return (
            next((o for o in options_of(explicit) if isinstance(o, TableValue)), None)
            or _Selectable()
        )
    name = _table_name(machine, cls)
    if name is None:
        return _NO_TABLE
    if (
        _is_flask(machine, cls)
        and has_mapped_parent(machine, cls)
        and not _has_primary_key(machine, cls)
    ):
        return _NO_TABLE
    return name


def declared(machine: Machine, cls: ClassValue, name: str) -> Value:
    """The value of a declarative directive for `cls`, None if nothing that counts provides it."""
    prepare(machine, cls)
    for item in mro(machine, cls):
        if not isinstance(item, ClassValue) or name not in item.attrs:
            continue
        raw = machine.known(item.attrs[name])
        if item is cls or is_declared_attr(machine, raw) or not is_mapped(machine, item):
            return machine.known(_bound(machine, raw, cls))
        return None  # the plain value of a mapped parent hides what is behind it
    return None


def _bound(machine: Machine, value: Value, cls: ClassValue) -> Value:
    return machine.attempt(lambda: bind(machine, value, cls))


def _table_name(machine: Machine, cls: ClassValue) -> Value:
    """The name of the class's own table: text, Unknown, or None for no table of its own."""
    given = declared(machine, cls, "__tablename__")
    foreign = next((f for f in foreigns(machine, cls) if f.naming or f.tablename), None)
    if _is_flask(machine, cls) and given is None and _flask_names(machine, cls):
        return camel_to_snake(cls.name)
    if given is None and foreign is not None and "__tablename__" not in cls.attrs:
        overridden = _overridden(machine, cls, foreign)
        return (
            overridden
            if overridden is not None
            else foreign.tablename or (foreign.naming or str.lower)(cls.name)
        )
    if isinstance(given, FunctionValue):
        return Unknown("the name is computed by a method that is no declared attribute")
    texts = [option for option in options_of(given) if isinstance(option, str)]
    if len(set(texts)) > 1:
        return Unknown(f"the name is one of {', '.join(sorted(set(texts)))}")
    if texts:
        return texts[0]
    return given if isinstance(given, Unknown) or given is None else Unknown("the name is no text")


def _overridden(machine: Machine, cls: ClassValue, foreign: Foreign) -> Value:
    """A plain `__tablename__` of a mapped parent hides the name that a library's base would compute."""
    found = find(machine, cls, "__tablename__")
    if found is None:
        return None
    value = machine.known(found[1])
    return value if isinstance(value, str) else None


def _is_flask(machine: Machine, cls: ClassValue) -> bool:
    root = root_of(machine, cls)
    return isinstance(root, ClassValue) and "__fsa__" in root.attrs


def _flask_names(machine: Machine, cls: ClassValue) -> bool:
    """Whether Flask-SQLAlchemy names the table: nobody does, or only a mapped parent."""
    root = root_of(machine, cls)
    if not isinstance(root, ClassValue) or root.naming != "flask":
        return False
    found = find(machine, cls, "__tablename__")
    return found is None or (found[0] is not cls and is_mapped(machine, found[0]))


def _has_primary_key(machine: Machine, cls: ClassValue) -> bool:
    """Whether the columns that would go into the class's own table hold a primary key."""
    parent = _mapped_parent(machine, cls)
    inherited = mro(machine, parent) if parent is not None else ()
    for item in mro(machine, cls):
        if not isinstance(item, ClassValue) or item in inherited:
            continue
        for raw in item.attrs.values():
            value = machine.known(raw)
            if is_declared_attr(machine, value):
                value = machine.known(_bound(machine, value, cls))
            if is_column(value) and machine.known(value.keywords.get("primary_key")) is True:
                return True
    args = declared(machine, cls, "__table_args__")
    items = args if isinstance(args, tuple) else ()
    return any(
        isinstance(machine.known(i), Made) and role_of(machine.known(i).callee) == "primary_key"
        for i in items
    )


def _schema_of(machine: Machine, cls: ClassValue, metadata: MetaDataValue | None) -> Value:
    args = declared(machine, cls, "__table_args__")
    default = metadata.schema if metadata else None
    found: list[Value] = []
    for option in options_of(args):
        last = machine.known(option[-1]) if isinstance(option, tuple | list) and option else option
        if isinstance(last, dict) and "schema" in last:
            schema = machine.known(last["schema"])
            is_known = schema is None or isinstance(schema, str | Unknown)
            found.append(schema if is_known else Unknown("it is only known at run time"))
        elif isinstance(last, Unknown):
            found.append(last)
    texts = [o for value in found for o in options_of(value) if isinstance(o, str)]
    if texts:
        return texts[0]
    unknown = next((value for value in found if isinstance(value, Unknown)), None)
    return unknown or default


def make_declared_tables(machine: Machine, cls: ClassValue) -> None:
    """Follows declared attributes of a mapped class that make tables, such as a mixin's association table."""
    for item in mro(machine, cls):
        if isinstance(item, ClassValue) and (item is cls or not is_mapped(machine, item)):
            for raw in tuple(item.attrs.values()):
                if (
                    isinstance(raw, FunctionValue)
                    and is_declared_attr(machine, raw)
                    and machine.makes(raw)
                ):
                    _bound(machine, raw, cls)


# -- the collection ------------------------------------------------------------------------------


def _metadata_of(machine: Machine, cls: ClassValue) -> MetaDataValue | None:
    key = find(machine, cls, "__bind_key__")
    root = root_of(machine, cls)
    if key is not None and isinstance(root, ClassValue) and isinstance(machine.known(key[1]), str):
        database = root.attrs.get("__fsa__")
        if isinstance(database, DatabaseValue):
            return machine.bound_metadata(database, machine.known(key[1]))
    if isinstance(root, ClassValue):
        _root_metadata(machine, root)
    found = find(machine, cls, "metadata")
    value = machine.known(found[1]) if found else None
    if isinstance(value, MetaDataValue):
        return value
    registry = find(machine, cls, "__xt_registry__")
    if registry is not None:
        return registry[1].metadata if isinstance(registry[1].metadata, MetaDataValue) else None
    implicit = implicit_attribute(machine, cls, "metadata")
    return implicit if isinstance(implicit, MetaDataValue) else None


def implicit_attribute(machine: Machine, cls: ClassValue, name: str) -> Value:
    """An attribute that SQLAlchemy adds: `metadata` and `registry` of a base, `__table__` of a model."""
    if name in {"metadata", "registry"}:
        root = cls if _is_root(machine, cls) else root_of(machine, cls)
        if isinstance(root, External):
            foreign = machine.foreign(root.path)
            metadata = machine.foreign_metadata(foreign or Foreign(root.path))
        elif isinstance(root, ClassValue):
            metadata = _root_metadata(machine, root)
        else:
            return Unknown(f"{cls.name} has no attribute {name}")
        return metadata if name == "metadata" else RegistryValue(metadata, root_module(root))
    if (
        name in {"__table__", "__tablename__"}
        and cls.mapped_by != "imperative"
        and is_mapped(machine, cls)
    ):
        mapping = map_class(machine, cls)
        if mapping is not None and name == "__tablename__":
            return mapping.table
        if mapping is not None:
            return TableValue(
                mapping.table,
                mapping.schema,
                mapping.metadata,
                cls.module,
                cls.line,
                True,
                True,
                False,
            )
    return Unknown(f"{cls.name} has no attribute {name}")


def root_module(root: Value) -> str:
    """The module in which a base lives."""
    return root.module if isinstance(root, ClassValue) else root.path.rpartition(".")[0]


def _root_metadata(machine: Machine, root: ClassValue) -> MetaDataValue:
    found = find(machine, root, "metadata")
    value = machine.known(found[1]) if found else None
    if isinstance(value, MetaDataValue):
        return value
    found = find(machine, root, "registry")
    registry = machine.known(found[1]) if found else None
    if not isinstance(registry, RegistryValue):
        registry = registry or machine.known(root.keywords.get("registry"))
    if isinstance(registry, External):
        metadata = machine.named_metadata(f"{registry.path}.metadata")
    elif isinstance(registry, RegistryValue) and isinstance(registry.metadata, MetaDataValue):
        metadata = registry.metadata
        metadata.owners.append(root)
    else:
        metadata = MetaDataValue(None, root.module, root.line, owners=[root])
    root.attrs["metadata"] = metadata
    return metadata


def dotted_name(value: Value) -> str | None:
    """The dotted name by which a base, a registry or a collection can be imported."""
    if isinstance(value, MetaDataValue):
        owners = (dotted_name(owner) for owner in value.owners)
        named = (f"{owner}.metadata" for owner in owners if owner)
        return value.home or next(named, value.alias)
    if isinstance(value, External):
        foreign = FOREIGN.get(value.path)
        return foreign.path if foreign else value.path
    if isinstance(value, ClassValue):
        database = value.attrs.get("__fsa__")
        if value.is_synthetic and isinstance(database, DatabaseValue):
            return f"{database.home}.Model" if database.home else None
        return value.home if value.is_synthetic or "<locals>" in value.qualname else value.dotted
    if isinstance(value, RegistryValue | DatabaseValue):
        return value.home
    return None
