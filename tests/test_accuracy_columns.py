"""The arithmetic of `benchmarks/accuracy.py --columns`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from columns import ColumnScore, TrueColumn, TrueTable, score_columns, total_columns
from scoring import Ratio, Truth

from xcore_tools.discovery.results import Column, ColumnType, Structure, Table

TRUTH = Truth("shop", "1.0", "", ("shop",), frozenset(), (), ())
ID = TrueColumn("id", "Integer", nullable=False, primary_key=True, foreign_keys=())
OWNER = TrueColumn("owner", "Uuid", nullable=True, primary_key=False, foreign_keys=("users.id",))


def found(*columns: Column, name: str = "t", line: int = 1) -> Table:
    structure = Structure(columns=columns)
    return Table(name, None, "shop.models", None, "core", "shop/models.py", line, structure)


def expected(*columns: TrueColumn, line: int = 1, dynamic: bool = False) -> TrueTable:
    return TrueTable("shop.models", "t", columns, line=line, dynamic=dynamic)


def column(name: str, type_: str | None = "Integer", **more: object) -> Column:
    values = {"nullable": False, "primary_key": False, **more}
    return Column(name=name, type=None if type_ is None else ColumnType(type_), **values)  # type: ignore[arg-type]


def test_what_is_right() -> None:
    columns = (
        column("id", primary_key=True),
        column("owner", "Uuid", nullable=True, foreign_keys=("users.id",)),
    )
    score = score_columns(TRUTH, [expected(ID, OWNER)], [found(*columns)])
    assert score.differences == ()
    assert score.below() == []
    assert (score.recall, score.precision) == (Ratio(2, 2), Ratio(2, 2))
    assert (score.foreign_keys_recall, score.types) == (Ratio(1, 1), Ratio(2, 2))


def test_what_is_wrong_is_counted_once_each() -> None:
    columns = (
        column("id", "String", nullable=True, primary_key=None),
        column("owner", None, nullable=True, foreign_keys=("people.id",)),
        column("extra"),
    )
    score = score_columns(TRUTH, [expected(ID, OWNER)], [found(*columns)])
    assert (score.recall, score.precision) == (Ratio(2, 2), Ratio(2, 3))
    assert (score.nullable, score.primary_key) == (Ratio(1, 2), Ratio(1, 2))
    assert (score.foreign_keys_recall, score.foreign_keys_precision) == (Ratio(0, 1), Ratio(0, 1))
    assert (score.types, score.types_claimed) == (Ratio(0, 1), Ratio(1, 2))
    assert sorted(each.what for each in score.differences) == [
        "false", "foreign key", "nullable", "primary_key", "type", "unknown type",
    ]  # fmt: skip


def test_tables_that_are_missing_or_false_count_with_all_their_columns() -> None:
    score = score_columns(TRUTH, [expected(ID, OWNER)], [found(column("a"), name="other")])
    assert (score.recall, score.precision) == (Ratio(0, 2), Ratio(0, 1))
    dynamic = score_columns(TRUTH, [expected(ID, dynamic=True)], [])
    assert dynamic.recall == Ratio(0, 0)


def test_two_tables_of_one_name_are_paired_by_their_lines() -> None:
    one, other = found(column("a"), line=3), found(column("id", primary_key=True), line=1)
    true = [expected(ID, line=2), expected(TrueColumn("a", "Integer", False, False, ()), line=9)]
    assert score_columns(TRUTH, true, [one, other]).differences == ()


def test_totals_add_counts() -> None:
    scores = [ColumnScore("a", recall=Ratio(1, 2)), ColumnScore("b", recall=Ratio(2, 2))]
    assert total_columns(scores).recall == Ratio(3, 4)
    assert total_columns(scores).below() == ["recall"]
