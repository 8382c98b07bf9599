"""Databases beside a database: whose they are, and that nobody takes those of another one."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from servers import as_url, server_url

from xcore_tools import BackupManager
from xcore_tools.database.backup.scratch import ScratchNames
from xcore_tools.database.connection import connected
from xcore_tools.database.lock import exclusive
from xcore_tools.database.url import DatabaseUrl

WORKER = """
import sys, pathlib
from servers import as_url
from xcore_tools import BackupManager
from xcore_tools.config.schema import Backup
manager = BackupManager(as_url(sys.argv[1]), pathlib.Path(sys.argv[2]))
backup = manager.create()
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[3])):
    checked = manager.verify(backup.name, drill=True)
    assert not checked.problem, checked.problem
    manager.restore(backup.name, safety=False, timeout=300)
assert manager.list()[0].state == "verified"
"""


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_only_the_own_names_are_known(one: str, other: str) -> None:
    name = ScratchNames(one).new()
    assert len(f"{name}_n".encode("utf-8", "replace")) <= 63
    assert ScratchNames(one).has(name)
    assert ScratchNames(one).has(f"{name}_o")
    assert not ScratchNames(one).has(one)
    if one != other:
        assert not ScratchNames(other).has(name)


def test_schemas_of_one_database_have_names_of_their_own() -> None:
    assert not ScratchNames("shop", "acme").has(ScratchNames("shop", "brown").new())


def test_what_version_1_0_left_of_a_short_name_is_known() -> None:
    assert ScratchNames("shop").has("shop__xcore_tools_0123abcd_n")
    assert ScratchNames("shop").has("shop__xcore_tools_0123abcd")
    assert not ScratchNames("s").has("shop__xcore_tools_0123abcd_n")
    name = "x" * 40  # may have been cut
    assert not ScratchNames(name).has(f"{name}__xcore_tools_0123abcd_n")


@contextmanager
def tenants(engine: str, number: int) -> Iterator[list[DatabaseUrl]]:
    """Databases whose names have the first 60 letters in common."""
    server = as_url(server_url(engine))
    start = f"xcore_{uuid.uuid4().hex[:8]}_" + "customer_portal_production_of_the_region_eu_west_"
    names = [f"{start[:60]}{number:02}" for number in range(number)]
    force = " WITH (FORCE)" if engine == "postgresql" else ""
    with ExitStack() as stack:
        for name in names:
            with connected(server, isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text(f"CREATE DATABASE {name}"))
            stack.callback(_run, server, f"DROP DATABASE {name}{force}")
        yield [server.with_database(name) for name in names]


def _run(url: DatabaseUrl, statement: str) -> None:
    with connected(url, isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
@pytest.mark.parametrize(
    ("number", "times"), [(3, 1), pytest.param(16, 10, marks=pytest.mark.slow)]
)
def test_tenants_at_the_same_time(tmp_path: Path, engine: str, number: int, times: int) -> None:
    """Each verifies and restores its own; nothing is lost, nothing is called damaged."""
    with tenants(engine, number) as urls:
        workers = []
        for position, url in enumerate(urls):
            with connected(url) as connection:
                connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY)")
                connection.exec_driver_sql(f"INSERT INTO t VALUES ({position})")
                connection.commit()
            text = url.sqlalchemy.render_as_string(hide_password=False)
            place = str(tmp_path / str(position))
            workers.append(
                subprocess.Popen(
                    [sys.executable, "-c", WORKER, text, place, str(times)],
                    env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
            )
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == b"ready\n"
        for worker in workers:
            assert worker.stdin
            worker.stdin.write(b"go\n")
            worker.stdin.flush()
        for position, (url, worker) in enumerate(zip(urls, workers, strict=True)):
            _, said = worker.communicate(timeout=900)
            assert worker.returncode == 0, said.decode()
            with connected(url) as connection:
                rows = connection.exec_driver_sql("SELECT id FROM t").scalars().all()
            assert rows == [position]
        query = {"postgresql": "SELECT datname FROM pg_database", "mysql": "SHOW DATABASES"}
        with connected(urls[0]) as connection:
            found = connection.exec_driver_sql(query[engine]).scalars().all()
        start = urls[0].name[:20]
        assert sorted(n for n in found if n.startswith(start)) == [url.name for url in urls]


def test_a_leftover_is_dropped_under_the_lock(tmp_path: Path) -> None:
    """Who finds one waits until the database is free, and drops it then."""
    with tenants("mysql", 1) as (url,):
        left = f"{ScratchNames(url.name).new()}_n"
        _run(url, f"CREATE DATABASE {left}")
        manager = BackupManager(url, tmp_path)
        with exclusive(url):
            assert left in _databases(url)
        with manager.blank():
            assert left not in _databases(url)


def _databases(url: DatabaseUrl) -> list[str]:
    with connected(url) as connection:
        return [str(name) for name in connection.exec_driver_sql("SHOW DATABASES").scalars()]
