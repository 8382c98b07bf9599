"""The table for people and the lines for problems."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xcore_tools.discovery.results import Discovery, Model, Problem, Table
from xcore_tools.report import problems, text
from xcore_tools.report.style import visible, width_of

EXPECTED = Path(__file__).parent / "report"
SAMPLE = msgspec.json.decode((EXPECTED / "discovery.json").read_bytes(), type=Discovery)


def model(name: str = "User", table: str | None = "users", **others: object) -> Model:
    fields: dict[str, object] = {
        "module": "auth.models",
        "schema": None,
        "kind": "declarative",
        "base": "database.Base",
        "metadata": "database.Base.metadata",
        "origin": "core",
        "path": "auth/models.py",
        "line": 10,
    }
    return msgspec.convert(fields | {"name": name, "table": table} | others, type=Model)


def found(*models: Model, tables: tuple[Table, ...] = ()) -> Discovery:
    return Discovery(models=models, tables=tables, metadatas=(), problems=(), files=1)


def test_piped_output_has_three_aligned_columns_by_origin() -> None:
    assert text.render(SAMPLE) == (EXPECTED / "text.txt").read_text(encoding="utf-8")


def test_on_a_narrow_terminal_the_module_becomes_a_heading() -> None:
    narrow = text.render(SAMPLE, width=80)
    assert narrow == (EXPECTED / "narrow.txt").read_text(encoding="utf-8")
    assert max(map(len, narrow.splitlines())) <= 80


def test_the_columns_are_kept_where_they_just_fit() -> None:
    wide = text.render(SAMPLE)
    width = max(map(len, wide.splitlines()))
    assert text.render(SAMPLE, width=width) == wide
    assert text.render(SAMPLE, width=width - 1) != wide


def test_no_name_is_cut_however_narrow_the_terminal() -> None:
    shown = text.render(SAMPLE, width=10)
    assert all(item.name in shown and item.module in shown for item in SAMPLE.models)


def test_colour_changes_nothing_but_colour() -> None:
    colored = text.render(SAMPLE, color=True, width=80)
    assert "\x1b[1mcore\x1b[0m" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == text.render(SAMPLE, width=80)


def test_core_comes_first_and_plugins_follow_by_name() -> None:
    shown = text.render(
        found(
            model(origin="plugin:zeta", module="a"),
            model(origin="core", module="z"),
            model(origin="plugin:alpha", module="b"),
        )
    )
    headings = [line for line in shown.splitlines() if re.fullmatch(r"core|plugin:\w+", line)]
    assert headings == ["core", "plugin:alpha", "plugin:zeta"]


@pytest.mark.parametrize(
    ("schema", "table", "cell"),
    [
        (None, "users", "users"),
        ("auth", "users", "auth.users"),
        (None, None, "?"),
        ("auth", None, "auth.?"),
    ],
)
def test_table_names_carry_their_schema(schema: str | None, table: str | None, cell: str) -> None:
    shown = text.render(found(model("User", table, schema=schema)))
    assert f"  User   {cell}" in shown


def test_a_table_that_a_model_maps_is_not_listed_again() -> None:
    mapped = model("Account", "accounts", kind="imperative", path="domain.py", line=4)
    core = Table("accounts", None, "orm", "database.Base.metadata", "core", "orm.py", 9)
    other = msgspec.structs.replace(core, schema="archive")
    unknown = msgspec.structs.replace(core, name=None, line=12)
    assert text.core_tables(found(mapped, tables=(core, other, unknown))) == [other, unknown]


def test_an_unknown_table_of_a_model_is_not_listed_again() -> None:
    nameless = model("Payment", None)
    table = Table(None, None, "auth.models", None, "core", "auth/models.py", 10)
    assert text.core_tables(found(nameless, tables=(table,))) == []


def test_nothing_found_leaves_the_summary() -> None:
    assert text.render(found()) == "0 models, 0 tables, 0 metadatas in 1 file\n"


def test_wide_and_combining_characters_keep_the_columns_aligned() -> None:
    shown = text.render(found(model("用户", "users"), model("Cafe\u0301", "cafes")))
    starts = {
        width_of(line[: line.index(table)])
        for line in shown.splitlines()
        for table in ("users", "cafes")
        if table in line
    }
    assert starts == {9}


def test_control_characters_of_foreign_names_are_shown_and_not_sent() -> None:
    assert visible("a\x1b[31mb\n\u202ec\udcff") == r"a\x1b[31mb\n\u202ec\udcff"
    assert "\x1b" not in text.render(found(model("User", "\x1b[2Jusers")))


ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_any_name_stays_on_its_line(module: str, name: str, table: str) -> None:
    for width in (None, 40):
        shown = text.render(found(model(name, table, module=module)), width=width)
        assert all(line.isprintable() for line in shown.split("\n"))


def test_problems_are_lines_that_editors_can_follow() -> None:
    found_problems = [
        Problem("old/models.py", 3, "XT101", "error", "not valid\nPython"),
        Problem("./otp", 0, "XT110", "warning", "does not exist"),
    ]
    assert problems.render(found_problems) == (
        "old/models.py:3: XT101 not valid\\nPython\n./otp: XT110 does not exist\n"
    )
    assert "\x1b[31mXT101\x1b[0m" in problems.render(found_problems, color=True)


def test_the_problem_summary_counts_by_severity() -> None:
    assert problems.summary(SAMPLE.problems) == "1 error, 1 warning, 2 notes"
    assert problems.summary([]) == ""
