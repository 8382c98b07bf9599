"""The directory of backups: what git sees of it, and what files are called."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from servers import as_url, fresh_database

from xcore_tools import BackupManager
from xcore_tools.config.schema import Backup as Settings
from xcore_tools.config.schema import Compression
from xcore_tools.database.backup.facts import EngineName
from xcore_tools.database.backup.names import made
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import XcoreToolsError


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    with closing(sqlite3.connect(tmp_path / "app.db")) as db:
        db.execute("CREATE TABLE t (n)")
    return tmp_path


def taken_by_git(repository: Path) -> set[str]:
    """What `git add -A` takes."""
    subprocess.run(["git", "-C", str(repository), "add", "-A"], check=True)
    command = ["git", "-C", str(repository), "diff", "--cached", "--name-only"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", ["backups", "var/copies of it"])
def test_git_leaves_backups_alone(repository: Path, name: str) -> None:
    manager = BackupManager(as_url(f"sqlite:///{repository / 'app.db'}"), repository / name)
    manager.create()
    with manager.copied():
        pass
    assert taken_by_git(repository) == {"app.db"}


def test_a_directory_that_version_1_0_has_made_gets_it_as_well(repository: Path) -> None:
    manager = BackupManager(as_url(f"sqlite:///{repository / 'app.db'}"), repository / "backups")
    manager.create()
    (manager.directory / ".gitignore").unlink()
    manager.create()
    assert taken_by_git(repository) == {"app.db"}


def test_a_directory_of_others_stays_as_it_is(repository: Path) -> None:
    directory = repository / "data"
    directory.mkdir()
    (directory / "notes.txt").write_text("mine")
    BackupManager(as_url(f"sqlite:///{repository / 'app.db'}"), directory).create()
    assert not (directory / ".gitignore").exists()
    (directory / ".gitignore").write_text("*.db\n")
    BackupManager(as_url(f"sqlite:///{repository / 'app.db'}"), directory).create()
    assert (directory / ".gitignore").read_text() == "*.db\n"


@pytest.mark.parametrize(
    ("form", "engine", "compression", "name"),
    [
        ("backup_{timestamp}.db", "sqlite", "none", "backup_20240229T010203Z.db"),
        ("backup_{timestamp}.db", "sqlite", "zstd", "backup_20240229T010203Z.db.zst"),
        ("backup_{timestamp}.db", "postgresql", "none", "backup_20240229T010203Z.dump"),
        # the custom format of pg_dump is compressed inside
        ("backup_{timestamp}.db", "postgresql", "gzip", "backup_20240229T010203Z.dump"),
        ("backup_{timestamp}.db", "mysql", "none", "backup_20240229T010203Z.sql"),
        ("backup_{timestamp}.db", "mysql", "zstd", "backup_20240229T010203Z.sql.zst"),
        ("{database}.pgdump", "postgresql", "none", "shop.pgdump"),
        ("{database}.sqlite3", "sqlite", "gzip", "shop.sqlite3.gz"),
        ("{database}", "mysql", "gzip", "shop.gz"),
    ],
)
def test_names_say_what_a_file_is(
    form: str, engine: EngineName, compression: Compression, name: str
) -> None:
    created = datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC)
    assert name == made(
        form,
        created=created,
        engine=engine,
        database="shop",
        revisions=(),
        compression=compression,
    )


# -- PostgreSQL -------------------------------------------------------------------------------------


@pytest.fixture
def url(tmp_path: Path) -> Iterator[DatabaseUrl]:
    with fresh_database("postgresql", tmp_path) as database:
        yield database


def run(url: DatabaseUrl, statement: str) -> None:
    with connected(url, isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)


def test_a_dump_that_is_called_as_by_version_1_0_is_restored(
    url: DatabaseUrl, tmp_path: Path
) -> None:
    run(url, "CREATE TABLE t (n integer)")
    settings = Settings(backup_name_format="old.x")
    manager = BackupManager(url, tmp_path / "backups", settings=settings)
    backup = manager.create()
    assert backup.name == "old.x"
    assert manager.choose(latest=True) == backup
    run(url, "DROP TABLE t")
    manager.restore(backup.name)
    run(url, "SELECT n FROM t")


def test_what_cannot_be_read_is_named(url: DatabaseUrl, tmp_path: Path) -> None:
    """The count fails and ends the snapshot that pg_dump asks for: the first error is the one told."""
    run(
        url,
        "CREATE SCHEMA payroll; CREATE TABLE payroll.pay (n integer); CREATE ROLE xcore_case_reader LOGIN",
    )
    try:
        other = DatabaseUrl(url.sqlalchemy.set(username="xcore_case_reader"), "test")
        with pytest.raises(XcoreToolsError) as caught:
            BackupManager(other, tmp_path / "backups").create()
        assert "permission denied for schema payroll" in str(caught.value)
        assert "snapshot" not in str(caught.value)
    finally:
        run(url, "DROP ROLE xcore_case_reader")
