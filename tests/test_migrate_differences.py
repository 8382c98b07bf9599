"""Differences in words: those that Alembic itself finds between two schemas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import ops

from xcore_tools.migrate.autogenerate.differences import described

Make = Callable[..., sa.Table]


def compared(before: Callable[[Make], object], after: Callable[[Make], object]) -> tuple[str, ...]:
    """What is said of the way from one schema to the other, on SQLite."""

    def build(make: Callable[[Make], object]) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table("other", metadata, sa.Column("id", sa.Integer, primary_key=True))

        def table(*items: sa.schema.SchemaItem, **options: Any) -> sa.Table:
            key = sa.Column("id", sa.Integer, primary_key=True)
            return sa.Table("t", metadata, key, *items, **options)

        make(table)
        return metadata

    engine = sa.create_engine("sqlite://")
    build(before).create_all(engine)
    options = {"compare_type": True, "compare_server_default": True}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        found = described(compare_metadata(context, build(after)))
    engine.dispose()
    return found


def column(kind: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column("c", kind, **options)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (lambda t: None, lambda t: t(), ["add_table t"]),
        (lambda t: t(), lambda t: None, ["remove_table t"]),
        (lambda t: t(), lambda t: t(column(sa.Text)), ["add_column t.c"]),
        (lambda t: t(column(sa.Text)), lambda t: t(), ["remove_column t.c"]),
        (
            lambda t: t(column(sa.Text)),
            lambda t: t(column(sa.Text), sa.Index("ix_c", "c")),
            ["add_index t.ix_c"],
        ),
        (
            lambda t: t(column(sa.Text), sa.Index("ix_c", "c")),
            lambda t: t(column(sa.Text)),
            ["remove_index t.ix_c"],
        ),
        (
            lambda t: t(column(sa.Text)),
            lambda t: t(column(sa.Text), sa.UniqueConstraint("c", name="uq_c")),
            ["add_constraint t.uq_c"],
        ),
        (
            lambda t: t(column(sa.Text)),
            lambda t: t(column(sa.Text), sa.UniqueConstraint("c", "id")),
            ["add_constraint t(c, id)"],
        ),
        (
            lambda t: t(column(sa.Text), sa.UniqueConstraint("c", name="uq_c")),
            lambda t: t(column(sa.Text)),
            ["remove_constraint t.uq_c"],
        ),
        (
            lambda t: t(column(sa.Integer)),
            lambda t: t(column(sa.Integer), sa.ForeignKeyConstraint(["c"], ["other.id"])),
            ["add_fk t(c)"],
        ),
        (
            lambda t: t(
                column(sa.Integer), sa.ForeignKeyConstraint(["c"], ["other.id"], name="fk")
            ),
            lambda t: t(column(sa.Integer)),
            ["remove_fk t.fk"],
        ),
        (
            lambda t: t(column(sa.String(5), nullable=False)),
            lambda t: t(column(sa.String(9))),
            [
                "modify_type t.c: VARCHAR(length=5) to String(length=9)",
                "modify_nullable t.c: False to True",
            ],
        ),
        (
            lambda t: t(column(sa.Integer, server_default="1")),
            lambda t: t(column(sa.Integer, server_default=sa.text("2"))),
            ["modify_default t.c: \"'1'\" to '2'"],
        ),
        (
            lambda t: t(column(sa.Integer)),
            lambda t: t(column(sa.Integer, server_default=sa.text("2"))),
            ["modify_default t.c: None to '2'"],
        ),
    ],
)
def test_each_kind_of_difference(
    before: Callable[[Make], object], after: Callable[[Make], object], lines: list[str]
) -> None:
    assert list(compared(before, after)) == lines


def test_no_difference_is_no_line() -> None:
    assert compared(lambda t: t(column(sa.Text)), lambda t: t(column(sa.Text))) == ()


def test_those_that_sqlite_does_not_have() -> None:
    """Built by Alembic's own operations, as other engines and env.py files yield them."""
    table = sa.Table("t", sa.MetaData(), sa.Column("c", sa.Integer), schema="s")
    operations = ops.UpgradeOps(
        [
            ops.CreateTableOp.from_table(table),
            ops.CreateTableCommentOp("t", "new", existing_comment="old", schema="s"),
            ops.DropTableCommentOp("t", schema="s"),
            ops.AddColumnOp("t", sa.Column("d", sa.Integer), schema="s"),
            ops.AlterColumnOp("t", "c", schema="s", existing_comment="x", modify_comment="y"),
            ops.AlterColumnOp(
                "t", "c", modify_server_default=sa.Computed("a + 1"), existing_server_default=None
            ),
            ops.AlterColumnOp("t", "c", modify_server_default=None, existing_server_default=False),
            ops.ExecuteSQLOp("UPDATE t SET c = 1"),
        ]
    )
    assert described(operations.as_diffs()) == (
        "add_table s.t",
        "add_table_comment s.t",
        "remove_table_comment s.t",
        "add_column s.t.d",
        "modify_comment s.t.c: 'x' to 'y'",
        "modify_default t.c: None to computed (a + 1)",
        "modify_default t.c: False to None",
        "execute UPDATE t SET c = 1",
    )


def test_what_an_env_py_makes_up_is_shown_as_it_is() -> None:
    assert described([("refresh_view", "v"), (1, "x")]) == ("refresh_view v", "(1, 'x')")
