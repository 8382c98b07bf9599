"""`xcore-tools migrate`: which call of the library each command becomes, what is printed, exit codes."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

import xcore_tools
from xcore_tools.cli import main
from xcore_tools.database.backup.facts import Backup, Manifest
from xcore_tools.errors import DatabaseError, MigrationError
from xcore_tools.migrate.facts import (
    Change,
    Creation,
    Fleet,
    Generated,
    Loss,
    Member,
    Outcome,
    Rehearsal,
    Revision,
    Script,
    State,
    Status,
    Step,
    TableCount,
)
from xcore_tools.migrate.guard.rehearsal import RehearsalError
from xcore_tools.migrate.guard.safety import Safety

Output = pytest.CaptureFixture[str]

FIRST = Revision("a1", (), "first", "versions/a1.py", is_head=True)
STATUS = Status("sqlite:///x.db", True, State.AT_HEAD, ("a1",), ("a1",), ())
CHANGE = Change("sqlite:///x.db", Outcome.DONE, (), ("a1",), applied=(FIRST,), seconds=0.5)
BACKUP = Backup(
    name="b.db",
    state="verified",
    created=datetime(2024, 5, 6, tzinfo=UTC),
    size=9,
    manifest=Manifest(
        name="b.db",
        reason="migration",
        engine="sqlite",
        database="x.db",
        created=datetime(2024, 5, 6, tzinfo=UTC),
        tool_version="1",
        client="sqlite",
        server_version="3",
        revisions=("a1",),
        compression="none",
        size=9,
        sha256="0",
        foreign_keys_ok=True,
        tables=(),
    ),
)
RESULTS: dict[str, Any] = {
    "status": STATUS,
    "current": (FIRST,),
    "history": (FIRST,),
    "heads": (FIRST,),
    "show": (Script(FIRST, "revision = 'a1'\n"),),
    "check": (),
    "generate": Generated(FIRST, ("add_table users",)),
    "merge": FIRST,
    "upgrade": CHANGE,
    "downgrade": CHANGE,
    "stamp": CHANGE,
    "init": Creation("sqlite:///x.db", ("users",), ("a1",)),
    "sql": "CREATE TABLE users;\n",
}


REHEARSAL = Rehearsal(
    "sqlite:///x.db",
    (),
    ("a1",),
    steps=(Step("a1", 0.5),),
    tables=(
        TableCount("users", None, 120, 0),
        TableCount("gone", "s", 1, None),
        TableCount("new", None, None, 0),
        TableCount("same", None, 5, 5),
    ),
    seconds=1.0,
)
UPGRADE = {"tag": None, "safety": Safety(), "rehearse": False, "allow_loss": False}
DOWNGRADE = {"tag": None, "safety": Safety()}


class FakeLibrary:
    """Stands in for `load_config` and `Migrations`, and keeps what they were called with."""

    def __init__(self) -> None:
        self.results: dict[str, Any] = dict(RESULTS)
        self.config: list[Path | None] = []
        self.made: list[dict[str, Any]] = []
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def load_config(self, path: Path | None = None) -> str:
        self.config.append(path)
        return "the config"

    def __call__(self, config: str, **options: Any) -> FakeLibrary:
        self.made.append({"config": config, **options})
        return self

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append((name, arguments, options))
            result = self.results[name]
            if isinstance(result, BaseException):
                raise result
            return result

        return call


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> FakeLibrary:
    fake = FakeLibrary()
    monkeypatch.setitem(xcore_tools.__dict__, "load_config", fake.load_config)
    monkeypatch.setitem(xcore_tools.__dict__, "Migrations", fake)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return fake


def migrate(*arguments: str) -> int:
    return main(["migrate", *arguments])


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        (["status"], ("status", (), {})),
        (["current"], ("current", (), {})),
        (["history"], ("history", (None,), {"indicate_current": False})),
        (["history", "-i", "-r", "-3:"], ("history", ("-3:",), {"indicate_current": True})),
        (["heads"], ("heads", (), {"resolve_dependencies": False})),
        (["heads", "--resolve-dependencies"], ("heads", (), {"resolve_dependencies": True})),
        (["show", "head"], ("show", ("head",), {})),
        (["check"], ("check", (), {})),
        (
            ["merge", "a", "b"],
            ("merge", (("a", "b"), None), {"branch_label": None, "rev_id": None}),
        ),
        (
            ["merge", "heads", "-m", "join", "--branch-label", "x", "--rev-id", "c", "--splice"],
            (
                "merge",
                (("heads",), "join"),
                {"branch_label": "x", "rev_id": "c", "splice": True},
            ),
        ),
        (["upgrade"], ("upgrade", ("head",), UPGRADE)),
        (["upgrade", "+1", "--tag", "t"], ("upgrade", ("+1",), {**UPGRADE, "tag": "t"})),
        (["upgrade", "-1"], ("upgrade", ("-1",), UPGRADE)),
        (["upgrade", "--sql", "a:b"], ("sql", ("upgrade", "a:b"), {"tag": None})),
        (["downgrade", "-1"], ("downgrade", ("-1",), DOWNGRADE)),
        (["downgrade", "-12", "--tag", "t"], ("downgrade", ("-12",), {**DOWNGRADE, "tag": "t"})),
        (["downgrade", "--tag", "-5", "-1"], ("downgrade", ("-1",), {**DOWNGRADE, "tag": "-5"})),
        (["downgrade", "--tag=t", "--", "-1"], ("downgrade", ("-1",), {**DOWNGRADE, "tag": "t"})),
        (["downgrade", "one@-2"], ("downgrade", ("one@-2",), DOWNGRADE)),
        (["downgrade", "base", "--sql"], ("sql", ("downgrade", "base"), {"tag": None})),
        (["stamp", "head"], ("stamp", (("head",),), {"purge": False, "tag": None})),
        (["stamp", "a1", "b2"], ("stamp", (("a1", "b2"),), {"purge": False, "tag": None})),
        (["stamp", "a1", "--purge"], ("stamp", (("a1",),), {"purge": True, "tag": None})),
        (["stamp", "-1", "--sql", "--tag", "t"], ("sql", ("stamp", ("-1",)), {"tag": "t"})),
        (["init"], ("init", (), {"stamp_existing": False})),
        (["init", "--stamp-existing"], ("init", (), {"stamp_existing": True})),
    ],
)
def test_each_command_is_one_call(
    library: FakeLibrary, arguments: list[str], call: tuple[str, tuple[Any, ...], dict[str, Any]]
) -> None:
    assert migrate(*arguments) == 0
    assert library.calls == [call]


@pytest.mark.parametrize("message", [["add users"], ["-m", "add users"], ["--message=add users"]])
def test_a_new_revision(library: FakeLibrary, message: list[str]) -> None:
    assert migrate("generate", *message) == 0
    ((name, arguments, options),) = library.calls
    assert (name, arguments, options["empty"]) == ("generate", ("add users",), False)
    assert options["depends_on"] is None


def test_every_option_of_a_new_revision(library: FakeLibrary) -> None:
    given = "--empty --sql --head a --splice --branch-label l --version-path v --rev-id r"
    assert migrate("generate", *given.split(), "--depends-on", "x", "--depends-on", "y") == 0
    assert library.calls == [
        (
            "generate",
            (None,),
            {
                "empty": True,
                "allow_empty": False,
                "head": "a",
                "splice": True,
                "branch_label": "l",
                "version_path": "v",
                "rev_id": "r",
                "sql": True,
                "depends_on": ["x", "y"],
            },
        )
    ]


@pytest.mark.parametrize(
    ("arguments", "safety"),
    [
        (["--backup"], Safety(True)),
        (["--no-backup"], Safety(False)),
        (["--restore-on-failure"], Safety(True, True)),
        (["--no-restore-on-failure"], Safety(None, False)),
        (["--backup", "--no-restore-on-failure"], Safety(True, False)),
        (["--interrupted", "restore"], Safety(interrupted="restore")),
    ],
)
def test_precautions(library: FakeLibrary, arguments: list[str], safety: Safety) -> None:
    assert migrate("upgrade", *arguments) == 0
    assert migrate("downgrade", "-1", *arguments) == 0
    assert [call[2]["safety"] for call in library.calls] == [safety, safety]


@pytest.mark.parametrize(
    "arguments",
    [["--then-apply"], ["--rehearse", "--allow-loss"], ["--no-backup", "--restore-on-failure"]],
)
def test_options_that_do_not_go_together(library: FakeLibrary, arguments: list[str]) -> None:
    assert migrate("upgrade", *arguments) == 2
    assert library.calls == []


def test_a_rehearsal(library: FakeLibrary, capsys: Output) -> None:
    library.results["rehearse"] = REHEARSAL
    assert migrate("upgrade", "--rehearse") == 0
    library.results["rehearse"] = msgspec.structs.replace(
        REHEARSAL, losses=(Loss("users", None, 120, 0), Loss("s.orders", "total", 2, 1))
    )
    assert migrate("upgrade", "+1", "--rehearse", "--tag", "t") == 1
    assert capsys.readouterr().out.splitlines()[5:] == [
        "rehearsed  a1  0.50 s",
        "  users   120 → 0 rows",
        "  s.gone  gone, 1 row before",
        "  new     new, 0 rows",
        "lost       users: 120 of 120 rows",
        "lost       s.orders.total: 1 of 2 values",
        "sqlite:///x.db is untouched; 1 table with as many rows as before, 1.00 s",
    ]
    assert library.calls == [
        ("rehearse", ("head",), {"tag": None}),
        ("rehearse", ("+1",), {"tag": "t"}),
    ]


def test_a_rehearsal_as_a_condition(library: FakeLibrary, capsys: Output) -> None:
    assert migrate("upgrade", "--rehearse", "--then-apply", "--allow-loss") == 0
    assert library.calls == [
        ("upgrade", ("head",), {**UPGRADE, "rehearse": True, "allow_loss": True})
    ]
    failed = msgspec.structs.replace(REHEARSAL, failure="revision b2: no such column")
    library.results["upgrade"] = RehearsalError(failed)
    assert migrate("upgrade", "--rehearse", "--then-apply", "--format", "json") == 1
    printed = capsys.readouterr()
    told = json.loads(printed.out.partition("\n{")[2].join(("{", "")))
    assert (told["is_clean"], told["failure"]) == (False, "revision b2: no such column")
    assert (
        "error: revision b2: no such column; nothing was applied to sqlite:///x.db" in printed.err
    )


def test_an_empty_revision_is_written_on_demand(library: FakeLibrary) -> None:
    assert migrate("generate", "x", "--allow-empty") == 0
    assert library.calls[0][2]["allow_empty"] is True


def test_the_project_options(library: FakeLibrary, tmp_path: Path) -> None:
    config = tmp_path / "c.json"
    config.write_text("{}", encoding="utf-8")
    given = ("--config", str(config), "--url", "sqlite://", "-n", "other")
    assert migrate("upgrade", *given, "-x", "a=1", "-x", "-2", "--lock-timeout", "2.5") == 0
    assert library.config == [config]
    assert library.made == [
        {
            "config": "the config",
            "url": "sqlite://",
            "name": "other",
            "arguments": ("a=1", "-2"),
            "lock_timeout": 2.5,
        }
    ]
    assert library.calls == [("upgrade", ("head",), UPGRADE)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["downgrade"], "Missing argument 'REVISION'"),
        (["stamp"], "Missing argument 'REVISIONS...'"),
        (["generate", "x", "--sql"], "--sql goes with --empty: comparing takes a database"),
        (["merge"], "Missing argument 'REVISIONS...'"),
        (["upgrade", "a", "b"], "Got unexpected extra argument"),
        (["downgrade", "-1", "-2"], "Got unexpected extra argument"),
        (["downgrade", "-1x"], "No such option"),
        (["upgrade", "--lock-timeout", "-1"], "Invalid value for '--lock-timeout'"),
        (["generate", "a", "-m", "b"], "the message is given twice"),
        (["heads", "--against", "main"], "--against and --format github go with --check"),
        (["heads", "--format", "github"], "--against and --format github go with --check"),
        (["status", "--format", "xml"], "Invalid value for '--format'"),
        (["statsu"], "No such command 'statsu'"),
    ],
)
def test_wrong_usage_is_2(
    library: FakeLibrary, capsys: Output, arguments: list[str], message: str
) -> None:
    assert migrate(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert library.calls == []


@pytest.mark.parametrize("error", [MigrationError("it failed"), DatabaseError("no server")])
def test_an_error_is_one_line(library: FakeLibrary, capsys: Output, error: Exception) -> None:
    library.results["upgrade"] = error
    assert migrate("upgrade") == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"error: {error}\n")


@pytest.mark.parametrize("state", [*State, None])
def test_status_is_1_unless_at_head(library: FakeLibrary, state: State | None) -> None:
    library.results["status"] = Status("u", state is not None, state, (), (), ())
    for form in "text", "json":
        assert migrate("status", "--format", form) == int(state is not State.AT_HEAD)


def test_check_is_1_where_something_differs(library: FakeLibrary, capsys: Output) -> None:
    library.results["check"] = ("add_table users",)
    assert migrate("check") == 1
    assert capsys.readouterr().out == "  add_table users\n1 operation to generate\n"
    assert migrate("check", "--format", "json") == 1


def test_current_can_be_checked(library: FakeLibrary) -> None:
    assert migrate("current", "-c") == 0
    library.results["heads"] = (FIRST, Revision("b1", (), "", ""))
    assert migrate("current") == 0
    assert migrate("current", "--check-heads") == 1
    library.results["current"] = ()
    assert migrate("current", "--check-heads", "--format", "json") == 1


@pytest.mark.parametrize("verb", ["current", "heads", "history"])
def test_verbose_tells_the_files(capsys: Output, verb: str) -> None:
    assert migrate(verb, "-v") == 0
    assert capsys.readouterr().out == "a1  first (head)\n  versions/a1.py\n"


class FakeBackups:
    """Stands in for a `BackupManager`."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.is_pruned = False

    def create(self, *, reason: str, progress: object) -> Backup:
        self.reasons.append(reason)
        return BACKUP

    def prune(self) -> tuple[Backup, ...]:
        self.is_pruned = True
        return (BACKUP,)


