"""`@source` beside a database: what somebody changed by hand is found, and nothing else is told."""

from __future__ import annotations

import json as standard
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from servers import as_url, fresh_database

from xcore_tools import Config, compare_schemas, discover
from xcore_tools.cli import main
from xcore_tools.database.connection import connected
from xcore_tools.database.declared import declared_schema
from xcore_tools.database.inspection import DatabaseInspector
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.discovery.results import Discovery

Output = pytest.CaptureFixture[str]

FIXTURES = Path(__file__).parents[1] / "fixtures"
CREATING = Path(__file__).with_name("creating.py")
SHOP = FIXTURES / "drift"


class Mutation(NamedTuple):
    """What is replaced in the statements that made the tables, and what has to be told of it."""

    old: str
    new: str
    found: str


MUTATIONS = [
    Mutation("notes TEXT, \n\t", "", "removed column customers.notes"),
    Mutation("amount INTEGER, \n\t", "", "removed column lines.amount"),
    Mutation("weight INTEGER, \n\t", "", "removed column parcels.weight"),
    Mutation("changed_at DATETIME, \n\tPRIMARY KEY (id), \n\tUNIQUE (email)",
             "PRIMARY KEY (id), \n\tUNIQUE (email)", "removed column customers.changed_at"),
    Mutation("notes TEXT,", "notes TEXT, extra TEXT,", "added column customers.extra"),
    Mutation("amount INTEGER,", "amount INTEGER, extra INT NOT NULL,", "added column lines.extra"),
    Mutation("weight INTEGER,", "weight INTEGER, size INT,", "added column parcels.size"),
    Mutation("VARCHAR(120)", "VARCHAR(100)", "changed column customers.email type"),
    Mutation("name VARCHAR(80)", "name TEXT", "changed column customers.name type"),
    Mutation("notes TEXT", "notes VARCHAR(9)", "changed column customers.notes type"),
    Mutation("NUMERIC(10, 2)", "NUMERIC(12, 4)", "changed column customers.credit type"),
    Mutation("is_vip BOOLEAN", "is_vip INTEGER", "changed column customers.is_vip type"),
    Mutation("status VARCHAR(6)", "status VARCHAR(20)", "changed column orders.status type"),
    Mutation("text VARCHAR(200)", "text VARCHAR(201)", "changed column lines.text type"),
    Mutation("weight INTEGER", "weight REAL", "changed column parcels.weight type"),
    Mutation("code VARCHAR(20)", "code INTEGER", "changed column parcels.code type"),
    Mutation("VARCHAR(120) NOT NULL", "VARCHAR(120)", "changed column customers.email nullable"),
    Mutation("name VARCHAR(80)", "name VARCHAR(80) NOT NULL",
             "changed column customers.name nullable"),
    Mutation("is_vip BOOLEAN NOT NULL", "is_vip BOOLEAN", "changed column customers.is_vip nullable"),
    Mutation("amount INTEGER", "amount INTEGER NOT NULL", "changed column lines.amount nullable"),
    Mutation("weight INTEGER", "weight INTEGER NOT NULL", "changed column parcels.weight nullable"),
    Mutation("text VARCHAR(200) NOT NULL", "text VARCHAR(200)", "changed column lines.text nullable"),
    Mutation(", \n\tUNIQUE (email)", "", "removed unique customers.None"),
    Mutation("CONSTRAINT uq_number UNIQUE (customer_id, number), \n\t", "",
             "removed unique orders.uq_number"),
    Mutation("notes TEXT", "notes TEXT UNIQUE", "added unique customers.None"),
    Mutation("CONSTRAINT ck_number CHECK (number > 0), \n\t", "", "removed check orders.ck_number"),
    Mutation("CREATE INDEX ix_status ON orders (status, made_at)", "",
             "removed index orders.ix_status"),
    Mutation("CREATE INDEX ix_customers_name ON customers (name)", "",
             "removed index customers.ix_customers_name"),
    Mutation(" ON DELETE CASCADE", "", "changed foreign key orders.fk_orders_customer_id on_delete"),
    Mutation("ON DELETE CASCADE", "ON DELETE SET NULL",
             "changed foreign key orders.fk_orders_customer_id on_delete"),
    Mutation(", \n\tCONSTRAINT fk_line FOREIGN KEY(order_id, place) REFERENCES lines (order_id, place)",
             "", "removed foreign key parcels.fk_line"),
    Mutation("REFERENCES orders (id)", "REFERENCES customers (id)",
             "removed foreign key lines.None"),
    Mutation("weight INTEGER", "weight INTEGER REFERENCES orders (id)",
             "added foreign key parcels.None"),
    Mutation("PRIMARY KEY (order_id, place)", "PRIMARY KEY (order_id)",
             "changed primary key lines.None columns"),
    Mutation("PRIMARY KEY (code), \n\t", "", "removed primary key parcels.None"),
]  # fmt: skip


