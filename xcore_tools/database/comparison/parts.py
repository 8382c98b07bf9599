"""Which fields of two parts differ, in words; fields that carry no meaning of their own are not asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from xcore_tools.database.comparison.differences import Change
from xcore_tools.database.comparison.types import same_expression, same_type
from xcore_tools.database.schema import Column, Engine, Part, Table, View, family

Engines = tuple[Engine, Engine]

# What engines write in their own way: between two of them it tells nothing.
_OWN_WORDS = {
    *("default", "computed", "collation", "on_update", "where", "expression", "definition"),
    *("options", "method", "deferrable", "initially", "match", "identity", "autoincrement"),
    *("comment", "partitioning", "inherits", "kind", "not_valid"),
}
_EXPRESSIONS = {"default", "where", "expression", "definition", "on_update"}
# How parts were paired, what was counted, and what follows from what is compared.
_NEVER = {"name", "sqlalchemy", "inherited", "rows", "size"}
# Compared part by part.
_PARTS = {
    *("schema", "columns", "primary_key", "uniques", "foreign_keys"),
    *("checks", "exclusions", "indexes"),
}


def changes(before: Any, after: Any, engines: Engines) -> tuple[Change, ...]:
    """The fields of two parts of one kind that do not mean the same."""
    return tuple(_changes(before, after, engines))


def _changes(before: Part, after: Part, engines: Engines) -> Iterator[Change]:
    is_portable = family(engines[0]) != family(engines[1])
    skipped = _NEVER | (_OWN_WORDS if is_portable else set())
    if isinstance(before, Table | View):
        skipped |= _PARTS
    for field in before.__struct_fields__:
        if field in skipped:
            continue
        one, other = getattr(before, field), getattr(after, field)
        if field == "default" and _both_count(before, after):
            continue
        if not _is_same(field, one, other, engines):
            yield Change(field, _words(one), _words(other))


def _both_count(before: Part, after: Part) -> bool:
    """Whether the default is a sequence of the column's own on both sides, whatever its name."""
    return (
        isinstance(before, Column)
        and isinstance(after, Column)
        and before.autoincrement
        and after.autoincrement
    )


def _is_same(field: str, one: Any, other: Any, engines: Engines) -> bool:
    if one == other:
        return True
    if field == "type" and one is not None and other is not None:
        return same_type(one, other, engines)
    if field in _EXPRESSIONS:
        return same_expression(one, other)
    if field == "computed" and one and other:
        return bool(one.stored == other.stored) and same_expression(
            one.expression, other.expression
        )
    if field == "keys":
        return len(one) == len(other) and all(map(_is_same_key, one, other))
    return False


def _is_same_key(one: Any, other: Any) -> bool:
    fields: list[Callable[[Any], Any]] = [
        lambda key: key.column,
        lambda key: (key.descending, key.nulls, key.length),
        lambda key: (key.collation or "").lower(),
        lambda key: key.operator_class,
    ]
    return all(field(one) == field(other) for field in fields) and same_expression(
        one.expression, other.expression
    )


def _words(value: Any) -> str | None:
    """A value as text: of a part, the fields that say something."""
    match value:
        case None | ():
            return None
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(str(_words(each)) for each in value)
        case dict():
            return ", ".join(f"{key} = {each}" for key, each in value.items()) or None
        case Part():
            told = {
                field: getattr(value, field)
                for field in value.__struct_fields__
                if getattr(value, field) not in (None, False, ())
            }
            if len(told) == 1:
                return str(next(iter(told.values())))
            return ", ".join(
                field.replace("_", " ") if each is True else f"{field} {each}"
                for field, each in told.items()
            )
    return str(value)
