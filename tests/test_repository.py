"""What the repository itself promises: its commands, its settings and its migrations."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from xcore_tools.config import load_config

ROOT = Path(__file__).resolve().parent.parent
APPLICATION = ROOT / "fixtures" / "xcore_app"


def test_the_readme_is_short_and_has_two_commands_and_ci_runs_the_second() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 180
    blocks = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    assert [command.startswith("python3 -m venv .venv && ") for command in commands] == [True, True]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert ci.splitlines()[-1] == commands[1]


def test_the_lowest_versions_that_are_tested_are_those_that_are_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    runtime = [
        *project["dependencies"],
        *(extras[name] for name in ("postgresql", "mysql", "zstd")),
    ]
    promised = {
        requirement.name: Version(next(iter(requirement.specifier)).version)
        for entry in runtime
        for requirement in map(Requirement, [entry] if isinstance(entry, str) else entry)
    }
    lines = (ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    tested = [Requirement(line) for line in lines if line and not line.startswith("#")]
    versions = {each.name: Version(next(iter(each.specifier)).version) for each in tested}
    assert versions.pop("psycopg-binary") == versions["psycopg"]
    assert versions == promised


def test_the_folder_alembic_is_no_package() -> None:
    """With an `__init__.py` it would hide the installed alembic from code that runs here."""
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_the_settings_name_the_application() -> None:
    config = load_config(start=ROOT / "tests")
    assert config.source == ROOT / "config.json"
    assert config.import_roots == (APPLICATION,)
    named = (*config.migration.automigration.models, *config.plugin_paths)
    assert all((ROOT / path).is_dir() for path in named)
    assert config.application_url == config.migration.url


@pytest.mark.parametrize("command", [["alembic"], [sys.executable, "-m", "alembic"]])
def test_migrations_make_exactly_the_tables_of_the_application(
    tmp_path: Path, command: list[str]
) -> None:
    if command == ["alembic"]:
        command = [str(Path(sys.executable).with_name("alembic"))]

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [*command, "-c", str(ROOT / "alembic.ini"), *arguments],
            cwd=tmp_path,
            env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("upgrade", "head")
    assert "No new upgrade operations detected" in run("check")
    run("downgrade", "base")
    assert "CREATE TABLE users" in run("upgrade", "head", "--sql")
    assert [path.name for path in tmp_path.iterdir()] == ["xcore_app.db"]


IMPORT_EVERYTHING = """
import importlib, sys, warnings
from pathlib import Path
from sqlalchemy.orm import configure_mappers

warnings.simplefilter("error")
root = Path(sys.argv[1])
sys.path.insert(0, str(root))
for path in sorted(root.rglob("*.py")):
    parts = path.relative_to(root).with_suffix("").parts
    importlib.import_module(".".join(parts).removesuffix(".__init__"))
configure_mappers()
"""


def test_every_module_of_the_application_can_be_imported() -> None:
    subprocess.run([sys.executable, "-B", "-c", IMPORT_EVERYTHING, str(APPLICATION)], check=True)
