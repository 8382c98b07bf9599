"""`db inspect`, `db export` and `db diff` on the command line, and the published JSON Schema."""

from __future__ import annotations

import gzip
import importlib
import json as standard
import shutil
import sqlite3
import sys
import warnings
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest
from schemas import ODD
from servers import fresh_database

from xcore_tools import DatabaseInspector
from xcore_tools.cli import main
from xcore_tools.database.connection import connected
from xcore_tools.report.schema import dbml, details, json, overview

zstd = importlib.import_module(
    "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
)
Output = pytest.CaptureFixture[str]

SCHEMA = """
CREATE TABLE orgs (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email VARCHAR(100) NOT NULL UNIQUE,
    org_id INT REFERENCES orgs (id) ON DELETE CASCADE,
    CONSTRAINT ck CHECK (length(email) > 3)
);
CREATE INDEX ix ON users (lower(email) DESC) WHERE org_id > 1;
CREATE VIEW names AS SELECT name FROM orgs;
INSERT INTO orgs VALUES (1, 'a'), (2, 'b');
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An SQLite file in the working directory, which is the configured database as well."""
    for name in ("DATABASE_URL", "XCORE_TOOLS_DATABASE_URL", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "app.db", SCHEMA)
    (tmp_path / "config.json").write_text('{"migration": {"url": "sqlite:///app.db"}}')
    return tmp_path / "app.db"


