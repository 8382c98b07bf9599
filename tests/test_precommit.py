"""The hooks in a real repository, installed by the real pre-commit: models that come and go.

It installs the package and its dependencies from the package index that pip is configured for:
`pip install -e '.[dev,tools]'`, then `pytest -m slow tests/test_precommit.py`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ("xcore_tools", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")

BASE = """\
import a_dependency_of_the_application_that_the_hook_does_not_have
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase): ...
"""
MODEL = """\
from app.db import Base
from sqlalchemy.orm import Mapped, mapped_column


class {0}(Base):
    __tablename__ = "{1}"

    id: Mapped[int] = mapped_column(primary_key=True)
"""
CONFIG = """\
repos:
  - repo: {0}
    rev: {1}
    hooks:
      - id: xcore-tools-sync-env
      - id: xcore-tools-check
"""


class Repository:
    """A git repository; commands run in it with the settings of nobody in particular."""

    def __init__(self, path: Path, cache: Path) -> None:
        path.mkdir()
        self.path = path
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "PRE_COMMIT_HOME": str(cache),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{
                f"GIT_{who}_{what}": "a@b.invalid"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }
        self.git("init", "--quiet")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def git(self, *arguments: str) -> str:
        done = self.run("git", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def commit(self) -> subprocess.CompletedProcess[str]:
        self.git("add", "--all")
        return self.run("git", "commit", "--quiet", "-m", "a change")

    def write(self, name: str, content: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


@pytest.fixture
def application(tmp_path: Path) -> Repository:
    """An application with two models, an env.py and our hooks."""
    assert importlib.util.find_spec("pre_commit"), "pip install -e '.[dev,tools]'"
    assert shutil.which("git"), "git is not installed"
    cache = tmp_path / "cache"
    tool = Repository(tmp_path / "tool", cache)
    for name in PUBLISHED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tool.path / name)
    assert tool.commit().returncode == 0
    application = Repository(tmp_path / "application", cache)
    application.write("app/__init__.py", "")
    application.write("app/db.py", BASE)
    application.write("app/users.py", MODEL.format("User", "users"))
    application.write("alembic.ini", "[alembic]\nscript_location = %(here)s/migrations\n")
    application.write(
        "migrations/env.py", "from alembic import context\n\ntarget_metadata = None\n"
    )
    application.write(
        ".pre-commit-config.yaml",
        CONFIG.format(tool.path.as_posix(), tool.git("rev-parse", "HEAD")),
    )
    done = application.run(sys.executable, "-m", "pre_commit", "install")
    assert done.returncode == 0, done.stdout + done.stderr
    return application


def test_models_come_and_go_with_the_commits(application: Repository) -> None:
    env = application.path / "migrations" / "env.py"

    def refused_then_accepted() -> None:
        """The first commit fails and leaves the change in the tree; the second one takes it."""
        refused = application.commit()
        output = refused.stdout + refused.stderr
        assert refused.returncode == 1, output
        assert "files were modified by this hook" in output
        assert "migrations/env.py: updated" in output
        text = env.read_text(encoding="utf-8")
        accepted = application.commit()
        assert accepted.returncode == 0, accepted.stdout + accepted.stderr
        assert application.git("status", "--porcelain") == ""
        assert env.read_text(encoding="utf-8") == text

    refused_then_accepted()
    assert "from app.users import User" in env.read_text(encoding="utf-8")

    application.write("app/posts.py", MODEL.format("Post", "posts"))
    refused_then_accepted()
    assert "from app.posts import Post" in env.read_text(encoding="utf-8")

    (application.path / "app" / "posts.py").unlink()
    refused_then_accepted()
    assert "Post" not in env.read_text(encoding="utf-8")

    application.write("README.md", "no models here\n")
    assert application.commit().returncode == 0


def test_a_second_head_is_refused(application: Repository) -> None:
    config = application.path / ".pre-commit-config.yaml"
    text = config.read_text(encoding="utf-8")
    start = text.index("      - id: ")
    application.write(config.name, text[:start] + "      - id: xcore-tools-heads\n")

    def revise(name: str, down: str | None) -> None:
        text = f"import not_installed\nrevision = {name!r}\ndown_revision = {down!r}\n"
        application.write(f"migrations/versions/{name}.py", text)

    revise("a1", None)
    revise("b2", "a1")
    accepted = application.commit()
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr

    revise("c3", "a1")
    refused = application.commit()
    assert refused.returncode == 1
    output = refused.stdout + refused.stderr
    assert "migrations/versions/c3.py:2: XT301 c3 and b2" in output

    revise("c3", "b2")
    assert application.commit().returncode == 0
    assert application.git("status", "--porcelain") == ""
