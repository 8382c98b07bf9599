"""What is too large, too deep or too much work ends in a problem, and soon."""

from __future__ import annotations

import sys
import time
import tracemalloc
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from following import MODELS, followed, messages, module, tables_of

DOG = (
    "\nclass Dog(Base):\n    __tablename__ = NAME\n"
    "    id = mapped_column(Integer, primary_key=True)\n"
)


def codes(source: str) -> list[tuple[str, int]]:
    return [(problem.code, problem.line) for problem in followed({"m.py": source}).problems]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("\nx = " + "(" * 101 + ")" * 101 + "\n", 2),
        ("\n\nx = " + "+".join(["1"] * 602) + "\n", 3),
        ("x = '''\n\n''' " + "+".join(["1"] * 602) + "\n", 3),
        ("x = [" + ", ".join(["+".join(["1"] * 550)] * 40) + "]\n", 1),
        ("\n".join(["x = " + "+".join(["1"] * 550)] * 40) + "\n", 35),
        ("if a:\n    pass\n" + "elif a:\n    pass\n" * 601, 1203),
    ],
    ids=["brackets", "chain", "string", "list", "work", "elif"],
)
def test_nesting_that_a_parser_cannot_take(source: str, line: int) -> None:
    assert codes(source + "__tablename__ = 1\n") == [("XT104", line)]
    assert codes(source) == [("XT104", line)]


def test_a_file_that_is_too_large() -> None:
    assert codes("__tablename__ = 1\n" + "#" * (4 * 1024 * 1024)) == [("XT105", 0)]


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("__tablename__ = 1\nx = )\n", "XT101", 2),
        ("x = 1\nx = )\n", "XT101", 2),
        ("__tablename__ = 1\nprint 'x'\n", "XT101", 2),
        ("__tablename__ = 1\n\0\n", "XT101", 2),
        ("# coding: nonsense\n__tablename__ = 1\n", "XT103", 1),
    ],
)
def test_a_file_that_cannot_be_read(source: str, code: str, line: int) -> None:
    assert codes(source) == [(code, line)]


EXHAUSTING = {
    "recursion": "def f():\n    return f() + f()\nNAME = f()\n",
    "mutual recursion": "def f():\n    return g() + g()\ndef g():\n    return f() + f()\nNAME = f()\n",
    "nested loops": (
        "def f():\n    name = ''\n    for a in 'x' * 400:\n"
        "        for b in 'x' * 400:\n            name = a + b\n    return name\n"
        "NAME = f()\n"
    ),
    "nested loops of a module": (
        "NAME = ''\nfor a in range(400):\n    for b in range(400):\n        NAME = f't{a}_{b}'\n"
    ),
    "a long while": (
        "def f():\n    n = 0\n    while True:\n        n += 1\n"
        "        for a in 'x' * 400:\n            n += 1\n    return n\nNAME = f()\n"
    ),
    "lambdas": "f = lambda n: f(n) + f(n)\nNAME = f(1)\n",
    "a list that holds itself": "NAMES = []\nNAMES.append(NAMES)\nNAME = '%s' % (NAMES,)\n",
}


@pytest.mark.parametrize("title", EXHAUSTING)
def test_work_without_end_is_ended_and_the_model_kept(title: str) -> None:
    started = time.process_time()
    found = module(EXHAUSTING[title] + DOG)
    assert time.process_time() - started < 5
    assert set(tables_of(found)) == {"Dog"}
    assert tables_of(found)["Dog"] is None
    assert messages(found, "XT125") or messages(found, "XT120")


@pytest.mark.parametrize("title", EXHAUSTING)
def test_work_without_end_ends_nothing_else(title: str) -> None:
    found = module(EXHAUSTING[title] + DOG + "class Cat(Base):\n    __tablename__ = 'cats'\n")
    assert tables_of(found)["Cat"] == "cats"


WIDE = {
    "star width": "NAME = '%*d' % (100000000, 1)\n",
    "star precision": "NAME = '%.*f' % (100000000, 1.0)\n",
    "nested width": "NAME = '{:>{}}'.format('x', 100000000)\n",
    "nested width by name": "NAME = '{:>{w}}'.format('x', w=100000000)\n",
    "width of a part": "WIDTH = 100000000\nNAME = f'{1:>{WIDTH}}'\n",
    "join": "NAME = 'x'.join(['y' * 1000] * 1000)\n",
}


@pytest.mark.parametrize("title", WIDE)
def test_an_expression_does_not_take_much_memory(title: str) -> None:
    tracemalloc.start()
    try:
        found = module(WIDE[title] + DOG)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert tables_of(found) == {"Dog": None}
    assert peak < 60_000_000


SLOW = {
    "shared lists": "A = ['x'] * 1000\nB = [A] * 1000\nNAME = '%s' % (B,)\n",
    "stars of a pattern": "import re\nNAME = re.sub('a*a*a*a*b', 'b', 'a' * 140)\n",
    "groups of a pattern": "import re\nNAME = re.sub('(a*)*b', 'b', 'a' * 140)\n",
}


@pytest.mark.parametrize("title", SLOW)
def test_an_expression_does_not_take_long(title: str) -> None:
    started = time.process_time()
    found = module(SLOW[title] + DOG)
    assert time.process_time() - started < 0.7
    assert tables_of(found) == {"Dog": None}


def test_an_expression_nested_deeply_is_not_read() -> None:
    found = module("NAME = " + "(" * 70 + "'x'" + "+ 'y')" * 70 + DOG)
    assert tables_of(found) == {"Dog": None}


@pytest.mark.parametrize("kind", ["[{}]", "({})", "{{{}}}"])
def test_large_data_is_not_read(kind: str) -> None:
    data = kind.format(", ".join(map(str, range(5001))))
    pairs = ", ".join(f"{n}: 1" for n in range(5001))
    found = module(f"DATA = {data}\nPAIRS = {{{pairs}}}\nNAME = str(DATA)\n{DOG}")
    assert tables_of(found) == {"Dog": None}


def test_the_models_of_long_functions_are_met() -> None:
    padding = "\n".join(f"    x{n} = {n}" for n in range(30))
    found = followed(
        {
            "m.py": (
                f"{MODELS}\ndef build():\n{padding}\n"
                f"    return Table('built', Base.metadata, Column('id'))\nbuild()\n"
                f"def helper():\n{padding}\n    return 'x'\nNAME = helper()\n{DOG}"
            )
        }
    )
    assert tables_of(found) == {"Dog": "x"}
    assert sorted(t.name or "" for t in found.tables) == ["built", "x"]
