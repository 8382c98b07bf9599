"""The schema of a MariaDB or MySQL database.

The server has no bulk form of SHOW CREATE TABLE, which the inspector reads: one statement for each
table. It is also what refuses a table that the user may not see in whole; `information_schema` shows
such a user some of the columns, and does not say that there are others. It tells in a few statements
what the inspector drops or bends: defaults, order and expressions of index keys, checks of columns,
collations, sequences, views.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from xcore_tools.database import schema as data
from xcore_tools.database.inspection.reflected import (
    Reflection,
    as_foreign_key,
    named_type,
    without_warnings,
)
from xcore_tools.database.schema import DatabaseSchema, by_name

Row = Any

_TABLES = """
SELECT table_name AS name, table_type AS type, engine AS engine, table_collation AS collation,
       table_comment AS comment, create_options LIKE '%partitioned%' AS is_partitioned
FROM information_schema.tables WHERE table_schema = :schema
"""
_COLUMNS = """
SELECT table_name AS name, column_name AS `column`, column_type AS type,
       is_nullable = 'YES' AS nullable, column_default AS `default`, extra AS extra,
       generation_expression AS expression, collation_name AS collation,
       character_set_name AS charset, column_comment AS comment
FROM information_schema.columns WHERE table_schema = :schema
ORDER BY table_name, ordinal_position
"""
# {expression} came with MySQL 8.0.13; MariaDB has none
_KEYS = """
SELECT table_name AS name, index_name AS `index`, non_unique AS is_plain, column_name AS `column`,
       sub_part AS length, collation AS direction, index_type AS method,
       index_comment AS comment, {expression} AS expression
FROM information_schema.statistics WHERE table_schema = :schema
ORDER BY table_name, index_name, seq_in_index
"""
_CHECKS = {
    "mariadb": """
SELECT table_name AS name, constraint_name AS `check`, check_clause AS expression, level AS level
FROM information_schema.check_constraints WHERE constraint_schema = :schema
""",
    "mysql": """
SELECT t.table_name AS name, c.constraint_name AS `check`, c.check_clause AS expression,
       'Table' AS level
FROM information_schema.check_constraints c JOIN information_schema.table_constraints t
     ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
     AND t.constraint_type = 'CHECK'
