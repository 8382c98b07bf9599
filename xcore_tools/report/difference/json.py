"""Differences as JSON, version 1. Keys may be added to it, never renamed or moved."""

from __future__ import annotations

from typing import Any

import msgspec

from xcore_tools.database.comparison.differences import Comparison

SCHEMA_VERSION = 1


def render(comparison: Comparison) -> str:
    """Everything: differences with both sides of each part, renames, what was not compared."""
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        **msgspec.structs.asdict(comparison),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
