"""Pictures: what they say, which tables they show, and that the tools they are for understand them."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from schemas import ODD
from servers import as_url

from xcore_tools import Config, discover
from xcore_tools.cli import main
from xcore_tools.database import schema as data
from xcore_tools.database.declared import declared_schema
from xcore_tools.database.inspection import DatabaseInspector
from xcore_tools.database.schema import DatabaseSchema
from xcore_tools.report.diagram import dot, mermaid
from xcore_tools.report.diagram.block import END, START, replaced
from xcore_tools.report.diagram.selection import around, matching
from xcore_tools.report.schema import dbml

Output = pytest.CaptureFixture[str]

FIXTURES = Path(__file__).parents[1] / "fixtures"
PARSING = Path(__file__).with_name("parse_diagrams.mjs")
MODULES = os.environ.get("XCORE_TOOLS_TEST_NODE_MODULES", "")
"""A directory in which `npm install mermaid jsdom @dbml/core @viz-js/viz` was run."""


def column(name: str, type_: str = "integer", *, nullable: bool = False) -> data.Column:
    return data.Column(name=name, type=type_, nullable=nullable)


def refers(column: str, table: str, schema: str | None = None) -> data.ForeignKey:
    return data.ForeignKey(columns=(column,), schema=schema, table=table, referred=("id",))


KEY = data.PrimaryKey(columns=("id",))
USERS = data.Table(
    name="users",
    columns=(column("id"), column("e-mail", "character varying(50)"), column("org", nullable=True)),
    primary_key=KEY,
    uniques=(data.Unique(columns=("e-mail",)),),
    foreign_keys=(refers("org", "orgs", "crm"),),
)
PROFILES = data.Table(
    name="profiles",
    columns=(
        column("id"),
        column("size", "numeric(10, 2)"),
        column("at", "DateTime(timezone=True)"),
    ),
    primary_key=KEY,
    foreign_keys=(refers("id", "users"),),
)
ORGS = data.Table(schema="crm", name="orgs", columns=(column("id"),), primary_key=KEY)
ODDLY = data.Table(
    name='we"ird %', columns=(column("größe", "2d (x)"), column("1st"), column("!", "…"))
)
EMPTY = data.Table(name="empty", foreign_keys=(refers("id", "gone"),))
SCHEMA = DatabaseSchema(engine="postgresql", tables=(USERS, PROFILES, ORGS, ODDLY))


def test_mermaid() -> None:
    assert (
        mermaid.render(SCHEMA)
        == """\
