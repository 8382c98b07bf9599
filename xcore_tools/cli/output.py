"""The report's destination: standard output, or a file that is replaced in one step."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from xcore_tools.cli.terminal import say

__all__ = ["STDOUT", "write"]

STDOUT = Path("-")


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
