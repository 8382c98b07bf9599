"""Classes and what Python and SQLAlchemy do when they are made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from following import Snippet, answers, followed, messages, module, snippets, tables_of, verdict_on

CLASSES = snippets("""
# a diamond
class A: word = "a"
class B(A): pass
class C(A): word = "c"
class D(B, C): pass
NAME = D.word
# super along a diamond
class A:
    def words(self): return "a"
class B(A):
    def words(self): return "b" + super().words()
class C(A):
    def words(self): return "c" + super().words()
class D(B, C):
    def words(self): return "d" + super().words()
NAME = D().words()
# super of a classmethod
class A:
    @classmethod
    def words(cls): return "a" + cls.__name__.lower()
class B(A):
    @classmethod
    def words(cls): return "b" + super(B, cls).words()
NAME = B.words()
# super in __init__
class A:
    def __init__(self, word): self.word = word
class B(A):
    def __init__(self, word):
        super().__init__(word + "_b")
NAME = B("a").word
# super in a comprehension of a method
class A:
    def words(self): return "a"
class B(A):
    def words(self):
        parent = super()
        return "".join(parent.words() for _ in range(2))
NAME = B().words()
# mangled names
class A:
    __word = "a"
    def read(self): return self.__word
class B(A):
    __word = "b"
NAME = B().read() + A._A__word
# the order of bases
class A: word = "a"
class B: word = "b"
class C(A, B): pass
NAME = C.word + C.__mro__[2].word + C.__bases__[1].__name__.lower()
# the name of a nested class
class A:
    class B:
        word = "b"
        class C: pass
NAME = A.B.C.__qualname__.replace(".", "_").lower() + A.B.word
# the qualified name of a local class
def make():
    class Local: pass
    return Local
NAME = make().__name__.lower()
# type with three arguments
Mixin = type("Mixin", (), {"word": "a"})
NAME = Mixin.word + type("X", (Mixin,), dict(more="b"))().more
# a model made by type
Made = type("Made", (Base,), {"__tablename__": "made", "id": Column(Integer, primary_key=True)})
# models made by type in a loop
for word in ("first", "second"):
    type(word.title(), (Base,), {"__tablename__": word, "id": Column(Integer, primary_key=True)})
# a class decorator that gives a name
def tabled(cls):
    cls.word = cls.__name__.lower() + "_t"
    return cls
@tabled
class Mixin: pass
NAME = Mixin.word
# a class decorator with arguments (unknown)
def tabled(word):
    def decorate(cls):
        cls.word = word
        return cls
    return decorate
@tabled("a")
class Mixin: pass
NAME = Mixin.word
# a class decorator that makes another class
def replaced(cls):
    class Other(cls):
        word = "other"
    return Other
@replaced
class Mixin:
    word = "mixin"
NAME = Mixin.word
# a class decorator of a library
import functools
@functools.total_ordering
class Mixin:
    word = "a"
    def __lt__(self, other): return True
NAME = Mixin.word
# a property set by its setter
class Names:
    @property
    def word(self): return "got"
    @word.setter
    def word(self, value): pass
NAME = Names().word
# a class method through an alternative name (unknown)
class Names:
    def words(cls): return cls.__name__.lower()
    words = classmethod(words)
    plain = staticmethod(lambda word: word + "_s")
NAME = Names.words() + Names.plain("a")
# a function of the class used as a decorator
class Names:
    def mark(function): return function
    @mark
    def word(self): return "a"
NAME = Names().word()
# __init_subclass__
class Mixin:
    def __init_subclass__(cls, word="none", **kwargs):
        cls.__tablename__ = cls.__name__.lower() + "_" + word
        super().__init_subclass__(**kwargs)
class One(Mixin, Base):
    id = mapped_column(Integer, primary_key=True)
class Two(Mixin, Base, word="two"):
    id = mapped_column(Integer, primary_key=True)
# __init_subclass__ of the base
class Named2(Base):
    __abstract__ = True
    def __init_subclass__(cls, **kwargs):
        if "__tablename__" not in cls.__dict__:
            cls.__tablename__ = cls.__name__.lower() + "s"
        super().__init_subclass__(**kwargs)
class Dog(Named2):
    id = mapped_column(Integer, primary_key=True)
class Cat(Named2):
    __tablename__ = "kitties"
    id = mapped_column(Integer, primary_key=True)
