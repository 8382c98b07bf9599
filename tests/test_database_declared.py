"""What the source declares beside a database: what it leaves open is as it is there."""

from __future__ import annotations

from typing import Any

import msgspec

from xcore_tools import compare_schemas
from xcore_tools.database import schema as data
from xcore_tools.database.declared import declared_schema
from xcore_tools.discovery import results as source
from xcore_tools.discovery.results import ColumnType, Discovery, Problem, Structure, Table

INTEGER = ColumnType("Integer", (), "sqlalchemy")
ID = source.Column(name="id", type=INTEGER, nullable=False, primary_key=True)
THEIR_ID = data.Column(name="id", type="integer", nullable=False, default="nextval('s')")


def told(structure: Structure | None, other: data.Table, schema: str | None = None) -> list[str]:
    """What differs, from the source to the database."""
    table = Table("t", schema, "app", None, "core", "app.py", 1, structure)
    database = data.DatabaseSchema(engine="postgresql", tables=(other,))
    declared = declared_schema(Discovery((), (table,), (), ()), database)
    return [
        f"{each.action} {each.kind} {each.name}"
        for each in compare_schemas(declared, database).differences
    ]


def theirs(*columns: data.Column, **more: Any) -> data.Table:
    key = data.PrimaryKey(name="t_pkey", columns=("id",))
    return data.Table(**{"name": "t", "columns": (THEIR_ID, *columns), "primary_key": key, **more})


def ours(*columns: source.Column, **more: Any) -> Structure:
    return Structure(columns=(ID, *columns), **more)


def test_the_default_schema_has_no_name() -> None:
    assert told(ours(), theirs(), schema="public") == []
    assert told(ours(), theirs(), schema="other") == [
        "removed schema other",
        "added table t",
        "removed table t",
    ]


def test_columns_that_may_come_from_elsewhere_are_no_difference() -> None:
    extra = data.Column(name="extra", type="text", nullable=True)
    assert told(ours(), theirs(extra)) == ["added column extra"]
    assert told(ours(unknown=("a base",)), theirs(extra)) == []
    assert told(ours(source.Column(name=None)), theirs(extra)) == []
    assert told(None, theirs(extra)) == []


def test_what_may_not_be_there_is_not_missed() -> None:
    doubtful = source.Column(name="maybe", type=INTEGER, unknown=("it may not be there",))
    assert told(ours(doubtful), theirs()) == []
    assert told(ours(msgspec.structs.replace(doubtful, unknown=())), theirs()) == [
        "removed column maybe"
    ]
    assert told(ours(source.Column(name="new")), theirs()) == ["removed column new"]


def test_keys_that_are_not_known_are_theirs() -> None:
    key = data.ForeignKey(name="fk", columns=("id",), table="o", referred=("id",))
    assert told(ours(), theirs(foreign_keys=(key,))) == ["added foreign key fk"]
    vague = msgspec.structs.replace(ID, unknown=("foreign key: its target is not known",))
    assert told(Structure(columns=(vague,)), theirs(foreign_keys=(key,))) == []
    loose = msgspec.structs.replace(ID, primary_key=None)
    assert told(Structure(columns=(loose,)), theirs()) == []
    assert told(Structure(columns=(ID, msgspec.structs.replace(ID, name="b"))), theirs()) == [
        "removed column b",
        "changed primary key None",
    ]


def test_unique_is_unique_by_constraint_or_by_index() -> None:
    index = data.Index(name="ix", keys=(data.IndexKey(column="id"),), unique=True)
    unique = data.Unique(name="uq", columns=("id",))
    stated = ours(uniques=(source.Unique(columns=("id",), name="uq_id"),))
    assert told(stated, theirs(uniques=(unique,))) == []
    assert told(stated, theirs(indexes=(index,))) == []
    assert told(stated, theirs()) == ["removed unique uq_id"]
    indexed = ours(indexes=(source.Index(columns=("id",), unique=True),))
    assert told(indexed, theirs(uniques=(unique,))) == []
    assert told(ours(), theirs(uniques=(unique,))) == ["added unique uq"]
    assert told(ours(unknown=("a base",)), theirs(uniques=(unique,))) == []


def test_a_naming_convention_may_have_named_a_check() -> None:
    stated = ours(checks=(source.Check(name="positive", expression="id > 0"), source.Check()))
    check = data.Check(name="ck_t_positive", expression="(id > 0)")
    assert told(stated, theirs(checks=(check,))) == []
    assert told(stated, theirs()) == ["removed check positive"]


def test_tables_without_a_name_are_named_by_their_place() -> None:
    table = Table(None, None, "app", None, "core", "app.py", 7, ours())
    database = data.DatabaseSchema(engine="sqlite")
    (gap,) = declared_schema(Discovery((), (table,), (), ()), database).unreadable
    assert (gap.name, gap.reason) == ("app.py:7", "the source does not say its name")


def test_a_file_that_cannot_be_read_may_hold_tables() -> None:
    problems = (
        Problem("old.py", 3, "XT101", "error", "invalid syntax"),
        Problem("old.py", 4, "XT120", "warning", "a name is not known"),
    )
    database = data.DatabaseSchema(engine="sqlite")
    (gap,) = declared_schema(Discovery((), (), (), problems), database).unreadable
    assert (gap.name, gap.reason) == ("old.py:3", "invalid syntax")


def test_a_table_that_is_only_declared_has_the_key_that_is_known() -> None:
    structure = ours(source.Column(name="more", primary_key=None), unknown=("a base",))
    table = Table("t", None, "app", None, "core", "app.py", 1, structure)
    alone = declared_schema(Discovery((), (table,), (), ()), data.DatabaseSchema(engine="source"))
    assert alone.tables[0].primary_key == data.PrimaryKey(columns=("id",))
    theirs_too = data.Column(name="more", type="integer", nullable=False)
    key = data.PrimaryKey(columns=("id", "more"))
    assert told(structure, theirs(theirs_too, primary_key=key)) == []
