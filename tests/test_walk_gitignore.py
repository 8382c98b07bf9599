"""The .gitignore files: every answer is compared with the one of git itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xcore_tools.discovery.walk import Root, Rules, find_sources
from xcore_tools.discovery.walk.gitignore import IgnoreFile

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

FILES = [
    f"{directory}{name}.py"
    for directory in (
        "",
        "a/",
        "a/b/",
        "a/a/",
        "a/b/a/",
        "b/",
        "b/lib/",
        "lib/",
        "lib/a/b/",
        "x y/",
    )
    for name in ("a", "b", "foo", "a-b", "été", "#a", "!a", "f[1]", "b ")
]


def git(project: Path, *arguments: str) -> str:
    environment = os.environ | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(project),
        "XDG_CONFIG_HOME": str(project),
    }
    command = ["git", "-C", str(project), *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, env=environment, encoding="utf-8"
    ).stdout


def by_git(project: Path) -> set[str]:
    listed = git(project, "ls-files", "-o", "-z", "--exclude-standard").split("\0")
    return {path for path in listed if path.endswith(".py")}


def by_us(project: Path, *roots: str) -> set[str]:
    named = [Root(project / root) for root in roots or (".",)]
    walk = find_sources(project, named, Rules())
    assert walk.problems == ()
    return {source.path for source in walk.sources}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("repository").resolve()
    for path in FILES:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).touch()
    if shutil.which("git") is not None:
        git(project, "init", "-q")
    return project


def write_ignores(project: Path, ignores: Mapping[str, str]) -> None:
    for path in project.rglob(".gitignore"):
        path.unlink()
    for directory, text in ignores.items():
        (project / directory / ".gitignore").write_bytes(text.encode())


@needs_git
@pytest.mark.parametrize(
    "ignores",
    [
        pytest.param({"": "*.py"}, id="all"),
        pytest.param({"": "a"}, id="name at any depth"),
        pytest.param({"": "/a"}, id="name at the top"),
        pytest.param({"": "a/"}, id="directory only"),
        pytest.param({"": "a.py/"}, id="directory pattern does not match a file"),
        pytest.param({"": "a/b"}, id="slash in the middle anchors"),
        pytest.param({"": "a/*"}, id="star stops at a slash"),
        pytest.param({"": "a/*\n!a/b"}, id="directory included again"),
        pytest.param({"": "a/\n!a/b/a.py"}, id="nothing below an ignored directory comes back"),
        pytest.param({"": "*\n!*/\n!foo.py"}, id="all but"),
        pytest.param({"": "!a.py\na.py"}, id="the last one decides"),
        pytest.param({"": "a.py\n!a.py"}, id="included again"),
        pytest.param({"": "**/b"}, id="leading stars"),
        pytest.param({"": "a/**"}, id="trailing stars"),
        pytest.param({"": "a/**/a.py"}, id="stars in the middle"),
        pytest.param({"": "a/**/"}, id="directories below"),
        pytest.param({"": "**/a/**/b.py"}, id="stars twice"),
        pytest.param({"": "/**/lib/*.py"}, id="slash and stars"),
        pytest.param({"": "fo**.py"}, id="two stars in a name are one"),
        pytest.param({"": "?.py"}, id="question mark"),
        pytest.param({"": "a?b.py"}, id="question mark takes a hyphen"),
        pytest.param({"": "[ab].py"}, id="set"),
        pytest.param({"": "[!a].py"}, id="negated set"),
        pytest.param({"": "[^a].py"}, id="negated set, other spelling"),
        pytest.param({"": "[a-f]oo.py"}, id="range"),
        pytest.param({"": "[[:alpha:]].py"}, id="class"),
        pytest.param({"": "[[:nope:]].py"}, id="unknown class"),
        pytest.param({"": "[a.py"}, id="open set"),
        pytest.param({"": "f\\[1\\].py"}, id="quoted brackets"),
        pytest.param({"": "a[]-]b.py\na[-]b.py"}, id="hyphen and bracket in a set"),
        pytest.param({"": "a[/]b"}, id="no slash by a set"),
        pytest.param({"": "#a.py\n\\#a.py"}, id="comment and quoted hash"),
        pytest.param({"": "\\!a.py"}, id="quoted exclamation mark"),
        pytest.param({"": "b .py  "}, id="trailing spaces"),
        pytest.param({"": "x\\ \nx y"}, id="space in a name"),
        pytest.param({"": "\\"}, id="lone backslash"),
        pytest.param({"": "/"}, id="lone slash"),
        pytest.param({"": "!"}, id="lone exclamation mark"),
        pytest.param({"": "//a\na//\n./a"}, id="slashes that match nothing"),
        pytest.param({"": "\ufeffa.py"}, id="byte order mark"),
        pytest.param({"": "a.py\r\nlib\r\n"}, id="CRLF"),
        pytest.param({"": "été.py"}, id="not ASCII"),
        pytest.param({"": "?t?.py\n??t??.py"}, id="a question mark is one byte"),
        pytest.param({"": "*.py", "a": "!*.py"}, id="an inner file overrides"),
        pytest.param({"": "*.py", "a": "!b"}, id="a directory included is not its files"),
        pytest.param({"": "*.py", "a": "!*/"}, id="directories included are not their files"),
        pytest.param({"": "a", "a": "!*"}, id="an ignored directory's own file is not read"),
        pytest.param({"": "lib/**", "lib": "!*.py"}, id="but it is where only its content is"),
        pytest.param({"a": "/b"}, id="an inner file is anchored where it stands"),
        pytest.param({"a": "b/a.py"}, id="inner path"),
        pytest.param({"a/b": "a.py", "a": "!a.py", "": "a.py"}, id="three levels"),
    ],
)
def test_as_git(repository: Path, ignores: dict[str, str]) -> None:
    write_ignores(repository, ignores)
    assert by_us(repository) == by_git(repository)


NAMES = st.sampled_from(["a", "b", "foo", "lib", "a.py", "b.py", "foo.py", "*", "*.py", "?.py"])
PATTERNS = st.one_of(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "", "!", "/", "!/", "**/", "!**/"]),
        st.lists(st.one_of(NAMES, st.just("**")), min_size=1, max_size=3).map("/".join),
        st.sampled_from(["", "", "/", "/**", "/*"]),
    ),
    # Two stars beside a literal are left out: git takes `foo**/x` for `foo` and then `**/x`,
    # against its own manual.
    st.lists(
        st.sampled_from([*"ab/?*![]-^# .\\", "[ab]", "[!a]", "[a-f]", "[[:alpha:]]", "[]a]", "é"]),
        max_size=6,
    )
    .map("".join)
    .filter(lambda pattern: "**" not in pattern and "\\/" not in pattern),
)
IGNORES = st.dictionaries(
    st.sampled_from(["", "a", "a/b", "b", "lib"]),
    st.lists(PATTERNS, min_size=1, max_size=4).map("\n".join),
    min_size=1,
    max_size=3,
)


@needs_git
@settings(max_examples=150, deadline=None)
@given(ignores=IGNORES)
def test_as_git_whatever_the_patterns(repository: Path, ignores: dict[str, str]) -> None:
    write_ignores(repository, ignores)
    assert by_us(repository) == by_git(repository)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project inside a repository; nothing in it is ignored yet."""
    project = tmp_path.resolve() / "top" / "project"
    for path in ("app/models.py", "app/old/models.py", "vendor/lib/models.py", "main.py"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).touch()
    return project


