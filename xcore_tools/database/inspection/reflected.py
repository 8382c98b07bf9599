"""What SQLAlchemy's inspector says, in bulk, as parts of a schema."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.reflection import Inspector, ObjectKind

from xcore_tools.database.schema import (
    Check,
    Column,
    Computed,
    DatabaseSchema,
    ForeignKey,
    Identity,
    Index,
    IndexKey,
    PrimaryKey,
    Table,
    Unique,
    Unreadable,
    View,
    by_name,
)

Facts = Mapping[str, Any]


class Reflection:
    """One schema through the inspector; what is asked for is asked once for all tables.

    The first question finds out which tables cannot be read: these are in `unreadable`, with what
    the server said, and are left out of the other answers.
    """

    def __init__(
        self,
        connection: sa.Connection,
        schema: str | None,
        *,
        names: Iterable[str] = (),
        kind: ObjectKind = ObjectKind.ANY,
    ) -> None:
        """Reads the columns. `names` are tables that there are, even if the inspector skips them."""
        self._connection = connection
        self._inspector: Inspector = sa.inspect(connection)
        self._schema = schema
        self._kind = kind
        self._single: tuple[str, ...] = ()
        self._has_failed = False
        self.unreadable: dict[str, str] = {}
        self.columns = self._read_columns(names)

    def ask(self, fact: str) -> dict[str, Any]:
        """`foreign_keys`, `indexes`, …: what `get_multi_…` says, by table."""
        one = getattr(self._inspector, f"get_{fact}")
        if self._has_failed:
            names: Iterable[str] = self.columns
            found = {}
        else:
            names = self._single
            multi = getattr(self._inspector, f"get_multi_{fact}")
            try:
                found = _by_table(multi(schema=self._schema, kind=self._kind))
            except NotImplementedError:  # most engines have no table options, for example
                return {}
        for name in names:
            found[name] = one(name, schema=self._schema)
        return found

    def _read_columns(self, names: Iterable[str]) -> dict[str, Any]:
        multi = self._inspector.get_multi_columns
        try:
            with self._connection.begin_nested():
                found = _by_table(multi(schema=self._schema, kind=self._kind))
        except sa.exc.DBAPIError:
            self._has_failed = True
            found = {}
        missing = sorted({*names, *self._names()} - found.keys())
        for name in missing:
            try:
                with self._connection.begin_nested():
                    found[name] = self._inspector.get_columns(name, schema=self._schema)
            except (sa.exc.DBAPIError, sa.exc.UnreflectableTableError) as error:
                self.unreadable[name] = _reason(error)
        self._single = tuple(name for name in missing if name in found)
        return found

    def _names(self) -> Iterator[str]:
        yield from self._inspector.get_table_names(schema=self._schema)
        if ObjectKind.VIEW in self._kind:
            yield from self._inspector.get_view_names(schema=self._schema)


def read_other(connection: sa.Connection, schemas: Sequence[str]) -> DatabaseSchema:
    """A database of an engine that is not known here: all that the inspector says by itself."""
    tables: list[Table] = []
    views: list[View] = []
    unreadable: list[Unreadable] = []
    for schema in schemas or (None,):
        with without_warnings():
            reflection = Reflection(connection, schema)
            tables += _tables(reflection, schema, connection.dialect)
            inspector = sa.inspect(connection)
            for name in inspector.get_view_names(schema=schema):
                columns = _columns(reflection.columns.get(name, ()), connection.dialect)
                text = inspector.get_view_definition(name, schema=schema)
                views.append(View(schema=schema, name=name, columns=columns, definition=text))
        unreadable += [
            Unreadable(schema=schema, name=name, reason=reason)
            for name, reason in reflection.unreadable.items()
        ]
    seen = {(view.schema, view.name) for view in views}
    return DatabaseSchema(
        engine=connection.dialect.name,
        schemas=tuple(sorted(schemas)),
        tables=by_name(table for table in tables if (table.schema, table.name) not in seen),
        views=by_name(views),
        unreadable=by_name(unreadable),
    )


def _tables(reflection: Reflection, schema: str | None, dialect: sa.Dialect) -> Iterator[Table]:
    keys = reflection.ask("pk_constraint")
    facts = {
        fact: reflection.ask(fact)
        for fact in (
            "unique_constraints",
            "foreign_keys",
            "check_constraints",
            "indexes",
            "table_comment",
        )
    }
    for name, columns in reflection.columns.items():
        yield Table(
            schema=schema,
            name=name,
            columns=_columns(columns, dialect),
            primary_key=as_primary_key(keys.get(name)),
            uniques=by_name(map(as_unique, facts["unique_constraints"].get(name, ()))),
            foreign_keys=by_name(map(as_foreign_key, facts["foreign_keys"].get(name, ()))),
            checks=by_name(map(as_check, facts["check_constraints"].get(name, ()))),
            indexes=by_name(
                as_index(index, dialect.name)
                for index in facts["indexes"].get(name, ())
                if not index.get("duplicates_constraint")
            ),
            comment=(facts["table_comment"].get(name) or {}).get("text"),
        )


def _columns(columns: Iterable[Facts], dialect: sa.Dialect) -> tuple[Column, ...]:
    return tuple(
        Column(
            name=column["name"],
            type=_compiled(column["type"], dialect),
            sqlalchemy=named_type(column["type"]),
            nullable=column["nullable"],
            default=column["default"],
            autoincrement=column.get("autoincrement") is True,
            identity=as_identity(column.get("identity")),
            computed=as_computed(column.get("computed")),
            comment=column.get("comment"),
        )
        for column in columns
    )


def as_identity(facts: Facts | None) -> Identity | None:
    """The identity of a column, if it has one."""
    return (
        None
        if facts is None
        else Identity(
            always=facts.get("always", False),
            start=facts.get("start", 1),
            increment=facts.get("increment", 1),
            minimum=facts.get("minvalue"),
            maximum=facts.get("maxvalue"),
            cycle=facts.get("cycle", False),
            cache=facts.get("cache"),
        )
    )


def as_computed(facts: Facts | None) -> Computed | None:
    """The expression of a generated column, if it is one."""
    return (
        None
        if facts is None
        else Computed(expression=facts["sqltext"], stored=facts.get("persisted"))
    )


def as_primary_key(facts: Facts | None) -> PrimaryKey | None:
    """The primary key, if there is one."""
    if not facts or not facts["constrained_columns"]:
        return None
    return PrimaryKey(
        name=facts["name"],
        columns=tuple(facts["constrained_columns"]),
        comment=facts.get("comment"),
    )


def as_unique(facts: Facts) -> Unique:
    """A unique constraint."""
    options = facts.get("dialect_options", {})
    return Unique(
        name=facts["name"],
        columns=tuple(facts["column_names"]),
        include=tuple(options.get("postgresql_include", ())),
        nulls_not_distinct=bool(options.get("postgresql_nulls_not_distinct")),
        comment=facts.get("comment"),
    )


def as_check(facts: Facts) -> Check:
    """A check constraint."""
    options = facts.get("dialect_options", {})
    return Check(
        name=facts["name"],
        expression=facts["sqltext"],
        not_valid=bool(options.get("not_valid")),
        no_inherit=bool(options.get("no_inherit")),
        comment=facts.get("comment"),
    )


def as_foreign_key(facts: Facts) -> ForeignKey:
    """A foreign key."""
    options = facts.get("options", {})
    return ForeignKey(
        name=facts["name"],
        columns=tuple(facts["constrained_columns"]),
        schema=facts["referred_schema"],
        table=facts["referred_table"],
        referred=tuple(facts["referred_columns"]),
        on_delete=options.get("ondelete"),
        on_update=options.get("onupdate"),
        match=options.get("match"),
        deferrable=options.get("deferrable"),
        initially=options.get("initially"),
        comment=facts.get("comment"),
    )


def as_index(facts: Facts, dialect: str) -> Index:
    """An index, of what all dialects tell and of what this one adds."""
    options = facts.get("dialect_options", {})
    sorting = facts.get("column_sorting", {})
    classes = options.get(f"{dialect}_ops", {})
    keys = []
    elements = facts.get("expressions") or facts["column_names"]
    for name, element in zip(facts["column_names"], elements, strict=True):
        order = sorting.get(element, ())
        keys.append(
            IndexKey(
                column=name,
                expression=None if name is not None else element,
                descending="desc" in order,
                nulls="first"
                if "nulls_first" in order
                else "last"
                if "nulls_last" in order
                else None,
                operator_class=classes.get(element),
            )
        )
    where = options.get(f"{dialect}_where")
    return Index(
        name=facts["name"],
        keys=tuple(keys),
        unique=bool(facts["unique"]),
        where=None if where is None else str(where),
        method=options.get(f"{dialect}_using"),
        include=tuple(options.get(f"{dialect}_include", ())),
        nulls_not_distinct=bool(options.get(f"{dialect}_nulls_not_distinct")),
        options=dict(sorted(options.get(f"{dialect}_with", {}).items())),
        invalid=bool(options.get(f"{dialect}_invalid")),
    )


def named_type(type_: sa.types.TypeEngine[Any]) -> str | None:
    """The type as SQLAlchemy writes it in Python; None for one that it does not know."""
    return None if isinstance(type_, sa.types.NullType) else repr(type_)


def _compiled(type_: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> str:
    return "" if isinstance(type_, sa.types.NullType) else type_.compile(dialect)


@contextmanager
def without_warnings() -> Iterator[None]:
    """SQLAlchemy warns of types that it does not know: here they are texts, and nothing is lost."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        yield


def _by_table(found: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: facts for (_, name), facts in found.items()}


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    original = getattr(error, "orig", None)
    arguments: tuple[object, ...] = getattr(original, "args", ())
    text = str(arguments[1] if len(arguments) > 1 else original or error)
    return " ".join(text.split())
