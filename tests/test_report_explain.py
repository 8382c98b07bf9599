"""`--explain`: what a name matches, and what is said of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from xcore_tools.discovery.results import Discovery, Problem, Verdict
from xcore_tools.report.explain import Explanation, explain, render, render_json, suggestions

SAMPLE = msgspec.json.decode(
    (Path(__file__).parent / "report" / "discovery.json").read_bytes(), type=Discovery
)


def names(explanation: Explanation) -> list[str]:
    return [f"{verdict.module}.{verdict.name}" for verdict in explanation.verdicts]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Invoice", ["billing.models.Invoice"]),
        ("models.Invoice", ["billing.models.Invoice"]),
        ("billing.models.Invoice", ["billing.models.Invoice"]),
        ("User", ["auth.models.User", "billing.models.User"]),
        ("auth.models.User", ["auth.models.User"]),
        ("TimestampMixin", ["database.mixins.TimestampMixin"]),
        ("users", ["auth.models.User"]),
        ("billing.customers", ["billing.models.User"]),
        ("customers", ["billing.models.User"]),
        ("employees", ["manager.models.staff.Employee", "manager.models.staff.Manager"]),
    ],
)
def test_a_name_is_a_class_the_end_of_its_path_or_a_table(name: str, expected: list[str]) -> None:
    assert names(explain(SAMPLE, name)) == expected


@pytest.mark.parametrize("name", ["voice", "odels.Invoice", "nvoice", "", "None", "billing.None"])
def test_parts_of_a_word_do_not_match(name: str) -> None:
    assert explain(SAMPLE, name).is_empty


def test_nested_classes_are_found_by_their_own_name_and_in_full() -> None:
    inner = Verdict("Outer.Inner", "app.models", "app/models.py", 3, True, "…", ())
    discovery = msgspec.structs.replace(SAMPLE, verdicts=(inner,))
    for name in ("Inner", "Outer.Inner", "app.models.Outer.Inner"):
        assert explain(discovery, name).verdicts == (inner,)


def test_the_chain_shows_every_step_with_its_place() -> None:
    assert render(explain(SAMPLE, "Invoice")) == (
        "Invoice → Model (core/__init__.py:1) → Entity (core/base.py:2) → DeclarativeBase\n"
        "  billing.models.Invoice (billing/models.py:12)\n"
        "  a model: it inherits a declarative base and names the table invoices\n"
    )


def test_a_class_that_was_not_taken_has_a_reason() -> None:
    assert render(explain(SAMPLE, "TimestampMixin")) == (
        "TimestampMixin\n"
        "  database.mixins.TimestampMixin (database/mixins.py:11)\n"
        "  not a model: none of its bases is a declarative base\n"
    )


def test_a_core_table_is_explained_by_its_metadata() -> None:
    assert render(explain(SAMPLE, "user_roles")) == (
        "user_roles → database.Base.metadata\n"
        "  admin.tables (admin/tables.py:13)\n"
        "  a table that no model maps\n"
    )


def test_several_answers_are_paragraphs() -> None:
    assert render(explain(SAMPLE, "User")).count("\n\n") == 1


def test_colour_changes_nothing_but_colour() -> None:
    for name in ("User", "TimestampMixin", "user_roles"):
        explanation = explain(SAMPLE, name)
        colored = render(explanation, color=True)
        assert "\x1b[1m" in colored
        assert re.sub(r"\x1b\[\d+m", "", colored) == render(explanation)


def test_as_json_it_is_the_verdicts_and_the_tables() -> None:
    data = json.loads(render_json(explain(SAMPLE, "Invoice")))
    assert data["schema_version"] == 1
    assert data["tables"] == []
    (verdict,) = data["verdicts"]
    assert verdict["taken"] is True
    assert verdict["chain"][0] == {"name": "Model", "path": "core/__init__.py", "line": 1}
    tables = json.loads(render_json(explain(SAMPLE, "user_roles")))["tables"]
    assert [table["name"] for table in tables] == ["user_roles"]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Invioce", "Invoice"),
        ("invoice", "Invoice"),
        ("USER", "User"),
        ("role_permision", "role_permissions"),
        ("auth.model.User", "auth.models.User"),
    ],
)
def test_an_unknown_name_has_near_ones(name: str, nearest: str) -> None:
    assert explain(SAMPLE, name).is_empty
    assert suggestions(SAMPLE, name)[0] == nearest


def test_a_name_like_no_other_has_no_near_one() -> None:
    assert suggestions(SAMPLE, "zzzzzzzz") == []


def test_a_name_that_only_a_problem_mentions() -> None:
    """What is no class and no table of the scan may be the table that a function makes."""
    told = "Store.connect() makes a table when it is called, which is not followed: gauges"
    found = Discovery((), (), (), (Problem("meters.py", 29, "XT127", "note", told),))
    assert render(explain(found, "gauges")) == f"meters.py:29\n  XT127: {told}\n"
    assert explain(found, "gauge").is_empty
