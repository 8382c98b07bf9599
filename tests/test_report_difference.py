"""Differences as text and as a hint in SQL: the forms that mutations of a database do not give."""

from __future__ import annotations

import re
from typing import Any

import pytest

from xcore_tools import compare_schemas
from xcore_tools.database import schema as data
from xcore_tools.database.schema import DatabaseSchema, Table
from xcore_tools.report.difference import sql, text

ID = data.Column(name="id", type="integer", nullable=False)


def table(**more: Any) -> Table:
    return Table(**{"name": "t", "columns": (ID,), **more})


def schema(*tables: Table, engine: str = "postgresql", **more: Any) -> DatabaseSchema:
    return DatabaseSchema(engine=engine, tables=tables, **more)


def hint(before: DatabaseSchema, after: DatabaseSchema) -> list[str]:
    """Without the first line, which says that it is one."""
    return sql.render(compare_schemas(before, after)).splitlines()[1:]


def test_renames_engines_and_gaps_are_told_below() -> None:
    columns = tuple(data.Column(name=name, type="text", nullable=True) for name in "abcd")
    before = schema(
        table(name="old", columns=columns), table(columns=(ID, columns[0])), engine="mysql"
    )
    after = schema(
        table(name="new", columns=columns),
        table(columns=(ID, data.Column(name="z", type="text", nullable=True))),
        unreadable=(data.Unreadable(name="secret", reason="permission denied"),),
    )
    found = compare_schemas(before, after)
    shown = text.render(found, width=100)
    assert shown.splitlines()[-7:] == [
        "? perhaps a renamed table: old → new",
        "? perhaps a renamed column: t.a → z",
        "",
        "mysql and postgresql are two engines: defaults, conditions, queries of views and the like were not",
        "compared",
        "secret was not compared: permission denied",
        "4 differences: 2 added, 2 removed",
    ]
    colored = text.render(found, width=100, color=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == shown
    assert hint(before, after)[:3] == [
        "-- The second schema is of another engine: postgresql.",
        "-- Perhaps a renamed table: old -> new",
        "-- Perhaps a renamed column: a -> z",
    ]


# https://dev.mysql.com/doc/refman/8.4/en/alter-table.html
@pytest.mark.parametrize(
    ("part", "dropped"),
    [
        ({"primary_key": data.PrimaryKey(columns=("id",))}, "DROP PRIMARY KEY"),
        (
            {
                "foreign_keys": (
                    data.ForeignKey(name="fk", columns=("id",), table="o", referred=("id",)),
                )
            },
            "DROP FOREIGN KEY fk",
        ),
        ({"uniques": (data.Unique(name="uq", columns=("id",)),)}, "DROP INDEX uq"),
        ({"checks": (data.Check(name="ck", expression="id > 0"),)}, "DROP CONSTRAINT ck"),
        (
            {"indexes": (data.Index(name="ix", keys=(data.IndexKey(column="id"),)),)},
            "DROP INDEX ix",
        ),
    ],
)
def test_what_mysql_calls_a_constraint(part: dict[str, Any], dropped: str) -> None:
    before, after = schema(table(**part), engine="mysql"), schema(table(), engine="mysql")
    assert hint(before, after) == [f"ALTER TABLE t {dropped};"]


def test_sqlite_can_change_neither_a_column_nor_a_constraint() -> None:
    unique = data.Unique(name="uq", columns=("id",))
    wide = data.Column(name="id", type="bigint", nullable=False)
    before = schema(table(uniques=(unique,)), engine="sqlite")
    after = schema(table(columns=(wide,)), engine="sqlite")
    assert hint(before, after) == [
        "-- SQLite cannot drop a constraint: make t anew without CONSTRAINT uq UNIQUE (id)",
        "-- SQLite cannot change a column: make t anew with id bigint NOT NULL",
    ]
    assert hint(after, before)[-1] == (
        "-- SQLite cannot add a constraint: make t anew with CONSTRAINT uq UNIQUE (id)"
    )


def test_what_belongs_to_no_table_is_dropped_and_created() -> None:
    view = data.View(
        name="v",
        materialized=True,
        definition="SELECT 1 AS id",
        columns=(ID,),
        indexes=(data.Index(name="ix_v", keys=(data.IndexKey(column="id"),)),),
    )
    full = schema(
        schemas=("s",),
        extensions=(data.Extension(name="citext"),),
        enums=(data.Enum(name="mood", values=("ok",)),),
        domains=(data.Domain(name="positive", type="integer"),),
        sequences=(data.Sequence(name="seq"),),
        views=(view,),
    )
    assert hint(full, schema()) == [
        "DROP MATERIALIZED VIEW v;",
        "DROP SEQUENCE seq;",
        "DROP DOMAIN positive;",
        "DROP TYPE mood;",
        "DROP EXTENSION citext;",
        "DROP SCHEMA s;",
    ]
    assert hint(schema(), full) == [
        "CREATE SCHEMA s;",
        "CREATE EXTENSION citext;",
        "CREATE TYPE mood AS ENUM ('ok');",
        "CREATE DOMAIN positive AS integer;",
        "CREATE SEQUENCE seq START WITH 1 INCREMENT BY 1 CACHE 1;",
        "CREATE MATERIALIZED VIEW v AS SELECT 1 AS id;",
        "CREATE INDEX ix_v ON v (id);",
    ]


def test_an_enum_gets_values_and_loses_none() -> None:
    short = schema(enums=(data.Enum(name="mood", values=("ok",)),))
    long = schema(enums=(data.Enum(name="mood", values=("ok", "fine")),))
    assert hint(short, long) == ["ALTER TYPE mood ADD VALUE 'fine';"]
    assert hint(long, short) == ["-- enum mood: values is ok, fine, not ok"]


def test_a_generated_column_is_not_changed_in_place() -> None:
    def generated(expression: str) -> DatabaseSchema:
        computed = data.Computed(expression=expression, stored=True)
        made = data.Column(name="c", type="integer", nullable=True, computed=computed)
        return schema(table(columns=(ID, made)))

    assert hint(generated("id + 1"), generated("id + 2")) == [
        "-- column c: computed is expression id + 1, stored, not expression id + 2, stored"
    ]
    assert hint(generated("id + 1"), generated("(ID  + 1)")) == []


def test_an_exclusion_is_dropped_and_added() -> None:
    exclusion = data.Exclusion(name="ex", definition="EXCLUDE USING gist (id WITH =)")
    before, after = schema(table()), schema(table(exclusions=(exclusion,)))
    assert hint(before, after) == [
        "ALTER TABLE t ADD CONSTRAINT ex EXCLUDE USING gist (id WITH =);"
    ]
    assert hint(after, before) == ["ALTER TABLE t DROP CONSTRAINT ex;"]


def test_a_changed_index_of_a_materialized_view_is_made_anew() -> None:
    def viewed(*, unique: bool) -> DatabaseSchema:
        index = data.Index(name="ix", keys=(data.IndexKey(column="id"),), unique=unique)
        return schema(
            views=(
                data.View(
                    name="v",
                    materialized=True,
                    definition="SELECT 1 AS id",
                    columns=(ID,),
                    indexes=(index,),
                ),
            )
        )

    assert hint(viewed(unique=False), viewed(unique=True)) == [
        "DROP INDEX ix;",
        "CREATE UNIQUE INDEX ix ON v (id);",
    ]
