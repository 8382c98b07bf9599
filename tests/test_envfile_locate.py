"""Finding the env.py by the settings of Alembic."""

from __future__ import annotations

from pathlib import Path

import pytest

from xcore_tools import Config
from xcore_tools.config import Migration
from xcore_tools.envfile.locate import find_env
from xcore_tools.errors import ConfigError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")


def env(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "env.py"
    path.touch()
    return path


def ini(project: Path, text: str, name: str = "alembic.ini") -> None:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "location",
    [
        "%(here)s/db/migrations",
        "db/migrations",
        "%(root)s/migrations",
        "./db/migrations/",
        "db.x:migrations",
    ],
)
def test_script_location_of_alembic_ini(tmp_path: Path, location: str) -> None:
    path = env(tmp_path / ("db/x/migrations" if ":" in location else "db/migrations"))
    ini(tmp_path, f"[alembic]\nroot = %(here)s/db\nscript_location = {location}\n")
    assert find_env(Config(project=tmp_path)).samefile(path)


def test_an_ini_elsewhere_counts_from_its_own_directory(tmp_path: Path) -> None:
    path = env(tmp_path / "conf" / "migrations")
    ini(tmp_path, "[alembic]\nscript_location = migrations\n", "conf/other.ini")
    config = Config(project=tmp_path, migration=Migration(alembic_config="conf/other.ini"))
    assert find_env(config) == path


def test_a_path_from_the_working_directory(tmp_path: Path) -> None:
    path = env(tmp_path / "elsewhere" / "migrations")
    ini(tmp_path, "[alembic]\nscript_location = migrations\n")
    assert find_env(Config(project=tmp_path)) == path


def test_a_percent_sign_and_an_endless_interpolation(tmp_path: Path) -> None:
    path = env(tmp_path / "50%s")
    ini(tmp_path, "[alembic]\nscript_location = 50%%s\n")
    assert find_env(Config(project=tmp_path)) == path
    ini(tmp_path, "[alembic]\na = x%(a)s\nscript_location = %(a)s\n")
    with pytest.raises(ConfigError, match="no such file"):
        find_env(Config(project=tmp_path))


def test_sections_are_chosen_by_name(tmp_path: Path) -> None:
    first, second = env(tmp_path / "one"), env(tmp_path / "two")
    ini(
        tmp_path,
        "[DEFAULT]\nx = 1\n[alembic]\nscript_location = one\n[other]\nscript_location = two\n",
    )
    assert find_env(Config(project=tmp_path)) == first
    assert find_env(Config(project=tmp_path), name="other") == second
    with pytest.raises(ConfigError, match=r"no section \[third\]; .*: alembic, other"):
        find_env(Config(project=tmp_path), name="third")
    ini(tmp_path, "[x]\n")
    with pytest.raises(ConfigError, match=r"has no section \[third\]$"):
        find_env(Config(project=tmp_path), name="third")


def test_a_package_below_an_import_root(tmp_path: Path) -> None:
    path = env(tmp_path / "lib" / "app" / "migrations")
    ini(tmp_path, "[alembic]\nscript_location = app:migrations\n")
    assert find_env(Config(project=tmp_path, import_roots=(tmp_path / "lib",))) == path


@pytest.mark.parametrize("with_ini", ["", "[loggers]\nkeys = root\n", "[alembic]\nx = 1\n"])
def test_pyproject_is_next(tmp_path: Path, with_ini: str) -> None:
    path = env(tmp_path / "migrations")
    ini(tmp_path, '[tool.alembic]\nscript_location = "%(here)s/migrations"\n', "pyproject.toml")
    if with_ini:
        ini(tmp_path, with_ini)
    assert find_env(Config(project=tmp_path)) == path


@pytest.mark.parametrize(
    "toml", ["tool = 1", "[tool]\nalembic = 1", "[tool.alembic]\nscript_location = 1"]
)
def test_other_values_in_pyproject_name_nothing(tmp_path: Path, toml: str) -> None:
    ini(tmp_path, f"# script_location\n{toml}\n", "pyproject.toml")
    with pytest.raises(ConfigError, match=r"no env\.py found"):
        find_env(Config(project=tmp_path))


@pytest.mark.parametrize("name", ["alembic", "migrations"])
def test_the_usual_place_without_any_settings(tmp_path: Path, name: str) -> None:
    path = env(tmp_path / name)
    assert find_env(Config(project=tmp_path)) == path


def test_two_usual_places_are_no_answer(tmp_path: Path) -> None:
    env(tmp_path / "alembic")
    env(tmp_path / "migrations")
    with pytest.raises(ConfigError, match="sync-env --env"):
        find_env(Config(project=tmp_path))


def test_a_location_without_a_file(tmp_path: Path) -> None:
    ini(tmp_path, "[alembic]\nscript_location = gone\n")
    with pytest.raises(
        ConfigError, match=r"gone/env\.py: no such file, though script_location is gone"
    ):
        find_env(Config(project=tmp_path))


def test_faults_of_the_files(tmp_path: Path) -> None:
    ini(tmp_path, "script_location = secret\n")
    with pytest.raises(ConfigError) as raised:
        find_env(Config(project=tmp_path))
    assert "not a valid ini file" in str(raised.value)
    assert "secret" not in str(raised.value)
    (tmp_path / "alembic.ini").unlink()
    ini(tmp_path, "script_location = [\n", "pyproject.toml")
    with pytest.raises(ConfigError, match="not valid TOML"):
        find_env(Config(project=tmp_path))


def test_an_alembic_config_that_is_a_pyproject(tmp_path: Path) -> None:
    path = env(tmp_path / "migrations")
    ini(tmp_path, '[tool.alembic]\nscript_location = "migrations"\n', "pyproject.toml")
    config = Config(project=tmp_path, migration=Migration(alembic_config="pyproject.toml"))
    assert find_env(config) == path
