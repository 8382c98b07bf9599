"""How static columns are scored against those that SQLAlchemy had. Pure; corpus/README.md has the definitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeVar

import msgspec
from scoring import Ratio, Truth, judge_of

if TYPE_CHECKING:
    from xcore_tools.discovery.results import Column, Table

__all__ = [
    "BOUNDS",
    "ColumnDifference",
    "ColumnScore",
    "TrueColumns",
    "score_columns",
    "total_columns",
]

BOUNDS = {
    "recall": 0.98,
    "precision": 0.98,
    "foreign_keys_recall": 0.97,
    "foreign_keys_precision": 0.97,
    "nullable": 0.98,
    "primary_key": 0.98,
    "types": 0.95,
}
"""What each figure has to reach over all packages; `types_claimed` is only reported."""


class TrueColumn(msgspec.Struct, frozen=True):
    """A column as SQLAlchemy had it after the import."""

    name: str
    type: str
    nullable: bool
    primary_key: bool
    foreign_keys: tuple[str, ...]


class TrueTable(msgspec.Struct, frozen=True):
    """A table with its columns."""

    module: str
    name: str
    columns: tuple[TrueColumn, ...]
    schema: str | None = None
    line: int | None = None
    dynamic: bool = False


class TrueColumns(msgspec.Struct, frozen=True):
    """The tables of one file of the corpus."""

    tables: tuple[TrueTable, ...]


class ColumnDifference(msgspec.Struct, frozen=True):
    """One place where the static answer and the truth disagree."""

    what: str
    module: str
    table: str
    column: str
    detail: str


class ColumnScore(msgspec.Struct, frozen=True):
    """The figures of one package, or of all, and every difference behind them."""

    package: str
    recall: Ratio = Ratio(0, 0)
    precision: Ratio = Ratio(0, 0)
    foreign_keys_recall: Ratio = Ratio(0, 0)
    foreign_keys_precision: Ratio = Ratio(0, 0)
    nullable: Ratio = Ratio(0, 0)
    primary_key: Ratio = Ratio(0, 0)
    types: Ratio = Ratio(0, 0)
    types_claimed: Ratio = Ratio(0, 0)
    differences: tuple[ColumnDifference, ...] = ()

    def figure(self, name: str) -> Ratio:
        """The figure of that name."""
        ratio: Ratio = getattr(self, name)
        return ratio

    def below(self) -> list[str]:
        """The figures that fall short of their bound."""
        return [name for name, bound in BOUNDS.items() if self.figure(name).is_below(bound)]


T = TypeVar("T", "Table", TrueTable)

FIGURES = (*BOUNDS, "types_claimed")


def score_columns(truth: Truth, known: Iterable[TrueTable], tables: Iterable[Table]) -> ColumnScore:
    """The figures of one package over tables that are not dynamic and were found.

    Columns of a table that was missed count as missed; those of a table that is none, as false.
    """
    judged = judge_of(truth)
    found = _by_place(table for table in tables if judged(table.module, table.path))
    expected = _by_place(known)
    counts: dict[str, list[int]] = {name: [0, 0] for name in FIGURES}
    differences: list[ColumnDifference] = []
    for key in sorted(expected.keys() | found.keys()):
        pairs = zip_longest(_in_order(expected.get(key, [])), _in_order(found.get(key, [])))
        for true, table in pairs:
            if true is not None and true.dynamic:
                continue
            differences += _compare(true, table, key, counts)
    ratios = {name: Ratio(*count) for name, count in counts.items()}
    score = msgspec.structs.replace(ColumnScore(truth.distribution), **ratios)
    return msgspec.structs.replace(score, differences=tuple(differences))


def total_columns(scores: Iterable[ColumnScore]) -> ColumnScore:
    """The figures of all packages together."""
    return reduce(_added, scores, ColumnScore("total"))


def _added(left: ColumnScore, right: ColumnScore) -> ColumnScore:
    sums = {name: left.figure(name) + right.figure(name) for name in FIGURES}
    return msgspec.structs.replace(ColumnScore(left.package), **sums)


def _by_place(tables: Iterable[T]) -> dict[tuple[str, str], list[T]]:
    grouped: dict[tuple[str, str], list[T]] = defaultdict(list)
    for table in tables:
        grouped[table.module, table.name or ""].append(table)
    return grouped


def _in_order(tables: list[T]) -> list[T]:
    return sorted(tables, key=lambda table: (table.line or 0, table.schema or ""))


def _compare(
    true: TrueTable | None,
    table: Table | None,
    key: tuple[str, str],
    counts: dict[str, list[int]],
) -> Iterator[ColumnDifference]:
    columns = table.structure.columns if table is not None and table.structure else ()
    found = {column.name or "": column for column in columns}
    expected = {column.name: column for column in true.columns} if true else {}
    matched = found.keys() & expected.keys()
    _count(counts["recall"], len(matched), len(expected))
    _count(counts["precision"], len(matched), len(columns))
    for name in expected.keys() - matched:
        yield ColumnDifference("missed", *key, name, expected[name].type)
    for name in found.keys() - matched:
        yield ColumnDifference("false", *key, name, str(found[name].type))
    for name in sorted(matched):
        yield from _compare_column(expected[name], found[name], key, counts)


def _compare_column(
    true: TrueColumn, column: Column, key: tuple[str, str], counts: dict[str, list[int]]
) -> Iterator[ColumnDifference]:
    for field in ("nullable", "primary_key"):
        is_right = getattr(true, field) == getattr(column, field)
        _count(counts[field], is_right, 1)
        if not is_right:
            detail = f"found {getattr(column, field)}, is {getattr(true, field)}"
            yield ColumnDifference(field, *key, true.name, detail)
    theirs, ours = set(true.foreign_keys), set(column.foreign_keys)
    _count(counts["foreign_keys_recall"], len(theirs & ours), len(theirs))
    _count(counts["foreign_keys_precision"], len(theirs & ours), len(ours))
    if theirs != ours:
        detail = f"found {sorted(ours)}, is {sorted(theirs)}"
        yield ColumnDifference("foreign key", *key, true.name, detail)
    _count(counts["types_claimed"], column.type is not None, 1)
    if column.type is None:
        reasons = ", ".join(column.unknown)
        yield ColumnDifference("unknown type", *key, true.name, f"is {true.type}; {reasons}")
        return
    is_right = column.type.name == true.type
    _count(counts["types"], is_right, 1)
    if not is_right:
        yield ColumnDifference("type", *key, true.name, f"found {column.type}, is {true.type}")


def _count(count: list[int], right: int, of: int) -> None:
    count[0] += right
    count[1] += of
