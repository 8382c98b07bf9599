"""What depends on a value that only a run can tell: the name is not guessed, and all else is kept."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from following import MODELS, Snippet, answers, followed, messages, snippets, tables_of

from xcore_tools import Config, discover
from xcore_tools.discovery.evaluate import fuel

GIVEN = """
import os
TOLD = os.environ.get("XCORE_TOOLS_NOT_SET", "told")
MANY = TOLD.split("l")
"""

BUILT_IN = snippets("""
# sorted by keys that are not known (unknown)
NAME = sorted(["b", "a"], key=lambda word: word + TOLD)[0]
# sorted without order (unknown)
try:
    NAME = sorted(["a", 1])[0]
except TypeError:
    NAME = "a"
# sorted over what is not known (unknown)
NAME = sorted(MANY)[0]
# a set of what is not known (unknown)
NAME = "".join(set(MANY[:1]))
# a set with an item that is not known (unknown)
NAME = "".join({TOLD})
# set of a list with an item that is not known (unknown)
NAME = "".join(set([TOLD]))
# map over what is not known (unknown)
NAME = "".join(map(str.upper, MANY))
# filter over what is not known (unknown)
NAME = "".join(filter(None, MANY))
# filter by what is not known (unknown)
NAME = "".join(filter(lambda word: word in TOLD, ["t", "o"]))
# next of what is not known (unknown)
NAME = next(iter(MANY))
# the sum of a value that is not known (unknown)
NAME = "t" + str(max(len(TOLD), 3))
# a number that no text is (unknown)
try:
    NAME = "t" + str(int("one"))
except ValueError:
    NAME = "t1"
# the order of a set (unknown)
NAME = "t" + str(len(repr({"a", "b"})))
# formatting what is not known (unknown)
NAME = format(TOLD, ">5").strip()
# formatting as is not known (unknown)
NAME = format("a", TOLD[4:] or "s")
# percent of a set (unknown)
NAME = "t%s" % len("%s" % {"a", "b"})
# hasattr of what is not known (unknown)
NAME = "a" if hasattr(TOLD, "lower") else "b"
# a key that is not known (unknown)
NAME = {"told": "a"}[TOLD]
# an option that is not known (unknown)
NAME = TOLD or "other"
# an attribute of a text (unknown)
NAME = "a" if hasattr("x", "lower") else "b"
# a library or a text (unknown)
NAME = (os.environ.get and "a") or "b"
# a library's attribute (unknown)
NAME = os.sep * 0 + (os.linesep and "a")
""")

STATEMENTS = snippets("""
# an item of a list that is too short (unknown)
WORDS = ["a"]
try:
    WORDS[3] = "b"
except IndexError:
    pass
NAME = WORDS[0]
# a deleted item that is missing (unknown)
WORDS = {"a": "b"}
try:
    del WORDS["c"]
except KeyError:
    pass
NAME = WORDS["a"]
# an attribute of a library
os.nothing = "a"
NAME = "b"
# a deleted attribute of a library
import string
string.extra = "a"
del string.extra
NAME = "b"
# an item of a library
os.environ["XCORE_TOOLS_TEST"] = "a"
del os.environ["XCORE_TOOLS_TEST"]
NAME = "b"
# a deleted item of something else
class Items:
    def __delitem__(self, key): pass
    def __setitem__(self, key, value): pass
things = Items()
things["a"] = "b"
del things["a"]
NAME = "c"
# a deleted attribute
class Names:
    word = "a"
    other = "b"
del Names.word
NAME = Names.other
# parts of what is not known (unknown)
first, second = TOLD[:2]
NAME = first + second
# parts of what is not known, one starred (unknown)
first, *others = TOLD[:2]
NAME = first + "".join(others)
# an outer name that a function rebinds
def outer():
    word = "a"
    class Between:
        word = "c"
    def inner():
        nonlocal word
        word = "b"
    inner()
    return word