def test_a_backup_is_backup_create(library: FakeLibrary, capsys: Output) -> None:
    backups = library.results["backups"] = FakeBackups()
    assert migrate("backup", "--backup-dir", "here", "--no-prune") == 0
    assert library.calls == [("backups", (Path("here"),), {})]
    assert capsys.readouterr().out == "b.db: created, 9 B, revision a1, 0 tables with 0 rows\n"
    assert (backups.reasons, backups.is_pruned) == (["migration"], False)
    assert migrate("backup", "--format", "json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["backup"]["reason"] == "migration"
    assert captured.err == "b.db: removed\n"
    assert backups.is_pruned


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["status"], "state"),
        (["current"], "revisions"),
        (["history"], "revisions"),
        (["heads"], "revisions"),
        (["show", "a1"], "scripts"),
        (["check"], "operations"),
        (["generate", "x"], "operations"),
        (["merge", "heads"], "revisions"),
        (["upgrade"], "applied"),
        (["downgrade", "base"], "reverted"),
        (["stamp", "head"], "after"),
        (["init"], "stamped"),
    ],
)
def test_every_verb_speaks_json(capsys: Output, arguments: list[str], key: str) -> None:
    assert migrate(*arguments, "--format", "json") == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["schema_version"] == 1
    assert key in document
    assert captured.err == ""


