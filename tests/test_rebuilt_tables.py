"""SQLite: what Alembic's batch mode and hand-written rebuilds lose is found, what revisions say is not.

The oracle is `sqlite_master` after Alembic itself has rebuilt the table: what is reported is gone from
there, what is not reported is there or was dropped by name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from servers import as_url

from xcore_tools.migrate.facts import SchemaLoss
from xcore_tools.migrate.guard.schema_watch import noted_schemas
from xcore_tools.migrate.guard.steps import Steps

# Alembic says so of some, as a warning while it happens
pytestmark = [
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection"),
    pytest.mark.filterwarnings("ignore:Unnamed CHECK constraint"),
]

Revision = Callable[[Operations], None]

TABLE = """
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    email VARCHAR(50) COLLATE NOCASE NOT NULL,
    price INTEGER CHECK (price > 0),
    state VARCHAR(10) CONSTRAINT known CHECK (state IN ('a', 'b')),
    active BOOLEAN CHECK (active IN (0, 1)),
    code TEXT UNIQUE ON CONFLICT IGNORE,
    note TEXT
)
"""
REST = [
    "CREATE TABLE log (line)",
    "CREATE TRIGGER noted AFTER INSERT ON orders BEGIN INSERT INTO log VALUES (NEW.id); END",
    "CREATE INDEX plain ON orders (note)",
    "CREATE INDEX lowered ON orders (lower(email))",
    "CREATE INDEX some ON orders (price DESC, note COLLATE RTRIM) WHERE price > 5",
]
ALL = {
    "trigger noted",
    "index lowered on (lower(email))",
    "COLLATE NOCASE of email",
    "CHECK (price > 0)",
    "CHECK (active IN (0, 1))",
    "code UNIQUE ON CONFLICT IGNORE",
    "DESC of price in the index some",
    "COLLATE RTRIM of note in the index some",
}


def lost(
    path: Path, *revisions: Revision, statements: tuple[str, ...] = (TABLE, *REST)
) -> set[str]:
    """What is reported when these run one after the other, each as a revision of its own."""
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    steps = Steps()
    with noted_schemas(steps) as log, engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        for number, revision in enumerate(revisions):
            steps.running = f"r{number}"
            revision(operations)
        steps.running = ""
    found = log.losses([as_url(f"sqlite:///{path}")])
    assert all(isinstance(loss, SchemaLoss) and loss.table == "orders" for loss in found)
    return {loss.what for loss in found}


def master(path: Path) -> dict[str, str]:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, coalesce(sql, '') FROM sqlite_master").all()
    return {name: sql for name, sql in rows}


def rebuild(operations: Operations) -> None:
    with operations.batch_alter_table("orders") as batch:
        batch.alter_column("note", type_=sa.String(99))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


def test_everything_that_a_rebuild_loses(path: Path) -> None:
    assert lost(path, rebuild) == ALL
    now = master(path)
    assert "noted" not in now
    assert "lowered" not in now
    assert {"plain", "some"} <= now.keys()
    for gone in ("NOCASE", "price > 0", "ON CONFLICT"):
        assert gone not in now["orders"], "the oracle: SQLite does not have it any more"
    assert "known" in now["orders"]


def test_what_a_revision_drops_by_name_is_meant(path: Path) -> None:
    def revision(operations: Operations) -> None:
        operations.execute("DROP TRIGGER noted")
        operations.drop_index("lowered", "orders")
        with operations.batch_alter_table("orders") as batch:
            batch.drop_constraint("known", type_="check")
            batch.drop_index("plain")
            batch.drop_index("some")

    assert lost(path, revision) == ALL - {
        "trigger noted",
        "index lowered on (lower(email))",
        "DESC of price in the index some",
        "COLLATE RTRIM of note in the index some",
    }


def test_what_goes_with_a_dropped_column_is_meant(path: Path) -> None:
    def revision(operations: Operations) -> None:
        operations.drop_index("some", "orders")
        with operations.batch_alter_table("orders", recreate="always") as batch:
            batch.drop_column("email")
            batch.drop_column("price")
            batch.drop_column("code")

    assert lost(path, revision) == {"trigger noted", "CHECK (active IN (0, 1))"}


def test_the_check_of_a_type_goes_with_the_type(path: Path) -> None:
    def revision(operations: Operations) -> None:
        with operations.batch_alter_table("orders") as batch:
            batch.alter_column("active", type_=sa.Integer())

    assert lost(path, revision) == ALL - {"CHECK (active IN (0, 1))"}


def test_what_is_made_again_is_not_lost(path: Path) -> None:
    def again(operations: Operations) -> None:
        for statement in REST[1:2] + REST[3:4]:
            operations.execute(statement)

    found = lost(path, rebuild, again)
    assert found == ALL - {"trigger noted", "index lowered on (lower(email))"}


def test_a_table_that_is_dropped_and_made_anew_is_another_one(path: Path) -> None:
    def revision(operations: Operations) -> None:
        operations.drop_table("orders")
        operations.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))

    assert lost(path, revision) == set()


def test_changes_without_a_rebuild_lose_nothing(path: Path) -> None:
    def revision(operations: Operations) -> None:
        operations.add_column("orders", sa.Column("more", sa.Integer))
        operations.execute("ALTER TABLE orders RENAME COLUMN note TO remark")
        operations.create_index("another", "orders", ["more"])
        operations.rename_table("log", "journal")

    assert lost(path, revision) == set()


def test_a_rebuild_by_hand_is_one_as_well(path: Path) -> None:
    def revision(operations: Operations) -> None:
        operations.execute("CREATE TABLE new_orders (id INTEGER PRIMARY KEY, email TEXT)")
        operations.execute("INSERT INTO new_orders SELECT id, email FROM orders")
        operations.execute('DROP TABLE "orders"')
        operations.execute('ALTER TABLE new_orders RENAME TO "orders"')

    assert lost(path, revision) == {
        "trigger noted",
        "index lowered on (lower(email))",
        "COLLATE NOCASE of email",
    }


def test_triggers_of_a_view_go_with_it(path: Path) -> None:
    views = [
        "CREATE TABLE t (n)",
        "CREATE VIEW orders AS SELECT n FROM t",
        "CREATE TRIGGER into_view INSTEAD OF INSERT ON orders BEGIN INSERT INTO t VALUES (NEW.n); END",
    ]

    def revision(operations: Operations) -> None:
        operations.execute("DROP VIEW IF EXISTS orders")
        operations.execute("CREATE VIEW orders AS SELECT n + 1 AS n FROM t")

    assert lost(path, revision, statements=tuple(views)) == {"trigger into_view"}


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ("id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT", "AUTOINCREMENT of id"),
        (
            "id INTEGER PRIMARY KEY, note TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'x'",
            "note NOT ON CONFLICT REPLACE",
        ),
        (
            "id INTEGER, note TEXT, CONSTRAINT u UNIQUE (id, note) ON CONFLICT ROLLBACK",
            "UNIQUE ( id , note ) ON CONFLICT ROLLBACK",
        ),
        (
            "id INTEGER PRIMARY KEY, note TEXT, CHECK (length(note) > id)",
            "CHECK (length(note) > id)",
        ),
    ],
)
def test_single_clauses(path: Path, options: str, what: str) -> None:
    found = lost(path, rebuild, statements=(f"CREATE TABLE orders ({options})",))
    assert found == {what}
    word = what.split()[0] if "(" not in what else what.split("(")[1].split()[0]
    assert word.lower() in master(path)["orders"].lower() or "AUTO" in what or "length" in what
    assert "ON CONFLICT" not in master(path)["orders"]
    assert "AUTOINCREMENT" not in master(path)["orders"]


def test_options_that_sqlalchemy_copies_are_not_reported(path: Path) -> None:
    def revision(operations: Operations) -> None:
        with operations.batch_alter_table("orders", recreate="always") as batch:
            batch.alter_column("note", nullable=False)

    found = lost(
        path,
        revision,
        statements=(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT, n INT GENERATED ALWAYS AS (id * 2) STORED) STRICT, WITHOUT ROWID",
        ),
    )
    now = master(path)["orders"].upper()
    assert ("STRICT" in found) == ("STRICT" not in now)
    assert ("WITHOUT ROWID" in found) == ("WITHOUT ROWID" not in now)
    assert any("AS (" in what for what in found) == ("AS (" not in now)
