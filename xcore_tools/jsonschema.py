"""JSON Schemas of our own types, the same with every Python and every msgspec.

A description is the docstring of a type. Python before 3.13 and some versions of msgspec keep the
indentation of docstrings: it is removed here, in one place.
"""

from __future__ import annotations

import inspect
from typing import Any

import msgspec


def schema_components(kind: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of `kind`, which refers to `#/$defs/…`, and the definitions by their names."""
    (schema,), definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return _cleaned(schema), _cleaned(definitions)


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: inspect.cleandoc(each)
            if key == "description" and isinstance(each, str)
            else _cleaned(each)
            for key, each in value.items()
        }
    return [_cleaned(each) for each in value] if isinstance(value, list) else value
