"""Rules inside of rooms that no whole project shows by chance: one test for each, with what it is for."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import ops

sys.path.insert(0, str(Path(__file__).parent))

from following import MODELS, NAMED, followed, tables_of

from xcore_tools import Config, compare_schemas, discover
from xcore_tools.database import schema as data
from xcore_tools.database.comparison.pairing import most_alike, only_alike
from xcore_tools.database.url import REDACTED, DatabaseUrl
from xcore_tools.discovery import link as link_module
from xcore_tools.discovery.link import Linked
from xcore_tools.discovery.pipeline import component
from xcore_tools.discovery.prefilter.reach import Mentions
from xcore_tools.discovery.prefilter.seeds import Leads
from xcore_tools.discovery.prefilter.usages import Surroundings
from xcore_tools.envfile.held import held_by
from xcore_tools.envfile.metadata import Import
from xcore_tools.migrate.autogenerate.renaming import possible_renames

MADE = """
        class Made(Base):
            __tablename__ = "made"
            id = mapped_column(Integer, primary_key=True)
"""


def made_in(maker: str, user: str, *, whole: bool = True) -> dict[str, str | None]:
    """The models of two files and their tables; the prefilter has no say in it, which `whole` makes sure of."""
    files = {
        "base.py": MODELS,
        "makers.py": f"from base import Base, Integer, mapped_column\n{dedent(maker)}",
        "users.py": user,
    }
    found = followed(files)
    assert not whole or found.models == followed(files, prefilter=False).models
    return tables_of(found)


# -- prefilter: what a call of a call makes --------------------------------------------------------


def test_a_method_of_what_a_call_returns_may_do_the_rest() -> None:
    """`Maker()` makes nothing yet, but `.build()` behind it does: the file counts at once."""
    maker = f"class Maker:\n    def build(self):{MADE}"
    assert made_in(maker, "from makers import Maker\nMaker().build()\n") == {
        "Maker.build.<locals>.Made": "made"
    }


def test_what_a_method_makes_is_made_with_the_object_if_its_file_calls_the_method(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`__init__` calls `build`: who makes a Maker has made the model, and need not call anything more."""
    matter: list[str] = []
    add = Mentions.add

    def noted(self: Any, leads: Leads) -> list[Any]:
        found = add(self, leads)
        matter.extend(source.path for source in found)
        return found

    monkeypatch.setattr(Mentions, "add", noted)
    maker = (
        f"class Maker:\n    def __init__(self):\n        self.build()\n    def build(self):{MADE}"
    )
    made_in(maker, "from makers import Maker\nMaker()\n", whole=False)
    assert "users.py" in matter


def awaited(source: str) -> int:
    """How many calls what a function makes waits for."""
    (use,) = Surroundings(dedent(source).encode()).makers()
    return use.awaited


INNER = """
    def outer(name):
        def inner(cls):
            return Table(name, metadata)
        {}
        return inner
    """


def test_what_is_only_returned_waits_for_one_more_call() -> None:
    assert awaited(INNER.format("")) == 2
    assert awaited(INNER.format("inner.name = name")) == 2, "an attribute of it calls nothing"


@pytest.mark.parametrize("line", ["inner(None)", "register(inner)", "made = inner", "x = [inner]"])
def test_what_is_not_only_returned_may_be_called_at_once(line: str) -> None:
    """Who calls `outer` has called `inner` then, or whatever was given it may have."""
    assert awaited(INNER.format(line)) == 1


def test_a_decorator_may_call_what_it_decorates_unless_it_is_known_not_to() -> None:
    source = """
        def outer(name):
            @{}
            def inner(cls):
                return Table(name, metadata)
            return inner
        """
    assert awaited(source.format("run_now")) == 1
    assert awaited(source.format("wraps(outer)")) == 2


# -- component: parse, link, and again until nothing is new ----------------------------------------


