"""The JSON Schema of config.json, made from the types of the settings.

It takes what the tool takes: sections that are not ours, a plain string for a list, and the older
spelling of a section. https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

from typing import Any

from xcore_tools.config.convert import ALIASES
from xcore_tools.config.meanings import MEANINGS
from xcore_tools.config.schema import Migration
from xcore_tools.jsonschema import schema_components

_HOME = "https://json-schema.org/draft/2020-12/schema"


def config_schema() -> dict[str, Any]:
    """The schema as plain data, with every key, its type, its default and what it means."""
    migration, definitions = schema_components(Migration)
    meanings = {kind.__name__: keys for kind, keys in MEANINGS.items()}
    for name, definition in definitions.items():
        properties = definition["properties"]
        definition["additionalProperties"] = False
        for key, meaning in meanings[name].items():
            properties[key] = {"description": meaning, **properties[key]}
        for alias, key in ALIASES.items():
            if key in properties:
                properties[alias] = properties[key]
        definition["properties"] = {key: _lenient(value) for key, value in properties.items()}
    return {
        "$schema": _HOME,
        "title": "Settings of xcore-tools",
        "type": "object",
        "properties": {
            "$schema": {"type": "string"},
            "migration": migration,
            "xcore": {"type": "object"},
        },
        "$defs": definitions,
    }


def _lenient(value: dict[str, Any]) -> dict[str, Any]:
    """A list may be written as one plain string; pairs of names and values are written as an object."""
    if value.get("type") != "array":
        return value
    pair = value["items"].get("prefixItems")
    about: dict[str, Any] = {key: value[key] for key in ("description", "default") if key in value}
    if pair:
        key, item = pair
        return {
            **about,
            "type": "object",
            "propertyNames": key,
            "additionalProperties": item,
            "default": {},
        }
    plain = {key: item for key, item in value.items() if key not in about}
    return {**about, "anyOf": [plain, value["items"]]}
