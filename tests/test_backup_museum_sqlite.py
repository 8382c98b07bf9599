"""As it was: an SQLite database with one of everything is the same after a restore.

The oracles are the dump of Python's own sqlite3, the pragmas that a file holds, and its schema table.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from servers import as_url

from xcore_tools import BackupManager

# What makes it (`@x` is `a` before the backup and `b` after it), and what spoils that of `a`.
# Written after https://www.sqlite.org/lang.html and https://www.sqlite.org/pragma.html.
EXHIBITS: dict[str, tuple[str, str]] = {
    "table": (
        "CREATE TABLE plain_@x (n INTEGER, t TEXT); INSERT INTO plain_@x VALUES (1, 'a')",
        "DROP TABLE plain_a",
    ),
    "storage classes": (
        "CREATE TABLE stored_@x (v); INSERT INTO stored_@x VALUES (NULL), (9223372036854775807),"
        " (1.5e300), (9e999), ('ü😀'), (x'00ff'), (zeroblob(9000))",
        "UPDATE stored_a SET v = 0",
    ),
    "odd names": (
        'CREATE TABLE "odd ""table"" @x; --" ("co l" INT, "select"); INSERT INTO "odd ""table"" @x; --"'
        " VALUES (1, 2)",
        'DELETE FROM "odd ""table"" a; --"',
    ),
    "rowids": (
        "CREATE TABLE rows_@x (t); INSERT INTO rows_@x (rowid, t) VALUES (-5, 'x'), (4711, 'y')",
        "UPDATE rows_a SET rowid = 1 WHERE rowid = -5",
    ),
    "primary key": (
        "CREATE TABLE keyed_@x (a TEXT, b INT, PRIMARY KEY (a, b DESC)); INSERT INTO keyed_@x VALUES ('x', 1)",
        "DROP TABLE keyed_a",
    ),
    "autoincrement": (
        "CREATE TABLE counted_@x (n INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO counted_@x VALUES"
        " (40); DELETE FROM counted_@x",
        "INSERT INTO counted_a DEFAULT VALUES",
    ),
    "without rowid": (
        "CREATE TABLE flat_@x (k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO flat_@x VALUES ('a', 1)",
        "DELETE FROM flat_a",
    ),
    "strict": (
        "CREATE TABLE strict_@x (n INT, a ANY) STRICT; INSERT INTO strict_@x VALUES (1, x'00')",
        "DROP TABLE strict_a",
    ),
    "generated columns": (
        "CREATE TABLE made_@x (n, twice AS (n * 2), thrice AS (n * 3) STORED); INSERT INTO made_@x VALUES (4)",
        "UPDATE made_a SET n = 5",
    ),
    "defaults": (
        "CREATE TABLE given_@x (a DEFAULT (1 + 1), b TEXT DEFAULT 'it''s', c DEFAULT CURRENT_TIMESTAMP)",
        "DROP TABLE given_a",
    ),
    "check": (
        "CREATE TABLE checked_@x (n CHECK (n > 0), CONSTRAINT named CHECK (n < 9))",
        "DROP TABLE checked_a; CREATE TABLE checked_a (n)",
    ),
    "row that a check forbids": (
        "CREATE TABLE broken_@x (n CHECK (n > 0)); PRAGMA ignore_check_constraints = ON; INSERT INTO"
        " broken_@x VALUES (NULL); PRAGMA ignore_check_constraints = OFF",
        "DELETE FROM broken_a",
    ),
    "collation": (
        "CREATE TABLE sorted_@x (t TEXT COLLATE NOCASE UNIQUE, u COLLATE RTRIM)",
        "DROP TABLE sorted_a",
    ),
    "on conflict": (
        "CREATE TABLE quiet_@x (n UNIQUE ON CONFLICT IGNORE, m NOT NULL ON CONFLICT REPLACE DEFAULT 1)",
        "DROP TABLE quiet_a",
    ),
    "foreign key": (
        "CREATE TABLE target_@x (n PRIMARY KEY); CREATE TABLE source_@x (n REFERENCES target_@x ON"
        " DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED)",
        "DROP TABLE source_a",
    ),
    "orphans": (
        "CREATE TABLE lost_@x (n REFERENCES nowhere_@x (n)); INSERT INTO lost_@x VALUES (1)",
        "DELETE FROM lost_a",
    ),
    "index": (
        "CREATE TABLE indexed_@x (a, b); CREATE INDEX plain_index_@x ON indexed_@x (a COLLATE NOCASE DESC, b)",
        "DROP INDEX plain_index_a",
    ),
    "partial index": (
        "CREATE TABLE partly_@x (a); CREATE UNIQUE INDEX partial_@x ON partly_@x (a) WHERE a > 3",
        "DROP INDEX partial_a",
    ),
    "index on an expression": (
        "CREATE TABLE spoken_@x (t); CREATE INDEX lowered_@x ON spoken_@x (lower(t), length(t))",
        "DROP INDEX lowered_a",
    ),
    "view": ("CREATE VIEW seen_@x (a, b) AS SELECT 1, 'x;y'", "DROP VIEW seen_a"),
    "view of what is not there": (
        "CREATE VIEW blind_@x AS SELECT * FROM gone_@x",
        "DROP VIEW blind_a",
    ),
    "recursive view": (
        "CREATE VIEW many_@x AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i"
        " < 9) SELECT i FROM c",
        "DROP VIEW many_a",
    ),
    "triggers": (
        "CREATE TABLE watched_@x (n); CREATE TABLE log_@x (t); CREATE TRIGGER before_@x BEFORE UPDATE"
        " OF n ON watched_@x WHEN NEW.n > 1 BEGIN SELECT RAISE(IGNORE); END;"
        "CREATE TRIGGER after_@x AFTER DELETE ON watched_@x BEGIN INSERT INTO log_@x VALUES ('a;b');"
        " UPDATE log_@x SET t = 'c'; END",
        "DROP TRIGGER after_a",
    ),
    "trigger of a view": (
        "CREATE TABLE under_@x (n); CREATE VIEW over_@x AS SELECT n FROM under_@x; CREATE TRIGGER"
        " into_@x INSTEAD OF INSERT ON over_@x BEGIN INSERT INTO under_@x VALUES (NEW.n); END",
        "DROP TRIGGER into_a",
    ),
    "full text": (
        "CREATE VIRTUAL TABLE words_@x USING fts5(body, tokenize = 'porter'); INSERT INTO words_@x"
        " VALUES ('hello worlds')",
        "DELETE FROM words_a",
    ),
    "r-tree": (
        "CREATE VIRTUAL TABLE boxes_@x USING rtree(id, x0, x1); INSERT INTO boxes_@x VALUES (1, 0, 2)",
        "DELETE FROM boxes_a",
    ),
    "statistics": (
        "CREATE TABLE measured_@x (n); CREATE INDEX measured_index_@x ON measured_@x (n); INSERT INTO"
        " measured_@x VALUES (1), (2); ANALYZE",
        "DELETE FROM sqlite_stat1",
    ),
    "comments in statements": (
        "CREATE TABLE said_@x (n -- a number\n, /* and a text */ t)",
        "DROP TABLE said_a; CREATE TABLE said_a (n, t)",
    ),
    "user version": ("PRAGMA user_version = @number", ""),
    "application id": ("PRAGMA application_id = @number", ""),
    "free pages": (
        "CREATE TABLE filled_@x (v); INSERT INTO filled_@x VALUES (zeroblob(99999)); DELETE FROM filled_@x",
        "VACUUM",
    ),
    "large rows": (
        "CREATE TABLE large_@x (v); INSERT INTO large_@x VALUES (randomblob(1000000)), (hex(randomblob(100000)))",
        "DELETE FROM large_a",
    ),
    "table of Alembic": (
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) PRIMARY KEY); DELETE FROM"
        " alembic_version; INSERT INTO alembic_version VALUES ('@x')",
        "",
    ),
}
# What is set before anything is in the file.
FILES = {
    "utf-8": "",
    "utf-16": "PRAGMA encoding = 'UTF-16le'",
    "small pages": "PRAGMA page_size = 512",
    "large pages": "PRAGMA page_size = 65536",
    "full auto_vacuum": "PRAGMA auto_vacuum = FULL",
    "incremental auto_vacuum": "PRAGMA auto_vacuum = INCREMENTAL",
    "write-ahead log": "PRAGMA journal_mode = WAL",
}
PRAGMAS = (
    "user_version",
    "application_id",
    "auto_vacuum",
    "page_size",
    "encoding",
    "journal_mode",
    "freelist_count",
    "page_count",
)


def run(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)


def as_it_is(path: Path) -> list[object]:
    """The dump, the pragmas, the schema, and a digest of all rows with their rowids."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema = ON")  # so that what is broken is told as well
        found: list[object] = [
            f"{name} {db.execute(f'PRAGMA {name}').fetchone()}" for name in PRAGMAS
        ]
        assert db.execute("PRAGMA quick_check").fetchone() is not None
        master = db.execute("SELECT * FROM sqlite_master ORDER BY type, name").fetchall()
        found += [row[:3] + row[4:] for row in master]
        for kind, name, *_ in master:
            if kind != "table":
                continue
            quoted = name.replace('"', '""')
            try:
                rows = db.execute(f'SELECT rowid, * FROM "{quoted}"').fetchall()
            except sqlite3.OperationalError:  # it has no rowid
                rows = db.execute(f'SELECT * FROM "{quoted}"').fetchall()
            found.append((name, hashlib.sha256(repr(sorted(rows, key=repr)).encode()).hexdigest()))
        found += db.iterdump()
    return found