@pytest.fixture(scope="module")
def source() -> Discovery:
    return discover([SHOP], config=Config(project=SHOP), columns=True)


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What SQLAlchemy makes of the shop, after importing it."""
    path = tmp_path_factory.mktemp("drift") / "shop.db"
    create(SHOP, [f"sqlite:///{path}"])
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL").fetchall()
    connection.close()
    return [sql for (sql,) in rows]


def create(project: Path, urls: list[str]) -> None:
    question = standard.dumps({"root": os.fspath(project), "skip": [], "urls": urls})
    command = [sys.executable, "-B", "-W", "ignore", os.fspath(CREATING), question]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def told(source: Discovery, url: DatabaseUrl) -> list[str]:
    """From the source to the database, one line for each difference."""
    database = DatabaseInspector(url).inspect()
    comparison = compare_schemas(declared_schema(source, database), database)
    assert not comparison.not_compared
    return [
        f"{each.action} {each.kind} {each.table or ''}.{each.name} "
        f"{' '.join(change.field for change in each.changes)}".rstrip()
        for each in comparison.differences
    ]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.found)
def test_a_change_by_hand_is_found(
    mutation: Mutation, source: Discovery, statements: list[str], tmp_path: Path
) -> None:
    script = ";\n".join(statements)
    assert mutation.old in script
    connection = sqlite3.connect(tmp_path / "app.db")
    connection.executescript(script.replace(mutation.old, mutation.new, 1))
    connection.close()
    found = told(source, as_url(f"sqlite:///{tmp_path}/app.db"))
    assert mutation.found in found
    assert len(found) <= 3  # a column takes along the constraints that it is part of


@pytest.mark.parametrize("project", ["drift", "xcore_app"])
def test_a_database_that_nobody_changed_is_clean(project: str, database: DatabaseUrl) -> None:
    text = database.sqlalchemy.render_as_string(hide_password=False)
    create(FIXTURES / project, [text] * 9)
    root = FIXTURES / project
    found = discover([root], config=Config(project=root), columns=True)
    assert told(found, database) == []


@pytest.fixture
def on_server() -> Iterator[DatabaseUrl]:
    with fresh_database("postgresql", Path()) as url:
        create(SHOP, [url.sqlalchemy.render_as_string(hide_password=False)])
        yield url


def test_changes_on_a_server(on_server: DatabaseUrl, source: Discovery) -> None:
    with connected(on_server) as connection:
        for statement in (
            "ALTER TABLE customers ALTER COLUMN credit TYPE numeric(9, 2)",
            "ALTER TABLE customers ALTER COLUMN name TYPE text",
            "ALTER TABLE lines ALTER COLUMN amount SET NOT NULL",
            "ALTER TABLE parcels DROP CONSTRAINT fk_line",
            "ALTER TABLE orders DROP CONSTRAINT ck_number",
            "ALTER TABLE orders ALTER COLUMN made_at TYPE timestamptz",
            "ALTER TYPE status ADD VALUE 'LOST'",
            "CREATE TABLE stray (id int)",
            "CREATE VIEW seen AS SELECT 1 AS one",
            "CREATE INDEX somebodys ON lines (amount)",
        ):
            connection.execute(sa.text(statement))
        connection.commit()
    assert told(source, on_server) == [
        "changed enum .status values",
        "changed column customers.name type",
        "changed column customers.credit type",
        "changed column lines.amount nullable",
        "changed column orders.made_at type",
        "removed check orders.ck_number",
        "removed foreign key parcels.fk_line",
        "added table .stray",
    ]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statements: list[str]) -> Path:
    for name in ("DATABASE_URL", "XCORE_TOOLS_DATABASE_URL", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    shutil.copy(SHOP / "shop.py", tmp_path / "shop")
    (tmp_path / "config.json").write_text('{"migration": {"url": "sqlite:///app.db"}}')
    connection = sqlite3.connect("app.db")
    connection.executescript(";\n".join(statements))
    connection.close()
    return tmp_path


def test_the_command_line(project: Path, capsys: Output) -> None:
    assert main(["db", "diff", "@source", "@"]) == 0
    assert capsys.readouterr().out == "no differences\n"
    assert main(["db", "export", "schema.json"]) == 0
    assert main(["db", "diff", "schema.json", "@source"]) == 0
    text = (project / "shop/shop.py").read_text()
    (project / "shop/shop.py").write_text(text.replace("String(120)", "String(99)"))
    capsys.readouterr()
    assert main(["db", "diff", "schema.json", "@source"]) == 1
    assert capsys.readouterr().out == (
        "~ customers\n  ~ email\n      type: VARCHAR(120) → VARCHAR(99)\n\n"
        "1 difference: 1 changed\n"
    )
    assert main(["db", "diff", "@source", "@source"]) == 1
    assert "@source can be compared with a URL, @, an export" in capsys.readouterr().err


def test_what_the_source_leaves_open_is_no_difference(project: Path, capsys: Output) -> None:
    (project / "shop/loose.py").write_text(
        "from shop import Base\n"
        "from somewhere import Mixin, length, table_name\n"
        "from sqlalchemy import Column, Integer, String\n"
        "class Loose(Mixin, Base):\n"
        "    __tablename__ = 'loose'\n"
        "    id = Column(Integer, primary_key=True)\n"
        "    name = Column(String(length()), nullable=bool(length))\n"
        "class Nameless(Base):\n"
        "    __tablename__ = table_name\n"
        "    id = Column(Integer, primary_key=True)\n"
    )
    connection = sqlite3.connect("app.db")
    connection.execute("CREATE TABLE loose (id INTEGER NOT NULL PRIMARY KEY, name CHAR, more INT)")
    connection.close()
    assert main(["db", "diff", "@source", "@"]) == 1
    assert capsys.readouterr().out == (
        "shop/loose.py:8 was not compared: the source does not say its name\nno differences\n"
    )
