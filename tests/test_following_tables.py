"""Tables, collections, bases and what becomes of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from following import (
    followed,
    messages,
    model_of,
    module,
    names_of,
    table_of,
    tables_of,
)

ID = "id = mapped_column(Integer, primary_key=True)"


# -- schemas --------------------------------------------------------------------------------------

SCHEMAS = {
    '__table_args__ = {"schema": "s"}': "s",
    '__table_args__ = ({"schema": "s"},)': "s",
    '__table_args__ = (object(), {"schema": "s"})': "s",
    '__table_args__ = [object(), {"schema": "s"}]': "s",
    '__table_args__ = dict(schema="s")': "s",
    '__table_args__ = {"schema": None}': None,
    "__table_args__ = ()": None,
    "__table_args__ = None": None,
    '__table_args__ = {"comment": "s"}': None,
    '__table_args__ = {"schema": SCHEMA}': "constant",
    "__table_args__ = ARGS": "constant",
    '__table_args__ = {**ARGS, "comment": "x"}': "constant",
    '__table_args__ = {"schema": helper()}': "helped",
    (
        "@declared_attr.directive\n    def __table_args__(cls):\n"
        "        return {'schema': cls.__name__.lower()}"
    ): "dog",
}


@pytest.mark.parametrize("args", SCHEMAS)
def test_the_schema_of_a_model(args: str) -> None:
    found = module(f"""
SCHEMA = "constant"
ARGS = {{"schema": SCHEMA}}
def helper():
    return "helped"
class Dog(Base):
    __tablename__ = "dogs"
    {args}
    {ID}
""")
    assert model_of(found, "Dog").schema == table_of(found, "dogs").schema == SCHEMAS[args]
    assert found.problems == ()


@pytest.mark.parametrize(
    "args",
    [
        '__table_args__ = {"schema": settings.SCHEMA}',
        '__table_args__ = {"schema": settings.SCHEMA + "x"}',
        '__table_args__ = (object(), {"schema": read()})',
        "__table_args__ = read()",
        "__table_args__ = (object(), undefined)",
        '__table_args__ = {"schema": "a" if settings.X else settings.Y}',
    ],
)
def test_a_schema_that_is_not_known(args: str) -> None:
    found = module(f"""
from library import settings
def read():
    return undefined
class Dog(Base):
    __tablename__ = "dogs"
    {args}
    {ID}
""")
    assert model_of(found, "Dog").schema is None
    assert messages(found, "XT121")


METADATAS = {
    'MetaData(schema="s")': "s",
    'MetaData("s")': None,  # the first argument was an engine once, and is no schema now
    "MetaData(schema=None)": None,
    "MetaData()": None,
    "MetaData(create_engine('sqlite://'))": None,
    "MetaData(naming_convention={})": None,
}


@pytest.mark.parametrize("call", [c for c in METADATAS if c != 'MetaData("s")'])
def test_the_schema_of_a_collection(call: str) -> None:
    found = module(f"""
from sqlalchemy import create_engine
meta = {call}
class Other(DeclarativeBase):
    metadata = meta
class Dog(Other):
    __tablename__ = "dogs"
    {ID}
users = Table("users", meta, Column("id", Integer))
""")
    assert model_of(found, "Dog").schema == table_of(found, "users").schema == METADATAS[call]


@pytest.mark.parametrize(
    "schema", ["settings.SCHEMA", "settings.read()", "'a' if settings.X else 'b'"]
)
def test_the_schema_of_a_collection_that_is_not_known(schema: str) -> None:
    found = module(f"""
