"""Many processes start `upgrade head` at once: each revision is applied once, everybody succeeds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic_projects import make_project, write_revision
from servers import ENGINES, fresh_database

from xcore_tools.config import load_config
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.migrate.facade import Migrations
from xcore_tools.migrate.guard.safety import Safety

# Loads everything, says so, waits for the start, then upgrades.
RACER = """
import sys
from pathlib import Path
from xcore_tools import Migrations, load_config
project = load_config(Path(sys.argv[1]) / "config.json")
migrations = Migrations(project, lock_timeout=100)
migrations.heads()
print("ready", flush=True)
sys.stdin.readline()
print(migrations.upgrade().outcome, flush=True)
"""


def prepare(directory: Path, url: DatabaseUrl, *, pause: float = 0.0) -> None:
    """Three revisions; the first makes a table, each notes in it that it was applied."""
    make_project(directory, url=url)
    versions = directory / "alembic" / "versions"
    write_revision(
        versions,
        "r0",
        None,
        "op.create_table('applied', sa.Column('revision', sa.String(9)), sa.Column('pid', sa.Integer))\n"
        "op.execute(\"INSERT INTO applied VALUES ('r0', 0)\")",
    )
    for down, name in (("r0", "r1"), ("r1", "r2")):
        write_revision(
            versions,
            name,
            down,
            f"import time; time.sleep({pause})\n"
            f"op.execute(\"INSERT INTO applied VALUES ('{name}', 0)\")",
        )


def applied(url: DatabaseUrl) -> list[str]:
    with connected(url) as connection:
        return list(connection.scalars(sa.text("SELECT revision FROM applied ORDER BY revision")))


def race(directory: Path, racers: int) -> list[str]:
    """The outcomes of so many processes that upgrade at the same moment."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(racers)
    ]
    for racer in started:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in started:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    ended = [racer.communicate(timeout=300) for racer in started]
    assert [racer.returncode for racer in started] == [0] * racers, ended
    return sorted(output.strip() for output, _ in ended)


@pytest.mark.parametrize("engine", ENGINES)
def test_four_processes_upgrade_at_once(engine: str, tmp_path: Path) -> None:
    with fresh_database(engine, tmp_path) as url:
        prepare(tmp_path / "project", url)
        assert race(tmp_path / "project", 4) == ["done", *["nothing-to-do"] * 3]
        assert applied(url) == ["r0", "r1", "r2"]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("number", range(20))
def test_sixteen_processes_upgrade_at_once(engine: str, number: int, tmp_path: Path) -> None:
    with fresh_database(engine, tmp_path) as url:
        prepare(tmp_path / "project", url, pause=0.05 * (number % 3))
        assert race(tmp_path / "project", 16) == ["done", *["nothing-to-do"] * 15]
        assert applied(url) == ["r0", "r1", "r2"]


def test_a_killed_upgrade_frees_the_lock(database: DatabaseUrl, tmp_path: Path) -> None:
    directory = tmp_path / "project"
    prepare(directory, database, pause=600)
    racer = subprocess.Popen(
        [sys.executable, "-P", "-m", "xcore_tools", "migrate", "upgrade"],
        cwd=directory,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    assert racer.stderr is not None
    while b"upgrade r0 -> r1" not in racer.stderr.readline():
        assert time.monotonic() < deadline
    racer.send_signal(signal.SIGKILL)
    racer.communicate(timeout=10)
    prepared = directory / "alembic" / "versions"
    for name in ("r1", "r2"):
        path = prepared / f"{name}_.py"
        path.write_text(path.read_text().replace("time.sleep(600)", "pass"))
    migrations = Migrations(load_config(directory / "config.json"), lock_timeout=20)
    # MySQL cannot tell whether somebody has changed the database since
    interrupted = "ignore" if database.engine_name == "mysql" else None
    done = migrations.upgrade(safety=Safety(interrupted=interrupted))
    assert done.after == ("r2",)
    assert applied(database) == ["r0", "r1", "r2"]
