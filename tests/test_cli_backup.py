"""The command backup: what it prints where, what it asks, and the exit code."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic_projects import make_project, write_table_revision
from servers import as_url

from xcore_tools.cli import main

Output = pytest.CaptureFixture[str]
NAME = r"backup_\d{8}T\d{6}Z(_\d+)?\.db"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("NO_COLOR", "FORCE_COLOR", "XCORE_TOOLS_CONFIG", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "service").mkdir()
    settings = {"migration": {"url": "sqlite:///data/app.db", "backup": {"max_backup_files": 2}}}
    (tmp_path / "service" / "config.json").write_text(json.dumps(settings))
    (tmp_path / "service" / "data").mkdir()
    run(tmp_path / "service" / "data" / "app.db", "CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    monkeypatch.chdir(tmp_path / "service" / "data")
    return tmp_path / "service"


def run(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)


def rows(project: Path) -> int:
    with closing(sqlite3.connect(project / "data" / "app.db")) as db:
        return int(db.execute("SELECT count(*) FROM t").fetchone()[0])


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def names(capsys: Output) -> list[str]:
    capsys.readouterr()
    main(["backup", "list", "--format", "json"])
    return [item["name"] for item in json.loads(capsys.readouterr().out)["backups"]]


def test_paths_are_relative_to_the_configuration(project: Path, capsys: Output) -> None:
    assert main(["backup", "create"]) == 0
    captured = capsys.readouterr()
    said = rf"{NAME}: created, 8\.2 kB, no revision, 1 table with 1 row\n"
    assert re.fullmatch(said, captured.out)
    assert captured.err == ""
    assert len(list((project / "backups").glob("backup_*.db"))) == 1


def test_create_removes_what_is_too_many_and_says_so(project: Path, capsys: Output) -> None:
    for _ in range(3):
        assert main(["backup", "create"]) == 0
    assert re.fullmatch(rf"{NAME}: removed\n", capsys.readouterr().err)
    assert len(names(capsys)) == 2
    assert main(["backup", "create", "--no-prune"]) == 0
    assert len(names(capsys)) == 3
    assert main(["backup", "prune", "--keep", "1"]) == 0
    assert capsys.readouterr().err.count(": removed\n") == 2
    assert main(["backup", "prune", "--max-age", "1"]) == 0
    assert len(names(capsys)) == 1


def test_list_as_text(project: Path, capsys: Output) -> None:
    assert main(["backup", "list"]) == 0
    assert capsys.readouterr().out == "0 backups, 0 B\n"
    run(project / "data" / "app.db", "CREATE TABLE alembic_version (version_num)")
    run(project / "data" / "app.db", "INSERT INTO alembic_version VALUES ('b2'), ('a1')")
    main(["backup", "create"])
    (project / "backups" / "backup_old.db").write_bytes(b"x" * 2000)
    os.utime(project / "backups" / "backup_old.db", (0, 0))
    capsys.readouterr()
    assert main(["backup", "list"]) == 0
    head, first, second, empty, last = capsys.readouterr().out.splitlines()
    assert head.split() == ["Name", "Revision", "Size", "Age", "State"]
    assert re.fullmatch(rf"  {NAME}  a1\+b2 +12\.3 kB  now +created", first)
    assert re.fullmatch(r"  backup_old\.db +– +2\.0 kB +\d+ days  unverified", second)  # noqa: RUF001
    assert (empty, last) == ("", "2 backups, 14.3 kB")


def test_a_damaged_backup_makes_list_and_verify_exit_1(project: Path, capsys: Output) -> None:
    main(["backup", "create"])
    (name,) = names(capsys)
    assert main(["backup", "verify"]) == 0
    assert capsys.readouterr().out == f"{name}: ok (size, sha256, integrity_check)\n"
    assert main(["backup", "verify", name, "--restore"]) == 0
    assert capsys.readouterr().out == f"{name}: ok (size, sha256, integrity_check, restore)\n"
    path = project / "backups" / name
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"x")
    assert main(["backup", "verify", "--format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["backups"]
    problem = f"{name}: its content was changed (sha256)"
    assert found == {"ok": False, "name": name, "checks": [], "problem": problem}
    path.write_bytes(data[:-1])
    assert main(["backup", "verify"]) == 1
    said = f"{name}: damaged: {name}: it has 8191 bytes instead of 8192\n"
    assert capsys.readouterr().out == said
    assert main(["backup", "list"]) == 1
    assert main(["backup", "restore", name, "--yes"]) == 1
    assert rows(project) == 1


def test_restore_asks_for_the_name_of_the_database(
    project: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["backup", "create"])
    (name,) = names(capsys)
    run(project / "data" / "app.db", "DELETE FROM t")
    for text, said in (
        ("y\n", "error: 'y' is not 'app.db'; nothing was restored\n"),
        ("", "error: nobody there to ask; give --yes to go on without\n"),
    ):
        answer(monkeypatch, text)
        assert main(["backup", "restore", name]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert f"app.db will be replaced by {name} (no revision, 8.2 kB, age: now, created)" in (
            captured.err
        )
        assert captured.err.endswith(said)
        assert rows(project) == 0
    answer(monkeypatch, "app.db\n")
    assert main(["backup", "restore", name]) == 0
    safety = next(other for other in names(capsys) if other != name)
    assert rows(project) == 1
    assert main(["backup", "restore", safety, "--yes", "--no-safety-backup"]) == 0
    assert capsys.readouterr().out == f"app.db: restored from {safety}\nno revision\n"
    assert rows(project) == 0


def test_restore_by_revision_and_latest(project: Path, capsys: Output) -> None:
    database = project / "data" / "app.db"
    run(database, "CREATE TABLE alembic_version (version_num)")
    for revision in ("abc", "def"):
        run(database, f"DELETE FROM alembic_version; INSERT INTO t VALUES ('{revision}')")
        run(database, f"INSERT INTO alembic_version VALUES ('{revision}')")
        main(["backup", "create", "--no-prune"])
    assert main(["backup", "restore", "--revision", "abc", "-y", "--format", "json"]) == 0
    assert rows(project) == 2
    out = capsys.readouterr().out
    result = json.loads(out[out.index("{") :])
    assert result["revisions"] == ["abc"]
    assert result["backup"]["revisions"] == ["abc"]
    assert result["safety"]["reason"] == "safety"
    assert main(["backup", "restore", "--latest", "-y"]) == 0
    assert rows(project) == 3
    assert main(["backup", "restore", "--revision", "nope", "-y"]) == 1
    for arguments in ([], ["a.db", "--latest"], ["--latest", "--revision", "abc"]):
        assert main(["backup", "restore", *arguments]) == 2


def test_a_restore_says_what_is_pending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    there = tmp_path / "with alembic"
    make_project(there, url=as_url(f"sqlite:///{there}/app.db"))
    monkeypatch.chdir(there)
    write_table_revision(there / "alembic" / "versions", "a1", None)
    assert main(["migrate", "upgrade"]) == 0
    write_table_revision(there / "alembic" / "versions", "b2", "a1")
    assert main(["migrate", "backup"]) == 0
    (name,) = names(capsys)
    assert main(["migrate", "upgrade"]) == 0
    capsys.readouterr()
    assert main(["backup", "restore", name, "--yes", "--no-safety-backup"]) == 0
    captured = capsys.readouterr()
    assert captured.out.endswith(
        "revision a1\n\n"
        f"sqlite:///{there}/app.db\n"
        "  state    behind\n  current  a1\n  head     b2\n  pending  1 revision\n"
        "    b2  make b2 (head)\n\nrun `xcore-tools migrate upgrade` to apply what is pending\n"
    )
    assert captured.err == ""
    assert main(["backup", "restore", name, "--yes", "--format", "json"]) == 0
    status = json.loads(capsys.readouterr().out)["status"]
    assert (status["state"], [item["revision"] for item in status["pending"]]) == ("behind", ["b2"])
    (there / "alembic" / "env.py").write_text("raise ValueError('no')\n")
    assert main(["backup", "restore", name, "--yes"]) == 0
    captured = capsys.readouterr()
    assert captured.out.endswith("\nrevision a1\n")
    assert captured.err.startswith("what is pending cannot be told: ")
    assert captured.err.endswith("env.py:1: ValueError: no\n")


def test_removing_asks(project: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    main(["backup", "create"])
    main(["backup", "create"])
    (project / "backups" / "notes.txt").write_text("mine")
    first, second = names(capsys)
    for arguments in (["delete", first], ["delete-all"]):
        for text in ("n\n", "\n", ""):
            answer(monkeypatch, text)
            assert main(["backup", *arguments]) == 1
    assert names(capsys) == [first, second]
    answer(monkeypatch, "y\n")
    assert main(["backup", "delete", first]) == 0
    assert capsys.readouterr().err.endswith(f"{first}: removed\n")
    answer(monkeypatch, "yes\n")
    assert main(["backup", "delete-all"]) == 0
    assert names(capsys) == []
    assert main(["backup", "delete-all"]) == 0
    assert main(["backup", "delete", first, "--yes"]) == 1
    assert (project / "backups" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "Usage: xcore-tools backup"),
        (["create", "--url", "sqlite://"], 1, "a database in memory ends with its process"),
        (["create", "--url", "oracle+oracledb://u@h/d"], 1, "backups are taken of sqlite"),
        (["create", "--url", "sqlite:///gone.db"], 1, "gone.db: no such file (--url)"),
        (["create", "--url", "nonsense"], 2, "--url: not a database URL"),
        (["restore", "../app.db"], 1, "app.db: there is no such file"),
        (["restore", "--from", "gone.db"], 1, "gone.db: there is no such file"),
        (["restore", "a", "--from", "b"], 2, "give one of NAME, --from PATH, --revision and"),
        (["delete", "../app.db"], 1, "app.db: there is no such file"),
        (["verify", "gone.db"], 1, "there is no backup 'gone.db' in "),
        (["list", "--format", "xml"], 2, "'xml' is not one of"),
    ],
)
def test_faults(capsys: Output, arguments: list[str], code: int, said: str) -> None:
    assert main(["backup", *arguments]) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
    assert "Traceback" not in captured.err


def test_another_directory(project: Path, tmp_path: Path) -> None:
    assert main(["backup", "create", "--backup-dir", str(tmp_path / "else")]) == 0
    assert len(list((tmp_path / "else").glob("*.json"))) == 1
    assert not (project / "backups").exists()


def test_a_directory_that_cannot_be_used(project: Path, capsys: Output) -> None:
    (project / "backups").write_text("a file")
    assert main(["backup", "create"]) == 1
    assert "backups: cannot be written to: File exists" in capsys.readouterr().err


def test_progress_shows_bytes_on_a_terminal(project: Path) -> None:
    database = project / "data" / "app.db"
    fill = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300) "
    run(database, f"{fill} INSERT INTO t SELECT randomblob(100000) FROM c")
    parent, child = pty.openpty()
    script = (
        "import sys, xcore_tools.cli.progress as p; p.DELAY = 0; p.INTERVAL = 0\n"
        "from xcore_tools.cli import main; sys.exit(main(['backup', 'create']))"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", script],
        stderr=child,
        stdout=subprocess.DEVNULL,
        cwd=project,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(child)
    shown = b""
    try:
        while data := os.read(parent, 65536):
            shown += data
    except OSError:  # the other end is closed
        pass
    os.close(parent)
    assert worker.wait() == 0
    text = shown.decode()
    assert "Backing up" in text
    assert re.search(r"/\d+\.\d MB", text)
