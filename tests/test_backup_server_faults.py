"""Restores on servers that go wrong or may not be: halfway, interrupted, without rights, on a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from backup_data import content, fill, no_file_longer_than
from servers import fresh_database, fresh_user

from xcore_tools import BackupManager
from xcore_tools.database.backup.exchange import Exchange
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError

pytestmark = pytest.mark.filterwarnings("ignore:Did not recognize type")

WORKER = """
import sys, pathlib
from servers import as_url
from xcore_tools import BackupManager
manager = BackupManager(as_url(sys.argv[1]), pathlib.Path(sys.argv[2]))
manager.restore(sys.argv[3], safety=False)
"""


def run(url: DatabaseUrl, *statements: str) -> None:
    with connected(url, isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def read(url: DatabaseUrl) -> dict[str, object]:
    with connected(url) as connection:
        return content(connection)


def rows(url: DatabaseUrl) -> list[int]:
    with connected(url) as connection:
        return list(connection.exec_driver_sql("SELECT id FROM t ORDER BY id").scalars())


def databases(url: DatabaseUrl) -> list[str]:
    with connected(url) as connection:
        names = connection.exec_driver_sql("SHOW DATABASES").scalars()
        return [name for name in names if url.name in name]


@pytest.fixture(params=["postgresql", "mysql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseUrl]:
    with fresh_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def maria(tmp_path: Path) -> Iterator[DatabaseUrl]:
    with fresh_database("mysql", tmp_path) as url:
        yield url


# -- halfway --------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_swap_that_fails_is_undone(
    maria: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """One of its statements fails, when the tables have changed places or just before."""
    with connected(maria) as connection:
        fill(maria, connection)
    manager = BackupManager(maria, tmp_path / "backups")
    backup = manager.create()
    run(maria, "DROP VIEW second_view", "DELETE FROM child", "CREATE TABLE later (id INTEGER)")
    before = read(maria)
    forward = Exchange.forward

    def failing(exchange: Exchange, code: bytes, timeout: float) -> bytes:
        if where == "after":
            return forward(exchange, b"DROP TABLE nothing_of_the_kind;\n" + code, timeout)
        packet = forward(exchange, code, timeout)
        assert packet.count(b"RENAME TABLE") == 1
        return packet.replace(b"RENAME TABLE", b"DROP TABLE nothing_of_the_kind;\nRENAME TABLE")

    monkeypatch.setattr(Exchange, "forward", failing)
    with pytest.raises(BackupError) as caught:
        manager.restore(backup.name, safety=False)
    assert "nothing_of_the_kind" in str(caught.value)
    assert str(caught.value).endswith("The database is as it was before.")
    assert read(maria) == before
    assert databases(maria) == [maria.name]
    monkeypatch.undo()
    manager.restore(backup.name, safety=False)
    assert read(maria) != before


def test_a_swap_that_cannot_be_undone_keeps_everything(
    maria: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(maria, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    manager = BackupManager(maria, tmp_path / "backups")
    backup = manager.create()
    run(maria, "INSERT INTO t VALUES (2)")
    forward = Exchange.forward
    monkeypatch.setattr(
        Exchange, "forward", lambda *given: forward(given[0], b"DROP TABLE nothing;\n", given[2])
    )
    monkeypatch.setattr(Exchange, "back", lambda *_: b"DROP TABLE mysql.nothing_either")
    with pytest.raises(BackupError, match=r"and going back failed: .*nothing_either") as caught:
        manager.restore(backup.name, safety=False)
    monkeypatch.undo()
    assert "The database is as it was before" not in str(caught.value)
    (old,) = [name for name in databases(maria) if name.endswith("_o")]
    assert old in str(caught.value)
    assert rows(maria.with_database(old)) == [1, 2]
    with pytest.raises(BackupError, match=rf"a restore broke off halfway.*{old}"):
        manager.restore(backup.name, safety=False)
    for name in databases(maria):
        if name != maria.name:
            run(maria, f"DROP DATABASE {name}")
    manager.restore(backup.name, safety=False)
    assert rows(maria) == [1]


def test_a_foreign_key_of_another_database_is_refused(maria: DatabaseUrl, tmp_path: Path) -> None:
    run(maria, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    manager = BackupManager(maria, tmp_path / "backups")
    backup = manager.create()
    run(maria, "INSERT INTO t VALUES (2)")
    with fresh_database("mysql", tmp_path) as other:
        run(
            other,
            "CREATE TABLE child (t INTEGER, "
            f"FOREIGN KEY (t) REFERENCES {maria.sqlalchemy.database}.t (id))",
        )
        with pytest.raises(BackupError, match=rf"a foreign key of {other.name}\.child leads into"):
            manager.restore(backup.name, safety=False)
        assert rows(maria) == [1, 2]
        assert databases(maria) == [maria.name]
    manager.restore(backup.name, safety=False)
    assert rows(maria) == [1]


# -- interrupted ----------------------------------------------------------------------------------


def test_an_interrupt_while_it_changes_places_waits_for_the_end(
    server: DatabaseUrl, tmp_path: Path
) -> None:
    """The restore waits for a reader when it is interrupted: all of the old state, or of the new."""
    run(server, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    manager = BackupManager(server, tmp_path / "backups")
    backup = manager.create()
    run(server, "INSERT INTO t VALUES (2)")
    waiting = {
        "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock'",
        "mysql": "SELECT count(*) FROM information_schema.processlist "
        "WHERE state LIKE 'Waiting for table metadata lock'",
    }[server.engine_name]
    with connected(server) as reader:
        reader.exec_driver_sql("SELECT * FROM t").all()
        text = server.sqlalchemy.render_as_string(hide_password=False)
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, text, str(manager.directory), backup.name],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
            stderr=subprocess.PIPE,
        )
        with connected(server, isolation_level="AUTOCOMMIT") as connection:
            deadline = time.monotonic() + 30
            while not connection.exec_driver_sql(waiting).scalar():
                assert time.monotonic() < deadline
                time.sleep(0.05)
        worker.send_signal(signal.SIGINT)
        time.sleep(0.3)
        reader.rollback()
    _, said = worker.communicate(timeout=30)
    assert worker.returncode != 0
    assert b"KeyboardInterrupt" in said
    assert rows(server) == ([1] if server.engine_name == "mysql" else [1, 2])
    if server.engine_name == "mysql":
        assert databases(server) == [server.name]
    assert not list(manager.directory.glob(".partial-*"))
    manager.restore(backup.name, safety=False)
    assert rows(server) == [1]


# -- rights and room ------------------------------------------------------------------------------


def test_an_ordinary_user_can_restore(server: DatabaseUrl, tmp_path: Path) -> None:
    with fresh_user(server) as url:
        run(
            url,
            "CREATE TABLE t (id INTEGER PRIMARY KEY)",
            "INSERT INTO t VALUES (1)",
            "CREATE VIEW v AS SELECT id FROM t",
        )
        manager = BackupManager(url, tmp_path / "backups")
        backup = manager.create()
        run(url, "INSERT INTO t VALUES (2)", "DROP VIEW v")
        if server.engine_name == "mysql":
            with pytest.raises(BackupError, match=r"GRANT ALL ON `.*%`.* TO the user") as caught:
                manager.restore(backup.name, safety=False)
            assert rows(url) == [1, 2]
            pattern = str(caught.value).split("GRANT ALL ON ")[1].split(" TO ")[0]
            user = url.sqlalchemy.username
            run(server, f"GRANT ALL ON {pattern.replace('%', '%%')} TO {user}@'%%'")
        manager.restore(backup.name)
        assert rows(url) == [1]
        run(url, "SELECT id FROM v")


def test_a_full_disk(server: DatabaseUrl, tmp_path: Path) -> None:
    pad = {"postgresql": "repeat(md5('1'), 4000)", "mysql": "repeat('x', 128000)"}
    run(
        server,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, pad TEXT)"
        if server.engine_name == "postgresql"
        else "CREATE TABLE t (id INTEGER PRIMARY KEY, pad LONGTEXT)",
        f"INSERT INTO t VALUES (1, {pad[server.engine_name]})",
    )
    manager = BackupManager(server, tmp_path / "backups")
    for size in (10, 1500):
        with no_file_longer_than(size), pytest.raises(BackupError) as caught:
            manager.create()
        assert "File too large" in str(caught.value)
        assert "\n" not in str(caught.value)
        assert {path.name for path in manager.directory.iterdir()} == {
            ".gitignore",
            ".xcore-tools.lock",
        }
    backup = manager.create()
    run(server, "INSERT INTO t VALUES (2, 'x')")
    with no_file_longer_than(1500), pytest.raises(BackupError, match="Nothing was restored"):
        manager.restore(backup.name)
    if server.engine_name == "mysql":
        with no_file_longer_than(40), pytest.raises(BackupError, match="as it was before"):
            manager.restore(backup.name, safety=False)
        assert databases(server) == [server.name]
    assert rows(server) == [1, 2]
    assert [item.name for item in manager.list()] == [backup.name]
    manager.restore(backup.name)
    assert rows(server) == [1]