from library import settings
meta = MetaData(schema={schema})
users = Table("users", meta, Column("id", Integer))
""")
    assert table_of(found, "users").schema is None


def test_the_schema_of_a_collection_that_a_call_gives_is_reported() -> None:
    found = module(
        "from library import read\n"
        "users = Table('users', MetaData(schema=read()), Column('id', Integer))\n"
    )
    assert messages(found, "XT121") == [
        "schema is not known: library.read() is only known at run time"
    ]


def test_a_schema_set_later() -> None:
    found = module(
        "meta = MetaData()\nmeta.schema = 's'\n"
        "users = Table('users', meta, Column('id', Integer))\n"
        "more = Table(meta.schema + '_more', meta, Column('id', Integer))\n"
    )
    assert [(t.name, t.schema) for t in found.tables] == [("users", "s"), ("s_more", "s")]


# -- Core tables ----------------------------------------------------------------------------------


def test_a_table_has_the_schema_that_it_names() -> None:
    found = module("""
        from sqlalchemy.schema import BLANK_SCHEMA
        meta = MetaData(schema="default")
        Table("a", meta, Column("id", Integer), schema="own")
        Table("b", meta, Column("id", Integer), schema=BLANK_SCHEMA)
        Table("c", meta, Column("id", Integer))
        """)
    assert [(t.name, t.schema) for t in found.tables][0::2] == [("a", "own"), ("c", "default")]


def test_a_blank_schema_is_none() -> None:
    found = module(
        "from sqlalchemy import BLANK_SCHEMA\n"
        "Table('b', MetaData(schema='x'), Column('id', Integer), schema=BLANK_SCHEMA)\n"
    )
    assert table_of(found, "b").schema is None


def test_a_copy_of_a_table() -> None:
    found = module("""
        meta, other = MetaData(), MetaData(schema="elsewhere")
        users = Table("users", meta, Column("id", Integer))
        users.to_metadata(other)
        users.tometadata(other, schema="named")
        users.to_metadata(other, name="copied")
        users.to_metadata(undefined)
        users.to_metadata(other, schema=None)
        """)
    assert {(t.name, t.schema) for t in found.tables} >= {
        ("users", None),
        ("users", "elsewhere"),
        ("users", "named"),
        ("copied", "elsewhere"),
    }


def test_a_reference_is_no_table() -> None:
    found = module("""
        meta = MetaData()
        users = Table("users", meta, Column("id", Integer))
        again = Table("users", meta)
        reflected = Table("reflected", meta, autoload_with=None)
        """)
    assert names_of(found) == ["reflected", "users"]


def test_names_of_a_table() -> None:
    found = module("""
        meta = MetaData(schema="s")
        users = Table("users", meta, Column("id", Integer))
        Table(users.name + "_log", users.metadata, Column("id", Integer), schema=users.schema + "_log")
        """)
    assert [(t.name, t.schema, t.metadata) for t in found.tables] == [
        ("users", "s", "m.meta"),
        ("users_log", "s_log", "m.meta"),
    ]


def test_a_table_of_an_unknown_name_is_reported() -> None:
    found = module(
        "from library import NAME\nTable(NAME, MetaData(), Column('id', Integer))\n"
        "Table(undefined, MetaData(), Column('id', Integer))\n"
        "Table(1, MetaData(), Column('id', Integer))\n"
    )
    assert names_of(found) == [None, None, None]
    assert len(messages(found, "XT120")) == 3


def test_a_table_of_another_library_counts_if_it_has_columns() -> None:
    found = module(
        "from company.orm import Table\nmeta = MetaData()\n"
        "Table('users', meta, Column('id', Integer))\nTable('view')\n"
    )
    assert names_of(found) == ["users"]


def test_a_table_made_by_a_subclass() -> None:
    found = module(
        "class Special(Table):\n    pass\nclass Meta(MetaData):\n    pass\n"
        "meta = Meta()\nSpecial('users', meta, Column('id', Integer))\n"
    )
    assert names_of(found) == ["users"]


def test_two_tables_of_one_name() -> None:
    found = module(
        "meta = MetaData()\nTable('users', meta, Column('id', Integer))\n"
        "Table('users', meta, Column('id', Integer))\n"
        "Table('users', meta, Column('id', Integer), schema='s')\n"
        "Table('users', meta, Column('id', Integer), schema='s')\n"
    )
    assert messages(found, "XT123") == [
        "table users is also defined at m.py:7",
        "table s.users is also defined at m.py:9",
    ]


@pytest.mark.parametrize("extra", ["extend_existing=True", "keep_existing=True"])
def test_a_table_that_may_exist(extra: str) -> None:
    found = module(
        f"meta = MetaData()\nTable('users', meta, Column('id', Integer))\n"
        f"Table('users', meta, Column('id', Integer), {extra})\n"
    )
    assert found.problems == ()
    assert names_of(found) == ["users"]


@pytest.mark.parametrize(
    "args", ['{"extend_existing": True}', '(object(), {"keep_existing": True})']
)
def test_a_model_whose_table_may_exist(args: str) -> None:
    found = module(f"""
class Dog(Base):
    __tablename__ = "dogs"
    {ID}
class Again(Base):
    __tablename__ = "dogs"
    __table_args__ = {args}
    {ID}
