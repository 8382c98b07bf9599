"""`xcore-tools config`: the settings that count, and the schema that their file can be checked with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from xcore_tools.cli import main
from xcore_tools.config import config_schema, load_config
from xcore_tools.config.schema import Migration
from xcore_tools.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("XCORE_TOOLS_CONFIG", "XCORE_TOOLS_DATABASE_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def write(settings: dict[str, Any]) -> None:
    Path("config.json").write_text(json.dumps(settings))


def shown(capsys: Output) -> dict[str, tuple[object, str]]:
    assert main(["config", "show", "--format", "json"]) == 0
    lines = json.loads(capsys.readouterr().out)
    return {line["key"]: (line["value"], line["source"]) for line in lines}


def test_each_setting_says_where_it_comes_from(tmp_path: Path, capsys: Output) -> None:
    write(
        {
            "migration": {
                "backup": {"max_backup_files": 3},
                "explusion_patern": {"bases": "app.Base"},
            }
        }
    )
    lines = shown(capsys)
    assert lines["project"] == (str(tmp_path), "config.json")
    assert lines["migration.backup.max_backup_files"] == (3, "config.json")
    assert lines["migration.model_discovery.bases"] == (["app.Base"], "config.json")
    assert lines["migration.backup.compression"] == ("none", "default")
    assert lines["migration.url"] == (None, "default")
    assert lines["database"][0] is None


def test_without_settings_all_are_defaults(capsys: Output) -> None:
    lines = shown(capsys)
    assert {source for key, (_, source) in lines.items() if key.startswith("migration.")} == {
        "default"
    }
    assert lines["project"][1] == "nowhere"


def test_the_database_is_the_one_that_counts(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"migration": {"url": "sqlite:///a.db"}})
    assert shown(capsys)["database"][1] == "migration.url in config.json"
    monkeypatch.setenv("DATABASE_URL", "sqlite:///b.db")
    assert shown(capsys)["database"][1] == "DATABASE_URL"


def test_no_password_is_shown(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    write(
        {
            "migration": {
                "url": "postgresql://me:hunter2@db/app?password=hunter2",
                "databases": {"a": "mysql://me:${SECRET}@db/a", "b": "no url hunter2"},
            }
        }
    )
    for arguments in ([], ["--format", "json"]):
        assert main(["config", "show", *arguments]) == 0
        captured = capsys.readouterr()
        assert "hunter2" not in captured.out + captured.err
        assert "me:***@db/app" in captured.out


def test_the_text_has_a_line_for_each_setting(capsys: Output) -> None:
    write({"migration": {"alembic_config": "conf/alembic.ini"}})
    assert main(["config", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = (line for line in lines if line.startswith("migration.alembic_config "))
    assert line.split() == ["migration.alembic_config", '"conf/alembic.ini"', "config.json"]


# -- the schema ---------------------------------------------------------------------------------

GOOD: list[dict[str, Any]] = [
    {},
    {"$schema": "https://example.org/config.schema.json"},
    {"migration": {}, "xcore": {"data": {"url": "x"}}, "other": 1},
    {"migration": {"url": None, "automigration": {"models": "app", "plugins": ["plugins"]}}},
    {"migration": {"explusion_patern": {"include_file_patterns": "*.py"}}},
    {"migration": {"backup": {"compression": "zstd", "max_backup_age_days": 3}}},
    {"migration": {"databases": {"acme": "sqlite:///acme.db"}, "schemas": ["a"]}},
]
BAD: list[dict[str, Any]] = [
    {"migration": {"automigrations": {}}},
    {"migration": {"backup": {"max_backup_files": 0}}},
    {"migration": {"backup": {"compression": "rar"}}},
    {"migration": {"auto_discover_models": "yes"}},
    {"migration": {"model_discovery": {"bases": ["no name"]}}},
    {"migration": {"alembic_config": ""}},
]


@pytest.mark.parametrize("settings", GOOD)
def test_what_is_read_is_valid(settings: dict[str, Any]) -> None:
    write(settings)
    load_config(Path("config.json"))
    jsonschema.validate(settings, config_schema())


@pytest.mark.parametrize("settings", BAD)
def test_what_is_refused_is_not_valid(settings: dict[str, Any]) -> None:
    write(settings)
    with pytest.raises(ConfigError):
        load_config(Path("config.json"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(settings, config_schema())


def test_the_schema_is_one_and_knows_every_key(capsys: Output) -> None:
    assert main(["config", "schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(printed)
    keys = printed["$defs"]["Migration"]["properties"]
    assert set(keys) == {*Migration.__struct_fields__, "explusion_patern"}


def test_the_published_schema_is_that_of_the_types() -> None:
    """`xcore-tools config schema > xcore_tools/config/config.schema.json` brings it up to date."""
    published = ROOT / "xcore_tools" / "config" / "config.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == json.loads(
        json.dumps(config_schema())
    )


def test_the_settings_of_this_repository_are_valid() -> None:
    settings = json.loads((ROOT / "config.json").read_text(encoding="utf-8"))
    jsonschema.validate(settings, config_schema())
