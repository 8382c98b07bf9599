"""A drop and an add that look alike: perhaps one table or column under a new name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

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
from xcore_tools.database.comparison.pairing import most_alike, only_alike, share


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
    dropped = [op.to_table() for op in operations if isinstance(op, DropTableOp)]
    for old, new in most_alike(dropped, added, partial(_likeness, context)):
        yield Rename(kind="table", schema=old.schema, before=old.name, after=new.name)


def _likeness(context: MigrationContext, old: sa.Table, new: sa.Table) -> float:
    if new.schema != old.schema:
        return 0
    same = sum(c.name in new.c and _is_alike(context, c, new.c[c.name]) for c in old.c)
    return share(same, len({*old.c.keys(), *new.c.keys()}))


def _columns(context: MigrationContext, operation: ModifyTableOps) -> Iterator[Rename]:
    """Columns of one table."""
    dropped = [op.to_column() for op in operation.ops if isinstance(op, DropColumnOp)]
    added = [op.column for op in operation.ops if isinstance(op, AddColumnOp)]
    for old, new in only_alike(dropped, added, partial(_is_alike, context)):
        yield Rename(
            kind="column",
            schema=operation.schema,
            table=operation.table_name,
            before=old.name,
            after=new.name,
        )


def _is_alike(context: MigrationContext, old: sa.Column[object], new: sa.Column[object]) -> bool:
    """Whether Alembic would see no difference of type between a reflected and a new column."""
    if old.nullable != new.nullable or old.primary_key != new.primary_key:
        return False
    return not context.impl.compare_type(old, new)
