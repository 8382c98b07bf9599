"""Many databases: each is a job of its own, whatever runs it and whatever becomes of the others."""

from __future__ import annotations

import json
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic_projects import make_project, write_revision, write_table_revision
from servers import fresh_database

from xcore_tools.cli import main
from xcore_tools.config import Config, load_config
from xcore_tools.database.connection import connected
from xcore_tools.database.lookup import find_databases
from xcore_tools.errors import ConfigError
from xcore_tools.migrate.facts import State
from xcore_tools.migrate.fleet import Databases


def tenants(directory: Path, number: int, *, damaged: int = 0, **backup: object) -> Config:
    """A project with so many SQLite databases, the first ones of which are no databases."""
    names = [f"t{n:03}" for n in range(number)]
    urls = {name: f"sqlite:///{name}.db" for name in names}
    project = make_project(directory, settings={"databases": urls, "backup": backup})
    for name in names[:damaged]:
        (directory / f"{name}.db").write_bytes(b"no database at all" * 100)
    return project


def versions(project: Config) -> Path:
    return project.project / "alembic" / "versions"


def five_revisions(project: Config) -> None:
    for number in range(5):
        down = f"r{number - 1}" if number else None
        write_table_revision(versions(project), f"r{number}", down)


def test_each_database_is_upgraded_and_the_damaged_ones_are_told(tmp_path: Path) -> None:
    project = tenants(tmp_path, 5, damaged=2)
    five_revisions(project)
    seen: list[tuple[int, int]] = []
    databases = Databases(project)
    fleet = databases.upgrade(progress=lambda *numbers: seen.append(numbers))
    assert [each.name for each in fleet.databases] == list(databases.names)
    assert [each.outcome for each in fleet.databases] == [*["failed"] * 2, *["done"] * 3]
    assert "file is not a database" in fleet.databases[0].error
    assert fleet.databases[4].revisions == ("r0", "r1", "r2", "r3", "r4")
    assert seen == [(n, 5) for n in range(1, 6)]
    assert not fleet.is_fine
    # what is left: two are repaired, one has more to do
    for each in ("t000", "t001"):
        (tmp_path / f"{each}.db").unlink()
    again = databases.upgrade()
    assert [each.outcome for each in again.databases] == [*["done"] * 2, *["nothing-to-do"] * 3]
    assert again.is_fine
    assert {each.state for each in databases.status().databases} == {State.AT_HEAD}
    back = Databases(project, only=["t001", "t003"]).downgrade("r1")
    assert [each.revisions for each in back.databases] == [("r4", "r3", "r2")] * 2
    status = databases.status()
    assert [each.outcome for each in status.databases if each.name in {"t001", "t003"}] == [
        "pending"
    ] * 2
    assert status.databases[1].revisions == ("r2", "r3", "r4")


def test_processes(tmp_path: Path) -> None:
    """One database ends its process: it alone has failed."""
    project = tenants(tmp_path, 3)
    write_revision(
        versions(project),
        "r0",
        None,
        "if 't001' in str(op.get_bind().engine.url):\n    import os; os._exit(1)\n"
        "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))",
    )
    fleet = Databases(project).upgrade(jobs=2)
    first, second, third = fleet.databases
    assert (second.outcome, second.error) == ("failed", "no result: its process has ended")
    for each in (
        first,
        third,
    ):  # asked again if the answer went with the process, it is done already
        assert each.outcome in {"done", "nothing-to-do"}
        assert each.after == ("r0",)


def test_any_executor(tmp_path: Path) -> None:
    project = tenants(tmp_path, 3)
    five_revisions(project)
    with ThreadPoolExecutor(2) as executor:
        fleet = Databases(project).upgrade("r2", executor=executor)
    assert [each.after for each in fleet.databases] == [("r2",)] * 3

    class Refusing(Executor):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(OSError("no worker: s3cr3t"))
            return future

    fleet = Databases(project).upgrade(executor=Refusing())
    assert {each.error for each in fleet.databases} == {"no result: OSError"}


