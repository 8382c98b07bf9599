"""The command sync-env: what it prints where, what it writes, and the exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from xcore_tools.cli import main

Output = pytest.CaptureFixture[str]

ENV = "from alembic import context\n\ntarget_metadata = None\n"
MODELS = (
    "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n"
    "class Base(DeclarativeBase): ...\n\n"
    "class User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("NO_COLOR", "FORCE_COLOR", "XCORE_TOOLS_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    files = {
        "alembic/env.py": ENV,
        "alembic.ini": "[alembic]\nscript_location = %(here)s/alembic\n",
        "models.py": MODELS,
        "pyproject.toml": "",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def env(project: Path) -> str:
    return (project / "alembic" / "env.py").read_text(encoding="utf-8")


def test_it_writes_and_says_so(project: Path, capsys: Output) -> None:
    assert main(["sync-env"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("alembic/env.py: updated, ")
    assert captured.err.endswith(" lines added, 1 line removed\n")
    assert "    from models import Base, User\n" in env(project)
    assert "target_metadata = Base.metadata" in env(project)


def test_the_second_run_has_nothing_to_do(project: Path, capsys: Output) -> None:
    main(["sync-env"])
    stamp = (project / "alembic" / "env.py").stat().st_mtime_ns
    capsys.readouterr()
    for arguments in ([], ["--check"], ["--diff"], ["--exit-non-zero-on-change"]):
        assert main(["sync-env", *arguments]) == 0
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", "alembic/env.py: up to date\n")
    assert (project / "alembic" / "env.py").stat().st_mtime_ns == stamp


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--check"], 1), (["--check", "--diff"], 1), (["--diff"], 0)]
)
def test_check_and_diff_show_and_never_write(
    project: Path, capsys: Output, arguments: list[str], code: int
) -> None:
    assert main(["sync-env", *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out.startswith("--- alembic/env.py\n+++ alembic/env.py\n@@ ")
    assert "\n+target_metadata = Base.metadata\n" in captured.out
    assert captured.err.startswith("alembic/env.py: would be updated, ")
    assert env(project) == ENV


def test_the_diff_is_coloured_where_colour_is_wanted(
    project: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["sync-env", "--diff"])
    plain = capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    main(["sync-env", "--diff"])
    colored = capsys.readouterr().out
    assert "\x1b[32m+target_metadata = Base.metadata\x1b[0m\n" in colored
    assert "\x1b[31m-target_metadata = None\x1b[0m\n" in colored
    assert re.sub(r"\x1b\[\d*m", "", colored) == plain
    assert "\x1b" not in plain


def test_a_hook_fails_when_it_wrote(project: Path) -> None:
    assert main(["sync-env", "--exit-non-zero-on-change"]) == 1
    assert "User" in env(project)


def test_the_file_may_be_named(project: Path) -> None:
    other = project / "other.py"
    other.write_text(ENV, encoding="utf-8")
    assert main(["sync-env", "--env", "other.py"]) == 0
    assert env(project) == ENV
    assert "User" in other.read_text(encoding="utf-8")
    assert main(["sync-env", "--env", "gone.py"]) == 2


def test_a_section_may_be_named(project: Path, capsys: Output) -> None:
    (project / "second").mkdir()
    (project / "second" / "env.py").write_text(ENV, encoding="utf-8")
    with (project / "alembic.ini").open("a", encoding="utf-8") as file:
        file.write("[second]\nscript_location = second\n")
    assert main(["sync-env", "-n", "second"]) == 0
    assert env(project) == ENV
    assert capsys.readouterr().err.startswith("second/env.py: updated")
    assert main(["sync-env", "--name", "third"]) == 2
    assert "has no section [third]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("style", "line"), [("modules", "from models import Base\n"), ("strings", '"models",')]
)
def test_styles(project: Path, style: str, line: str) -> None:
    assert main(["sync-env", "--style", style]) == 0
    assert line in env(project)


def test_paths_and_configuration_are_used(project: Path) -> None:
    (project / "more").mkdir()
    (project / "more" / "things.py").write_text(MODELS.replace("User", "Thing"), encoding="utf-8")
    assert main(["sync-env", "more"]) == 0
    assert "User" not in env(project)
    config = project / "other.json"
    config.write_text(json.dumps({"migration": {"automigration": {"models": ["models.py"]}}}))
    assert main(["sync-env", "--config", "other.json"]) == 1
    assert "User" in env(project)


def test_models_that_are_not_covered(project: Path, capsys: Output) -> None:
    main(["sync-env"])
    (project / "log.py").write_text(
        MODELS.replace("User", "Entry").replace("users", "entries"), encoding="utf-8"
    )
    capsys.readouterr()
    assert main(["sync-env"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("alembic/env.py:")
    assert " XT201 target_metadata lacks log.Base.metadata (1 table: entries); " in first
    assert second.startswith("alembic/env.py: updated, ")
    assert main(["sync-env", "--check"]) == 1
    assert main(["sync-env", "--fix-metadata"]) == 0
    assert "target_metadata = [Base.metadata, LogBase.metadata]" in env(project)
    assert main(["sync-env", "--check"]) == 0


def test_tables_of_one_name_are_an_error(project: Path, capsys: Output) -> None:
    (project / "log.py").write_text(MODELS, encoding="utf-8")
    assert main(["sync-env"]) == 1
    assert (
        " XT203 table users is in log.Base.metadata (log.py:5) and in " in capsys.readouterr().err
    )
    assert "target_metadata = None" in env(project)


def test_imports_are_kept_while_a_file_cannot_be_read(project: Path, capsys: Output) -> None:
    main(["sync-env"])
    (project / "models.py").write_text(MODELS + "class Post(Base:\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["sync-env"]) == 1
    captured = capsys.readouterr().err
    assert "models.py:" in captured
    assert "XT101" in captured
    assert "XT205 models.User was not found and is kept: models.py:" in captured
    assert "    from models import Base, User\n" in env(project)
    assert main(["sync-env", "--force"]) == 0
    assert "User" not in env(project)


def test_a_file_that_may_hide_models_is_a_finding(project: Path, capsys: Output) -> None:
    main(["sync-env"])
    (project / "broken.py").write_text("def f(:\n", encoding="utf-8")
    for arguments, code in (([], 1), (["--check"], 1), (["--force"], 0), (["gone", "."], 1)):
        capsys.readouterr()
        assert main(["sync-env", *arguments]) == code
        assert "broken.py:1: XT101 " in capsys.readouterr().err


def test_notes_are_no_findings(project: Path, capsys: Output) -> None:
    (project / "alembic" / "env.py").write_text("target_metadata = made(1)\n", encoding="utf-8")
    assert main(["sync-env"]) == 0
    assert " XT202 target_metadata (made(1)) is not understood" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["x = (\n", "# AUTO-GENERATED IMPORTS START\n"])
def test_an_env_that_cannot_be_rewritten_is_2(project: Path, capsys: Output, content: str) -> None:
    (project / "alembic" / "env.py").write_text(content, encoding="utf-8")
    assert main(["sync-env"]) == 2
    assert capsys.readouterr().err.startswith("error: alembic/env.py: line ")
    assert env(project) == content


def test_no_env_is_2(project: Path, capsys: Output) -> None:
    (project / "alembic" / "env.py").unlink()
    assert main(["sync-env"]) == 2
    assert "alembic/env.py: no such file" in capsys.readouterr().err


def test_nothing_to_scan_is_2(project: Path) -> None:
    (project / "empty").mkdir()
    assert main(["sync-env", "empty"]) == 2


def test_the_report_hides_nothing_in_a_file_name(project: Path, capsys: Output) -> None:
    (project / "e\nnv.py").write_text(ENV, encoding="utf-8")
    assert main(["sync-env", "--env", "e\nnv.py"]) == 0
    assert capsys.readouterr().err.startswith("e\\nnv.py: updated")