EVERYTHING = {"app/models.py", "app/old/models.py", "main.py", "vendor/lib/models.py"}


def test_files_above_the_project_count_up_to_the_top_of_the_repository(project: Path) -> None:
    (project.parent / ".git").mkdir()
    (project.parent / ".gitignore").write_text("/project/app/old/\nmain.py\n")
    (project.parent.parent / ".gitignore").write_text("models.py\n")
    assert by_us(project) == {"app/models.py", "vendor/lib/models.py"}


def test_a_worktree_has_a_file_in_place_of_the_git_directory(project: Path) -> None:
    (project.parent / ".git").write_text("gitdir: /somewhere\n")
    (project.parent / ".gitignore").write_text("old/\n")
    assert by_us(project) == EVERYTHING - {"app/old/models.py"}


def test_without_a_repository_the_files_of_the_project_count(project: Path) -> None:
    (project.parent / ".gitignore").write_text("main.py\n")
    (project / "app" / ".gitignore").write_text("old\n")
    assert by_us(project) == EVERYTHING - {"app/old/models.py"}


def test_a_repository_inside_another_has_its_own_rules_only(project: Path) -> None:
    (project / ".gitignore").write_text("models.py\n")
    (project / "vendor" / ".git").mkdir()
    assert by_us(project) == {"main.py", "vendor/lib/models.py"}


