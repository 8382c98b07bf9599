"""load_config: where settings are found, what they may hold, and what is said about their faults."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xcore_tools.config import Config, Migration, load_config
from xcore_tools.errors import ConfigError

Write = Callable[[str, object], Path]

# As in the field: the two shapes that the customer's repository has had.
WITH_PLUGINS_PATH = {
    "url": "sqlite:///test.db",
    "alembic_config": "alembic.ini",
    "auto_discover_models": True,
    "automigration": {"models": ["./data/models", "./manager/models"]},
    "model_discovery": {
        "plugins_path": "plugins",
        "exclude_directories": ["__pycache__", ".git", "node_modules", "venv", ".pytest_cache"],
        "include_file_patterns": ["*.py"],
        "exclude_file_patterns": ["__init__.py", "test_*.py", "*_test.py"],
    },
    "backup": {
        "auto_backup_before_migration": True,
        "backup_directory": "backups",
        "max_backup_files": 10,
        "backup_name_format": "backup_{timestamp}.db",
    },
    "logger": {"console": False, "file": "migration.log"},
}
WITH_EXPLUSION_PATERN = {
    **{key: value for key, value in WITH_PLUGINS_PATH.items() if key != "model_discovery"},
    "automigration": {"models": ["./auth", "./otpProvider"], "plugins": ["./plugins"]},
    "explusion_patern": {
        "exclude_directories": ["venv"],
        "include_file_patterns": "*.py",
        "exclude_file_patterns": ["__init__.py", "test_*.py", "*_test.py"],
    },
}


@pytest.fixture(autouse=True)
def _in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XCORE_TOOLS_CONFIG", raising=False)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write text, bytes or a JSON document below the project."""

    def write(name: str, content: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, encoding="utf-8")
        return path

    return write


