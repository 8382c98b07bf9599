"""`discover --columns` for people and programs; plain `discover` is as it was."""

from __future__ import annotations

import json as standard
import re
from pathlib import Path

import pytest

from xcore_tools.cli import main
from xcore_tools.discovery.results import (
    Check,
    Column,
    ColumnType,
    Discovery,
    ForeignKey,
    Index,
    Structure,
    Table,
    Unique,
)
from xcore_tools.report import columns, json

Output = pytest.CaptureFixture[str]

SHOP = Path(__file__).parents[1] / "fixtures" / "drift"

STRUCTURE = Structure(
    columns=(
        Column(name="id", type=ColumnType("Integer"), nullable=False, primary_key=True),
        Column(
            name="owner",
            attribute="owner",
            type=ColumnType("Guid", (), "app", ColumnType("CHAR", ("36",))),
            nullable=True,
            foreign_keys=("people.id", "users.id"),
            index=True,
            unique=True,
            default="uuid4",
        ),
        Column(
            name="total",
            type=ColumnType("Numeric", ("10", "2")),
            nullable=False,
            server_default="0",
            computed="a + b",
            identity=True,
        ),
        Column(name=None, unknown=("name: it is only known at run time",)),
    ),
    foreign_keys=(
        ForeignKey(columns=("owner",), table="people", referred=("id",)),
        ForeignKey(columns=("a", "b"), table="s.t", referred=("x", "y"), name="fk"),
    ),
    uniques=(Unique(columns=("a", "b"), name="uq"),),
    checks=(Check(expression="a > 1"), Check(name="ck")),
    indexes=(Index(columns=("a", None), name="ix"), Index(columns=("b",), unique=True)),
    unknown=("columns of a base that is not read: lib.Mixin",),
)
TABLES = (
    Table("jobs", "work", "app", "app.metadata", "core", "app.py", 4, STRUCTURE),
    Table(None, None, "app", None, "core", "app.py", 9),
)
FOUND = Discovery((), TABLES, (), (), files=1)


def test_the_text_says_what_is_known_and_what_is_not() -> None:
    assert (
        columns.render(FOUND)
        == """\
work.jobs  app.py:4
  Column  Type            Null
  id      Integer         no    key
  owner   Guid            yes   → people.id, → users.id, unique, index, wraps CHAR(36), default uuid4
  total   Numeric(10, 2)  no    server default 0, = a + b, identity
  ?       ?               ?     name: it is only known at run time
  Foreign key  (a, b) → s.t (x, y)  [fk]
  Unique  a, b  [uq]
  Check  a > 1
  Check  ?  [ck]
  Index  a, ?  [ix]
  Index  b, unique
  Not known  columns of a base that is not read: lib.Mixin

?  app.py:9

0 models, 2 tables, 0 metadatas in 1 file
"""
    )


def test_color_and_width_change_no_word() -> None:
    colored = columns.render(FOUND, color=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == columns.render(FOUND)
    narrow = columns.render(FOUND, width=60)
    assert max(map(len, narrow.splitlines())) <= 60
    assert narrow.split() == columns.render(FOUND).split()


def test_the_json_has_every_key() -> None:
    (table, other) = standard.loads(json.render(FOUND))["tables"]
    assert table["columns"][1]["type"] == {
        "name": "Guid",
        "module": "app",
        "impl": {"name": "CHAR", "arguments": ["36"]},
    }
    assert set(table["columns"][3]) == set(Column.__struct_fields__)
    assert table["foreign_keys"][1]["referred"] == ["x", "y"]
    assert table["unknown"] == list(STRUCTURE.unknown)
    assert "columns" not in other
    assert STRUCTURE.primary_key == ("id",)


def test_the_command_line(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SHOP)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert main(["discover", "."]) == 0
    plain = capsys.readouterr().out
    assert "email" not in plain
    assert main(["discover", ".", "--columns"]) == 0
    assert "  email       String(120)     no    unique" in capsys.readouterr().out.splitlines()
    assert main(["discover", ".", "--format", "json"]) == 0
    before = standard.loads(capsys.readouterr().out)
    assert main(["discover", ".", "--format", "json", "--columns"]) == 0
    after = standard.loads(capsys.readouterr().out)
    for part in ("models", "tables", "metadatas", "problems"):
        for one, other in zip(before[part], after[part], strict=True):
            assert one.items() <= other.items()
    assert after["tables"][0]["columns"][1]["name"] == "email"
    assert after["models"][0]["relationships"] == []
    assert main(["discover", ".", "--columns", "--format", "sarif"]) == 2
    assert "is text or json with --columns, not sarif" in capsys.readouterr().err
