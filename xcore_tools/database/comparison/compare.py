"""Two schemas compared part by part: the story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from xcore_tools.database.comparison.differences import (
    Change,
    Comparison,
    Difference,
    Kind,
)
from xcore_tools.database.comparison.pairs import Pair, paired
from xcore_tools.database.comparison.parts import Engines, changes
from xcore_tools.database.comparison.renames import suggested
from xcore_tools.database.schema import (
    Check,
    DatabaseSchema,
    ForeignKey,
    Index,
    PrimaryKey,
    Table,
    Unique,
    View,
    family,
)

IGNORED = ("alembic_version",)
"""Tables that Alembic's own comparison leaves out."""


class _Owner(NamedTuple):
    """The table or view that the parts belong to which are compared just now."""

    schema: str | None
    name: str


def compare_schemas(before: DatabaseSchema, after: DatabaseSchema) -> Comparison:
    """What differs between two schemas, sorted by schema, table and part; the order of columns does not.

    Two schemas of one engine that mean the same have no differences, however they are spelled.
    Between two engines types are compared by what they are for, and what each engine writes in its
    own way (defaults, conditions, queries of views) is not. Tables that one side could not read
    are named and not compared.
    """
    engines = (before.engine, after.engine)
    is_portable = family(before.engine) != family(after.engine)
    unread = {(part.schema, part.name): part for part in (*before.unreadable, *after.unreadable)}
    differences: list[Difference] = []
    if not is_portable:
        differences += _of_database(before, after, engines)
    tables = _by_place(before.tables, after.tables, unread)
    for pair in tables:
        differences += _of_table(*pair, engines)
    views = _by_place(before.views, after.views, unread)
    for pair in views:
        differences += _of_view(*pair, engines)
    return Comparison(
        before=before.engine,
        after=after.engine,
        is_portable=is_portable,
        differences=tuple(differences),
        renames=suggested([*tables, *views], engines),
        not_compared=tuple(unread[key] for key in sorted(unread, key=_sort_key)),
    )


def _of_database(
    before: DatabaseSchema, after: DatabaseSchema, engines: Engines
) -> Iterator[Difference]:
    """Schemas, extensions, types and sequences: what belongs to no table."""
    for name in sorted({*before.schemas} ^ {*after.schemas}):
        action = "added" if name in after.schemas else "removed"
        yield Difference(action=action, kind="schema", name=name)  # type: ignore[arg-type]
    kinds: tuple[tuple[Kind, str], ...] = (
        ("extension", "extensions"),
        ("enum", "enums"),
        ("domain", "domains"),
        ("sequence", "sequences"),
    )
    for kind, field in kinds:
        # a sequence that a column owns is that column's affair
        sides = (
            [part for part in getattr(side, field) if not getattr(part, "owned_by", ())]
            for side in (before, after)
        )
        for one, other in _by_place(*sides):
            part = one or other
            yield from _compared(kind, (one, other), engines, schema=part.schema)


def _of_table(one: Table | None, other: Table | None, engines: Engines) -> Iterator[Difference]:
    if one is None or other is None:
        yield from _compared("table", (one, other), engines, schema=(one or other).schema)  # type: ignore[union-attr]
        return
    owner = _Owner(one.schema, one.name)
    yield from _compared("table", (one, other), engines, schema=one.schema)
    yield from _columns(one, other, engines, owner)
    yield from _primary_key(one.primary_key, other.primary_key, engines, owner)
    is_portable = family(engines[0]) != family(engines[1])
    pairs: list[tuple[Kind, list[Pair]]] = [
        (
            "unique",
            paired(
                one.uniques, other.uniques, signature=_unique_signature, are_names_free=is_portable
            ),
        ),
        (
            "foreign key",
            paired(
                one.foreign_keys,
                other.foreign_keys,
                signature=_foreign_key_signature,
                are_names_free=True,
            ),
        ),
    ]
    if not is_portable:  # an expression is written in the engine's own way
        pairs.append(("check", paired(one.checks, other.checks, signature=_check_signature)))
    pairs.append(("exclusion", paired(one.exclusions, other.exclusions)))
    pairs.append(("index", paired(_indexes(one, is_portable), _indexes(other, is_portable))))
    for kind, members in pairs:
        for pair in sorted(members, key=_pair_key):
            yield from _compared(kind, pair, engines, schema=owner.schema, table=owner.name)


def _of_view(one: View | None, other: View | None, engines: Engines) -> Iterator[Difference]:
    schema = (one or other).schema  # type: ignore[union-attr]
    yield from _compared("view", (one, other), engines, schema=schema)
    if one and other:
        owner = _Owner(one.schema, one.name)
        yield from _columns(one, other, engines, owner)
        for pair in paired(one.indexes, other.indexes):
            yield from _compared("index", pair, engines, schema=schema, table=one.name)


def _columns(
    one: Table | View, other: Table | View, engines: Engines, owner: _Owner
) -> Iterator[Difference]:
    for pair in paired(one.columns, other.columns):
        yield from _compared("column", pair, engines, schema=owner.schema, table=owner.name)


def _primary_key(
    one: PrimaryKey | None, other: PrimaryKey | None, engines: Engines, owner: _Owner
) -> Iterator[Difference]:
    """The name of a primary key is nobody's concern."""
    if one or other:
        yield from _compared(
            "primary key", (one, other), engines, schema=owner.schema, table=owner.name
        )


def _compared(
    kind: Kind,
    pair: Pair,
    engines: Engines,
    *,
    schema: str | None,
    table: str | None = None,
) -> Iterator[Difference]:
    """The difference between the two of a pair, if there is one."""
    one, other = pair
    found: tuple[Change, ...] = ()
    if one is None:
        action = "added"
    elif other is None:
        action = "removed"
    else:
        action = "changed"
        found = changes(one, other, engines)
        if not found:
            return
    yield Difference(
        action=action,  # type: ignore[arg-type]
        kind=kind,
        schema=schema,
        table=table,
        name=(one or other).name,
        changes=found,
        before=one,
        after=other,
    )


def _by_place(
    before: Iterable[Any], after: Iterable[Any], unread: Iterable[tuple[str | None, str]] = ()
) -> list[Pair]:
    """Pairs by schema and name, sorted; without what could not be read and what is ignored."""
    skipped = {*unread}
    sides = [
        {
            (part.schema, part.name): part
            for part in parts
            if (part.schema, part.name) not in skipped and part.name not in IGNORED
        }
        for parts in (before, after)
    ]
    keys = sorted({*sides[0], *sides[1]}, key=_sort_key)
    return [(sides[0].get(key), sides[1].get(key)) for key in keys]


def _sort_key(key: tuple[str | None, str]) -> tuple[str, str]:
    return key[0] or "", key[1]


def _pair_key(pair: Pair) -> tuple[bool, str]:
    part = pair[0] if pair[0] is not None else pair[1]
    return part.name is None, part.name or repr(part)


def _indexes(table: Table, is_portable: bool) -> list[Index]:
    """Between two engines, an index on expressions is written in the engine's own way."""
    return [
        index
        for index in table.indexes
        if not is_portable or all(key.column is not None for key in index.keys)
    ]


def _unique_signature(unique: Unique) -> tuple[str, ...]:
    return unique.columns


def _foreign_key_signature(key: ForeignKey) -> tuple[object, ...]:
    return key.columns, key.schema, key.table, key.referred


def _check_signature(check: Check) -> str:
    return "".join(check.expression.split()).lower()
