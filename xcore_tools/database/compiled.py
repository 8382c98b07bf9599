"""Types as the source names them → types in the words of an engine, by SQLAlchemy itself.

Only names of SQLAlchemy are looked up; a type that it does not have, or whose arguments are not known,
is not compiled. Nothing of the user's code is imported.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from xcore_tools.database.schema import Engine, family
from xcore_tools.discovery.results import ColumnType

EnumType = tuple[str, tuple[str, ...]]
"""The name of an enumerated type and its values."""

# What an engine tells of a column depends on its version or on SQLAlchemy's.
_UNCERTAIN = {"mysql": {"JSON", "Uuid", "UUID"}}
_SAME = {"AutoString": "String", "UTCDateTime": "DateTime"}
_PUBLIC = ("sqlalchemy", "sqlmodel")


def compiled(type_: ColumnType | None, engine: Engine) -> str | None:
    """The type as `engine` would have it in CREATE TABLE; None where that is not certain."""
    built = _built(type_, engine)
    if built is None:
        return None
    try:
        dialect = sa.make_url(f"{engine}://").get_dialect()()
        return str(built.compile(dialect))
    except (sa.exc.SQLAlchemyError, AttributeError, ImportError, TypeError, ValueError):
        return None


def enum_of(type_: ColumnType | None, engine: Engine) -> EnumType | None:
    """The enumerated type of the database that a column needs, on engines that have such."""
    built = _built(type_, engine) if family(engine) == "postgresql" else None
    if isinstance(built, sa.Enum) and built.native_enum and built.name:
        return str(built.name), tuple(map(str, built.enums))
    return None


def _built(type_: ColumnType | None, engine: Engine) -> TypeEngine[Any] | None:
    if type_ is None:
        return None
    for name, variant in type_.variants:
        if family(name) == family(engine):
            return _built(variant, engine)
    if type_.impl is not None:
        return _built(type_.impl, engine)
    if not type_.module.startswith(_PUBLIC) or type_.name in _UNCERTAIN.get(family(engine), ()):
        return None
    if type_.name == "Enum":
        return _enum(type_)
    try:
        args, keywords = _arguments(type_.arguments)
        module = importlib.import_module(_home(type_.module))
        cls = getattr(module, _SAME.get(type_.name, type_.name))
        built = cls(*args, **keywords)
    except (ImportError, AttributeError, SyntaxError, TypeError, ValueError):
        return None
    return built if isinstance(built, TypeEngine) else None


def _home(module: str) -> str:
    """Where a type can be imported from: dialects keep their own, all others are at the top."""
    parts = module.split(".")
    return ".".join(parts[:3]) if parts[:2] == ["sqlalchemy", "dialects"] else "sqlalchemy.types"


def _enum(type_: ColumnType) -> TypeEngine[Any] | None:
    if type_.values is None:
        return None
    given = [text for text in type_.arguments if "=" not in text]
    keywords: dict[str, Any] = {}
    for text in type_.arguments:
        key, sign, value = text.partition("=")
        if sign and key in {"name", "native_enum", "length"}:
            keywords[key] = ast.literal_eval(value)
    if "name" not in keywords and given and given[0].isidentifier():
        keywords["name"] = given[0].rpartition(".")[2].lower()
    return sa.Enum(*type_.values, **keywords)


def _arguments(texts: Iterable[str]) -> tuple[list[Any], Mapping[str, Any]]:
    """The values of arguments that are plain, or types.

    Raises:
        ValueError: one is neither, or not known.
        SyntaxError: one is not known, in part.
    """
    call = ast.parse(f"f({', '.join(texts)})", mode="eval").body
    assert isinstance(call, ast.Call)
    args = [_value(node) for node in call.args]
    return args, {node.arg or "": _value(node.value) for node in call.keywords}


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Name | ast.Attribute):
        return getattr(sa.types, node.id if isinstance(node, ast.Name) else node.attr)
    if isinstance(node, ast.Call):
        cls = _value(node.func)
        keywords = {each.arg or "": _value(each.value) for each in node.keywords}
        return cls(*map(_value, node.args), **keywords)
    return ast.literal_eval(node)
