"""The schema of an SQLite file, in five statements whatever the number of tables.

SQLAlchemy's inspector asks ten times for each table and leaves out indexes on expressions; the
table-valued PRAGMAs (https://www.sqlite.org/pragma.html#pragfunc) tell all of it at once, and the
statements that SQLite keeps tell the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from xcore_tools.database.inspection.statement import (
    ForeignKeyClause,
    TableClauses,
    read_index,
    read_table,
    read_view,
)
from xcore_tools.database.schema import (
    Check,
    Column,
    Computed,
    DatabaseSchema,
    ForeignKey,
    Index,
    IndexKey,
    PrimaryKey,
    Table,
    Unique,
    Unreadable,
    View,
    by_name,
)

Row = Any
Rows = Mapping[str, Sequence[Row]]

_OBJECTS = (
    "SELECT type, name, tbl_name, sql FROM main.sqlite_master "
    "WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY rowid"
)
# m: a table or a view
_ASKED = (
    "FROM (SELECT name FROM main.sqlite_master WHERE type IN ('table', 'view') "
    "AND name NOT LIKE 'sqlite~_%' ESCAPE '~') AS m"
)
_SHADOWS = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"
_FACTS = {
    "columns": f"SELECT m.name AS owner, x.* {_ASKED} JOIN pragma_table_xinfo(m.name, 'main') AS x",
    "indexes": (
        'SELECT m.name AS owner, i.name AS "index", i."unique", i.origin, x.name, x."desc", x.coll '
        f"{_ASKED} JOIN pragma_index_list(m.name, 'main') AS i "
        "JOIN pragma_index_xinfo(i.name, 'main') AS x WHERE x.key"
    ),
    "foreign_keys": (
        f"SELECT m.name AS owner, x.* {_ASKED} JOIN pragma_foreign_key_list(m.name, 'main') AS x"
    ),
}
_GENERATED = re.compile(r"\s*\bGENERATED ALWAYS$", re.IGNORECASE)
# Behind the columns; only SQLite 3.37 and later tell them in a PRAGMA.
_OPTIONS = {"without_rowid": r"\bWITHOUT\s+ROWID\b", "strict": r"\bSTRICT\b"}


def read_sqlite(connection: sa.Connection) -> DatabaseSchema:
    """All tables and views of the file. What cannot be read is named, with the reason."""
    objects = connection.exec_driver_sql(_OBJECTS).fetchall()
    shadows = _shadows(connection)
    tables = [row for row in objects if row.type == "table" and row.name not in shadows]
    views = [row for row in objects if row.type == "view"]
    statements = {row.name: row.sql for row in objects if row.type == "index"}
    facts, unreadable = _facts(connection, [row.name for row in (*tables, *views)])
    known = [row for row in tables if row.name not in unreadable]
    keys = {row.name: _primary_key_columns(facts["columns"].get(row.name, ())) for row in known}
    resolve = _Types(connection.dialect)
    return DatabaseSchema(
        engine="sqlite",
        tables=tuple(
            sorted(
                (_table(row, facts, statements, keys, resolve) for row in known),
                key=lambda table: table.name,
            )
        ),
        views=tuple(
            sorted(
                (
                    View(
                        name=row.name,
                        columns=_columns(
                            facts["columns"].get(row.name, ()), TableClauses(), resolve
                        ),
                        definition=read_view(row.sql),
                    )
                    for row in views
                ),
                key=lambda view: view.name,
            )
        ),
        unreadable=tuple(
            Unreadable(name=name, reason=reason) for name, reason in sorted(unreadable.items())
        ),
    )


def _shadows(connection: sa.Connection) -> set[str]:
    """Tables in which virtual ones keep their data; SQLite before 3.37 does not tell them."""
    try:
        return set(connection.exec_driver_sql(_SHADOWS).scalars())
    except sa.exc.DBAPIError:
        return set()


def _facts(
    connection: sa.Connection, names: Sequence[str]
) -> tuple[dict[str, Rows], dict[str, str]]:
    """The rows of every fact by table; for a table that SQLite cannot open, the reason."""
    try:
        found = {
            fact: connection.exec_driver_sql(query).fetchall() for fact, query in _FACTS.items()
        }
    except sa.exc.DBAPIError:
        return _facts_one_by_one(connection, names)
    return {fact: _by_owner(rows) for fact, rows in found.items()}, {}


def _facts_one_by_one(
    connection: sa.Connection, names: Sequence[str]
) -> tuple[dict[str, Rows], dict[str, str]]:
    """One table that cannot be opened fails the whole statement, so each is asked for alone."""
    facts: dict[str, dict[str, Sequence[Row]]] = {fact: {} for fact in _FACTS}
    unreadable = {}
    for name in names:
        for fact, query in _FACTS.items():
            one = query.replace(_ASKED, "FROM (SELECT ? AS name) AS m")
            try:
                facts[fact][name] = connection.exec_driver_sql(one, (name,)).fetchall()
            except sa.exc.DBAPIError as error:
                unreadable[name] = str(error.orig)
    return dict(facts), unreadable


def _by_owner(rows: Iterable[Row]) -> Rows:
    ordered = sorted(rows, key=lambda row: row.owner)
    return {owner: list(group) for owner, group in groupby(ordered, lambda row: row.owner)}


def _table(
    row: Row,
    facts: Mapping[str, Rows],
    statements: Mapping[str, str],
    keys: Mapping[str, tuple[str, ...]],
    resolve: _Types,
) -> Table:
    is_virtual = row.sql.lstrip()[:14].upper() == "CREATE VIRTUAL"
    clauses = TableClauses() if is_virtual else read_table(row.sql)
    columns = facts["columns"].get(row.name, ())
    indexes = _grouped(facts["indexes"].get(row.name, ()), "index")
    key = keys[row.name]
    tail = row.sql[row.sql.rfind(")") :]
    return Table(
        name=row.name,
        kind="virtual" if is_virtual else "table",
        columns=_columns(columns, clauses, resolve),
        primary_key=PrimaryKey(name=clauses.primary_key, columns=key) if key else None,
        uniques=_uniques(indexes, clauses),
        foreign_keys=_foreign_keys(facts["foreign_keys"].get(row.name, ()), clauses, keys),
        checks=by_name(Check(name=name, expression=text) for name, text in clauses.checks),
        indexes=_indexes(indexes, statements),
        options={
            option: "true" for option, pattern in _OPTIONS.items() if re.search(pattern, tail, re.I)
        },
        definition=row.sql if is_virtual else None,
    )


def _columns(rows: Sequence[Row], clauses: TableClauses, resolve: _Types) -> tuple[Column, ...]:
    columns = []
    for row in rows:
        if row.hidden == 1:  # of a virtual table, for its own use
            continue
        stated = clauses.columns.get(row.name)
        type_ = _GENERATED.sub("", row.type)
        computed = stated.computed if stated and row.hidden else None
        columns.append(
            Column(
                name=row.name,
                type=type_,
                sqlalchemy=resolve(type_),
                nullable=not row.notnull,
                default=row.dflt_value,
                autoincrement=bool(stated and stated.autoincrement),
                computed=None
                if computed is None
                else Computed(expression=computed, stored=row.hidden == 3),
                collation=stated.collation if stated else None,
            )
        )
    return tuple(columns)


def _primary_key_columns(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(row.name for row in sorted(rows, key=lambda row: row.pk) if row.pk)


def _uniques(indexes: Mapping[str, Sequence[Row]], clauses: TableClauses) -> tuple[Unique, ...]:
    names = {tuple(column.lower() for column in columns): name for name, columns in clauses.uniques}
    found = [tuple(row.name for row in rows) for rows in indexes.values() if rows[0].origin == "u"]
    return by_name(
        Unique(name=names.get(tuple(column.lower() for column in columns)), columns=columns)
        for columns in found
    )


def _foreign_keys(
    rows: Sequence[Row], clauses: TableClauses, keys: Mapping[str, tuple[str, ...]]
) -> tuple[ForeignKey, ...]:
    """SQLite numbers foreign keys from the last one in the statement to the first."""
    numbered = _grouped(rows, "id")
    stated = dict(zip(range(len(numbered) - 1, -1, -1), clauses.foreign_keys, strict=False))
    tables = {name.lower(): name for name in keys}
    found = []
    for number, members in numbered.items():
        first = members[0]
        table = tables.get(first.table.lower(), first.table)
        columns = tuple(row[4] for row in members)  # the column of the PRAGMA is called "from"
        clause = stated.get(number, ForeignKeyClause(columns))
        found.append(
            ForeignKey(
                name=clause.name,
                columns=columns,
                table=table,
                referred=keys.get(table, ())
                if first.to is None
                else tuple(row.to for row in members),
                on_delete=_action(first.on_delete),
                on_update=_action(first.on_update),
                deferrable=clause.deferrable,
                initially=clause.initially,
            )
        )
    return by_name(found)


def _indexes(
    indexes: Mapping[str, Sequence[Row]], statements: Mapping[str, str]
) -> tuple[Index, ...]:
    found = []
    for name, rows in indexes.items():
        if rows[0].origin != "c":
            continue
        clauses = read_index(statements[name])
        found.append(
            Index(
                name=name,
                keys=tuple(
                    IndexKey(
                        column=row.name,
                        expression=None if row.name is not None else text,
                        descending=bool(row.desc),
                        collation=None if row.coll == "BINARY" else row.coll,
                    )
                    for row, text in zip(rows, clauses.keys, strict=True)
                ),
                unique=bool(rows[0].unique),
                where=clauses.where,
            )
        )
    return by_name(found)


def _grouped(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row._mapping[column], []).append(row)
    return groups


def _action(text: str) -> str | None:
    return None if text == "NO ACTION" else text


class _Types:
    """What SQLAlchemy makes of a declared type: the one of that name, or the affinity's."""

    # https://www.sqlite.org/datatype3.html#determination_of_column_affinity
    _AFFINITIES: tuple[tuple[str, Any], ...] = (
        ("INT", sa.INTEGER),
        ("CHAR", sa.TEXT),
        ("CLOB", sa.TEXT),
        ("TEXT", sa.TEXT),
        ("BLOB", None),
        ("REAL", sa.REAL),
        ("FLOA", sa.REAL),
        ("DOUB", sa.REAL),
        ("", sa.NUMERIC),
    )

    def __init__(self, dialect: sa.Dialect) -> None:
        self._named: Mapping[str, Any] = dialect.ischema_names  # type: ignore[attr-defined]
        self._known: dict[str, str | None] = {"": None}

    def __call__(self, declared: str) -> str | None:
        if declared not in self._known:
            self._known[declared] = self._resolved(declared.upper())
        return self._known[declared]

    def _resolved(self, declared: str) -> str | None:
        name, _, arguments = declared.partition("(")
        name = name.strip()
        type_ = self._named.get(name) or next(
            type_ for part, type_ in self._AFFINITIES if part in name
        )
        if type_ is None:
            return None
        try:
            return repr(type_(*map(int, re.findall(r"\d+", arguments))))
        except TypeError:  # DATE(8) for example
            return repr(type_())
