"""No linter and no formatter changes the block, or finds fault with it.

`pip install -e '.[dev,tools]'`, then `pytest -m slow tests/test_envfile_linters.py`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from envfile_support import CASES, case_names, rewritten, write_application
from test_envfile_golden import TEMPLATES, template

from xcore_tools.envfile.block import find_block, replace_block

pytestmark = pytest.mark.slow

Files = Mapping[str, bytes]

RUFF = ["ruff", "check", "--isolated", "--no-cache", "--exit-zero", "-q", "--fix"]
FIXERS = {
    "ruff ALL": [[*RUFF, "--select", "ALL", "--unsafe-fixes"]],
    "ruff ALL preview": [[*RUFF, "--preview", "--select", "ALL", "--unsafe-fixes"]],
    "ruff E,RUF then F401": [[*RUFF, "--select", "E,RUF"], [*RUFF, "--select", "F401"]],
    "ruff RUF then F": [[*RUFF, "--select", "RUF"], [*RUFF, "--select", "F", "--unsafe-fixes"]],
    "ruff I": [[*RUFF, "--select", "I"]],
    "ruff format": [["ruff", "format", "--isolated", "--no-cache", "-q"]],
    "isort": [["isort", "-q"]],
    "isort black": [["isort", "-q", "--profile", "black"]],
    "isort float": [["isort", "-q", "--float-to-top"]],
    "isort force": [["isort", "-q", "--force-single-line-imports", "--force-sort-within-sections"]],
    "autoflake": [["autoflake", "--remove-all-unused-imports", "--in-place"]],
    "autoflake all": [
        ["autoflake", "--remove-all-unused-imports", "--remove-unused-variables", "--in-place"]
    ],
    "pycln": [["pycln", "--all", "-s"]],
    "black": [["black", "-q"]],
}
CHECKERS = {
    "ruff check": ["ruff", "check", "--isolated", "--no-cache", "--output-format", "concise"],
    "ruff check E,W,F,I,B,PL": [
        *("ruff", "check", "--isolated", "--no-cache", "--output-format", "concise"),
        *("--select", "E,W,F,I,B,PL"),
    ],
    "flake8": ["flake8", "--isolated"],
    "mypy": ["mypy", "--config-file=", "--cache-dir=cache", "--no-error-summary"],
    "mypy strict": [
        "mypy",
        "--config-file=",
        "--cache-dir=cache",
        "--no-error-summary",
        "--strict",
    ],
    "pyright": ["pyright", "--pythonpath", sys.executable],
}
# Markers stay where they are. Inside a function, imports are unused to every linter; in a branch, a
# line may get too long; above the docstring, they make it a plain string, below which imports are
# late. `notices` tells the user so.
IN_FUNCTION = "env_tabs.py"
MISPLACED = {IN_FUNCTION, "env_indented.py", "env_markers_in_header.py"}
# A preview of ruff moves late imports up, here into the block.
EXCEPTIONS = {("ruff ALL preview", "env_markers_in_header.py")}
# file.py:12:5: what is wrong, and pyright's spelling of it
FINDING = re.compile(r"^\s*(?:\S*/)?(\w+\.py):\d+(?::\d+)?:? *-? *(.*)$", re.MULTILINE)


def program(name: str) -> str:
    """The path of a tool that is installed beside this Python; a missing one fails the test."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    assert found is not None, f"{name} is not installed: pip install -e '.[dev,tools]'"
    return found


def outcome(command: Iterable[str], folder: Path, files: Iterable[str]) -> str:
    name, *options = command
    run = subprocess.run(
        [program(name), *options, *files],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return run.stdout


def written(folder: Path, files: Files) -> Path:
    """The folder with the files, and the modules that they import."""
    folder.mkdir()
    write_application(folder)
    for name, source in files.items():
        (folder / name).write_bytes(source)
    return folder


@pytest.fixture(scope="module")
def after() -> Files:
    """Every env.py of ours and of the templates, with its block, under a module name."""
    cases = {case: (CASES / case / "after.py").read_bytes() for case in case_names()}
    for package, name in TEMPLATES:
        cases[f"{package}_{name}"] = rewritten(template(package, name))
    return {f"env_{name.replace('-', '_')}.py": source for name, source in cases.items()}


@pytest.fixture(scope="module")
def empty(after: Files) -> Files:
    """The same files with nothing between the markers."""
    return {name: replace_block(source, ()) for name, source in after.items()}


@pytest.mark.parametrize("fixer", FIXERS)
def test_a_block_survives(tmp_path: Path, fixer: str, after: Files, empty: Files) -> None:
    results = []
    for name, files in (("after", after), ("empty", empty)):
        folder = written(tmp_path / name, files)
        for command in FIXERS[fixer]:
            outcome(command, folder, files)
        results.append({name: (folder / name).read_bytes() for name in files})
    treated, treated_empty = results
    for name, source in after.items():
        if name == IN_FUNCTION or (fixer, name) in EXCEPTIONS:
            continue
        assert block_lines(treated[name]) == block_lines(source), name
        if treated_empty[name] == empty[name]:
            assert treated[name] == source, name
    assert any(treated_empty[name] == empty[name] for name in after)


def block_lines(source: bytes) -> tuple[str, ...]:
    found = find_block(source)
    assert found is not None
    return found.lines


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_block_brings_no_finding(
    tmp_path: Path, checker: str, after: Files, empty: Files
) -> None:
    found = []
    for name, files in (("after", after), ("empty", empty)):
        folder = written(tmp_path / name, files)
        shown = outcome(CHECKERS[checker], folder, files)
        found.append(Counter(FINDING.findall(shown)))
    new = found[0] - found[1]
    assert not {finding for finding in new if finding[0] not in MISPLACED}


@pytest.mark.parametrize("fixer", FIXERS)
def test_a_fixer_is_really_run(tmp_path: Path, fixer: str) -> None:
    bad = b"import sys\nimport os\nx = {  'a':1 }\nprint( os, x )\n"
    folder = written(tmp_path / "bad", {"bad.py": bad})
    for command in FIXERS[fixer]:
        outcome(command, folder, ["bad.py"])
    assert (folder / "bad.py").read_bytes() != bad


def test_a_checker_that_finds_something_is_understood(tmp_path: Path) -> None:
    folder = written(tmp_path / "bad", {"bad.py": b"import os\nx: int = 'a'\n"})
    for checker in ("ruff check", "flake8", "mypy", "pyright"):
        assert FINDING.findall(outcome(CHECKERS[checker], folder, ["bad.py"])), checker
