"""Upgrades that are run on a copy first: what is told of them, and that nothing else is touched."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic_projects import make_project, write_revision, write_table_revision
from servers import ENGINES, SERVERS_ARE_SLOW, as_url, fresh_database, fresh_user

from xcore_tools.config import Config, load_config
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError, ConfigError
from xcore_tools.migrate.facade import Migrations
from xcore_tools.migrate.facts import Change, Loss, TableCount
from xcore_tools.migrate.guard.rehearsal import RehearsalError

TABLES = """\
op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(9)))
op.create_table(
    'orders', sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('user_id', sa.Integer, sa.ForeignKey('users.id', ondelete='CASCADE', name='fk'))
)
op.execute("INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'b'), (3, NULL)")
op.execute("INSERT INTO orders (id, user_id) VALUES (1, 1), (2, 2), (3, NULL)")
"""


@pytest.fixture(params=SERVERS_ARE_SLOW)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseUrl]:
    with fresh_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def project(tmp_path: Path, database: DatabaseUrl) -> Config:
    """Two tables with three rows each, at revision a1."""
    made = make_project(tmp_path / "project", url=database)
    write_revision(versions(made), "a1", None, TABLES)
    Migrations(made).upgrade()
    return made


def versions(project: Config) -> Path:
    return project.project / "alembic" / "versions"


def content(url: DatabaseUrl) -> dict[str, list[tuple[object, ...]]]:
    with connected(url) as connection:
        return {
            name: sorted(map(tuple, connection.execute(sa.text(f"SELECT * FROM {name}"))), key=str)
            for name in sorted(sa.inspect(connection).get_table_names())
        }


def databases(url: DatabaseUrl) -> list[str]:
    """The copies that are there; of SQLite, files in the directory of backups."""
    if url.sqlite_path:
        return [p.name for p in url.sqlite_path.parent.glob("project/backups/.partial-*")]
    query = "SHOW DATABASES" if url.engine_name == "mysql" else "SELECT datname FROM pg_database"
    with connected(url) as connection:
        found = connection.scalars(sa.text(query)).all()
    return [name for name in found if name.startswith(f"{url.name}_")]


@pytest.mark.parametrize("database", ENGINES, indirect=True)
def test_what_a_rehearsal_tells(project: Config, database: DatabaseUrl) -> None:
    write_revision(versions(project), "b2", "a1", "op.execute('DELETE FROM orders WHERE id > 1')")
    write_revision(
        versions(project),
        "c3",
        "b2",
        "op.drop_table('orders')\nop.create_table('t', sa.Column('id', sa.Integer, primary_key=True))\n"
        "op.execute('INSERT INTO t (id) VALUES (7)')",
    )
    before = content(database)
    told = Migrations(project).rehearse()
    assert told.url == str(database)
    assert (told.before, told.after) == (("a1",), ("c3",))
    assert [step.revision for step in told.steps] == ["b2", "c3"]
    assert 0 < sum(step.seconds for step in told.steps) <= told.seconds
    assert told.tables == (
        TableCount("orders", None, 3, None),
        TableCount("t", None, None, 1),
        TableCount("users", None, 3, 3),
    )
    assert told.losses == (Loss("orders", None, 3, 0),)
    assert not told.is_clean
    first = Migrations(project).rehearse("b2")
    assert (first.after, first.losses) == (("b2",), (Loss("orders", None, 3, 1),))
    assert content(database) == before
    assert databases(database) == []


def test_a_rehearsal_that_fails(project: Config, database: DatabaseUrl) -> None:
    write_table_revision(versions(project), "b2", "a1")
    write_revision(versions(project), "c3", "b2", "op.execute('SELECT nonsense')")
    before = content(database)
    migrations = Migrations(project)
    told = migrations.rehearse()
    assert [step.revision for step in told.steps] == ["b2"]
    assert told.failure.startswith("revision c3: ")
    assert "versions/c3_.py:10: " in told.failure
    assert "[SELECT nonsense]" in told.failure
    with pytest.raises(RehearsalError, match="nothing was applied to") as caught:
        migrations.upgrade(rehearse=True)
    assert caught.value.rehearsal.failure == told.failure
    assert content(database) == before
    assert databases(database) == []


def test_nothing_is_pending(project: Config) -> None:
    told = Migrations(project).rehearse()
    assert (told.steps, told.is_clean, len(told.tables)) == ((), True, 2)
    assert Migrations(project).upgrade(rehearse=True).rehearsal is None


def test_apply_if_nothing_is_lost(project: Config, database: DatabaseUrl) -> None:
    migrations = Migrations(project)
    write_table_revision(versions(project), "b2", "a1")
    done = migrations.upgrade(rehearse=True)
    assert done.after == ("b2",)
    assert done.rehearsal is not None
    assert done.rehearsal.is_clean
    write_revision(versions(project), "c3", "b2", "op.execute('UPDATE users SET name = NULL')")
    with pytest.raises(
        RehearsalError, match=r"has lost data \(--allow-loss goes on\); nothing was"
    ):
        migrations.upgrade(rehearse=True)
    assert migrations.status().current == ("b2",)
    done = migrations.upgrade(rehearse=True, allow_loss=True)
    assert done.rehearsal is not None
    assert done.rehearsal.losses == (Loss("users", "name", 2, 0),)
    assert done.after == ("c3",)


def test_what_is_renamed_is_not_lost(project: Config) -> None:
    write_revision(
        versions(project),
        "b2",
        "a1",
        "with op.batch_alter_table('users') as batch:\n"
        "    batch.alter_column('name', new_column_name='title', existing_type=sa.String(9))\n"
        "op.rename_table('orders', 'purchases')",
    )
    told = Migrations(project).rehearse()
    assert told.losses == ()
    assert TableCount("purchases", None, None, 3) in told.tables


def test_a_rebuild_that_loses_data_without_any_error(tmp_path: Path) -> None:
    """Two ways on SQLite: by cascade, past our precautions, and by a join that drops rows."""
    with fresh_database("sqlite", tmp_path) as url:
        project = make_project(tmp_path / "project", url=url)
        write_revision(versions(project), "a1", None, TABLES)
        Migrations(project).upgrade()
        write_revision(
            versions(project),
            "b2",
            "a1",
            "raw = op.get_bind().connection.dbapi_connection\n"
            "raw.commit()\nraw.execute('PRAGMA foreign_keys = ON')\n"
            "with op.batch_alter_table('users', recreate='always') as batch:\n"
            "    batch.add_column(sa.Column('age', sa.Integer))",
        )
        write_revision(
            versions(project),
            "c3",
            "b2",
            "op.execute('CREATE TABLE new AS SELECT u.* FROM users u JOIN users v ON u.name = v.name')\n"
            "op.execute('DROP TABLE users')\nop.execute('ALTER TABLE new RENAME TO users')",
        )
        assert url.sqlite_path is not None
        before = hashlib.sha256(url.sqlite_path.read_bytes()).hexdigest()
        told = Migrations(project).rehearse("b2")
        assert (told.failure, told.losses) == ("", (Loss("orders", None, 3, 1),))
        told = Migrations(project).rehearse("c3")
        assert told.losses == (Loss("orders", None, 3, 1), Loss("users", None, 3, 2))
        assert hashlib.sha256(url.sqlite_path.read_bytes()).hexdigest() == before


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("mysql", marks=pytest.mark.slow)])
def test_rows_that_point_to_nothing(tmp_path: Path, engine: str) -> None:
    off = {"sqlite": "PRAGMA foreign_keys = OFF", "mysql": "SET foreign_key_checks = 0"}
    with fresh_database(engine, tmp_path) as url:
        project = make_project(tmp_path / "project", url=url)
        write_revision(versions(project), "a1", None, TABLES)
        Migrations(project).upgrade()
        write_revision(
            versions(project),
            "b2",
            "a1",
            f"op.execute('{off[engine]}')\nop.execute('UPDATE orders SET user_id = 9 WHERE id = 2')",
        )
        told = Migrations(project).rehearse()
        assert told.orphans == ("orders(user_id) → users: 1 of 0 before",)
        with pytest.raises(RehearsalError, match="after the rehearsal, rows point to nothing"):
            Migrations(project).upgrade(rehearse=True, allow_loss=True)


# -- which database ---------------------------------------------------------------------------------


def test_an_env_py_with_a_database_of_its_own_is_not_rehearsed_with(tmp_path: Path) -> None:
    """It would be migrated in place of the copy."""
    url = f"sqlite:///{tmp_path}/app.db"
    project = make_project(tmp_path / "project")
    env = project.project / "alembic" / "env.py"
    line = f"config.set_main_option('sqlalchemy.url', '{url}')"
    env.write_text(
        env.read_text().replace("target_metadata = metadata", f"target_metadata = metadata\n{line}")
    )
    write_revision(versions(project), "a1", None, TABLES)
    Migrations(project, url=url).upgrade()
    write_table_revision(versions(project), "b2", "a1")
    before = (tmp_path / "app.db").read_bytes()
    with pytest.raises(ConfigError, match=r"env\.py connects to .*app\.db, but a copy names"):
        Migrations(project, url=url).rehearse()
    assert (tmp_path / "app.db").read_bytes() == before


def test_an_env_py_that_reads_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    monkeypatch.setenv("DATABASE_URL", url)
    project = make_project(tmp_path / "project")
    env = project.project / "alembic" / "env.py"
    line = "import os\nconfig.set_main_option('sqlalchemy.url', os.environ['DATABASE_URL'])"
    env.write_text(
        env.read_text().replace("target_metadata = metadata", f"target_metadata = metadata\n{line}")
    )
    write_revision(versions(project), "a1", None, TABLES)
    Migrations(project).upgrade()
    write_table_revision(versions(project), "b2", "a1")
    assert Migrations(project).rehearse().after == ("b2",)
    assert Migrations(project).status().current == ("a1",)
    assert os.environ["DATABASE_URL"] == url


def test_an_asynchronous_env_py_within_a_running_loop(tmp_path: Path) -> None:
    """With foreign keys enforced by the application: no row goes by cascade."""
    url = as_url(f"sqlite+aiosqlite:///{tmp_path}/app.db")
    project = make_project(tmp_path / "project", url=url, template="async")
    write_revision(versions(project), "a1", None, TABLES)
    migrations = Migrations(project)
    migrations.upgrade()
    before = content(url)["orders"]
    env = project.project / "alembic" / "env.py"
    line = "        await connection.exec_driver_sql('PRAGMA foreign_keys = ON')\n"
    begin = "        await connection.run_sync(do_run_migrations)"
    assert begin in env.read_text()
    env.write_text(
        env.read_text().replace(begin, f"{line}        await connection.commit()\n{begin}")
    )
    rebuild = "with op.batch_alter_table('users', recreate='always') as batch:\n    batch."
    write_revision(
        versions(project), "b2", "a1", f"{rebuild}add_column(sa.Column('x', sa.Integer))"
    )

    async def rehearse_and_apply() -> Change:
        return migrations.upgrade(rehearse=True)

    done = asyncio.run(rehearse_and_apply())
    assert done.rehearsal is not None
    assert (done.rehearsal.losses, done.after) == ((), ("b2",))
    assert content(url)["orders"] == before


def test_a_user_who_may_not_make_databases_is_told_so(tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path) as owner, fresh_user(owner) as url:
        project = make_project(tmp_path / "project", url=url)
        write_revision(versions(project), "a1", None, TABLES)
        Migrations(project).upgrade()
        user = url.sqlalchemy.username
        with pytest.raises(BackupError, match=rf"beside it: ALTER ROLE {user} CREATEDB$"):
            Migrations(project).rehearse()


@pytest.mark.parametrize("engine", SERVERS_ARE_SLOW)
def test_the_copy_of_a_killed_rehearsal_is_dropped_by_the_next(tmp_path: Path, engine: str) -> None:
    with fresh_database(engine, tmp_path) as url:
        project = make_project(tmp_path / "project", url=url)
        write_revision(versions(project), "a1", None, TABLES)
        Migrations(project).upgrade()
        path = write_revision(versions(project), "b2", "a1", "import time; time.sleep(600)", "pass")
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "xcore_tools", "migrate", "upgrade", "--rehearse"],
            cwd=project.project,
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        deadline = time.monotonic() + 60
        while b"upgrade a1 -> b2" not in process.stderr.readline():
            assert time.monotonic() < deadline
        assert len(databases(url)) == 1
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        path.write_text(path.read_text().replace("time.sleep(600)", "pass"))
        told = Migrations(load_config(project.project / "config.json"), lock_timeout=20).rehearse()
        assert told.after == ("b2",)
        assert databases(url) == []
