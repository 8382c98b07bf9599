"""What is left of a migration that fails or is killed: the database as it was before."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic_projects import make_project, write_revision, write_table_revision
from servers import ENGINES, fresh_database

from xcore_tools.cli import main
from xcore_tools.config import Config, load_config
from xcore_tools.database.backup.manager import BackupManager
from xcore_tools.database.connection import connected
from xcore_tools.database.inspection import DatabaseInspector
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError, MigrationError
from xcore_tools.migrate.facade import Migrations
from xcore_tools.migrate.guard.safety import Safety
from xcore_tools.migrate.runtime.logs import kept_logging

TABLES = """\
op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(9)))
op.create_table(
    'orders', sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('user_id', sa.Integer, sa.ForeignKey('users.id', ondelete='CASCADE', name='fk'))
)
op.execute("INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'b'), (3, NULL)")
op.execute("INSERT INTO orders (id, user_id) VALUES (1, 1), (2, 2), (3, NULL)")
"""
ENFORCED = """
from sqlalchemy import event
from sqlalchemy.engine import Engine
@event.listens_for(Engine, "connect")
def enforce(connection, record):
    if "sqlite3" in type(connection).__module__:
        connection.execute("PRAGMA foreign_keys = ON")
"""


def versions(project: Config) -> Path:
    return project.project / "alembic" / "versions"


def prepared(directory: Path, url: DatabaseUrl, **settings: object) -> Config:
    """Two tables with three rows each, at revision a1."""
    project = make_project(directory / "project", url=url, settings={"backup": settings})
    write_revision(versions(project), "a1", None, TABLES)
    Migrations(project).upgrade()
    return project


def state(url: DatabaseUrl) -> tuple[Any, dict[str, list[tuple[object, ...]]]]:
    """The whole schema, and all rows."""
    schema = DatabaseInspector(url).inspect()
    with connected(url) as connection:
        rows = {
            table.name: sorted(
                map(tuple, connection.execute(sa.text(f"SELECT * FROM {table.name}"))), key=str
            )
            for table in schema.tables
        }
    return schema, rows


def backups(project: Config) -> list[str]:
    return [backup.name for backup in BackupManager.from_config(project).list()]


def alembic_alone(project: Config) -> None:
    config = AlembicConfig(project.project / "alembic.ini")
    url = project.migration.url
    assert url is not None
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    with kept_logging(str):
        command.upgrade(config, "head")


# -- revisions that fail ----------------------------------------------------------------------------


def five_revisions(project: Config) -> None:
    """The fourth one fails in its third statement."""
    folder = versions(project)
    write_revision(folder, "b2", "a1", "op.add_column('users', sa.Column('age', sa.Integer))")
    write_revision(folder, "c3", "b2", "op.execute('DELETE FROM orders WHERE id = 3')")
    write_table_revision(folder, "d4", "c3")
    write_revision(
        folder,
        "e5",
        "d4",
        "op.create_table('half', sa.Column('id', sa.Integer, primary_key=True))\n"
        "op.execute('DELETE FROM users')\nop.execute('SELECT nonsense')",
    )
    write_table_revision(folder, "f6", "e5")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_chain_whose_fourth_revision_fails(tmp_path: Path, engine: str) -> None:
    with fresh_database(engine, tmp_path) as url:
        project = prepared(tmp_path, url)
        before = state(url)
        five_revisions(project)
        with pytest.raises(MigrationError) as caught:
            Migrations(project).upgrade()
        assert state(url) == before
        message = str(caught.value)
        assert "alembic/versions/e5_.py:12: " in message
        assert (
            "[SELECT nonsense]; this was revision e5; the database is as it was before" in message
        )
        assert message.endswith("the database is at a1 now")
        if engine != "postgresql":
            *_, taken = backups(project)
            assert f"restored from {taken} (what the failure left is in " in message
        # what Alembic does: on PostgreSQL all in one transaction, else half of it stays
        with pytest.raises(sa.exc.DBAPIError):
            alembic_alone(project)
        assert (state(url) == before) is (engine == "postgresql")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_first_chain_that_fails_leaves_an_empty_database(tmp_path: Path, engine: str) -> None:
    with fresh_database(engine, tmp_path) as url:
        project = make_project(tmp_path / "project", url=url)
        write_revision(versions(project), "a1", None, TABLES)
        five_revisions(project)
        with pytest.raises(MigrationError, match=r"e5; .*is at no revision now$"):
            Migrations(project).upgrade()
        assert state(url)[0].tables == ()
        path = versions(project) / "e5_.py"
        path.write_text(path.read_text().replace("SELECT nonsense", "SELECT 1"))
        done = Migrations(project).upgrade()
        assert (done.before, done.after, done.backups) == ((), ("f6",), ())


def test_what_was_committed_on_its_own_is_undone_on_demand(tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path) as url:
        project = prepared(tmp_path, url)
        before = state(url)
        write_revision(
            versions(project),
            "b2",
            "a1",
            "with op.get_context().autocommit_block():\n"
            "    op.create_index('by_name', 'users', ['name'], postgresql_concurrently=True)\n"
            "op.execute('SELECT nonsense')",
        )
        with pytest.raises(
            MigrationError, match="revision b2; `xcore-tools backup restore backup_"
        ):
            Migrations(project).upgrade()
        assert state(url) != before
        with connected(url) as connection:
            connection.execute(sa.text("DROP INDEX by_name"))
            connection.commit()
        safety = Safety(restore_on_failure=True)
        with pytest.raises(
            MigrationError, match="revision b2; the database is as it was before, re"
        ):
            Migrations(project).upgrade(safety=safety)
        assert state(url) == before


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[DatabaseUrl]:
    with fresh_database("sqlite", tmp_path) as url:
        yield url


def test_an_interrupt_is_undone_as_well(tmp_path: Path, sqlite: DatabaseUrl) -> None:
    project = prepared(tmp_path, sqlite)
    before = state(sqlite)
    write_table_revision(versions(project), "b2", "a1")
    write_revision(versions(project), "c3", "b2", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        Migrations(project).upgrade()
    assert state(sqlite) == before


def test_without_restoring_the_command_is_named(tmp_path: Path, sqlite: DatabaseUrl) -> None:
    project = prepared(tmp_path, sqlite)
    before = state(sqlite)
    five_revisions(project)
    with pytest.raises(MigrationError) as caught:
        Migrations(project).upgrade(safety=Safety(restore_on_failure=False))
    (name,) = backups(project)
    assert f"`xcore-tools backup restore {name}` brings back the state of before" in str(
        caught.value
    )
    assert state(sqlite) != before
    BackupManager.from_config(project).restore(name)
    assert state(sqlite) == before
    # nothing was interrupted: it was meant to stay as it is
    assert not list((project.project / "backups").glob(".migrating*"))


def test_an_env_py_that_fails_costs_no_restore(tmp_path: Path, sqlite: DatabaseUrl) -> None:
    project = prepared(tmp_path, sqlite)
    write_table_revision(versions(project), "b2", "a1")
    env = project.project / "alembic" / "env.py"
    env.write_text(
        env.read_text().replace(
            "context.run_migrations()",
            "context.run_migrations() if context.get_context().opts.get('dont_mutate') else 1 / 0",
        )
    )
    with pytest.raises(
        MigrationError, match="ZeroDivisionError: division by zero; the database is"
    ):
        Migrations(project).upgrade()
    assert len(backups(project)) == 1


# -- when a backup is taken -------------------------------------------------------------------------


def test_a_backup_is_taken_only_if_something_is_pending(
    tmp_path: Path, sqlite: DatabaseUrl
) -> None:
    project = prepared(tmp_path, sqlite)  # an empty database has nothing to lose
    assert backups(project) == []
    Migrations(project).upgrade()
    assert backups(project) == []
    write_table_revision(versions(project), "b2", "a1")
    done = Migrations(project).upgrade()
    assert done.backups == tuple(backups(project))
    (backup,) = BackupManager.from_config(project).list()
    assert (backup.revisions, backup.manifest and backup.manifest.reason) == (("a1",), "migration")
    Migrations(project).downgrade("-1")
    assert len(backups(project)) == 2


def test_a_backup_is_taken_as_the_settings_say(tmp_path: Path, sqlite: DatabaseUrl) -> None:
    project = prepared(tmp_path, sqlite, auto_backup_before_migration=False)
    write_table_revision(versions(project), "b2", "a1")
    assert Migrations(project).upgrade().backups == ()
    write_table_revision(versions(project), "c3", "b2")
    assert len(Migrations(project).upgrade(safety=Safety(backup=True)).backups) == 1
    write_table_revision(versions(project), "d4", "c3")
    project = load_config(project.project / "config.json")
    assert Migrations(project).upgrade(safety=Safety(backup=False)).backups == ()


def test_old_backups_are_removed(tmp_path: Path, sqlite: DatabaseUrl) -> None:
    project = prepared(tmp_path, sqlite, max_backup_files=2)
    for down, revision in (("a1", "b2"), ("b2", "c3"), ("c3", "d4")):
        write_table_revision(versions(project), revision, down)
        last = Migrations(project).upgrade()
    assert len(backups(project)) == 2
    assert last.backups[0] in backups(project)


def test_no_backup_no_migration(tmp_path: Path, sqlite: DatabaseUrl) -> None:
    project = prepared(tmp_path, sqlite)
    write_table_revision(versions(project), "b2", "a1")
    shutil.rmtree(project.project / "backups")
    (project.project / "backups").write_text("in the way")
    with pytest.raises(BackupError, match=r"nothing was migrated.*\(--no-backup goes on without\)"):
        Migrations(project).upgrade()
    assert Migrations(project).status().current == ("a1",)


def test_a_restore_that_fails_is_told_and_left_for_the_next_run(
    tmp_path: Path, sqlite: DatabaseUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = prepared(tmp_path, sqlite)
    before = state(sqlite)
    five_revisions(project)
    restore = BackupManager.restore
    monkeypatch.setattr(BackupManager, "restore", lambda *_, **__: refuse())
    with pytest.raises(MigrationError) as caught:
        Migrations(project).upgrade()
    monkeypatch.setattr(BackupManager, "restore", restore)
    (name,) = backups(project)
    assert "restoring the backup of before has failed: no space left; `xcore-tools backup" in str(
        caught.value
    )
    path = versions(project) / "e5_.py"
    path.write_text(path.read_text().replace("SELECT nonsense", "SELECT 1"))
    done = Migrations(project).upgrade()
    assert (done.recovered, done.before, done.after) == (name, ("a1",), ("f6",))
    BackupManager.from_config(project).restore(name)
    assert state(sqlite) == before


def refuse() -> None:
    raise BackupError("no space left")


def test_a_database_in_memory_has_no_backups(tmp_path: Path) -> None:
    project = make_project(tmp_path, settings={"url": "sqlite://"})
    write_revision(versions(project), "a1", None, TABLES)
    assert Migrations(project).upgrade().backups == ()
    with pytest.raises(BackupError, match="no backup can be taken of it; give --no-backup"):
        Migrations(project).upgrade(safety=Safety(backup=True))
    with pytest.raises(MigrationError, match="it cannot be copied, so there is no rehearsal"):
        Migrations(project).rehearse()


# -- SQLite: batch operations -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "remedy"),
    [
        (
            "CREATE TABLE _alembic_tmp_users (id INTEGER)",
            'users is whole, so run `DROP TABLE "_alembic_tmp_users"`',
        ),
        (
            "ALTER TABLE users RENAME TO _alembic_tmp_users",
            'users was dropped already, so run `ALTER TABLE "_alembic_tmp_users" RENAME TO "users"`',
        ),
    ],
)
def test_what_an_interrupted_batch_operation_left(
    tmp_path: Path, sqlite: DatabaseUrl, damage: str, remedy: str
) -> None:
    project = prepared(tmp_path, sqlite)
    before = state(sqlite)
    write_revision(
        versions(project),
        "b2",
        "a1",
        "with op.batch_alter_table('users', recreate='always') as batch:\n"
        "    batch.add_column(sa.Column('age', sa.Integer))",
    )
    execute(sqlite, damage)
    assert Migrations(project).upgrade("a1").applied == ()  # there is nothing to do
    with pytest.raises(MigrationError) as caught:
        Migrations(project).upgrade()
    assert remedy in str(caught.value)
    execute(sqlite, remedy.rpartition("run `")[2].rstrip("`"))
    assert state(sqlite)[1] == before[1]
    assert Migrations(project).upgrade().after == ("b2",)


def execute(url: DatabaseUrl, statement: str) -> None:
    with connected(url) as connection:
        connection.execute(sa.text(statement))
        connection.commit()


@pytest.mark.parametrize("is_in_env", [False, True])
def test_rows_do_not_vanish_by_cascade(
    tmp_path: Path, sqlite: DatabaseUrl, is_in_env: bool
) -> None:
    """With foreign keys enforced by a listener of the application, or by a statement in env.py."""
    project = prepared(tmp_path, sqlite)
    before = state(sqlite)[1]
    write_revision(
        versions(project),
        "b2",
        "a1",
        "with op.batch_alter_table('users', recreate='always') as batch:\n"
        "    batch.add_column(sa.Column('age', sa.Integer))",
    )
    env = project.project / "alembic" / "env.py"
    text = env.read_text()
    if is_in_env:
        begin = "        with context.begin_transaction():"
        statement = "connection.exec_driver_sql('PRAGMA foreign_keys = ON'); connection.commit()"
        text = text.replace(begin, f"        {statement}\n{begin}")
    else:
        text = text.replace("\ntarget_metadata =", ENFORCED + "\ntarget_metadata =")
    env.write_text(text)
    with forgotten_listeners():
        assert Migrations(project).upgrade().after == ("b2",)
        assert state(sqlite)[1]["orders"] == before["orders"]
    Migrations(project).stamp("a1", purge=True)
    execute(sqlite, "ALTER TABLE users DROP COLUMN age")
    with forgotten_listeners():
        alembic_alone(project)
    assert state(sqlite)[1]["orders"] == [(3, None)]


@contextmanager
def forgotten_listeners() -> Iterator[None]:
    """Inside, env.py may listen to all engines; afterwards it does no more."""
    made: list[tuple[Any, ...]] = []
    listens_for = sa.event.listens_for

    def noted(*arguments: Any) -> Any:
        def decorated(function: Any) -> Any:
            made.append((*arguments, function))
            return listens_for(*arguments)(function)

        return decorated

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sa.event, "listens_for", noted)
        yield
    for each in made:
        sa.event.remove(*each)


def test_rows_that_a_rebuild_leaves_without_a_parent(tmp_path: Path, sqlite: DatabaseUrl) -> None:
    project = prepared(tmp_path, sqlite)
    before = state(sqlite)
    write_revision(
        versions(project),
        "b2",
        "a1",
        "with op.batch_alter_table('users') as batch:\n"
        "    batch.add_column(sa.Column('age', sa.Integer))\n"
        "op.execute('DELETE FROM users WHERE id = 1')",
    )
    with pytest.raises(
        MigrationError, match="rows of orders → users have foreign keys that lead no"
    ):
        Migrations(project).upgrade()
    assert state(sqlite) == before


# -- killed -----------------------------------------------------------------------------------------

# Loads everything once; each round is a child that is killed, and the next run after it.
KILLER = """
import os, random, shutil, signal, sys, time
from pathlib import Path
from xcore_tools import Migrations, load_config
root, rounds = Path(sys.argv[1]), int(sys.argv[2])
config = load_config(root / "project" / "config.json")
random.seed(int(sys.argv[3]))
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)

