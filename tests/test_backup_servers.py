"""Backups on every engine: odd data comes back, extra things go, and no password is seen."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from backup_data import content, fill
from servers import PASSWORD, fresh_database, fresh_user

from xcore_tools import BackupManager
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError, DatabaseError

# SQLAlchemy reflects tables here that have types of their own
pytestmark = pytest.mark.filterwarnings("ignore:Did not recognize type")


def read(url: DatabaseUrl) -> dict[str, object]:
    with connected(url) as connection:
        return content(connection)


def run(url: DatabaseUrl, *statements: str) -> None:
    with connected(url, may_create=True) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()


@pytest.fixture
def manager(database: DatabaseUrl, tmp_path: Path) -> BackupManager:
    """Of a database that is full of odd things."""
    with connected(database, may_create=True) as connection:
        fill(database, connection)
    return BackupManager(database, tmp_path / "backups")


@pytest.fixture(params=["postgresql", "mysql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseUrl]:
    with fresh_database(request.param, tmp_path) as url:
        yield url


def test_odd_data_comes_back(manager: BackupManager) -> None:
    url = manager.url
    before = read(url)
    assert len([name for name in before if name.endswith("columns")]) > 4
    backup = manager.create()
    drop = {
        "sqlite": "DROP VIEW odd_view",
        "postgresql": "DROP VIEW odd_view CASCADE",
        "mysql": "DROP VIEW odd_view, second_view",
    }[url.engine_name]
    run(url, drop, "DELETE FROM child", "CREATE TABLE later (id INTEGER PRIMARY KEY)")
    run(url, "INSERT INTO later VALUES (1)", "UPDATE alembic_version SET version_num = 'def456'")
    between = read(url)
    restored = manager.restore(backup.name)
    assert read(url) == before
    assert restored.revisions == ("abc123",)
    assert restored.safety is not None
    assert restored.safety.revisions == ("def456",)
    manager.restore(restored.safety.name)
    assert read(url) == between


def test_the_manifest_counts_the_rows(manager: BackupManager) -> None:
    backup = manager.create()
    assert backup.manifest is not None
    rows = {table.name: table.rows for table in backup.manifest.tables}
    assert rows | {"odd 'table": 4, "child": 2, "empty": 0, "alembic_version": 1} == rows
    with connected(manager.url) as connection:
        names = set(sa.inspect(connection).get_table_names())
        for name in names & set(rows):
            table = sa.table(sa.quoted_name(name, quote=True))
            query = sa.select(sa.func.count()).select_from(table)
            if manager.url.engine_name == "postgresql":
                query = query.with_hint(table, "ONLY", "postgresql")
            assert rows[name] == connection.scalar(query), name
        assert names - set(rows) <= {"parted"}  # PostgreSQL keeps its rows in the partitions
    assert backup.revisions == ("abc123",)
    assert backup.manifest.engine == manager.url.engine_name


def test_a_drill_restores_it_elsewhere(manager: BackupManager) -> None:
    before = read(manager.url)
    backup = manager.create()
    databases = names_of_databases(manager.url)
    result = manager.verify(backup.name, drill=True)
    assert (result.problem, result.checks[-1]) == ("", "restore")
    assert read(manager.url) == before
    assert names_of_databases(manager.url) == databases


def names_of_databases(url: DatabaseUrl) -> set[str]:
    """Those of ours: other tests may make and drop theirs meanwhile."""
    if url.engine_name == "sqlite":
        return set()
    query = {"postgresql": "SELECT datname FROM pg_database", "mysql": "SHOW DATABASES"}
    with connected(url) as connection:
        names = connection.exec_driver_sql(query[url.engine_name]).scalars()
        return {name for name in names if url.name in name}


def test_a_table_that_came_later_may_refer_to_an_older_one(manager: BackupManager) -> None:
    backup = manager.create()
    before = read(manager.url)
    run(
        manager.url,
        "CREATE TABLE grandchild (id INTEGER PRIMARY KEY, child INTEGER, "
        "CONSTRAINT fk_later FOREIGN KEY (child) REFERENCES child (id))",
        "INSERT INTO grandchild VALUES (1, 1)",
    )
    manager.restore(backup.name)
    assert read(manager.url) == before


def test_the_password_is_seen_by_nobody(
    server: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each program of the server is replaced by one that notes its arguments and environment."""
    spies = tmp_path / "spies"
    spies.mkdir()
    seen = tmp_path / "seen"
    for name in ("pg_dump", "pg_restore", "psql", "mariadb-dump", "mysqldump", "mariadb", "mysql"):
        real = shutil.which(name)
        if real is None:
            continue
        spy = spies / name
        spy.write_text(
            f'#!/bin/sh\n{{ echo "$0 $*"; env; }} >> {seen}\n'
            'for f in "$PGPASSFILE" $(echo "$1" | sed -n s/--defaults-extra-file=//p); do\n'
            f'[ -z "$f" ] || stat -c "secret %a" "$f" >> {seen}; done\nexec {real} "$@"\n'
        )
        spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spies}:{os.environ['PATH']}")
    monkeypatch.setenv("PGPASSWORD", "another one")
    with fresh_user(server) as url:
        run(url, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")
        manager = BackupManager(url, tmp_path / "backups")
        backup = manager.create()
        if server.engine_name == "mysql":  # a restore takes a database beside this one
            beside = server.name.replace("_", r"\_") + r"\_\_xcore\_tools\_%%"
            run(server, f"GRANT ALL ON `{beside}`.* TO {url.sqlalchemy.username}@'%%'")
        manager.restore(backup.name)
        text = seen.read_text()
        programs = {Path(line.split()[0]).name for line in text.splitlines() if str(spies) in line}
        assert programs & {"pg_restore", "mariadb", "mysql"}
        assert PASSWORD not in text
        assert "secret 600\n" in text
        assert {stat.S_IMODE(p.stat().st_mode) for p in manager.directory.iterdir()} == {0o600}
        for path in manager.directory.iterdir():
            assert PASSWORD.encode() not in path.read_bytes()
        described = (manager.directory / f"{backup.name}.json").read_bytes()
        if server.engine_name == "mysql":  # that of PostgreSQL names the owners, as the dump does
            assert str(url.sqlalchemy.username).encode() not in described
        wrong = DatabaseUrl(url.sqlalchemy.set(password="wr0ng-s3cr3t"), "test")
        if server.engine_name == "mysql":  # here PostgreSQL asks for none
            with pytest.raises(DatabaseError) as caught:
                BackupManager(wrong, tmp_path / "backups").create()
            assert "wr0ng" not in str(caught.value)


def test_a_missing_program_is_named(
    server: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(server, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match=r"is not installed; install the .* client \(Debian"):
        BackupManager(server, tmp_path / "backups").create()
    assert BackupManager(server, tmp_path / "backups").list() == ()


def test_an_old_program_is_refused_before_it_runs(
    server: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {
        "pg_dump": "pg_dump (PostgreSQL) 9.6.24",
        "mariadb-dump": "mariadb-dump  Ver 10.19 Distrib 5.5.68-MariaDB, for Linux (x86_64)",
        "mysqldump": "mysqldump  Ver 5.5.62 for Linux on x86_64",
    }
    for name, version in old.items():
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] || touch {tmp_path}/ran\necho "{version}"\n'
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(BackupError, match="is older than the server"):
        BackupManager(server, tmp_path / "backups").create()
    assert not (tmp_path / "ran").exists()
    assert BackupManager(server, tmp_path / "backups").list() == ()


def test_a_dump_that_fails_is_no_backup(
    server: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(server, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    for name in ("pg_dump", "mariadb-dump", "mysqldump"):
        real = shutil.which(name)
        if real is None:
            continue
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && exec {real} --version\n'
            f'{real} "$@" | head -c 500\necho "{name}: error: no more" >&2\nexit 1\n'
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    manager = BackupManager(server, tmp_path / "backups")
    with pytest.raises(BackupError, match=r"failed: .*error: no more"):
        manager.create()
    assert {path.name for path in manager.directory.iterdir()} == {
        ".gitignore",
        ".xcore-tools.lock",
    }


def test_a_restore_waits_for_others_and_gives_up(server: DatabaseUrl, tmp_path: Path) -> None:
    run(server, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    manager = BackupManager(server, tmp_path / "backups")
    backup = manager.create()
    run(server, "INSERT INTO t VALUES (2)")
    with connected(server) as other:
        other.exec_driver_sql("INSERT INTO t VALUES (3)")
        with pytest.raises(
            BackupError, match=r"(?i)lock.*The database is as it was before"
        ) as caught:
            manager.restore(backup.name, timeout=1)
        assert "\n" not in str(caught.value)
        other.commit()
    with connected(server) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 3
        assert sa.inspect(connection).get_table_names() == ["t"]


@pytest.mark.parametrize("rows", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_many_rows_while_others_write(server: DatabaseUrl, tmp_path: Path, rows: int) -> None:
    """Money moves while the backup is taken; the sum in it is right, and so is the count."""
    table = sa.Table(
        "account",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("money", sa.Integer),
        sa.Column("note", sa.String(100)),
    )
    with connected(server) as connection:
        table.create(connection)
        for start in range(0, rows, 5000):
            connection.execute(
                table.insert(),
                [{"id": i, "money": 7, "note": f"(r{i}'\n"} for i in range(start, start + 5000)],
            )
        connection.commit()
    stop = threading.Event()

    def transfer() -> None:
        step = 0
        with connected(server) as connection:
            while not stop.is_set():
                step += 1
                one, other = step * 7 % rows, step * 13 % rows + rows
                connection.exec_driver_sql(f"UPDATE account SET money = money - 1 WHERE id = {one}")
                connection.exec_driver_sql(
                    f"INSERT INTO account (id, money, note) VALUES ({rows + step}, 1, '{other}')"
                )
                connection.commit()

    writer = threading.Thread(target=transfer)
    manager = BackupManager(server, tmp_path / "backups")
    writer.start()
    try:
        backup = manager.create()
    finally:
        stop.set()
        writer.join()
    assert backup.manifest is not None
    (counted,) = backup.manifest.tables
    manager.restore(backup.name, safety=False)
    with connected(server) as connection:
        total, count = connection.exec_driver_sql("SELECT sum(money), count(*) FROM account").one()
        assert total == 7 * rows
        assert count == counted.rows
        sample = connection.execute(table.select().where(table.c.id == rows // 2)).one()
        assert sample.note == f"(r{rows // 2}'\n"


@pytest.mark.parametrize("rows", [5_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_large_table_is_equal_row_by_row(
    database: DatabaseUrl, tmp_path: Path, rows: int
) -> None:
    table = sa.Table(
        "large",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("text", sa.String(100)),
        sa.Column("data", sa.LargeBinary(60)),
    )
    with connected(database, may_create=True) as connection:
        table.create(connection)
        for start in range(0, rows, 5000):
            values = [
                {
                    "id": i,
                    "text": f"({i}'\\\n😀",
                    "data": hashlib.sha256(b"%d" % i).digest() if i % 7 else None,
                }
                for i in range(start, start + 5000)
            ]
            connection.execute(table.insert(), values)
        connection.commit()

    def digest() -> tuple[int, str]:
        """Of every value of every row in order."""
        found, number = hashlib.sha256(), 0
        with connected(database) as connection:
            streamed = connection.execution_options(yield_per=5000)
            for row in streamed.execute(table.select().order_by(table.c.id)):
                found.update(repr(tuple(row)).encode())
                number += 1
        return number, found.hexdigest()

    before = digest()
    assert before[0] == rows
    manager = BackupManager(database, tmp_path / "backups")
    backup = manager.create()
    run(
        database, "UPDATE large SET text = 'x' WHERE id < 1000", "DELETE FROM large WHERE id > 3000"
    )
    assert digest() != before
    manager.restore(backup.name, safety=False)
    assert digest() == before


def test_nothing_of_a_server_is_left_running(server: DatabaseUrl, tmp_path: Path) -> None:
    run(server, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
    manager = BackupManager(server, tmp_path / "backups")

    def interrupt(_done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        manager.create(progress=interrupt)
    assert {path.name for path in manager.directory.iterdir()} == {
        ".gitignore",
        ".xcore-tools.lock",
    }
    command = ["ps", "-o", "comm", "--ppid", str(os.getpid())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "dump" not in done.stdout