NAME = outer()
# an outer name over two functions
def outer():
    word = "a"
    def middle():
        def inner():
            nonlocal word
            word = "b"
        inner()
    middle()
    return word
NAME = outer()
# a context manager without a class (unknown)
from contextlib import nullcontext
with nullcontext("a") as word:
    NAME = word
# a context manager that inherits how to enter (unknown)
from contextlib import AbstractContextManager
class Entered(AbstractContextManager):
    def __exit__(self, *details): pass
    def lower(self): return "a"
with Entered() as word:
    NAME = word.lower()
# a generator of a loop over what is not known (unknown)
def words():
    for letter in TOLD[:1]:
        yield letter
NAME = "".join(words())
# a generator that passes on what is not known (unknown)
def words():
    yield from TOLD
NAME = "".join(words())
# a generator of a comprehension
def words():
    yield [letter for letter in "ab"]
NAME = "".join("".join(part) for part in words())
# a generator under a condition that is not known (unknown)
def words():
    yield "a"
    if TOLD:
        yield "b"
NAME = "".join(words())
# two values of a condition (unknown)
NAME = "a" if TOLD else "b"
# a list that grows while it is walked
WORDS = ["a"]
for word in WORDS:
    if len(WORDS) < 4:
        WORDS.append(word + "x")
NAME = WORDS[-1]
# the items of a set that has one
NAME = "".join(list({"a"}))
# a class in a function
def make():
    class Local:
        def word(self): return "a"
        other = "b"
    return Local
NAME = make().other + make()().word()
# the table of a parent
class Parent(Base):
    __tablename__ = "parents"
    id = mapped_column(Integer, primary_key=True)
class Child(Parent):
    pass
NAME = Child.__table__.name + "_copy"
# an enumeration of what is not known (unknown)
from enum import Enum
class Words(Enum):
    FIRST = TOLD
NAME = Words.FIRST.value
# the class of a member
from enum import Enum
class Words(Enum):
    FIRST = "a"
NAME = Words.FIRST.__class__.__name__.lower()
# joined to what is not known (unknown)
WORDS = ["a"]
WORDS += MANY
NAME = WORDS[0] + WORDS[1]
""")

MUTATIONS = snippets("""
# appended perhaps (unknown)
WORDS = ["a"]
if TOLD:
    WORDS.append("b")
NAME = "_".join(WORDS)
# extended perhaps (unknown)
WORDS = ["a"]
if TOLD:
    WORDS.extend(["b", "c"])
NAME = "_".join(WORDS)
# extended perhaps by what is not known (unknown)
WORDS = ["a"]
if TOLD:
    WORDS.extend(MANY)
NAME = "_".join(WORDS)
# the first item stays where something was appended perhaps
WORDS = ["a"]
if TOLD:
    WORDS.append("b")
NAME = WORDS[0]
# sorted perhaps (unknown)
WORDS = ["b", "a"]
if TOLD:
    WORDS.sort()
NAME = WORDS[0]
# set by default perhaps (unknown)
WORDS = {}
if TOLD:
    WORDS.setdefault("a", "b")
NAME = WORDS.get("a", "c")
# updated perhaps (unknown)
WORDS = {"a": "b"}
if TOLD:
    WORDS.update({"a": "c"}, d="e")
NAME = WORDS["a"]
# updated perhaps with nothing (unknown)
WORDS = {"a": "b"}
if TOLD:
    WORDS.update()
NAME = "_".join(WORDS)
# cleared perhaps (unknown)
WORDS = {"a": "b"}
if not TOLD:
    WORDS.clear()
NAME = WORDS["a"]
# added to a set perhaps (unknown)
WORDS = {"a"}
if TOLD:
    WORDS.add("b")
NAME = "t" + str(len(WORDS))
# extended by what is not known (unknown)
WORDS = ["a"]
WORDS.extend(MANY)
NAME = "_".join(WORDS)
# sorted by a key (unknown)
WORDS = ["b", "a"]
WORDS.sort(key=str.lower)
NAME = WORDS[0]
# a set that gets a value that is not known (unknown)
WORDS = set()
WORDS.add(TOLD)
NAME = "".join(WORDS)
# removed although it is missing (unknown)
WORDS = ["a"]
try:
    WORDS.remove("b")
