"""What was removed and what was added and look alike: perhaps one thing under a new name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from xcore_tools.database.comparison.differences import Rename
from xcore_tools.database.comparison.pairs import Pair, paired
from xcore_tools.database.comparison.parts import Engines, changes
from xcore_tools.database.schema import Column, Table, View

_ALIKE = 0.7
"""The share of columns that two tables have in common for one to be taken for the other."""


def suggested(pairs: Sequence[Pair], engines: Engines) -> tuple[Rename, ...]:
    """Renames that would explain tables, views and columns of `pairs`; each name is in one only."""
    return (*_of_tables(pairs), *_of_columns(pairs, engines))


def _of_tables(pairs: Sequence[Pair]) -> Iterator[Rename]:
    removed = [one for one, other in pairs if other is None]
    added = [other for one, other in pairs if one is None]
    for one in removed:
        alike = {
            place: _likeness(one, other)
            for place, other in enumerate(added)
            if type(other) is type(one) and other.schema == one.schema
        }
        best = max(alike, key=lambda place: alike[place], default=None)
        if best is not None and alike[best] >= _ALIKE:
            other = added.pop(best)
            kind = "table" if isinstance(one, Table) else "view"
            yield Rename(kind=kind, schema=one.schema, before=one.name, after=other.name)  # type: ignore[arg-type]


def _likeness(one: Table | View, other: Table | View) -> float:
    mine, theirs = ({(c.name, c.type) for c in part.columns} for part in (one, other))
    return len(mine & theirs) / max(len(mine | theirs), 1)


def _of_columns(pairs: Iterable[Pair], engines: Engines) -> Iterator[Rename]:
    """Columns of one table, where but one added column is like the removed one."""
    for one, other in pairs:
        if not (isinstance(one, Table) and isinstance(other, Table)):
            continue
        columns = paired(one.columns, other.columns)
        removed = [before for before, after in columns if after is None]
        added = [after for before, after in columns if before is None]
        for column in removed:
            alike = [each for each in added if _is_alike(column, each, engines)]
            rivals = [each for each in removed if _is_alike(column, each, engines)]
            if len(alike) == len(rivals) == 1:
                yield Rename(
                    kind="column",
                    schema=one.schema,
                    table=one.name,
                    before=column.name,
                    after=alike[0].name,
                )


def _is_alike(one: Column, other: Column, engines: Engines) -> bool:
    return not changes(one, other, engines)
