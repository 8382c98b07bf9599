"""Each finding of the doctor: a project that has it, the same project without it, and the repair."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from support import MODELS

from xcore_tools import BackupManager, load_config
from xcore_tools.cli import main
from xcore_tools.codes import CODES
from xcore_tools.doctor import Diagnosis, diagnose, repair
from xcore_tools.doctor.calls import calls_of, with_keyword

Output = pytest.CaptureFixture[str]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def migrate(*arguments: str) -> None:
    """In a process of its own, for what is imported stays."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "xcore_tools", "migrate", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that nothing is wrong with: `alembic init`, repaired, one revision, at its head."""
    project = tmp_path_factory.mktemp("healthy")
    (project / "shop").mkdir()
    (project / "shop" / "__init__.py").touch()
    (project / "shop" / "models.py").write_text(MODELS)
    settings = {"migration": {"url": "sqlite:///shop.db", "automigration": {"models": ["shop"]}}}
    (project / "config.json").write_text(json.dumps(settings))
    before = Path.cwd()
    os.chdir(project)
    try:
        ini = AlembicConfig(project / "alembic.ini")
        command.init(ini, "alembic")
        edit(project / "alembic.ini", "driver://user:pass@localhost/dbname", "sqlite:///shop.db")
        assert main(["doctor", "--fix"]) == 0
        migrate("generate", "users")
        migrate("upgrade")
    finally:
        os.chdir(before)
    shutil.rmtree(project / "backups", ignore_errors=True)
    return project