except ValueError:
    pass
NAME = WORDS[0]
# updated by what is not known (unknown)
WORDS = {"a": "b"}
WORDS.update(dict.fromkeys(MANY, "c"))
NAME = "_".join(WORDS)
""")


@pytest.mark.parametrize("snippet", BUILT_IN + STATEMENTS + MUTATIONS)
def test_names_are_those_of_python_or_not_known(snippet: Snippet) -> None:
    discovered, happened = answers(Snippet(GIVEN + snippet.source, snippet.is_unknown))
    assert discovered == happened


# -- what does not run, or not to its end ---------------------------------------------------------

DOG = "class Dog(Base):\n    __tablename__ = NAME\n    id = mapped_column(Integer, primary_key=True)\n"
DEEP = "[" * 70 + "NAME" + "]" * 70

BROKEN: dict[str, tuple[str, dict[str, str | None]]] = {
    "a target nested too deeply": (f"{DEEP} = [1]\ndel {DEEP}\nNAME = 'a'\n", {"Dog": "a"}),
    "a function without a body": ("def f(): ...\nNAME = f()\n", {"Dog": None}),
    "a member of what is not defined": (
        "from enum import Enum\nclass Words(Enum):\n    FIRST = nothing\nNAME = Words.FIRST.value\n",
        {"Dog": None},
    ),
    "a set of what is not defined": ("NAME = ''.join(set(['a', nothing]))\n", {"Dog": None}),
    "an index that is a library's": ("import os\nNAME = {'a': 'b'}[os.environ]\n", {"Dog": None}),
    "one of too many values": (
        "import os\nNAME = 'a'\n"
        + "".join(f"if os.environ.get('N{n}'): NAME = 'a{n}'\n" for n in range(60)),
        {"Dog": None},
    ),
    "a list too long to be changed": (
        "NAMES = list('ab') * 5000\nNAMES.append('c')\nNAME = NAMES[0]\n",
        {"Dog": None},
    ),
    "a dict that may have more": (
        "import os\nNAMES = {}\nif os.environ.get('N'): NAMES.update({os.environ.get('M'): 1})\n"
        "NAME = 'a' if NAMES else 'b'\n",
        {"Dog": None},
    ),
    "the keys of a dict that may have more": (
        "import os\nNAMES = {}\nif os.environ.get('N'): NAMES.update({os.environ.get('M'): 1})\n"
        "NAME = ''.join(NAMES)\n",
        {"Dog": None},
    ),
    "the name of a base without a table": ("NAME = Base.__tablename__\n", {"Dog": None}),
    "the table of a class that has none": (
        "class Mid(Base): pass\nNAME = Mid.__table__.name\n",
        {"Dog": None},
    ),
    "what a statement that takes too long may have bound": (
        "def f(): return f() + f()\nNAME = 'a'\nMORE = 'b'\nif f():\n    import os\n    from os import path\n"
        "    class Cat: pass\n    def made(): pass\n    with f() as MORE, f() as (c, d), f(): e = 1\n"
        "    for g in f(): NAME = 'c'\nclass Cow(Base):\n    __tablename__ = MORE\n",
        {"Dog": None, "Cow": None},
    ),
    "an instance that may be a library's": (
        "import os\nclass Path: pass\nNAME = 'a' if isinstance(Path(), os.PathLike) else 'b'\n",
        {"Dog": None},
    ),
    "a key of a dict that may have more": (
        "import os\nNAMES = {}\nif os.environ.get('N'): NAMES.update({os.environ.get('M'): 1})\n"
        "NAME = NAMES['a']\n",
        {"Dog": None},
    ),
    "a list that grows without end": (
        "NAMES = ['a']\nfor word in NAMES:\n    NAMES.append(word)\n",
        {},
    ),
    "a class that is made by what is given to sorted": (
        "from functools import partial\nNAME = 'a'\n"
        "sorted([{}], key=partial(type, 'Cat', (Base,)))\n",
        {"Dog": "a"},
    ),
    "a metaclass for what is no class": (
        "from six import add_metaclass\nadd_metaclass(type)('a')\nNAME = 'a'\n",
        {"Dog": "a"},
    ),
    "an attribute of what is not defined": (
        "NAME = 'a' if hasattr(nothing, 'lower') else 'b'\n",
        {"Dog": None},
    ),
}


@pytest.mark.parametrize("title", BROKEN)
def test_what_cannot_be_followed_is_not_guessed(title: str) -> None:
    source, tables = BROKEN[title]
    found = followed({"m.py": f"{MODELS}{source}{DOG}"})
    assert {name: tables_of(found)[name] for name in tables} == tables


def test_a_class_in_a_loop_and_a_generator_in_a_class() -> None:
    source = (
        "def words():\n    class Inner:\n        word = (yield 'a')\n    yield 'b'\nNAME = ''.join(words())\n"
        "for n in range(2):\n    class Cat(Base):\n        __tablename__ = 'cats%d' % n\n"
        "        id = mapped_column(Integer, primary_key=True)\n        for m in range(2): last = m\n"
    )
    found = followed({"m.py": f"{MODELS}{source}{DOG}"})
    assert tables_of(found)["Dog"] == "ab"
    assert sorted(t.name or "" for t in found.tables) == ["ab", "cats0", "cats1"]


def test_a_name_of_the_class_body_is_that_of_its_moment() -> None:
    source = (
        "def helper(word): return word + '_x'\nclass Cat(Base):\n    word = 'a'\n"
        "    __tablename__ = helper(word)\n    word = 'b'\n"
        "    id = mapped_column(Integer, primary_key=True)\n"
    )
    assert tables_of(followed({"m.py": f"{MODELS}{source}"})) == {"Cat": "a_x"}


def test_more_tables_than_are_followed_are_one_problem() -> None:
    source = "for n in range(20_000):\n    Table('t%d' % n, Base.metadata, Column('id', Integer))\n"
    found = followed({"m.py": f"{MODELS}{source}"})
    assert [problem.code for problem in found.problems if problem.code != "XT120"] == ["XT125"]


# -- imports ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "name"),
    [
        # the package binds the name of its own submodule, as it does when it imports it
        ({"app/__init__.py": "from . import words\n", "app/words.py": "NAME = 'a'\n"}, "a"),
        # a star gives what the package has bound, its submodules too
        (
            {
                "app/__init__.py": "from app.all import *\n",
                "app/all/__init__.py": "from app.all import words\n",
                "app/all/words.py": "NAME = 'b'\n",
            },
            "b",
        ),
        # the same, bound by the import of a model
        (
            {
                "app/__init__.py": "from app.all import *\n",
                "app/all/__init__.py": "import app.all.words\n",
                "app/all/words.py": "NAME = 'c'\n",
            },
            "c",
        ),
    ],
)
def test_a_module_is_an_attribute_of_its_package(files: dict[str, str], name: str) -> None:
    model = f"{MODELS}from app import words\nNAME = words.NAME\n{DOG}"
    assert tables_of(followed({**files, "models.py": model})) == {"Dog": name}


def test_names_through_the_projects_own_directory(tmp_path: Path) -> None:
    """Where the project's directory is a package itself, files may import it by its own name."""
    project = tmp_path / "shop"
    project.mkdir()
    (project / "__init__.py").touch()
    (project / "words.py").write_text("NAME = 'a'\n")
    (project / "models.py").write_text(f"{MODELS}import shop.words\nNAME = shop.words.NAME\n{DOG}")
    assert tables_of(discover([project], config=Config(project=project))) == {"Dog": "a"}


