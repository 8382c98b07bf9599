"""What is released: built, complete, and of use to somebody who has nothing else of this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "xcore_tools"

pytestmark = pytest.mark.slow

# What an application does with the library; each line says what its types have to be.
USER = """\
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import assert_type

import xcore_tools
from xcore_tools import (
    BackupManager, Change, Comparison, ConfigError, DatabaseInspector, DatabaseSchema, Databases,
    Discovery, Migrations, Model, Problem, Rewrite, Safety, State, Status, Style, Table,
    XcoreToolsError, compare_schemas, discover, load_config, read_schema, sync_env,
)


def models() -> list[str]:
    found: Discovery = discover([Path("app")], config=load_config(), columns=True)
    assert_type(found.models, tuple[Model, ...])
    for table in found.tables:
        assert_type(table, Table)
        if table.structure is not None:
            print([column.name for column in table.structure.columns])
    problems: tuple[Problem, ...] = found.problems
    print(problems)
    return [f"{model.module}.{model.name}" for model in found.models if model.table is not None]


def synchronised() -> bool:
    rewrite = sync_env(discover(), "alembic/env.py", style=Style.MODULES, write=False)
    assert_type(rewrite, Rewrite)
    return rewrite.changed


def migrated(url: str) -> Change:
    migrations = Migrations(url=url)
    status: Status = migrations.status()
    if status.state is State.AT_HEAD:
        raise ConfigError(["nothing to do"])
    manager: BackupManager = migrations.backups()
    print([backup.name for backup in manager.list()], xcore_tools.__version__.upper())
    return migrations.upgrade(safety=Safety(backup=True))


def differences(url: str) -> Comparison:
    live: DatabaseSchema = DatabaseInspector(url).inspect(include=["users"])
    return compare_schemas(read_schema("@source", load_config()), live)


def everywhere() -> None:
    with ThreadPoolExecutor() as executor:
        print(Databases().upgrade(executor=executor))


try:
    everywhere()
except XcoreToolsError as error:
    print(error)
"""


def run(*command: str | Path, cwd: Path = ROOT, code: int = 0) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the wheel and the source distribution."""
    place = tmp_path_factory.mktemp("dist")
    source = tmp_path_factory.mktemp("source") / "xcore-tools"
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    run(sys.executable, "-m", "build", "-q", "-o", place, source)
    return place


@pytest.fixture(scope="module")
def environment(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of programs of a new virtual environment with the wheel and what it needs."""
    place = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", place)
    (wheel,) = built.glob("*.whl")
    run(place / "bin" / "python", "-m", "pip", "install", "-q", wheel)
    return place / "bin"


def test_the_distributions_are_as_the_index_wants_them(built: Path) -> None:
    files = sorted(built.iterdir())
    assert [path.suffix for path in files] == [".whl", ".gz"]
    run(sys.executable, "-m", "twine", "check", "--strict", *files)


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    tracked = run("git", "ls-files", "xcore_tools").split()
    assert names == set(tracked)


def test_the_source_distribution_holds_what_it_takes_to_build(built: Path) -> None:
    (source,) = built.glob("*.gz")
    with tarfile.open(source) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    tracked = set(run("git", "ls-files", "xcore_tools").split())
    assert tracked | {"CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml"} <= names
    assert [name for name in names if name.startswith(("tests/", "fixtures/", "docs/"))] == []


def test_the_wheel_alone_finds_the_models_of_an_application(
    environment: Path, tmp_path: Path
) -> None:
    application = shutil.copytree(ROOT / "fixtures" / "xcore_app", tmp_path / "app")
    program = environment / "xcore-tools"
    assert "16 models, 19 tables" in run(program, "discover", cwd=application)
    assert "16 models, 19 tables" in run(
        environment / "python", "-m", "xcore_tools", "discover", cwd=application
    )
    run(program, "init", "--yes", cwd=application)
    assert "nothing to do" in run(program, "init", cwd=application)
    assert "No broken requirements" in run(environment / "python", "-m", "pip", "check")


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_types_are_those_of_a_user(environment: Path, tmp_path: Path, checker: str) -> None:
    (tmp_path / "user.py").write_text(USER)
    python = environment / "python"
    if checker == "mypy":
        options = ["--strict", "--python-executable", str(python), "--config-file", ""]
        assert "no issues found" in run(
            sys.executable, "-m", "mypy", *options, "user.py", cwd=tmp_path
        )
        (tmp_path / "user.py").write_text(USER.replace("tuple[Model, ...]", "tuple[str, ...]"))
        run(sys.executable, "-m", "mypy", *options, "user.py", cwd=tmp_path, code=1)
    else:
        (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
        program = Path(sys.executable).with_name("pyright")
        assert "0 errors" in run(program, "--pythonpath", python, "user.py", cwd=tmp_path)


def test_the_action_runs_as_github_runs_it(tmp_path: Path) -> None:
    """Its steps of shell, with the variables that GitHub sets and the defaults of its inputs."""
    yaml = pytest.importorskip("yaml")
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    application = shutil.copytree(ROOT / "fixtures" / "xcore_app", tmp_path / "app")
    (application / "migrations").mkdir()
    (application / "migrations" / "env.py").write_text("target_metadata = None\n")
    variables = {"RUNNER_TEMP": str(tmp_path), "GITHUB_ACTION_PATH": str(ROOT)}
    assert action["runs"]["using"] == "composite"
    assert [key for key, value in action["inputs"].items() if "default" not in value] == []

    def steps(command: str) -> tuple[int, str]:
        inputs = {key: value["default"] for key, value in action["inputs"].items()}
        inputs |= {"run": command, "python-version": "3"}
        code, printed = 0, ""
        for step in action["runs"]["steps"]:
            if "run" not in step:
                assert step["uses"].startswith("actions/setup-python@v")
                continue
            given = {
                name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: inputs[m[1]], text)
                for name, text in step.get("env", {}).items()
            }
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=application,
                env={**os.environ, **variables, **given},
                capture_output=True,
                text=True,
                check=False,
            )
            code, printed = done.returncode, done.stdout + done.stderr
        return code, printed

    code, printed = steps(action["inputs"]["run"]["default"])
    assert (code, "would be updated" in printed) == (1, True)
    assert steps("sync-env --quiet") == (0, "")
    assert steps(action["inputs"]["run"]["default"])[0] == 0
