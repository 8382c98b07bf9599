"""`MetaData()`, `registry()`, `Table()` and copies of tables."""

from __future__ import annotations

from collections.abc import Callable

from xcore_tools.discovery.catalog.derived import ENGINES, methods_of
from xcore_tools.discovery.catalog.paths import APPENDERS, BLANK_SCHEMA
from xcore_tools.discovery.catalog.symbols import Role
from xcore_tools.discovery.evaluate.call import Call
from xcore_tools.discovery.evaluate.plain import as_name
from xcore_tools.discovery.evaluate.table_values import MetaDataValue, RegistryValue, TableValue
from xcore_tools.discovery.evaluate.values import (
    External,
    LibraryObject,
    Site,
    Union,
    Unknown,
    Value,
    options_of,
)
from xcore_tools.discovery.orm.evidence import is_column


def make_metadata(this: Call) -> Value:
    """`MetaData(schema=…)`, and `MetaData(engine)` of SQLAlchemy 1."""
    schema = this.arg(len(this.args), "schema") if "schema" in this.keywords else this.arg(0)
    return MetaDataValue(_schema(schema), this.module, this.line)


def _schema(value: Value) -> Value:
    """A schema as far as it is known; an engine passed where SQLAlchemy 1 took one is no schema."""
    if value is None or isinstance(value, str | Unknown):
        return value
    if isinstance(value, LibraryObject) and value.callee.rpartition(".")[2] not in ENGINES:
        return Unknown(f"{value.callee}() is only known at run time")
    return Unknown("it is only known at run time") if isinstance(value, Union) else None


def make_registry(this: Call) -> Value:
    """`registry(metadata=…)`"""
    type_map = this.keywords.get("type_annotation_map")
    registry = RegistryValue(None, this.module, type_map=type_map)
    metadata = this.interpreter.force(this.keywords.get("metadata"))
    registry.metadata = metadata_or_new(this, metadata, registry)
    if not registry.metadata.home and registry not in registry.metadata.owners:
        registry.metadata.owners.append(registry)
    return registry


def metadata_or_new(this: Call, value: Value, owner: Value) -> MetaDataValue:
    """The collection that `value` is; otherwise a new one of `owner`."""
    for option in options_of(value):
        if isinstance(option, MetaDataValue):
            return option
    return MetaDataValue(None, this.module, this.line, owners=[owner] if owner is not None else [])


def make_table(this: Call) -> Value:
    """`Table(name, metadata, …)`: a new table, or a reference to one when no columns are given."""
    if this.site is None:
        return Unknown("a table outside of any module")
    name = as_name(this.arg(0, "name"))
    options = options_of(this.arg(1, "metadata"))
    metadata = next((option for option in options if isinstance(option, MetaDataValue)), None)
    schema = this.interpreter.force(this.keywords.get("schema"))
    if schema is None and metadata is not None:
        schema = metadata.schema
    elif schema == _BLANK:
        schema = None
    site = _place(this.site)
    table = TableValue(
        name=name,
        schema=schema,
        metadata=metadata,
        module=site.scope.module.module,
        line=site.line,
        has_columns=has_columns(this) or len(this.args) > 2 or "autoload_with" in this.keywords,
        may_exist=_says(this, "extend_existing") or _says(this, "keep_existing"),
        is_conditional=bool(site.scope.uncertain),
        items=this.args[2:],
        keywords=this.keywords,
    )
    this.interpreter.tables.append(table)
    return table


def _says(this: Call, keyword: str) -> bool:
    return this.interpreter.force(this.keywords.get(keyword)) is True


_BLANK = External(BLANK_SCHEMA)


def _place(site: Site) -> Site:
    """Where the code stands that names the table: behind wrappers that take the name from their caller."""
    while site.scope.call_site is not None and site.names & site.scope.params:
        site = site.scope.call_site
    return site


def has_columns(this: Call) -> bool:
    """Whether a column is among the arguments."""
    return any(is_column(this.interpreter.force(arg)) for arg in this.args)


def call_table(this: Call, table: TableValue, name: str) -> Value:
    """What a method of a table returns: a copy; what is appended counts as one of its arguments."""
    if _METHODS.get(name) is Role.COPY_TABLE:
        return copy_table(this, table)
    if name in APPENDERS:
        is_certain = this.scope is not None and not this.scope.uncertain
        item = this.arg(0) if is_certain else Unknown("it is added under a condition or in a loop")
        table.items = (*table.items, item)
        return None
    return Unknown("a method of a table")


_METHODS = methods_of(Role.TABLE)


def copy_table(this: Call, table: TableValue) -> Value:
    """`table.to_metadata(metadata, schema=…, name=…)`"""
    metadata = this.arg(0, "metadata")
    schema = this.interpreter.force(this.keywords.get("schema", table.schema))
    if schema is None and isinstance(metadata, MetaDataValue):
        schema = metadata.schema
    name = this.interpreter.force(this.keywords.get("name")) or table.name
    scope = this.scope
    if scope is None or not isinstance(metadata, MetaDataValue):
        return Unknown("a copy of a table in an unknown collection")
    copy = TableValue(
        name=name,
        schema=schema,
        metadata=metadata,
        module=this.module,
        line=this.line,
        has_columns=True,
        may_exist=True,
        is_conditional=bool(scope.uncertain),
        items=table.items,
        keywords=table.keywords,
    )
    this.interpreter.tables.append(copy)
    return copy


Handler = Callable[[Call], Value]

HANDLERS: dict[Role, Handler] = {
    Role.TABLE: make_table,
    Role.METADATA: make_metadata,
    Role.REGISTRY: make_registry,
}
