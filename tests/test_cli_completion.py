"""Shells complete: asked as they ask, in the shells that are here; and nothing dear is loaded for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from xcore_tools.cli import cli
from xcore_tools.cli.group import LazyGroup
from xcore_tools.cli.verbosity import with_verbosity
from xcore_tools.codes import CODES

BIN = Path(sys.executable).parent
PATH = f"{BIN}{os.pathsep}{os.environ['PATH']}"
XT40 = [code for code in CODES if code.startswith("XT40")]

BASH = """
eval "$(xcore-tools completion bash)"
COMP_WORDS=({line}); COMP_CWORD=$(({words} - 1))
complete -p xcore-tools > /dev/null && _xcore_tools_completion xcore-tools
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
FISH = "xcore-tools completion fish | source; complete -C '{line}'"
# zsh completes only for somebody who types; the listing is made of what `compadd` is given
ZSH = """
autoload -Uz compinit; compinit -u -D
eval "$(xcore-tools completion zsh)"
_describe() {{ print -l -- ${{(P)3}} }}
compadd() {{ print -l -- ${{(P)@[-1]}} }}
words=({line}); CURRENT={words}
_xcore_tools_completion
"""


def completed(shell: str, line: str) -> list[str]:
    """What the shell proposes for the last word of the line."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    words = line.split(" ")
    script = {"bash": BASH, "fish": FISH, "zsh": ZSH}[shell]
    quoted = " ".join(f"'{word}'" for word in words)
    text = script.format(line=line if shell == "fish" else quoted, words=len(words))
    done = subprocess.run(
        [shell, "-c", text],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": PATH},
        check=True,
    )
    assert done.stderr == ""
    return [each.partition("\t")[0].partition(":")[0] for each in done.stdout.split("\n") if each]


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_shells_complete_codes(shell: str) -> None:
    assert completed(shell, "xcore-tools explain xt40") == XT40


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("xcore-tools mig", ["migrate"]),
        ("xcore-tools migrate up", ["upgrade"]),
        ("xcore-tools backup delete", ["delete", "delete-all"]),
        ("xcore-tools discover --format s", ["sarif"]),
        ("xcore-tools completion ", ["bash", "zsh", "fish"]),
        ("xcore-tools -v config s", ["show", "schema"]),
    ],
)
def test_shells_complete_commands_and_choices(shell: str, line: str, expected: list[str]) -> None:
    assert sorted(completed(shell, line)) == sorted(expected)


def loaded(*arguments: str, **environment: str) -> set[str]:
    """The modules that a run of the program has loaded."""
    code = (
        "import atexit, sys; from xcore_tools.cli import main\n"
        "atexit.register(lambda: print('loaded', *sys.modules))\n"
        f"main({list(arguments)!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=True,
    )
    return set(done.stdout.rpartition("loaded ")[2].split())


def test_help_and_completion_load_no_command() -> None:
    completing = {"COMP_WORDS": "xcore-tools ", "COMP_CWORD": "1"}
    for modules in (
        loaded("--help"),
        loaded("migrate", "--help"),
        loaded(_XCORE_TOOLS_COMPLETE="bash_complete", **completing),
    ):
        assert "xcore_tools.cli.group" in modules
        assert not {"libcst", "sqlalchemy", "alembic", "msgspec", "rich"} & modules


def groups(group: LazyGroup, name: str) -> list[tuple[str, LazyGroup]]:
    """The group and those in it."""
    context = click.Context(group)
    inner = [(n, group.get_command(context, n)) for n in group.list_commands(context)]
    below = [groups(each, f"{name} {n}") for n, each in inner if isinstance(each, LazyGroup)]
    return [(name, group), *(pair for pairs in below for pair in pairs)]


def test_every_command_is_there_once_and_has_both_options() -> None:
    assert isinstance(cli, LazyGroup)
    found = groups(cli, "xcore-tools")
    assert len(found) == 5
    for name, group in found:
        for command, (_, line) in group._places.items():
            assert line[0].isupper(), f"{name} {command}"
            assert line.endswith("."), f"{name} {command}"
            assert len(line) <= 60, f"{name} {command}"
            made = group.get_command(click.Context(group), command)
            assert made is not None
            options = [option for param in made.params for option in param.opts]
            assert len(options) == len(set(options)), f"{name} {command}: {options}"
            assert {"--quiet", "--verbose"} <= set(options), f"{name} {command}"
            assert with_verbosity(made).params == made.params
