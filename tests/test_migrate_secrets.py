"""No verb shows the password: not in its output, its log, its errors, or the list of processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from alembic_projects import make_project, write_revision, write_table_revision
from servers import PASSWORD, fresh_database, fresh_user

from xcore_tools.database.url import DatabaseUrl

SPELLINGS = {PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), quote_plus(PASSWORD)}
SPELLINGS |= {spelling.replace("%", "%%") for spelling in SPELLINGS}

VERBS = (
    "status",
    "status --format json",
    "check",
    "upgrade",
    "upgrade --format json",
    "current",
    "history -i",
    "heads",
    "heads --check",
    "show head",
    "generate more",
    "upgrade head",
    "upgrade --sql",
    "stamp r1",
    "stamp --purge head",
    "merge heads",
    "backup",
    "backup --format json",
    "downgrade base",
    "init",
    "downgrade",
    "upgrade nothing",
    "nonsense",
)


class Processes:
    """Looks at the command line of every process again and again."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Processes:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except OSError:
                    continue


def run(directory: Path, url: DatabaseUrl, verb: str) -> str:
    text = url.sqlalchemy.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "xcore_tools", "migrate", *verb.split()],
        cwd=directory,
        env={**os.environ, "XCORE_TOOLS_DATABASE_URL": text},
        capture_output=True,
        check=False,
        timeout=120,
    )
    return (done.stdout + done.stderr).decode()


def check(engine: str, verbs: Sequence[str], tmp_path: Path) -> None:
    directory = tmp_path / "project"
    make_project(directory, settings={"logger": {"console": True, "file": "migration.log"}})
    versions = directory / "alembic" / "versions"
    write_table_revision(versions, "r1", None)
    with (
        fresh_database(engine, tmp_path) as database,
        fresh_user(database) as url,
        Processes() as processes,
    ):
        said = {verb: run(directory, url, verb) for verb in verbs}
        write_revision(versions, "bad", "r1", "raise ValueError(op.get_bind().engine.url)")
        said["failing"] = run(directory, url, "upgrade bad")
    assert json.loads(said["status --format json"])["url"].count("***") == 1
    assert "r1" in said["upgrade"]
    assert "ValueError" in said["failing"]
    assert any(b"migrate" in line for line in processes.seen)
    shown = [*said.values(), (directory / "migration.log").read_text()]
    shown += [line.decode(errors="replace") for line in processes.seen]
    for text in shown:
        for spelling in SPELLINGS:
            assert spelling not in text


def test_no_usual_verb_shows_the_password(tmp_path: Path) -> None:
    check("postgresql", ["status --format json", "upgrade", "downgrade"], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_no_verb_shows_the_password(engine: str, tmp_path: Path) -> None:
    check(engine, VERBS, tmp_path)


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_a_wrong_password_is_not_shown_either(engine: str, tmp_path: Path) -> None:
    make_project(tmp_path / "project")
    with fresh_database(engine, tmp_path) as database, fresh_user(database) as url:
        there = url.sqlalchemy.set(password="wr0ng-" + PASSWORD, database="no_such_database")
        text = run(tmp_path / "project", DatabaseUrl(there, "test"), "upgrade")
        assert "/no_such_database: cannot connect: " in text
        assert "wr0ng" not in text
