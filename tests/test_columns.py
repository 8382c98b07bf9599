"""Columns read from the source, one module for each way to write them; SQLAlchemy has the same."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from column_answers import column_differences
from support import static_columns

from xcore_tools.discovery.results import Table

ORACLE = Path(__file__).with_name("oracle.py")
PROJECT = Path(__file__).parents[1] / "fixtures" / "columns"
MODULES = sorted(path.stem for path in PROJECT.glob("*.py"))
NEEDS = {
    "sqlmodels": "sqlmodel",
    "annotated_fields": "sqlmodel",
    "flask_models": "flask_sqlalchemy",
}
IN_ANOTHER_ORDER = {"things"}
"""One that an attribute hides, and that SQLAlchemy has all the same."""


@pytest.fixture(scope="module")
def said() -> list[dict[str, Any]]:
    """The tables of all modules, as SQLAlchemy has them."""
    return _said()


@cache
def _said() -> list[dict[str, Any]]:
    skip = [name for name, needed in NEEDS.items() if importlib.util.find_spec(needed) is None]
    question = json.dumps({"root": os.fspath(PROJECT), "skip": skip, "names": []})
    run = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", os.fspath(ORACLE), question],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    tables: list[dict[str, Any]] = json.loads(run.stdout)["tables"]
    return tables


@pytest.fixture(scope="module")
def found() -> list[Table]:
    return static_columns(PROJECT)


@pytest.mark.parametrize("module", MODULES)
def test_sqlalchemy_has_the_same(
    module: str, said: list[dict[str, Any]], found: list[Table]
) -> None:
    expected = [fact for fact in said if fact["module"] == module]
    if module in NEEDS:
        pytest.importorskip(NEEDS[module])
    assert expected
    mine = [table for table in found if table.module == module]
    assert len(mine) == len(expected)
    assert "\n".join(column_differences(expected, mine)) == ""
    for table in mine:
        assert table.structure is not None
        assert table.structure.unknown == ()
        for column in table.structure.columns:
            assert column.unknown == ()
    for fact in expected:
        (table,) = (each for each in mine if (each.name, each.line) == (fact["name"], fact["line"]))
        assert table.structure is not None
        if table.name not in IN_ANOTHER_ORDER:
            names = [column.name for column in table.structure.columns]
            assert names == [column["name"] for column in fact["columns"]]
