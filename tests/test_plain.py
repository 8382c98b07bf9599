"""Plain data: exact types only, measured in little time, in an order that does not depend on hashes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from following import followed, module, tables_of
from hypothesis import given
from hypothesis import strategies as st

from xcore_tools import Config, discover
from xcore_tools.discovery.evaluate import computing, host
from xcore_tools.discovery.evaluate.plain import (
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_TEXT,
    extent_of,
    in_order,
    is_key,
    is_plain,
    set_of,
)
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    Member,
    MemberText,
    Union,
    Unknown,
    Value,
    union_of,
)


class _Text(str):
    """A text that would run code of its own."""

    __slots__ = ()


class _Number(int):
    """A number that would."""


def nested(kind: type, times: int) -> Any:
    value = kind([1])
    for _ in range(times):
        value = kind([value, value])
    return value


@pytest.mark.parametrize(
    "value",
    [
        _Text("a"),
        _Number(1),
        [_Text("a")],
        {_Text("a"): 1},
        {1: _Number(1)},
        (object(),),
        b"a",
        1j,
        range(3),
        iter(()),
        ...,
        "a" * (MAX_TEXT + 1),
        ["a"] * (MAX_ITEMS + 1),
        ["a" * MAX_TEXT] * 5,
        1 << 5_000,
        nested(tuple, 40),
        nested(list, 40),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_or_too_much_is_refused_at_once(value: Value) -> None:
    start = time.process_time()
    assert extent_of(value) is None
    assert not is_plain(value)
    assert isinstance(host.apply("==", value, value), Unknown)
    assert isinstance(computing.compute("repr", [value]), Unknown)
    assert time.process_time() - start < 0.3


def test_limits_are_those_that_are_written_down() -> None:
    assert is_plain("a" * MAX_TEXT)
    assert is_plain(["a"] * MAX_ITEMS)
    assert is_plain(dict.fromkeys(range(MAX_ITEMS)))
    value: list[Any] = []
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    assert is_plain(value)
    assert not is_plain([value])
    assert not is_plain(dict.fromkeys(range(MAX_ITEMS + 1)))


def test_keys_are_told_without_hashing_them() -> None:
    start = time.process_time()
    assert not is_key(nested(tuple, 40))
    assert not is_key([1])
    assert is_key((1, ("a", None)))
    assert time.process_time() - start < 0.3


def test_values_that_are_long_to_compare_are_two() -> None:
    start = time.process_time()
    found = union_of([nested(list, 40), nested(list, 40)])
    assert isinstance(found, Union)
    assert union_of([[1, {"a": (2,)}], [1, {"a": (2,)}]]) == [1, {"a": (2,)}]
    assert time.process_time() - start < 0.3


def test_a_member_is_its_class_and_its_name() -> None:
    colour, size = ClassValue("C", "C", "m", 1, ()), ClassValue("S", "S", "m", 2, ())
    one, same, other = Member("A", [1], colour), Member("A", [1], colour), Member("A", [1], size)
    assert {one: "x"}[same] == "x"
    assert one != other


CLASSES = [ClassValue(f"C{n % 7}", f"C{n % 7}", "m", n, ()) for n in range(30)]
KEYS = st.one_of(st.text(max_size=3), st.integers(), st.none(), st.sampled_from(CLASSES))


@given(st.lists(st.one_of(KEYS, st.tuples(KEYS, KEYS)), max_size=8).flatmap(st.permutations))
def test_the_order_of_a_set_is_that_of_its_items(items: list[Value]) -> None:
    back = dict.fromkeys(reversed(items))
    assert in_order(set(items)) == in_order(set(back))


def test_a_set_of_what_cannot_be_compared_is_unknown() -> None:
    assert set_of(["a", "a"]) == {"a"}
    assert isinstance(set_of([[1], [1]]), Unknown)
    thing = object()
    assert set_of([thing, thing]) == (thing,)


def test_identity_of_equal_texts_is_nobodys_business() -> None:
    assert isinstance(host.apply("is", "a", "a"), Unknown)
    assert host.apply("is", "a", "b") is False
    assert host.apply("is not", True, None) is True
    assert host.apply("is", 1, True) is False


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_loops_over_sets_do_not_depend_on_hashes(seed: str) -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from following import module, names_of\n"
        "found = module('''\n"
        "class A: pass\nclass B: pass\nclass C: pass\nnames = []\n"
        "for cls in {C, A, B}: names.append(cls.__name__)\n"
        "for name in {'x', 'y', 'z'}: names.append(name)\n"
        "Table('_'.join(names), Base.metadata, Column('id', Integer, primary_key=True))\n''')\n"
        "print(names_of(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": seed, "PATH": ""},
    )
    assert done.stdout == "['A_B_C_x_y_z']\n"


MEMBERS = """
import enum
class Text(str, enum.Enum): A = "a"
class Own(str, enum.Enum):
    A = "a"
    def __format__(self, spec): return "own"
    def __str__(self): return "text"