# a metaclass with __new__
from sqlalchemy.orm import DeclarativeMeta, registry
class Meta(DeclarativeMeta):
    def __new__(mcs, name, bases, namespace, **kwargs):
        if name != "Root":
            namespace["__tablename__"] = name.lower() + "_meta"
        return super().__new__(mcs, name, bases, namespace, **kwargs)
class Root(metaclass=Meta):
    __abstract__ = True
    registry = Base.registry
    metadata = Base.metadata
    __init__ = Base.registry.constructor
class Dog(Root):
    id = Column(Integer, primary_key=True)
# a metaclass with __new__ and a namespace of its own
from sqlalchemy.orm import DeclarativeMeta
class Meta(DeclarativeMeta):
    def __new__(mcs, name, bases, namespace):
        changed = dict(namespace)
        if bases:
            changed["__tablename__"] = name.lower() + "_new"
        return type.__new__(mcs, name, bases, changed)
class Root(metaclass=Meta):
    __abstract__ = True
    registry = Base.registry
    metadata = Base.metadata
class Dog(Root):
    id = Column(Integer, primary_key=True)
# a metaclass with __init__
from sqlalchemy.orm import DeclarativeMeta
class Meta(DeclarativeMeta):
    def __init__(cls, name, bases, namespace, **kwargs):
        if bases and "__tablename__" not in namespace:
            cls.__tablename__ = name.lower() + "_init"
        super().__init__(name, bases, namespace, **kwargs)
class Root(metaclass=Meta):
    __abstract__ = True
    registry = Base.registry
    metadata = Base.metadata
class Dog(Root):
    id = Column(Integer, primary_key=True)
# declared_attr of a mixin
class Mixin:
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return cls.__name__.lower() + "_mixed"
class Dog(Mixin, Base):
    id = mapped_column(Integer, primary_key=True)
class Puppy(Mixin, Base):
    __tablename__ = "puppies"
    id = mapped_column(Integer, primary_key=True)
# declared_attr that calls its super
class Mixin:
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return cls.__name__.lower()
class More(Mixin):
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return super().__tablename__ + "_more"
class Dog(More, Base):
    id = mapped_column(Integer, primary_key=True)
# declared_attr that reads an attribute of the class
class Mixin:
    prefix = "none"
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return f"{cls.prefix}_{cls.plural()}"
    @classmethod
    def plural(cls):
        return cls.__name__.lower() + "s"
class Dog(Mixin, Base):
    prefix = "pet"
    id = mapped_column(Integer, primary_key=True)
class Cat(Mixin, Base):
    id = mapped_column(Integer, primary_key=True)
# declared_attr as a call
class Mixin:
    __tablename__ = declared_attr(lambda cls: cls.__name__.lower() + "_called")
class Dog(Mixin, Base):
    id = mapped_column(Integer, primary_key=True)
# declared_attr of a helper
def naming(cls):
    return cls.__name__.lower() + "_helped"
class Dog(Base):
    __tablename__ = declared_attr(naming)
    id = mapped_column(Integer, primary_key=True)
# declared_attr that is a class method
class Mixin:
    @declared_attr
    @classmethod
    def __tablename__(cls):
        return cls.__name__.lower() + "_both"
class Dog(Mixin, Base):
    id = mapped_column(Integer, primary_key=True)
# declared_attr that decides by inheritance
from sqlalchemy.orm import has_inherited_table
class Mixin:
    @declared_attr.directive
    def __tablename__(cls):
        if has_inherited_table(cls):
            return None
        return cls.__name__.lower()
class Dog(Mixin, Base):
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "dog"}
class Puppy(Dog):
    __mapper_args__ = {"polymorphic_identity": "puppy"}
# a table name from another model
class Dog(Base):
    __tablename__ = "dogs"
    id = mapped_column(Integer, primary_key=True)
class Puppy(Base):
    __tablename__ = Dog.__tablename__ + "_puppies"
    id = mapped_column(Integer, primary_key=True)
class Log(Base):
    __tablename__ = Dog.__table__.name + "_log"
    id = mapped_column(Integer, primary_key=True)
# a table name from __qualname__
class Dog(Base):
    __tablename__ = __qualname__.lower()
    id = mapped_column(Integer, primary_key=True)
# joined inheritance
class Dog(Base):
    __tablename__ = "dogs"
    id = mapped_column(Integer, primary_key=True)
class Puppy(Dog):
    __tablename__ = "puppies"
    id = mapped_column(Integer, ForeignKey("dogs.id"), primary_key=True)
class Tiny(Puppy):
    pass