erDiagram
    "users" {
        integer id PK
        character_varying(50) e-mail UK "not null"
        integer org FK
    }
    "profiles" {
        integer id PK, FK
        numeric(10-2) size "not null"
        DateTime at "not null"
    }
    "crm.orgs" {
        integer id PK
    }
    "we'ird '" {
        _2d gr_e "größe, not null"
        integer _1st "1st, not null"
        unknown column "!, not null"
    }
    "crm.orgs" |o--o{ "users" : "org"
    "users" ||--o| "profiles" : "id"
"""
    )
    assert mermaid.render(SCHEMA, columns=False) == (
        'erDiagram\n    "users"\n    "profiles"\n    "crm.orgs"\n    "we\'ird \'"\n'
        '    "crm.orgs" |o--o{ "users" : "org"\n    "users" ||--o| "profiles" : "id"\n'
    )


def test_dot() -> None:
    text = dot.render(SCHEMA)
    assert '<td align="left" port="c1">e-mail *</td>' in text
    assert '<td align="left">UK</td>' in text
    assert (
        '    "users":c2 -> "crm.orgs" [arrowtail=crowodot, arrowhead=teeodot, tooltip="org"];'
        in text
    )
    assert (
        '    "profiles":c0 -> "users" [arrowtail=teeodot, arrowhead=teetee, tooltip="id"];' in text
    )
    assert '"we\\"ird %" [label=<' in text
    bare = dot.render(SCHEMA, columns=False, groups={(None, "users"): 'plugin "a"'})
    assert '"users" -> "crm.orgs"' in bare
    assert "port=" not in bare
    assert '    subgraph "cluster_plugin \\"a\\"" {\n' in bare
    assert '        "users" [label=<' in bare


@pytest.mark.parametrize(
    ("pattern", "depth", "shown"),
    [
        ("users", 0, ["users"]),
        ("users", 1, ["users", "profiles", "orgs"]),
        ("profiles", 1, ["users", "profiles"]),
        ("profiles", 2, ["users", "profiles", "orgs"]),
        ("crm.*", 1, ["users", "orgs"]),
        ("*", 0, ["users", "profiles", "orgs", 'we"ird %']),
        ("nothing", 9, []),
    ],
)
def test_the_tables_around(pattern: str, depth: int, shown: list[str]) -> None:
    part = around(SCHEMA, matching(SCHEMA, pattern), depth)
    assert [table.name for table in part.tables] == shown
    for table in part.tables:
        assert all(key.table in shown for key in table.foreign_keys)


def test_a_key_that_leads_nowhere_is_left_out() -> None:
    schema = msgspec.structs.replace(SCHEMA, tables=(EMPTY,))
    assert mermaid.render(around(schema, [(None, "empty")], 1)) == 'erDiagram\n    "empty"\n'


def test_a_block_is_replaced_and_nothing_else() -> None:
    text = f"# Title\r\n\n  {START} \nold\n{END}\nafter {START[:9]}\n"
    after = replaced(text, "erDiagram\n")
    assert after == (
        f"# Title\r\n\n  {START} \n\n```mermaid\nerDiagram\n```\n\n{END}\nafter {START[:9]}\n"
    )
    assert replaced(after, "erDiagram\n") == after
    for wrong in ("", START, END, f"{END}\n{START}\n", f"{text}{text}", f"{text}{START}\n"):
        assert replaced(wrong, "x\n") is None


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "XCORE_TOOLS_DATABASE_URL", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(FIXTURES / "drift", tmp_path / "shop")
    (tmp_path / "config.json").write_text('{"migration": {"url": "sqlite:///app.db"}}')
    connection = sqlite3.connect(tmp_path / "app.db")
    connection.execute("CREATE TABLE lone (id INTEGER PRIMARY KEY)")
    connection.close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_line(project: Path, capsys: Output) -> None:
    assert main(["diagram"]) == 0
    out = capsys.readouterr().out
    assert '    "customers" ||--o{ "orders" : "customer_id"' in out.splitlines()
    assert '        String(120) email UK "not null"' in out.splitlines()
    assert main(["diagram", "--select", "customers", "--exclude", "lines", "--no-columns"]) == 0
    assert capsys.readouterr().out.splitlines()[1:3] == ['    "customers"', '    "orders"']
    assert main(["diagram", "@", "--format", "dot"]) == 0
    assert '"lone" [label=' in capsys.readouterr().out
    assert main(["diagram", "sqlite:///app.db", "--format", "dbml", "-o", "x.dbml"]) == 0
    assert (project / "x.dbml").read_text().startswith('Table "lone" {')
    assert main(["diagram", "--select", "nothing"]) == 1
    assert capsys.readouterr().err == "error: there is no table nothing\n"


def test_plugins_are_groups(
    capsys: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(FIXTURES / "xcore_app", tmp_path / "app")
    monkeypatch.chdir(tmp_path / "app")
    Path("config.json").write_text('{"migration": {"automigration": {"plugins": ["plugins"]}}}')
    assert main(["diagram", "--format", "dot"]) == 0
    assert 'subgraph "cluster_plugin:Blog" {' in capsys.readouterr().out


def test_what_has_no_name_is_told(project: Path, capsys: Output) -> None:
    text = "from sqlalchemy import *\nfrom where import name\nTable(name, MetaData(), Column('a', Text))\n"
    (project / "shop/loose.py").write_text(text)
    assert main(["diagram"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("erDiagram")
    assert err.startswith("warning: shop/loose.py:3 could not be read: the source does not say")


def test_a_picture_in_a_file(project: Path, capsys: Output) -> None:
    readme = project / "README.md"
    readme.write_text(f"# Shop\n\n{START}\n{END}\n\nMore.\n")
    command = ["diagram", "--inject", "README.md"]
    assert main([*command, "--check"]) == 1
    assert capsys.readouterr().err == "README.md: the picture is not current\n"
    assert "mermaid" not in readme.read_text()
    assert main(command) == 0
    written = readme.read_text()
    assert written.startswith(f"# Shop\n\n{START}\n\n```mermaid\nerDiagram\n")
    assert written.endswith(f"```\n\n{END}\n\nMore.\n")
    assert main([*command, "--check"]) == 0
    assert main(command) == 0
    assert readme.read_text() == written
    readme.write_text("# Shop\n")
    assert main(command) == 2
    assert "README.md has no <!-- xcore-tools diagram -->" in capsys.readouterr().err
    assert main([*command, "--format", "dot"]) == 2
    assert main(["diagram", "--check"]) == 2


def of_source(name: str) -> DatabaseSchema:
    root = FIXTURES / name
    found = discover([root], config=Config(project=root), columns=True)
    return declared_schema(found, DatabaseSchema(engine="source"))


def of_statements(directory: Path, number: int, statements: tuple[str, ...]) -> DatabaseSchema:
    path = directory / f"{number}.db"
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return DatabaseInspector(as_url(f"sqlite:///{path}")).inspect()


def test_the_tools_understand_all_of_it(tmp_path: Path) -> None:
    """Each picture is parsed by Mermaid, DBML's own parser and Graphviz: as many tables and lines."""
    if not MODULES or shutil.which("node") is None:
        pytest.skip("no node, or XCORE_TOOLS_TEST_NODE_MODULES does not say where its modules are")
    schemas = [SCHEMA, *map(of_source, ("xcore_app", "drift", "columns"))]
    schemas += [
        of_statements(tmp_path, number, odd.statements)
        for number, odd in enumerate(ODD["sqlite"].values())
    ]
    questions: list[tuple[str, str]] = []
    expected: list[tuple[int, int]] = []
    for whole in schemas:
        schema = around(whole, [(table.schema, table.name) for table in whole.tables], 0)
        keys = [(table.name, key) for table in schema.tables for key in table.foreign_keys]
        for form, text in (("mermaid", mermaid.render(schema)), ("dot", dot.render(schema))):
            questions.append((form, text))
            expected.append((len(schema.tables), len(keys)))
        if all(key.referred for _, key in keys):  # DBML wants to know the columns
            ends = {(name, key.columns, key.schema, key.table, key.referred) for name, key in keys}
            questions.append(("dbml", dbml.render(schema)))
            expected.append((len(schema.tables), len(ends)))
    run = subprocess.run(
        ["node", os.fspath(PARSING), MODULES],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    answers: list[dict[str, Any]] = json.loads(run.stdout)
    for (form, text), (tables, lines), answer in zip(questions, expected, answers, strict=True):
        assert "error" not in answer, f"{form}: {answer}\n{text}"
        assert (len(answer["tables"]), answer["references"]) == (tables, lines), f"{form}\n{text}"