"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"%s" % Own.A', "text"),
        ('f"{Own.A}"', None),
        ('"{}".format(Own.A)', None),
        ('f"{Text.A!r}"', None),
        ('"%r" % Text.A', None),
        ('f"{[Text.A]}"', None),
        ('"".join([Text.A, "b"])', "ab"),
        ('Text.A + "b"', "ab"),
        ('"x" if Text.A is Text.A else "y"', "x"),
        ('{Text.A: "x"}["a"]', "x"),
        ('min("b", Text.A)', None),
        ('string.Template("$t$u").substitute(t="a", u=1)', "a1"),
    ],
)
def test_members_of_enumerations(expression: str, expected: str | None) -> None:
    """Expected: what Python 3.11 to 3.15 print for it, worked out by hand; None where nobody needs it."""
    dog = f"class Dog(Base):\n    __tablename__ = {expression}\n"
    source = f"{MEMBERS}import string\n{dog}    id = mapped_column(Integer, primary_key=True)\n"
    assert tables_of(module(source)) == {"Dog": expected}


def test_a_template_of_another_module_is_followed() -> None:
    found = followed(
        {
            "names.py": "from string import Template\nNAME = Template('${kind}_t')\nKIND = 'user'\n",
            "m.py": """
from names import NAME, KIND
from sqlalchemy import Integer
from sqlalchemy.orm import DeclarativeBase, mapped_column
class Base(DeclarativeBase): ...
class Dog(Base):
    __tablename__ = NAME.substitute(kind=KIND)
    id = mapped_column(Integer, primary_key=True)
""",
        }
    )
    assert tables_of(found) == {"Dog": "user_t"}


def test_what_is_too_long_for_a_name_names_nothing() -> None:
    found = module(
        "name = 'x' * 1001\n"
        "Table(name, Base.metadata, Column('id', Integer, primary_key=True), schema=name)\n"
        "class Dog(Base):\n    __tablename__ = name\n    id = mapped_column(Integer, primary_key=True)\n"
        "Cat = type(name, (Base,), {'__tablename__': 'cats'})\n"
    )
    assert {(table.name, table.schema) for table in found.tables} == {(None, None)}
    assert {"XT120", "XT121", "XT126"} <= {problem.code for problem in found.problems}
    assert not any("xxx" in problem.message for problem in found.problems)


def test_what_two_ways_to_make_arguments_share_is_listed_once(tmp_path: Path) -> None:
    """The first condition depends on the environment: SQLAlchemy makes `by_name` either way, `by_id` perhaps."""
    (tmp_path / "m.py").write_text("""
import enum, os
from sqlalchemy import Index, Integer
from sqlalchemy.orm import DeclarativeBase, declared_attr, mapped_column
class Engine(str, enum.Enum):
    ONE = "one"
    TWO = "two"
engine = Engine.ONE if os.environ.get("X") else Engine.TWO
class Base(DeclarativeBase): ...
class Dog(Base):
    __tablename__ = "dogs"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(Integer)
    @declared_attr.directive
    def __table_args__(cls):
        if engine is Engine.ONE:
            return (Index("by_name", "name"), Index("by_id", "id"))
        return (Index("by_name", "name"),)
""")
    found = discover([tmp_path], config=Config(project=tmp_path), columns=True)
    (table,) = found.tables
    assert table.structure is not None
    assert [index.name for index in table.structure.indexes] == ["by_name", "by_id"]


def test_a_text_of_an_enumeration_is_exact_where_it_is_computed_with() -> None:
    member = MemberText("a")
    member.member, member.cls = "A", CLASSES[0]
    found = host.apply("+", member, "b")
    assert (type(found), found) == (str, "ab")
    assert type(host.call_method(member, "strip", (), {})) is str
    assert isinstance(computing.compute("repr", [member]), Unknown)
