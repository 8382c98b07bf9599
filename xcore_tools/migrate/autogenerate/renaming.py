"""A drop and an add that look alike: perhaps one table or column under a new name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from alembic.operations.ops import (
    AddColumnOp,
    CreateTableOp,
    DropColumnOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
)
from alembic.runtime.migration import MigrationContext

from xcore_tools.database.comparison import Rename

_ALIKE = 0.7
"""The share of columns that two tables have in common for one to be taken for the other."""


def possible_renames(
    context: MigrationContext, operations: Iterable[MigrateOperation]
) -> tuple[Rename, ...]:
    """Tables and columns of one shape that are dropped here and added there; each in one pair only."""
    listed = list(operations)
    found = [*_tables(context, listed)]
    for operation in listed:
        if isinstance(operation, ModifyTableOps):
            found += _columns(context, operation)
    return tuple(found)


def _tables(context: MigrationContext, operations: Iterable[MigrateOperation]) -> Iterator[Rename]:
    added = [op.to_table() for op in operations if isinstance(op, CreateTableOp)]
    for operation in operations:
        if not isinstance(operation, DropTableOp):
            continue
        old = operation.to_table()
        alike = {
            place: share
            for place, new in enumerate(added)
            if new.schema == old.schema and (share := _share(context, old, new)) >= _ALIKE
        }
        if alike:
            new = added.pop(max(alike, key=lambda place: alike[place]))
            yield Rename(kind="table", schema=old.schema, before=old.name, after=new.name)


def _share(context: MigrationContext, old: sa.Table, new: sa.Table) -> float:
    same = sum(c.name in new.c and _is_alike(context, c, new.c[c.name]) for c in old.c)
    return same / max(len({*old.c.keys(), *new.c.keys()}), 1)


def _columns(context: MigrationContext, operation: ModifyTableOps) -> Iterator[Rename]:
    """Columns of one table, where but one added column is like but one dropped column."""
    dropped = [op.to_column() for op in operation.ops if isinstance(op, DropColumnOp)]
    added = [op.column for op in operation.ops if isinstance(op, AddColumnOp)]
    for old in dropped:
        alike = [new for new in added if _is_alike(context, old, new)]
        if len(alike) == 1 and sum(_is_alike(context, each, alike[0]) for each in dropped) == 1:
            yield Rename(
                kind="column",
                schema=operation.schema,
                table=operation.table_name,
                before=old.name,
                after=alike[0].name,
            )


def _is_alike(context: MigrationContext, old: sa.Column[object], new: sa.Column[object]) -> bool:
    """Whether Alembic would see no difference of type between a reflected and a new column."""
    if old.nullable != new.nullable or old.primary_key != new.primary_key:
        return False
    return not context.impl.compare_type(old, new)
