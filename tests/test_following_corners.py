"""Corners of the language and of the libraries that few projects come to."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from following import (
    MODELS,
    Snippet,
    answers,
    followed,
    messages,
    model_of,
    module,
    names_of,
    snippets,
    tables_of,
)

ID = "id = mapped_column(Integer, primary_key=True)"

CORNERS = snippets("""
# a long number (unknown)
NUMBER = 12345678901234567890
NAME = "t" + str(NUMBER)
# a quote at the end of a formatted text (unknown)
WORD = "a"
NAME = f'''x\\t'{WORD}'''
# more rounds than are followed (unknown)
def count():
    number = 0
    while number < 400:
        number += 1
    return "t" + str(number)
NAME = count()
# deep recursion
def deep(number):
    return "" if number == 0 else "r" + deep(number - 1)
NAME = deep(40)
# deep recursion before the return (unknown)
def deep(number):
    if number == 0:
        return ""
    rest = deep(number - 1)
    return "r" + rest
NAME = deep(40)
# the name of a column
NAME = Column("x").name + "_t"
# a docstring longer than the function
def helper():
    '''
    1
    2
    3
    4
    5
    6
    7
    8
    9
    10
    11
    12
    13
    14
    15
    16
    '''
NAME = "t" + str(helper())
# empty collections
NAME = "t" + "".join(list()) + "".join(tuple())
# a declared attribute read through an object
class Names:
    word = declared_attr(lambda cls: "a")
NAME = "t" + ("b" if Names() else "b")
# a collection that is an attribute of a class
class Names:
    meta = MetaData(schema="s")
NAME = Names.meta.schema + "_t"
# a choice of generic bases
from typing import Generic, TypeVar
T = TypeVar("T")
try:
    class First(Generic[T]):
        word = "a"
except ImportError:
    class First(Generic[T]):
        word = "a"
class Second(First[int]):
    pass
NAME = Second.word
""")


@pytest.mark.parametrize("snippet", CORNERS)
def test_corners_agree_with_python(snippet: Snippet) -> None:
    static, real = answers(snippet)
    assert static == real


UNKNOWN = [
    "read().word",
    "helper(**settings.X)",
    "f'{1:{undefined()}}'",
    "f'{1:{settings.X}}'",
    "'%s_%s' % ('a', settings.X)",
    "'%s_%s' % ('a', undefined())",
    "''.join(w for w in 'ab' if settings.X)",
    "sorted([w for w in settings.X])[0]",
    "type(settings.X, (), {}).word",
    "getattr(Names, settings.X)",
    "str(list(range(settings.X))[0])",
    "str(list(range(1, 2, 0))[0])",
    "str(list(range(5000))[0])",
    "dir(settings)[0]",
    "str(hasattr(settings, 'x'))",
    "str(has_inherited_table('x'))",
    "str(reg.configure())",
    "while_(['a'])",
    "uncertain[1]",
    "uncertain_dict['a']",
    "Names.words(settings)",
    "setattr(settings, 'x', 'y')",
    "set(undefined())",
    "str(enumerate(settings.X))",
    "(Names or settings)[0]",
    "picked[0]",
]


@pytest.mark.parametrize("expression", UNKNOWN)
def test_a_name_that_is_not_known(expression: str) -> None:
    found = module(f"""
from library import read, settings
from sqlalchemy.orm import has_inherited_table, registry
reg = registry()
class Parent:
    pass
class Names(Parent):
    def words(self):
        return super().words()
def helper(word):
    return word
def while_(words):
    name = "a"
    while settings.X:
        name = "b"
        Names.rounds = words.sort.found = 1
        words.append("c")
    return name + words[-1]
uncertain, uncertain_dict = ["a"], {{}}
if settings.X:
    uncertain.append("b")
    uncertain_dict.update(a="b")
    picked = ["a"]
else:
    picked = settings.Y
class Dog(Base):
    __tablename__ = {expression}
    {ID}
