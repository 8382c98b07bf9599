"""What backups are written and read with: files that reach the disk, programs, and odd file systems."""

from __future__ import annotations

import errno
import hashlib
import importlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from servers import as_url, fresh_database

from xcore_tools import BackupManager
from xcore_tools.config.schema import Backup as Settings
from xcore_tools.database.backup import compression
from xcore_tools.database.backup.client import running, version_of
from xcore_tools.database.backup.compression import Output
from xcore_tools.database.connection import connected
from xcore_tools.database.lock import exclusive
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError

URL = as_url("postgresql+psycopg://u:s3cr3t@127.0.0.1:1/d")


@pytest.fixture
def manager(tmp_path: Path) -> BackupManager:
    with closing(sqlite3.connect(tmp_path / "app.db")) as db:
        db.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    return BackupManager(as_url(f"sqlite:///{tmp_path}/app.db"), tmp_path / "backups")


@pytest.fixture
def maria(tmp_path: Path) -> Iterator[DatabaseUrl]:
    with fresh_database("mysql", tmp_path) as url:
        run(url, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")
        yield url


def run(url: DatabaseUrl, *statements: str) -> None:
    with connected(url, isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


# -- files ----------------------------------------------------------------------------------------


def test_a_file_goes_to_the_disk_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compression, "_STRIDE", 10)
    flushed: list[int] = []

    def fsync(descriptor: int) -> None:
        flushed.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fsync", fsync)
    output = Output(tmp_path / "x")
    for _ in range(100):
        output.write(b"12345")
    output.close()
    output.close()
    assert flushed[-1] == 500
    assert 1 < len(flushed) <= 51
    assert (tmp_path / "x").read_bytes() == b"12345" * 100
    assert output.sha256 == hashlib.sha256(b"12345" * 100).hexdigest()


@pytest.mark.parametrize("writes", [1, 1000])
def test_a_disk_that_fails_meanwhile_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    """The system tells it once: to the first one who asks, which is not the end."""
    monkeypatch.setattr(compression, "_STRIDE", 4)
    faults = [OSError(errno.EIO, "Input/output error")]

    def fsync(_: int) -> None:
        if faults:
            raise faults.pop()

    monkeypatch.setattr(os, "fsync", fsync)
    output = Output(tmp_path / "x")

    def write() -> None:
        for _ in range(writes):
            output.write(b"12345")
        output.close()

    with pytest.raises(OSError, match="Input/output error"):
        write()
    with suppress(OSError):
        output.close()
    assert output._file.closed


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_compressed_file_that_cannot_be_read(
    manager: BackupManager, tmp_path: Path, damage: str
) -> None:
    """Its hash is right: it was damaged before it was hashed."""
    manager = BackupManager(manager.url, manager.directory, settings=Settings(compression="gzip"))
    backup = manager.create()
    path = manager.directory / backup.name
    data = path.read_bytes()
    path.write_bytes(data[:-20] if damage == "cut" else data[:-6] + b"\0" + data[-5:])
    archive = manager._archive(path, backup)
    with pytest.raises(BackupError, match=backup.name), archive.plain():
        pass
    assert not list(manager.directory.glob(".partial-*"))


def test_zstd_that_is_not_there(manager: BackupManager, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def missing(name: str, package: str | None = None) -> Any:
        if name.endswith(".zstd"):
            raise ImportError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", missing)
    manager = BackupManager(manager.url, manager.directory, settings=Settings(compression="zstd"))
    with pytest.raises(BackupError, match=r"pip install 'xcore-tools\[zstd\]'"):
        manager.create()
    assert not manager.directory.exists()


def test_a_file_system_without_hard_links(
    manager: BackupManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    first, second = manager.create(), manager.create()
    assert {backup.name for backup in manager.list()} == {first.name, second.name}
    assert not manager.verify(first.name).problem


def test_a_manifest_that_cannot_get_its_name(
    manager: BackupManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def refused(path: Path, target: Path) -> Path:
        if path.name == "manifest.json":
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(BackupError, match="cannot be written to: Input/output error"):
        manager.create()
    assert manager.list() == ()
    assert {path.name for path in manager.directory.iterdir()} == {
        ".gitignore",
        ".xcore-tools.lock",
    }


def test_who_holds_the_lock_can_restore(manager: BackupManager) -> None:
    backup = manager.create()
    with exclusive(manager.url):
        assert manager.restore(backup.name, is_locked=True, safety=False).safety is None


# -- programs -------------------------------------------------------------------------------------


def test_a_program_that_ends_too_early() -> None:
    with (
        running(["sh", "-c", "exit 0"], URL, os.environ, stdin=subprocess.PIPE) as process,
        pytest.raises(BackupError, match=r"u:\*\*\*@.*sh failed: it ended too early"),
    ):
        process.feed(b"x" * 10_000_000)


def test_a_program_that_is_killed_or_broken(tmp_path: Path) -> None:
    with (
        running(["sh", "-c", "kill -9 $$"], URL, os.environ, stdin=subprocess.DEVNULL) as process,
        pytest.raises(BackupError, match="sh failed: signal 9"),
    ):
        process.finish()
    with pytest.raises(BackupError, match="cannot be run"):
        version_of(shutil.which("false") or "false")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql+psycopg://u:a%0Ab@127.0.0.1:1/d", "the password has a line break"),
        ("postgresql+psycopg://u@127.0.0.1:1/d?sslpassword=x", "sslpassword cannot be handed"),
    ],
)
def test_secrets_that_pg_dump_cannot_be_given(tmp_path: Path, url: str, reason: str) -> None:
    from xcore_tools.database.backup.postgresql import _access  # noqa: PLC0415

    with pytest.raises(BackupError, match=reason), _access(as_url(url), tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


# -- dumps of MariaDB -----------------------------------------------------------------------------


def test_a_dump_that_ends_well_without_its_end(
    maria: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mariadb-dump", "mysqldump"):
        real = shutil.which(name)
        if real is None:
            continue
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && exec {real} --version\n{real} "$@" | head -c 500\n'
        )
        program.chmod(0o755)
    manager = BackupManager(maria, tmp_path / "backups")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        with pytest.raises(BackupError, match="the dump has no end; try again"):
            manager.create()
    assert manager.list() == ()


def test_a_migration_while_it_is_dumped(maria: DatabaseUrl, tmp_path: Path) -> None:
    run(maria, "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    manager = BackupManager(maria, tmp_path / "backups")

    def migrate(_done: int, _total: int | None) -> None:
        run(maria, "INSERT INTO alembic_version VALUES ('a1')")

    with pytest.raises(BackupError, match="it was migrated while it was dumped; try again"):
        manager.create(progress=migrate)
    assert manager.list() == ()
    assert manager.create().revisions[0] == "a1"


def test_a_dump_that_breaks_off(maria: DatabaseUrl, tmp_path: Path) -> None:
    manager = BackupManager(maria, tmp_path / "backups")
    backup = manager.create()
    path = manager.directory / backup.name
    os.truncate(path, backup.size - 50)
    with pytest.raises(BackupError, match="it breaks off: the line that ends a dump is missing"):
        manager._engine.check(manager._archive(path, backup))
