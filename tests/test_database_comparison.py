"""Two schemas compared: what differs, what does not, and what may be a rename."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from xcore_tools import Comparison, compare_schemas
from xcore_tools.database import schema as data
from xcore_tools.database.comparison.types import same_expression, same_type
from xcore_tools.database.schema import DatabaseSchema


def column(name: str, type_: str = "integer", **more: Any) -> data.Column:
    return data.Column(name=name, type=type_, **{"nullable": True, **more})


def table(name: str = "t", *columns: data.Column, **more: Any) -> data.Table:
    return data.Table(name=name, columns=columns or (column("a"),), **more)


def schema(*tables: data.Table, engine: str = "postgresql", **more: Any) -> DatabaseSchema:
    return DatabaseSchema(engine=engine, tables=tables, **more)


def lines(comparison: Comparison) -> list[str]:
    return [
        f"{each.action} {each.kind} {each.table or ''}.{each.name} "
        f"{' '.join(change.field for change in each.changes)}".rstrip()
        for each in comparison.differences
    ]


# The left column: names that the documentation of the engine calls aliases of the right one.
@pytest.mark.parametrize(
    ("engine", "one", "other"),
    [
        ("postgresql", "int", "integer"),
        ("postgresql", "INT8", "bigint"),
        ("postgresql", "VARCHAR(50)", "character varying(50)"),
        ("postgresql", "char", "character(1)"),
        ("postgresql", "decimal(10, 2)", "numeric(10,2)"),
        ("postgresql", "timestamp", "timestamp without time zone"),
        ("postgresql", "timestamptz", "timestamp with time zone"),
        ("postgresql", "TIMESTAMP WITH TIME ZONE", "timestamp with time zone"),
        ("postgresql", "float8", "double precision"),
        ("postgresql", "bool", "boolean"),
        ("postgresql", "varchar(9)[]", "character varying(9)[]"),
        ("mysql", "INTEGER", "int(11)"),
        ("mysql", "int unsigned", "int(10) unsigned"),
        ("mariadb", "bool", "tinyint(1)"),
        ("mysql", "numeric(10, 2)", "decimal(10,2)"),
        ("mysql", "enum('a', 'b')", "enum('a','b')"),
        ("sqlite", "varchar (20)", "VARCHAR(20)"),
        ("sqlite", "double  precision", "DOUBLE"),
    ],
)
def test_synonyms_of_an_engine_are_one_type(engine: str, one: str, other: str) -> None:
    assert same_type(one, other, (engine, engine))
    assert same_type(other, one, (engine, engine))


@pytest.mark.parametrize(
    ("engine", "one", "other"),
    [
        ("postgresql", "integer", "bigint"),
        ("postgresql", "character varying(50)", "character varying(51)"),
        ("postgresql", "character varying", "character varying(1)"),
        ("postgresql", "timestamp with time zone", "timestamp without time zone"),
        ("postgresql", "timestamp(3) without time zone", "timestamp without time zone"),
        ("postgresql", "integer", "integer[]"),
        ("postgresql", '"Mood"', '"mood"'),
        ("mysql", "int(11)", "int(10) unsigned"),
        ("mysql", "tinyint(1)", "tinyint(4)"),
        ("mysql", "enum('a','b')", "enum('a','B')"),
        ("sqlite", "INT", "INTEGER"),
        ("sqlite", "VARCHAR(20)", "TEXT"),
    ],
)
def test_other_types_are_not(engine: str, one: str, other: str) -> None:
    assert not same_type(one, other, (engine, engine))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("INTEGER", "integer", True),
        ("VARCHAR(50)", "character varying(50)", True),
        ("VARCHAR(50)", "text", True),
        ("VARCHAR(50)", "character varying(60)", False),
        ("BOOLEAN", "boolean", True),
        ("DATETIME", "timestamp with time zone", True),
        ("NUMERIC(10, 2)", "numeric(10,3)", False),
        ("BLOB", "bytea", True),
        ("INTEGER", "text", False),
        ("BIGINT", "integer", False),
    ],
)
def test_types_of_two_engines_are_compared_by_what_they_are_for(
    one: str, other: str, is_same: bool
) -> None:
    assert same_type(one, other, ("sqlite", "postgresql")) == is_same


def test_a_tinyint_of_one_is_a_boolean_elsewhere() -> None:
    assert same_type("tinyint(1)", "boolean", ("mysql", "postgresql"))
    assert not same_type("tinyint(4)", "boolean", ("mysql", "postgresql"))
    assert same_type("enum('a')", "VARCHAR(1)", ("mysql", "sqlite"))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("(a > 1)", "a>1", True),
        ("CURRENT_TIMESTAMP", "now()", True),
        ("current_timestamp()", "CURRENT_TIMESTAMP", True),
        ("(a) or (b)", "a or (b)", False),
        ("'A'", "'a'", False),
        ("'a  b'", "'a b'", False),
        ("('(')", "'('", True),
        (None, "0", False),
        (None, None, True),
    ],
)
def test_spellings_of_an_expression(one: str | None, other: str | None, is_same: bool) -> None:
    assert same_expression(one, other) == is_same


def test_the_order_of_columns_and_the_names_of_keys_are_no_difference() -> None:
    key = data.ForeignKey(name="a_fk", columns=("a",), table="p", referred=("id",))
    one = table(
        "t",
        column("a"),
        column("b"),
        primary_key=data.PrimaryKey(name="x", columns=("a",)),
        foreign_keys=(key,),
    )
    other = msgspec.structs.replace(
        one,
        columns=one.columns[::-1],
        primary_key=data.PrimaryKey(columns=("a",)),
        foreign_keys=(msgspec.structs.replace(key, name="b_fk"),),
    )
    assert lines(compare_schemas(schema(one), schema(other))) == []


def test_a_constraint_without_a_name_is_what_it_says() -> None:
    one = table(
        uniques=(data.Unique(name="u", columns=("a",)),), checks=(data.Check(expression="a > 0"),)
    )
    other = table(
        uniques=(data.Unique(columns=("a",)),), checks=(data.Check(name="c", expression="a>0"),)
    )
    assert lines(compare_schemas(schema(one), schema(other))) == []


def test_two_names_are_two_constraints() -> None:
    one, other = (table(uniques=(data.Unique(name=name, columns=("a",)),)) for name in "uv")
    assert lines(compare_schemas(schema(one), schema(other))) == [
        "removed unique t.u",
        "added unique t.v",
    ]


def test_the_default_of_a_counting_column_is_its_own_affair() -> None:
    one, other = (
        schema(table("t", column("a", autoincrement=True, default=f"nextval('{name}')")))
        for name in ("x", "y")
    )
    assert lines(compare_schemas(one, other)) == []


def test_alembics_own_table_is_left_out() -> None:
    assert lines(compare_schemas(schema(table("alembic_version")), schema())) == []


def test_a_table_that_one_side_could_not_read_is_not_compared() -> None:
    gap = data.Unreadable(name="t", reason="permission denied")
    found = compare_schemas(schema(table("t")), schema(unreadable=(gap,)))
    assert found.differences == ()
    assert found.not_compared == (gap,)


def test_another_schema_is_another_table() -> None:
    one = schema(data.Table(name="t", columns=(column("a"),)))
    other = schema(data.Table(schema="x", name="t", columns=(column("a"),)), schemas=("x",))
    found = compare_schemas(one, other)
    assert [(d.action, d.kind, d.schema, d.name) for d in found.differences] == [
        ("added", "schema", None, "x"),
        ("removed", "table", None, "t"),
        ("added", "table", "x", "t"),
    ]
    assert found.renames == ()


def test_a_reference_into_another_schema_is_a_change() -> None:
    one, other = (
        table(
            foreign_keys=(
                data.ForeignKey(
                    name="k", columns=("a",), schema=place, table="p", referred=("id",)
                ),
            )
        )
        for place in (None, "x")
    )
    assert lines(compare_schemas(schema(one), schema(other))) == ["changed foreign key t.k schema"]


def test_renames_are_suggested_and_not_assumed() -> None:
    columns = [column("id"), column("name", "text"), column("born", "date")]
    one = schema(table("person", *columns), table("u", column("old", "text"), column("x")))
    other = schema(table("people", *columns), table("u", column("new", "text"), column("x")))
    found = compare_schemas(one, other)
    assert lines(found) == [
        "added table .people",
        "removed table .person",
        "removed column u.old",
        "added column u.new",
    ]
    assert [(each.kind, each.table, each.before, each.after) for each in found.renames] == [
        ("table", None, "person", "people"),
        ("column", "u", "old", "new"),
    ]


def test_what_may_be_either_is_no_suggestion() -> None:
    one = schema(table("u", column("a", "text"), column("b", "text")))
    other = schema(table("u", column("c", "text"), column("d", "text")))
    assert compare_schemas(one, other).renames == ()


def test_two_engines_are_compared_by_what_means_the_same() -> None:
    one = schema(
        table(
            "t",
            column("id", "INTEGER", nullable=False, default="1"),
            column("name", "VARCHAR(50)", collation="NOCASE"),
            checks=(data.Check(expression="id > 0"),),
            uniques=(data.Unique(columns=("name",)),),
            indexes=(data.Index(name="i", keys=(data.IndexKey(expression="lower(name)"),)),),
        ),
        engine="sqlite",
    )
    other = schema(
        table(
            "t",
            column("id", "integer", nullable=False, default="nextval('x')", autoincrement=True),
            column("name", "character varying(50)"),
            uniques=(data.Unique(name="t_name_key", columns=("name",)),),
        ),
        sequences=(data.Sequence(name="x"),),
    )
    found = compare_schemas(one, other)
    assert found.is_portable
    assert lines(found) == []
    assert not compare_schemas(schema(engine="mysql"), schema(engine="mariadb")).is_portable


def test_changes_are_told_in_words() -> None:
    one = schema(table("t", column("a", identity=data.Identity(always=True, start=5))))
    other = schema(table("t", column("a", "bigint", nullable=False)))
    (found,) = compare_schemas(one, other).differences
    assert {change.field: (change.before, change.after) for change in found.changes} == {
        "type": ("integer", "bigint"),
        "nullable": ("yes", "no"),
        "identity": ("always, start 5, increment 1", None),
    }


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("(a > 1)", "A > 1", True),
        ("((a) > (1))", "(a) > (1)", True),
        ("(a) > (1)", "a) > (1", False),
        ("(a", "a", False),
        ("')' || a", "(')' || a)", True),
        ("'A'", "'a'", False),
    ],
)
def test_parentheses_around_the_whole_of_an_expression(
    one: str, other: str, expected: bool
) -> None:
    assert same_expression(one, other) is expected


def test_a_type_with_parentheses_in_parentheses_is_compared_by_its_letters() -> None:
    assert same_type("Weird(a(1))", "weird(a(1))", ("postgresql", "postgresql"))
    assert not same_type("weird(a(1))", "weird(a(2))", ("postgresql", "postgresql"))