def test_a_call_whose_module_is_not_needed_is_left_alone() -> None:
    files = {"helpers.py": "def helper():\n    return 'a'\n"}
    model = f"{MODELS}from helpers import helper\nhelper()\nNAME = 'a'\n{DOG}"
    assert tables_of(followed({**files, "models.py": model})) == {"Dog": "a"}


def test_a_class_whose_body_raises_does_not_take_others_along() -> None:
    source = "class Cat(Base):\n    __tablename__ = 'cats'\n    raise ImportError\nNAME = 'a'\n"
    assert tables_of(followed({"m.py": f"{MODELS}{source}{DOG}"}))["Dog"] == "a"


@pytest.mark.parametrize(
    ("count", "reason"), [(15, "the name is one of a, a0, "), (16, "one of too many values")]
)
def test_sixteen_values_are_told_apart_and_no_more(count: int, reason: str) -> None:
    source = "import os\nNAME = 'a'\n" + "".join(
        f"if os.environ.get('N{n}'): NAME = 'a{n}'\n" for n in range(count)
    )
    found = followed({"m.py": f"{MODELS}{source}{DOG}"})
    assert [reason in message for message in messages(found, "XT120")] == [True]


# -- limits -------------------------------------------------------------------------------------


def test_a_module_that_has_used_up_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuel, "STATEMENT", 300)
    monkeypatch.setattr(fuel, "MODULE", 500)
    monkeypatch.setattr(fuel, "LINE", 0)
    work = "for n in range(100):\n    for m in range(9):\n        WORD = 'a'\n" * 5
    found = followed(
        {"m.py": f"{MODELS}{work}NAME = WORD\n{DOG}class Cat(Base):\n    __tablename__ = 'cats'\n"}
    )
    assert tables_of(found) == {"Cat": "cats", "Dog": None}
    assert messages(found, "XT125") == []  # no model is lost, only a name
    assert messages(found, "XT120") == [
        "table name of Dog is not known: more work than can be followed"
    ]


