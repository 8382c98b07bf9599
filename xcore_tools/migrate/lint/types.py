"""Does a column hold less after its type was changed? Types are read as they are written. Pure."""

from __future__ import annotations

import ast
from typing import Literal

Step = Literal["same", "wider", "narrower", "other"]

# From the narrowest to the widest.
_FAMILIES = (
    ("SmallInteger", "Integer", "BigInteger"),
    ("Float", "Double"),
    ("Date", "DateTime"),
    ("String", "Text"),
)
_ALIASES = {
    "SMALLINT": "SmallInteger",
    "INT": "Integer",
    "INTEGER": "Integer",
    "BIGINT": "BigInteger",
    "FLOAT": "Float",
    "REAL": "Float",
    "DOUBLE": "Double",
    "DOUBLE_PRECISION": "Double",
    "DATE": "Date",
    "DATETIME": "DateTime",
    "TIMESTAMP": "DateTime",
    "VARCHAR": "String",
    "NVARCHAR": "String",
    "Unicode": "String",
    "TEXT": "Text",
    "UnicodeText": "Text",
    "DECIMAL": "Numeric",
    "NUMERIC": "Numeric",
}
_SIZES = ("length", "precision", "scale")
_UNBOUNDED = float("inf")


def step_between(before: ast.expr, after: ast.expr) -> Step:
    """How the second type stands to the first: `other` where values may not convert."""
    (name, sizes), (new_name, new_sizes) = _read(before), _read(after)
    if name == new_name:
        return _by_size(name, sizes, new_sizes)
    for family in _FAMILIES:
        if name in family and new_name in family:
            return "wider" if family.index(name) < family.index(new_name) else "narrower"
    return "other"


def _by_size(name: str, sizes: tuple[float, ...], new_sizes: tuple[float, ...]) -> Step:
    if name == "Numeric" and sizes != new_sizes:
        # places before the point and after it
        whole, new_whole = (_places(each) for each in (sizes, new_sizes))
        is_narrower = any(new < old for old, new in zip(whole, new_whole, strict=True))
        return "narrower" if is_narrower else "wider"
    old, new = ((each or (_UNBOUNDED,))[0] for each in (sizes, new_sizes))
    return "narrower" if new < old else "wider" if new > old else "same"


def _places(sizes: tuple[float, ...]) -> tuple[float, float]:
    if not sizes:
        return _UNBOUNDED, _UNBOUNDED
    scale = sizes[1] if len(sizes) > 1 else 0
    return sizes[0] - scale, scale


def _read(node: ast.expr) -> tuple[str, tuple[float, ...]]:
    """The name of a type and its numbers: `sa.String(length=50)` → String, (50)."""
    sizes: tuple[float, ...] = ()
    if isinstance(node, ast.Call):
        given = [*node.args, *(k.value for k in node.keywords if k.arg in _SIZES)]
        sizes = tuple(
            each.value
            for each in given
            if isinstance(each, ast.Constant) and isinstance(each.value, int)
        )
        node = node.func
    name = node.attr if isinstance(node, ast.Attribute) else ast.unparse(node)
    return _ALIASES.get(name, name), sizes