""")
    assert found.problems == ()


def test_tables_of_a_mixin() -> None:
    found = module(f"""
class Mixin:
    @declared_attr
    def tags(cls):
        tags = Table(f"{{cls.__tablename__}}_tags", cls.metadata, Column("id", Integer))
        return relationship("Tag", secondary=tags)
class Dog(Mixin, Base):
    __tablename__ = "dogs"
    {ID}
""")
    assert names_of(found) == ["dogs", "dogs_tags"]


def test_a_class_mapped_to_something_else() -> None:
    found = module("""
        from sqlalchemy import join
        from sqlalchemy.orm import registry
        users = Table("users", Base.metadata, Column("id", Integer))
        class View(Base):
            __table__ = join(users, users)
        class Old: pass
        class Nothing: pass
        registry().map_imperatively(Old, join(users, users))
        registry().map_imperatively(Nothing)
        registry().map_imperatively("no class", users)
        """)
    assert tables_of(found) == {"View": None, "Old": None, "Nothing": None}


# -- bases ----------------------------------------------------------------------------------------

BASES = {
    "declarative_base()": "m.Root.metadata",
    'declarative_base(name="Root")': "m.Root.metadata",
    "declarative_base(metadata=meta)": "m.meta",
    "declarative_base(cls=Parent)": "m.Root.metadata",
    "declarative_base(cls=(Parent,))": "m.Root.metadata",
    "declarative_base(Parent)": "m.Root.metadata",
    "declarative_base(metaclass=Meta)": "m.Root.metadata",
    "automap_base()": "m.Root.metadata",
    "automap_base(declarative_base())": "m.Root.metadata",
    "automap_base(metadata=meta)": "m.meta",
    "registry(metadata=meta).generate_base()": "m.meta",
    "reg.generate_base()": "m.reg.metadata",
    "reg.generate_base(cls=Parent)": "m.reg.metadata",
    "as_declarative()(Parent)": "m.Parent.metadata",
    "as_declarative(metadata=meta)(Parent)": "m.meta",
    "as_declarative(metaclass=Meta)(Parent)": "m.Parent.metadata",
    "reg.as_declarative_base()(Parent)": "m.reg.metadata",
}


@pytest.mark.parametrize("call", BASES)
def test_a_base_and_its_collection(call: str) -> None:
    found = followed(
        {
            "m.py": f"""
        from sqlalchemy import Column, Integer, MetaData
        from sqlalchemy.orm import DeclarativeMeta, declarative_base, registry
        from sqlalchemy.ext.automap import automap_base
        from sqlalchemy.ext.declarative import as_declarative
        meta = MetaData()
        reg = registry()
        class Parent:
            parent = "a"
        class Meta(DeclarativeMeta):
            pass
        Root = {call}
        class Dog(Root):
            __tablename__ = "dogs"
            id = Column(Integer, primary_key=True)
        """
        }
    )
    assert tables_of(found) == {"Dog": "dogs"}
    assert model_of(found, "Dog").metadata == BASES[call]


def test_an_automap_base_of_another_base() -> None:
    found = module(f"""
from sqlalchemy.ext.automap import automap_base
Auto = automap_base(declarative_base=Base)
class Dog(Auto):
    __tablename__ = "dogs"
    {ID}
""")
    assert tables_of(found) == {"Dog": "dogs"}


@pytest.mark.parametrize(
    "body",
    [
        "registry = reg",
        "registry = registry(metadata=reg.metadata)",
        "metadata = reg.metadata",
    ],
)
def test_a_base_class_with_a_registry(body: str) -> None:
    found = module(f"""
from sqlalchemy.orm import registry
reg = registry()
class Root(DeclarativeBase):
    {body}
class Dog(Root):
    __tablename__ = Root.metadata.schema or "dogs"
    {ID}
pets = Table("pets", Root.registry.metadata, Column("id", Integer))
""")
    assert model_of(found, "Dog").metadata == table_of(found, "pets").metadata == "m.reg.metadata"


def test_a_registry_of_another_library() -> None:
    found = module(f"""
from company.orm import registry as theirs
class Root(DeclarativeBase):
    registry = theirs
class Dog(Root):
    __tablename__ = "dogs"
    {ID}