def faults_of(path: Path | None = None, *, start: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_config(path, start=start)
    return caught.value.faults


def faults_in(write: Write, migration: object) -> tuple[str, ...]:
    write("config.json", {"migration": migration})
    return faults_of()


# Where settings are found


def test_without_any_file_the_start_directory_and_defaults_count(tmp_path: Path) -> None:
    (tmp_path / ".git").rmdir()
    config = load_config()
    assert config == Config(project=tmp_path)
    assert config.migration == Migration()
    assert config.migration.model_discovery.include_file_patterns == ("*.py",)
    assert "env" not in config.migration.model_discovery.exclude_directories
    assert "build" not in config.migration.model_discovery.exclude_directories


@pytest.mark.parametrize("marker", ["alembic.ini", "pyproject.toml"])
def test_a_marker_names_the_project(tmp_path: Path, write: Write, marker: str) -> None:
    write(f"service/{marker}", "")
    start = tmp_path / "service" / "app"
    start.mkdir()
    assert load_config(start=start) == Config(project=tmp_path / "service")


def test_a_repository_names_the_project(tmp_path: Path) -> None:
    start = tmp_path / "app" / "models"
    start.mkdir(parents=True)
    assert load_config(start=start).project == tmp_path


def test_the_nearest_settings_above_count(tmp_path: Path, write: Write) -> None:
    write("config.json", {"migration": {"url": "sqlite:///outer.db"}})
    inner = write("service/config.json", {"migration": {"url": "sqlite:///inner.db"}})
    write("service/app/pyproject.toml", "[project]\nname = 'app'\n")
    config = load_config(start=tmp_path / "service" / "app")
    assert config.migration.url == "sqlite:///inner.db"
    assert config.source == inner
    assert config.project == inner.parent


def test_the_search_ends_at_the_repository(tmp_path: Path, write: Write) -> None:
    write("config.json", {"migration": {"url": "sqlite:///outer.db"}})
    (tmp_path / "vendored" / ".git").mkdir(parents=True)
    assert load_config(start=tmp_path / "vendored") == Config(project=tmp_path / "vendored")


@pytest.mark.parametrize(
    "content",
    [
        '{"compilerOptions": {}}',
        "[1, 2]",
        "// not ours\n{",
        '"a word about a migration"',
        '{"note": "migration"}',
    ],
)
def test_a_foreign_config_json_is_left_alone(tmp_path: Path, write: Write, content: str) -> None:
    write("config.json", content)
    assert load_config() == Config(project=tmp_path)


def test_a_foreign_broken_pyproject_is_left_alone(tmp_path: Path, write: Write) -> None:
    write("pyproject.toml", "[tool.other\n")
    assert load_config() == Config(project=tmp_path)


def test_a_directory_of_that_name_is_no_settings_file(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    assert load_config() == Config(project=tmp_path)


def test_pyproject_holds_the_same_keys(tmp_path: Path, write: Write) -> None:
    source = write(
        "pyproject.toml",
        '[tool.xcore-tools]\nurl = "sqlite:///a.db"\n[tool.xcore-tools.automigration]\n'
        'models = ["app"]\n',
    )
    config = load_config()
    assert config.source == source
    assert config.migration.automigration.models == ("app",)


def test_the_section_of_the_application_is_read_beside_a_pyproject(write: Write) -> None:
    write("pyproject.toml", "[tool.xcore-tools]\n")
    write("config.json", {"xcore": {"data": {"url": "sqlite:///app.db"}}})
    assert load_config().application_url == "sqlite:///app.db"


def test_settings_in_two_places_are_a_fault(write: Write) -> None:
    write("config.json", {"migration": {"urls": "x"}})
    write("pyproject.toml", "[tool.xcore-tools]\nbackups = 1\n")
    faults = faults_of()
    assert faults[0] == (
        "config.json (migration) and pyproject.toml (tool.xcore-tools) both hold settings; "
        "keep one of the two"
    )
    assert "pyproject.toml: tool.xcore-tools.backups: unknown key" in faults[1]


def test_a_named_file_comes_first(tmp_path: Path, write: Write) -> None:
    write("config.json", {"migration": {"url": "sqlite:///found.db"}})
    named = write("other/settings.json", {"migration": {"url": "sqlite:///named.db"}})
    config = load_config(Path("other/settings.json"))
    assert config.migration.url == "sqlite:///named.db"
    assert (config.project, config.source) == (tmp_path / "other", named)


def test_the_environment_names_a_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("config.json", {"migration": {"url": "sqlite:///found.db"}})
    named = write("other.json", {"migration": {"url": "sqlite:///named.db"}})
    monkeypatch.setenv("XCORE_TOOLS_CONFIG", "other.json")
    assert load_config().source == named
    assert load_config(Path("config.json")).migration.url == "sqlite:///found.db"
    monkeypatch.setenv("XCORE_TOOLS_CONFIG", "")
    assert load_config().migration.url == "sqlite:///found.db"


@pytest.mark.parametrize("name", ["named.json", "named.toml"])
def test_a_named_file_without_our_section_means_defaults(write: Write, name: str) -> None:
    named = write(name, "{}" if name.endswith("json") else "")
    assert load_config(named) == Config(project=named.parent, source=named)


# What they may hold


def test_both_shapes_of_the_field_are_accepted(write: Write) -> None:
    write("config.json", {"$schema": "x", "migration": WITH_PLUGINS_PATH, "secure": {}})
    config = load_config()
    assert config.migration.automigration.models == ("./data/models", "./manager/models")
    assert config.migration.model_discovery.exclude_file_patterns[0] == "__init__.py"
    assert config.plugin_paths == ("plugins",)
    assert config.migration.logger.file == "migration.log"

    write("config.json", {"migration": WITH_EXPLUSION_PATERN})
    config = load_config()
    assert config.migration.model_discovery.include_file_patterns == ("*.py",)
    assert config.migration.model_discovery.exclude_directories == ("venv",)
    assert config.plugin_paths == ("./plugins",)


def test_a_plugins_path_named_twice_counts_once(write: Write) -> None:
    both = {
        "automigration": {"plugins": ["./plugins", "more"]},
        "model_discovery": {"plugins_path": "plugins/"},
    }
    write("config.json", {"migration": both})
    assert load_config().plugin_paths == ("./plugins", "more")


@pytest.mark.parametrize(
    ("xcore", "url"),
    [
        ({"data": {"url": "sqlite:///a.db", "echo": True}, "own": [1]}, "sqlite:///a.db"),
        ({"data": {"url": 1}}, None),
        ({"data": None}, None),
        ({}, None),
    ],
)
def test_the_section_of_the_application_is_untouched(
    write: Write, xcore: dict[str, object], url: str | None
) -> None:
    write("config.json", {"xcore": xcore, "migration": {}})
    config = load_config()
    assert config.xcore == xcore
    assert config.application_url == url


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_that_json_allows_are_read(write: Write, encoding: str) -> None:
    write("config.json", '{"migration": {"url": "sqlite:///é.db"}}'.encode(encoding))
    assert load_config().migration.url == "sqlite:///é.db"


# What is said about their faults


def test_every_fault_is_told_at_once(write: Write) -> None:
    assert faults_in(
        write,
        {
            "urll": "x",
            "auto_discover_models": "yes",
            "automigration": {"models": ["./auth", 3, ""]},
            "model_discovery": {"bases": ["app.db:Base"], "zzz": 1},
            "backup": {"max_backup_files": "ten", "backup_directory": None},
            "logger": [],
        },
    ) == (
        "config.json: migration.urll: unknown key; did you mean url?",
        'config.json: migration.auto_discover_models: expected true or false, not "yes"; '
        "write for example true",
        "config.json: migration.automigration.models[1]: expected a non-empty string, not 3; "
        'write for example "alembic.ini"',
        'config.json: migration.automigration.models[2]: expected a non-empty string, not ""; '
        'write for example "alembic.ini"',
        "config.json: migration.model_discovery.bases[0]: expected a dotted Python name, "
        'not "app.db:Base"; write for example "app.database.Base"',
        "config.json: migration.model_discovery.zzz: unknown key; the keys here are plugins_path, "
        "exclude_directories, include_file_patterns, exclude_file_patterns, bases, import_roots, "
        "exclude_metadata",
        "config.json: migration.backup.max_backup_files: expected a whole number of at least 1, "
        'not "ten"; write for example 10',
        "config.json: migration.backup.backup_directory: expected a non-empty string, not null; "
        'write for example "backups"',
        "config.json: migration.logger: expected a section with keys and values, not a list",
    )


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("alembic-config", "alembic_config"),
        ("Automigrations", "automigration"),
        ("exclusion_pattern", "model_discovery"),
        ("logging", "logger"),
    ],
)
def test_an_unknown_key_suggests_the_nearest(write: Write, key: str, meant: str) -> None:
    assert faults_in(write, {key: {}})[0].endswith(f"did you mean {meant}?")


