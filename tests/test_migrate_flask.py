"""Projects of Flask-Migrate, whose env.py asks the application; and hints for what new projects lack."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from xcore_tools.errors import MigrationError
from xcore_tools.migrate.runtime.failures import explained
from xcore_tools.migrate.runtime.flask import application_of

APPLICATION = """\
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + app.root_path + "/shop.db"
    db.init_app(app)
    Migrate(app, db)
    return app
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "XCORE_TOOLS_DATABASE_URL", "XCORE_TOOLS_CONFIG", "FLASK_APP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "env.py").write_text("from flask import current_app\n")
    return tmp_path


@pytest.mark.slow
def test_a_project_of_flask_migrate_is_migrated(project: Path) -> None:
    (project / "env.py").unlink()
    (project / "shop.py").write_text(APPLICATION)
    url = f"sqlite:///{project}/shop.db"

    def run(*arguments: str, code: int = 0, **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-m", *arguments],
            env={**os.environ, "XCORE_TOOLS_DATABASE_URL": url, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    # as the programs of both do it
    run("flask", "--app", "shop:create_app", "db", "init", PYTHONPATH=str(project))
    run("xcore_tools", "init", "--yes")
    assert "set FLASK_APP as for `flask`" in run("xcore_tools", "migrate", "generate", "x", code=1)
    run("xcore_tools", "migrate", "generate", "users", FLASK_APP="shop")
    run("xcore_tools", "migrate", "upgrade", FLASK_APP="shop:create_app")
    run("xcore_tools", "migrate", "check", FLASK_APP="shop")
    assert "(head)" in run("flask", "--app", "shop", "db", "current", PYTHONPATH=str(project))


def test_the_application_is_found_as_flask_finds_it(project: Path) -> None:
    (project / "app.py").write_text("from flask import Flask\napp = Flask('the one')\n")
    before = list(sys.path)
    import flask  # noqa: PLC0415 (a test of its own)

    try:
        with application_of(project / "env.py", project):
            assert flask.current_app.name == "the one"
            with application_of(project / "env.py", project / "elsewhere"):
                assert flask.current_app.name == "the one"
    finally:
        sys.path[:] = before
        sys.modules.pop("app", None)
    assert not flask.has_app_context()


def test_without_an_application_it_is_said_what_to_do(project: Path) -> None:
    before = list(sys.path)
    try:
        with (
            pytest.raises(MigrationError, match=r"set FLASK_APP.*`flask db`.*Could not locate"),
            application_of(project / "env.py", project),
        ):
            pass  # not reached
    finally:
        sys.path[:] = before


@pytest.mark.parametrize("text", ["", "from app import Base\n"])
def test_other_environments_get_none(project: Path, text: str) -> None:
    (project / "env.py").write_text(text)
    for env in (project / "env.py", None):
        with application_of(env, project / "nothing is here"):
            pass


def test_a_module_of_the_project_that_is_not_found_is_located(project: Path) -> None:
    (project / "src" / "shop").mkdir(parents=True)
    (project / "lonely.py").touch()
    (project / "src" / "db").mkdir()
    for name, place in (("shop.models", "%(here)s/.."), ("lonely", "%(here)s/../..")):
        with (
            pytest.raises(MigrationError, match="in the ini file") as caught,
            explained(str, project / "src" / "db"),
        ):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        assert f"add {place} to prepend_sys_path" in str(caught.value)
    with pytest.raises(MigrationError) as caught, explained(str, project / "src" / "db"):
        raise ModuleNotFoundError("No module named 'numpy'", name="numpy")
    assert str(caught.value).endswith("No module named 'numpy'")
