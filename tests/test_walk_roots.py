"""find_roots: what configured paths mean, and what is said about those that mean nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xcore_tools.discovery.results import Problem
from xcore_tools.discovery.walk import Root, Rules, find_roots


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The shape of the customer's application."""
    project = tmp_path.resolve() / "project"
    for path in (
        "auth/models.py",
        "manager/models/task.py",
        "otpprovider/models.py",
        "plugins/__init__.py",
        "plugins/Billing/models.py",
        "plugins/audit.py",
        "plugins/blog/__init__.py",
    ):
        file = project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return project


def roots_of(project: Path, *models: str, plugins: tuple[str, ...] = ()) -> dict[str, str]:
    roots, problems = find_roots(project, models, plugins)
    assert problems == []
    return {root.path.relative_to(project).as_posix(): root.origin for root in roots}


def problem_of(project: Path, *models: str, plugins: tuple[str, ...] = ()) -> Problem:
    _, (problem,) = find_roots(project, models, plugins)
    return problem


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ("./auth", "auth"),
        ("auth/", "auth"),
        ("./manager/models/", "manager/models"),
        ("auth/models.py", "auth/models.py"),
        ("auth/../auth", "auth"),
        (".", "."),
        ("", "."),
    ],
)
def test_an_entry_is_a_directory_or_a_file(project: Path, entry: str, path: str) -> None:
    assert roots_of(project, entry) == {path: "core"}


def test_an_absolute_path_inside_the_project(project: Path) -> None:
    assert roots_of(project, str(project / "auth")) == {"auth": "core"}


def test_an_entry_given_twice_is_one_root(project: Path) -> None:
    roots, _ = find_roots(project, ["./auth", "auth/"], [])
    assert roots == [Root(project / "auth")]


def test_roots_keep_the_order_of_the_configuration(project: Path) -> None:
    assert [*roots_of(project, "otpprovider", "auth")] == ["otpprovider", "auth"]


def test_each_child_of_a_plugins_path_is_a_plugin(project: Path) -> None:
    assert roots_of(project, plugins=("./plugins",)) == {
        "plugins/Billing": "plugin:Billing",
        "plugins/__init__.py": "core",
        "plugins/audit.py": "plugin:audit",
        "plugins/blog": "plugin:blog",
    }


def test_only_what_is_named_itself_is_reported_whatever_the_patterns_say(project: Path) -> None:
    roots, _ = find_roots(project, ["auth/models.py"], ["plugins", "plugins/audit.py"])
    named = {root.path.name: root.named for root in roots if root.path.suffix}
    assert named == {"models.py": True, "__init__.py": False, "audit.py": True}


def test_a_file_may_be_named_as_plugin(project: Path) -> None:
    assert roots_of(project, plugins=("plugins/audit.py",)) == {"plugins/audit.py": "plugin:audit"}


def test_children_that_are_no_plugins(project: Path) -> None:
    plugins = project / "plugins"
    for name in (".hidden", "__pycache__", "node_modules", "legacy", "old-stuff"):
        (plugins / name).mkdir()
    (plugins / "venv-of-mine").mkdir()
    (plugins / "venv-of-mine" / "pyvenv.cfg").touch()
    (plugins / "README.md").touch()
    (plugins / ".hidden.py").touch()
    rules = Rules(exclude_directories=("legacy", "plugins/old-*"))
    roots, problems = find_roots(project, [], ["plugins"], rules)
    assert {root.path.name for root in roots} == {"Billing", "__init__.py", "audit.py", "blog"}
    assert problems == []


def test_the_missing_path_of_the_customer(project: Path) -> None:
    """The real config.json says ./otpProvider, the directory is otpprovider."""
    if (project / "otpProvider").exists():
        pytest.skip("the file system does not tell upper from lower case")
    roots, problems = find_roots(project, ["./auth", "./otpProvider"], [])
    assert roots == [Root(project / "auth")]
    assert problems == [
        Problem(
            path="./otpProvider",
            line=0,
            code="XT110",
            severity="error",
            message="path './otpProvider' does not exist; the nearest that does is 'otpprovider'",
        )
    ]