""")
    assert tables_of(found).get("Dog", "none") in {None, "none"}


def test_a_base_that_comes_through_a_circle_of_stars() -> None:
    first = f"{MODELS}\nfrom second import *\n"
    second = f"from first import *\nclass Dog(Base):\n    __tablename__ = 'dogs'\n    {ID}\n"
    assert tables_of(followed({"first.py": first, "second.py": second})) == {"Dog": "dogs"}
    third = f"{MODELS}\nfrom second import *\nWORD = 'x'\nSAME = WORD + OTHER\n"
    found = followed({"first.py": third, "second.py": second + "OTHER = str(Integer)\n"})
    assert tables_of(found) == {"Dog": "dogs"}


def test_a_word_read_before_a_circle_of_stars_is_closed() -> None:
    found = followed(
        {
            "first.py": "from second import *\nWORD = 'first'\n",
            "second.py": (
                f"from first import *\n{MODELS}\nclass Dog(Base):\n"
                f"    __tablename__ = WORD if 0 else 'dogs'\n    {ID}\n"
            ),
        }
    )
    assert tables_of(found) == {"Dog": "dogs"}


def test_models_of_files_that_are_only_read_for_their_names_are_not_reported() -> None:
    head = "import pytest\ndef test_it(): pass\n"
    body = (
        f"class Hidden(Base):\n    __tablename__ = 'hidden'\n    {ID}\n"
        f"class Nothing(Base): pass\n"
        f"Table('core', Base.metadata, Column('id', Integer))\n"
        f"Table(undefined, Base.metadata, Column('id', Integer))\n"
    )
    found = followed(
        {
            "test_base.py": head + MODELS + body,
            "m.py": (
                f"from test_base import Base, Integer, mapped_column\nclass Dog(Base):\n"
                f"    __tablename__ = 'dogs'\n    {ID}\n"
            ),
        }
    )
    assert tables_of(found) == {"Dog": "dogs"}
    assert names_of(found) == ["dogs"]
    assert found.problems == ()


def test_a_limit_reached_in_a_file_that_is_only_read_is_not_reported() -> None:
    head = (
        "import pytest\ndef test_it(): pass\n"
        "for a in 'x' * 400:\n    for b in 'x' * 400:\n        WORD = a + b\n"
    )
    found = followed(
        {
            "test_base.py": head + MODELS,
            "m.py": (
                "from test_base import Base, Integer, mapped_column\n"
                f"class Dog(Base):\n    __tablename__ = 'dogs'\n    {ID}\n"
            ),
        }
    )
    assert tables_of(found) == {"Dog": "dogs"}
    assert found.problems == ()


def test_a_declared_attribute_without_end() -> None:
    found = module(f"""
def f():
    return f() + f()
class Dog(Base):
    @declared_attr.directive
    def __tablename__(cls):
        return f()
    {ID}
class Cat(Base):
    __tablename__ = "cats"
    {ID}