def come_and_go(path: Path, names: list[str]) -> None:
    """Make these, back them up, make others like them, spoil what was there, and restore."""
    for name in names:
        run(path, told(EXHIBITS[name][0], "a"))
    before = as_it_is(path)
    manager = BackupManager(as_url(f"sqlite:///{path}"), path.parent / "backups")
    backup = manager.create()
    assert manager.verify(backup.name, drill=True).problem == ""
    assert as_it_is(path) == before
    for name in names:
        run(path, told(EXHIBITS[name][1], "a"))
        run(path, told(EXHIBITS[name][0], "b"))
    assert as_it_is(path) != before
    assert manager.restore(backup.name, safety=False).remarks == ()
    assert as_it_is(path) == before
    path.unlink()
    for sidecar in ("-wal", "-shm"):
        path.with_name(path.name + sidecar).unlink(missing_ok=True)
    manager.restore(backup.name)
    assert as_it_is(path) == before, "also where the file was gone"


def told(text: str, x: str) -> str:
    return text.replace("@number", "4711" if x == "a" else "5822").replace("@x", x)


@pytest.mark.parametrize("kind", FILES)
def test_the_whole_museum(tmp_path: Path, kind: str) -> None:
    assert len(EXHIBITS) + len(FILES) >= 30
    path = tmp_path / "app.db"
    run(path, f"{FILES[kind]}; CREATE TABLE first (n)")
    come_and_go(path, list(EXHIBITS))


@pytest.mark.slow
@pytest.mark.parametrize("name", EXHIBITS)
def test_each_alone(tmp_path: Path, name: str) -> None:
    come_and_go(tmp_path / "app.db", [name])


@pytest.mark.parametrize("before", ["wal", "delete"])
def test_the_journal_mode_comes_back(tmp_path: Path, before: str) -> None:
    path = tmp_path / "app.db"
    run(path, f"PRAGMA journal_mode = {before}; CREATE TABLE t (n)")
    manager = BackupManager(as_url(f"sqlite:///{path}"), tmp_path / "backups")
    backup = manager.create()
    run(path, f"PRAGMA journal_mode = {'delete' if before == 'wal' else 'wal'}")
    manager.restore(backup.name)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == (before,)


def test_others_who_have_it_open_keep_their_journal_mode(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    run(path, "CREATE TABLE t (n)")
    manager = BackupManager(as_url(f"sqlite:///{path}"), tmp_path / "backups")
    backup = manager.create()
    run(path, "PRAGMA journal_mode = wal; INSERT INTO t VALUES (1)")
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM t").fetchall()
        manager.restore(backup.name)
        assert other.execute("SELECT count(*) FROM t").fetchone() == (1,), "one moment"
        other.rollback()
        assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)