@pytest.mark.parametrize("value", [0, -1, True, 2.5, [1], {}, None])
def test_a_number_of_backups_is_a_positive_whole_number(write: Write, value: object) -> None:
    (fault,) = faults_in(write, {"backup": {"max_backup_files": value}})
    assert "expected a whole number of at least 1" in fault


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "", 5, {"a": "b"}, ["x"]])
def test_text_that_no_path_can_hold_is_a_fault(write: Write, value: object) -> None:
    (fault,) = faults_in(write, {"model_discovery": {"plugins_path": value}})
    assert "migration.model_discovery.plugins_path: expected a non-empty string" in fault
    fault.encode()


@pytest.mark.parametrize("value", [5, {"a": "b"}, None, True])
def test_a_list_is_a_list_or_one_string(write: Write, value: object) -> None:
    (fault,) = faults_in(write, {"model_discovery": {"include_file_patterns": value}})
    assert fault.endswith('write for example ["*.py"]')


def test_both_spellings_of_one_section_are_a_fault(write: Write) -> None:
    (fault,) = faults_in(write, {"model_discovery": {}, "explusion_patern": {}})
    assert "a second spelling of config.json: migration.model_discovery" in fault


def test_a_long_string_is_not_repeated(write: Write) -> None:
    (fault,) = faults_in(write, {"auto_discover_models": "postgresql://app:s3cr3t@db/" + "x" * 40})
    assert "s3cr3t" not in fault


