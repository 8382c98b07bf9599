"""Which tables and views of a schema are wanted: pure."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import msgspec

from xcore_tools.database.schema import DatabaseSchema, Table, Unreadable, View


def selected(
    schema: DatabaseSchema, *, include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> DatabaseSchema:
    """The tables and views that match one of `include`, if there is any, and none of `exclude`.

    A pattern of the shell (`audit_*`) is held against `name` and against `schema.name`. With
    `include`, sequences stay that belong to a table which stays; types and extensions stay all.
    """

    def is_wanted(part: Table | View | Unreadable) -> bool:
        return (not include or _is_among(part, include)) and not _is_among(part, exclude)

    if not include and not exclude:
        return schema
    tables = tuple(filter(is_wanted, schema.tables))
    gone = {(table.schema, table.name) for table in schema.tables if not is_wanted(table)}
    return msgspec.structs.replace(
        schema,
        tables=tables,
        views=tuple(filter(is_wanted, schema.views)),
        sequences=tuple(
            sequence
            for sequence in schema.sequences
            if not (sequence.owned_by and (sequence.schema, sequence.owned_by[0]) in gone)
            and (sequence.owned_by or not include)
        ),
        unreadable=tuple(filter(is_wanted, schema.unreadable)),
    )


def matching(schema: DatabaseSchema, pattern: str) -> bool:
    """Whether a table or view, even one that could not be read, matches the pattern."""
    parts: tuple[Table | View | Unreadable, ...] = (*schema.relations, *schema.unreadable)
    return any(_is_among(part, [pattern]) for part in parts)


def _is_among(part: Table | View | Unreadable, patterns: Sequence[str]) -> bool:
    names = {part.name, f"{part.schema}.{part.name}" if part.schema else part.name}
    return any(
        name == pattern or fnmatchcase(name, pattern) for name in names for pattern in patterns
    )
