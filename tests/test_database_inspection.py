"""What inspection says of live databases, and what it says of those that it cannot read."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from schemas import ODD
from servers import PASSWORD, as_url, fresh_database, fresh_user

from xcore_tools import DatabaseError, DatabaseInspector
from xcore_tools.database import schema as data
from xcore_tools.database.connection import connected
from xcore_tools.database.inspection.reflected import read_other
from xcore_tools.database.schema import DatabaseSchema
from xcore_tools.database.url import DatabaseUrl


def execute(url: DatabaseUrl, *statements: str) -> None:
    with connected(url, may_create=True) as connection:
        for statement in statements:
            connection.execute(sa.text(statement.replace(":", r"\:")))
        connection.commit()


@contextmanager
def inspected(engine: str, directory: Path, name: str) -> Iterator[DatabaseSchema]:
    with fresh_database(engine, directory) as url:
        execute(
            url, *(s.replace("%", "%%") if engine != "sqlite" else s for s in ODD[engine][name][0])
        )
        yield DatabaseInspector(url).inspect()


def table(schema: DatabaseSchema, name: str) -> data.Table:
    (found,) = (each for each in schema.tables if each.name == name)
    return found


def by_name(parts: tuple[Any, ...]) -> dict[str, Any]:
    return {part.name: part for part in parts}


# -- SQLite ---------------------------------------------------------------------------------------


def test_odd_names_on_sqlite(tmp_path: Path) -> None:
    with inspected("sqlite", tmp_path, "quoted names") as schema:
        select = table(schema, "select")
        names = ["from", "we ird, (name", "brackets", "ticks", 'qu"ote', "text", "größe"]
        assert [column.name for column in select.columns] == names
        assert select.uniques == (data.Unique(columns=('qu"ote',)),)
        assert select.indexes[0].keys == (
            data.IndexKey(column="we ird, (name", descending=True),
            data.IndexKey(column='qu"ote'),
        )
        assert table(schema, 'a"b').foreign_keys == (
            data.ForeignKey(columns=('c"d',), table="select", referred=("from",)),
        )


def test_constraints_on_sqlite(tmp_path: Path) -> None:
    with inspected("sqlite", tmp_path, "checks") as schema:
        assert table(schema, "t").checks == (
            data.Check(name="named", expression="a < 10"),
            data.Check(name="odd, name", expression="b IN ('(', ')', ',')"),
            data.Check(expression="a <> 5 AND (b = 'x' OR b = 'y')"),
            data.Check(expression="a > 0"),
        )
    (tmp_path / "app.db").unlink()
    with inspected("sqlite", tmp_path, "uniques") as schema:
        assert table(schema, "t").uniques == (
            data.Unique(name="one", columns=("a",)),
            data.Unique(name="two", columns=("b", "c")),
            data.Unique(columns=("b",)),
            data.Unique(columns=("c", "a")),
        )


def test_foreign_keys_on_sqlite(tmp_path: Path) -> None:
    with inspected("sqlite", tmp_path, "deferred") as schema:
        assert table(schema, "c").foreign_keys == (
            data.ForeignKey(
                columns=("a",), table="p", referred=("id",), deferrable=True, initially="DEFERRED"
            ),
            data.ForeignKey(
                columns=("b",), table="p", referred=("id",), deferrable=False, on_delete="SET NULL"
            ),
            data.ForeignKey(columns=("b",), table="p", referred=("id",), deferrable=True),
        )
        assert not any(column.nullable for column in table(schema, "c").columns)
    (tmp_path / "app.db").unlink()
    with inspected("sqlite", tmp_path, "composite key") as schema:
        (named,) = table(schema, "c").foreign_keys
        assert (named.name, named.referred) == ("fk", ("a", "b"))
        assert (named.on_delete, named.on_update) == ("SET NULL", "CASCADE")
        assert table(schema, "d").foreign_keys[0].referred == ("a", "b")
        assert table(schema, "p").primary_key == data.PrimaryKey(columns=("a", "b"))


def test_generated_columns_and_indexes_on_sqlite(tmp_path: Path) -> None:
    with inspected("sqlite", tmp_path, "generated") as schema:
        columns = by_name(table(schema, "t").columns)
        assert columns["b"].computed == data.Computed(expression="a * (2 + 1)", stored=True)
        assert columns["c"].computed == data.Computed(expression="a || ')'", stored=False)
        assert columns["b"].type == "INT"
    (tmp_path / "app.db").unlink()
    with inspected("sqlite", tmp_path, "indexes") as schema:
        assert table(schema, "t").indexes == (
            data.Index(
                name="i1",
                keys=(
                    data.IndexKey(expression="lower(b)"),
                    data.IndexKey(column="a", descending=True),
                ),
            ),
            data.Index(
                name="i2",
                keys=(data.IndexKey(column="b", collation="NOCASE"),),
                unique=True,
                where="a > 1 AND c = ') where'",
            ),
            data.Index(
                name="i3", keys=(data.IndexKey(expression="a + length(b)", descending=True),)
            ),
        )


def test_kinds_of_tables_on_sqlite(tmp_path: Path) -> None:
    with inspected("sqlite", tmp_path, "without rowid, strict") as schema:
        options = {each.name: each.options for each in schema.tables}
        assert options == {
            "w": {"without_rowid": "true"},
            "s": {"strict": "true"},
            "b": {"without_rowid": "true", "strict": "true"},
        }
    (tmp_path / "app.db").unlink()
    with inspected("sqlite", tmp_path, "virtual") as schema:
        (only,) = schema.tables  # and none of those in which it keeps its data
        assert only.kind == "virtual"
        assert only.definition == "CREATE VIRTUAL TABLE f USING fts5(title, body)"
        assert [column.name for column in only.columns] == ["title", "body"]


def test_types_on_sqlite(tmp_path: Path) -> None:
    with inspected("sqlite", tmp_path, "odd types") as schema:
        types = {c.name: (c.type, c.sqlalchemy) for c in table(schema, "t").columns}
        assert types == {
            "a": ("MONEY", "NUMERIC()"),
            "b": ("VARCHAR (20)", "VARCHAR(length=20)"),
            "c": ("UNSIGNED BIG INT", "INTEGER()"),
            "d": ("DECIMAL(10, 2)", "DECIMAL(precision=10, scale=2)"),
            "e": ("quoted type", "NUMERIC()"),
            "f": ("DATE(8)", "DATE()"),
        }


def test_a_view_that_cannot_be_opened_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    url = as_url(f"sqlite:///{tmp_path}/app.db")
    execute(
        url,
        "CREATE TABLE t (a INT)",
        "CREATE TABLE gone (a INT)",
        "CREATE VIEW v AS SELECT a FROM gone",
        "DROP TABLE gone",
    )
    schema = DatabaseInspector(url).inspect()
    assert [each.name for each in schema.tables] == ["t"]
    (problem,) = schema.unreadable
    assert problem.name == "v"
    assert "no such table: main.gone" in problem.reason


# -- PostgreSQL -----------------------------------------------------------------------------------


def test_schemas_on_postgresql(tmp_path: Path) -> None:
    with inspected("postgresql", tmp_path, "schemas") as schema:
        assert schema.schemas == ("Other", "third")
        assert [(each.schema, each.name) for each in schema.tables] == [
            (None, "p"),
            ("Other", "p"),
            ("third", "t"),
        ]
        keys = [
            (key.columns, key.schema, key.table, key.on_delete, key.on_update)
            for each in schema.tables
            for key in each.foreign_keys
        ]
        assert keys == [
            (("up",), None, "p", None, None),
            (("self",), "Other", "p", "CASCADE", None),
            (("a",), "Other", "p", None, "SET NULL"),
        ]
        assert schema.enums == (
            data.Enum(schema="third", name="mood", values=("sad", "it's", "ok")),
        )
        assert [c.type for c in schema.tables[2].columns] == ["integer", "third.mood[]"]
        assert [(each.schema, each.owned_by) for each in schema.sequences] == [
            (None, ("p", "id")),
            ("Other", ("p", "id")),
        ]


def test_types_on_postgresql_are_texts_where_nobody_knows_them(tmp_path: Path) -> None:
    with inspected("postgresql", tmp_path, "types") as schema:
        columns = by_name(table(schema, "t").columns)
        assert columns["b"].type == "cube"
        assert columns["b"].sqlalchemy is None
        assert columns["d"].type == "ltree[]"
        assert columns["i"].type == "timestamp(3) with time zone"
        assert columns["i"].sqlalchemy == "TIMESTAMP(timezone=True, precision=3)"
        assert [each.name for each in schema.extensions] == ["citext", "cube", "hstore", "ltree"]
        positive, word = schema.domains
        assert (positive.type, positive.nullable, positive.default) == ("integer", False, "1")
        assert len(positive.checks) == 2
        assert (word.type, word.collation) == ("character varying(20)", "C")


def test_partitions_and_children_on_postgresql(tmp_path: Path) -> None:
    with inspected("postgresql", tmp_path, "partitions") as schema:
        found = {each.name: each.partitioning for each in schema.tables}
        assert found == {
            "p": data.Partitioning(by="RANGE (at)"),
            "p_old": data.Partitioning(
                of="p", bound="FOR VALUES FROM (MINVALUE) TO ('2020-01-01')"
            ),
            "p_new": data.Partitioning(by="LIST (k)", of="p", bound="DEFAULT"),
            "p_new_a": data.Partitioning(of="p_new", bound="FOR VALUES IN ('a', 'b')"),
            "r": None,
        }
        old = {each.name: each.inherited for each in table(schema, "p_old").indexes}
        assert old == {"only_old": False, "p_old_k_idx": True}
        assert [key.table for key in table(schema, "r").foreign_keys] == ["p"]


def test_inheritance_on_postgresql(tmp_path: Path) -> None:
    with inspected("postgresql", tmp_path, "inheritance") as schema:
        child = table(schema, "child")
        assert child.inherits == ("base", "other")
        assert [column.inherited for column in child.columns] == [True, True, True, False]
        assert [check.inherited for check in child.checks] == [True]


def test_indexes_and_constraints_on_postgresql(tmp_path: Path) -> None:
    with inspected("postgresql", tmp_path, "indexes") as schema:
        indexes = by_name(table(schema, "t").indexes)
        assert indexes["i1"].comment == "an index"
        assert indexes["i1"].keys == (
            data.IndexKey(expression="lower(b)", descending=True, nulls="last"),
            data.IndexKey(column="a"),
        )
        assert indexes["i2"] == data.Index(
            name="i2",
            keys=(data.IndexKey(column="b", collation="C", operator_class="text_pattern_ops"),),
            unique=True,
            where="(a > 1)",
            include=("a", "c"),
        )
        assert (indexes["i3"].method, indexes["i3"].options) == ("gin", {"fastupdate": "off"})
        assert indexes["i4"].method == "hash"
        assert indexes["i6"].nulls_not_distinct
    with inspected("postgresql", tmp_path, "constraints") as schema:
        uniques = by_name(table(schema, "p").uniques)
        assert (uniques["p_a_b_key"].deferrable, uniques["p_a_b_key"].initially) == (
            True,
            "DEFERRED",
        )
        assert uniques["u"].include == ("a",)
        checks = by_name(table(schema, "c").checks)
        assert (checks["late"].not_valid, checks["own"].no_inherit) == (True, True)
        keys = by_name(table(schema, "c").foreign_keys)
        assert (keys["later"].not_valid, keys["c_x_fkey"].match) == (True, "FULL")


def test_identities_on_postgresql(tmp_path: Path) -> None:
    with inspected("postgresql", tmp_path, "serials and identities") as schema:
        columns = by_name(table(schema, "t").columns)
        assert [columns[name].autoincrement for name in "abcde"] == [True, True, True, False, False]
        assert columns["d"].identity == data.Identity(
            always=True, start=10, increment=5, minimum=1, maximum=100, cycle=True, cache=1
        )
        alone = by_name(schema.sequences)["alone"]
        assert (alone.start, alone.increment, alone.cache, alone.cycle) == (-5, -1, 3, True)


def test_the_search_path_of_a_user_changes_nothing(tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path) as url:
        execute(url, *ODD["postgresql"]["schemas"].statements)
        before = DatabaseInspector(url).inspect()
        execute(
            url,
            f'ALTER DATABASE {url.sqlalchemy.database} SET search_path = public, third, "Other"',
        )
        assert DatabaseInspector(url).inspect() == before


def test_only_the_schemas_that_are_named(tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path) as url:
        execute(url, *ODD["postgresql"]["schemas"].statements)
        schema = DatabaseInspector(url).inspect(schemas=["third"])
        assert [(each.schema, each.name) for each in schema.tables] == [("third", "t")]
        assert schema.schemas == ("third",)
        with pytest.raises(DatabaseError, match=r"no schema is called nope; there are .*third"):
            DatabaseInspector(url).inspect(schemas=["nope"])


# -- MariaDB --------------------------------------------------------------------------------------


def test_columns_on_mysql(tmp_path: Path) -> None:
    with inspected("mysql", tmp_path, "defaults") as schema:
        columns = by_name(table(schema, "t").columns)
        assert columns["a"].default == "0"
        assert columns["c"].default == "current_timestamp(3)"
        assert columns["d"].on_update == "current_timestamp()"
        assert columns["f"].default == "concat('a',lcase('B'))"
        assert columns["h"].default == "'NULL'"
        assert columns["i"].default is None
    with inspected("mysql", tmp_path, "generated and checks") as schema:
        columns = by_name(table(schema, "t").columns)
        assert columns["b"].computed == data.Computed(expression="`a` * (2 + 1)", stored=True)
        assert columns["c"].computed == data.Computed(expression="`a`", stored=False)
        assert {(c.name, c.column) for c in table(schema, "t").checks} == {
            ("named", None),
            ("CONSTRAINT_1", None),
            (None, "a"),
        }


def test_keys_on_mysql(tmp_path: Path) -> None:
    with inspected("mysql", tmp_path, "keys") as schema:
        assert table(schema, "t").uniques == (data.Unique(name="u", columns=("a", "b")),)
        assert table(schema, "t").columns[0].autoincrement
        indexes = by_name(table(schema, "t").indexes)
        assert set(indexes) == {"k", "p", "d", "f", "n"}
        assert (indexes["p"].unique, indexes["p"].keys[0].length) == (True, 5)
        assert indexes["d"].keys == (
            data.IndexKey(column="b", descending=True),
            data.IndexKey(column="a", length=3),
        )
        assert (indexes["f"].method, indexes["n"].comment) == ("fulltext", "it's")


def test_views_and_sequences_on_mysql(tmp_path: Path) -> None:
    with inspected("mysql", tmp_path, "views and sequences") as schema:
        assert {view.name: view.definition for view in schema.views} == {
            "z": "select `t`.`a` AS `x` from `t` where `t`.`b` > 1",
            "a": "select `z`.`x` + 1 AS `y` from `z`",
        }
        assert schema.sequences == (
            data.Sequence(
                name="s", start=5, increment=2, minimum=1, maximum=99, cycle=True, cache=10
            ),
        )
        assert [each.name for each in schema.tables] == ["t"]


# -- errors ---------------------------------------------------------------------------------------


def test_a_table_without_permission_on_mysql_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    with fresh_database("mysql", tmp_path) as url:
        execute(
            url,
            "CREATE TABLE open (a INT)",
            "CREATE TABLE closed (a INT, b INT)",
            "CREATE VIEW v AS SELECT a FROM open",
        )
        with fresh_user(url) as user:
            name, database = user.sqlalchemy.username, url.sqlalchemy.database
            with connected(url) as connection:
                hosts = sa.text("SELECT host FROM mysql.user WHERE user = :name")
                who = f"{name}@'{connection.scalar(hosts, {'name': name})}'"
            execute(
                url,
                f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {who}",
                f"GRANT SELECT ON {database}.open TO {who}",
                f"GRANT SELECT (a) ON {database}.closed TO {who}",
                f"GRANT SELECT ON {database}.v TO {who}",
            )
            schema = DatabaseInspector(user).inspect(statistics=True)
        assert [each.name for each in schema.tables] == ["open"]
        reasons = {each.name: each.reason for each in schema.unreadable}
        assert set(reasons) == {"closed", "v"}
        assert "denied" in reasons["closed"]
        assert PASSWORD not in str(reasons)


def test_rows_without_permission_on_postgresql_are_named(tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path) as url:
        execute(url, "CREATE TABLE open (a INT)", "CREATE TABLE closed (a INT)")
        execute(url, "INSERT INTO open VALUES (1), (2)")
        with fresh_user(url) as user:
            execute(url, f"GRANT SELECT ON open TO {user.sqlalchemy.username}")
            schema = DatabaseInspector(user).inspect(statistics=True)
            execute(url, f"REVOKE ALL ON open FROM {user.sqlalchemy.username}")
        assert {each.name: each.rows for each in schema.tables} == {"open": 2, "closed": None}
        (problem,) = schema.unreadable
        assert problem.name == "closed"
        assert problem.reason == "rows not counted: permission denied for table closed"


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_a_wrong_password_is_an_error_without_secrets(engine: str, tmp_path: Path) -> None:
    with fresh_database(engine, tmp_path) as url:
        wrong = DatabaseUrl(url.sqlalchemy.set(username="nobody_here", password="s3cr3t-p"), "test")
        with pytest.raises(DatabaseError, match="cannot connect") as caught:
            DatabaseInspector(wrong).inspect()
        assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))


def test_rows_and_sizes(database: DatabaseUrl) -> None:
    execute(database, "CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (2), (3)")
    assert DatabaseInspector(database).inspect().tables[0].rows is None
    (counted,) = DatabaseInspector(database).inspect(statistics=True).tables
    assert counted.rows == 3
    assert counted.size is None or counted.size >= 4096


def test_meta_has_no_secret(database: DatabaseUrl) -> None:
    execute(database, "CREATE TABLE t (a INT)")
    meta = DatabaseInspector(database).meta()
    assert meta.url == str(database)
    assert meta.server_version[0].isdigit()
    assert meta.time.endswith("+00:00")


def test_an_engine_that_is_not_known_is_read_as_far_as_the_inspector_goes(tmp_path: Path) -> None:
    """SQLite stands for it, through the reader for all engines."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/app.db")
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE p (id INTEGER PRIMARY KEY, n NUMERIC(3, 1) DEFAULT 1 NOT NULL)",
            "CREATE TABLE c (x INT, CONSTRAINT fk FOREIGN KEY (x) REFERENCES p (id), UNIQUE (x), "
            "CONSTRAINT ck CHECK (x > 0))",
            "CREATE INDEX i ON c (x) WHERE x > 1",
            "CREATE VIEW v AS SELECT x FROM c",
        ):
            connection.exec_driver_sql(statement)
        schema = read_other(connection, ())
    engine.dispose()
    child, parent = schema.tables
    assert [column.type for column in parent.columns] == ["INTEGER", "NUMERIC(3, 1)"]
    assert parent.primary_key == data.PrimaryKey(columns=("id",))
    assert child.foreign_keys == (
        data.ForeignKey(name="fk", columns=("x",), table="p", referred=("id",)),
    )
    assert child.checks == (data.Check(name="ck", expression="x > 0"),)
    assert child.indexes[0].where == "x > 1"
    assert [view.name for view in schema.views] == ["v"]
