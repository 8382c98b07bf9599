"""Backups when something goes wrong: kills, full disks, flipped bits, and others who write."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from servers import as_url

from xcore_tools import BackupManager
from xcore_tools.config.schema import Backup as Settings
from xcore_tools.database.backup.facts import Backup
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
        start_new_session=True,
    )
    assert worker.stdout
    with worker.stdout:
        assert worker.stdout.readline() == b"ready\n"
        time.sleep(pause)
        is_running = worker.poll() is None
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    return is_running


def duration(url: DatabaseUrl, directory: Path, what: str) -> float:
    manager = BackupManager(url, directory)
    start = time.monotonic()
    if what == "create":
        manager.create()
    else:
        manager.restore(what, safety=False)
    return time.monotonic() - start


# -- kills ----------------------------------------------------------------------------------------

KILLS = [6, pytest.param(200, marks=pytest.mark.slow)]


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
            assert backup.state == "verified"
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
        ".xcore-tools.lock",
        *names,
        *(f"{name}.json" for name in names),
    }


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


# -- full disks -----------------------------------------------------------------------------------


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


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
        assert [entry.name for entry in manager.directory.iterdir()] == [".xcore-tools.lock"]
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
    assert manager.list() == (backup,)
    assert not manager.verify(backup.name).problem


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
    assert all(backup.state == "verified" for backup in manager.list())
