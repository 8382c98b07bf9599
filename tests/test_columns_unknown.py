"""Columns of which the source does not say everything: what is not known is said, and nothing guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xcore_tools import Config, discover
from xcore_tools.discovery.results import Column, Discovery, Structure

HEAD = """\
from outside import *
from outside import Mixin, Thing, flag, length, make, name, options
import typing
from typing import TYPE_CHECKING, ClassVar, Literal
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlmodel import Field, SQLModel
class Base(DeclarativeBase): pass
"""


def found(directory: Path, text: str, **files: str) -> Discovery:
    for module, content in {"app": HEAD + text, **files}.items():
        (directory / f"{module}.py").write_text(content)
    return discover(
        [directory], config=Config(project=directory), exclude=["hidden.py"], columns=True
    )


def structure(directory: Path, text: str, **files: str) -> Structure:
    """That of the table `t`."""
    tables = found(directory, text, **files).tables
    (table,) = (each for each in tables if each.name == "t")
    assert table.structure is not None
    return table.structure


def column(directory: Path, line: str, before: str = "", **files: str) -> Column:
    """The column that one line of a class makes."""
    body = "class T(Base):\n    __tablename__ = 't'\n    id = Column(Integer, primary_key=True)\n"
    columns = structure(directory, f"{before}\n{body}    {line}\n", **files).columns
    (made,) = (each for each in columns if each.attribute == "c")
    return made


# A line of a class, and what of its column is not known, and why.
UNKNOWN = [
    ("c = Column(make())", ["type: the type is made by code that is not followed"]),
    ("c = Column(String, nullable=flag)", ["nullable"]),
    ("c = Column(String, index=flag())", ["index"]),
    ("c = Column(Integer, primary_key=flag())", ["nullable", "primary_key"]),
    ("c = Column(String, **options)", ["keyword arguments that are not known"]),
    ("c = Column(String, make())", []),
    ("c = Column(String, *options)", ["an argument: a starred argument"]),
    ("c = Column()", ["type: it has no type"]),
    ("c = Column(ForeignKey(name))", ["type", "foreign key: its target is not known"]),
    ("c = Column(ForeignKey('nowhere.id'))", ["type: it has the type of a column that is not known"]),
    ("c = Column(ForeignKey('t'))", ["type: it has the type of a column that has its own"]),
    ("c = Column(String if flag else Text)", ["type: the type is one of String, Text"]),
    ("c = Column(String) if flag else Column(Text, index=True)", ["type: it is one of several",
                                                               "index: it is one of several"]),
    ("c = Column(String) if flag else None", ["it may not be there"]),
    ("c: Mapped[Thing]", ["type: no type is known for outside.Thing"]),
    ("c: Mapped[int | str]", ["type: the annotation is a union of several types"]),
    ("c: Mapped[nowhere]", ["type"]),
    ("c: Mapped['in valid']", ["type"]),
    ("c: Mapped[Literal[1, 2]]", []),
    ("c: Mapped[int if flag else str]", ["type"]),
    ("c = Column(Enum(make()))", []),
    ("c = Column(Enum(Kind, values_callable=make))", []),
    ("c = Column(Odd)", []),
    ("c = Column(Looping)", []),
    ("c = Column(Integer, CheckConstraint(make()))", []),
    ("c = Column(String, Plain())", []),
    ("c = Column(String, index='x'.upper.y)", ["index: an attribute of a method"]),
    ("c = Column(ForeignKey(table.c.missing))", ["type", "foreign key: its target is not known"]),
    ("c = Column(ForeignKey(f'{vague.fullname}.id'))", ["type", "foreign key"]),
    ("c = Column(ForeignKey(Column('x').name))", ["type: it has the type of a column that is not known"]),
    ("c = Column(NullType)", ["type: it has no type"]),
    ("c = Column(ARRAY(NullType()))", []),
    ("c: nowhere.Mapped[int]", []),
    ("d: 'in valid'; c = Column(Integer)", []),
    ("c = Column(JSON().with_variant(make(), 'postgresql'))", []),
]  # fmt: skip

BEFORE = """
import enum
class Kind(enum.Enum):
    A = 'a'
class Odd(TypeDecorator):
    impl = make()
class Looping(TypeDecorator):
    pass
class Plain: pass
Looping.impl = Looping
class Own(TypeDecorator):
    impl = CHAR
    def __init__(self, length):
        super().__init__(length * 12)
class OwnText(String):
    def __init__(self, length):
        super().__init__(length * 12)
class Given(TypeDecorator):
    impl = CHAR(7)
    def __init__(self, length):
        self.length = length