# concrete inheritance
class Dog(Base):
    __tablename__ = "dogs"
    id = mapped_column(Integer, primary_key=True)
class Puppy(Dog):
    __tablename__ = "puppies"
    __mapper_args__ = {"concrete": True}
    id = mapped_column(Integer, primary_key=True)
# six.with_metaclass is what it makes
def with_metaclass(meta, *bases):
    class metaclass(meta):
        def __new__(cls, name, this_bases, d):
            return meta(name, bases, d)
    return type.__new__(metaclass, "temporary_class", (), {})
class Dog(Base):
    __tablename__ = "dogs"
    id = mapped_column(Integer, primary_key=True)
# __table_args__
class Dog(Base):
    __tablename__ = "dogs"
    __table_args__ = ({"comment": "x"},)
    id = mapped_column(Integer, primary_key=True)
# a mixin in a generic base
from typing import Generic, TypeVar
T = TypeVar("T")
class Repo(Generic[T]):
    word = "generic"
class Special(Repo[int]):
    pass
NAME = Special.word + Special.__mro__[1].__name__.lower()
# bases from a tuple
PARENTS = (Base,)
class Dog(*PARENTS):
    __tablename__ = "dogs"
    id = mapped_column(Integer, primary_key=True)
# keywords from a dict
class Mixin:
    def __init_subclass__(cls, word="none"):
        cls.word = word
        super().__init_subclass__()
OPTIONS = {"word": "given"}
class Dog(Mixin, Base, **OPTIONS):
    __tablename__ = "dogs"
    id = mapped_column(Integer, primary_key=True)
# an attribute through the class of an object
class Names:
    word = "a"
    def read(self): return self.__class__.word + type(self).word
class More(Names):
    word = "b"
NAME = More().read()
# a model as an instance
class Dog(Base):
    __tablename__ = "dogs"
    id = mapped_column(Integer, primary_key=True)
NAME = type(Dog()).__tablename__ + "_m"
# a hook that walks the namespace
class Mixin:
    def __init_subclass__(cls):
        cls.__tablename__ = "_".join(k for k, v in vars(cls).items() if k.startswith("x"))
        super().__init_subclass__()
class Dog(Mixin, Base):
    x_one = 1
    x_two = 2
    id = mapped_column(Integer, primary_key=True)
# a hook that walks dir
class Mixin:
    x_mixin = 0
    __x_private = 1
    def __init_subclass__(cls):
        cls.__tablename__ = "".join(k for k in dir(cls) if k.startswith(("x_", "_Mixin")))
        super().__init_subclass__()
class Dog(Mixin, Base):
    x_dog = 1
    id = mapped_column(Integer, primary_key=True)
# a hook that asks isinstance and issubclass
class Other: pass
class Mixin:
    def __init_subclass__(cls):
        cls.__tablename__ = "other" if issubclass(cls, Other) else "plain"
        super().__init_subclass__()
class Dog(Mixin, Base):
    id = mapped_column(Integer, primary_key=True)
class Cat(Mixin, Other, Base):
    id = mapped_column(Integer, primary_key=True)
# automatic names by hasattr
class Mixin:
    @declared_attr.directive
    def __tablename__(cls):
        return cls.word if hasattr(cls, "word") else "none_" + cls.__name__.lower()
class Dog(Mixin, Base):
    word = "worded"
    id = mapped_column(Integer, primary_key=True)
class Cat(Mixin, Base):
    id = mapped_column(Integer, primary_key=True)
