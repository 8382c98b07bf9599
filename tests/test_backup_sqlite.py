"""Backups of SQLite files: what is in them, and what a restore makes of the live file."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from servers import as_url

from xcore_tools import BackupManager
from xcore_tools.config.schema import Backup as Settings
from xcore_tools.config.schema import Compression
from xcore_tools.database.backup.facts import Backup
from xcore_tools.database.backup.manifest import decoded, encoded
from xcore_tools.database.backup.sqlite import Sqlite
from xcore_tools.errors import BackupError, ConfigError, DatabaseError

Make = Callable[..., BackupManager]

ODD = """
CREATE TABLE "quo""ted" (id INTEGER PRIMARY KEY, "a b" TEXT, c BLOB, d REAL, e NUMERIC, f);
INSERT INTO "quo""ted" VALUES (1, 'ü😀''"', x'00ff00', 1.5e300, 9007199254740993, NULL),
    (2, NULL, zeroblob(5000), -0.0, '12.30', x''), (-9223372036854775808, '', NULL, 9e999, 0, 'x');
CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES "quo""ted" (id));
INSERT INTO child VALUES (1, 1), (2, NULL);
CREATE TABLE log (line TEXT) STRICT;
CREATE TABLE pair (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID;
INSERT INTO pair VALUES (1, 'x'), (1, 'y');
CREATE TABLE seq (id INTEGER PRIMARY KEY AUTOINCREMENT, double AS (id * 2) STORED);
INSERT INTO seq DEFAULT VALUES; INSERT INTO seq DEFAULT VALUES; DELETE FROM seq WHERE id = 2;
CREATE INDEX partial ON child (parent) WHERE parent IS NOT NULL;
CREATE VIEW v AS SELECT count(*) AS n FROM child;
CREATE TRIGGER tr AFTER INSERT ON child BEGIN INSERT INTO log VALUES ('child ' || NEW.id); END;
CREATE VIRTUAL TABLE search USING fts5 (body); INSERT INTO search VALUES ('hello world');
PRAGMA user_version = 42; PRAGMA application_id = 4711;
"""


def run(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)


def content(path: Path) -> list[str]:
    """All rows, the schema and the two numbers of an application, as SQLite itself dumps them."""
    with closing(sqlite3.connect(path)) as db:
        numbers = [
            str(db.execute(f"PRAGMA {name}").fetchone())
            for name in ("user_version", "application_id")
        ]
        return [*db.iterdump(), *numbers]


def query(path: Path, sql: str) -> object:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchone()[0]


@pytest.fixture
def live(tmp_path: Path) -> Path:
    path = tmp_path / "app.db"
    run(path, ODD)
    return path


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(url: str = "app.db", **settings: object) -> BackupManager:
        return BackupManager(
            as_url(f"sqlite:///{tmp_path}/{url}"),
            tmp_path / "backups",
            settings=Settings(**settings),  # type: ignore[arg-type]
        )

    return made


@pytest.fixture(params=["delete", "wal"])
def mode(request: pytest.FixtureRequest, live: Path) -> Iterator[str]:
    """The journal mode of the live file, with a connection that is open all the time."""
    with closing(sqlite3.connect(live)) as db:
        db.execute(f"PRAGMA journal_mode = {request.param}")
        db.execute("SELECT count(*) FROM child").fetchone()
        yield request.param


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_round_trip(make: Make, live: Path, mode: str, compression: Compression) -> None:
    before = content(live)
    manager = make(compression=compression)
    backup = manager.create()
    run(live, "DELETE FROM child; DROP TABLE pair; CREATE TABLE more (x); PRAGMA user_version = 1")
    assert content(live) != before
    restored = manager.restore(backup.name)
    assert content(live) == before
    assert query(live, "PRAGMA journal_mode") == mode
    assert query(live, "PRAGMA integrity_check") == "ok"
    assert restored.safety is not None
    manager.restore(restored.safety.name)
    assert query(live, "SELECT count(*) FROM more") == 0


def test_the_copy_is_one_plain_private_file(make: Make, live: Path, mode: str) -> None:
    backup = make().create()
    path = live.parent / "backups" / backup.name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.with_name(path.name + ".json").stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    # the versions of the format for writing and reading: 1 is a rollback journal, 2 is WAL
    assert path.read_bytes()[18:20] == b"\x01\x01"
    assert content(path) == content(live)
    assert sorted(entry.name for entry in path.parent.iterdir()) == sorted(
        [".gitignore", ".xcore-tools.lock", backup.name, f"{backup.name}.json"]
    )


def test_the_manifest_says_what_is_inside(make: Make, live: Path) -> None:
    run(live, "CREATE TABLE alembic_version (version_num TEXT); ")
    run(live, "INSERT INTO alembic_version VALUES ('b2'), ('a1')")
    backup = make().create()
    manifest = backup.manifest
    assert manifest is not None
    assert manifest.revisions == ("a1", "b2")
    assert (manifest.engine, manifest.database, manifest.reason) == ("sqlite", "app.db", "manual")
    assert manifest.server_version == sqlite3.sqlite_version
    rows = {table.name: table.rows for table in manifest.tables}
    assert rows | {"child": 2, 'quo"ted': 3, "log": 0, "pair": 2, "alembic_version": 2} == rows
    assert "v" not in rows
    assert manifest.foreign_keys_ok
    run(live, "INSERT INTO child VALUES (9, 999)")
    violated = make().create().manifest
    assert violated is not None
    assert not violated.foreign_keys_ok


def test_a_stale_wal_beside_the_live_file_cannot_spoil_it(make: Make, live: Path) -> None:
    """A good file that is copied beside the -wal of another one is read through it."""
    before = content(live)
    backup = make().create()
    with closing(sqlite3.connect(live)) as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("DELETE FROM child")
        db.execute('DELETE FROM "quo""ted"')
        db.commit()
        wal = live.with_name("app.db-wal").read_bytes()
    live.with_name("app.db-wal").write_bytes(wal)
    live.write_bytes((live.parent / "backups" / backup.name).read_bytes())
    assert wal
    make().restore(backup.name, safety=False)
    assert content(live) == before
    assert query(live, "PRAGMA integrity_check") == "ok"


@pytest.mark.parametrize(("old", "new"), [(4096, 1024), (1024, 8192)])
def test_another_page_size(make: Make, tmp_path: Path, old: int, new: int) -> None:
    for mode in ("wal", "delete"):
        live = tmp_path / f"{mode}.db"
        run(live, f"PRAGMA page_size = {old}; PRAGMA journal_mode = {mode}; {ODD}")
        before = content(live)
        manager = make(live.name)
        backup = manager.create()
        run(live, f"PRAGMA journal_mode = delete; PRAGMA page_size = {new}; VACUUM")
        run(live, f"PRAGMA journal_mode = {mode}; DELETE FROM child")
        assert query(live, "PRAGMA page_size") == new
        manager.restore(backup.name)
        assert content(live) == before
        assert query(live, "PRAGMA journal_mode") == mode
        assert query(live, "PRAGMA integrity_check") == "ok"


def test_a_file_that_is_gone_is_made_again(make: Make, live: Path) -> None:
    before = content(live)
    backup = make().create()
    live.unlink()
    restored = make().restore(backup.name)
    assert restored.safety is None
    assert content(live) == before


def test_readers_see_the_old_or_the_new_state(make: Make, live: Path, mode: str) -> None:
    run(live, "CREATE TABLE big (n, pad); ")
    fill = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000) "
    run(live, f"{fill} INSERT INTO big SELECT 1, zeroblob(100) FROM c")
    backup = make().create()
    run(live, "UPDATE big SET n = 2")
    seen: set[tuple[int, int, int]] = set()
    done = threading.Event()

    def read() -> None:
        with closing(sqlite3.connect(live, timeout=30)) as db:
            while not done.is_set():
                seen.add(db.execute("SELECT min(n), max(n), count(*) FROM big").fetchone())

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.1)
    make().restore(backup.name, safety=False)
    time.sleep(0.1)
    done.set()
    reader.join()
    assert seen == {(2, 2, 20000), (1, 1, 20000)}


def test_a_writer_that_does_not_end_is_an_error(make: Make, live: Path, mode: str) -> None:
    backup = make().create()
    run(live, "INSERT INTO log VALUES ('later')")
    before = content(live)
    with closing(sqlite3.connect(live)) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(BackupError) as caught:
            make().restore(backup.name, safety=False, timeout=0.3)
    assert str(caught.value) == (
        f"sqlite:///{live}: another connection has held the database for 0.3 s; "
        "stop what uses it and try again. The database is as it was before."
    )
    assert content(live) == before


def test_another_page_size_takes_a_database_that_nobody_has_open(make: Make, live: Path) -> None:
    backup = make().create()
    run(live, "PRAGMA page_size = 1024; VACUUM; PRAGMA journal_mode = wal")
    before = content(live)
    with closing(sqlite3.connect(live)) as db:
        db.execute("SELECT count(*) FROM child").fetchone()
        with pytest.raises(BackupError, match="another page size, which takes a database that"):
            make().restore(backup.name, safety=False, timeout=0.1)
    assert content(live) == before


def test_a_database_that_is_damaged_is_not_backed_up(make: Make, live: Path) -> None:
    run(live, "CREATE TABLE big (a PRIMARY KEY); ")
    fill = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000) "
    run(live, f"{fill} INSERT INTO big SELECT hex(randomblob(20)) FROM c")
    good = make().create()
    data = bytearray(live.read_bytes())
    data[-40000:-30000] = bytes(10000)
    live.write_bytes(data)
    with pytest.raises(BackupError, match="this database itself is damaged"):
        make().create()
    with pytest.raises(BackupError, match="--no-safety-backup restores without"):
        make().restore(good.name)
    assert [backup.name for backup in make().list()] == [good.name]
    make().restore(good.name, safety=False)
    assert query(live, "PRAGMA integrity_check") == "ok"


def test_what_another_tool_copied_can_be_restored(make: Make, live: Path) -> None:
    before = content(live)
    directory = live.parent / "backups"
    directory.mkdir()
    (directory / "backup_20240101_120000.db").write_bytes(live.read_bytes())
    (directory / "notes.txt").write_text("mine")
    (directory / "other.db").write_bytes(live.read_bytes())
    (found,) = make().list()
    assert (found.name, found.state, found.manifest) == (
        "backup_20240101_120000.db",
        "unverified",
        None,
    )
    run(live, "DELETE FROM child")
    make().restore(found.name)
    assert content(live) == before
    (directory / "backup_bad.db").write_bytes(live.read_bytes()[:-4096])
    with pytest.raises(BackupError, match=r"backup_bad\.db"):
        make().restore("backup_bad.db")
    (directory / "backup_text.db").write_text("no database at all")
    assert make().verify("backup_text.db").problem == "backup_text.db: it is no SQLite database"
    with pytest.raises(BackupError, match=r"other\.db is no backup: it has no manifest"):
        make().restore("other.db")


def test_an_adopted_copy_in_wal_mode_leaves_the_mode_of_the_live_file(
    make: Make, live: Path
) -> None:
    before = content(live)
    directory = live.parent / "backups"
    directory.mkdir()
    run(live, "PRAGMA journal_mode = wal")
    (directory / "backup_1.db").write_bytes(live.read_bytes())
    run(live, "PRAGMA journal_mode = delete")
    make().restore("backup_1.db")
    assert query(live, "PRAGMA journal_mode") == "delete"
    assert content(live) == before
    (directory / "backup_1.db-wal").write_bytes(b"something")
    with pytest.raises(BackupError, match=r"backup_1\.db-wal beside it holds changes"):
        make().restore("backup_1.db")


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"]
)
def test_a_database_in_memory_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(BackupError, match="a database in memory ends with its process"):
        BackupManager(as_url(url), tmp_path / "backups").create()


def test_urls_of_files(tmp_path: Path, live: Path) -> None:
    for url in (
        f"sqlite:///file:{live}?mode=ro&uri=true",
        f"sqlite+pysqlite:///{live}",
        f"sqlite+aiosqlite:///{live}",
    ):
        backup = BackupManager(as_url(url), tmp_path / "b").create()
        assert content(tmp_path / "b" / backup.name) == content(live)
    readonly = BackupManager(as_url(f"sqlite:///file:{live}?mode=ro&uri=true"), tmp_path / "b")
    before = content(live)
    with pytest.raises(BackupError, match=r"readonly database\. The database is as it was before"):
        readonly.restore(backup.name)
    assert content(live) == before
    with pytest.raises(BackupError, match="backups are taken with Python's own sqlite3 only"):
        BackupManager(as_url(f"sqlite+pysqlcipher://:k@/{live}"), tmp_path / "b").create()
    with pytest.raises(DatabaseError, match="no such file"):
        BackupManager(as_url(f"sqlite:///{tmp_path}/gone.db"), tmp_path / "b").create()
    with pytest.raises(BackupError, match="backups are taken of sqlite"):
        BackupManager(as_url("oracle+oracledb://u@h/d"), tmp_path / "b")


# -- names ----------------------------------------------------------------------------------------


def test_nothing_is_overwritten(make: Make, live: Path) -> None:
    directory = live.parent / "backups"
    directory.mkdir()
    (directory / "fix.db").write_text("mine")
    manager = make(backup_name_format="fix.db")
    assert [manager.create().name for _ in range(2)] == ["fix_2.db", "fix_3.db"]
    assert (directory / "fix.db").read_text() == "mine"


def test_placeholders(make: Make, live: Path) -> None:
    run(live, "CREATE TABLE alembic_version (version_num TEXT)")
    run(live, "INSERT INTO alembic_version VALUES ('b2'), ('a/1')")
    form = "{database}-{timestamp}-{revision}.sqlite3"
    name = make(backup_name_format=form, compression="gzip").create().name
    assert name.startswith("app.db-20")
    assert name.endswith("Z-a_1+b2.sqlite3.gz")


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ("{time}.db", "unknown placeholder {time}; there are {timestamp}, {database}, {revision}"),
        ("{timestamp", "expected '}' before end of string"),
        ("../{timestamp}", "is not the name of a backup; give a name, without directories"),
        (".{timestamp}", "it begins with a dot"),
        ("{timestamp}.json", "manifests end in .json"),
        ("{0}.db", "unknown placeholder {0}"),
    ],
)
def test_formats_that_give_no_name(make: Make, live: Path, form: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make(backup_name_format=form).create()
    assert str(caught.value).startswith("migration.backup.backup_name_format: ")
    assert reason in str(caught.value)
    assert not (live.parent / "backups").exists()


@pytest.mark.parametrize("name", ["..", ".", "", ".x", "x\0", "a\\b"])
def test_names_are_no_paths(make: Make, live: Path, name: str) -> None:
    for refuse in (make().restore, make().delete, make().verify, make().choose):
        with pytest.raises(BackupError, match="is not the name of a backup"):
            refuse(name)


@pytest.mark.parametrize("name", ["../app.db", "/etc/passwd", "a/b"])
def test_what_is_removed_has_a_name(make: Make, live: Path, name: str) -> None:
    with pytest.raises(BackupError, match="is not the name of a backup"):
        make().delete(name)


# -- a file that lies anywhere --------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("is_described", [True, False])
def test_a_file_anywhere_is_restored_by_its_path(
    make: Make, live: Path, tmp_path: Path, compression: Compression, is_described: bool
) -> None:
    before = content(live)
    manager = make(compression=compression)
    backup = manager.create()
    kept = tmp_path / "kept" / "monthly.bin"
    kept.parent.mkdir()
    (manager.directory / backup.name).rename(kept)
    described = manager.directory / f"{backup.name}.json"
    described.rename(f"{kept}.json" if is_described else tmp_path / "gone.json")
    run(live, "DELETE FROM child")
    found = manager.choose(kept)
    assert (found.state, found.name) == ("created" if is_described else "unverified", "monthly.bin")
    assert manager.verify(kept, drill=True).problem == ""
    manager.restore(str(kept), safety=False)
    assert content(live) == before
    assert sorted(entry.name for entry in kept.parent.iterdir()) == (
        ["monthly.bin", "monthly.bin.json"] if is_described else ["monthly.bin"]
    )


def test_a_path_from_where_the_user_stands(
    make: Make, live: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(live)
    (tmp_path / "copy.sqlite").write_bytes(live.read_bytes())
    run(live, "DELETE FROM child")
    monkeypatch.chdir(tmp_path)
    make().restore("copy.sqlite")
    assert content(live) == before


def test_files_that_are_no_backup_of_this_database(make: Make, live: Path, tmp_path: Path) -> None:
    before = content(live)
    manager = make()
    for name, data, reason in (
        ("text", b"no database at all", "is no backup: it is neither an SQLite database, nor"),
        ("dump", b"PGDMP\x01\x0e", "dump is a backup of postgresql, and sqlite:///"),
        ("maria", b"/*M!999999\\- enable the sandbox mode */", "maria is a backup of mysql, and"),
        ("packed", b"\x1f\x8bnothing", "packed: "),
        ("half", live.read_bytes()[:-4096], "half: "),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BackupError, match=reason):
            manager.restore(tmp_path / name)
    with pytest.raises(BackupError, match="there is no such file"):
        manager.restore(tmp_path / "gone" / "x.db")
    with pytest.raises(BackupError, match="this is the database itself, and no backup of it"):
        manager.restore(live)
    assert content(live) == before


def test_a_file_elsewhere_has_to_be_what_its_manifest_says(
    make: Make, live: Path, tmp_path: Path
) -> None:
    manager = make()
    backup = manager.create()
    data = (manager.directory / backup.name).read_bytes()
    (tmp_path / "far.db.json").write_bytes((manager.directory / f"{backup.name}.json").read_bytes())
    (tmp_path / "far.db").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BackupError, match="its content was changed"):
        manager.restore(tmp_path / "far.db")
    (tmp_path / "far.db").write_bytes(data + b"x")
    with pytest.raises(BackupError, match=r"it has \d+ bytes instead of"):
        manager.restore(tmp_path / "far.db")


# -- states ---------------------------------------------------------------------------------------


def test_verified_means_restored_once(make: Make, live: Path) -> None:
    manager = make()
    backup = manager.create()
    assert manager.list() == (backup,)
    assert backup.state == "created"
    assert manager.verify(backup.name).problem == ""
    assert manager.list()[0].state == "created"
    assert manager.verify(backup.name, drill=True).problem == ""
    (found,) = manager.list()
    assert found.state == "verified"
    assert manager.verify(backup.name).problem == ""
    assert manager.list() == (found,)
    manager.restore(backup.name)


def test_a_check_that_fails_takes_the_mark_away(make: Make, live: Path) -> None:
    manager = make()
    backup = manager.create()
    manager.verify(backup.name, drill=True)
    file = manager.directory / backup.name
    data = file.read_bytes()
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert manager.list()[0].state == "verified", "nobody has looked yet"
    assert "its content was changed" in manager.verify(backup.name).problem
    (found,) = manager.list()
    assert found.state == "damaged"
    assert re.search(r"its content was changed.*\(found on 20\d\d-\d\d-\d\d ", found.problem)
    with pytest.raises(BackupError, match="its content was changed"):
        manager.restore(backup.name)
    file.write_bytes(data)
    assert manager.verify(backup.name).problem == ""
    assert manager.list()[0].state == "created", "a restore has to show it again"


def test_what_a_restore_has_found_only_a_restore_takes_back(
    make: Make, live: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = make()
    backup = manager.create()
    with monkeypatch.context() as patch:
        patch.setattr(Sqlite, "drill", lambda *_: ())
        assert "child is missing" in manager.verify(backup.name, drill=True).problem
    assert "child is missing" in manager.verify(backup.name).problem
    with pytest.raises(BackupError, match="child is missing"):
        manager.restore(backup.name)
    assert manager.verify(backup.name, drill=True).problem == ""
    manager.restore(backup.name)


def test_a_check_that_cannot_be_made_says_nothing_of_the_backup(
    make: Make, live: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = make()
    backup = manager.create()
    manager.verify(backup.name, drill=True)

    def refused(*_: object) -> None:
        raise DatabaseError("no connection")

    monkeypatch.setattr(Sqlite, "drill", refused)
    assert manager.verify(backup.name, drill=True).problem == "no connection"
    assert manager.list()[0].state == "verified"


def test_a_link_out_of_the_directory_is_refused(make: Make, live: Path) -> None:
    good = make().create()
    directory = live.parent / "backups"
    (directory / "backup_link.db").symlink_to(live)
    (directory / "backup_in.db").symlink_to(good.name)
    assert [backup.name for backup in make().list()] == [good.name]
    for name in ("backup_link.db", "backup_in.db"):
        for refuse in (make().restore, make().delete, make().verify):
            with pytest.raises(BackupError, match="is a symbolic link"):
                refuse(name)
    assert live.exists()


# -- removing -------------------------------------------------------------------------------------


def series(make: Make, number: int, **settings: object) -> list[Backup]:
    manager = make(backup_name_format="b.db", **settings)
    return [manager.create() for _ in range(number)]


def test_prune_keeps_the_newest_and_what_is_not_ours(make: Make, live: Path) -> None:
    run(live.with_name("second.db"), "CREATE TABLE t (a)")
    other = make("second.db", backup_name_format="other.db").create()
    series(make, 5)
    directory = live.parent / "backups"
    (directory / "backup_old.db").write_bytes(live.read_bytes())
    os.utime(directory / "backup_old.db", (1, 1))
    manager = make(max_backup_files=2)
    removed = {backup.name for backup in manager.prune()}
    left = {backup.name for backup in manager.list()}
    assert len(removed) == 3
    assert left >= {other.name, "backup_old.db"}
    assert len(left) == 4
    assert len(manager.prune(keep=1)) == 1
    assert manager.prune(keep=1) == ()


def test_what_is_being_restored_is_not_removed(make: Make, live: Path) -> None:
    backups = series(make, 3)
    manager = make()
    oldest = manager.list()[-1]
    with manager._store.reading(oldest):
        assert [backup.name for backup in manager.prune(keep=1)] != []
        with pytest.raises(BackupError, match="is in use; try again when its restore is done"):
            manager.delete(oldest.name)
        assert oldest in manager.list()
    manager.delete(oldest.name)
    assert len(manager.list()) == 1 < len(backups)


def test_choosing(make: Make, live: Path) -> None:
    manager = make(backup_name_format="{revision}.db")
    with pytest.raises(BackupError, match=r"there is no sound backup of app\.db yet"):
        manager.choose(latest=True)
    run(live, "CREATE TABLE alembic_version (version_num TEXT)")
    for revision in ("abc1", "abc2", "def3"):
        run(live, f"DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('{revision}')")
        manager.create()
    assert manager.choose(revision="d").name == "def3.db"
    assert manager.choose(revision="abc1").name == "abc1.db"
    with pytest.raises(BackupError, match="'abc' means abc1 and abc2; give more"):
        manager.choose(revision="abc")
    with pytest.raises(
        BackupError, match="no backup of revision 'x'; there are backups of abc1, abc2, def3"
    ):
        manager.choose(revision="x")
    restored = manager.restore("abc1.db")
    assert restored.revisions == ("abc1",)
    assert restored.safety is not None
    assert manager.choose(revision="def").name == "def3.db"
    assert manager.choose(latest=True).name != restored.safety.name
    manager.delete("def3.db")
    assert manager.choose(revision="def").name == restored.safety.name
    with pytest.raises(BackupError, match="which backup"):
        manager.choose()


def test_a_backup_of_another_engine_is_refused(make: Make, live: Path) -> None:
    backup = make().create()
    path = live.parent / "backups" / f"{backup.name}.json"

    foreign = msgspec.structs.replace(decoded(path.read_bytes(), None)[0], engine="postgresql")
    path.write_bytes(encoded(foreign, None))
    with pytest.raises(BackupError, match=r"is a backup of postgresql, and sqlite:.* is sqlite"):
        make().restore(backup.name)
    assert "is a backup of postgresql" in make().verify(backup.name).problem