class Passing(TypeDecorator):
    impl = CHAR
table = Table('other', Base.metadata, Column('id', Integer))
vague = Table(make(), Base.metadata, Column('id', Integer))
"""


@pytest.mark.parametrize(("line", "reasons"), UNKNOWN)
def test_what_is_not_known_is_said(line: str, reasons: list[str], tmp_path: Path) -> None:
    unknown = column(tmp_path, line, BEFORE).unknown
    assert len(unknown) == len(reasons), unknown
    for reason in reasons:
        assert any(each.startswith(reason) for each in unknown), unknown


def test_what_is_not_known_is_none(tmp_path: Path) -> None:
    made = column(
        tmp_path, "c = Column(make(), nullable=flag(), primary_key=flag(), unique=flag())"
    )
    assert (made.type, made.nullable, made.primary_key, made.unique) == (None,) * 4


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("c = Column(String(length()))", {"type": "String(outside.length())"}),
        ("c = Column(String(nowhere))", {"type": "String(…)"}),
        ("c = Column(String(length=5, **options))", {"type": "String(length=5, …)"}),
        ("c = Column(String, default=make)", {"default": "outside.make"}),
        ("c = Column(String, default=lambda: make() or not -1)", {"default": "lambda: …"}),
        ("c = Column(String, default={'a': [1], 'b': (2,)})", {"default": "{'a': [1], 'b': (2,)}"}),
        ("c = Column(String, default=later())", {"default": "later()"}),
        (
            "c = Column(String, default=later(-1, not 2, [1], {1}, a.b['x', 1], {}, k=1 + 2))",
            {"default": "later(-1, not 2, [1], {1}, a.b['x', 1], …, k=1 + 2)"},
        ),
        ("c = Column(String, default={1})", {"default": "{1}"}),
        ("c = Column(Integer, default=Kind.A)", {"default": "Kind.A"}),
        ("c = Column(String, default=Plain())", {"default": "Plain()"}),
        ("c = Column(String, server_default=make())", {"server_default": "outside.make()"}),
        ("c = Column(Integer, server_default=text(name))", {"server_default": "…"}),
        ("c = Column(Integer, Computed(name))", {"computed": "…"}),
        ("c = Column(Enum(make()))", {"type": "Enum(outside.make())"}),
        ("c: Mapped[Literal[1, 2]]", {"type": "Enum"}),
        ("c = Column(Own(3))", {"type": "Own(3)", "impl": "CHAR(…)"}),
        ("c = Column(OwnText(3))", {"type": "OwnText(3)", "impl": "String(…)"}),
        ("c = Column(Given(3))", {"type": "Given(3)", "impl": "CHAR(7)"}),
        ("c = Column(Passing(3))", {"type": "Passing(3)", "impl": "CHAR(3)"}),
        ("c = Column('other', String, key='k')", {"name": "other", "attribute": "c"}),
    ],
)
def test_what_is_known_in_part(line: str, fields: dict[str, str], tmp_path: Path) -> None:
    before = "def later(*args, **keywords):\n    return make()\n" + BEFORE
    made = column(tmp_path, line, before)
    for field, expected in fields.items():
        value = made.type and made.type.impl if field == "impl" else getattr(made, field)
        assert (str(value) if field in {"type", "impl"} else value) == expected


def test_names_that_are_not_known(tmp_path: Path) -> None:
    text = (
        "Table('t', Base.metadata, Column(name, Integer), Column('a', Integer), make(), *options)"
    )
    made = structure(tmp_path, text)
    assert [each.name for each in made.columns] == [None, "a"]
    assert made.columns[0].unknown[0].startswith("name: ")
    assert made.unknown == ("an argument: a starred argument",)


def test_a_table_that_is_reflected(tmp_path: Path) -> None:
    made = structure(tmp_path, "Table('t', Base.metadata, autoload_with=make())")
    assert made.columns == ()
    assert made.unknown == ("it is read from the database when the application starts",)


def test_bases_and_arguments_that_are_not_read(tmp_path: Path) -> None:
    text = "class T(Mixin, Base):\n    __tablename__ = 't'\n    id = Column(Integer, primary_key=True)\n"
    made = structure(tmp_path, text)
    assert made.unknown[0] == "columns of a base that is not read: outside.Mixin"


def test_arguments_that_are_not_known(tmp_path: Path) -> None:
    text = (
        "class T(Base):\n    __tablename__ = 't'\n    id = Column(Integer, primary_key=True)\n"
        "    __table_args__ = (ForeignKeyConstraint(['id'], [name]), UniqueConstraint(name),\n"
        "        Index(name, make()), CheckConstraint(text('id > 1'), name='c'), Odd('x'))\n"
    )
    made = structure(tmp_path, f"class Odd(Constraint): pass\n{text}")
    assert made.unknown == ("a foreign key whose columns are not known",)
    assert made.uniques == ()
    assert [(each.name, each.columns) for each in made.indexes] == [(None, (None,))]
    assert [(each.name, each.expression) for each in made.checks] == [("c", "id > 1")]
    text = "class T(Base):\n    __tablename__ = 't'\n    __table_args__ = nowhere\n    id = Column(Integer)\n"
    assert structure(tmp_path, text).unknown[0].startswith("__table_args__: ")


def test_columns_of_libraries_are_known(tmp_path: Path) -> None:
    text = (
        "from oslo_db.sqlalchemy import models\n"
        "class T(Base, models.TimestampMixin, models.ModelBase):\n    __tablename__ = 't'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )
    made = structure(tmp_path, text)
    assert [each.name for each in made.columns] == ["id", "created_at", "updated_at"]
    assert made.unknown == ()


def test_what_takes_too_long_is_left_out(tmp_path: Path) -> None:
    """The rest of the type is known all the same."""
    before = (
        "def slow():\n    for i in range(250):\n        for j in range(250):\n            k = i * j\n"
        "    return {'collation': k}\n"
        "ARGS = slow()\n"
        "def kind():\n    return String(length=20, **ARGS)\n"
    )
    made = column(tmp_path, "c = Column(kind())", before)
    assert str(made.type) == "String(length=20, …)"


def test_relationships(tmp_path: Path) -> None:
    text = """