""")


@pytest.mark.parametrize("snippet", CLASSES)
def test_classes_agree_with_python(snippet: Snippet) -> None:
    static, real = answers(snippet)
    assert static == real


def test_bases_without_an_order_are_looked_up_depth_first() -> None:
    found = module("""
        class A(Base):
            __abstract__ = True
        class B(A):
            __abstract__ = True
            word = "b"
        class C(A, B):
            __tablename__ = "c"
            id = mapped_column(Integer, primary_key=True)
        """)
    assert tables_of(found) == {"C": "c"}


def test_a_class_that_inherits_itself_is_no_model() -> None:
    found = followed(
        {
            "a.py": "from b import B\nclass A(B): __tablename__ = 'a'\n",
            "b.py": "from a import A\nclass B(A): __tablename__ = 'b'\n",
        }
    )
    assert found.models == ()


@pytest.mark.parametrize("meta", ["six.with_metaclass", "sqlalchemy.util.compat.with_metaclass"])
def test_with_metaclass(meta: str) -> None:
    package, _, name = meta.rpartition(".")
    found = followed(
        {
            "m.py": f"""
        from {package} import {name}
        from sqlalchemy import Column, Integer
        from sqlalchemy.orm import DeclarativeMeta, registry
        reg = registry()
        class Meta(DeclarativeMeta):
            def __init__(cls, name, bases, namespace):
                cls.__tablename__ = name.lower() + "_t"
                super().__init__(name, bases, namespace)
        class Base(with_metaclass(Meta)):
            __abstract__ = True
            registry = reg
            metadata = reg.metadata
        class Dog(Base):
            id = Column(Integer, primary_key=True)
        """
        }
    )
    assert tables_of(found) == {"Dog": "dog_t"}


def test_with_metaclass_and_bases() -> None:
    found = module("""
        import six
        class Meta(type(Base)):
            pass
        class Dog(six.with_metaclass(Meta, Base)):
            __tablename__ = "dogs"
            id = mapped_column(Integer, primary_key=True)
        """)
    assert tables_of(found) == {"Dog": "dogs"}
    assert (
        followed(
            {"m.py": "import six\nclass A(six.with_metaclass()):\n    __tablename__ = 'a'\n"}
        ).models
        == ()
    )


def test_add_metaclass() -> None:
    found = followed(
        {
            "m.py": """
        import six
        from sqlalchemy import Column, Integer
        from sqlalchemy.orm import DeclarativeMeta, registry
        made = registry()
        @six.add_metaclass(DeclarativeMeta)
        class Base(object):
            __abstract__ = True
            registry = made
        class Dog(Base):
            __tablename__ = "dogs"
            id = Column(Integer, primary_key=True)
        """
        }
    )
    assert tables_of(found) == {"Dog": "dogs"}


REASONS = {
    "Base": (False, "it is a declarative base itself"),
    "Abstract": (False, "it says __abstract__ = True"),
    "Plain": (False, "no declarative base is among its bases"),
    "Nothing": (False, "it has no table and inherits none"),
    "Dog": (True, "it inherits a declarative base and has a table"),
    "Puppy": (True, "it inherits a mapped class and shares its table"),
    "Hybrid": (True, "it has a __table__ of its own"),
    "Imperative": (True, "it is mapped imperatively"),
    "Data": (True, "it is mapped as a dataclass"),
    "Schema": (False, "it has no table=True"),
    "Sql": (True, "it inherits SQLModel and says table=True"),
}


@pytest.mark.parametrize("name", REASONS)
def test_the_verdict_says_why(name: str) -> None:
    found = module("""
        from sqlalchemy.orm import MappedAsDataclass, registry
        from sqlmodel import Field, SQLModel
        class Abstract(Base):
            __abstract__ = True
        class Plain:
            pass
        class Nothing(Base):
            word = "x"
        class Dog(Abstract):
            __tablename__ = "dogs"
            id = mapped_column(Integer, primary_key=True)
        class Puppy(Dog):
            pass
        class Hybrid(Base):
            __table__ = Table("hybrid", Base.metadata, Column("id", Integer, primary_key=True))
        class Imperative:
            pass
        registry().map_imperatively(Imperative, Table("imp", MetaData(), Column("id", Integer)))
        class Data(MappedAsDataclass, Base):
            __tablename__ = "data"
            id: Mapped[int] = mapped_column(primary_key=True)
        class Schema(SQLModel):
            id: int
        class Sql(SQLModel, table=True):
            id: int = Field(primary_key=True)
        """)
    verdict = verdict_on(found, name)
    assert (verdict.taken, verdict.reason) == REASONS[name]


def test_the_verdict_has_the_chain_of_bases() -> None:
    found = module("""
        class Mixin:
            pass
        class Abstract(Mixin, Base):
            __abstract__ = True
        class Dog(Abstract):
            __tablename__ = "dogs"
            id = mapped_column(Integer, primary_key=True)
        """)
    assert [(step.name, step.line) for step in verdict_on(found, "Dog").chain] == [
        ("Abstract", 9),
        ("Base", 4),
        ("DeclarativeBase", 0),
    ]
    assert [step.name for step in verdict_on(found, "Base").chain] == ["DeclarativeBase"]
    assert verdict_on(found, "Mixin").chain == ()


def test_a_class_without_table_is_a_problem() -> None:
    found = module("class Nothing(Base):\n    word = 1\n")
    assert messages(found, "XT122") == [
        "class Nothing inherits m.Base but names no table and inherits none"
    ]
