"""`xcore-tools init` over projects of several shapes: what it writes works, and is all there is to do."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import flask_migrate  # type: ignore[import-untyped]
import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from support import MODELS

from xcore_tools.cli import main
from xcore_tools.setup.facts import Change

FLASK_MODELS = """\
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
"""
PYPROJECT = '[project]\nname = "shop"  # ours\n\n\n[tool.other]\nx = [1,2]\n'
PRE_COMMIT = "repos:\n  # ours\n  - repo: a\n    rev: b\n    hooks: []\n"
FLASK = Path(flask_migrate.__file__).parent / "templates"

Output = pytest.CaptureFixture[str]
Project = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Makes a project of files with these contents, and goes there."""
    for name in ("DATABASE_URL", "XCORE_TOOLS_DATABASE_URL", "XCORE_TOOLS_CONFIG"):
        monkeypatch.delenv(name, raising=False)

    def make(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return make


def contents(directory: Path) -> dict[str, bytes]:
    """Every file below a directory."""
    files = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def nothing_is_left_to_do(capsys: Output, *arguments: str) -> bool:
    """A second run finds nothing, and env.py is as sync-env wants it."""
    capsys.readouterr()
    before = contents(Path.cwd())
    assert main(["init", *arguments]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert main(["sync-env", "--check"]) == 0
    return contents(Path.cwd()) == before


def test_a_fresh_project_can_be_migrated(project: Project, capsys: Output) -> None:
    root = project(
        **{
            "src/shop/__init__.py": "",
            "src/shop/models.py": MODELS,
            "examples/toy.py": MODELS,
            "pyproject.toml": PYPROJECT,
            ".pre-commit-config.yaml": PRE_COMMIT,
        }
    )
    assert main(["init", "--yes"]) == 0
    captured = capsys.readouterr()
    assert "examples: holds models that are left out" in captured.err
    assert captured.out.endswith("then run `xcore-tools doctor`\n")
    assert (root / "pyproject.toml").read_text().startswith(PYPROJECT)
    assert 'models = ["src/shop"]' in (root / "pyproject.toml").read_text()
    assert (root / ".pre-commit-config.yaml").read_text().startswith(PRE_COMMIT)
    assert (root / "alembic" / "versions").is_dir()
    assert (root / "alembic.ini").stat().st_mode == (root / "pyproject.toml").stat().st_mode
    assert nothing_is_left_to_do(capsys)
    (root / "alembic.ini").write_text(
        (root / "alembic.ini")
        .read_text()
        .replace("driver://user:pass@localhost/dbname", "sqlite:///x.db")
    )
    # Alembic itself, in a process that knows nothing of us
    for arguments in (
        ["revision", "--autogenerate", "-m", "first"],
        ["upgrade", "head"],
        ["check"],
    ):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "alembic", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    (revision,) = (root / "alembic" / "versions").glob("*.py")
    assert "op.create_table('users'" in revision.read_text()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (
            [],
            1,
            "error: nothing was written, for nobody can be asked here; add --yes to write it\n",
        ),
        (["--check"], 1, ""),
        (["--diff"], 0, ""),
        (["--dry-run"], 0, ""),
    ],
)
def test_nothing_is_written_unless_somebody_says_so(
    project: Project, capsys: Output, options: list[str], code: int, said: str
) -> None:
    root = project(**{"shop/models.py": MODELS})
    before = contents(root)
    assert main(["init", *options]) == code
    captured = capsys.readouterr()
    assert captured.err == said
    assert "+++ config.json" in captured.out
    assert "+    from shop.models import Base, User" in captured.out
    assert contents(root) == before


