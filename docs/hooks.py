"""What MkDocs puts into pages: they say where, in a comment of its own line.

`<!-- commands -->` becomes the help of every command, as click prints it; `<!-- settings -->` every
key of config.json, from its JSON Schema; `<!-- section: FILE # HEADING -->` a section of another
file of the repository.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from xcore_tools.cli import cli
from xcore_tools.config import config_schema

ROOT = Path(__file__).resolve().parent.parent

_DIRECTIVE = re.compile(r"^<!-- (commands|settings|section): ?(.*) -->$", re.MULTILINE)
_WIDTH = 80
_MIGRATION = "The section `migration` of config.json, or the whole of `[tool.xcore-tools]`."


def on_page_markdown(markdown: str, **_: object) -> str:
    """The page with its directives replaced; https://www.mkdocs.org/user-guide/configuration/#hooks."""
    return _DIRECTIVE.sub(lambda found: _generated(found[1], found[2]), markdown)


def _generated(kind: str, argument: str) -> str:
    if kind == "commands":
        return commands()
    if kind == "settings":
        return settings()
    file, _, heading = argument.partition(" # ")
    return section((ROOT / file).read_text(encoding="utf-8"), heading)


def commands() -> str:
    """The help of every command that does something, and of the groups, each under its own heading."""
    context = click.Context(cli, info_name="xcore-tools", terminal_width=_WIDTH)
    return "\n".join(_command(context))


def _command(context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n"
    group = context.command
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is not None and not command.hidden:
                yield from _command(
                    click.Context(command, parent=context, info_name=name, terminal_width=_WIDTH)
                )


def settings() -> str:
    """Every key of config.json, section by section: what it means, its type and its default."""
    definitions = config_schema()["$defs"]
    return "\n".join(_keys("migration", _MIGRATION, definitions["Migration"], definitions))


def _keys(
    path: str, meaning: str, section: dict[str, Any], definitions: dict[str, Any]
) -> Iterator[str]:
    yield f"## `{path}`\n\n{meaning}\n"
    inner: dict[str, dict[str, Any]] = {}
    for key, schema in section["properties"].items():
        if "$ref" not in schema:
            default = json.dumps(schema["default"], ensure_ascii=False)
            told = f"{_type(schema).capitalize()}; default `{default}`."
            yield f"`{key}`\n:   {schema['description']} *{told}*\n"
        elif schema in inner.values():
            name = next(name for name, other in inner.items() if other == schema)
            yield f"`{key}`\n:   An older spelling of `{name}`.\n"
        else:
            inner[key] = schema
    for key, schema in inner.items():
        definition = definitions[schema["$ref"].rpartition("/")[2]]
        yield from _keys(f"{path}.{key}", schema["description"], definition, definitions)


_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "`null`",
}


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if schema.get("anyOf", [{}])[0].get("type") == "array":
        return f"{_type(schema['anyOf'][0])}, or one alone"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if schema["type"] == "array":
        return f"a list of {_type(schema['items'])}"
    if schema["type"] == "object":
        return f"an object: name to {_type(schema['additionalProperties'])}"
    return _TYPES[schema["type"]]


def section(text: str, heading: str) -> str:
    """The section of a Markdown text, a level deeper; relative links lead nowhere on the site and go.

    Raises:
        ValueError: there is no such heading.
    """
    found = re.search(rf"^# {re.escape(heading)}\n(.*?)(?=^# |\Z)", text, re.DOTALL | re.MULTILINE)
    if found is None:
        raise ValueError(f"no section {heading!r}")
    deeper = re.sub(r"^#", "##", found[0], flags=re.MULTILINE)
    return re.sub(r"\[([^]]+)\]\((?!https?:)[^)]+\)", r"\1", deeper)
