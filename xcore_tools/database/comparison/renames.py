"""What was removed and what was added and look alike: perhaps one thing under a new name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from xcore_tools.database.comparison.differences import Rename
from xcore_tools.database.comparison.pairing import most_alike, only_alike, share
from xcore_tools.database.comparison.pairs import Pair, paired
from xcore_tools.database.comparison.parts import Engines, changes
from xcore_tools.database.schema import Column, Table, View


def suggested(pairs: Sequence[Pair], engines: Engines) -> tuple[Rename, ...]:
    """Renames that would explain tables, views and columns of `pairs`; each name is in one only."""
    return (*_of_tables(pairs), *_of_columns(pairs, engines))


def _of_tables(pairs: Sequence[Pair]) -> Iterator[Rename]:
    removed = [one for one, other in pairs if other is None]
    added = [other for one, other in pairs if one is None]
    for one, other in most_alike(removed, added, _likeness):
        kind = "table" if isinstance(one, Table) else "view"
        yield Rename(kind=kind, schema=one.schema, before=one.name, after=other.name)  # type: ignore[arg-type]


def _likeness(one: Table | View, other: Table | View) -> float:
    if type(other) is not type(one) or other.schema != one.schema:
        return 0
    mine, theirs = ({(c.name, c.type) for c in part.columns} for part in (one, other))
    return share(len(mine & theirs), len(mine | theirs))


def _of_columns(pairs: Iterable[Pair], engines: Engines) -> Iterator[Rename]:
    """Columns of one table."""
    for one, other in pairs:
        if not (isinstance(one, Table) and isinstance(other, Table)):
            continue
        columns = paired(one.columns, other.columns)
        removed = [before for before, after in columns if after is None]
        added = [after for before, after in columns if before is None]
        for before, after in only_alike(removed, added, partial(_is_alike, engines)):
            yield Rename(
                kind="column",
                schema=one.schema,
                table=one.name,
                before=before.name,
                after=after.name,
            )


def _is_alike(engines: Engines, one: Column, other: Column) -> bool:
    return not changes(one, other, engines)
