"""Backups when something goes wrong: kills, full disks, flipped bits, and others who write."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from backup_data import no_file_longer_than
from servers import as_url, fresh_database

from xcore_tools import BackupManager
from xcore_tools.config.schema import Backup as Settings
from xcore_tools.database.backup.facts import Backup
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError

WORKER = """
import sys, pathlib
from servers import as_url
from xcore_tools import BackupManager
manager = BackupManager(as_url(sys.argv[1]), pathlib.Path(sys.argv[2]))
print("ready", flush=True)
if sys.argv[3] == "create":
    manager.create()
else:
    manager.restore(sys.argv[3], safety=False)
"""

ACCOUNTS, TOTAL = 200, 200 * 1000


def manager_of(path: Path, **settings: object) -> BackupManager:
    return BackupManager(
        as_url(f"sqlite:///{path}"),
        path.parent / "backups",
        settings=Settings(**settings),  # type: ignore[arg-type]
    )


def filled(path: Path, mode: str, rows: int) -> None:
    """A database whose rows all hold the same number: 1 for the state before."""
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA journal_mode = {mode}")
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, state, pad)")
        db.executemany("INSERT INTO t VALUES (?, 1, randomblob(400))", ((i,) for i in range(rows)))
        db.execute("CREATE INDEX i ON t (pad)")
        db.commit()


def state_of(path: Path) -> tuple[object, ...]:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        row: tuple[object, ...] = db.execute(
            "SELECT min(state), max(state), count(*) FROM t"
        ).fetchone()
        return row


def killed_after(url: DatabaseUrl, directory: Path, what: str, pause: float) -> bool:
    """Run a create or a restore, and kill it and all it started; whether it was still running."""
    text = url.sqlalchemy.render_as_string(hide_password=False)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, text, str(directory), what],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.PIPE,
    )
    assert worker.stdout
    with worker.stdout:
        assert worker.stdout.readline() == b"ready\n"
        time.sleep(pause)
        is_running = worker.poll() is None
        for process in [worker.pid, *children_of(worker.pid)]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    worker.wait()
    return is_running


def children_of(process: int) -> list[int]:
    """The clients of a server that it has started."""
    with suppress(FileNotFoundError):
        tasks = Path(f"/proc/{process}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []


def duration(url: DatabaseUrl, directory: Path, what: str) -> float:
    manager = BackupManager(url, directory)
    start = time.monotonic()
    if what == "create":
        manager.create()
    else:
        manager.restore(what, safety=False)
    return time.monotonic() - start


# -- kills ----------------------------------------------------------------------------------------

KILLS = [3, pytest.param(200, marks=pytest.mark.slow)]


@pytest.mark.parametrize("kills", KILLS)
def test_killed_while_a_backup_is_taken(tmp_path: Path, kills: int) -> None:
    path = tmp_path / "app.db"
    filled(path, "wal", 4000)
    manager = manager_of(path)
    whole = duration(manager.url, manager.directory, "create")
    hits = 0
    for number in range(kills):
        hits += killed_after(manager.url, manager.directory, "create", random.uniform(0, whole))
        for backup in manager.list():
            assert backup.state == "created"
            assert not manager.verify(backup.name).problem
            if number % 10:
                manager.delete(backup.name)
        assert state_of(path) == (1, 1, 4000)
    assert hits > kills / 3
    last = manager.create()
    assert not manager.verify(last.name).problem
    assert not list(manager.directory.glob(".partial-*"))
    names = {backup.name for backup in manager.list()}
    assert {entry.name for entry in manager.directory.iterdir()} == {
        ".gitignore",
        ".xcore-tools.lock",
        *names,
        *(f"{name}.json" for name in names),
    }


def test_killed_between_the_two_names(tmp_path: Path) -> None:
    """The file has its name and its manifest has not: as if killed there."""
    path = tmp_path / "app.db"
    filled(path, "wal", 10)
    manager = manager_of(path)
    backup = manager.create()
    place = manager.directory / ".partial-killed"
    place.mkdir()
    (manager.directory / f"{backup.name}.json").rename(place / "manifest.json")
    (place / "data").hardlink_to(manager.directory / backup.name)
    assert manager.list() == ()
    later = manager.create()
    assert set(manager.list()) == {backup, later}
    assert not place.exists()


@pytest.mark.parametrize("kills", KILLS)
@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_killed_while_it_restores(tmp_path: Path, mode: str, kills: int) -> None:
    path = tmp_path / "app.db"
    filled(path, mode, 4000)
    manager = manager_of(path)
    backup = manager.create()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE t SET state = 2")
        db.execute("DELETE FROM t WHERE id % 3 = 0")
        db.commit()
    old, new = state_of(path), (1, 1, 4000)
    assert old != new
    later = manager.create()
    whole = duration(manager.url, manager.directory, backup.name)
    hits = 0
    seen = set()
    for _ in range(kills):
        manager.restore(later.name, safety=False)
        assert state_of(path) == old
        pause = random.uniform(0, whole)
        hits += killed_after(manager.url, manager.directory, backup.name, pause)
        seen.add(state_of(path))
        assert seen <= {old, new}
    assert hits > kills / 3
    assert len(seen) == 2 or kills < 100
    manager.restore(backup.name, safety=False)
    assert state_of(path) == new


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_killed_in_the_middle_of_writing(tmp_path: Path, mode: str) -> None:
    """Pages of the new state are on the disk already when the process dies."""
    path = tmp_path / "app.db"
    filled(path, mode, 40000)
    manager = manager_of(path)
    backup = manager.create()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE t SET state = 2")
        db.commit()
    script = (
        "import os, signal, sys, pathlib\n"
        "from servers import as_url\n"
        "from xcore_tools import BackupManager\n"
        "def die(done, total):\n"
        "    if done * 3 > total * 2:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "manager = BackupManager(as_url(sys.argv[1]), pathlib.Path(sys.argv[2]))\n"
        "manager.restore(sys.argv[3], safety=False, progress=die)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, f"sqlite:///{path}", str(manager.directory), backup.name],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    sidecar = path.with_name("app.db-wal" if mode == "wal" else "app.db-journal")
    assert sidecar.stat().st_size > 1_000_000
    assert state_of(path) == (2, 2, 40000)
    manager.restore(backup.name, safety=False)
    assert state_of(path) == (1, 1, 40000)


# What a state consists of besides the rows of t; `{n}` is its number.
STATES = {
    "postgresql": [
        "DROP VIEW IF EXISTS v",
        "CREATE VIEW v AS SELECT {n} AS n",
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN NEW.pad := ''{n}''; RETURN NEW; END'",
        "DROP TRIGGER IF EXISTS tr ON t",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.id <> {n}) EXECUTE FUNCTION f()",
    ],
    "mysql": [
        "DROP VIEW IF EXISTS v",
        "CREATE VIEW v AS SELECT {n} AS n",
        "DROP VIEW IF EXISTS a_view",
        "DROP VIEW IF EXISTS z_view",
        "CREATE VIEW z_view AS SELECT id, {n} AS n FROM t WHERE id > 0",
        "CREATE VIEW a_view AS SELECT n FROM z_view LIMIT 1",
        "DROP FUNCTION IF EXISTS f",
        "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN {n}",
        "DROP TRIGGER IF EXISTS tr",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.pad = '{n}'",
        "DROP EVENT IF EXISTS ev",
        "CREATE EVENT ev ON SCHEDULE EVERY 1 YEAR DISABLE DO DELETE FROM t WHERE id = -{n}",
    ],
}
LOOK = {
    "postgresql": [
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT prosrc FROM pg_proc WHERE proname = 'f'",
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
    ],
    "mysql": [
        "SELECT action_statement FROM information_schema.triggers WHERE trigger_schema = database()",
        "SELECT f()",
        "SELECT n FROM a_view",
        "SELECT event_definition FROM information_schema.events WHERE event_schema = database()",
        "SELECT table_name FROM information_schema.tables WHERE table_schema = database() ORDER BY 1",
    ],
}
BUSY = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid()",
    "mysql": "SELECT count(*) FROM information_schema.processlist WHERE id <> connection_id() "
    "AND (db LIKE concat(database(), '%%') OR info LIKE concat('%%', database(), '%%'))",
}


def put(url: DatabaseUrl, number: int) -> None:
    with connected(url) as connection:
        for statement in STATES[url.engine_name]:
            connection.exec_driver_sql(statement.format(n=number))
        connection.exec_driver_sql(f"UPDATE t SET state = {number}")
        connection.commit()


def look(url: DatabaseUrl) -> tuple[object, ...]:
    """The whole state, when the server has finished what the killed client had asked for."""
    with connected(url, isolation_level="AUTOCOMMIT") as connection:
        deadline = time.monotonic() + 30
        while connection.exec_driver_sql(BUSY[url.engine_name]).scalar():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        rows = connection.exec_driver_sql("SELECT min(state), max(state), count(*) FROM t").one()
        view = connection.exec_driver_sql("SELECT n FROM v").scalar()
        return (
            *rows,
            view,
            *(tuple(connection.exec_driver_sql(q).scalars()) for q in LOOK[url.engine_name]),
        )


@pytest.mark.parametrize("kills", [1, pytest.param(15, marks=pytest.mark.slow)])
@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_kills_on_a_server(tmp_path: Path, engine: str, kills: int) -> None:
    with fresh_database(engine, tmp_path) as url:
        with connected(url) as connection:
            connection.exec_driver_sql(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, state INTEGER, pad VARCHAR(300))"
            )
            for start in range(0, 20000, 1000):
                values = ",".join(f"({i}, 1, '{'x' * 200}')" for i in range(start, start + 1000))
                connection.exec_driver_sql(f"INSERT INTO t VALUES {values}")
            connection.commit()
        put(url, 1)
        manager = BackupManager(url, tmp_path / "backups")
        backup = manager.create()
        new = look(url)
        put(url, 2)
        with connected(url) as connection:
            connection.exec_driver_sql("CREATE TABLE later (id INTEGER PRIMARY KEY)")
            connection.commit()
        old = look(url)
        assert old != new
        later = manager.create()
        create = duration(url, manager.directory, "create")
        restore = duration(url, manager.directory, backup.name)
        assert look(url) == new
        hits = 0
        seen = set()
        for number in range(kills):
            pause = random.uniform(0, create)
            hits += killed_after(url, manager.directory, "create", pause)
            for found in manager.list():
                assert found.state == "created"
                assert not manager.verify(found.name).problem
            manager.restore(later.name, safety=False)
            assert look(url) == old
            # most of them at the end, where it changes
            pause = restore * (random.uniform(0.7, 1.05) if number % 3 else random.random())
            hits += killed_after(url, manager.directory, backup.name, pause)
            seen.add(look(url))
            assert seen <= {old, new}
        assert hits > kills / 2
        assert len(seen) == 2 or kills < 10
        manager.create()
        manager.restore(backup.name, safety=False)
        assert look(url) == new
        assert not list(manager.directory.glob(".partial-*"))
        if engine == "mysql":
            with connected(url) as connection:
                names = connection.exec_driver_sql("SHOW DATABASES").scalars().all()
            assert [name for name in names if url.name in name] == [url.name]


# -- full disks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_a_full_disk_while_a_backup_is_taken(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "app.db"
    filled(path, "wal", 4000)
    manager = manager_of(path, compression=compression)
    for size in (1000, 500_000, path.stat().st_size - 5000):
        with no_file_longer_than(size), pytest.raises(BackupError) as caught:
            manager.create()
        assert "\n" not in str(caught.value)
        assert manager.list() == ()
        assert {entry.name for entry in manager.directory.iterdir()} == {
            ".gitignore",
            ".xcore-tools.lock",
        }
        assert state_of(path) == (1, 1, 4000)
    assert manager.verify(manager.create().name).problem == ""


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_full_disk_while_it_restores(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "app.db"
    filled(path, mode, 4000)
    manager = manager_of(path)
    backup = manager.create()
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM t WHERE id > 1000")
        db.execute("UPDATE t SET state = 2")
        db.commit()
        db.execute("VACUUM")
    old = state_of(path)
    size = path.stat().st_size
    for limit in (size // 2, size + 100_000):
        with no_file_longer_than(limit), pytest.raises(BackupError) as caught:
            manager.restore(backup.name, safety=False)
        assert str(caught.value).endswith(". The database is as it was before.")
        assert state_of(path) == old
        assert not path.with_name("app.db-journal").exists()
    with no_file_longer_than(size // 2), pytest.raises(BackupError, match="Nothing was restored"):
        manager.restore(backup.name)
    assert state_of(path) == old
    assert [found.name for found in manager.list()] == [backup.name]
    manager.restore(backup.name)
    assert state_of(path) == (1, 1, 4000)


# -- flipped bits ---------------------------------------------------------------------------------


def flipped(path: Path, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(bit // 8)
        byte = file.read(1)[0]
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


@pytest.mark.parametrize("flips", [60, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_every_flipped_bit_is_found(tmp_path: Path, compression: str, flips: int) -> None:
    path = tmp_path / "app.db"
    filled(path, "delete", 200)
    manager = manager_of(path, compression=compression)
    backup = manager.create()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE t SET state = 2")
        db.commit()
    file = manager.directory / backup.name
    described = manager.directory / f"{backup.name}.json"
    for target in [file] * flips + [described] * (flips // 5):
        bit = random.randrange(target.stat().st_size * 8)
        flipped(target, bit)
        assert manager.verify(backup.name).problem, (target, bit)
        with pytest.raises(BackupError):
            manager.restore(backup.name)
        if target == described:
            assert manager.list()[0].state == "damaged"
        flipped(target, bit)
        assert state_of(path)[0] == 2
    assert not manager.verify(backup.name).problem
    assert manager.list() == (backup,)


def test_a_backup_that_is_cut_or_gone_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    filled(path, "delete", 200)
    manager = manager_of(path)
    backup = manager.create()
    file = manager.directory / backup.name
    os.truncate(file, backup.size - 100)
    (found,) = manager.list()
    assert (found.state, found.problem) == (
        "damaged",
        f"it has {backup.size - 100} bytes instead of {backup.size}",
    )
    file.unlink()
    (found,) = manager.list()
    assert (found.state, found.problem) == ("damaged", "its file is missing")
    manager.delete(backup.name)
    assert manager.list() == ()


# -- others who write -----------------------------------------------------------------------------


def transfer(path: Path, stop: threading.Event, errors: list[Exception]) -> None:
    """Move money between accounts in transactions; the sum never changes."""
    chance = random.Random()
    try:
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as db:
            while not stop.is_set():
                one, other = chance.sample(range(ACCOUNTS), 2)
                db.execute("BEGIN IMMEDIATE")
                db.execute("UPDATE account SET money = money - 1 WHERE id = ?", (one,))
                db.execute("UPDATE account SET money = money + 1 WHERE id = ?", (other,))
                db.execute("INSERT INTO transfer (a, b) VALUES (?, ?)", (one, other))
                db.execute("COMMIT")
    except sqlite3.Error as error:
        errors.append(error)


def bank(path: Path, size: int) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, money INTEGER)")
        db.execute("CREATE TABLE transfer (id INTEGER PRIMARY KEY, a, b)")
        db.execute("CREATE TABLE ballast (id INTEGER PRIMARY KEY, pad)")
        db.executemany("INSERT INTO account VALUES (?, 1000)", ((i,) for i in range(ACCOUNTS)))
        pad = ((os.urandom(100_000),) for _ in range(size // 100_000))
        db.executemany("INSERT INTO ballast (pad) VALUES (?)", pad)
        db.commit()


def checked_bank(file: Path) -> int:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT sum(money) FROM account").fetchone() == (TOTAL,)
        ins = "SELECT 1000 + (SELECT count(*) FROM transfer WHERE b = account.id)"
        outs = "(SELECT count(*) FROM transfer WHERE a = account.id)"
        if (count := db.execute("SELECT count(*) FROM transfer").fetchone()[0]) < 20000:
            wrong = f"SELECT count(*) FROM account WHERE money != ({ins} - {outs})"
            assert db.execute(wrong).fetchone() == (0,)
        return int(count)


@pytest.mark.parametrize(
    ("size", "backups"),
    [(20_000_000, 4), pytest.param(1_000_000_000, 20, marks=pytest.mark.slow)],
)
def test_four_writers_at_full_speed(tmp_path: Path, size: int, backups: int) -> None:
    path = tmp_path / "app.db"
    bank(path, size)
    manager = manager_of(path)
    stop = threading.Event()
    errors: list[Exception] = []
    writers = [threading.Thread(target=transfer, args=(path, stop, errors)) for _ in range(4)]
    for writer in writers:
        writer.start()
    counts = []
    taken: list[Backup] = []
    try:
        for _ in range(backups):
            taken.append(manager.create())
            counts.append(checked_bank(manager.directory / taken[-1].name))
            manager.prune(keep=2)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert errors == []
    assert counts == sorted(set(counts)), "each backup holds more transfers than the one before"
    assert all(backup.state == "created" for backup in manager.list())
