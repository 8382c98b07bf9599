"""Agreement with Alembic: `check` and `diff` say clean of the same databases; mutations are named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from servers import ENGINES, fresh_database

from xcore_tools.database.comparison import Comparison, compare_schemas
from xcore_tools.database.connection import connected
from xcore_tools.database.inspection import DatabaseInspector
from xcore_tools.database.schema import DatabaseSchema
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.report.difference import sql, text

ROOT = Path(__file__).resolve().parents[1]

# -- an application at head -----------------------------------------------------------------------

MIGRATE = """
import io, sys
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
import sqlalchemy as sa

def check(url, statement):
    config = Config("alembic.ini", stdout=io.StringIO())
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, "head")
    if statement:
        with sa.create_engine(url).begin() as connection:
            connection.exec_driver_sql(statement)
    try:
        command.check(config)
    except CommandError:
        return "dirty"
    return "clean"

head, fresh, statement = sys.argv[1:]
answer = check(head, statement)
from database import Base
from manager.models import Base as ManagerBase
from plugins.Billing.core import Base as BillingBase
from plugins.Blog.core import Model as BlogModel
engine = sa.create_engine(fresh)
for base in (Base, ManagerBase, BillingBase, BlogModel):
    base.metadata.create_all(engine)
print(answer)
"""
DRIFTS = {
    "none": "",
    "a column more": "ALTER TABLE users ADD COLUMN nickname VARCHAR(20)",
    "an index more": "CREATE INDEX ix_drift ON users (id)",
    "a table more": "CREATE TABLE drift (id INTEGER PRIMARY KEY)",
    "a table less": "DROP TABLE one_time_codes",
}
SHORT = ("none", "a column more")
"""What the short form looks at on servers, too."""

slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("engine", "drift"),
    [
        pytest.param(engine, drift, marks=() if engine == "sqlite" or drift in SHORT else slow)
        for engine in ENGINES
        for drift in DRIFTS
    ],
)
def test_an_application_is_clean_for_both_or_for_none(
    engine: str, drift: str, tmp_path: Path
) -> None:
    (tmp_path / "fresh").mkdir()
    with (
        fresh_database(engine, tmp_path) as head,
        fresh_database(engine, tmp_path / "fresh") as fresh,
    ):
        urls = [url.sqlalchemy.render_as_string(hide_password=False) for url in (head, fresh)]
        run = subprocess.run(
            [sys.executable, "-B", "-c", MIGRATE, *urls, DRIFTS[drift]],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.fspath(ROOT / "fixtures" / "xcore_app")},
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode and engine != "sqlite" and "0001_initial_tables" in run.stderr:
            pytest.skip(f"the application does not migrate on {engine}")
        assert run.returncode == 0, run.stderr
        comparison = compared(fresh, head)
        said = run.stdout.split()[-1]
        assert (said == "clean") == (not comparison.differences), lines(comparison)
        assert (said == "clean") == (drift == "none")


# -- single mutations -----------------------------------------------------------------------------


def metadata_of(engine: str) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "team",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    sa.Table(
        "person",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("email", sa.String(100), nullable=False),
        sa.Column("age", sa.Integer, nullable=True),
        sa.Column("score", sa.Numeric(10, 2), server_default=sa.text("0.00")),
        sa.Column("team_id", sa.Integer),
        sa.Column("boss_id", sa.Integer),
        sa.Column("bio", sa.Text),
        sa.Column("born", sa.DateTime),
        sa.Column("kind", sa.Enum("a", "b", name="kind")),
        sa.UniqueConstraint("email", name="uq_email"),
        sa.CheckConstraint("age > 0", name="ck_age"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_team", ondelete="CASCADE"),
        sa.Index("ix_age", "age"),
        sa.Index("ix_both", "age", "score"),
        comment="people" if engine != "sqlite" else None,
    )
    return metadata


class Mutation(NamedTuple):
    """A statement, the difference that it makes, and whether Alembic looks at such things."""

    statement: str
    found: str
    is_seen_by_alembic: bool = True


PERSON = "ALTER TABLE person "
POSTGRESQL = [
    Mutation(f"{PERSON}DROP COLUMN bio", "removed column person.bio"),
    Mutation(f"{PERSON}ADD COLUMN extra int", "added column person.extra"),
    Mutation(f"{PERSON}ALTER COLUMN email TYPE varchar(120)", "changed column person.email type"),
    Mutation(f"{PERSON}ALTER COLUMN age TYPE bigint", "changed column person.age type"),
    Mutation(f"{PERSON}ALTER COLUMN score TYPE numeric(12, 2)", "changed column person.score type"),
    Mutation(f"{PERSON}ALTER COLUMN born TYPE timestamptz", "changed column person.born type"),
    Mutation(f"{PERSON}ALTER COLUMN email DROP NOT NULL", "changed column person.email nullable"),
    Mutation(f"{PERSON}ALTER COLUMN age SET NOT NULL", "changed column person.age nullable"),
    Mutation(f"{PERSON}ALTER COLUMN score SET DEFAULT 1", "changed column person.score default"),
    Mutation(f"{PERSON}ALTER COLUMN score DROP DEFAULT", "changed column person.score default"),
    Mutation(f"{PERSON}ALTER COLUMN bio SET DEFAULT 'x'", "changed column person.bio default"),
    Mutation(
        f'{PERSON}ALTER COLUMN bio TYPE text COLLATE "C"',
        "changed column person.bio collation",
        is_seen_by_alembic=False,
    ),
    Mutation(
        f"{PERSON}ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY",
        "changed column person.id identity",
    ),
    Mutation("COMMENT ON COLUMN person.bio IS 'new'", "changed column person.bio comment"),
    Mutation("COMMENT ON TABLE person IS 'new'", "changed table person comment"),
    Mutation("DROP INDEX ix_age", "removed index person.ix_age"),
    Mutation("CREATE INDEX ix_new ON person (bio)", "added index person.ix_new"),
    Mutation(
        "DROP INDEX ix_both; CREATE INDEX ix_both ON person (score, age)",
        "changed index person.ix_both keys",
    ),
    Mutation(
        "DROP INDEX ix_age; CREATE UNIQUE INDEX ix_age ON person (age)",
        "changed index person.ix_age unique",
    ),
    Mutation(
        "DROP INDEX ix_age; CREATE INDEX ix_age ON person (age) WHERE age > 5",
        "changed index person.ix_age where",
        is_seen_by_alembic=False,
    ),
    Mutation(
        "DROP INDEX ix_age; CREATE INDEX ix_age ON person USING hash (age)",
        "changed index person.ix_age method",
        is_seen_by_alembic=False,
    ),
    Mutation(f"{PERSON}DROP CONSTRAINT uq_email", "removed unique person.uq_email"),
    Mutation(f"{PERSON}ADD CONSTRAINT uq_new UNIQUE (bio)", "added unique person.uq_new"),
    Mutation(f"{PERSON}DROP CONSTRAINT fk_team", "removed foreign key person.fk_team"),
    Mutation(
        f"{PERSON}ADD CONSTRAINT fk_boss FOREIGN KEY (boss_id) REFERENCES person",
        "added foreign key person.fk_boss",
    ),
    Mutation(
        f"{PERSON}DROP CONSTRAINT fk_team, ADD CONSTRAINT fk_team "
        "FOREIGN KEY (team_id) REFERENCES team ON DELETE SET NULL",
        "changed foreign key person.fk_team on_delete",
    ),
    Mutation(
        f"{PERSON}DROP CONSTRAINT ck_age", "removed check person.ck_age", is_seen_by_alembic=False
    ),
    Mutation(
        f"{PERSON}ADD CONSTRAINT ck_new CHECK (age < 200)",
        "added check person.ck_new",
        is_seen_by_alembic=False,
    ),
    Mutation(
        f"{PERSON}DROP CONSTRAINT ck_age, ADD CONSTRAINT ck_age CHECK (age > 1)",
        "changed check person.ck_age expression",
        is_seen_by_alembic=False,
    ),
    Mutation(
        f"{PERSON}DROP CONSTRAINT person_pkey",
        "removed primary key person.person_pkey",
        is_seen_by_alembic=False,
    ),
    Mutation("CREATE TABLE more (id int)", "added table more"),
    Mutation("DROP TABLE team CASCADE", "removed foreign key person.fk_team; removed table team"),
    Mutation("CREATE VIEW v AS SELECT 1 AS a", "added view v", is_seen_by_alembic=False),
    Mutation("CREATE SEQUENCE s", "added sequence s", is_seen_by_alembic=False),
    Mutation(
        "ALTER TYPE kind RENAME VALUE 'b' TO 'c'",
        "changed enum kind values",
        is_seen_by_alembic=False,
    ),
]
MYSQL = [
    Mutation(f"{PERSON}DROP COLUMN bio", "removed column person.bio"),
    Mutation(f"{PERSON}ADD COLUMN extra int", "added column person.extra"),
    Mutation(f"{PERSON}MODIFY email varchar(120) NOT NULL", "changed column person.email type"),
    Mutation(f"{PERSON}MODIFY age bigint", "changed column person.age type"),
    Mutation(f"{PERSON}MODIFY age int unsigned", "changed column person.age type", False),
    Mutation(f"{PERSON}MODIFY kind enum('a', 'c')", "changed column person.kind type"),
    Mutation(f"{PERSON}MODIFY email varchar(100)", "changed column person.email nullable"),
    Mutation(f"{PERSON}ALTER score SET DEFAULT 1", "changed column person.score default"),
    Mutation(
        f"{PERSON}MODIFY born datetime ON UPDATE current_timestamp",
        "changed column person.born on_update",
        is_seen_by_alembic=False,
    ),
    Mutation(
        f"{PERSON}MODIFY bio text COLLATE utf8mb4_bin",
        "changed column person.bio collation",
        is_seen_by_alembic=False,
    ),
    Mutation(f"{PERSON}MODIFY bio text COMMENT 'new'", "changed column person.bio comment"),
    Mutation(f"{PERSON}COMMENT 'new'", "changed table person comment"),
    Mutation(
        f"{PERSON}MODIFY id int NOT NULL AUTO_INCREMENT",
        "changed column person.id autoincrement",
        is_seen_by_alembic=False,
    ),
    Mutation(f"{PERSON}DROP INDEX ix_age", "removed index person.ix_age"),
    Mutation(f"{PERSON}ADD INDEX ix_new (born)", "added index person.ix_new"),
    Mutation(
        f"{PERSON}DROP INDEX ix_both, ADD INDEX ix_both (score, age)",
        "changed index person.ix_both keys",
    ),
    Mutation(
        f"{PERSON}DROP INDEX ix_age, ADD INDEX ix_age (age DESC)",
        "changed index person.ix_age keys",
        is_seen_by_alembic=False,
    ),
    Mutation(f"{PERSON}DROP INDEX uq_email", "removed unique person.uq_email"),
    Mutation(f"{PERSON}DROP FOREIGN KEY fk_team", "removed foreign key person.fk_team"),
    Mutation(
        f"{PERSON}DROP CONSTRAINT ck_age", "removed check person.ck_age", is_seen_by_alembic=False
    ),
    Mutation(
        f"{PERSON}DROP PRIMARY KEY",
        "removed primary key person.None",
        is_seen_by_alembic=False,
    ),
    Mutation(f"{PERSON}ROW_FORMAT=COMPRESSED", "changed table person options", False),
    Mutation("CREATE TABLE more (id int)", "added table more"),
    Mutation("CREATE VIEW v AS SELECT 1 AS a", "added view v", is_seen_by_alembic=False),
    Mutation(
        f"{PERSON}MODIFY score decimal(12, 2) DEFAULT 0.00", "changed column person.score type"
    ),
    Mutation(f"{PERSON}MODIFY age int NOT NULL", "changed column person.age nullable"),
    Mutation(f"{PERSON}ALTER score DROP DEFAULT", "changed column person.score default"),
    Mutation(f"{PERSON}ALTER boss_id SET DEFAULT 5", "changed column person.boss_id default"),
    Mutation(f"{PERSON}ADD CONSTRAINT uq_boss UNIQUE (boss_id)", "added unique person.uq_boss"),
    Mutation(
        f"{PERSON}ADD CONSTRAINT ck_boss CHECK (boss_id > 0)", "added check person.ck_boss", False
    ),
]
SQLITE = [
    Mutation(f"{PERSON}DROP COLUMN bio", "removed column person.bio"),
    Mutation(f"{PERSON}ADD COLUMN extra int", "added column person.extra"),
    Mutation("DROP INDEX ix_age", "removed index person.ix_age"),
    Mutation("CREATE INDEX ix_new ON person (bio)", "added index person.ix_new"),
    Mutation(
        "CREATE INDEX ix_new ON person (lower(bio))",
        "added index person.ix_new",
        is_seen_by_alembic=False,
    ),
    Mutation("CREATE TABLE more (id int)", "added table more"),
    Mutation("DROP TABLE team", "removed table team"),
    Mutation("CREATE VIEW v AS SELECT 1 AS a", "added view v", is_seen_by_alembic=False),
]
# What SQLite cannot alter: the statement that makes the table, with other words in it.
REWRITTEN = [
    Mutation("VARCHAR(100)|VARCHAR(120)", "changed column person.email type"),
    Mutation("age INTEGER|age BIGINT", "changed column person.age type"),
    Mutation("NUMERIC(10, 2)|NUMERIC(12, 2)", "changed column person.score type"),
    Mutation("VARCHAR(100) NOT NULL|VARCHAR(100)", "changed column person.email nullable"),
    Mutation("age INTEGER|age INTEGER NOT NULL", "changed column person.age nullable"),
    Mutation("DEFAULT (0.00)|DEFAULT 1.00", "changed column person.score default"),
    Mutation("DEFAULT (0.00)|", "changed column person.score default"),
    Mutation("bio TEXT|bio TEXT DEFAULT 'x'", "changed column person.bio default"),
    Mutation("bio TEXT|bio TEXT COLLATE NOCASE", "changed column person.bio collation", False),
    Mutation("CONSTRAINT uq_email UNIQUE (email), |", "removed unique person.uq_email"),
    Mutation("UNIQUE (email)|UNIQUE (email, age)", "changed unique person.uq_email columns"),
    Mutation("CONSTRAINT ck_age CHECK (age > 0), |", "removed check person.ck_age", False),
    Mutation("age > 0|age > 1", "changed check person.ck_age expression", False),
    Mutation("ON DELETE CASCADE|", "changed foreign key person.fk_team on_delete"),
    Mutation(
        "ON DELETE CASCADE|ON UPDATE CASCADE ON DELETE CASCADE",
        "changed foreign key person.fk_team on_update",
    ),
    Mutation(
        ", CONSTRAINT fk_team FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE CASCADE|",
        "removed foreign key person.fk_team",
    ),
    Mutation(
        "REFERENCES team (id) ON DELETE CASCADE|REFERENCES team (id) ON DELETE CASCADE, "
        "FOREIGN KEY (boss_id) REFERENCES person (id)",
        "added foreign key person.None",
    ),
    Mutation(
        "PRIMARY KEY (id)|PRIMARY KEY (id, email)", "changed primary key person.None columns", False
    ),
    Mutation("PRIMARY KEY (id), |", "removed primary key person.None", False),
    Mutation(
        "bio TEXT|bio TEXT GENERATED ALWAYS AS (email) STORED",
        "changed column person.bio computed",
        False,
    ),
    Mutation(
        ") ON DELETE CASCADE|) ON DELETE CASCADE DEFERRABLE",
        "changed foreign key person.fk_team deferrable",
    ),
    Mutation("boss_id INTEGER|boss_id INTEGER, boss2_id INTEGER", "added column person.boss2_id"),
]


def compared(before: DatabaseUrl, after: DatabaseUrl) -> Comparison:
    return compare_schemas(*(DatabaseInspector(url).inspect() for url in (before, after)))


def lines(comparison: Comparison) -> str:
    """`changed column t.c type; added table x`."""
    return "; ".join(
        " ".join(
            [
                each.action,
                each.kind,
                f"{each.table}.{each.name}" if each.table else str(each.name),
                *(change.field for change in each.changes),
            ]
        )
        for each in comparison.differences
    )


def alembic_says(url: DatabaseUrl, metadata: sa.MetaData) -> list[object]:
    with connected(url) as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Alembic cannot compare
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": True, "compare_type": True}
        )
        try:
            return list(compare_metadata(context, metadata))
        except sa.exc.NoSuchTableError as error:  # older ones end at a key that leads nowhere
            return [error]


@pytest.fixture(scope="module")
def unmutated() -> dict[str, DatabaseSchema]:
    """The schema of a fresh create_all on each engine, once it is asked for."""
    return {}


def assert_found(
    engine: str, mutation: Mutation, directory: Path, unmutated: dict[str, DatabaseSchema]
) -> None:
    metadata = metadata_of(engine)
    with fresh_database(engine, directory) as url:
        with connected(url, may_create=True) as connection:
            metadata.create_all(connection)
            connection.commit()
        before = unmutated.setdefault(engine, DatabaseInspector(url).inspect())
        with connected(url) as connection:
            for statement in mutation.statement.split("; "):
                if "|" in statement:
                    rewrite(connection, *statement.split("|"))
                else:
                    connection.exec_driver_sql(statement)
            connection.commit()
        found = compare_schemas(before, DatabaseInspector(url).inspect())
        assert lines(found) == mutation.found
        assert compare_schemas(before, before).differences == ()
        assert bool(alembic_says(url, metadata)) == mutation.is_seen_by_alembic
        assert_told(found)
        if engine != "sqlite":
            assert_hint_leads_back(url, before)


def assert_told(found: Comparison) -> None:
    """Everything that differs is in the text, which fits the terminal, with colour or without."""
    plain = text.render(found, width=80)
    for each in found.differences:
        assert (each.name or "") in plain
        for change in each.changes:
            assert f"{change.field.replace('_', ' ')}: " in plain
    colored = text.render(found, width=80, color=True)
    assert re.sub(r"\x1b\[\d+m", "", colored) == plain
    assert re.search(r"\x1b\[3[123]m[-+~]\x1b\[0m", colored)


def assert_hint_leads_back(url: DatabaseUrl, before: DatabaseSchema) -> None:
    """The server takes the hint, and has then what the other side has."""
    back = compare_schemas(DatabaseInspector(url).inspect(), before)
    hint = sql.render(back)
    assert len([each for each in hint.splitlines() if each.startswith("--")]) == 1 + only_told(back)
    with connected(url) as connection:
        for statement in hint.split(";\n"):
            code = "\n".join(each for each in statement.splitlines() if not each.startswith("--"))
            if code.strip():
                connection.exec_driver_sql(code)
        connection.commit()
    left = compare_schemas(DatabaseInspector(url).inspect(), before)
    assert bool(left.differences) == bool(only_told(back)), lines(left)


def only_told(back: Comparison) -> int:
    """How many changes no statement is offered for: the hint says so in a comment."""
    return sum(
        len(each.changes)
        for each in back.differences
        if each.action == "changed" and each.kind in ("table", "enum")
    )


def rewrite(connection: sa.Connection, old: str, new: str) -> None:
    rows = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'person' AND sql IS NOT NULL "
        "ORDER BY type DESC"
    )
    table, *indexes = (" ".join(sql.split()).replace("( ", "(") for sql in rows.scalars())
    assert old in table, table
    connection.exec_driver_sql("DROP TABLE person")
    for statement in (table.replace(old, new), *indexes):
        connection.exec_driver_sql(statement)


def every_third(mutations: list[Mutation]) -> list[Any]:
    """The short form on servers; the others are slow."""
    return [
        pytest.param(mutation, marks=() if number % 3 == 0 else slow, id=mutation.found)
        for number, mutation in enumerate(mutations)
    ]


@pytest.mark.parametrize("mutation", every_third(POSTGRESQL))
def test_a_mutation_on_postgresql(
    mutation: Mutation, tmp_path: Path, unmutated: dict[str, DatabaseSchema]
) -> None:
    assert_found("postgresql", mutation, tmp_path, unmutated)


@pytest.mark.parametrize("mutation", every_third(MYSQL))
def test_a_mutation_on_mysql(
    mutation: Mutation, tmp_path: Path, unmutated: dict[str, DatabaseSchema]
) -> None:
    assert_found("mysql", mutation, tmp_path, unmutated)


@pytest.mark.parametrize("mutation", [*SQLITE, *REWRITTEN], ids=lambda each: each.found)
def test_a_mutation_on_sqlite(
    mutation: Mutation, tmp_path: Path, unmutated: dict[str, DatabaseSchema]
) -> None:
    assert_found("sqlite", mutation, tmp_path, unmutated)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_not_mutated_is_clean_for_both(engine: str, tmp_path: Path) -> None:
    metadata = metadata_of(engine)
    (tmp_path / "other").mkdir()
    with (
        fresh_database(engine, tmp_path) as url,
        fresh_database(engine, tmp_path / "other") as other,
    ):
        for each in (url, other):
            with connected(each, may_create=True) as connection:
                metadata.create_all(connection)
                connection.commit()
        assert lines(compared(url, other)) == ""
        assert alembic_says(url, metadata) == []