@pytest.mark.slow
def test_dask(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    project = tenants(tmp_path, 4, damaged=1)
    five_revisions(project)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        fleet = Databases(project).upgrade(executor=client.get_executor())
    assert [each.outcome for each in fleet.databases] == ["failed", *["done"] * 3]


def test_each_database_has_backups_of_its_own(tmp_path: Path) -> None:
    project = tenants(tmp_path, 2)
    write_table_revision(versions(project), "r0", None)
    databases = Databases(project)
    databases.upgrade()
    write_revision(versions(project), "r1", "r0", "op.drop_table('t_r0')\nop.execute('nonsense')")
    fleet = databases.upgrade()
    assert all("the database is as it was before" in each.error for each in fleet.databases)
    for name in databases.names:
        kept = {path.suffix for path in (tmp_path / "backups" / name).glob("backup_*")}
        assert kept == {".db", ".json"}
        assert databases.migrations(name).status().current == ("r0",)


def test_schemas_of_one_database(tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path) as url:
        with connected(url) as connection:
            for name in ("acme", "globex"):
                connection.execute(sa.schema.CreateSchema(name))
            connection.commit()
        settings: dict[str, object] = {"schemas": ["acme", "globex"]}
        project = make_project(tmp_path, url=url, settings=settings)
        five_revisions(project)
        fleet = Databases(project).upgrade("r1")
        assert fleet.is_fine, fleet
        Databases(project, only=["acme"]).upgrade()
        expected = {"acme": 6, "globex": 3, None: 0}
        with connected(url) as connection:
            inspector = sa.inspect(connection)
            found = {name: len(inspector.get_table_names(schema=name)) for name in expected}
        assert found == expected
        # an env.py that does not care would migrate `public` instead
        env = tmp_path / "alembic" / "env.py"
        plain = url.sqlalchemy.render_as_string(hide_password=False)
        line = f"config.set_main_option('sqlalchemy.url', {plain!r})"
        env.write_text(
            env.read_text().replace("\ntarget_metadata =", f"\n{line}\ntarget_metadata =")
        )
        (failed,) = Databases(project, only=["globex"]).upgrade().databases
        assert "env.py connects to" in failed.error


def test_no_secret_is_told(tmp_path: Path) -> None:
    urls = {"a": "postgresql+psycopg://u:s3cr3t-word@127.0.0.1:1/d"}
    fleet = Databases(make_project(tmp_path, settings={"databases": urls})).upgrade()
    assert fleet.databases[0].outcome == "failed"
    assert "127.0.0.1" in fleet.databases[0].error
    assert "s3cr3t" not in str(fleet)


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({}, "config.json names no databases; write migration.databases"),
        ({"databases": {"a": "nonsense"}}, "migration.databases.a in .*: not a database URL"),
        ({"databases": {"a": "${NONE}"}}, "the environment variable NONE is not set"),
        ({"schemas": ["x"], "url": "sqlite:///x.db"}, "is not a PostgreSQL database"),
        (
            {"schemas": ["x"], "url": "postgresql://h/d", "databases": {"x": "sqlite:///x.db"}},
            "x is also one of the databases",
        ),
    ],
)
def test_settings_that_name_no_databases(
    tmp_path: Path, settings: dict[str, object], fault: str
) -> None:
    project = make_project(tmp_path, settings=settings)
    with pytest.raises(ConfigError, match=fault):
        find_databases(project, environ={})


@pytest.mark.parametrize(
    ("databases", "fault"),
    [
        ("x", 'expected names and URLs, not "x"'),
        ({"../x": "sqlite://"}, 'expected a name of letters, digits, dots and dashes, not "../x"'),
        ({"x": ""}, r"databases\.x: expected a non-empty string$"),
        ({"x": 7}, r"databases\.x: expected a non-empty string$"),
    ],
)
def test_faults_of_settings(tmp_path: Path, databases: object, fault: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"migration": {"databases": databases}}))
    with pytest.raises(ConfigError, match=fault):
        load_config(path)


def test_a_name_that_is_none(tmp_path: Path) -> None:
    project = tenants(tmp_path, 2)
    with pytest.raises(ConfigError, match="no database is called x; there are t000, t001"):
        Databases(project, only=["x"])
    with pytest.raises(ConfigError, match="no database is called x; there are t000, t001"):
        Databases(project).migrations("x")


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tenants(tmp_path, 3, damaged=1)
    five_revisions(project)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["migrate", "upgrade", "--all", "--jobs", "1"]) == 1
    printed = capsys.readouterr()
    failed, *others, total = printed.out.splitlines()
    assert failed.startswith("failed   t000  ")
    assert [line.split()[:2] for line in others] == [["done", "t001"], ["done", "t002"]]
    assert total.startswith("3 databases: 2 done, 1 failed, ")
    assert printed.err == ""
    assert main(["migrate", "status", "--database", "t001", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "at-head"
    assert main(["migrate", "status", "--all", "--jobs", "1", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [each["state"] for each in told["databases"]] == [None, "at-head", "at-head"]


@pytest.mark.slow
def test_five_hundred_tenants(tmp_path: Path) -> None:
    project = tenants(tmp_path, 500, damaged=10)
    five_revisions(project)
    fleet = Databases(project).upgrade(jobs=2)
    assert [each.outcome for each in fleet.databases] == [*["failed"] * 10, *["done"] * 490]
    status = Databases(project).status(jobs=2)
    assert sum(each.state is State.AT_HEAD for each in status.databases) == 490