""")
    assert tables_of(found) == {"Dog": None, "Cat": "cats"}
    assert messages(found, "XT120") == [
        "table name of Dog is not known: a function that calls itself with the same arguments"
    ]


def test_a_hook_that_leads_into_a_file_that_cannot_be_parsed() -> None:
    found = followed(
        {
            "broken.py": "def name(): return 'x'\n)\n",
            "m.py": (
                f"import broken\n{MODELS}\nclass Mixin:\n"
                f"    def __init_subclass__(cls):\n        return broken.name()\n"
                f"class Dog(Mixin, Base):\n    __tablename__ = 'dogs'\n    {ID}\n"
                f"class Cat(Base):\n    @declared_attr.directive\n"
                f"    def __tablename__(cls):\n        return broken.name()\n    {ID}\n"
            ),
        }
    )
    assert tables_of(found) == {"Dog": "dogs", "Cat": None}


def test_a_class_in_a_function_that_has_columns() -> None:
    found = module(
        f"def build(parent):\n    class Dog(parent):\n        {ID}\n"
        f"        __mapper_args__ = {{}}\n    Dog.__tablename__ = 'x'\n"
        f"    return Dog\nclass Abstract(Base):\n    __abstract__ = True\n"
        f"    @declared_attr.directive\n    def __tablename__(cls):\n"
        f"        return cls.__name__.lower()\nbuild(Abstract)\n"
    )
    assert list(tables_of(found)) == ["build.<locals>.Dog"]


def test_a_table_made_by_a_partial() -> None:
    found = module(
        "from functools import partial\n"
        "make = partial(Table, 'made', Base.metadata)\n"
        "make(Column('id', Integer))\nclass Names:\n"
        "    table = declared_attr(partial(Table, 'x', Base.metadata, Column('id')))\n"
        "Names().table\nprint(Names().table)\n"
    )
    assert names_of(found) == ["made"]


def test_as_declarative_of_a_class_with_a_collection() -> None:
    found = module(
        f"from sqlalchemy.ext.declarative import as_declarative\n"
        f"meta = MetaData()\n@as_declarative()\nclass Root:\n"
        f"    metadata = meta\nas_declarative()('no class')\nclass Dog(Root):\n"
        f"    __tablename__ = 'dogs'\n    {ID}\n"
    )
    assert model_of(found, "Dog").metadata == "m.meta"


def test_mapped_as_dataclass_of_an_unknown_registry() -> None:
    found = module(
        f"from library import reg\n"
        f"from sqlalchemy.orm import mapped_as_dataclass\n"
        f"@mapped_as_dataclass(reg)\nclass Dog:\n    __tablename__ = 'dogs'\n"
        f"    {ID}\n"
    )
    assert tables_of(found) == {"Dog": "dogs"}
    assert model_of(found, "Dog").metadata is None


def test_a_bind_key_means_nothing_without_flask() -> None:
    found = module(
        f"class Dog(Base):\n    __bind_key__ = 'other'\n    __tablename__ = 'dogs'\n    {ID}\n"
    )
    assert model_of(found, "Dog").metadata == "m.Base.metadata"


def test_flask_takes_the_collection_of_a_ready_base() -> None:
    found = followed(
        {
            "m.py": """
        from flask_sqlalchemy import SQLAlchemy
        from sqlalchemy import MetaData
        from sqlalchemy.orm import DeclarativeBase
        meta = MetaData()
        class Ready(DeclarativeBase):
            metadata = meta
        db = SQLAlchemy(model_class=Ready)
        class Mixin:
            @db.declared_attr
            def key(cls):
                return db.Column(db.Integer, primary_key=True)
        class Dog(db.Model):
            id = db.Column(db.Integer, primary_key=True)
        class Guide(Mixin, Dog):
            pass
        class Log(db.Model):
            __tablename__ = Dog.__tablename__ + "_log"
            id = db.Column(db.Integer, primary_key=True)
        """
        }
    )
    assert tables_of(found) == {"Dog": "dog", "Guide": "guide", "Log": "dog_log"}
    assert model_of(found, "Dog").metadata == "m.meta"


def test_flask_appbuilder_names_tables_unless_a_parent_does() -> None:
    found = followed(
        {
            "m.py": """
        from flask_appbuilder import Model
        from sqlalchemy import Column, Integer
        class UserGroup(Model):
            id = Column(Integer, primary_key=True)
        class Dog(Model):
            __tablename__ = "dogs"
            id = Column(Integer, primary_key=True)
        class Puppy(Dog):
            pass
        """
        }
    )
    assert tables_of(found) == {"UserGroup": "user_group", "Dog": "dogs", "Puppy": "dogs"}


def test_a_mixin_of_a_library_that_names_tables() -> None:
    found = module(
        "from flask_dance.consumer.storage.sqla import OAuthConsumerMixin\n"
        "class OAuth(OAuthConsumerMixin, Base):\n    pass\n"
    )
    assert tables_of(found) == {"OAuth": "flask_dance_oauth"}


def test_a_database_that_a_library_shares() -> None:
    source = (
        "from invenio_db import db\nclass {0}(db.Model):\n"
        "    __tablename__ = '{1}'\n"
        "    id = db.Column(db.Integer, primary_key=True)\n"
    )
    found = followed({"a.py": source.format("Dog", "dogs"), "b.py": source.format("Cat", "cats")})
    assert {model.metadata for model in found.models} == {"invenio_db.db.metadata"}


def test_a_file_that_is_only_checked() -> None:
    found = followed(
        {"m.py": MODELS, "bad.py": "# coding: nonsense\nx = 1\n", "deep.py": "x = " + "(" * 150}
    )
    assert [(p.path, p.code) for p in found.problems] == [("bad.py", "XT103"), ("deep.py", "XT104")]


def test_in_a_large_project_only_suspicious_files_are_checked() -> None:
    large = {f"data{n}.py": "x = (1, [2], {3: 4})\n" * 20_000 for n in range(3)}
    found = followed(
        {
            "m.py": MODELS,
            **large,
            "deep.py": "x = " + "(" * 150 + ")" * 150,
            "long.py": "x = '" + "x" * 3000 + "'\n",
            "broken.py": "x = = 1\n",
        }
    )
    assert [(p.path, p.code) for p in found.problems] == [("deep.py", "XT104")]


def test_messages_name_the_line_of_a_problem() -> None:
    found = module(
        f"from library import NAME\n\nclass Dog(Base):\n    __tablename__ = NAME\n    {ID}\n"
    )
    assert [p.line for p in found.problems] == [8]
    assert messages(found, "XT120") == ["table name of Dog is not known: the name is no text"]
