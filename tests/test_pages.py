"""README and documentation: commands print what the pages say, and examples are what they claim to be."""

from __future__ import annotations

import ast
import configparser
import importlib.util
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_shell import Shell
from pages import ROOT, Block, Page, commands, environment, is_told, read_page, run_page

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

# What a block may be without a word on why it is not run: what is run, parsed, or text of a page itself.
CHECKED = {"console", "python", "json", "toml", "yaml", "ini", "markdown", "mermaid"}

# What a YAML example is, by the end of its name → its schema among those of check-jsonschema.
SCHEMAS = {
    ".github/workflows/": "vendor.github-workflows",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
    "compose.yaml": "vendor.compose-spec",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks() -> Iterator[tuple[str, Block]]:
    for path in PAGES:
        for block in read_page(path).blocks:
            yield f"{name_of(path)}:{block.line}", block


def is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


@pytest.fixture(scope="session")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with Shell(environment(tmp_path_factory.mktemp("home"))) as shell:
        yield shell


def with_commands() -> list[Path]:
    return [
        path
        for path in PAGES
        if any(b.language == "console" and b.not_run is None for b in read_page(path).blocks)
    ]


def assert_commands_print_what_the_page_says(path: Path, shell: Shell, directory: Path) -> None:
    outcomes = run_page(read_page(path), shell, directory)
    assert outcomes
    wrong = [str(outcome) for outcome in outcomes if not outcome.is_as_told]
    assert not wrong, "\n".join(wrong)


# They start processes that all import everything.
DEAR = {ROOT / "docs" / "howto" / "ci.md", ROOT / "docs" / "howto" / "docker.md"}


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=pytest.mark.slow if p in DEAR else ()) for p in with_commands()],
    ids=name_of,
)
def test_commands_print_what_the_page_says(path: Path, forked: Shell, tmp_path: Path) -> None:
    """`python tests/pages.py PAGE` writes into a page what its commands print today."""
    assert_commands_print_what_the_page_says(path, forked, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("path", with_commands(), ids=name_of)
def test_commands_print_the_same_in_a_shell(path: Path, tmp_path: Path) -> None:
    with Shell(environment(tmp_path), forked=False) as shell:
        assert_commands_print_what_the_page_says(path, shell, tmp_path)


def test_every_block_is_run_or_parsed_or_says_why_not() -> None:
    unmarked = [
        f"{place}: {block.language or 'no language'}"
        for place, block in blocks()
        if block.not_run is None and block.language not in CHECKED and block.title is None
    ]
    assert not unmarked


def test_no_command_hides_in_a_block_that_is_only_parsed() -> None:
    for place, block in blocks():
        if block.language != "console":
            assert "\n$ " not in f"\n{block.text}", place


def test_examples_are_what_they_claim_to_be() -> None:
    for place, block in blocks():
        try:
            parse(block)
        except (SyntaxError, ValueError, configparser.Error) as error:
            pytest.fail(f"{place}: {error}")


def parse(block: Block) -> None:
    match block.language:
        case "python":
            ast.parse(block.text)
        case "json":
            json.loads(block.text)
        case "toml":
            tomllib.loads(block.text)
        case "ini":
            configparser.RawConfigParser().read_string(block.text)
        case "console":
            commands(block)


def yaml_blocks() -> list[tuple[str, Block]]:
    return [(place, block) for place, block in blocks() if block.language == "yaml"]


def test_every_yaml_example_is_of_a_known_kind() -> None:
    assert yaml_blocks()
    for place, block in yaml_blocks():
        title = block.title or ""
        known = title == ".pre-commit-config.yaml" or any(
            title.startswith(prefix) for prefix in SCHEMAS
        )
        assert known, f"{place}: {title!r}"


@pytest.mark.skipif(not is_installed("check_jsonschema"), reason="check-jsonschema: extra docs")
@pytest.mark.parametrize("prefix", SCHEMAS)
def test_yaml_examples_keep_to_the_schema_of_their_kind(prefix: str, tmp_path: Path) -> None:
    files = written(prefix, tmp_path)
    check("check_jsonschema", "--builtin-schema", SCHEMAS[prefix], *files)


@pytest.mark.skipif(not is_installed("pre_commit"), reason="pre-commit: extra docs")
def test_settings_of_pre_commit_are_valid(tmp_path: Path) -> None:
    check("pre_commit", "validate-config", *written(".pre-commit-config.yaml", tmp_path))


def written(prefix: str, directory: Path) -> list[str]:
    files = []
    for number, (_, block) in enumerate(yaml_blocks()):
        if (block.title or "").startswith(prefix):
            file = directory / f"{number}.yaml"
            file.write_text(block.text, encoding="utf-8")
            files.append(str(file))
    assert files, f"no example is called {prefix}"
    return files


def check(module: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", module, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("expected", "printed", "is_so"),
    [
        (["one"], ["one"], True),
        (["one", ""], ["one  "], True),
        (["one"], ["one", "two"], False),
        (["one", "two"], ["two", "one"], False),
        ([], [], True),
        ([], ["one"], False),
        (["at …"], ["at 12:00"], True),
        (["at … h"], ["at 12:00"], False),
        (["at …", "end"], ["at", "12:00", "end"], False),
        (["one", "...", "four"], ["one", "two", "three", "four"], True),
        (["one", "...", "two"], ["one", "two"], True),
        (["one", "..."], ["two", "one"], False),
        (["a.c"], ["abc"], False),
        (["at 83a04a254b40, 0.01 s"], ["at d7ee6c234cd1, 12.5 s"], True),
        (["83a04a254b40_a.py"], ["d7ee6c234cd1_b.py"], False),
        (["at 83a04a254b40"], ["at 0001"], False),
        (["backup_20261125T095525Z.db"], ["backup_20270101T000000Z.db"], True),
    ],
)
def test_what_is_printed_is_held_against_what_is_told(
    expected: list[str], printed: list[str], is_so: bool
) -> None:
    assert is_told(tuple(expected), tuple(printed)) is is_so


PAGE = """\
<!-- project: fixtures/drift -->

```python title="app/models.py"
TEXT = "of the file"
```

1. In a list:

    ```console
    $ cat app/models.py
    TEXT = "of another file"
    $ ls shop.py
    shop.py
    $ test -e nothing
    $ (exit 3)
    $ echo $?
    3
    ```

<!-- not run: it would fail -->

```console
$ false
```
"""


def test_a_page_that_says_something_wrong_is_found_out(forked: Shell, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(PAGE, encoding="utf-8")
    outcomes = run_page(read_page(path), forked, tmp_path)
    assert [(outcome.command.line, outcome.is_as_told) for outcome in outcomes] == [
        (10, False),
        (12, True),
        (14, False),
        (15, True),
        (16, True),
    ]
    assert outcomes[0].printed == ('TEXT = "of the file"',)


def test_a_block_that_is_not_closed_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("```console\n$ ls\n", encoding="utf-8")
    with pytest.raises(ValueError, match="not closed"):
        read_page(path)


def test_output_without_a_command_is_a_fault() -> None:
    block = Block(7, "", "console", None, None, "ls\n")
    with pytest.raises(ValueError, match="line 7"):
        commands(block)


def test_pages_are_found() -> None:
    pages: list[Page] = [read_page(path) for path in PAGES]
    assert {"README.md", "quickstart.md"} <= {page.path.name for page in pages}
