"""What `init` adds to files of others: parsed by whoever reads them, and nothing else is touched."""

from __future__ import annotations

import importlib
import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xcore_tools.discovery.results import Discovery, Model
from xcore_tools.errors import ConfigError
from xcore_tools.setup.facts import Facts, Layout
from xcore_tools.setup.hooks import hooks, with_hooks
from xcore_tools.setup.layout import layout_of
from xcore_tools.setup.plan import plan, settings_of, with_roots
from xcore_tools.setup.settings import as_json_section, in_json, in_toml

SETTINGS = {"alembic_config": "db/alembic.ini", "automigration": {"models": ["src/größe"]}}
ONLY_PATHS = {"automigration": {"models": ["app"], "plugins": ["plugins"]}}


def parsed_yaml(data: bytes) -> Any:
    return next(iter(importlib.import_module("yaml").safe_load_all(data)))


@pytest.mark.parametrize("added", [SETTINGS, ONLY_PATHS])
@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"# a comment\n[project]\nname = 'x'  # why\n\n\n[tool.black]\nline-length = 90",
        b"[project]\r\nname = 'x'\r\n",
        b"tool.black.line-length = 90\n",
        b"\xef\xbb\xbf[tool]\n",
    ],
)
def test_a_table_is_added_to_toml(before: bytes, added: dict[str, Any]) -> None:
    after = in_toml(before, added)
    assert after.startswith(before)
    expected = tomllib.loads(before.decode("utf-8-sig"))
    expected.setdefault("tool", {})["xcore-tools"] = added
    assert tomllib.loads(after.decode("utf-8-sig")) == expected
    assert (b"\r\n" in before) == (b"\r\n" in after)
    assert after.replace(b"\r\n", b"").count(b"\r") == 0


def test_a_toml_file_that_cannot_take_a_table_is_left_to_a_person() -> None:
    with pytest.raises(ConfigError, match=r"add this by hand:\n\[tool.xcore-tools\]"):
        in_toml(b"tool = {black = {}}\n", SETTINGS)


@pytest.mark.parametrize(
    "before",
    [
        "{}",
        '{"a": 1}',
        '{\n  "a": {"b": [1,2]},\n  "c": "größe"\n}\n',
        '\n{\r\n\t"a": 1\r\n}',
        "{ }\n",
    ],
)
def test_a_section_is_added_to_json(before: str) -> None:
    after = in_json(before.encode(), SETTINGS).decode()
    assert json.loads(after) == {"migration": SETTINGS, **json.loads(before)}
    assert after.endswith(before.partition("{")[2].lstrip())


@given(st.dictionaries(st.text(), st.integers() | st.lists(st.text())), st.integers(0, 4))
@settings(max_examples=50, deadline=None)
def test_any_object_takes_a_section(document: dict[str, Any], indent: int) -> None:
    document.pop("migration", None)
    before = json.dumps(document, indent=indent or None)
    assert json.loads(in_json(before.encode(), SETTINGS)) == {"migration": SETTINGS, **document}


def test_json_that_is_no_object_is_left_to_a_person() -> None:
    with pytest.raises(ConfigError, match="add this by hand"):
        in_json(b"[]", SETTINGS)


ORIGINS = {
    "index": "",
    "directory": json.dumps({"url": "file:///src", "dir_info": {}}),
    "git": json.dumps({"url": "https://host/x.git", "vcs_info": {"vcs": "git", "commit_id": "c0"}}),
}
YAML = [
    b"repos:\n  - repo: a\n    rev: b\n\n# about ci\nci:\n  skip: [x]\n",
    b"repos:\n- repo: a\n  rev: b",
    b"default_stages: [commit]\nrepos:  # all of them\r\n    -   repo: a\r\n        rev: b\r\n\r\n",
    b"---\n# top\nrepos:\n- repo: a\n  rev: b\n---\n",
    b"repos:\n  # first\n  - repo: a\n    hooks:\n      - id: x\n        args: [--y]\nexclude: z\n",
]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("before", YAML)
def test_hooks_are_one_item_more_of_the_list(before: bytes, origin: str) -> None:
    after = with_hooks(before, hooks("1.2.3", ORIGINS[origin]))
    assert after is not None
    old, new = parsed_yaml(before), parsed_yaml(after)
    added = new["repos"].pop()
    assert new == old
    assert [hook["id"] for hook in added["hooks"]] == ["xcore-tools-sync-env", "xcore-tools-heads"]
    lines = after.splitlines()
    assert [line for line in before.splitlines() if line not in lines] == []


