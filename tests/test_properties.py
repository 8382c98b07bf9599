"""Whatever the bytes: discovery never raises, never hangs, and says the same twice."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesmith
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xcore_tools import Config, discover
from xcore_tools.discovery.ir import ModuleFacts
from xcore_tools.discovery.parse import check, collect
from xcore_tools.discovery.results import Discovery, Problem

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
SOURCES = sorted(
    path.read_text("utf-8", errors="replace")
    for path in (*FIXTURES.glob("xcore_app/**/*.py"), *FIXTURES.glob("discover/*/project/**/*.py"))
    if path.stat().st_size > 80
)
FRAGMENTS = [
    *"()[]{}:=,.\n\t\\'\"#@*",
    "    ", "class A(Base):\n", "def f(cls):\n", "return ", "lambda: ", "if x:\n", "else:\n", "for a in b:\n",
    "while True:\n", "try:\n", "except A:\n", "finally:\n", "import models\n", "from . import *\n",
    "from models import Base\n", "__tablename__ = ", "f'{x}'", "'''", "Base", "cls.__name__", "declared_attr",
    "Table('t', Base.metadata)", "super()", "*", "**", "await ", "yield ", "del x\n", "global x\n", "\0", "\x0c",
    "\ud800", "é", "0777", "10L", "print 'x'\n", "match x:\n", "case A(x=1):\n", "type X = int\n", "[T: int]",
]  # fmt: skip
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def bounded(examples: int) -> Any:
    return settings(
        max_examples=examples,
        deadline=timedelta(seconds=5),
        suppress_health_check=QUIET,
        database=None,
        derandomize=True,
    )


def profiles(normal: int, slow: int) -> pytest.MarkDecorator:
    """A test in two lengths: the long one is marked slow."""
    return pytest.mark.parametrize(
        "examples", [normal, pytest.param(slow, marks=pytest.mark.slow)], ids=["short", "long"]
    )


def collects(data: bytes) -> None:
    found = collect("m", "m.py", False, data)
    if isinstance(found, ModuleFacts):
        encoded = msgspec.msgpack.encode(found)
        assert msgspec.msgpack.decode(encoded, type=ModuleFacts) == found
    else:
        assert found.code in {"XT101", "XT103", "XT104", "XT105"}
        assert found.line <= data.count(b"\n") + data.count(b"\r") + 1
    problem = check("m.py", data)
    assert problem is None or isinstance(found, Problem)
    assert collect("m", "m.py", False, data) == found


def encoded(source: str) -> bytes:
    return source.encode("utf-8", "surrogatepass")


def runs(strategy: st.SearchStrategy[Any], work: Callable[[Any], None], examples: int) -> None:
    bounded(examples)(given(strategy)(work))()


@profiles(300, 20_000)
def test_collect_takes_any_bytes(examples: int) -> None:
    runs(st.binary(max_size=400), collects, examples)


@profiles(300, 20_000)
def test_collect_takes_any_text_of_the_letters_of_python(examples: int) -> None:
    letters = st.text("if elsclasdfor:[](){}'\"\\\n\t #=.,*+frbt0123xXeEjJ_@-~\r\x0c", max_size=200)
    runs(letters.map(encoded), collects, examples)


@profiles(200, 20_000)
def test_collect_takes_any_fragments(examples: int) -> None:
    runs(st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(encoded), collects, examples)


@profiles(40, 3000)
def test_collect_takes_any_grammatical_source(examples: int) -> None:
    runs(hypothesmith.from_grammar().map(encoded), collects, examples)


@profiles(10, 1000)
def test_collect_takes_any_tree(examples: int) -> None:
    runs(hypothesmith.from_node().map(encoded), collects, examples)


# -- whole projects -------------------------------------------------------------------------------


def mutated(source: str, seed: int) -> str:
    """`source` after a few edits, as they happen: lost, doubled, moved and inserted pieces."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 6)):
        pieces = re.split(r"(\W+)", source)
        at, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        match chance.randrange(5):
            case 0:
                del pieces[at : at + chance.randint(1, 5)]
            case 1:
                pieces[at:at] = pieces[other : other + chance.randint(1, 30)]
            case 2:
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case 3:
                pieces.insert(at, chance.choice(FRAGMENTS))
            case 4:
                pieces[at] = pieces[other]
        source = "".join(pieces)
    return source