""")
    assert model_of(found, "Dog").metadata == "company.orm.registry.metadata"


def test_a_registry_and_a_collection_set_later() -> None:
    found = module("""
        from sqlalchemy.orm import registry
        meta = MetaData()
        reg = registry()
        reg.metadata = meta
        Root = reg.generate_base()
        class Dog(Root):
            __tablename__ = "dogs"
            id = mapped_column(Integer, primary_key=True)
        class Late:
            pass
        Late.meta = MetaData()
        late = Table("late", Late.meta, Column("id", Integer))
        """)
    assert model_of(found, "Dog").metadata == "m.meta"


MAPPED = {
    "@reg.mapped": "declarative",
    "@reg.mapped_as_dataclass": "dataclass",
    "@reg.mapped_as_dataclass(init=False)": "dataclass",
    "@mapped_as_dataclass(reg)": "dataclass",
    "@mapped_as_dataclass(reg, init=False)": "dataclass",
    "@reg.map_declaratively": "declarative",
}


@pytest.mark.parametrize("decorator", MAPPED)
def test_a_class_mapped_by_a_decorator(decorator: str) -> None:
    found = module(f"""
from sqlalchemy.orm import mapped_as_dataclass, registry
reg = registry()
{decorator}
class Dog:
    __tablename__ = "dogs"
    id: Mapped[int] = mapped_column(primary_key=True)
@reg.mapped
class Puppy(Dog):
    pass
reg.mapped("no class")
""")
    assert tables_of(found) == {"Dog": "dogs", "Puppy": "dogs"}
    assert (model_of(found, "Dog").kind, model_of(found, "Dog").metadata) == (
        MAPPED[decorator],
        "m.reg.metadata",
    )


# -- Flask-SQLAlchemy -----------------------------------------------------------------------------


def flask(source: str) -> dict[str, str | None]:
    head = (
        "from flask_sqlalchemy import SQLAlchemy\n"
        "from flask_sqlalchemy.model import DefaultMeta, Model, NameMetaMixin\n"
    )
    return tables_of(followed({"m.py": head + source}))


PK = "id = db.Column(db.Integer, primary_key=True)"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("SQLAlchemy()", "user_group"),
        ("SQLAlchemy(disable_autonaming=True)", None),
        ("SQLAlchemy(model_class=Custom)", "user_group"),
        ("SQLAlchemy(model_class=Plain)", "user_group"),
        ("SQLAlchemy(model_class=Ready)", None),
        ("SQLAlchemy(model_class=Named)", "user_group"),
        ("SQLAlchemy(metadata=meta)", "user_group"),
        ("Extension()", "user_group"),
    ],
)
def test_flask_names_tables(made: str, expected: str | None) -> None:
    found = flask(f"""
from sqlalchemy import MetaData
from sqlalchemy.orm import declarative_base
meta = MetaData()
class Custom(Model): pass
class Plain: pass
class Extension(SQLAlchemy): pass
class Meta(NameMetaMixin): pass
Ready = declarative_base()
Named = declarative_base(metaclass=Meta)
db = {made}
class UserGroup(db.Model):
    {PK}
""")
    assert found.get("UserGroup") == expected


def test_flask_names_children_that_have_a_key_of_their_own() -> None:
    found = flask(f"""
db = SQLAlchemy()
class Mixin:
    @declared_attr
    def key(cls):
        return db.Column(db.Integer, primary_key=True)
class Dog(db.Model):
    {PK}
class Puppy(Dog):
    name = db.Column(db.String)
class Guide(Dog):
    id = db.Column(db.ForeignKey("dog.id"), primary_key=True)
class Police(Dog):
    number = db.Column(db.Integer)
    __table_args__ = (db.PrimaryKeyConstraint("number"),)
class Abstract(db.Model):
    __abstract__ = True
