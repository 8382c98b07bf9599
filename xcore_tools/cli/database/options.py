"""What inspect, export and diff have in common."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from xcore_tools.cli.options import url_option
from xcore_tools.cli.settings import load_settings
from xcore_tools.cli.terminal import has_color, say
from xcore_tools.database.inspection import DatabaseInspector
from xcore_tools.database.lookup import find_url
from xcore_tools.database.schema import DatabaseSchema
from xcore_tools.report.schema import overview
from xcore_tools.report.style import painted

Command = TypeVar("Command", bound=Callable[..., Any])

_schema_option = click.option(
    "--schema",
    "schemas",
    multiple=True,
    metavar="NAME",
    help="Only this schema; repeatable. Without it, all that are not the system's.",
)
_include_option = click.option(
    "--include", multiple=True, metavar="PATTERN", help="Only tables and views that match."
)
_exclude_option = click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Leave out tables and views that match."
)


def selection_options(command: Command) -> Command:
    """`--url`, `--schema`, `--include` and `--exclude`: which database, and what of it."""
    for option in (_exclude_option, _include_option, _schema_option, url_option):
        command = option(command)
    return command


def inspector(url: str | None, config: Path | None) -> DatabaseInspector:
    """That of the database which is given, or else configured."""
    return DatabaseInspector(find_url(load_settings(config), url))


def say_unreadable(*schemas: DatabaseSchema) -> bool:
    """Whether a table could not be read; it is named on standard error."""
    label = painted("warning:", "yellow", color=has_color(sys.stderr))
    sentences = [sentence for schema in schemas for sentence in overview.unreadable(schema)]
    for sentence in sentences:
        say(f"{label} {sentence}\n", sys.stderr)
    return bool(sentences)