@pytest.mark.parametrize("extra", [frozenset(), frozenset({("m", "Extra")})])
def test_the_result_is_made_with_every_name_that_leads_anywhere(
    extra: frozenset[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that linking has told may matter to linking itself, even if it leads to no further file."""
    (tmp_path / "m.py").write_text(MODELS + NAMED.replace("NAME", "'named'"))
    rounds: list[frozenset[str]] = []
    link = link_module.link

    def told(*arguments: Any, leads: frozenset[str], **options: Any) -> Linked:
        rounds.append(leads)
        linked = link(*arguments, leads=leads, **options)
        more = Leads(classes=frozenset(name for _, name in extra), places=extra)
        return msgspec.structs.replace(linked, leads=linked.leads | more)

    monkeypatch.setattr(component, "link", told)
    found = discover([tmp_path], config=Config(project=tmp_path))
    assert [model.name for model in found.models] == ["Named"]
    assert len(set(rounds)) == len(rounds), "again only for a new name"
    assert {name for _, name in extra} <= rounds[-1]


def test_what_was_parsed_under_another_name_is_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes have another dotted name once their folder is a package: imports mean other files."""
    monkeypatch.delenv("XCORE_TOOLS_NO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    project = tmp_path / "project"
    (project / "app").mkdir(parents=True)
    source = MODELS + NAMED.replace("NAME", "'named'")
    (project / "app" / "models.py").write_text(source)

    def modules() -> tuple[set[str], set[str]]:
        config = Config(project=project)
        found = discover([project], config=config, cache=project / ".cache")
        assert found == discover([project], config=config)
        return {model.module for model in found.models}, {
            model.base or "" for model in found.models
        }

    (project / "app" / "pyproject.toml").touch()
    assert modules() == ({"models"}, {"models.Base"})
    (project / "app" / "pyproject.toml").unlink()
    (project / "app" / "__init__.py").touch()
    assert modules() == ({"app.models"}, {"app.models.Base"})


# -- orm ------------------------------------------------------------------------------------------


def test_a_table_name_of_a_class_that_is_not_mapped_keeps_flask_from_naming() -> None:
    """As in Flask-SQLAlchemy's own code: a mixin's name counts, one of a mapped parent does not."""
    source = """
        from flask import Flask
        from flask_sqlalchemy import SQLAlchemy
        db = SQLAlchemy()
        class Given:
            __tablename__ = "given"
        class FromMixin(Given, db.Model):
            id = db.Column(db.Integer, primary_key=True)
        class Parent(db.Model):
            __tablename__ = "parent"
            id = db.Column(db.Integer, primary_key=True)
        class OwnChild(Parent):
            id = db.Column(db.ForeignKey(Parent.id), primary_key=True)
        class NoTable:
            __tablename__ = None
        """
    bare = """
        class Bare(NoTable, db.Model):
            id = db.Column(db.Integer, primary_key=True)
        """
    names = {"FromMixin": "given", "Parent": "parent", "OwnChild": "own_child"}
    assert tables_of(followed({"m.py": source})) == names
    scope: dict[str, type] = {}
    exec(dedent(source), scope)
    assert {name: scope[name].__table__.name for name in names} == names  # type: ignore[attr-defined]
    found = followed({"m.py": dedent(source) + dedent(bare)})
    assert "bare" not in {table.name for table in found.tables}
    with pytest.raises(sa.exc.InvalidRequestError):
        exec(dedent(bare), scope)


def test_a_foreign_key_into_another_schema_names_that_schema(tmp_path: Path) -> None:
    """A collection's schema is for names without one: `other.users.id` is not `app.other.users`."""
    (tmp_path / "m.py").write_text(
        dedent("""
            from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table
            metadata = MetaData(schema="app")
            users = Table("users", metadata, Column("id", Integer, primary_key=True))
            notes = Table(
                "notes",
                metadata,
                Column("near", ForeignKey("users.id")),
                Column("far", ForeignKey("other.users.id")),
            )
            """)
    )
    found = discover([tmp_path], config=Config(project=tmp_path), columns=True)
    (notes,) = (table for table in found.tables if table.name == "notes")
    assert notes.structure is not None
    keys = {key.columns[0]: key.table for key in notes.structure.foreign_keys}
    metadata = sa.MetaData(schema="app")
    sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True))
    table = sa.Table(
        "notes",
        metadata,
        sa.Column("near", sa.ForeignKey("users.id")),
        sa.Column("far", sa.ForeignKey("other.users.id")),
    )
    assert keys == {
        column.name: key._resolve_col_tokens()[1]
        for column in table.columns
        for key in column.foreign_keys
    }


def test_a_name_with_more_values_than_anybody_lists_is_unknown() -> None:
    """Few possible values are listed; of many it is said that the name is not known, not one picked."""

    def reason(count: int) -> str:
        choices = "\n".join(f"if x == {n}:\n    name = 't{n}'" for n in range(count))
        source = f"from somewhere import x\nname = 't'\n{choices}\nclass A(Base):\n"
        source += "    __tablename__ = name\n    id = mapped_column(Integer, primary_key=True)\n"
        found = followed({"m.py": MODELS + source})
        assert found.models[0].table is None
        return " ".join(problem.message for problem in found.problems)

    assert "t, t0, t1" in reason(2)
    assert "too many" not in reason(2)
    assert "too many" in reason(200)


# -- renames --------------------------------------------------------------------------------------


def _table(name: str, *columns: str, schema: str | None = None) -> data.Table:
    made = tuple(data.Column(name=c, type="text", nullable=True) for c in columns)
    return data.Table(name=name, schema=schema, columns=made)


def _schema(*tables: data.Table) -> data.DatabaseSchema:
    return data.DatabaseSchema(engine="postgresql", tables=tables, schemas=("one", "two"))


def test_a_table_of_another_schema_is_no_rename() -> None:
    """A rename stays in its schema: to move a table is something else, and ALTER … RENAME cannot do it."""
    before = _schema(_table("a", "x", "y", schema="one"))
    moved, renamed = (_schema(_table("b", "x", "y", schema=place)) for place in ("two", "one"))
    assert compare_schemas(before, moved).renames == ()
    assert [each.after for each in compare_schemas(before, renamed).renames] == ["b"]


def test_a_new_revision_takes_no_table_of_another_schema_for_a_rename() -> None:
    def operations(place: str) -> list[ops.MigrateOperation]:
        old, new = (
            sa.Table(name, sa.MetaData(), sa.Column("id", sa.Integer), schema=schema)
            for name, schema in (("a", "one"), ("b", place))
        )
        return [ops.DropTableOp.from_table(old), ops.CreateTableOp.from_table(new)]

    context = MigrationContext.configure(dialect_name="postgresql")
    assert possible_renames(context, operations("two")) == ()
    assert [each.after for each in possible_renames(context, operations("one"))] == ["b"]


@pytest.mark.parametrize(("dropped", "added"), [("ab", "c"), ("a", "bc"), ("ab", "cd")])
def test_a_new_revision_names_no_rename_of_columns_where_there_are_two(
    dropped: str, added: str
) -> None:
    """Who guesses which of two columns became which may put one's data into the other."""
    context = MigrationContext.configure(dialect_name="sqlite")
    table = sa.Table("t", sa.MetaData(), *(sa.Column(name, sa.Text) for name in dropped))
    changes = [
        *(ops.DropColumnOp.from_column_and_tablename(None, "t", table.c[n]) for n in dropped),
        *(ops.AddColumnOp("t", sa.Column(name, sa.Text)) for name in added),
    ]
    assert possible_renames(context, [ops.ModifyTableOps("t", changes)]) == ()


@pytest.mark.parametrize(("removed", "added"), [("ab", "c"), ("a", "bc"), ("ab", "cd")])
def test_what_is_like_two_others_is_paired_with_none(removed: str, added: str) -> None:
    assert list(only_alike(removed, added, lambda *_: True)) == []
    assert list(only_alike("a", "c", lambda *_: True)) == [("a", "c")]


def test_the_best_pair_comes_first_and_each_is_in_one() -> None:
    shares = {("a", "x"): 0.8, ("b", "x"): 1.0, ("a", "y"): 0.7, ("b", "y"): 0.69}

    def likeness(one: str, other: str) -> float:
        return shares[one, other]

    assert list(most_alike("ab", "xy", likeness)) == [("a", "y"), ("b", "x")]
    assert list(most_alike("b", "y", likeness)) == [], "0.69 is not alike"


# -- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("password", "the passwords", "the passwords"),
        ("password", "password!", f"{REDACTED}!"),
        ("passwords", "my_passwords_2", f"my_{REDACTED}_2"),
    ],
)
def test_a_short_secret_is_a_word_of_its_own_and_a_long_one_is_hidden_anywhere(
    secret: str, text: str, shown: str
) -> None:
    """Up to eight characters it may be a part of a plain word; with nine that is no accident any more."""
    url = DatabaseUrl(sa.URL.create("postgresql", "u", secret, "h", 5432, "d"), "test")
    assert url.redacted(text) == shown


# -- env.py ---------------------------------------------------------------------------------------


def test_a_relative_import_is_not_the_module_of_that_name() -> None:
    """`from .models import User` means a module beside env.py, whatever its name: it holds no model."""
    held = held_by(
        ["from .models import User", "from ..models import Group", "from models import Tag"]
    )
    assert held.imports == {Import("models", "Tag", "Tag")}
