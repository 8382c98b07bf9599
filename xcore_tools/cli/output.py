"""The report's destination: standard output, or a file that is replaced in one step."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xcore_tools.cli.terminal import has_color, say
from xcore_tools.cli.verbosity import is_quiet
from xcore_tools.report import problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xcore_tools.discovery.results import Problem

STDOUT = Path("-")


def say_problems(found: Sequence[Problem]) -> None:
    """Write problems to standard error; with --quiet only errors and warnings."""
    told = [problem for problem in found if problem.severity != "note"] if is_quiet() else found
    say(problems.render(told, color=has_color(sys.stderr)), sys.stderr)


def write(text: str, destination: Path) -> None:
    """Write the whole of `text`, or leave a file at `destination` as it was.

    A link is followed, and the mode of an existing file kept. What is no regular file, such as a
    pipe or a device, is written to directly.
    """
    if destination == STDOUT:
        say(text, sys.stdout)
        return
    content = text.encode("utf-8", "backslashreplace")
    try:
        if destination.exists() and not destination.is_file():
            destination.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(destination)), content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise click.BadParameter(
            f"cannot write {destination}: {reason}", param_hint="--output"
        ) from error


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
