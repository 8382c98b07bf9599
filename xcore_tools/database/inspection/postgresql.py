"""The schema of a PostgreSQL database, in a number of statements that no table adds to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from xcore_tools.database import schema as data
from xcore_tools.database.inspection import catalog
from xcore_tools.database.inspection.reflected import (
    Reflection,
    as_check,
    as_computed,
    as_foreign_key,
    as_identity,
    as_index,
    as_primary_key,
    as_unique,
    named_type,
    without_warnings,
)
from xcore_tools.database.schema import DatabaseSchema, by_name

Row = Any
Key = tuple[str | None, str]


def read_postgresql(connection: sa.Connection, schemas: Sequence[str]) -> DatabaseSchema:
    """All relations of `schemas`, or of all that are neither the system's nor an extension's.

    The search path is the default schema alone while it reads, so that names in texts are
    qualified in the same way for everybody.
    """
    default = connection.dialect.default_schema_name or "public"
    connection.execute(
        sa.text("SELECT set_config('search_path', :path, true)"), {"path": _quoted(default)}
    )
    names = list(schemas) or [str(name) for name in connection.scalars(sa.text(catalog.SCHEMAS))]
    reader = _Reader(connection, default, names)
    tables: list[data.Table] = []
    views: list[data.View] = []
    with without_warnings():
        for name in names:
            reader.read(None if name == default else name, tables, views)
    return DatabaseSchema(
        engine="postgresql",
        schemas=tuple(sorted(name for name in names if name != default)),
        extensions=by_name(
            data.Extension(schema=reader.shown(row.schema), name=row.name)
            for row in connection.execute(sa.text(catalog.EXTENSIONS))
        ),
        enums=reader.enums(),
        domains=reader.domains(),
        sequences=reader.sequences(),
        tables=by_name(tables),
        views=by_name(views),
    )


class _Reader:
    """What the catalogs add, asked once for all schemas; then one schema after the other."""

    def __init__(self, connection: sa.Connection, default: str, schemas: Sequence[str]) -> None:
        self._connection = connection
        self._default = default
        self._schemas = schemas
        self._relations = {self._key(row): row for row in self._rows(catalog.RELATIONS)}
        self._columns = {(*self._key(row), row.column): row for row in self._rows(catalog.COLUMNS)}
        self._constraints = {
            (*self._key(row), row.constraint): row for row in self._rows(catalog.CONSTRAINTS)
        }
        self._indexes = {self._key(row): row for row in self._rows(catalog.INDEXES)}

    def shown(self, schema: str) -> str | None:
        """The schema as results have it: None for the default one."""
        return None if schema == self._default else schema

    def read(self, schema: str | None, tables: list[data.Table], views: list[data.View]) -> None:
        """Add the tables and the views of one schema."""
        reflection = Reflection(self._connection, schema)
        asked = {
            fact: reflection.ask(fact)
            for fact in (
                "pk_constraint",
                "unique_constraints",
                "foreign_keys",
                "check_constraints",
                "indexes",
            )
        }
        for name, columns in reflection.columns.items():
            relation = self._relations.get((schema, name))
            if relation is None:  # an extension's
                continue
            facts = {fact: answers.get(name) or () for fact, answers in asked.items()}
            if relation.kind in "vm":
                views.append(self._view(relation, columns, facts))
            else:
                tables.append(self._table(relation, columns, facts))

    def _table(
        self, row: Row, columns: Iterable[Mapping[str, Any]], facts: Mapping[str, Any]
    ) -> data.Table:
        key = self._key(row)
        foreign_keys = [
            each
            for each in map(as_foreign_key, facts["foreign_keys"])
            if not self._is(key, each.name, "is_copy")
        ]
        primary_key = as_primary_key(facts["pk_constraint"] or None)
        return data.Table(
            schema=key[0],
            name=row.name,
            kind="foreign" if row.kind == "f" else "table",
            columns=self._described(key, columns),
            primary_key=primary_key and self._completed(key, primary_key),
            uniques=by_name(
                self._completed(key, each) for each in map(as_unique, facts["unique_constraints"])
            ),
            foreign_keys=by_name(self._completed(key, each) for each in foreign_keys),
            checks=by_name(
                self._completed(key, each) for each in map(as_check, facts["check_constraints"])
            ),
            exclusions=by_name(
                data.Exclusion(name=name, definition=constraint.definition)
                for (*owner, name), constraint in self._constraints.items()
                if constraint.type == "x" and tuple(owner) == key
            ),
            indexes=self._indexes_of(key, facts["indexes"]),
            inherits=()
            if row.bound
            else tuple(self._qualified(*parent) for parent in row.parents or ()),
            partitioning=self._partitioning(row),
            options=_options(row),
            comment=row.comment,
        )

    def _view(
        self, row: Row, columns: Iterable[Mapping[str, Any]], facts: Mapping[str, Any]
    ) -> data.View:
        key = self._key(row)
        return data.View(
            schema=key[0],
            name=row.name,
            materialized=row.kind == "m",
            columns=self._described(key, columns),
            definition=row.definition.strip().rstrip(";"),
            indexes=self._indexes_of(key, facts["indexes"]),
            comment=row.comment,
        )

    def _described(self, key: Key, columns: Iterable[Mapping[str, Any]]) -> tuple[data.Column, ...]:
        described = []
        for column in columns:
            row = self._columns[*key, column["name"]]
            computed = as_computed(column.get("computed"))
            described.append(
                data.Column(
                    name=column["name"],
                    type=row.type,
                    sqlalchemy=named_type(column["type"]),
                    nullable=not row.not_null,
                    default=None if computed else row.default,
                    autoincrement=row.owns_sequence,
                    identity=as_identity(column.get("identity")),
                    computed=computed,
                    collation=row.collation,
                    inherited=row.is_inherited,
                    comment=column.get("comment"),
                )
            )
        return tuple(described)

    def _completed(self, key: Key, constraint: Any) -> Any:
        """`constraint` with what the inspector does not tell of it."""
        row = self._constraints.get((*key, constraint.name))
        if row is None:
            return constraint
        changes: dict[str, Any] = {"inherited": row.is_inherited}
        if row.type in ("c", "f"):
            changes["not_valid"] = row.not_valid
        elif row.is_deferrable:  # an index that is checked late
            changes["deferrable"] = True
            changes["initially"] = "DEFERRED" if row.is_deferred else None
        return msgspec.structs.replace(constraint, **changes)

    def _is(self, key: Key, constraint: str | None, what: str) -> bool:
        row = self._constraints.get((*key, str(constraint)))
        return row is not None and bool(getattr(row, what))

    def _indexes_of(self, key: Key, facts: Iterable[Mapping[str, Any]]) -> tuple[data.Index, ...]:
        found = []
        for each in facts:
            if each.get("duplicates_constraint"):
                continue
            index = as_index(each, "postgresql")
            row = self._indexes[key[0], index.name]
            keys = (
                msgspec.structs.replace(part, collation=collation)
                for part, collation in zip(index.keys, row.collations, strict=False)
            )
            found.append(
                msgspec.structs.replace(
                    index, keys=tuple(keys), inherited=row.is_inherited, comment=row.comment
                )
            )
        return by_name(found)

    def _partitioning(self, row: Row) -> data.Partitioning | None:
        if not row.bound and not row.partition_by:
            return None
        schema, name = row.parents[0] if row.bound else (self._default, None)
        return data.Partitioning(
            by=row.partition_by, of_schema=self.shown(schema), of=name, bound=row.bound
        )

    def enums(self) -> tuple[data.Enum, ...]:
        return by_name(
            data.Enum(
                schema=self.shown(row.schema),
                name=row.name,
                values=tuple(row.values),
                comment=row.comment,
            )
            for row in self._rows(catalog.ENUMS)
        )

    def domains(self) -> tuple[data.Domain, ...]:
        return by_name(
            data.Domain(
                schema=self.shown(row.schema),
                name=row.name,
                type=row.type,
                nullable=row.nullable,
                default=row.default,
                collation=row.collation,
                checks=tuple(data.Check(name=name, expression=text) for name, text in row.checks),
            )
            for row in self._rows(catalog.DOMAINS)
        )

    def sequences(self) -> tuple[data.Sequence, ...]:
        return by_name(
            data.Sequence(
                schema=self.shown(row.schema),
                name=row.name,
                type=row.type,
                start=row.start,
                increment=row.increment,
                minimum=row.minimum,
                maximum=row.maximum,
                cycle=row.cycle,
                cache=row.cache,
                owned_by=(row.owner_table, row.owner_column) if row.owner_table else (),
                comment=row.comment,
            )
            for row in self._rows(catalog.SEQUENCES)
        )

    def _rows(self, query: str) -> Sequence[Row]:
        return self._connection.execute(
            sa.text(query.replace("::", r"\:\:")), {"schemas": list(self._schemas)}
        ).fetchall()

    def _key(self, row: Row) -> Key:
        return self.shown(row.schema), row.name

    def _qualified(self, schema: str, name: str) -> str:
        shown = self.shown(schema)
        return f"{shown}.{name}" if shown else name


def _options(row: Row) -> dict[str, str]:
    options = dict(option.split("=", 1) for option in row.options or ())
    if row.is_unlogged:
        options["unlogged"] = "true"
    if row.server:
        options["server"] = row.server
    return dict(sorted(options.items()))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