""")
    assert found == {"Dog": "dog", "Puppy": "dog", "Guide": "guide", "Police": "police"}


def test_flask_tables() -> None:
    found = followed(
        {
            "m.py": """
        from flask_sqlalchemy import SQLAlchemy
        from sqlalchemy import MetaData
        db = SQLAlchemy()
        db.Table("plain", db.Column("id", db.Integer))
        db.Table("bound", db.Column("id", db.Integer), bind_key="second")
        db.Table("given", db.metadata, db.Column("id", db.Integer))
        class Bound(db.Model):
            __bind_key__ = "second"
            id = db.Column(db.Integer, primary_key=True)
        Other = db.make_declarative_base(db.Model)
        """
        }
    )
    assert table_of(found, "plain").metadata == table_of(found, "given").metadata
    assert len({t.metadata for t in found.tables}) == 2


# -- SQLModel -------------------------------------------------------------------------------------


def test_sqlmodel() -> None:
    found = followed(
        {
            "m.py": """
        from sqlalchemy.orm import registry
        from sqlmodel import Field, SQLModel
        class Base(SQLModel, registry=registry()): pass
        class HeroBase(SQLModel):
            name: str
        class Hero(HeroBase, table=True):
            id: int = Field(primary_key=True)
        class Renamed(SQLModel, table=True):
            __tablename__ = "renamed_t"
            id: int = Field(primary_key=True)
        class Child(Renamed, table=True):
            pass
        class Read(Hero):
            pass
        class Other(Base, table=True):
            id: int = Field(primary_key=True)
        """
        }
    )
    assert {k: v for k, v in tables_of(found).items() if k in {"Hero", "Renamed", "Other"}} == {
        "Hero": "hero",
        "Renamed": "renamed_t",
        "Other": "other",
    }
    assert "Read" not in tables_of(found)
    assert model_of(found, "Other").metadata != model_of(found, "Hero").metadata


# -- evidence -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "is_model"),
    [
        ("__tablename__ = 'dogs'\n    id = Column(Integer)", True),
        ("__tablename__ = 'dogs'\n    id: Mapped[int]", True),
        ("__tablename__ = 'dogs'\n    id: 'Mapped[int]'", True),
        ("__tablename__ = 'dogs'\n    id: orm.Mapped[int]", True),
        ("__tablename__ = 'dogs'\n    id: list[int]", False),
        ("__tablename__ = 'dogs'\n    id: int", False),
        ("__tablename__ = 'dogs'", False),
        ("id = Column(Integer)", False),
        ("__table__ = Table('dogs', MetaData(), Column('id', Integer))", True),
    ],
)
def test_evidence_of_a_base_that_is_not_known(body: str, is_model: bool) -> None:
    head = (
        "from sqlalchemy import Column, Integer, MetaData, Table\n"
        "from sqlalchemy import orm\nfrom sqlalchemy.orm import Mapped\n"
        "from company.orm import Base\n"
    )
    found = followed({"m.py": f"{head}class Dog(Base):\n    {body}\n"})
    assert tables_of(found) == ({"Dog": "dogs"} if is_model else {})
    if "Column" not in body and "Mapped" not in body:  # a form may have a name like that, too
        assert messages(found, "XT124") == []
        return
    (note,) = messages(found, "XT124")
    assert "company.orm.Base" in note
    assert "1 class inherits it" in note
    assert ("1 with table name and columns count as models" in note) == is_model


def test_a_base_that_is_not_known_is_one_finding() -> None:
    """Classes of all files count; one with nothing of SQLAlchemy in it may be a form."""
    head = "from sqlalchemy import Column, Integer\nfrom company import orm\n"
    column = "    id = Column(Integer)\n"
    found = followed(
        {
            "a.py": f"{head}class A(orm.Base):\n    __tablename__ = 'a'\n{column}",
            "b.py": f"{head}class B(orm.Base):\n{column}class C(B):\n{column}",
            "c.py": "from company.orm import Base\nclass Form(Base):\n    title = 'x'\n",
            "d.py": "from company.forms import Form\nclass Other(Form):\n    title = 'x'\n",
        }
    )
    (problem,) = found.problems
    assert (problem.code, problem.path, problem.line) == ("XT124", "a.py", 3)
    assert (
        "company.orm.Base is not read; 3 classes inherit it and may be mapped; 1 with"
        in problem.message
    )


def test_children_of_a_class_with_evidence() -> None:
    head = "from sqlalchemy import Column, Integer\nfrom company.orm import Base\n"
    found = followed(
        {
            "m.py": head
            + (
                "class Dog(Base):\n    __tablename__ = 'dogs'\n    id = Column(Integer)\n"
                "class Puppy(Dog):\n    pass\nclass DogMixin(Base):\n"
                "    __tablename__ = 'mixed'\n    id = Column(Integer)\n"
            )
        }
    )
    assert tables_of(found) == {"Dog": "dogs", "Puppy": "dogs"}


# -- names that are not known ---------------------------------------------------------------------

UNKNOWN = {
    "settings.NAME": "the name is no text",
    "settings.NAME + 'x'": "a value that is only known at run time",
    "undefined": "a name that is not to be had",
    "f'{settings.NAME}_t'": "a value that is only known at run time",
    "'a' if settings.X else 'b'": "the name is one of a, b",
    "[w for w in settings.WORDS][0]": "a loop over values that are not known",
    "{'a': 'b'}['c']": "a subscript that does not exist",
    "words[settings.X]": "a value that is only known at run time",
    "print('a')": "print() of a value that is not known",
    "1": "the name is no text",
    "'%s %s' % 'a'": "a % format that does not fit its values",
    "'%2000s' % 'a'": "a padding too wide to follow",
    "'{:2000}'.format('a')": "a padding too wide to follow",
    "'a' * 70000": "a value too long to follow",
    "('a' * 40000 + 'b' * 40000)[0]": "a value too long to follow",
    "str(10 ** 20)": "str() of a value that is not known",
    "'a' - 'b'": "operator - fails on these values",
    "'a'.encode()": "method encode() is not followed",
    "'a'.index('b')": "method index() fails on these values",
    "re.sub('(a*)*', 'b', 'a' * 50)": "a regular expression that might take long",
    "re.sub('a*b*c*d*e*', 'b', 'a' * 50)": "a regular expression that might take long",
    "re.sub('(', 'b', 'a')": "a regular expression that does not compile",
    "re.sub(1, 'b', 'a')": "a regular expression that is not plain text",
    "re.sub('a', 'b', 'a' * 300)": "a text too long for a regular expression",
    "re.sub('a', '\\\\9', 'a')": "re.sub() fails on these values",
    "re.purge('a')": "re.purge() is not followed",
    "re.match('(a)', 'a').group(5)": "a group that does not exist",
    "re.match('(a)', 'a').regs('x')": "match.regs() is not followed",
    "re.sub('a', lambda m: 'b', settings.X)": "a text that is not known",
    "re.sub('(a', lambda m: 'b', 'a')": "a regular expression that does not compile",
    "(x := 'a' if settings.X else 'b')": "the name is one of a, b",
    "'' .replace('', 'b', settings.X)": "a text built from values that are not known",
    "(('a' * 40000).replace('', 'b'))[0]": "a replacement too long to follow",
    "str(10 ** 9 * 10 ** 9)": "str() of a value that is not known",
    "str(1000000000 + 1)": "str() of a value that is not known",
    "super().x": "super() outside of a class",
    "words.nothing": "the name is no text",
    "helper.__doc__": "an attribute of a function",
    "not settings.X": "a condition that is not known",
}


@pytest.mark.parametrize("expression", UNKNOWN)
def test_a_name_that_is_not_known_and_why(expression: str) -> None:
    found = module(f"""
