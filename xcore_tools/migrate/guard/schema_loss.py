"""SQLite: what a table has lost when it was rebuilt; pure.

Alembic's batch mode, like the recipe of https://www.sqlite.org/lang_altertable.html#otheralter, makes
a new table and gives it the name of the old one. What the new table was not told of is gone: triggers,
indexes on expressions, CHECKs without a name, collations, ON CONFLICT clauses. (A named constraint
and a plain index are only gone if the revision says so.)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

import msgspec

from xcore_tools.database.inspection.statement import (
    TableClauses,
    names_in,
    normalized,
    read_details,
    read_index,
    read_table,
)
from xcore_tools.migrate.facts import SchemaLoss

_NAME = r"""(?:(?:"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|[\w$]+)\.)?("(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|[\w$]+)"""
_RENAMED = re.compile(rf"\s*ALTER\s+TABLE\s+{_NAME}\s+RENAME\s+TO\s+{_NAME}", re.IGNORECASE)
_DROPPED = re.compile(
    rf"\s*DROP\s+(TRIGGER|INDEX|VIEW)\s+(?:IF\s+EXISTS\s+)?{_NAME}", re.IGNORECASE
)


class Entry(msgspec.Struct, frozen=True):
    """A row of `sqlite_master`."""

    type: str
    name: str
    table: str
    sql: str


Schema = tuple[Entry, ...]


class Rebuilding(msgspec.Struct):
    """A revision: the schema before it, and the statements that it has run."""

    revision: str
    before: Schema
    statements: list[str]


def losses(revisions: Iterable[Rebuilding], final: Schema) -> tuple[SchemaLoss, ...]:
    """What revisions have lost, and nothing has made again until the end."""
    known = list(revisions)
    found = []
    for place, revision in enumerate(known):
        after = known[place + 1].before if place + 1 < len(known) else final
        lost = set(_lost(revision, after))
        if after is not final:
            lost &= set(_lost(revision, final))
        found += [SchemaLoss(table, what, revision.revision) for table, what in sorted(lost)]
    return tuple(found)


def _lost(revision: Rebuilding, after: Schema) -> Iterator[tuple[str, str]]:
    dropped = set(_dropped(revision.statements))
    for name in _rebuilt(revision.statements):
        before, now = _of(revision.before, name), _of(after, name)
        if not (before and now):
            continue
        lost = [*_triggers(before, now, dropped)]
        if before[0].type == now[0].type == "table":
            lost += [*_indexes(before, now, dropped), *_clauses(before[0], now[0])]
        yield from ((before[0].name, what) for what in lost)


def _rebuilt(statements: list[str]) -> frozenset[str]:
    """The tables whose place another one has taken, and the views that were made anew."""
    renamed = filter(None, map(_RENAMED.match, statements))
    views = {name for kind, name in _dropped(statements) if kind == "view"}
    return frozenset(_plain(match[2]) for match in renamed) | views


def _dropped(statements: Iterable[str]) -> Iterator[tuple[str, str]]:
    for statement in statements:
        if match := _DROPPED.match(statement):
            yield match[1].lower(), _plain(match[2])


def _of(schema: Schema, name: str) -> list[Entry]:
    """The table or view of that name first, then what belongs to it; nothing if there is none."""
    own = [e for e in schema if e.name.lower() == name and e.type in ("table", "view")]
    rest = [e for e in schema if e.table.lower() == name and e.type in ("index", "trigger")]
    return own + rest if own else []


def _triggers(
    before: Iterable[Entry], after: Iterable[Entry], dropped: Collection[tuple[str, str]]
) -> Iterator[str]:
    left = {entry.name for entry in after if entry.type == "trigger"}
    for entry in before:
        is_gone = entry.type == "trigger" and entry.name not in left
        if is_gone and ("trigger", entry.name.lower()) not in dropped:
            yield f"trigger {entry.name}"


def _indexes(
    before: list[Entry], after: list[Entry], dropped: Collection[tuple[str, str]]
) -> Iterator[str]:
    left = {entry.name: entry for entry in after if entry.type == "index" and entry.sql}
    columns = read_table(before[0].sql).columns
    for entry in before:
        if entry.type != "index" or not entry.sql or ("index", entry.name.lower()) in dropped:
            continue
        if entry.name in left:
            yield from _weaker(entry, left[entry.name])
            continue
        keys = read_index(entry.sql).keys
        names = {name.lower() for name in columns}
        is_plain = all(normalized(key) in names for key in keys)
        if not is_plain and not _is_meant(" ".join(keys), before[0], after[0]):
            yield f"index {entry.name} on ({', '.join(keys)})"


def _weaker(before: Entry, after: Entry) -> Iterator[str]:
    """What an index of the same name does not have any more."""
    now = dict(read_details(after.sql).keys)
    for key, extras in read_details(before.sql).keys:
        for extra in sorted(extras - now.get(key, extras)):
            yield f"{extra} of {key} in the index {before.name}"
    condition = read_index(before.sql).where
    if condition and not read_index(after.sql).where:
        yield f"WHERE {condition} of the index {before.name}"


def _clauses(before: Entry, after: Entry) -> Iterator[str]:
    """What the statement of the table does not say any more."""
    was, now = read_table(before.sql), read_table(after.sql)
    for name, column in was.columns.items():
        other = now.columns.get(name)
        if other is None:
            continue
        if column.collation and column.collation.upper() != "BINARY" and not other.collation:
            yield f"COLLATE {column.collation} of {name}"
        if column.autoincrement and not other.autoincrement:
            yield f"AUTOINCREMENT of {name}"
        if column.computed and not other.computed:
            yield f"{name} AS ({column.computed})"
    left = {normalized(text) for _, text in now.checks}
    for label, text in was.checks:
        is_gone = label is None and normalized(text) not in left
        if is_gone and not (_is_type_bound(text, was, now) or _is_meant(text, before, after)):
            yield f"CHECK ({text})"
    details, others = read_details(before.sql), read_details(after.sql)
    yield from sorted(c for c in details.conflicts - others.conflicts if _has_column(c, now))
    yield from sorted(option for option in details.options - others.options if option)


def _is_meant(expression: str, before: Entry, after: Entry) -> bool:
    """Whether it has to go, since a column in it was dropped. One that has come may be its new name."""
    was = {name.lower() for name in read_table(before.sql).columns}
    now = {name.lower() for name in read_table(after.sql).columns}
    return bool(names_in(expression) & (was - now)) and now <= was


def _is_type_bound(expression: str, was: TableClauses, now: TableClauses) -> bool:
    """Whether it is the CHECK of a type such as Boolean or Enum, and the type is another one now."""
    match = re.fullmatch(r"([\w$]+) in \( .* \)", normalized(expression))
    if match is None:
        return False
    types = [
        next((c.type.upper() for c in each.columns.values() if c.name.lower() == match[1]), None)
        for each in (was, now)
    ]
    return types[0] != types[1]


def _has_column(conflict: str, now: TableClauses) -> bool:
    columns = {name.lower() for name in now.columns}
    return bool(names_in(conflict) & columns)


def _plain(name: str) -> str:
    """Without quotes, in small letters: so SQLite compares names."""
    quote = {"[": "]"}.get(name[0], name[0])
    if name[0] in '"`[':
        name = name[1:-1].replace(quote * 2, quote)
    return name.lower()
