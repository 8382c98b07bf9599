"""Differences that autogenerate found, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def described(diffs: Iterable[Any]) -> tuple[str, ...]:
    """Say what `UpgradeOperations.as_diffs()` holds: `add_column orders.paid`, in its order.

    Format: https://alembic.sqlalchemy.org/en/latest/api/autogenerate.html#alembic.autogenerate.compare_metadata
    """
    return tuple(_line(diff) for diff in _flat(diffs))


def _flat(diffs: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for diff in diffs:  # changes of one column stand in a list of their own
        if isinstance(diff, list):
            yield from diff
        else:
            yield diff


def _line(diff: tuple[Any, ...]) -> str:
    match diff:
        case (str(verb), schema, str(table), column) if verb.endswith("_column"):
            return f"{verb} {_joined(schema, table, column.name)}"
        case (str(verb), schema, str(table), str(column), _, *change):
            before, after = (*change, None, None)[:2]
            return f"{verb} {_joined(schema, table, column)}: {_shown(before)} to {_shown(after)}"
        case (str(verb), item, *_):
            return f"{verb} {_named(item)}"
    return str(diff)


def _shown(value: Any) -> str:
    """A type, a truth value, a comment, or what a server default says."""
    if hasattr(value, "sqltext"):  # Computed
        return f"computed ({value.sqltext})"
    if hasattr(value, "arg"):  # DefaultClause
        return repr(str(value.arg))
    return repr(value)


def _named(item: Any) -> str:
    """`schema.table`, `table.constraint`, or `table(column)` for a constraint without a name."""
    table = getattr(item, "table", None)
    name = getattr(item, "name", None)
    if table is None:
        return str(getattr(item, "fullname", None) or name or item)
    if name:
        return _joined(table.schema, table.name, str(name))
    columns = ", ".join(column.name for column in getattr(item, "columns", ()))
    return f"{_joined(table.schema, table.name)}({columns})"


def _joined(*names: str | None) -> str:
    return ".".join(name for name in names if name)
