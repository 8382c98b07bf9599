"""Each part of a schema in one line of words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from xcore_tools.database.schema import (
    Check,
    Column,
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Index,
    IndexKey,
    Part,
    PrimaryKey,
    Sequence,
    Table,
    Unique,
    View,
)
from xcore_tools.report.style import visible


def qualified(schema: str | None, name: str) -> str:
    """`name`, or `schema.name` outside of the default schema."""
    return visible(name if schema is None else f"{schema}.{name}")


def kind_of(part: Table | View) -> str:
    """`table`, `partitioned table`, `materialized view`, …"""
    if isinstance(part, View):
        return "materialized view" if part.materialized else "view"
    if part.partitioning and part.partitioning.of is not None:
        return "partition"
    if part.partitioning:
        return "partitioned table"
    return "table" if part.kind == "table" else f"{part.kind} table"


def size_of(size: int) -> str:
    """`512 B`, `16 KiB`, `1.5 GiB`."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.3g} {unit}" if amount < 1000 else f"{amount:.0f} {unit}"
        amount /= 1024
    return f"{amount:.3g} TiB"


@singledispatch
def described(part: Part) -> str:
    """What there is to say about `part` beside its name."""
    return ""


@described.register
def _(part: Column) -> str:
    null = "" if part.nullable else "not null"
    return _joined(visible(part.type), null, behind(part))


@described.register
def _(part: PrimaryKey) -> str:
    return _list(part.columns)


@described.register
def _(part: Unique) -> str:
    return _joined(
        _list(part.columns),
        f"include {_list(part.include)}" if part.include else "",
        "nulls not distinct" if part.nulls_not_distinct else "",
        "deferrable" if part.deferrable else "",
    )


@described.register
def _(part: ForeignKey) -> str:
    return _joined(*_of_foreign_key(part))


@described.register
def _(part: Check) -> str:
    valid = "not valid" if part.not_valid else ""
    inherit = "no inherit" if part.no_inherit else ""
    return _joined(_flat(part.expression), valid, inherit)


@described.register
def _(part: Exclusion) -> str:
    return _flat(part.definition)


@described.register
def _(part: Index) -> str:
    return _joined(*_of_index(part))


@described.register
def _(part: Enum) -> str:
    return _list(part.values)


@described.register
def _(part: Domain) -> str:
    checks = (f"check {_flat(check.expression)}" for check in part.checks)
    return _joined(visible(part.type), "" if part.nullable else "not null", *checks)


@described.register
def _(part: Sequence) -> str:
    owner = f"owned by {visible('.'.join(part.owned_by))}" if part.owned_by else ""
    return _joined(part.type or "", f"from {part.start}", f"by {part.increment}", owner)


def behind(column: Column) -> str:
    """What stands behind the type of a column: default, generation, collation, comment."""
    parts = []
    if column.computed:
        stored = ", stored" if column.computed.stored else ""
        parts.append(f"= {_flat(column.computed.expression)}{stored}")
    if column.identity:
        parts.append(f"identity {'always' if column.identity.always else 'by default'}")
    if column.autoincrement:
        parts.append("autoincrement")
    elif column.default is not None:
        parts.append(f"default {_flat(column.default)}")
    if column.on_update:
        parts.append(f"on update {column.on_update}")
    if column.collation:
        parts.append(f"collate {visible(column.collation)}")
    if column.inherited:
        parts.append("inherited")
    if column.comment:
        parts.append(f"“{_flat(column.comment)}”")
    return ", ".join(parts)


def _of_foreign_key(part: ForeignKey) -> Iterable[str]:
    target = qualified(part.schema, part.table)
    if len(part.columns) == len(part.referred) == 1:
        yield f"{visible(part.columns[0])} → {target}.{visible(part.referred[0])}"
    else:
        yield f"({_list(part.columns)}) → {target} ({_list(part.referred)})"
    if part.on_delete:
        yield f"on delete {part.on_delete.lower()}"
    if part.on_update:
        yield f"on update {part.on_update.lower()}"
    if part.match:
        yield f"match {part.match.lower()}"
    if part.deferrable:
        yield f"deferrable{' initially deferred' if part.initially == 'DEFERRED' else ''}"
    if part.not_valid:
        yield "not valid"


def _of_index(part: Index) -> Iterable[str]:
    yield ", ".join(map(_key, part.keys))
    if part.unique:
        yield "unique"
    if part.method:
        yield f"using {part.method}"
    if part.include:
        yield f"include {_list(part.include)}"
    if part.nulls_not_distinct:
        yield "nulls not distinct"
    if part.where:
        yield f"where {_flat(part.where)}"
    if part.invalid:
        yield "invalid"


def _key(key: IndexKey) -> str:
    text = visible(key.column) if key.column is not None else _flat(key.expression or "")
    if key.length is not None:
        text += f"({key.length})"
    if key.collation:
        text += f" collate {visible(key.collation)}"
    if key.operator_class:
        text += f" {key.operator_class}"
    if key.descending:
        text += " desc"
    return f"{text} nulls {key.nulls}" if key.nulls else text


def _joined(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(visible, names))


def _flat(text: str) -> str:
    return visible(" ".join(text.split()))
