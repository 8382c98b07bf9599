"""How much is told: before the command or after it, the same for each; and paths elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import MODELS

from xcore_tools.cli import main

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one model, one file that is not Python, and an env.py; we are in it."""
    for name in ("DATABASE_URL", "XCORE_TOOLS_DATABASE_URL", "XCORE_TOOLS_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "project"
    (root / "alembic").mkdir(parents=True)
    (root / "models.py").write_text(MODELS)
    (root / "broken.py").write_text("class X(\n")
    (root / "alembic" / "env.py").write_text("target_metadata = None\n")
    (root / "config.json").write_text(
        '{"migration": {"url": "postgresql://me:secret@localhost/x"}}'
    )
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize("arguments", [["-v", "discover"], ["discover", "--verbose"]])
def test_verbose_tells_what_was_decided(
    capsys: Output, arguments: list[str], project: Path
) -> None:
    assert main(arguments) == 1
    captured = capsys.readouterr()
    told = captured.err
    assert f"project: {project}\nsettings: config.json\nsources: the whole project\n" in told
    assert "env.py: alembic/env.py\n" in told
    assert "database: postgresql://me:***@localhost/x (migration.url in config.json)\n" in told
    assert "scanned: 3 files in " in told
    assert "secret" not in told + captured.out


@pytest.mark.parametrize("arguments", [["-q", "discover"], ["discover", "--quiet"]])
def test_quiet_leaves_results_and_errors(capsys: Output, arguments: list[str]) -> None:
    assert main(["discover"]) == 1
    usual = capsys.readouterr()
    assert usual.err.endswith("\n1 error\n")
    assert main(arguments) == 1
    quiet = capsys.readouterr()
    assert quiet.out == usual.out
    assert quiet.err == usual.err.removesuffix("1 error\n")


def test_quiet_says_nothing_where_all_is_well(capsys: Output, project: Path) -> None:
    (project / "broken.py").unlink()
    assert main(["-q", "sync-env"]) == 0
    assert main(["sync-env", "-q"]) == 0
    assert main(["sync-env"]) == 0
    assert capsys.readouterr() == ("", "alembic/env.py: up to date\n")


@pytest.mark.parametrize(
    "arguments", [["-q", "discover", "-v"], ["discover", "-qv"], ["-qv", "discover"]]
)
def test_both_at_once_is_a_mistake(capsys: Output, arguments: list[str]) -> None:
    assert main(arguments) == 2
    assert "--quiet and --verbose exclude each other" in capsys.readouterr().err


def test_a_group_takes_them_as_well(capsys: Output) -> None:
    assert main(["migrate", "-v", "heads", "--check"]) == 0
    assert "env.py: alembic/env.py" in capsys.readouterr().err


def test_a_path_elsewhere_is_scanned_with_its_own_settings(
    capsys: Output, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = '{"migration": {"model_discovery": {"exclude_file_patterns": ["broken.py"]}}}'
    (project / "config.json").write_text(settings)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    for path in (project, Path("../project"), Path("../project/models.py")):
        assert main(["discover", str(path)]) == 0
        assert "1 model, 1 table, 1 metadata in " in capsys.readouterr().out
    monkeypatch.chdir(project / "alembic")
    assert main(["discover", "../models.py"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["discover", str(tmp_path / "nothing" / "here")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_the_next_command_is_named(
    capsys: Output, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["sync-env", "--check"]) == 1
    assert "next: `xcore-tools sync-env` writes it\n" in capsys.readouterr().err
    (project / "config.json").unlink()
    assert main(["discover"]) == 1
    assert "next:" not in capsys.readouterr().err  # nobody is there to do it
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert main(["discover"]) == 1
    assert "next: `xcore-tools init` sets the project up" in capsys.readouterr().err
