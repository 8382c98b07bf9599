"""The dotted name by which a base or a collection can be imported."""

from __future__ import annotations

from xcore_tools.discovery.catalog.libraries import FOREIGN
from xcore_tools.discovery.catalog.paths import MODEL
from xcore_tools.discovery.evaluate.table_values import DatabaseValue, MetaDataValue, RegistryValue
from xcore_tools.discovery.evaluate.values import ClassValue, External, Value


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
            return f"{database.home}.{MODEL}" if database.home else None
        return value.home if value.is_synthetic or "<locals>" in value.qualname else value.dotted
    if isinstance(value, RegistryValue | DatabaseValue):
        return value.home
    return None
