"""Patterns of --include, --exclude and the settings: git says what they match."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from xcore_tools.discovery.walk import Root, Rules, find_sources
from xcore_tools.discovery.walk.patterns import Pattern

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

FILES = [
    f"{directory}{name}.py"
    for directory in ("", "plugins/", "plugins/blog/", "a/", "a/b/", "a/b/plugins/", "été/")
    for name in ("models", "a", "x-1")
]

PATTERNS = [
    *("plugins", "plugins/", "/plugins", "plugins/**", "plugins/*", "a/b", "a/b/", "a/b/**"),
    *("**/plugins", "**/plugins/**", "**/b/**", "a/**/plugins", "*.py", "mod*", "a/*.py", "*/a.py"),
    *("models.py", "/models.py", "[am]*.py", "[!am]*.py", "x-[0-9].py", "[[:alpha:]].py", "?.py"),
    *("a*/b*", "**/*.py", "a/**/*.py", "b/*", "[a-b]", "a[!x]b", "plug*ns", "\\a.py", "é*", "none"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository").resolve()
    for path in FILES:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    return root


def ignored_by_git(project: Path, pattern: str) -> set[str]:
    environment = os.environ | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(project),
    }
    if not (project / ".git").exists():
        subprocess.run(["git", "init", "-q", project], check=True, env=environment)
    (project / ".git" / "info").mkdir(exist_ok=True)
    (project / ".git" / "info" / "exclude").write_text(f"{pattern}\n", encoding="utf-8")
    done = subprocess.run(
        ["git", "-C", project, "check-ignore", "--no-index", "-z", "--stdin"],
        input="\0".join(FILES),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=environment,
    )
    assert done.returncode in (0, 1), done.stderr
    return {path for path in done.stdout.split("\0") if path}


def selected(project: Path, rules: Rules, *roots: str) -> set[str]:
    named = [Root(project / root) for root in roots or (".",)]
    return {each.path for each in find_sources(project, named, rules).sources if each.selected}


@needs_git
@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_is_excluded_is_what_git_ignores(project: Path, pattern: str) -> None:
    left = selected(project, Rules(exclude=(pattern,)))
    assert left == set(FILES) - ignored_by_git(project, pattern)


@needs_git
@pytest.mark.parametrize("pattern", PATTERNS)
def test_directories_that_are_excluded_are_those_that_git_ignores(
    project: Path, pattern: str
) -> None:
    left = selected(project, Rules(exclude_directories=(pattern,)))
    ignored = ignored_by_git(project, pattern)
    # a pattern for files alone says nothing of directories
    below = {path for path in ignored if not Pattern(pattern).matches(path)}
    assert left & below == set()
    assert left >= set(FILES) - ignored


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("plugins", {"plugins/", "plugins/blog/", "a/b/plugins/"}),
        ("plugins/", {"plugins/", "plugins/blog/", "a/b/plugins/"}),
        ("/plugins", {"plugins/", "plugins/blog/"}),
        ("plugins/**", {"plugins/", "plugins/blog/"}),
        ("plugins/*", {"plugins/"}),
        ("a/b", {"a/b/", "a/b/plugins/"}),
        ("**/plugins/**", {"plugins/", "plugins/blog/", "a/b/plugins/"}),
        ("**/plugins/*", {"plugins/", "a/b/plugins/"}),
    ],
)
def test_what_is_included_lies_where_the_pattern_says(
    project: Path, pattern: str, taken: set[str]
) -> None:
    """A star stops at a slash; a pattern that names a directory stands for all that is in it."""
    expected = {path for path in FILES if path[: path.rfind("/") + 1] in taken}
    assert selected(project, Rules(include=(pattern,))) == expected


def test_patterns_count_from_the_path_that_is_scanned_as_well(project: Path) -> None:
    files = {f"a/b/plugins/{name}.py" for name in ("models", "a", "x-1")}
    for pattern in ("plugins/*", "b/plugins/*", "a/b/plugins/*"):
        roots = {"plugins/*": "a/b", "b/plugins/*": "a"}.get(pattern, ".")
        assert selected(project, Rules(include=(pattern,)), roots) == files
        assert not selected(project, Rules(exclude=(pattern,)), roots) & files


def test_the_last_pattern_that_matches_decides(project: Path) -> None:
    rules = Rules(exclude=("plugins", "!/a/b/plugins"))
    left = selected(project, rules)
    assert {path for path in left if "plugins" in path} == {
        path for path in FILES if path.startswith("a/b/plugins/")
    }


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 60 + "b", "a" * 250),
        ("[a]*" * 60 + "b", "a" * 250),
        ("**/a/" * 60 + "b", "a/" * 999),
    ],
)
def test_no_pattern_stalls_a_scan(pattern: str, path: str) -> None:
    started = time.process_time()
    assert not Pattern(pattern).matches(path)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("pattern", ["[a", "a\\", "[[:nope:]]", "", "/", "!"])
def test_malformed_patterns_match_nothing(pattern: str) -> None:
    assert Pattern(pattern).is_malformed


def test_plain_names_need_no_library(tmp_path: Path) -> None:
    """A scan whose patterns tell at a glance does not wait for pathspec."""
    (tmp_path / "models.py").touch()
    (tmp_path / ".gitignore").write_text("dist/\n/build\n*.py[cod]\n*.egg-info/\n.env.*\n")
    script = (
        "import sys, pathlib\n"
        "from xcore_tools.discovery.walk import Root, Rules, find_sources\n"
        "project = pathlib.Path(sys.argv[1])\n"
        "walk = find_sources(project, [Root(project)], Rules(exclude=('test_*.py', 'plugins')))\n"
        "assert [each.path for each in walk.sources] == ['models.py']\n"
        "assert 'pathspec' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path], check=True)
