"""The statements that SQLite keeps, read for what no PRAGMA tells; SQLite itself accepts each."""

from __future__ import annotations

import sqlite3

import pytest

from xcore_tools.database.inspection.statement import read_index, read_table, read_view


def accepted(statement: str, *before: str) -> str:
    """The statement, as SQLite keeps it."""
    connection = sqlite3.connect(":memory:")
    for each in (*before, statement):
        connection.execute(each)
    (sql,) = connection.execute(
        "SELECT sql FROM sqlite_master WHERE sql NOT NULL AND name <> 'sqlite_sequence' "
        "ORDER BY rowid DESC"
    ).fetchone()
    connection.close()
    return str(sql)


def test_names_of_constraints() -> None:
    clauses = read_table(
        accepted(
            'CREATE TABLE t (a INT CONSTRAINT "p k" PRIMARY KEY DESC, b INT CONSTRAINT u UNIQUE, '
            "c INT CONSTRAINT n NOT NULL CONSTRAINT r REFERENCES t ON DELETE SET DEFAULT, "
            "CONSTRAINT two UNIQUE (b, c) CONSTRAINT no_comma CHECK (a <> b))"
        )
    )
    assert clauses.primary_key == "p k"
    assert clauses.uniques == [("u", ("b",)), ("two", ("b", "c"))]
    assert clauses.checks == [("no_comma", "a <> b")]
    assert [(key.name, key.columns) for key in clauses.foreign_keys] == [("r", ("c",))]


def test_a_constraint_of_the_table_may_name_the_key() -> None:
    sql = accepted("CREATE TABLE t (a INT, b INT, CONSTRAINT k PRIMARY KEY (a, b))")
    assert read_table(sql).primary_key == "k"


@pytest.mark.parametrize(
    ("clause", "deferrable", "initially"),
    [
        ("", None, None),
        ("DEFERRABLE", True, None),
        ("NOT DEFERRABLE INITIALLY IMMEDIATE", False, "IMMEDIATE"),
        ("ON UPDATE NO ACTION MATCH FULL DEFERRABLE INITIALLY DEFERRED", True, "DEFERRED"),
        ("ON DELETE RESTRICT NOT NULL", None, None),
    ],
)
def test_when_a_foreign_key_is_checked(
    clause: str, deferrable: bool | None, initially: str | None
) -> None:
    (key,) = read_table(accepted(f"CREATE TABLE t (a INT REFERENCES p (x) {clause})")).foreign_keys
    assert (key.deferrable, key.initially) == (deferrable, initially)


def test_words_in_texts_names_and_comments_are_none() -> None:
    clauses = read_table(
        accepted(
            "CREATE TABLE t (\"check (x)\" TEXT DEFAULT 'CHECK (y), UNIQUE', -- CHECK (z)\n"
            " [unique] INT /* REFERENCES p */, `a b` TEXT CHECK (`a b` <> ')'))"
        )
    )
    assert list(clauses.columns) == ["check (x)", "unique", "a b"]
    assert clauses.checks == [(None, "`a b` <> ')'")]
    assert clauses.uniques == []
    assert clauses.foreign_keys == []


def test_what_stands_behind_a_column() -> None:
    columns = read_table(
        accepted(
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT COLLATE NOCASE NOT NULL, "
            "b INT GENERATED ALWAYS AS (id * (2 + 1)) STORED UNIQUE)"
        )
    ).columns
    assert [column.autoincrement for column in columns.values()] == [True, False, False]
    assert columns["a"].collation == "NOCASE"
    assert columns["b"].computed == "id * (2 + 1)"


def test_a_table_made_of_a_query_and_a_column_without_anything() -> None:
    sql = accepted("CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\"")
    assert list(read_table(sql).columns) == ["a", "b c"]
    assert read_table("CREATE TABLE t").columns == {}


@pytest.mark.parametrize(
    ("keys", "where", "expected"),
    [
        ("a", "", ("a",)),
        ("a DESC, lower(b) ASC", "", ("a", "lower(b)")),
        ("b COLLATE NOCASE DESC, a + 1", "a > 1", ("b", "a + 1")),
        ("coalesce(a, b), (b)", "b = ') where ('", ("coalesce(a, b)", "(b)")),
    ],
)
def test_the_keys_and_the_condition_of_an_index(
    keys: str, where: str, expected: tuple[str, ...]
) -> None:
    condition = f" WHERE {where}" if where else ""
    sql = accepted(f"CREATE INDEX i ON t ({keys}){condition}", "CREATE TABLE t (a INT, b TEXT)")
    assert read_index(sql) == (expected, where or None)


def test_the_query_of_a_view() -> None:
    sql = accepted('CREATE VIEW " AS " (x) AS SELECT 1 AS a;')
    assert read_view(sql) == "SELECT 1 AS a"


@pytest.mark.parametrize("sql", ["CREATE TABLE t ()", "CREATE TABLE t (", "CREATE TABLE t (,)"])
def test_what_sqlite_never_wrote_has_no_columns(sql: str) -> None:
    """`PRAGMA writable_schema` lets a user write anything."""
    assert read_table(sql).columns == {}


def test_a_statement_without_its_end() -> None:
    assert list(read_table("CREATE TABLE t (a INT, b TEXT").columns) == ["a", "b"]