@pytest.mark.parametrize(
    ("origin", "repo", "language"),
    [("index", "local", "python"), ("directory", "local", "system"), ("git", ORIGINS, None)],
)
def test_hooks_come_from_where_the_tool_came_from(
    origin: str, repo: object, language: str | None
) -> None:
    after = with_hooks(None, hooks("1.2.3", ORIGINS[origin]))
    assert after is not None
    (item,) = parsed_yaml(after)["repos"]
    assert item["repo"] == ("https://host/x.git" if origin == "git" else repo)
    assert item.get("rev") == ("c0" if origin == "git" else None)
    assert {hook.get("language") for hook in item["hooks"]} == {language}
    wanted = [["xcore-tools==1.2.3"]] * 2 if origin == "index" else [None] * 2
    assert [hook.get("additional_dependencies") for hook in item["hooks"]] == wanted


@pytest.mark.parametrize("before", [b"repos: []\n", b"", b"repos: [{repo: a}]\n", b"- repo: a\n"])
def test_a_list_that_is_not_understood_is_told(before: bytes) -> None:
    made = plan(Facts(Layout(), pre_commit=before), env=None)
    assert made.steps == ()
    assert made.notes[0].startswith(".pre-commit-config.yaml: add this to its `repos` by hand")


def test_hooks_are_not_added_twice() -> None:
    before = b"repos:\n  - repo: local\n    hooks: [{id: xcore-tools-check}]\n"
    assert plan(Facts(Layout(), pre_commit=before), env=None).steps == ()


def found(*places: tuple[str, str]) -> Discovery:
    """A discovery of one model in each of these modules and files."""
    models = [
        Model("M", module, "t", None, "declarative", None, None, "core", path, 1)
        for module, path in places
    ]
    return Discovery(tuple(models), (), (), ())


LAYOUTS: dict[str, tuple[list[tuple[str, str]], list[str], Layout]] = {
    "nothing": ([], ["a.py"], Layout()),
    "flat": ([("models", "models.py")], ["models.py", "app.py"], Layout()),
    "package": (
        [("shop.models", "shop/models.py")],
        ["shop/__init__.py", "shop/models.py", "setup.py"],
        Layout(models=("shop",)),
    ),
    "src": (
        [("shop.models", "src/shop/models.py"), ("x", "examples/x.py")],
        ["src/shop/__init__.py", "src/shop/models.py", "src/users/__init__.py", "examples/x.py"],
        Layout(models=("src/shop", "src/users"), set_aside=("examples",), roots=("src",)),
    ),
    "namespace": (
        [("company.shop.db", "company/shop/db/__init__.py")],
        ["company/shop/db/__init__.py"],
        Layout(models=("company",)),
    ),
    "packages beside it, but neither tests nor Alembic's scripts": (
        [("shop.models", "shop/models.py")],
        [f"{name}/__init__.py" for name in ("shop", "users", "tests", "migrations")],
        Layout(models=("shop", "users")),
    ),
    "plugins": (
        [("auth.models", "auth/models.py"), ("plugins.B.models", "plugins/B/models.py")],
        ["auth/models.py", "plugins/B/models.py"],
        Layout(models=("auth",), plugins=("plugins",)),
    ),
    "a package that is called plugins": (
        [("plugins.models", "plugins/models.py")],
        ["plugins/__init__.py", "plugins/models.py"],
        Layout(models=("plugins",)),
    ),
    "plugins beside modules": (
        [("models", "models.py"), ("plugins.B", "plugins/B.py")],
        ["models.py", "plugins/B.py"],
        Layout(models=(".",), plugins=("plugins",)),
    ),
    "two services": (
        [("app.models", "orders/app/models.py"), ("shop.models", "shop/models.py")],
        ["orders/app/models.py", "shop/models.py"],
        Layout(models=("orders/app", "shop"), roots=(".", "orders")),
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_layout_of_a_project(name: str) -> None:
    places, files, expected = LAYOUTS[name]
    assert layout_of(found(*places), files, scripts="migrations") == expected


def test_what_all_defaults_are_right_for_needs_no_settings() -> None:
    assert settings_of(Facts(Layout())) == {}
    assert plan(Facts(Layout()), env=None).steps == ()


INI = b"[alembic]\nprepend_sys_path = .\npath_separator = os\n"


@pytest.mark.parametrize(
    ("roots", "expected"),
    [
        ((".",), INI),
        (("src",), b"[alembic]\nprepend_sys_path = %(here)s/src\npath_separator = os\n"),
        (
            (".", "src"),
            b"[alembic]\nprepend_sys_path =\n    .\n    %(here)s/src\npath_separator = newline\n",
        ),
    ],
)
def test_import_roots_reach_the_ini_file(roots: tuple[str, ...], expected: bytes) -> None:
    assert with_roots(INI, roots) == expected


def test_a_whole_file_of_settings() -> None:
    assert json.loads(as_json_section(SETTINGS)) == {"migration": SETTINGS}