@pytest.mark.parametrize(
    ("entry", "nearest"),
    [
        pytest.param("auht", "'auth'", id="typing error"),
        pytest.param("auth/model.py", "'auth/models.py'", id="last part"),
        pytest.param("auth/model", "'auth/models.py'", id="a file without its suffix"),
        pytest.param("mangaer/models/task.py", "'manager/models/task.py'", id="first part"),
        pytest.param("Manager/Models/Task.py", "'manager/models/task.py'", id="case of all parts"),
        pytest.param("manager/zzz/q", "'manager'", id="only the first directory exists"),
        pytest.param("auth/models.py/x", "'auth/models.py'", id="below a file"),
    ],
)
def test_the_nearest_path_is_named(project: Path, entry: str, nearest: str) -> None:
    problem = problem_of(project, entry)
    assert (problem.code, problem.severity, problem.path) == ("XT110", "error", entry)
    assert problem.message.endswith(f"the nearest that does is {nearest}")


def test_nothing_alike(project: Path) -> None:
    assert problem_of(project, "zzz").message == "path 'zzz' does not exist; nothing like it does"


def test_a_hidden_directory_is_not_suggested(project: Path) -> None:
    (project / ".zzzy").mkdir()
    assert problem_of(project, "zzzx").message.endswith("nothing like it does")


def test_a_missing_plugins_path(project: Path) -> None:
    assert problem_of(project, plugins=("plugin",)).message.endswith("'plugins'")


@pytest.mark.parametrize("entry", ["..", "../other", "/", "auth/../../other/x.py"])
def test_a_path_outside_the_project(project: Path, entry: str) -> None:
    (project.parent / "other").mkdir()
    problem = problem_of(project, entry)
    assert (problem.code, problem.severity, problem.path) == ("XT110", "error", entry)
    assert "lies outside the project" in problem.message


def test_a_directory_whose_name_starts_like_the_project_lies_outside(project: Path) -> None:
    (project.parent / "project2").mkdir()
    assert "lies outside" in problem_of(project, "../project2").message


def test_a_link_inside_the_project_is_its_target(project: Path) -> None:
    (project / "link").symlink_to("auth")
    assert roots_of(project, "link") == {"auth": "core"}


def test_a_link_that_leads_outside(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project / "link").symlink_to(tmp_path / "elsewhere")
    (project / "plugins" / "linked").symlink_to(tmp_path / "elsewhere")
    _, problems = find_roots(project, ["link"], ["plugins"])
    assert [(each.code, each.path, each.severity) for each in problems] == [
        ("XT111", "link", "error"),
        ("XT111", "plugins/linked", "warning"),
    ]


def test_a_broken_link_does_not_exist(project: Path) -> None:
    (project / "broken").symlink_to("nothing")
    assert "does not exist" in problem_of(project, "broken").message


def test_a_project_reached_through_a_link(project: Path, tmp_path: Path) -> None:
    alias = tmp_path / "alias"
    alias.symlink_to(project)
    roots, problems = find_roots(alias, ["auth", str(alias / "manager")], [])
    assert [root.path for root in roots] == [project / "auth", project / "manager"]
    assert problems == []


def test_an_unreadable_plugins_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> list[str]:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "listdir", refuse)
    problem = problem_of(project, plugins=("plugins",))
    assert (problem.code, problem.path) == ("XT102", "plugins")
    assert "Permission denied" in problem.message


def test_a_plugin_whose_name_is_no_text(project: Path) -> None:
    try:
        os.mkdir(os.fsencode(project / "plugins") + b"/caf\xe9")  # noqa: PTH102
    except OSError:
        pytest.skip("the file system takes text only")
    problem = problem_of(project, plugins=("plugins",))
    assert (problem.code, problem.path) == ("XT102", r"plugins/caf\udce9")


def test_a_nul_in_a_path(project: Path) -> None:
    assert problem_of(project, "a\0b").code == "XT110"
