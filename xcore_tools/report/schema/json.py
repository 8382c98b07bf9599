"""The export: a schema as JSON, byte for byte the same for an unchanged database.

What has its usual value is left out; the published JSON Schema names these values. Keys may be
added within a version, never renamed or moved.
"""

from __future__ import annotations

from typing import Any

import msgspec

from xcore_tools.database.schema import SCHEMA_VERSION, DatabaseSchema, Export, Meta
from xcore_tools.jsonschema import schema_components

_HOME = "https://json-schema.org/draft/2020-12/schema"
_ID = "urn:xcore-tools:export:1"


def render(schema: DatabaseSchema, *, meta: Meta | None = None) -> str:
    """The schema behind its version, and behind `meta` if there is one."""
    head: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    if meta is not None:
        head["meta"] = meta
    document = {**head, **msgspec.structs.asdict(schema)}
    filled = {key: value for key, value in document.items() if value != ()}
    return msgspec.json.format(msgspec.json.encode(filled), indent=2).decode() + "\n"


def json_schema() -> str:
    """The JSON Schema of exports, as it is published in the package."""
    schema, definitions = schema_components(Export)
    document = {"$schema": _HOME, "$id": _ID, **schema, "$defs": definitions}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
