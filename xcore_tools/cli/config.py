"""`xcore-tools config`: the settings that count, and the schema of their file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from xcore_tools.cli.group import LazyGroup
from xcore_tools.cli.options import config_option, format_option
from xcore_tools.cli.terminal import has_color, say
from xcore_tools.config import Config, Setting, config_schema, load_settings
from xcore_tools.config.files import shown
from xcore_tools.database.lookup import find_url
from xcore_tools.database.url import parse_url
from xcore_tools.discovery import import_roots
from xcore_tools.discovery.walk.paths import printable
from xcore_tools.errors import ConfigError
from xcore_tools.report import config as report

_COMMANDS = {
    "show": (f"{__name__}:show", "Print every setting, and where it comes from."),
    "schema": (f"{__name__}:schema", "Print the JSON Schema of config.json."),
}


@click.group(cls=LazyGroup, commands=_COMMANDS)
def config() -> None:
    """Show the settings that count, or the schema of config.json."""


@click.command()
@config_option
@format_option
def show(config: Path | None, form: str) -> None:
    """Print every setting: its value, and the file that it comes from unless it is a default.

    Passwords are left out. The first lines say which project and which database are meant.
    """
    found, settings = load_settings(config)
    lines = [*_places(found), *_roots(found), *(_line(found, setting) for setting in settings)]
    render = (
        report.as_json(lines)
        if form == "json"
        else report.as_text(lines, color=has_color(sys.stdout))
    )
    say(render, sys.stdout)


@click.command()
def schema() -> None:
    """Print the JSON Schema of config.json, which editors complete and check keys with."""
    say(json.dumps(config_schema(), indent=2) + "\n", sys.stdout)


def _places(found: Config) -> list[report.Line]:
    file = shown(found.source) if found.source else "nowhere"
    lines = [report.Line("project", printable(str(found.project)), printable(file))]
    try:
        url = find_url(found)
        lines.append(report.Line("database", str(url), url.source))
    except ConfigError as error:
        lines.append(report.Line("database", None, error.faults[0]))
    return lines


def _roots(found: Config) -> Iterator[report.Line]:
    """The import roots in the order of lookup, each with what tells it."""
    roots = import_roots(found)
    for number, root in enumerate(roots, 1):
        key = "import root" if len(roots) == 1 else f"import root {number}"
        yield report.Line(key, root.path or ".", "; ".join(root.reasons))


def _line(found: Config, setting: Setting) -> report.Line:
    source = shown(found.source) if setting.is_given and found.source else report.DEFAULT
    value = setting.value
    if setting.key == "url" and value is not None:
        value = _url(found, str(value))
    elif setting.key == "databases":
        value = {name: _url(found, text) for name, text in found.migration.databases}
    return report.Line(f"migration.{setting.key}", value, source)


def _url(found: Config, text: str) -> str:
    try:
        return str(parse_url(text, source="", anchor=found.project, environ=os.environ))
    except ConfigError:
        return "***"  # no URL, so nobody can say which part of it is a secret