def test_each_step_can_be_declined(
    project: Project, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(**{"shop/models.py": MODELS})
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    answers = iter([False, True])
    monkeypatch.setattr("click.confirm", lambda *_, **__: next(answers))
    assert main(["init"]) == 1
    assert "written: alembic.ini" in capsys.readouterr().err
    assert not (root / "config.json").exists()
    assert (root / "alembic" / "env.py").exists()


@pytest.mark.parametrize(
    "template", ["generic", "async", "multidb", "pyproject", "pyproject_async"]
)
def test_the_templates_of_alembic_take_the_models(
    project: Project, capsys: Output, template: str
) -> None:
    root = project(**{"shop/models.py": MODELS})
    config = AlembicConfig(root / "alembic.ini", toml_file=root / "pyproject.toml")
    if not (config._get_template_path() / template).exists():
        pytest.skip("this version of Alembic does not have it")
    with contextlib.redirect_stdout(io.StringIO()):
        command.init(config, "migrations", template)
    assert main(["init", "--yes"]) == 0
    assert "from shop.models import" in (root / "migrations" / "env.py").read_text()
    # which database each collection belongs to, nobody can know
    is_open = template == "multidb"
    assert ("XT201 target_metadata lacks" in capsys.readouterr().err) == is_open
    assert is_open or nothing_is_left_to_do(capsys)
    assert main(["migrate", "heads", "--check"]) == 0


@pytest.mark.parametrize(
    "template",
    [
        "flask",
        pytest.param("flask-multidb", marks=pytest.mark.slow),
        pytest.param("aioflask", marks=pytest.mark.slow),
        pytest.param("aioflask-multidb", marks=pytest.mark.slow),
    ],
)
def test_the_templates_of_flask_migrate_take_the_models(
    project: Project, capsys: Output, template: str
) -> None:
    root = project(**{"shop/models.py": FLASK_MODELS})
    config = _Flask(root / "migrations" / "alembic.ini")
    with contextlib.redirect_stdout(io.StringIO()):
        command.init(config, "migrations", template)
    assert main(["init", "--yes"]) == 0
    assert "from shop.models import" in (root / "migrations" / "env.py").read_text()
    assert nothing_is_left_to_do(capsys)
    # its ini file does not say where the scripts are: Flask-Migrate does
    assert main(["migrate", "heads", "--check"]) == 0


class _Flask(AlembicConfig):
    """As Flask-Migrate tells Alembic where its templates are."""

    def _get_template_path(self) -> Path:
        return FLASK


def test_settings_of_alembic_elsewhere_are_found_and_named(
    project: Project, capsys: Output
) -> None:
    root = project(**{"shop/__init__.py": "", "shop/models.py": MODELS, "config.json": '{"a": 1}'})
    (root / "shop" / "db").mkdir()
    with contextlib.redirect_stdout(io.StringIO()):
        command.init(AlembicConfig(root / "shop" / "db" / "alembic.ini"), "shop/db/scripts")
    assert main(["init", "--yes"]) == 0
    settings = json.loads((root / "config.json").read_text())
    assert settings["migration"]["alembic_config"] == "shop/db/alembic.ini"
    assert settings["a"] == 1
    assert nothing_is_left_to_do(capsys)


def test_an_ini_file_in_a_package_does_not_rename_its_modules(
    project: Project, capsys: Output
) -> None:
    root = project(**{"shop/__init__.py": "", "shop/models.py": MODELS})
    with contextlib.redirect_stdout(io.StringIO()):
        command.init(AlembicConfig(root / "shop" / "alembic.ini"), "shop/scripts")
    assert main(["init", "--yes"]) == 0
    assert "from shop.models import" in (root / "shop" / "scripts" / "env.py").read_text()
    assert nothing_is_left_to_do(capsys)


def test_an_env_that_nothing_leads_to_gets_settings(project: Project, capsys: Output) -> None:
    root = project(**{"shop/models.py": MODELS})
    with contextlib.redirect_stdout(io.StringIO()):
        command.init(AlembicConfig(root / "alembic.ini"), "shop/db/scripts")
    (root / "alembic.ini").unlink()
    (root / "shop" / "db" / "scripts" / "script.py.mako").unlink()
    assert main(["init", "--yes"]) == 0
    assert "%(here)s/shop/db/scripts" in (root / "alembic.ini").read_text()
    assert nothing_is_left_to_do(capsys)


def test_of_two_environments_one_has_to_be_named(project: Project, capsys: Output) -> None:
    root = project(**{"a/models.py": MODELS})
    for name in ("a", "b"):
        with contextlib.redirect_stdout(io.StringIO()):
            command.init(AlembicConfig(root / name / "alembic.ini"), f"{name}/scripts")
    before = contents(root)
    assert main(["init", "--yes"]) == 2
    assert "in several places: a/alembic.ini, b/alembic.ini; " in capsys.readouterr().err
    assert contents(root) == before
    assert main(["init", "--yes", "--alembic-config", "c.ini"]) == 2
    assert "'c.ini' does not exist" in capsys.readouterr().err
    assert main(["init", "--yes", "--alembic-config", "b/alembic.ini"]) == 0
    assert nothing_is_left_to_do(capsys)
    assert b"__models__" in (root / "b" / "scripts" / "env.py").read_bytes()


def test_what_the_target_lacks_is_told(project: Project, capsys: Output) -> None:
    root = project(
        **{
            "shop/models.py": MODELS,
            "shop/other.py": MODELS.replace("users", "others"),
            "migrations/env.py": (
                "from alembic import context\nfrom shop.models import Base\n\n"
                "target_metadata = Base.metadata\n"
            ),
        }
    )
    assert main(["init", "--yes"]) == 0
    assert "XT201 target_metadata lacks shop.other.Base.metadata" in capsys.readouterr().err
    assert b"__models__" in (root / "migrations" / "env.py").read_bytes()


def test_asynchronous_engines_get_the_asynchronous_template(project: Project) -> None:
    root = project(
        **{
            "shop/models.py": MODELS,
            "shop/engine.py": "from sqlalchemy.ext.asyncio import create_async_engine\n",
        }
    )
    assert main(["init", "--yes"]) == 0
    assert "async_engine_from_config" in (root / "alembic" / "env.py").read_text()


@pytest.mark.parametrize("files", [{}, {"notes.txt": "x"}, {"app.py": "print()\n"}])
def test_a_project_without_models_gets_nothing(
    project: Project, capsys: Output, files: dict[str, str]
) -> None:
    root = project(**files)
    assert main(["init", "--yes"]) == 0
    assert "nothing to do\nnext: write a model" in capsys.readouterr().out
    assert contents(root) == {name: text.encode() for name, text in files.items()}


def test_a_directory_can_be_named(project: Project, capsys: Output) -> None:
    root = project(**{"service/shop/models.py": MODELS, "other/models.py": MODELS})
    assert main(["init", "--yes", "service"]) == 0
    assert {path.split("/")[0] for path in contents(root)} == {"service", "other"}
    settings = json.loads((root / "service" / "config.json").read_text())
    assert settings == {"migration": {"automigration": {"models": ["shop"]}}}


def test_hooks_are_made_where_they_are_wanted(project: Project) -> None:
    root = project(**{"shop/models.py": MODELS})
    assert main(["init", "--yes", "--pre-commit"]) == 0
    assert "- id: xcore-tools-heads" in (root / ".pre-commit-config.yaml").read_text()


def test_a_file_that_changes_meanwhile_is_left_alone(
    project: Project, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(**{"shop/models.py": MODELS, "pyproject.toml": PYPROJECT})
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)

    def somebody_else_writes(*_: object, **__: object) -> bool:
        (root / "pyproject.toml").write_text("# new\n")
        return True

    monkeypatch.setattr("click.confirm", somebody_else_writes)
    assert main(["init"]) == 2
    assert "pyproject.toml: changed while it was being rewritten" in capsys.readouterr().err
    assert (root / "pyproject.toml").read_text() == "# new\n"


def test_a_new_file_is_never_written_over_another(
    project: Project, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(**{"shop/models.py": MODELS})
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)

    def somebody_else_writes(*_: object, **__: object) -> bool:
        (root / "config.json").write_text("mine")
        return True

    monkeypatch.setattr("click.confirm", somebody_else_writes)
    assert main(["init"]) == 2
    assert "config.json: was made meanwhile; run again" in capsys.readouterr().err
    assert contents(root)["config.json"] == b"mine"
    assert [name for name in contents(root) if name.endswith(".tmp")] == []


def test_the_diff_of_a_change() -> None:
    new = Change(path := PurePosixPath("a"), None, b"x\n")
    assert new.diff() == "--- /dev/null\n+++ a\n@@ -0,0 +1 @@\n+x\n"
    assert Change(path, None, b"x\ny", b"x\n").diff() == "--- a\n+++ a\n@@ -1 +1,2 @@\n x\n+y\n"
    assert Change(path, b"x", b"x").diff() == ""