def fresh():
    for name in ("app.db-journal", "app.db-wal", "app.db-shm", ".app.db.xcore-tools.lock"):
        (root / name).unlink(missing_ok=True)
    shutil.copy(root / "start.db", root / "app.db")
    shutil.rmtree(root / "project" / "backups", ignore_errors=True)

def child():
    process = os.fork()
    if not process:
        code = 1
        try:
            done = Migrations(config).upgrade()
            code = 3 if done.recovered else 0
        finally:
            os._exit(code)
    return process

def ended(process):
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)

times = []
for _ in range(3):
    fresh()
    began = time.monotonic()
    assert ended(child()) == 0
    times.append(time.monotonic() - began)
longest = sorted(times)[1]
while rounds:
    fresh()
    process = child()
    time.sleep(random.uniform(0, longest))
    os.kill(process, signal.SIGKILL)
    if ended(process) == 0:
        continue  # it was done before
    rounds -= 1
    again = ended(child())
    shutil.copy(root / "app.db", root / "after.db")
    print(again, flush=True)
    sys.stdin.readline()
"""


def killed_upgrades(directory: Path, rounds: int, seed: int, mode: str = "delete") -> list[int]:
    """How the run after each killed one ended; what is in the database then is checked."""
    with fresh_database("sqlite", directory) as url:
        project = prepared(directory, url)
        many = ", ".join(f"({n}, 'n{n}')" for n in range(10, 3000))
        execute(url, f"INSERT INTO users (id, name) VALUES {many}")
        with connected(url) as connection:
            connection.exec_driver_sql(f"PRAGMA journal_mode = {mode}")
        folder = versions(project)
        rebuild = "with op.batch_alter_table('users', recreate='always') as batch:\n    batch."
        write_revision(folder, "b2", "a1", f"{rebuild}add_column(sa.Column('x', sa.Integer))")
        write_revision(folder, "c3", "b2", "op.execute('UPDATE users SET x = id * 2')")
        write_revision(folder, "d4", "c3", f"{rebuild}alter_column('name', new_column_name='n')")
        write_table_revision(folder, "e5", "d4")
        write_revision(
            folder,
            "f6",
            "e5",
            f"op.execute('INSERT INTO t_e5 SELECT id FROM users')\n{rebuild}drop_column('x')",
        )
        assert url.sqlite_path is not None
        before = state(url)[1]
        url.sqlite_path.rename(directory / "start.db")
        killer = subprocess.Popen(
            [sys.executable, "-c", KILLER, str(directory), str(rounds), str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert killer.stdin is not None
        assert killer.stdout is not None
        ends = []
        for _ in range(rounds):
            ends.append(int(killer.stdout.readline()))
            rows = state(url.with_database(str(directory / "after.db")))[1]
            assert rows["alembic_version"] == [("f6",)], ends
            assert rows["users"] == before["users"], ends
            assert rows["orders"] == before["orders"], ends
            assert len(rows["t_e5"]) == len(before["users"]), ends
            killer.stdin.write("\n")
            killer.stdin.flush()
        killer.communicate(timeout=60)
        assert killer.returncode == 0
        return ends


def test_killed_upgrades_and_the_next_run(tmp_path: Path) -> None:
    ends = killed_upgrades(tmp_path, 2, 1)
    assert set(ends) <= {0, 3}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_hundred_killed_upgrades(tmp_path: Path, mode: str) -> None:
    ends = killed_upgrades(tmp_path, 100, 2, mode)
    assert set(ends) == {0, 3}
    assert ends.count(3) > 30  # were in the middle of it, and had to be brought back


def interrupted(directory: Path, url: DatabaseUrl) -> Config:
    """Killed in its second revision, after a statement that is done for good."""
    project = prepared(directory, url)
    write_table_revision(versions(project), "b2", "a1")
    body = "op.create_table('half', sa.Column('id', sa.Integer))\nimport time; time.sleep(600)"
    path = write_revision(versions(project), "c3", "b2", body, "pass")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "xcore_tools", "migrate", "upgrade"],
        cwd=project.project,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    while b"upgrade b2 -> c3" not in (line := process.stderr.readline()):
        assert line
    time.sleep(1)  # for the statement
    process.kill()
    process.communicate()
    path.write_text(path.read_text().replace("time.sleep(600)", "pass"))
    return project


def test_a_database_that_was_changed_since_is_not_restored_unasked(
    tmp_path: Path, sqlite: DatabaseUrl
) -> None:
    project = interrupted(tmp_path, sqlite)
    assert sqlite.sqlite_path is not None
    later = time.time() + 10
    execute(sqlite, "INSERT INTO users (id) VALUES (99)")
    os.utime(sqlite.sqlite_path, (later, later))
    migrations = Migrations(project)
    with pytest.raises(MigrationError) as caught:
        migrations.upgrade()
    (name,) = backups(project)
    message = "--interrupted restore brings back the backup of before, " + name
    assert message in str(caught.value)
    with pytest.raises(MigrationError, match=r"half.* already exists.*this was revision c3"):
        migrations.upgrade(safety=Safety(interrupted="ignore", backup=False))
    execute(sqlite, "DROP TABLE half")
    assert migrations.upgrade().recovered == ""
    assert (99, None) in state(sqlite)[1]["users"]


@pytest.mark.slow
def test_a_database_that_was_changed_since_is_restored_if_wanted(
    tmp_path: Path, sqlite: DatabaseUrl
) -> None:
    project = interrupted(tmp_path, sqlite)
    assert sqlite.sqlite_path is not None
    later = time.time() + 10
    os.utime(sqlite.sqlite_path, (later, later))
    (name,) = backups(project)
    done = Migrations(project).upgrade(safety=Safety(interrupted="restore"))
    assert (done.recovered, done.after) == (name, ("c3",))
    assert len(backups(project)) == 3  # with the state that was found, and the one of before


@pytest.mark.slow
def test_a_server_that_cannot_tell_is_not_restored_unasked(tmp_path: Path) -> None:
    with fresh_database("mysql", tmp_path) as url:
        project = interrupted(tmp_path, url)
        with pytest.raises(
            MigrationError, match="an earlier migration was interrupted, and it may"
        ):
            Migrations(project).upgrade()
        done = Migrations(project).upgrade(safety=Safety(interrupted="restore"))
        assert (done.before, done.after) == (("a1",), ("c3",))


# -- going back -------------------------------------------------------------------------------------


def test_a_downgrade_past_an_irreversible_revision_names_the_backup(
    tmp_path: Path, sqlite: DatabaseUrl
) -> None:
    project = prepared(tmp_path, sqlite)
    migrations = Migrations(project)
    write_revision(
        versions(project),
        "b2",
        "a1",
        "op.drop_table('orders')",
        '"""No way back."""\nraise NotImplementedError("the orders are gone")',
    )
    before = state(sqlite)
    (name,) = migrations.upgrade().backups
    write_table_revision(versions(project), "c3", "b2")
    migrations.upgrade()
    after = state(sqlite)
    with pytest.raises(MigrationError) as caught:
        migrations.downgrade("a1")
    assert str(caught.value) == (
        "alembic/versions/b2_.py:15: revision b2 cannot be reverted, it says "
        "`raise NotImplementedError('the orders are gone')`; nothing was changed. "
        f"The backup {name} holds revision a1: `xcore-tools backup restore {name}` brings it back, "
        "with the data of then"
    )
    assert state(sqlite) == after
    assert migrations.downgrade("b2").after == ("b2",)
    BackupManager.from_config(project).restore(name)
    assert state(sqlite) == before


def test_a_downgrade_that_turns_out_to_be_irreversible(tmp_path: Path, sqlite: DatabaseUrl) -> None:
    project = prepared(tmp_path, sqlite)
    migrations = Migrations(project)
    way = "if sa:\n    raise RuntimeError('no way back')"
    write_revision(versions(project), "b2", "a1", "pass", way)
    (name,) = migrations.upgrade().backups
    with pytest.raises(MigrationError) as caught:
        migrations.downgrade("-1")
    assert f"RuntimeError: no way back; this was revision b2; The backup {name} holds" in str(
        caught.value
    )


def test_a_revision_without_a_downgrade_and_without_a_backup(
    tmp_path: Path, sqlite: DatabaseUrl
) -> None:
    project = prepared(tmp_path, sqlite)
    path = versions(project) / "a1_.py"
    path.write_text(path.read_text().partition("def downgrade")[0])
    with pytest.raises(MigrationError) as caught:
        Migrations(project).downgrade("base")
    assert str(caught.value) == (
        "alembic/versions/a1_.py:1: revision a1 cannot be reverted, since it has no downgrade(); "
        "nothing was changed. There is no backup of revision base"
    )


def test_the_json_of_a_change(
    tmp_path: Path,
    sqlite: DatabaseUrl,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = prepared(tmp_path, sqlite)
    write_table_revision(versions(project), "b2", "a1")
    monkeypatch.chdir(project.project)
    capsys.readouterr()
    assert main(["migrate", "upgrade", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["backups"] == backups(project)
    assert [step["revision"] for step in told["steps"]] == ["b2"]