if TYPE_CHECKING:
    from elsewhere import Faraway
class Partner(Base):
    __tablename__ = 'partners'
    id = Column(Integer, primary_key=True)
    t_id = Column(ForeignKey('t.id'))
class T(Base):
    __tablename__ = 't'
    id = Column(Integer, primary_key=True)
    one = relationship(Partner, backref='t')
    two = relationship('Partner', uselist=False, backref=backref('other'))
    three: Mapped[list['Partner']] = relationship(back_populates='x')
    four: Mapped['Faraway'] = relationship()
    five = relationship(lambda: Partner, secondary='between')
    six = relationship(make())
    seven: DynamicMapped[Partner] = relationship()
    eight: WriteOnlyMapped['Partner']
    nine: Mapped[list['Partner']]
    ten = relationship(secondary=make())
    eleven = relationship('Nowhere', secondary=lambda: joining)
joining = Table('joining', Base.metadata, Column('a', Integer), schema='s')
"""
    made = found(tmp_path, text)
    (model,) = (each for each in made.models if each.name == "T")
    assert model.relationships is not None
    assert [
        (each.name, each.target, each.secondary, each.back_populates, each.is_list)
        for each in model.relationships
    ] == [
        ("one", "app.Partner", None, "t", None),
        ("two", "app.Partner", None, "other", False),
        ("three", "app.Partner", None, "x", True),
        ("four", "Faraway", None, None, False),
        ("five", "app.Partner", "between", None, True),
        ("six", None, None, None, None),
        ("seven", "app.Partner", None, None, True),
        ("ten", None, None, None, True),
        ("eleven", "Nowhere", "s.joining", None, True),
    ]
    (table,) = (each for each in made.tables if each.name == "t")
    assert table.structure is not None
    assert [each.name for each in table.structure.columns] == ["id"]


def test_fields_of_sqlmodel(tmp_path: Path) -> None:
    text = """