@pytest.mark.parametrize("pattern", ["vendor", "/vendor/lib", "vendor/*", "*"])
def test_a_root_is_scanned_even_when_it_is_ignored(project: Path, pattern: str) -> None:
    (project / ".gitignore").write_text(pattern)
    assert "vendor/lib/models.py" not in by_us(project)
    assert by_us(project, "vendor/lib") == {"vendor/lib/models.py"}


def test_inside_an_ignored_root_its_own_rules_hold(project: Path) -> None:
    (project / ".gitignore").write_text("vendor\n")
    (project / "vendor" / ".gitignore").write_text("models.py\n")
    (project / "vendor" / "lib" / "other.py").touch()
    assert by_us(project, "vendor") == {"vendor/lib/other.py"}


def test_a_file_named_as_root_is_scanned_even_when_it_is_ignored(project: Path) -> None:
    (project / ".gitignore").write_text("main.py\n")
    assert by_us(project, "main.py") == {"main.py"}


def test_a_project_that_is_ignored_itself(project: Path) -> None:
    (project.parent / ".git").mkdir()
    (project.parent / ".gitignore").write_text("project\n")
    assert by_us(project) == EVERYTHING


def test_rules_on_the_way_to_a_root_hold_below_it(project: Path) -> None:
    (project / ".gitignore").write_text("old/\n")
    assert by_us(project, "app") == {"app/models.py"}


def test_it_can_be_switched_off(project: Path) -> None:
    (project / ".gitignore").write_text("*\n")
    walk = find_sources(project, [Root(project)], Rules(gitignore=False))
    assert {source.path for source in walk.sources} == EVERYTHING


def test_a_linked_gitignore_says_nothing_as_in_git(project: Path) -> None:
    (project / "rules").write_text("*\n")
    (project / ".gitignore").symlink_to("rules")
    assert by_us(project) == EVERYTHING


def test_a_directory_called_gitignore(project: Path) -> None:
    (project / ".gitignore").mkdir()
    assert by_us(project) == EVERYTHING


def test_a_gitignore_that_is_too_large_is_a_problem(project: Path) -> None:
    (project / "app" / ".gitignore").write_bytes(b"old\n" * 100_000)
    walk = find_sources(project, [Root(project)], Rules())
    assert [(each.path, each.code) for each in walk.problems] == [("app/.gitignore", "XT105")]
    assert {source.path for source in walk.sources} == EVERYTHING


def test_bytes_that_are_no_text(project: Path) -> None:
    (project / ".gitignore").write_bytes(b"\xff\xfe\x00\nold\n")
    assert by_us(project) == EVERYTHING - {"app/old/models.py"}


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (b"*a" * 60 + b"b", "a" * 250),
        (b"*?" * 60 + b"b", "a" * 250),
        (b"[a]*" * 60 + b"b", "a" * 250),
        (b"**/a/" * 60 + b"b", "/".join("a" * 1000)),
        (b"a*/" * 60 + b"b", "aa/" * 300 + "c"),
    ],
)
def test_no_pattern_stalls_a_scan(pattern: bytes, path: str) -> None:
    started = time.process_time()
    assert IgnoreFile(pattern).verdict(path, is_directory=False) is None
    assert time.process_time() - started < 1
