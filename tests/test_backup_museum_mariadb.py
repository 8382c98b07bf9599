"""As it was: a MariaDB database with one of everything is the same after a restore.

The oracles are `mariadb-dump --routines --triggers --events` with the history of versioned tables, and
what information_schema and CHECKSUM TABLE say.
"""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from museum_mariadb import EXHIBITS, script, spoiling
from servers import fresh_database

from xcore_tools import BackupManager
from xcore_tools.database.backup.engine import HalfwayError
from xcore_tools.database.backup.exchange import Exchange
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError

# What changes by itself, or says when something was made.
VOLATILE = {
    "auto_increment",
    "avg_row_length",
    "cardinality",
    "check_time",
    "checksum",
    "create_time",
    "created",
    "data_free",
    "data_length",
    "event_catalog",
    "index_length",
    "last_altered",
    "last_executed",
    "max_data_length",
    "max_index_length",
    "table_rows",
    "update_time",
}
CATALOGS = {
    "schemata": "schema_name",
    "tables": "table_schema",
    "columns": "table_schema",
    "statistics": "table_schema",
    "key_column_usage": "table_schema",
    "referential_constraints": "constraint_schema",
    "check_constraints": "constraint_schema",
    "partitions": "table_schema",
    "views": "table_schema",
    "triggers": "trigger_schema",
    "routines": "routine_schema",
    "parameters": "specific_schema",
    "events": "event_schema",
    "table_privileges": "table_schema",
    "column_privileges": "table_schema",
    "schema_privileges": "table_schema",
}


def as_it_is(url: DatabaseUrl) -> list[str]:
    """Everything, in lines."""
    parts = url.sqlalchemy
    command = ["mariadb-dump", f"--host={parts.host}", f"--user={parts.username}"]
    command += [f"--port={parts.port or 3306}", "--single-transaction", "--dump-history"]
    command += ["--routines", "--triggers", "--events", "--hex-blob", str(parts.database)]
    done = subprocess.run(command, capture_output=True, check=True)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    lines = [line for line in lines if not line.startswith("-- Dump completed")]
    with connected(url) as connection:
        for catalog, column in CATALOGS.items():
            query = f"SELECT * FROM information_schema.{catalog} WHERE {column} = :name"
            for row in connection.execute(sa.text(query), {"name": parts.database}).mappings():
                values = {k.lower(): v for k, v in row.items() if k.lower() not in VOLATILE}
                if values.get("table_type") == "SEQUENCE":
                    del values["table_collation"]  # numbers only: it is that of the database once
                lines.append(f"{catalog}: {values}")
        query = "SELECT user, host, routine_name, routine_type, proc_priv FROM mysql.procs_priv WHERE db = :name"
        for right in connection.execute(sa.text(query), {"name": parts.database}):
            lines.append(f"procs_priv: {tuple(right)}")
        query = (
            "SELECT table_name FROM information_schema.tables WHERE table_schema = :name "
            "AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
        )
        for name in connection.execute(sa.text(query), {"name": parts.database}).scalars().all():
            quoted = "`" + str(name).replace("`", "``") + "`"
            raw = connection.execution_options(no_parameters=True)
            checksum = raw.exec_driver_sql(f"CHECKSUM TABLE {quoted} EXTENDED").one()
            rows = raw.exec_driver_sql(f"SELECT count(*) FROM {quoted}").scalar_one()
            lines.append(f"content: {name} {checksum[1]} {rows}")
    return sorted(lines)


@contextmanager
def account(url: DatabaseUrl) -> Iterator[str]:
    """An account that rights are given to, and that code belongs to."""
    name = f"'museum_{uuid.uuid4().hex[:8]}'@'%'"
    run(url, [f"CREATE USER {name}"])
    try:
        yield name
    finally:
        run(url, [f"DROP USER {name}"])


def run(url: DatabaseUrl, statements: list[str]) -> None:
    with connected(url, isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execution_options(no_parameters=True).exec_driver_sql(statement)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[DatabaseUrl]:
    if shutil.which("mariadb-dump") is None:
        pytest.skip("mariadb-dump is not installed")
    with fresh_database("mysql", tmp_path) as database:
        yield database


def come_and_go(url: DatabaseUrl, directory: Path, names: list[str]) -> None:
    """Make these, back them up, make others like them, spoil what was there, and restore."""
    database = str(url.sqlalchemy.database)
    with account(url) as user:
        for name in names:
            run(url, script(name, database, user))
        before = as_it_is(url)
        manager = BackupManager(url, directory)
        backup = manager.create()
        checked = manager.verify(backup.name, drill=True)
        assert not checked.problem
        assert as_it_is(url) == before
        for name in names:
            run(url, script(name, database, user, later=True))
        for name in names:
            run(url, spoiling(name, database, user))
        assert as_it_is(url) != before
        restored = manager.restore(backup.name, safety=False)
        if "rights on tables and columns" in names:  # what is granted on a name stays
            run(url, [f"REVOKE ALL ON `{database}`.granted_b FROM {user}"])
            run(url, [f"REVOKE GRANT OPTION ON `{database}`.granted_b FROM {user}"])
        after = as_it_is(url)
        assert (set(before) - set(after), set(after) - set(before)) == (set(), set())
        assert after == before
        gone = {"view of a definer that is gone"} & set(names)
        assert [remark for remark in restored.remarks if "left_the_firm" in remark] == (
            [
                f"view {name}: acts as left_the_firm@%, an account that does not exist"
                for name in ["names_a"]
            ]
            if gone
            else []
        )


def test_there_are_enough_kinds() -> None:
    assert len(EXHIBITS) >= 40


def test_one_of_everything(url: DatabaseUrl, tmp_path: Path) -> None:
    come_and_go(url, tmp_path / "backups", list(EXHIBITS))


def test_going_back_brings_everything_back(
    url: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last statement of the exchange fails, when all the rest has been done."""
    with account(url) as user:
        for name in EXHIBITS:
            run(url, script(name, str(url.sqlalchemy.database), user))
        manager = BackupManager(url, tmp_path / "backups")
        backup = manager.create()
        for name in EXHIBITS:
            run(url, spoiling(name, str(url.sqlalchemy.database), user))
        before = as_it_is(url)
        forward = Exchange.forward
        monkeypatch.setattr(
            Exchange,
            "forward",
            lambda *given: forward(given[0], given[1] + b"DROP TABLE nothing\n;\n", given[2]),
        )
        with pytest.raises(
            BackupError, match=r"nothing.*The database is as it was before"
        ) as caught:
            manager.restore(backup.name, safety=False)
        assert not isinstance(caught.value, HalfwayError)
        assert as_it_is(url) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", EXHIBITS)
def test_each_alone(url: DatabaseUrl, tmp_path: Path, name: str) -> None:
    come_and_go(url, tmp_path / "backups", [name])