def test_statements_are_printed_as_they_are(capsys: Output) -> None:
    assert migrate("upgrade", "--sql") == 0
    assert capsys.readouterr().out == "CREATE TABLE users;\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real project with two heads, for what needs no database."""
    monkeypatch.undo()
    for name in ("NO_COLOR", "FORCE_COLOR", "XCORE_TOOLS_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m" / "versions").mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = m\n", encoding="utf-8")
    for name, down in {"a": None, "b": "a", "c": "a"}.items():
        text = f"revision = {name!r}\ndown_revision = {down!r}\n"
        (tmp_path / "m" / "versions" / f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


MESSAGE = (
    "c and b (m/versions/b.py) are both heads and both follow a (m/versions/a.py); "
    "join them with `xcore-tools migrate merge c b`"
)


def test_heads_are_checked(project: Path, capsys: Output) -> None:
    assert migrate("heads", "--check") == 1
    captured = capsys.readouterr()
    assert captured.out == "b (m/versions/b.py)\nc (m/versions/c.py)\n2 heads of 3 revisions\n"
    assert captured.err == f"m/versions/c.py:1: XT301 {MESSAGE}\n"
    (project / "m" / "versions" / "c.py").unlink()
    assert migrate("heads", "--check") == 0
    assert capsys.readouterr().err == ""


def test_checked_heads_as_json_and_for_github(project: Path, capsys: Output) -> None:
    assert migrate("heads", "--check", "--format", "json") == 1
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert (document["schema_version"], document["files"]) == (1, 3)
    assert [head["revision"] for head in document["heads"]] == ["b", "c"]
    assert [problem["code"] for problem in document["problems"]] == ["XT301"]
    assert captured.err == ""
    assert migrate("heads", "--check", "--format", "github") == 1
    assert capsys.readouterr().out == (
        f"::error file=m/versions/c.py,line=1,title=XT301::{MESSAGE}\n"
    )


def test_heads_against_a_ref(project: Path, capsys: Output) -> None:
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    assert migrate("heads", "--check", "--against", "gone") == 1
    assert "gone: git knows no such commit" in capsys.readouterr().err


class FakeDatabases:
    """Stands in for `Databases`."""

    def __init__(self, config: str, **options: Any) -> None:
        self.options = options

    def upgrade(self, *arguments: Any, progress: Any, **options: Any) -> Fleet:
        CALLS.append((self.options, arguments, options))
        progress(1, 1)
        return Fleet((Member("acme", "sqlite:///acme.db", outcome="failed", error="no file"),), 1.5)

    downgrade = status = upgrade


CALLS: list[Any] = []


def test_every_database(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setitem(xcore_tools.__dict__, "Databases", FakeDatabases)
    monkeypatch.setattr("os.cpu_count", lambda: 7)
    CALLS.clear()
    assert migrate("upgrade", "--all", "--jobs", "3", "--no-backup") == 1
    assert migrate("downgrade", "-1", "--all", "--format", "json") == 1
    assert migrate("status", "--all", "-x", "a=1") == 1
    options = {"url": None, "name": "alembic", "arguments": ()}
    assert [
        (
            {**options, "lock_timeout": 60.0},
            ("head",),
            {"jobs": 3, "tag": None, "safety": Safety(False)},
        ),
        ({**options, "lock_timeout": 60.0}, ("-1",), {"jobs": 7, "tag": None, "safety": Safety()}),
        ({**options, "arguments": ("a=1",)}, (), {"jobs": 7}),
    ] == CALLS
    told = capsys.readouterr().out
    assert told.startswith("failed   acme  no file\n1 database: 1 failed, 1.50 s\n{")


@pytest.mark.parametrize(
    "arguments",
    [
        ["upgrade", "--jobs", "2"],
        ["upgrade", "--all", "--rehearse"],
        ["upgrade", "--all", "--sql"],
        ["downgrade", "-1", "--all", "--sql"],
        ["upgrade", "--all", "--database", "x"],
        ["status", "--jobs", "2"],
    ],
)
def test_what_goes_with_all_databases(library: FakeLibrary, arguments: list[str]) -> None:
    assert migrate(*arguments) == 2
    assert library.calls == []
