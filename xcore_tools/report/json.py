"""The result as JSON, version 1. Keys may be added to it, never renamed or moved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from xcore_tools.discovery.results import Discovery

SCHEMA_VERSION = 1

_KEYS = {
    "models": "name module table schema kind base metadata origin path line",
    "tables": "name schema module metadata path line origin",
    "metadatas": "name module models tables",
    "problems": "code severity path line message",
}


def render(discovery: Discovery) -> str:
    """Models, tables, metadatas and problems, all in the order given.

    Columns and relationships are there if the discovery has them.
    """
    lists = {part: _rows(getattr(discovery, part), keys.split()) for part, keys in _KEYS.items()}
    for row, table in zip(lists["tables"], discovery.tables, strict=True):
        if table.structure is not None:
            row.update(msgspec.to_builtins(table.structure))
    for row, model in zip(lists["models"], discovery.models, strict=True):
        if model.relationships is not None:
            row["relationships"] = msgspec.to_builtins(model.relationships)
    return encoded({"schema_version": SCHEMA_VERSION, **lists})


def encoded(value: Any) -> str:
    """`value` as indented JSON text that ends with a newline.

    A file name that is not valid UTF-8 reaches us with lone surrogates, which msgspec refuses. The
    standard library writes them as escapes, and whoever reads these gets the same name.
    """
    try:
        text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    return text + "\n"


def _rows(items: Sequence[msgspec.Struct], keys: Sequence[str]) -> list[dict[str, object]]:
    return [{key: getattr(item, key) for key in keys} for item in items]
