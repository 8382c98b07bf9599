"""What the terminal can do, and writing to it: colour, width, encodings, readers that left."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TextIO

import click

from xcore_tools.cli.verbosity import is_quiet, is_verbose
from xcore_tools.report.style import painted, visible

# For a terminal whose encoding lacks them.
_PLAIN = str.maketrans({"–": "-", "→": "->"})  # noqa: RUF001 (a dash is meant)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person watches the stream on a screen that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_color(stream: TextIO) -> bool:
    """Whether to colour the stream: NO_COLOR wins over FORCE_COLOR, and both over what it is.

    https://no-color.org and https://force-color.org
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream)


def columns(stream: TextIO) -> int | None:
    """The width of the terminal; None where the stream is no terminal."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def say(text: str, stream: TextIO) -> None:
    """Write `text` as it is. A reader that went away (`| head`) is no error.

    Raises:
        click.ClickException: standard output cannot take it, because the disk is full for example.
    """
    try:
        click.echo(_encodable(text, stream), file=stream, nl=False, color=has_color(stream))
    except OSError as error:
        # What is still buffered must go somewhere when the interpreter ends:
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            reason = error.strerror or str(error)
            raise click.ClickException(f"cannot write the result: {reason}") from error


def give_streams() -> None:
    """Where a caller has closed standard output or standard error, let it lead nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def remark(text: str) -> None:
    """Write what nobody has to know to standard error, unless with --quiet."""
    if not is_quiet():
        say(text, sys.stderr)


def detail(text: str) -> None:
    """Write a line to standard error with --verbose."""
    if is_verbose():
        say(painted(visible(text), "dim", color=has_color(sys.stderr)) + "\n", sys.stderr)


def say_error(*messages: str, hint: str = "") -> None:
    """`error: …` on standard error for each message, then what to try."""
    label = painted("error:", "red", color=has_color(sys.stderr))
    lines = [f"{label} {message}\n" for message in messages]
    say("".join(lines) + (f"{hint}\n" if hint else ""), sys.stderr)


def _encodable(text: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    return text