def make(path: Path, script: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


def test_the_overview(file: Path, capsys: Output) -> None:
    assert main(["db", "inspect", "--stats"]) == 0
    out = capsys.readouterr().out
    assert [line.split() for line in out.splitlines() if line.startswith("  ")] == [
        ["Table", "Columns", "Rows", "Size", "Key", "References"],
        ["orgs", "2", "2", *out.split("orgs")[1].split()[2:4], "id"],
        ["users", "3", "0", *out.split("users")[1].split()[2:4], "id", "orgs"],
        ["names", "1", "view"],
    ]
    assert out.splitlines()[-1] == "sqlite: 2 tables, 1 view"


def test_one_table(file: Path, capsys: Output) -> None:
    assert main(["db", "inspect", "users"]) == 0
    out = capsys.readouterr().out
    for line in (
        "users  table, 3 columns",
        "  id      INTEGER       yes   autoincrement",
        "  email   VARCHAR(100)  no",
        "  Foreign key  org_id → orgs.id, on delete cascade",
        "  Check        length(email) > 3  [ck]",
        "  Index        ix: lower(email) desc, where org_id > 1",
    ):
        assert line in out.splitlines()
    assert main(["db", "inspect", "orgs"]) == 0
    assert "  Referenced by  users (org_id)" in capsys.readouterr().out.splitlines()


def test_a_name_that_there_is_not(file: Path, capsys: Output) -> None:
    assert main(["db", "inspect", "usrs"]) == 1
    err = capsys.readouterr().err
    assert err == "error: there is no table or view usrs\ndid you mean: users?\n"


def test_patterns_choose(file: Path, capsys: Output) -> None:
    assert main(["db", "inspect", "--format", "json", "--include", "o*", "--exclude", "n*"]) == 0
    found = standard.loads(capsys.readouterr().out)
    assert [table["name"] for table in found["tables"]] == ["orgs"]
    assert "views" not in found


def test_an_export_is_the_same_every_time_and_valid(file: Path, tmp_path: Path) -> None:
    for name in ("one.json", "two.json"):
        assert main(["db", "export", name]) == 0
    assert main(["db", "export", "meta.json", "--with-meta", "--stats"]) == 0
    one = Path("one.json").read_bytes()
    assert one == Path("two.json").read_bytes()
    assert b"app.db" not in one
    meta = standard.loads(Path("meta.json").read_bytes())
    assert meta["meta"]["url"].endswith("app.db")
    assert meta["tables"][0]["rows"] == 2
    for content in (one, Path("meta.json").read_bytes()):
        validate(standard.loads(content))


def validate(document: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = standard.loads(published())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)


def published() -> bytes:
    return files("xcore_tools").joinpath("database/export.schema.json").read_bytes()


def test_the_published_json_schema_is_current() -> None:
    """To renew it: write `xcore_tools.report.schema.json.json_schema()` into that file."""
    assert published().decode() == json.json_schema()


@pytest.mark.parametrize(("engine", "name"), [(e, name) for e in ODD for name in ODD[e]])
def test_every_form_of_what_is_odd(engine: str, name: str, tmp_path: Path) -> None:
    with fresh_database(engine, tmp_path) as url:
        with connected(url, may_create=True) as connection:
            for statement in ODD[engine][name].statements:
                text = statement if engine == "sqlite" else statement.replace("%", "%%")
                connection.exec_driver_sql(text)
            connection.commit()
        schema = DatabaseInspector(url).inspect()
    validate(standard.loads(json.render(schema)))
    seen = overview.render(schema, width=80)
    for part in schema.relations:
        assert part.name in seen
        shown = details.render(part, schema, width=80)
        assert all(column.name in shown for column in part.columns)
    tables = {(each.schema or "public", each.name) for each in schema.tables if each.columns}
    if all(c.isascii() and c not in '"(' for _, name in tables for c in name):
        with_columns = tuple(each for each in schema.tables if each.columns)
        parsed = parsed_dbml(dbml.render(msgspec.structs.replace(schema, tables=with_columns)))
        assert {(each.schema, each.name) for each in parsed.tables} == tables


def parsed_dbml(text: str) -> Any:
    """By PyDBML, whose own dependency warns of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("pydbml").PyDBML(text)


def test_nothing_differs_from_itself_in_any_form(file: Path, capsys: Output) -> None:
    assert main(["db", "export", "e.json"]) == 0
    shutil.copy("app.db", "backup.db")
    for source in ("@", "e.json", "app.db", "backup.db", "sqlite:///app.db"):
        assert main(["db", "diff", source, "e.json"]) == 0
        assert capsys.readouterr().out == "no differences\n"


def test_differences_in_each_form(file: Path, capsys: Output) -> None:
    assert main(["db", "export", "e.json"]) == 0
    make(
        file,
        "ALTER TABLE orgs ADD COLUMN since DATE; DROP INDEX ix; "
        "CREATE TABLE more (id INTEGER PRIMARY KEY); CREATE TABLE alembic_version (v TEXT)",
    )
    assert main(["db", "diff", "e.json", "@"]) == 1
    assert capsys.readouterr().out == (
        "+ more  table\n  + id  INTEGER\n\n"
        "~ orgs\n  + since  DATE\n\n"
        "~ users\n  - index ix: lower(email) desc, where org_id > 1\n\n"
        "3 differences: 2 added, 1 removed\n"
    )
    assert main(["db", "diff", "e.json", "@", "--format", "json"]) == 1
    found = standard.loads(capsys.readouterr().out)
    assert [(each["action"], each["kind"], each["name"]) for each in found["differences"]] == [
        ("added", "table", "more"),
        ("added", "column", "since"),
        ("removed", "index", "ix"),
    ]
    assert main(["db", "diff", "e.json", "@", "--format", "sql"]) == 1
    hint = capsys.readouterr().out
    shutil.copy("app.db", "b.db")
    make(Path("other.db"), SCHEMA)
    make(Path("other.db"), hint)  # SQLite takes the hint, and has what it promised
    assert main(["db", "diff", "other.db", "b.db"]) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not json", "neither an export of `db export` nor an SQLite file"),
        (b'{"schema_version": 2, "engine": "sqlite"}', "not an export that this version can read"),
        (b"\x1f\x8b...", "cannot be unpacked: "),
        (gzip.compress(b"SQLite format 3\0" * 9, mtime=0)[:-9], "cannot be unpacked: "),
        (zstd.compress(b"SQLite format 3\0" * 9)[:-9], "cannot be unpacked: "),
        (zstd.compress(b"not json"), "neither an export of `db export` nor an SQLite file"),
        (b"PGDMP\x01...", "a dump, which only its engine can read; restore it into an empty"),
        (
            gzip.compress(b"-- MariaDB dump 10.19", mtime=0),
            "a dump, which only its engine can read",
        ),
        (None, "No such file or directory; give a URL, @, an export or an SQLite file"),
    ],
)
def test_what_is_no_schema(file: Path, capsys: Output, content: bytes | None, message: str) -> None:
    if content is not None:
        Path("x.json").write_bytes(content)
    assert main(["db", "diff", "x.json", "@"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: x.json: ")
    assert message in err


def test_what_is_packed_is_unpacked(file: Path, capsys: Output) -> None:
    assert main(["db", "export", "e.json"]) == 0
    for name in ("app.db", "e.json"):
        content = Path(name).read_bytes()
        Path(f"{name}.gz").write_bytes(gzip.compress(content))
        Path(f"{name}.zst").write_bytes(zstd.compress(content))
        for packed in (f"{name}.gz", f"{name}.zst"):
            assert main(["db", "diff", packed, "@"]) == 0
            assert capsys.readouterr().out == "no differences\n"


def test_a_backup_of_each_compression_is_a_side(file: Path, capsys: Output) -> None:
    settings = standard.loads(Path("config.json").read_text())
    for compression in ("none", "gzip", "zstd"):
        settings["migration"]["backup"] = {"compression": compression}
        Path("config.json").write_text(standard.dumps(settings))
        assert main(["backup", "create"]) == 0
    make(file, "DROP INDEX ix")
    backups = [path for path in Path("backups").glob("backup_*") if path.suffix != ".json"]
    assert len(backups) == 3
    capsys.readouterr()
    for path in backups:
        assert main(["db", "diff", str(path), "@"]) == 1
        assert capsys.readouterr().out.endswith("1 difference: 1 removed\n")


def test_a_directory_is_no_schema_and_a_dump_is_told_from_others(
    file: Path, capsys: Output
) -> None:
    Path("plain").mkdir()
    Path("dump").mkdir()
    Path("dump/toc.dat").write_bytes(b"PGDMP")
    assert main(["db", "diff", "plain", "@"]) == 1
    assert capsys.readouterr().err == (
        "error: plain: a directory; give a URL, @, an export or an SQLite file\n"
    )
    assert main(["db", "diff", "@", "dump"]) == 1
    assert "dump: a dump, which only its engine can read" in capsys.readouterr().err


def test_a_server_that_does_not_answer(file: Path, capsys: Output) -> None:
    url = "postgresql://app:s3cr3t-word@127.0.0.1:1/d"
    for command in (["db", "inspect", "--url", url], ["db", "diff", url, "@"]):
        assert main(command) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert "cannot connect" in err
        assert "s3cr3t" not in err


def test_a_driver_that_is_missing_names_the_extra(
    file: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xcore_tools.database.drivers.find_spec", lambda _: None)
    assert main(["db", "inspect", "--url", "postgresql://h/d"]) == 1
    assert "pip install 'xcore-tools[postgresql]'" in capsys.readouterr().err


def test_the_terminal_is_never_too_narrow(
    file: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(file, f"CREATE TABLE long (a TEXT DEFAULT '{'word ' * 40}')")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["db", "inspect", "long"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 60
    assert out.count("word") == 40
