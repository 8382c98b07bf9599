"""The lock of a database: one holder at a time, none after a kill, errors that say what to do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest
import sqlalchemy as sa
from servers import as_url, fresh_database

from xcore_tools.database.connection import connected
from xcore_tools.database.lock import exclusive
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import DatabaseError

# Appends "in" and "out" to a file around a pause in the lock.
WORKER = """
import sys, time, pathlib
from servers import as_url
from xcore_tools.database.lock import exclusive
url, log, pause = as_url(sys.argv[1]), pathlib.Path(sys.argv[2]), float(sys.argv[3])
with exclusive(url, timeout=60):
    with log.open("a") as file:
        file.write("in\\n")
    time.sleep(pause)
    with log.open("a") as file:
        file.write("out\\n")
"""


def started(url: DatabaseUrl, log: Path, pause: float) -> subprocess.Popen[bytes]:
    text = url.sqlalchemy.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, text, str(log), str(pause)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )


def wait_for(log: Path) -> None:
    deadline = time.monotonic() + 30
    while not (log.exists() and log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_one_process_at_a_time(database: DatabaseUrl, tmp_path: Path) -> None:
    log = tmp_path / "log"
    workers = [started(database, log, 0.05) for _ in range(4)]
    assert [worker.wait(60) for worker in workers] == [0] * 4
    assert log.read_text().split() == ["in", "out"] * 4


def test_a_killed_holder_frees_it(database: DatabaseUrl, tmp_path: Path) -> None:
    log = tmp_path / "log"
    worker = started(database, log, 600)
    wait_for(log)
    with pytest.raises(DatabaseError) as caught, exclusive(database, timeout=0.2):
        pytest.fail("the lock is held by another process")
    assert str(caught.value) == (
        f"{database}: another process has worked on this database for the last 0.2 s; "
        "try again when it is done, or wait longer with --lock-timeout"
    )
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    with exclusive(database, timeout=10):
        pass


def test_it_is_free_again_after_an_error(database: DatabaseUrl) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(database, timeout=1):
        raise ZeroDivisionError
    with exclusive(database, timeout=1):
        pass


def test_applications_go_on_meanwhile(database: DatabaseUrl) -> None:
    with exclusive(database, timeout=1), connected(database, may_create=True) as connection:
        connection.execute(sa.text("CREATE TABLE t (id INTEGER PRIMARY KEY)"))
        connection.commit()
        assert connection.scalar(sa.text("SELECT count(*) FROM t")) == 0


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_databases_of_one_server_have_locks_of_their_own(engine: str, tmp_path: Path) -> None:
    with (
        fresh_database(engine, tmp_path) as one,
        fresh_database(engine, tmp_path) as other,
        exclusive(one, timeout=1),
        exclusive(other, timeout=1),
    ):
        pass


def test_an_index_can_be_built_concurrently_while_others_wait(tmp_path: Path) -> None:
    """A waiting session must have no snapshot: CREATE INDEX CONCURRENTLY waits for all of them."""
    with fresh_database("postgresql", tmp_path) as url:
        log = tmp_path / "log"
        with exclusive(url, timeout=1), connected(url, isolation_level="AUTOCOMMIT") as connection:
            waiting = started(url, log, 0)
            time.sleep(1)
            connection.execute(sa.text("CREATE TABLE t (id INTEGER)"))
            connection.execute(sa.text("SET statement_timeout = '20s'"))
            connection.execute(sa.text("CREATE INDEX CONCURRENTLY ON t (id)"))
            assert not log.exists()
        assert waiting.wait(30) == 0


def test_two_names_of_one_file_share_the_lock(tmp_path: Path) -> None:
    (tmp_path / "app.db").touch()
    (tmp_path / "link.db").symlink_to("app.db")
    with (
        exclusive(as_url(f"sqlite:///{tmp_path}/app.db"), timeout=1),
        pytest.raises(DatabaseError, match="another process"),
        exclusive(as_url(f"sqlite+aiosqlite:///{tmp_path}/link.db"), timeout=0.1),
    ):
        pytest.fail("the lock is held")


def test_a_database_in_memory_or_of_another_engine_needs_none() -> None:
    with exclusive(as_url("sqlite://")), exclusive(as_url("oracle+oracledb://u@h/d")):
        pass


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    url = as_url(f"sqlite:///{tmp_path}/nowhere/app.db")
    with pytest.raises(DatabaseError, match=r"its directory does not exist \(test\); make it"):
        exclusive(url).__enter__()
    assert not (tmp_path / "nowhere").exists()


def test_a_directory_that_is_closed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(DatabaseError, match="cannot be locked: Permission denied; make the dir"):
        exclusive(as_url(f"sqlite:///{tmp_path}/app.db")).__enter__()


# -- connections ----------------------------------------------------------------------------------


def test_looking_at_a_missing_file_does_not_make_it(tmp_path: Path) -> None:
    url = as_url(f"sqlite:///{tmp_path}/app.db")
    with pytest.raises(DatabaseError, match=r"app\.db: no such file \(test\); correct the path"):
        connected(url).__enter__()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text",
    [
        "postgresql+psycopg://app:s3cr3t-word@127.0.0.1:1/d",
        "mysql+pymysql://app:s3cr3t-word@127.0.0.1:1/d",
    ],
)
def test_a_server_that_does_not_answer_is_an_error_without_secrets(text: str) -> None:
    with pytest.raises(DatabaseError, match=r"cannot connect: .*check the server") as caught:
        connected(as_url(text)).__enter__()
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))


def test_an_error_of_a_statement_is_told_in_one_line(database: DatabaseUrl) -> None:
    with (
        pytest.raises(DatabaseError) as caught,
        connected(database, may_create=True) as connection,
    ):
        connection.execute(sa.text("SELECT * FROM nothing"))
    assert "nothing" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "cannot connect" not in str(caught.value)