def test_what_a_module_loses_once_its_share_is_used_up_is_said_where_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fuel, "STATEMENT", 300)
    monkeypatch.setattr(fuel, "MODULE", 500)
    monkeypatch.setattr(fuel, "LINE", 0)
    work = "for n in range(100):\n    for m in range(9):\n        WORD = 'a'\n" * 5
    late = "def make():\n    return Table('late', Base.metadata, Column('id'))\nWORD = 1\nLATE = make()\n"
    source = f"{MODELS}{work}{late}"
    found = followed({"m.py": source})
    place = source.splitlines().index("LATE = make()") + 1
    assert [p.line for p in found.problems if p.code == "XT125"] == [place]
    assert "only imports, functions and classes count" in messages(found, "XT125")[0]


def test_a_class_whose_body_uses_up_its_share_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuel, "STATEMENT", 300)
    loop = "    for n in range(100):\n        for m in range(9):\n            word = 'a'\n"
    inner = (
        "        for n in range(100):\n            for m in range(9):\n                word = 'a'\n"
    )
    found = followed(
        {
            "m.py": f"{MODELS}class Cat(Base):\n    __tablename__ = 'cats'\n{loop}"
            f"def make():\n    class Dog(Base):\n        __tablename__ = 'dogs'\n{inner}    return Dog\n"
            "make()\n"
        }
    )
    assert tables_of(found)["Cat"] == "cats"
    assert len(messages(found, "XT125")) >= 2


def test_modules_that_wait_for_each_other_in_a_long_row() -> None:
    files = {
        f"m{n}.py": f"{MODELS}from m{n + 1} import *\nWORD{n} = NAME\nif NAME:\n    MORE{n} = NAME\n"
        for n in range(10, 55)
    }
    files["m55.py"] = f"{MODELS}NAME = 'dogs'\n"
    files["z.py"] = f"from m10 import *\n{MODELS}from m10 import WORD10 as NAME\n{DOG}"
    assert tables_of(followed(files)) == {"Dog": "dogs"}