from decimal import Decimal
class Code(str): pass
class T(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    code: Code
    when: Thing
    kind: ClassVar[int] = 3
    price: Decimal | None = Field(default=None, max_digits=8, decimal_places=2)
    vague: str = Field(sa_column_args=nowhere)
    stated: str | None = Field(sa_column_kwargs={'nullable': False, 'name': 'said'}, sa_column_args=options)
    sized: str = Field(max_length=length, sa_type=make())
"""
    columns = {each.attribute: each for each in structure(tmp_path, text).columns}
    assert list(columns) == ["id", "code", "when", "price", "vague", "stated", "sized"]
    assert str(columns["code"].type) == "AutoString"
    assert columns["when"].unknown == ("type: no type is known for outside.Thing",)
    assert (columns["stated"].name, columns["stated"].nullable) == ("said", False)
    assert str(columns["price"].type) == "Numeric(precision=8, scale=2)"
    assert columns["sized"].type is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{int: BigInteger, Thing: JSON}", "BigInteger"),
        ("{name: Text, int: BigInteger}", "BigInteger"),
        ("{int: BigInteger, make(): JSON}", None),
        ("options", "Integer"),
    ],
)
def test_maps_of_types(line: str, expected: str | None, tmp_path: Path) -> None:
    """A key that is not known may be the type that is looked for."""
    text = (
        f"class B(DeclarativeBase):\n    type_annotation_map = {line}\n"
        "class T(B):\n    __tablename__ = 't'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )
    (made,) = structure(tmp_path, text).columns
    assert (made.type.name if made.type else None) == expected


def test_a_map_may_say_how_enumerations_are_kept(tmp_path: Path) -> None:
    """What the values are is then not certain, for the map may choose them."""
    text = (
        "import enum\nclass Kind(enum.Enum):\n    A = 'a'\n"
        "class B(DeclarativeBase):\n"
        "    type_annotation_map = {enum.Enum: Enum(enum.Enum, native_enum=False)}\n"
        "class T(B):\n    __tablename__ = 't'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    kind: Mapped[Kind | None]\n"
    )
    made = structure(tmp_path, text).columns[1].type
    assert made is not None
    assert (str(made), made.values) == ("Enum(enum.Enum, native_enum=False)", None)


def test_a_type_that_differs_by_version_of_python(tmp_path: Path) -> None:
    text = """
try:
    from newer import Moment
except ImportError:
    from older import Moment
class B(DeclarativeBase):
    type_annotation_map = {Moment: DateTime}
class T(B):
    __tablename__ = 't'
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Moment]
class U(Base):
    __tablename__ = 'u'
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Moment]
"""
    made = found(tmp_path, text)
    types: dict[str | None, Any] = {
        table.name: table.structure and table.structure.columns[1].type for table in made.tables
    }
    assert types == {"t": types["t"], "u": None}
    assert types["t"].name == "DateTime"


def test_a_model_on_a_table_that_is_none(tmp_path: Path) -> None:
    """A class that is mapped to a join has no table of its own, and gives its columns to none."""
    text = (
        "first = Table('first', Base.metadata, Column('id', Integer, primary_key=True))\n"
        "second = Table('second', Base.metadata, Column('id', ForeignKey('first.id'), primary_key=True))\n"
        "class Both(Base):\n    __table__ = first.join(second)\n    more = column_property(first.c.id)\n"
        "class One(Base):\n    __table__ = first\n"
        "class Child(One):\n    extra = Column(Integer)\n"
    )
    made = found(tmp_path, text)
    names = {
        table.name: [column.name for column in table.structure.columns]
        for table in made.tables
        if table.structure
    }
    assert names == {"first": ["id", "extra"], "second": ["id"]}


def test_columns_of_a_class_for_tables(tmp_path: Path) -> None:
    """TypedColumns of SQLAlchemy 2.1."""
    text = (
        "class Books(TypedColumns):\n    title: Named[str]\n    pages = Column(Integer)\n"
        "Table('t', Base.metadata, Books, 'nothing')\n"
        "Table('t', Base.metadata, Column('more', Integer), keep_existing=True)\n"
    )
    made = structure(tmp_path, text)
    types = {each.name: str(each.type) for each in made.columns}
    assert types == {"title": "String", "pages": "Integer"}


def test_what_is_not_reported_can_be_referred_to(tmp_path: Path) -> None:
    text = (
        "from hidden import other\n"
        "class Union(AbstractConcreteBase, Base):\n    name = Column(String(3))\n"
        "class T(Union):\n    __tablename__ = 't'\n    id = Column(Integer, primary_key=True)\n"
        "    other_id = Column(ForeignKey(other.c.id))\n"
    )
    more = (
        "from sqlalchemy import Column, Integer, MetaData, Table\n"
        "other = Table('other', MetaData(), Column('id', Integer))\n"
    )
    made = structure(tmp_path, text, hidden=more)
    assert [each.name for each in made.columns] == ["id", "other_id", "name"]
    assert made.columns[1].foreign_keys == ("other.id",)
    assert str(made.columns[1].type) == "Integer"


def test_values_without_an_end_are_cut(tmp_path: Path) -> None:
    before = (
        "loop = []\nloop.append(loop)\n"
        "twice = [1]\n" + "twice = [twice, twice]\n" * 40 + "long = 1" + " + 1" * 500 + "\n"
    )
    for name in ("loop", "twice", "{'a': loop}", "make(twice, key=loop)", "Plain(loop)"):
        made = column(tmp_path, f"c = Column(String, default={name})", before + BEFORE)
        assert made.default is not None
        assert made.default.endswith("…")
        assert len(made.default) < 1000