def scan(project: Path) -> Discovery:
    return discover([project], config=Config(project=project))


def discovers(sources: list[str]) -> None:
    """Discovery of the same sources twice, in two places."""
    with TemporaryDirectory() as place:
        first, second = Path(place).resolve() / "one", Path(place).resolve() / "other_name"
        first.mkdir()
        for name, source in zip(
            ("models.py", "a.py", "b.py", "__init__.py"), sources, strict=False
        ):
            (first / name).write_bytes(encoded(source))
        found = scan(first)
        assert scan(first) == found
        shutil.copytree(first, second)
        assert scan(second) == found
        assert (
            discover([first], config=Config(project=first), prefilter=False).models == found.models
        )
        for severity in {problem.severity for problem in found.problems}:
            assert severity in {"error", "warning", "note"}
        assert msgspec.json.decode(msgspec.json.encode(found), type=Discovery) == found


MUTANTS = st.builds(mutated, st.sampled_from(SOURCES), st.integers(0, 10**6))


@profiles(60, 5000)
def test_discover_takes_any_damaged_models(examples: int) -> None:
    runs(st.lists(MUTANTS, min_size=1, max_size=3), discovers, examples)


@profiles(30, 3000)
def test_discover_takes_any_fragments(examples: int) -> None:
    heads = "from sqlalchemy import *\nfrom sqlalchemy.orm import *\nBase = declarative_base()\n"
    sources = st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(heads.__add__)
    runs(st.lists(sources, min_size=1, max_size=3), discovers, examples)


# -- names -----------------------------------------------------------------------------------------

TEXTS = ["'Some'", "'a_b'", "NAME", "__name__", "''", "'{}-{}'", "'%s%%'", "str(NUMBER)"]
NUMBERS = ["0", "1", "-2", "NUMBER", "len(NAME)", "7"]
SHAPES = [
    "{0} + {1}", "({0}) * {n}", "({0}).lower()", "({0}).upper()", "({0}).title()", "({0}).strip('a')",
    "({0}).replace({1}, {2})", "({0})[{n}:{m}]", "({0})[{n}]", "'{{}}_{{}}'.format({0}, {n})",
    "'%s/%d' % ({0}, {n})", "({0}) % ({1},)", "'_'.join([{0}, {1}])", "({0} if {1} else {2})", "({0} or {1})",
    "'_'.join(c for c in {0} if c.isalpha())", "({0} and {1})", "(lambda x: x + {0})({1})", "{{'a': {0}}}['a']",
    "re.sub('[A-Z]', lambda m: '_' + m.group(0).lower(), {0})", "re.sub('(?<!^)([a-z])', r'\\1_', {0})",
    "''.join(reversed({0}))", "({0}).split('_')[{n}]", "('a' if {0} == {1} else {2})", "str({0} in {1})",
]  # fmt: skip


def expression_of(seed: int) -> str:
    """Some expression that makes a text, a few steps deep."""
    chance = random.Random(seed)

    def grow(depth: int) -> str:
        if depth == 0 or chance.random() < 0.2:
            return chance.choice(TEXTS)
        parts = [grow(depth - 1) for _ in range(3)]
        numbers = {"n": chance.choice(NUMBERS), "m": chance.choice(NUMBERS)}
        return chance.choice(SHAPES).format(*parts, **numbers)

    return grow(chance.randint(1, 4))


EXPRESSIONS = st.integers(0, 10**9).map(expression_of)


def names(expression: str) -> None:
    """A name that is told is the one that Python makes of the same expression."""
    before = "import re\nNAME = 'TableName'\nNUMBER = 3\n"
    head = "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n"
    namespace: dict[str, Any] = {"__name__": "models"}
    exec(before, namespace)
    try:
        expected = eval(expression, namespace)
    except (TypeError, ValueError, IndexError, KeyError):
        return  # nobody can import such a module
    with TemporaryDirectory() as place:
        project = Path(place).resolve()
        source = f"{head}{before}class A(Base):\n    __tablename__ = {expression}\n"
        (project / "models.py").write_text(source)
        (model,) = scan(project).models
    assert model.table is None or model.table == expected, source


@profiles(150, 20_000)
def test_a_name_that_is_told_is_the_one_of_python(examples: int) -> None:
    runs(EXPRESSIONS, names, examples)