@pytest.mark.parametrize("section", [[], "x", 1, None])
def test_a_section_that_is_none_is_a_fault(write: Write, section: object) -> None:
    (fault,) = faults_in(write, section)
    assert fault.startswith("config.json: migration: expected a section")


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("config.json", '{"migration": {\n  "url" 1\n}}', "line 2, column 9: not valid JSON"),
        ("config.json", b'{"migration": "\xff"}', "byte 16: not UTF-8 text; save it as UTF-8"),
        ("config.json", '{"migration": ' + "[" * 100_000, "nested too deeply"),
        ("config.json", '{"migration": ' + "1" * 5000 + "}", "a number too long"),
        ("pyproject.toml", "[tool.xcore-tools]\nurl = x\n", "(at line 2, column 7)"),
        ("pyproject.toml", b"[tool.xcore-tools]\n# \xff", "not UTF-8 text"),
        ("pyproject.toml", "[tool]\nxcore-tools = 1", "tool.xcore-tools: expected a section"),
        ("pyproject.toml", "[tool.xcore-tools]\nurl = 1979-05-27", "not a date"),
    ],
)
def test_a_broken_document_is_a_fault(
    write: Write, name: str, content: str | bytes, part: str
) -> None:
    write(name, content)
    (fault,) = faults_of()
    assert fault.startswith(f"{name}: ")
    assert part in fault


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("confg.json", "confg.json: does not exist; did you mean config.json?"),
        ("nowhere/config.json", "does not exist; nor does its directory"),
        ("zzz", "zzz: does not exist; correct the path"),
        ("list.json", "list.json: expected one object"),
        ("folder", "folder: is a directory; name a file in it, such as folder/config.json"),
        ("alembic.ini", "alembic.ini: is no settings file"),
        ("nul\0", "does not exist"),
        ("x" * 5000, "does not exist"),
    ],
)
def test_a_named_file_that_cannot_be_used_is_a_fault(write: Write, name: str, part: str) -> None:
    write("config.json", {})
    write("list.json", "[]")
    write("folder/x", "")
    write("alembic.ini", "")
    assert part in faults_of(Path(name))[0]


def test_the_variable_is_named_when_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCORE_TOOLS_CONFIG", "gone.json")
    assert faults_of() == ("XCORE_TOOLS_CONFIG: gone.json: does not exist; correct the path",)


def test_a_file_elsewhere_is_named_in_full(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write("config.json", {"migration": 1})
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path / "app")
    assert faults_of()[0].startswith(f"{file.as_posix()}: migration: ")


