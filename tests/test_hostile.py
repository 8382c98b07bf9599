"""Hostile input neither crashes nor stalls a scan, and what was given up for it is said in a problem."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import hostile as h
from hostile import BASE, DOG, NAMED_DOG, Answer, Files, Scanner

from xcore_tools import Config, discover


@pytest.fixture(scope="module")
def scanner() -> Iterator[Scanner]:
    scanner = Scanner()
    yield scanner
    scanner.close()


Scan = Callable[[Files, int], Answer]


@pytest.fixture
def scan(scanner: Scanner, tmp_path: Path) -> Scan:
    def scanned(files: Files, bound: int) -> Answer:
        for path, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            (tmp_path / path).write_bytes(data)
        answer = scanner.scan(tmp_path, bound)
        assert answer.seconds < bound
        return answer

    return scanned


slow = pytest.mark.slow


def sizes(small: int, large: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("size", [small, pytest.param(large, marks=slow)])


# -- many modules, many classes -----------------------------------------------------------------


@pytest.mark.parametrize("size", [40, pytest.param(1_000, marks=slow)])
def test_a_chain_of_classes_over_modules(scan: Scan, size: int) -> None:
    answer = scan(h.chain_over_modules(size), 10)
    assert len(answer.models) == size
    assert set(answer.models.values()) == {"c0"}
    assert answer.messages == []


@sizes(100, 1000)
@pytest.mark.parametrize(
    "files",
    [
        h.abstract_chain_over_modules,
        h.mixins,
        h.import_chain,
        lambda size: h.import_chain(size, name="*"),
        lambda size: h.import_chain(size, name="*", backwards=True),
        lambda size: h.import_chain(size, backwards=True),
        lambda size: h.star_circle(size // 5),
        lambda size: h.mixins_of_mixins(size // 4),
    ],
    ids=["abstract", "mixins", "imports", "stars", "stars back", "imports back", "circle", "tower"],
)
def test_a_model_behind_many_modules_or_classes(
    scan: Scan, files: Callable[[int], Files], size: int
) -> None:
    answer = scan(files(size), 10)
    assert answer.models == {"Dog": "dogs"}
    assert answer.messages == []


@sizes(200, 1000)
def test_a_chain_of_classes_in_one_module(scan: Scan, size: int) -> None:
    answer = scan(h.chain_in_one_module(size), 10)
    assert answer.models == {f"C{n}": "c0" for n in range(size)}


@sizes(100, 1000)
def test_calls_through_many_modules(scan: Scan, size: int) -> None:
    answer = scan(h.calls_over_modules(size), 10)
    assert answer.models == {"Dog": "dogs"} or (
        answer.models == {"Dog": None} and "XT120" in answer.codes
    )


# -- text that a parser cannot take --------------------------------------------------------------

DEEP: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: f"x = {'(' * n}{')' * n}",
    "lists": lambda n: f"x = {'[' * n}{']' * n}",
    "dicts": lambda n: f"x = {'{1:' * n}1{'}' * n}",
    "calls": lambda n: f"x = {'f(' * n}{')' * n}",
    "not": lambda n: f"x = {'not ' * n}1",
    "minus": lambda n: f"x = {'-' * n}1",
    "lambda": lambda n: f"x = {'lambda: ' * n}1",
    "ternary": lambda n: f"x = {'1 if a else ' * n}1",
    "attributes": lambda n: f"x = a{'.a' * n}",
    "chained calls": lambda n: f"x = a{'()' * n}",
    "subscripts": lambda n: f"x = a{'[0]' * n}",
    "sums": lambda n: f"x = 1{' + 1' * n}",
    "comparisons": lambda n: f"x = 1{' < 1' * n}",
    "and": lambda n: f"x = a{' and a' * n}",
    "targets": lambda n: f"{'x = ' * n}1",
    "clauses": lambda n: f"x = [1{' for a in b' * n}]",
    "comprehensions": lambda n: f"x = {'[' * n}1{' for a in b]' * n}",
    "strings": lambda n: f"x = ({chr(39) * 2 * n})" if n < 3 else "x = (" + "'a' " * n + ")",
    "formats": lambda n: "x = f'{a:" + "{a:" * n + "}" * n + "}'",
    "fields": lambda n: "x = f'" + "{a.b}" * n + "'",
    "if": lambda n: "".join(f"{' ' * i}if a:\n" for i in range(n)) + " " * n + "pass",
    "def": lambda n: "".join(f"{' ' * i}def f():\n" for i in range(n)) + " " * n + "pass",
    "class": lambda n: "".join(f"{' ' * i}class A:\n" for i in range(n)) + " " * n + "pass",
    "with": lambda n: "".join(f"{' ' * i}with a:\n" for i in range(n)) + " " * n + "pass",
    "elif": lambda n: "if a: pass\n" + "elif a: pass\n" * n,
}


@pytest.mark.parametrize("title", DEEP)
@pytest.mark.parametrize("depth", [15, 90, 300, 1500, pytest.param(100_000, marks=slow)])
def test_nesting(scan: Scan, title: str, depth: int) -> None:
    if depth > 1500 and title in {"if", "def", "class", "with"}:
        pytest.skip("its indentation alone would take gigabytes")
    answer = scan(h.one(f"{BASE}{DEEP[title](depth)}\n{NAMED_DOG}"), 5)
    assert answer.models == {"Dog": "dogs"} or answer.codes <= {"XT101", "XT104", "XT105"} != set()
    if depth <= 15:
        assert (answer.models, answer.messages) == ({"Dog": "dogs"}, [])


LONG: dict[str, tuple[str, int]] = {
    "assignments": ("x = 1\n", 700_000),
    "names": ("a\n", 1_900_000),
    "calls": ("f()\n", 1_000_000),
    "semicolons": ("x=1;", 900_000),
    "blank lines": ("\n", 4_000_000),
    "comments": ("#\n", 2_000_000),
    "continuations": ("\\\n", 2_000_000),
    "handlers": ("try: pass\nexcept A: pass\n", 150_000),
    "decorators": ("@f\n", 1_000_000),
    "imports": ("import a\n", 400_000),
    "functions": ("def f(): pass\n", 250_000),
}


@pytest.mark.parametrize("title", LONG)
@pytest.mark.parametrize("share", [200, pytest.param(1, marks=slow)])
def test_many_tiny_statements(scan: Scan, title: str, share: int) -> None:
    text, times = LONG[title]
    answer = scan(h.one(f"{BASE}{text * (times // share)}\n{NAMED_DOG}"), 20)
    assert answer.models == {"Dog": "dogs"} or answer.codes <= {"XT101", "XT104", "XT105"} != set()
    if share > 1 and title != "continuations":
        assert answer.models == {"Dog": "dogs"}


@pytest.mark.parametrize(
    "text",
    [
        "x = [" + "1," * 20_000 + "]",
        "x = {" + "1: 2," * 10_000 + "}",
        f"x = '{'a' * 3_000_000}'",
        f"x = {'1' * 100_000}",
        "x = f(" + "1," * 4_000 + ")",
    ],
    ids=["list", "dict", "string", "number", "arguments"],
)
def test_large_literals(scan: Scan, text: str) -> None:
    answer = scan(h.one(f"{BASE}{text}\n{NAMED_DOG}"), 10)
    assert answer.models == {"Dog": "dogs"}


@pytest.mark.parametrize("megabytes", [5, pytest.param(20, marks=slow)])
def test_a_generated_file(scan: Scan, megabytes: int) -> None:
    answer = scan({"m.py": BASE + "x = 1\n" * (megabytes * 175_000), "z.py": BASE + NAMED_DOG}, 10)
    assert answer.models == {"Dog": "dogs"}
    assert "XT105" in answer.codes


# -- work without end ------------------------------------------------------------------------------

NAMES: dict[str, str] = {
    "recursion": "def f(n): return f(n + 1) + f(n + 2)\nNAME = f(1)\n",
    "ackermann": (
        "def f(m, n):\n    if m == 0: return n + 1\n    if n == 0: return f(m - 1, 1)\n"
        "    return f(m - 1, f(m, n - 1))\nNAME = str(f(4, 4))\n"
    ),
    "a generator without end": "def g():\n    while True: yield 'a'\nNAME = ''.join(g())\n",
    "itertools": "import itertools\nNAME = ''.join(str(x) for x in itertools.count())\n",
    "a list that grows": "x = ['a']\nfor y in x:\n    x.append(y)\nNAME = ''.join(x)\n",
    "doubled": "x = 'a'\n" + "x = x + x\n" * 1000 + "NAME = x\n",
    "doubled list": "x = ['a']\n" + "x = x + x\n" * 100 + "NAME = ''.join(x)\n",
    "extended by itself": "x = ['a']\n" + "x.extend(x)\n" * 60 + "NAME = ''.join(x)\n",
    "nested": "x = ['a']\n" + "x = [x, x]\n" * 60 + "NAME = str(x)\n",
    "nested in a dict": "x = {'a': 1}\n" + "x = {'a': x, 'b': x}\n" * 60 + "NAME = '%s' % (x,)\n",
    "holds itself": "x = []\n" + "x.append(x)\n" * 100 + "NAME = '%s' % (x,)\n",
    "power": "NAME = str(9 ** 9 ** 9)\n",
    "repeated": "NAME = 'a' * 10000000000\n",
    "shifted": "NAME = str(1 << 10000000000)\n",
    "squared": "x = 99999\n" + "x = x * x\n" * 100 + "NAME = str(x)\n",
    "percent": "NAME = '%10000000000d' % 1\n",
    "percent star": "NAME = '%*d' % (1000000000, 1)\n",
    "width": "NAME = f'{1:10000000000}'\n",
    "format": "NAME = format('a', '1000000000')\n",
    "nested width": "NAME = '{:>{}}'.format('x', 100000000)\n",
    "ljust": "NAME = 'a'.ljust(1000000000)\n",
    "join": "NAME = 'x'.join(['y' * 1000] * 1000)\n",
    "replace": "x = 'a' * 900\n" + "x = x.replace('a', 'a' * 900)\n" * 5 + "NAME = x\n",
    "range": "NAME = ''.join(str(x) for x in range(10 ** 12))\n",
    "list of range": "NAME = str(list(range(1000000000)))\n",
    "sorted": "NAME = ''.join(sorted('a' * 1000 for x in range(100000)))\n",
    "choices": "x = 'a'\n"
    + "".join(f"if u{n}:\n    x = x + '{n}'\n" for n in range(1000))
    + "NAME = x\n",
    "a choice of calls": (
        "def f(x): return x\ndef g(x): return x + 'a'\nif u:\n    h = f\nelse:\n    h = g\n"
        f"NAME = {'h(' * 50}'a'{')' * 50}\n"
    ),
    "comprehension": "NAME = ''.join('a'" + " for a in 'aaaaaaaaaa'" * 12 + ")\n",
    "a property of itself": "class A:\n    @property\n    def x(self): return self.x\nNAME = A().x\n",
    "optional": "import re\nNAME = re.sub('" + "a?" * 30 + "a" * 30 + "$', 'b', 'a' * 30 + 'b')\n",
    "alternatives": "import re\nNAME = re.sub('(a|aa)+$', 'b', 'a' * 60 + 'b')\n",
    "many alternatives": "import re\nNAME = re.sub('"
    + "(a|b|ab)" * 20
    + "$', 'b', 'ab' * 30 + 'c')\n",
    "optional groups": "import re\nNAME = re.sub('"
    + "(a(b)?)?" * 24
    + "$', 'x', 'ab' * 30 + 'c')\n",
    "quantified": "import re\nNAME = re.sub('(x+x+)+y', 'b', 'x' * 60)\n",
    "a replacing function": "import re\nNAME = re.sub('(a?)*b', lambda m: 'x', 'a' * 60)\n",
    "a compiled pattern": "import re\nNAME = re.compile('(a|a)*$').sub('b', 'a' * 60 + 'b')\n",
}


def test_a_decorator_without_end_ends(scan: Scan) -> None:
    """Python itself gives up on this module, so that only the other class has a right answer."""
    name = "def f(g): return f(g)\n@f\ndef h(): return 'a'\nNAME = h()\n"
    answer = scan(h.one(BASE + name + DOG + NAMED_DOG.replace("Dog", "Cat")), 5)
    assert answer.models["Cat"] == "dogs"


@pytest.mark.parametrize("title", NAMES)
def test_a_name_that_takes_too_much_is_not_known(scan: Scan, title: str) -> None:
    answer = scan(h.one(BASE + NAMES[title] + DOG + NAMED_DOG.replace("Dog", "Cat")), 5)
    assert answer.models == {"Dog": None, "Cat": "dogs"}
    assert "XT120" in answer.codes


@pytest.mark.parametrize(
    "body",
    [
        "    x = f(1)\n    __tablename__ = 'dogs'\n",
        "    __tablename__ = 'dogs'\n    x = f(1)\n",
        "    for n in range(1000):\n        for m in range(1000):\n            x = n\n    __tablename__ = 'dogs'\n",
    ],
)
def test_a_class_is_not_lost_with_a_statement_of_its_body(scan: Scan, body: str) -> None:
    recursion = "def f(n): return f(n + 1) + f(n + 2)\n"
    used = "    y = x + 'a' if x else x.a\n"
    answer = scan(h.one(f"{BASE}{recursion}class Dog(Base):\n{body}{used}{h.ID}"), 5)
    assert answer.models == {"Dog": "dogs"}


def test_a_module_that_has_used_up_its_share_keeps_its_classes(scan: Scan) -> None:
    work = "for n in range(1000):\n    for m in range(1000):\n        x = n\n" * 30
    answer = scan(h.one(BASE + work + "y = x\n" * 50 + NAMED_DOG), 10)
    assert answer.models == {"Dog": "dogs"}
    assert answer.codes == set()  # nothing is lost that could be a model
    assert len(answer.messages) < 40
    assert any("only imports, functions and classes count" in text for text in answer.messages)


COLUMN = "Column('id', Integer, primary_key=True)"
MADE_IN_LOOPS: dict[str, str] = {
    "tables": f"    Table('t%d' % n, Base.metadata, {COLUMN})\n",
    "classes": f"    class D(Base):\n        __tablename__ = 't%d' % n\n        id = {COLUMN}\n",
    "type": f"    type('C%d' % n, (Base,), {{'__tablename__': 't%d' % n, 'id': {COLUMN}}})\n",
}


@pytest.mark.parametrize("title", MADE_IN_LOOPS)
@pytest.mark.parametrize("size", [1500, 10_000, pytest.param(10_000_000, marks=slow)])
def test_thousands_of_tables_made_in_a_loop(scan: Scan, title: str, size: int) -> None:
    answer = scan(h.one(f"{BASE}for n in range({size}):\n{MADE_IN_LOOPS[title]}"), 10)
    assert answer.tables == size or "XT125" in answer.codes


def test_thousands_of_classes(scan: Scan) -> None:
    classes = "".join(f"class C{n}(Base):\n    __tablename__ = 't{n}'\n{h.ID}" for n in range(1000))
    assert len(scan(h.one(BASE + classes), 10).models) == 1000


# -- bytes ------------------------------------------------------------------------------------------

BYTES: dict[str, tuple[bytes, set[str]]] = {
    "undecodable": (b"x = '\xff\xfe'\n", {"XT103"}),
    "latin-1": ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), set()),
    "utf-8-sig": ("x = 'é'\n".encode("utf-8-sig"), set()),
    "utf-16": ("x = 'é'\n".encode("utf-16"), {"XT103"}),
    "an encoding that nobody knows": (b"# coding: klingon\n", {"XT103"}),
    "NUL": (b"x = 1\n\0\n", {"XT101"}),
    "only NUL": (b"\0" * 100_000, {"XT101"}),
    "CRLF": (b"x = 1\r\ny = 2\r\n", set()),
    "CR": (b"x = 1\ry = 2\r", set()),
    "form feed": (b"x = 1\n\x0c\ny = 2\n", set()),
    "tabs": (b"if a:\n\tx = 1\n\ty = 2\n", set()),
    "Python 2": (b"print 'x'\n", {"XT101"}),
    "syntax to come": (b"x = a ?? b\n", {"XT101"}),
    "random": (bytes(range(256)) * 400, {"XT101", "XT103"}),
    "empty": (b"", set()),
}


@pytest.mark.parametrize("title", BYTES)
def test_bytes(scan: Scan, title: str) -> None:
    data, codes = BYTES[title]
    answer = scan({"m.py": data + b"__tablename__ = 1\n" * bool(data), "z.py": BASE + NAMED_DOG}, 5)
    assert answer.models == {"Dog": "dogs"}
    assert answer.codes <= codes
    assert bool(answer.codes) == bool(codes)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
@pytest.mark.parametrize("is_directory", [False, True])
def test_what_may_not_be_read(tmp_path: Path, is_directory: bool) -> None:
    (tmp_path / "z.py").write_text(BASE + NAMED_DOG)
    (tmp_path / "locked").mkdir()
    target = tmp_path / "locked" if is_directory else tmp_path / "locked" / "m.py"
    (tmp_path / "locked" / "m.py").write_text(BASE)
    target.chmod(0)
    try:
        found = discover([tmp_path], config=Config(project=tmp_path))
    finally:
        target.chmod(0o755)
    assert [problem.code for problem in found.problems] == ["XT102"]
    assert [model.name for model in found.models] == ["Dog"]


def test_files_that_vanish_during_the_scan(tmp_path: Path) -> None:
    for n in range(5):
        (tmp_path / f"m{n}.py").write_text(BASE.replace("Base", f"Base{n}"))
    (tmp_path / "z.py").write_text(BASE + NAMED_DOG)
    gone = tmp_path / "m3.py"

    def vanish(done: int, total: int) -> None:
        gone.unlink(missing_ok=True)

    found = discover([tmp_path], config=Config(project=tmp_path), progress=vanish)
    assert [model.name for model in found.models] == ["Dog"]
    assert {problem.code for problem in found.problems} <= {"XT102"}
