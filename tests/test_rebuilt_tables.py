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
from alembic_projects import make_project, write_revision
from servers import as_url

from xcore_tools.cli import main
from xcore_tools.config import Config
from xcore_tools.migrate.facade import Migrations
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
    assert {loss.table for loss in found} <= {"orders"}
    return {loss.what for loss in found}


def master(path: Path) -> dict[str, str]:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, coalesce(sql, '') FROM sqlite_master").all()
    return {str(row[0]): str(row[1]) for row in rows}


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
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT) STRICT, WITHOUT ROWID",
        ),
    )
    now = master(path)["orders"].upper()
    assert ("STRICT" in found) == ("STRICT" not in now)
    assert ("WITHOUT ROWID" in found) == ("WITHOUT ROWID" not in now)


# -- in a project -----------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Config:
    """At revision a1, with b2 to come, which rebuilds a table that has a trigger."""
    made = make_project(tmp_path / "project", url=as_url(f"sqlite:///{tmp_path / 'shop.db'}"))
    versions = made.project / "alembic" / "versions"
    first = "\n".join(f"op.execute({statement!r})" for statement in (TABLE, *REST[:3]))
    write_revision(versions, "a1", None, first)
    Migrations(made).upgrade()
    again = (
        "with op.batch_alter_table('orders') as b:\n    b.alter_column('note', type_=sa.String(9))"
    )
    write_revision(versions, "b2", "a1", again)
    return made


def test_a_rehearsal_names_it_and_changes_nothing(
    project: Config, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = master(path)
    config = ["--config", str(project.project / "config.json")]
    assert main(["migrate", "upgrade", "--rehearse", *config]) == 1
    assert "lost       orders: trigger noted, in revision b2\n" in capsys.readouterr().out
    assert main(["migrate", "upgrade", "--rehearse", "--then-apply", *config]) == 1
    assert master(path) == before
    assert main(["migrate", "upgrade", "--rehearse", "--accept-loss", *config]) == 0
    assert main(["migrate", "upgrade", "--rehearse", "--then-apply", "--accept-loss", *config]) == 0
    assert "noted" not in master(path)


def test_an_upgrade_says_so_and_offers_the_backup(
    project: Config, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = master(path)
    config = ["--config", str(project.project / "config.json")]
    assert main(["migrate", "upgrade", "--backup", *config]) == 1
    captured = capsys.readouterr()
    assert "lost      orders: trigger noted, in revision b2\n" in captured.out
    assert "now at b2" in captured.out
    command = captured.err.split("`")[1]
    assert command.startswith("xcore-tools backup restore backup_")
    assert "noted" not in master(path)
    assert main([*command.split()[1:], "--yes", *config]) == 0
    assert master(path) == before
    assert main(["migrate", "upgrade", "--accept-loss", *config]) == 0


def test_the_result_as_data(project: Config) -> None:
    change = Migrations(project).upgrade()
    assert SchemaLoss("orders", "trigger noted", "b2") in change.schema_losses
    assert change.after == ("b2",)
    assert Migrations(project).upgrade().schema_losses == ()