def test_a_start_that_cannot_be_looked_at_holds_nothing(tmp_path: Path) -> None:
    assert load_config(start=tmp_path / ("x" * 5000)) == Config(project=tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_an_unreadable_file_is_a_fault(write: Write) -> None:
    write("config.json", {"migration": {}}).chmod(0)
    assert "cannot be read" in faults_of()[0]


def test_a_file_that_vanishes_is_a_fault(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(_: Path) -> bytes:
        raise FileNotFoundError(2, "No such file or directory")

    write("config.json", {"migration": {}})
    monkeypatch.setattr("xcore_tools.config.files.read_regular", vanish)
    assert faults_of() == (
        "config.json: cannot be read (No such file or directory); check its permissions",
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
known_keys = st.sampled_from(
    [*WITH_PLUGINS_PATH, "explusion_patern", "models", "plugins", "file", "bases", "import_roots"]
)
sections = st.dictionaries(
    known_keys, json_values | st.dictionaries(known_keys, json_values), max_size=5
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(section=sections, noise=st.binary(max_size=3))
def test_settings_load_or_are_faults(write: Write, section: object, noise: bytes) -> None:
    write("config.json", json.dumps({"migration": section}).encode() + noise)
    faults: tuple[str, ...] = ("config.json: none",)
    try:
        migration = load_config().migration
        hash(
            (migration.automigration, migration.model_discovery, migration.backup, migration.logger)
        )
    except ConfigError as error:
        faults = error.faults
    assert faults
    assert all(fault.startswith("config.json: ") and fault.encode() for fault in faults)


def test_items_of_a_list_that_do_not_fit_are_all_named(write: Write) -> None:
    faults = faults_in(write, {"model_discovery": {"import_roots": [None, "src", 3]}})
    assert [fault.partition(": expected")[0] for fault in faults] == [
        "config.json: migration.model_discovery.import_roots[0]",
        "config.json: migration.model_discovery.import_roots[2]",
    ]


def test_backups_can_be_compressed_and_of_an_age(write: Write) -> None:
    write(
        "config.json", {"migration": {"backup": {"compression": "gzip", "max_backup_age_days": 30}}}
    )
    backup = load_config().migration.backup
    assert (backup.compression, backup.max_backup_age_days) == ("gzip", 30)
    assert faults_in(write, {"backup": {"compression": "bzip2", "max_backup_age_days": 0}}) == (
        'config.json: migration.backup.compression: expected "none", "gzip" or "zstd", not "bzip2"; '
        'write for example "none"',
        "config.json: migration.backup.max_backup_age_days: expected a whole number of at least 1, "
        "not 0; write for example 30",
    )


# Import roots


def test_import_roots_are_absolute_and_each_once(tmp_path: Path, write: Write) -> None:
    write("config.json", {"migration": {"model_discovery": {"import_roots": ["src", "./lib/"]}}})
    write("alembic.ini", "[alembic]\nprepend_sys_path = .:%(here)s/src:../shared\n")
    assert load_config().import_roots == (
        tmp_path / "src",
        tmp_path / "lib",
        tmp_path,
        tmp_path.parent / "shared",
    )


def test_prepended_paths_count_from_their_file(tmp_path: Path, write: Write) -> None:
    write("config.json", {"migration": {"alembic_config": "backend/alembic.ini"}})
    write("backend/alembic.ini", "[alembic]\nprepend_sys_path = app\npath_separator = os\n")
    assert load_config().import_roots == (tmp_path / "backend" / "app",)


@pytest.mark.parametrize("value", ['["%(here)s/src", "lib", 1]', '"src"', "3"])
def test_pyproject_may_hold_them_for_alembic(tmp_path: Path, write: Write, value: str) -> None:
    write("pyproject.toml", f"[tool.alembic]\nprepend_sys_path = {value}\n")
    expected = {"[": ("src", "lib"), '"': ("src",), "3": ()}[value[0]]
    assert load_config().import_roots == tuple(tmp_path / name for name in expected)


@pytest.mark.parametrize("text", ["[tool]\nalembic = 1 # prepend_sys_path", "# prepend_sys_path"])
def test_a_pyproject_without_them_names_nothing(write: Write, text: str) -> None:
    write("pyproject.toml", text)
    assert load_config().import_roots == ()


@pytest.mark.parametrize(
    ("value", "separator", "expected"),
    [
        (".", None, (".",)),
        ("", None, ()),
        (". src,lib:more", None, (".", "src", "lib", "more")),
        (f"src{os.pathsep}lib", "os", ("src", "lib")),
        ("src:my lib", ":", ("src", "my lib")),
        ("src;lib", ";", ("src", "lib")),
        ("src lib", "space", ("src", "lib")),
        ("\n  src\n  lib", "newline", ("src", "lib")),
        ("%(here)s/src:%(root)s/lib:50%%:%(unknown)s", ":", None),
    ],
)
def test_prepend_sys_path_is_split_as_alembic_does(
    value: str, separator: str | None, expected: tuple[str, ...] | None, write: Write
) -> None:
    text = f"[DEFAULT]\nroot = /r\n[alembic]\nprepend_sys_path = {value}\n"
    if separator:
        text += f"path_separator = {separator}\n"
    here = write("alembic.ini", text).parent
    listed = (f"{here}/src", "/r/lib", "50%", "%(unknown)s") if expected is None else expected
    assert load_config().import_roots == tuple(here / path for path in listed)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "[alembic]\nprepend_sys_path = .\npath_separator = |\n",
            "alembic.ini: path_separator: expected one of space, newline, os, :, ;",
        ),
        ("url = s3cr3t\n", "alembic.ini: line 1: not a valid ini file; correct the line"),
        ("[alembic]\ns3cr3t\n", "alembic.ini: line 2: not a valid ini file; correct the line"),
        (
            "[alembic]\nurl = s3cr3t\nurl = s3cr3t\n",
            "alembic.ini: line 3: not a valid ini file; correct the line",
        ),
        (
            "[alembic]\nurl = 1\n[alembic]\n",
            "alembic.ini: line 3: not a valid ini file; correct the line",
        ),
    ],
)
def test_a_broken_ini_file_is_a_fault(write: Write, text: str, fault: str) -> None:
    write("alembic.ini", text)
    assert faults_of() == (fault,)


def test_an_ini_file_in_another_encoding_is_read(tmp_path: Path, write: Write) -> None:
    write("alembic.ini", "# größe\n[alembic]\nprepend_sys_path = src\n".encode("latin-1"))
    assert load_config().import_roots == (tmp_path / "src",)


def test_a_list_with_a_fault_in_it_is_told_like_any_other(write: Write) -> None:
    listed = {"migration": {"model_discovery": {"import_roots": [None, "lib"]}}}
    write("config.json", listed)
    with pytest.raises(ConfigError, match=r"import_roots\[0\]: expected a non-empty string"):
        load_config()