WHERE c.constraint_schema = :schema
""",
}
_VIEWS = """
SELECT table_name AS name, view_definition AS definition
FROM information_schema.views WHERE table_schema = :schema
"""
_FUNCTIONAL_KEYS = """
SELECT count(*) FROM information_schema.columns WHERE lower(table_schema) = 'information_schema'
AND lower(table_name) = 'statistics' AND lower(column_name) = 'expression'
"""
# In MySQL it is a comment for its own versions.
_PARTITIONS = re.compile(r"\n(?:/\*!\d+ *)? ?PARTITION BY (.*?)(?: \*/)?$", re.DOTALL)


def read_mysql(connection: sa.Connection, schemas: Sequence[str]) -> DatabaseSchema:
    """The database of the URL, or those named; other databases of the server are left alone."""
    default = connection.dialect.default_schema_name
    engine = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else "mysql"
    tables: list[data.Table] = []
    views: list[data.View] = []
    sequences: list[data.Sequence] = []
    unreadable: list[data.Unreadable] = []
    with without_warnings():
        for name in schemas or (default,):
            if name is None:  # a URL without a database
                continue
            reader = _Reader(connection, engine, name, None if name == default else name)
            tables += reader.tables()
            views += reader.views()
            sequences += reader.sequences()
            unreadable += reader.unreadable()
    return DatabaseSchema(
        engine=engine,
        schemas=tuple(sorted(name for name in schemas if name != default)),
        sequences=by_name(sequences),
        tables=by_name(tables),
        views=by_name(views),
        unreadable=by_name(unreadable),
    )


class _Reader:
    """One database of the server; `shown` is how results name it."""

    def __init__(
        self, connection: sa.Connection, engine: str, schema: str, shown: str | None
    ) -> None:
        self._connection = connection
        self._engine = engine
        self._schema = schema
        self._shown = shown
        self._relations = {row.name: row for row in self._rows(_TABLES)}
        functional = connection.scalar(sa.text(_FUNCTIONAL_KEYS))
        keys = _KEYS.format(expression="expression" if functional else "NULL")
        self._columns = _grouped(self._rows(_COLUMNS))
        self._keys = _grouped(self._rows(keys))
        self._checks = _grouped(self._rows(_CHECKS[engine]))
        self._definitions = {row.name: row.definition for row in self._rows(_VIEWS)}
        of_tables = (row.name for row in self._relations.values() if not _is_special(row))
        self._reflection = Reflection(connection, shown, names=of_tables)
        self._foreign_keys = self._reflection.ask("foreign_keys")
        self._options = self._reflection.ask("table_options")

    def tables(self) -> Iterable[data.Table]:
        for name, columns in self._reflection.columns.items():
            row = self._relations[name]
            if not _is_special(row):
                yield self._table(row, columns)

    def views(self) -> Iterable[data.View]:
        for name, definition in self._definitions.items():
            columns = self._reflection.columns.get(name, ())
            yield data.View(
                schema=self._shown,
                name=name,
                columns=self._described(self._relations[name], columns),
                definition=self._portable(definition),
            )

    def sequences(self) -> Iterable[data.Sequence]:
        for row in self._relations.values():
            if row.type != "SEQUENCE":
                continue
            facts = self._connection.exec_driver_sql(f"SELECT * FROM {self._place(row)}").one()
            yield data.Sequence(
                schema=self._shown,
                name=row.name,
                start=facts.start_value,
                increment=facts.increment,
                minimum=facts.minimum_value,
                maximum=facts.maximum_value,
                cycle=bool(facts.cycle_option),
                cache=facts.cache_size,
            )

    def unreadable(self) -> Iterable[data.Unreadable]:
        reasons = dict(self._reflection.unreadable)
        for name, definition in self._definitions.items():
            if not definition:
                reasons.setdefault(name, "its definition may not be read")
        for name, reason in reasons.items():
            yield data.Unreadable(schema=self._shown, name=name, reason=reason)

    def _table(self, row: Row, columns: Sequence[Mapping[str, Any]]) -> data.Table:
        indexes = _grouped(self._keys.get(row.name, ()), "index")
        primary = indexes.pop("PRIMARY", None)
        uniques = {name: keys for name, keys in indexes.items() if _is_unique(keys)}
        foreign_keys = map(as_foreign_key, self._foreign_keys.get(row.name) or ())
        return data.Table(
            schema=self._shown,
            name=row.name,
            columns=self._described(row, columns),
            primary_key=None
            if primary is None
            else data.PrimaryKey(columns=tuple(key.column for key in primary)),
            uniques=by_name(
                data.Unique(
                    name=name,
                    columns=tuple(key.column for key in keys),
                    comment=keys[0].comment or None,
                )
                for name, keys in uniques.items()
            ),
            foreign_keys=by_name(foreign_keys),
            checks=by_name(map(_check, self._checks.get(row.name, ()))),
            indexes=by_name(
                _index(name, keys) for name, keys in indexes.items() if name not in uniques
            ),
            partitioning=self._partitioning(row) if row.is_partitioned else None,
            options=self._table_options(row),
            comment=row.comment or None,
        )

    def _described(self, row: Row, columns: Sequence[Mapping[str, Any]]) -> tuple[data.Column, ...]:
        types = {column["name"]: named_type(column["type"]) for column in columns}
        return tuple(
            self._column(row, column, types.get(column.column))
            for column in self._columns.get(row.name, ())
        )

    def _column(self, table: Row, row: Row, type_: str | None) -> data.Column:
        extra = row.extra.lower()
        _, _, on_update = extra.partition("on update ")
        computed = None
        if "generated" in extra.replace("default_generated", ""):
            computed = data.Computed(
                expression=row.expression, stored="stored" in extra or "persistent" in extra
            )
        return data.Column(
            name=row.column,
            type=row.type,
            sqlalchemy=type_,
            nullable=bool(row.nullable),
            default=None if computed else self._default(row),
            autoincrement="auto_increment" in extra,
            computed=computed,
            on_update=on_update or None,
            collation=None if row.collation == table.collation else row.collation,
            comment=row.comment or None,
        )

    def _default(self, row: Row) -> str | None:
        """MariaDB tells an expression; MySQL tells a text, and beside it what it is."""
        is_expression = self._engine == "mariadb" or "DEFAULT_GENERATED" in row.extra
        if row.default is None or (is_expression and row.default == "NULL"):
            return None
        text = str(row.default)
        return text if is_expression else "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"

    def _table_options(self, row: Row) -> dict[str, str]:
        """Engine, collation and the like; counters and directories are not of the schema."""
        prefix = f"{self._connection.dialect.name}_"
        stated = {
            name.removeprefix(prefix): str(value)
            for name, value in (self._options.get(row.name) or {}).items()
            if "partition" not in name and not name.endswith("_comment")
        }
        return dict(sorted(stated.items()))

    def _partitioning(self, row: Row) -> data.Partitioning:
        """The clause as the server writes it; the inspector takes its commas away."""
        statement = self._connection.exec_driver_sql(f"SHOW CREATE TABLE {self._place(row)}").one()
        clause = _PARTITIONS.search(statement[1])
        return data.Partitioning(by=clause and " ".join(clause[1].split()))

    def _place(self, row: Row) -> str:
        quote = self._connection.dialect.identifier_preparer.quote_identifier
        return f"{quote(self._schema)}.{quote(row.name)}"

    def _portable(self, definition: str) -> str:
        """The query of a view without the name of the database, which the server puts in."""
        return definition.replace(f"`{self._schema}`.", "")

    def _rows(self, query: str) -> Sequence[Row]:
        return self._connection.execute(sa.text(query), {"schema": self._schema}).fetchall()


def _is_special(row: Row) -> bool:
    """Whether it is no table: a view or a sequence."""
    return "VIEW" in row.type or row.type == "SEQUENCE"


def _is_unique(keys: Sequence[Row]) -> bool:
    """Whether a unique index is no more than a constraint: plain columns in plain order."""
    return not keys[0].is_plain and all(
        key.column is not None and key.length is None and key.direction == "A" for key in keys
    )


def _index(name: str, keys: Sequence[Row]) -> data.Index:
    method = keys[0].method
    return data.Index(
        name=name,
        keys=tuple(
            data.IndexKey(
                column=key.column,
                expression=key.expression,
                descending=key.direction == "D",
                length=key.length,
            )
            for key in keys
        ),
        unique=not keys[0].is_plain,
        method=None if method == "BTREE" else method.lower(),
        comment=keys[0].comment or None,
    )


def _check(row: Row) -> data.Check:
    """MariaDB files the check of a column under the name of the column; it has no other."""
    is_of_column = row.level == "Column"
    return data.Check(
        name=None if is_of_column else row.check,
        column=row.check if is_of_column else None,
        expression=row.expression,
    )


def _grouped(rows: Iterable[Row], column: str = "name") -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row._mapping[column], []).append(row)
    return groups