@pytest.fixture
def project(healthy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XCORE_TOOLS_CONFIG", "XCORE_TOOLS_DATABASE_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    copy = tmp_path / "project"
    shutil.copytree(healthy, copy)
    monkeypatch.chdir(copy)
    return copy


def look() -> Diagnosis:
    return diagnose(load_config(Path("config.json")))


def execute(statement: str) -> None:
    with sqlite3.connect("shop.db") as connection:
        connection.execute(statement)
    connection.close()


def stale_block(project: Path) -> None:
    (project / "shop" / "orders.py").write_text(
        "from sqlalchemy import Column, Integer\nfrom shop.models import Base\n\n\n"
        "class Order(Base):\n    __tablename__ = 'orders'\n    id = Column(Integer, primary_key=True)\n"
    )


def no_target(project: Path) -> None:
    text = (project / "alembic" / "env.py").read_text()
    line = next(line for line in text.splitlines() if line.startswith("target_metadata = "))
    edit(project / "alembic" / "env.py", line, "target_metadata = None")


def no_batches(project: Path) -> None:
    path = project / "alembic" / "env.py"
    text, count = re.subn(r",\s+render_as_batch=True", "", path.read_text())
    assert count == 1
    path.write_text(text)


def silenced(project: Path) -> None:
    edit(project / "alembic" / "env.py", ", disable_existing_loggers=False", "")


def percent_sign(project: Path) -> None:
    edit(project / "alembic.ini", "sqlite:///shop.db", "sqlite:///50%off.db")


def nested_roots(project: Path) -> None:
    edit(
        project / "config.json",
        '"automigration"',
        '"model_discovery": {"import_roots": [".", "shop"]}, "automigration"',
    )


def leftover(_project: Path) -> None:
    execute("CREATE TABLE _alembic_tmp_users (id INTEGER)")


def ahead(_project: Path) -> None:
    execute("UPDATE alembic_version SET version_num = 'fedcba'")


def unversioned(_project: Path) -> None:
    execute("DROP TABLE alembic_version")


def password(project: Path) -> None:
    edit(project / "alembic.ini", "sqlite:///shop.db", "postgresql://me:hunter2@db/shop")


def no_program(project: Path) -> None:
    edit(project / "config.json", "sqlite:///shop.db", "postgresql://127.0.0.1:1/nothing")
    os.environ["PATH"] = str(project)


def open_directory(project: Path) -> None:
    (project / "backups").mkdir()
    (project / "backups").chmod(0o777)


def unverified_backup(project: Path) -> None:
    (project / "backups").mkdir(mode=0o700)
    shutil.copy("shop.db", project / "backups" / "backup_20250101_000000.db")


def damaged_backup(project: Path) -> None:
    backup = BackupManager.from_config(load_config(Path("config.json"))).create()
    with (project / "backups" / backup.name).open("ab") as file:
        file.write(b"x")


def no_database(project: Path) -> None:
    (project / "shop.db").unlink()


def no_environment(project: Path) -> None:
    shutil.rmtree(project / "alembic")


FAULTS: dict[str, list[Callable[[Path], None]]] = {
    "XT401": [stale_block],
    "XT402": [no_target],
    "XT403": [no_batches],
    "XT404": [silenced],
    "XT405": [percent_sign],
    "XT406": [nested_roots],
    "XT407": [leftover],
    "XT408": [ahead],
    "XT409": [unversioned],
    "XT410": [password],
    "XT411": [no_program],
    "XT412": [open_directory],
    "XT413": [unverified_backup, damaged_backup],
    "XT414": [no_database],
    "XT415": [no_environment],
}
FIXABLE = {"XT401", "XT402", "XT403", "XT404", "XT405", "XT412"}
CASES = [pytest.param(code, fault, id=fault.__name__) for code in FAULTS for fault in FAULTS[code]]


def test_nothing_is_found_where_nothing_is_wrong(project: Path, capsys: Output) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    found = look()
    assert found.findings == ()
    assert found.is_healthy
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.endswith("\nnothing to do\n")
    assert before == {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("code", "fault"), CASES)
def test_a_fault_is_found_and_mended_where_that_is_safe(
    project: Path, monkeypatch: pytest.MonkeyPatch, code: str, fault: Callable[[Path], None]
) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"])  # put back afterwards
    fault(project)
    found = look()
    finding = next(f for f in found.findings if f.problem.code == code)
    assert (finding.repair is not None) == (code in FIXABLE)
    assert not found.is_healthy or finding.problem.severity == "note"
    if code in FIXABLE:
        assert repair(found) >= 1
        assert code not in {f.problem.code for f in look().findings}


def test_every_code_of_the_doctor_has_a_fault() -> None:
    codes = {code for code in CODES if code.startswith("XT4")}
    assert codes - set(FAULTS) == {"XT416"}


def test_the_project_works_after_repairs(project: Path, capsys: Output) -> None:
    for fault in (no_target, no_batches, silenced, stale_block):
        fault(project)
    capsys.readouterr()
    assert main(["doctor"]) == 1
    codes = set(re.findall(r"XT4\d\d", capsys.readouterr().out))
    assert len(codes) >= 3
    assert main(["doctor", "--fix"]) == 0
    mended = capsys.readouterr().err
    assert set(re.findall(r"^mended: .*(XT4\d\d)", mended, re.MULTILINE)) == codes
    migrate("generate", "orders")
    migrate("upgrade")
    migrate("check")


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_no_password_is_shown(project: Path, capsys: Output, form: str) -> None:
    password(project)
    edit(project / "config.json", "sqlite:///shop.db", "postgresql://me:hunter2@127.0.0.1:1/shop")
    assert main(["doctor", "--format", form]) == 1
    captured = capsys.readouterr()
    assert "XT410" in captured.out
    assert "hunter2" not in captured.out + captured.err


def test_findings_for_programs(project: Path, capsys: Output) -> None:
    silenced(project)
    assert main(["doctor", "--format", "json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    (finding,) = answer["findings"]
    assert finding["code"] == "XT404"
    assert finding["path"] == "alembic/env.py"
    assert "fileConfig(" in Path("alembic/env.py").read_text().splitlines()[finding["line"] - 1]
    assert finding["is_fixable"] is True
    assert any(line.startswith("database: ") for line in answer["examined"])


def test_a_remedy_stands_below_the_first_finding_of_its_kind(project: Path, capsys: Output) -> None:
    silenced(project)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert f"    {CODES['XT404'].remedy}\n" in out
    assert out.endswith("\n1 warning; `xcore-tools doctor --fix` mends all of them\n")


# -- at run time --------------------------------------------------------------------------------


def differences() -> list[str]:
    config = load_config(Path("config.json"))
    found = diagnose(config, python=sys.executable)
    return [p.message for p in found.problems if p.code == "XT416"]


def test_sqlalchemy_agrees(project: Path) -> None:
    assert differences() == []


def test_every_difference_to_sqlalchemy_is_told(project: Path) -> None:
    (project / "shop" / "more.py").write_text(
        "import os\nfrom sqlalchemy import Column, Integer, Table\nfrom shop.models import Base, User\n\n"
        "def made(name, table):\n"
        "    key = Column(Integer, primary_key=True)\n"
        "    return type(name, (Base,), {'__tablename__': table, 'id': key})\n"
        "made(os.environ.get('NOT_SET', 'Made'), 'made')\n"
        "Table(os.environ.get('NOT_SET', 'plain'), Base.metadata, Column('id', Integer))\n"
        "print('noise')\n"
    )
    (project / "shop" / "broken.py").write_text(
        "from sqlalchemy import Column, Integer\nfrom shop.models import Base\n\n\n"
        "class Broken(Base):\n    __tablename__ = 'broken'\n    id = Column(Integer, primary_key=True)\n"
        "\nraise RuntimeError('not today')\n"
    )
    edit(
        project / "shop" / "models.py",
        "    __tablename__",
        "    __tablename__ = 'users'\n    if True: __tablename__",
    )
    (project / "shop" / "gone.py").write_text(
        "from shop.models import Base\nfrom sqlalchemy import Column, Integer, Table\n"
        "Table('gone', Base.metadata, Column('id', Integer))\n"
        "Base.metadata.remove(Base.metadata.tables['gone'])\n"
    )
    told = differences()
    assert "Made is mapped at run time, and was not found in the source" in told
    assert "the table gone does not exist at run time" in told
    assert "the table made exists at run time, and was not found in the source" in told
    assert "shop.broken cannot be imported: RuntimeError: not today" in told
    assert not any("User" in message or "users" in message for message in told)


def test_an_interpreter_that_cannot_answer_is_a_finding(project: Path, capsys: Output) -> None:
    assert main(["doctor", "--runtime", "--python", "/nowhere/python"]) == 1
    assert "/nowhere/python cannot be run" in capsys.readouterr().out
    assert main(["doctor", "--python", "x"]) == 2
    assert "--python goes with --runtime" in capsys.readouterr().err
    assert main(["doctor", "--runtime", "--python", "/bin/false"]) == 1
    assert "/bin/false gives no answer: exit code 1" in capsys.readouterr().out
    assert main(["doctor", "--runtime"]) == 0


# -- edits --------------------------------------------------------------------------------------

CALLS = {
    "f()": "f(x=1)",
    "f(a)": "f(a, x=1)",
    "f(a,)": "f(a, x=1,)",
    "f(\n    a,\n    b=2,\n)\n": "f(\n    a,\n    b=2,\n    x=1,\n)\n",
    "f(\n    a\n)\n": "f(\n    a,\n    x=1\n)\n",
    "y = 'ä'; f('ö', b=g(1))": "y = 'ä'; f('ö', b=g(1), x=1)",
}


@pytest.mark.parametrize("source", CALLS)
def test_a_keyword_is_added_where_a_person_would(source: str) -> None:
    (call,) = calls_of(source, "f")
    assert with_keyword(source, call, "x=1") == CALLS[source]


def test_what_is_no_python_has_no_calls() -> None:
    assert list(calls_of("f(", "f")) == []