import re
from library import settings
words = ["a"]
def helper(): return "a"
class Dog(Base):
    __tablename__ = {expression}
    {ID}
""")
    assert tables_of(found) == {"Dog": None}
    assert messages(found, "XT120") == [f"table name of Dog is not known: {UNKNOWN[expression]}"]


def test_a_method_that_is_no_declared_attribute_is_no_name() -> None:
    found = module(f"class Dog(Base):\n    def __tablename__(cls): return 'dogs'\n    {ID}\n")
    assert messages(found, "XT120") == [
        "table name of Dog is not known: the name is computed by a method that is no declared attribute"
    ]


GUESSES = [
    'os.environ.get("X") or "default"',
    'os.environ.get("X") and "default"',
    '{**settings.NAMES}.get("a", "default")',
    '{"a": "default", **settings.NAMES}["a"]',
    'dict(settings.NAMES).get("a", "default")',
    'getattr(Lib, "word", "default")',
    '"default" if hasattr(Lib, "word") else "other"',
    '"default" if isinstance("a", settings.TYPES) else "other"',
    '"_".join(dict(settings.NAMES, default=1))',
    '"_".join(first for first, _ in zip(["default"], settings.WORDS)) or "other"',
    '"default" if "a" in [settings.X, "b"] else "default2"',
    '"_".join(set(["default", settings.X]))',
    '[settings.X, "default"][settings.Y]',
    'settings.X.lower() or "default"',
    '"_".join({"b", "a"})',
]


@pytest.mark.parametrize("expression", GUESSES)
def test_a_name_that_depends_on_what_is_not_known_is_not_guessed(expression: str) -> None:
    found = module(f"""
import os
from library import Base as LibraryBase, settings
class Lib(LibraryBase):
    pass
class Dog(Base):
    __tablename__ = {expression}
    {ID}
""")
    assert tables_of(found) == {"Dog": None}
