"""What a picture says of columns and foreign keys, in whatever language it is written."""

from __future__ import annotations

from collections.abc import Iterator

from xcore_tools.database.schema import Column, ForeignKey, Table


def marks(table: Table, column: Column) -> Iterator[str]:
    """`PK`, `FK` and `UK`, as far as the column is part of such a key."""
    if table.primary_key and column.name in table.primary_key.columns:
        yield "PK"
    if any(column.name in key.columns for key in table.foreign_keys):
        yield "FK"
    if (column.name,) in _unique_keys(table):
        yield "UK"


def is_single(table: Table, key: ForeignKey) -> bool:
    """Whether at most one row refers to each row of the other table."""
    columns = {*key.columns}
    keys = [*_unique_keys(table), table.primary_key.columns if table.primary_key else ()]
    return any(unique and columns.issuperset(unique) for unique in keys)


def is_optional(table: Table, key: ForeignKey) -> bool:
    """Whether a row may refer to none."""
    return any(column.nullable for column in table.columns if column.name in key.columns)


def is_association(table: Table) -> bool:
    """Whether its rows are pairs of rows of others: two foreign keys, and columns for little else.

    Little else is a key of its own, which some give such a table, too.
    """
    if len(table.foreign_keys) != 2:
        return False
    referring = {name for key in table.foreign_keys for name in key.columns}
    own = {*(table.primary_key.columns if table.primary_key else ())}
    return all(column.name in referring | own for column in table.columns)


def _unique_keys(table: Table) -> list[tuple[str | None, ...]]:
    indexes = (index for index in table.indexes if index.unique and index.where is None)
    return [
        *(unique.columns for unique in table.uniques),
        *(tuple(key.column for key in index.keys) for index in indexes),
    ]
