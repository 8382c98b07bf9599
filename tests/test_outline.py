"""make_outline: functions are set aside unread; the rest, and its lines, stay."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from pathlib import Path
from typing import Any

import libcst as cst
import msgspec
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from xcore_tools.discovery.ir import (
    Assign,
    Block,
    Call,
    ClassDef,
    FunctionDef,
    If,
    Import,
    ImportFrom,
    ModuleFacts,
    Name,
    Statement,
    Unread,
    walk,
)
from xcore_tools.discovery.parse import collect, read_arguments, read_function
from xcore_tools.discovery.parse.cst_statements import StatementReader
from xcore_tools.discovery.parse.limits import find_excess
from xcore_tools.discovery.parse.outline import Outline, make_outline

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
LONG = "".join(f"    x{i} = {i}\n" for i in range(40))


def cut(source: str) -> tuple[str, tuple[int, ...] | None]:
    outline = make_outline(source)
    return outline.text, outline.lines


def test_a_function_in_one_line_stays() -> None:
    assert cut("def f(): return 1\n") == ("def f(): return 1\n", (1, 1))


def test_a_function_is_left_unread() -> None:
    function = f"def f(x, y=1):\n{LONG}"
    outline = make_outline(f"import a\n{function}z = not 1\n")
    assert outline.text == "...\nz = not 1\n"
    assert outline.lines == (1, 43)
    unread = FunctionDef("f", (), (), None, 2, Unread(function, 2))
    assert outline.ready == ((Import("a", None, 1), unread),)


def test_a_method_and_what_decorates_it() -> None:
    method = textwrap.indent(f"async def f(self):\n{LONG}", "    ")
    outline = make_outline(f"class A:\n    y = not 1\n    @b + 1\n{method}    z = not 2\n")
    assert outline.text == (
        "class A:\n    y = not 1\n    @b + 1\n    def f(): ...\n    z = not 2\n"
    )
    assert outline.lines == (1, 2, 4, 45)
    assert outline.functions == (Unread(method, 4),)


@pytest.mark.parametrize("head", ["for a in b:", "while a:"])
def test_functions_in_loops_stay(head: str) -> None:
    function = textwrap.indent(f"def f():\n{LONG}", "    ")
    source = f"{head}\n{function}"
    assert make_outline(source).text == source


@pytest.mark.parametrize(
    ("source", "is_short"),
    [
        ("x = 1\n" * 1000, True),
        ("x = '" + "x" * 700 + "'\n", False),
        ("'" + "x" * 700 + "'\n", True),
        ("x = " + "+".join("1" * 301) + "\n", False),
        ("x = " + "(" * 101 + "1" + ")" * 101 + "\n", False),
        ("x = " + "(" * 95 + "1" + ")" * 95 + "\n", True),
        ("def f():\n  x = " + "+".join("1" * 301) + "\n", True),
        ("@a(" + "1, " * 300 + ")\ndef f():\n  x = 1\n", False),
        (("x = " + "+".join("1" * 250) + "\n") * 60, False),
        ("if a:\n  b\n" + "elif a:\n  b\n" * 600, False),
        ("try:\n  a\nexcept " + "a." * 300 + "a:\n  b\n", False),
        ("match a:\n  case 1:\n    b\n  case " + "|".join("1" * 301) + ":\n    b\n", False),
    ],
)
def test_what_is_short_needs_no_closer_look(source: str, is_short: bool) -> None:
    assert make_outline(source).is_short is is_short
    if is_short:
        assert find_excess(make_outline(source).text) is None


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_newlines(newline: str) -> None:
    source = f"def f():\n{LONG}class A:\n    pass\n".replace("\n", newline)
    outline = make_outline(source)
    assert outline.text == f"...\nclass A:{newline}    pass{newline}"
    assert outline.lines == (1, 42, 43)


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "  # comment", "\n# comment\n", ";", "; \n"])
def test_the_end_of_a_file(end: str) -> None:
    outline = make_outline(f"def f():\n{LONG}    y = 1{end}")
    ast.parse(outline.text)
    assert outline.lines == (1,)


@pytest.mark.parametrize(
    "source",
    [
        "def f(): x = [\n" + "1,\n" * 40 + "]\n",
        f"def f():\\\n\n{LONG}",
        f"def f():  # comment\n\n    # comment\n{LONG}",
        f"def f(\n    a,\n    b,\n):\n{LONG}",
        f'def f():\n    """{LONG}"""\n',
        f"def f():\n    @decorator\n    def g():\n{textwrap.indent(LONG, '    ')}",
        f"if a:\n  def f():\n{LONG}else:\n    pass\n",
        f"def f():\n\t{LONG.replace('    ', chr(9)).strip()}\n",
        f"\x0cdef f():\n\x0c{LONG}\x0cclass A: pass\n",
        f"def f():\n{LONG}    y = '''\n  a\n'''; z = 1\nclass A: pass\n",
        "def f(): x = '''\n" + "\n" * 40 + "'''; y = 1\nclass A: pass\n",
        f"def f():\n{LONG}    return \\\n        1\nclass A: pass\n",
        f"try:\n    pass\nexcept A:\n    def f():\n{textwrap.indent(LONG, '    ')}else:\n    a\nfinally:\n    b\n",
        f"match a:\n    case 1:\n        def f():\n{textwrap.indent(LONG, '        ')}    case _:\n        x = 1\n",
        f"for a in b:\n    def f():\n{textwrap.indent(LONG, '    ')}else:\n    x = 1\nwhile a:\n    x\nelse:\n    y\n",
        f"with a:\n    def f():\n{textwrap.indent(LONG, '    ')}    x = 1\n",
        f"def é():\n    x = 'ééé\u2028é'\n{LONG}class A: pass\n",
        f"def f():\n    x = '\x0c\x1c\u2028'\n{LONG}class A: pass\n",
    ],
)
def test_the_outline_is_python_of_the_same_shape(source: str) -> None:
    outline = make_outline(source)
    assert outline.lines is not None
    whole, cut = ast.parse(source), ast.parse(outline.text)
    stubs = sum(function is not None for function in outline.functions)
    assert len(count(cut)) - stubs == len(outline.lines)
    named = [node for node in whole.body if hasattr(node, "name")]
    found = [s for s in facts(source.encode()).body if isinstance(s, FunctionDef | ClassDef)]
    assert [(s.name, s.line) for s in found] == [(node.name, node.lineno) for node in named]


def count(tree: ast.AST) -> list[ast.stmt]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]


IMPORTS = """\
import a, b.c as d
from . import e
from .f . g import (  # why
    h,
    i as j,
)
from k import *; import l
if a: import m
x = ...
...
class A:
    from n import o
    def f(self):
        ...
    ...
    async def g(self, x=(yield)):
        return x
    @a
    def h(self):
        import p
    @a(lambda: 1)
    def h(self):
        import p
def q():
    ...
from r import \\
    s
import t
"""


def test_imports_and_functions_are_facts_without_a_parser() -> None:
    outline = make_outline(IMPORTS)
    assert outline.text == (
        "...\nfrom k import *; import l\nif a: import m\nx = ...\n...\nclass A:\n    ...\n    ...\n    ...\n"
        "    @a(lambda: 1)\n    def h(): ...\n...\n"
    )
    assert outline.lines is not None
    cut, whole = facts(IMPORTS.encode()).body, read_whole(IMPORTS)
    assert names(cut) == names(whole)
    assert sum(isinstance(node, FunctionDef) for node in walk(cut)) == 5


def read_whole(source: str) -> Block:
    """The facts when nothing is cut, as for a text that `ast` cannot read."""
    module = cst.parse_module(source)
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    reader = StatementReader(lambda node: positions[node].start.line, knows_calls=True)
    return reader.block(module.body)


def names(body: Block) -> list[tuple[object, ...]]:
    """What the statements bind, in order; of functions the name and the line."""
    found: list[tuple[object, ...]] = []
    for statement in body:
        if isinstance(statement, Import | ImportFrom):
            found.append(msgspec.structs.astuple(statement))
        elif isinstance(statement, FunctionDef):
            found.append((statement.name, statement.line))
        elif isinstance(statement, ClassDef):
            found += [(statement.name, statement.line), *names(statement.body)]
        elif isinstance(statement, If):
            found += names(statement.body)
    return found


@pytest.mark.parametrize(
    ("source", "text", "lines"),
    [
        ('"""Doc."""\n\n# c\n\nx = not 1\n\n# c\ny = not 2\n', "x = not 1\ny = not 2\n", (5, 8)),
        (
            'class A:\n    """Doc.\n\n    More."""\n\n    x = not 1\n',
            "class A:\n    x = not 1\n",
            (1, 6),
        ),
        ("#!/usr/bin/python\n# coding: utf-8\n\nx = not 1\n# c\n", "x = not 1\n# c\n", (4,)),
        ("# c\n\\\nx = not 1\n", "x = not 1\n", (3,)),
        ("# c\n\n@(\n    a)\nclass A: pass\n", "# c\n\n@(\n    a)\nclass A: pass\n", (5, 5)),
        ('class A:\n    """Doc."""\n', 'class A:\n    """Doc."""\n', (1, 2)),
        ('"a"; x = not 1\ny = not 2\n', '"a"; x = not 1\ny = not 2\n', (1, 1, 2)),
        ("x = not 1;\\\n\ny = not 2\n", "x = not 1;\\\n\ny = not 2\n", (1, 3)),
        (
            "x = not 1\n@(\n    a)\nclass A: pass\n",
            "x = not 1\n@(\n    a)\nclass A: pass\n",
            (1, 4, 4),
        ),
        ("x = not 1\n\n@a\nclass A: pass\n", "x = not 1\n@a\nclass A: pass\n", (1, 4, 4)),
        (
            "if a:\n    x\n    # c\n\nelse:\n    y\n",
            "if a:\n    x\n    # c\n\nelse:\n    y\n",
            (1, 2, 6),
        ),
    ],
)
def test_comments_and_texts_between_statements_are_left_out(
    source: str, text: str, lines: tuple[int, ...]
) -> None:
    outline = make_outline(source)
    assert (outline.text, outline.lines) == (text, lines)


@pytest.mark.parametrize(
    "arguments",
    [
        "Integer, primary_key=True",
        "\n        'name', String(20),  # )\n    ",
        "**{'a': ')'}, b=[1]",
    ],
)
@pytest.mark.parametrize(
    ("head", "shown"),
    [
        ("x = sa.Column", "..."),
        ("x: Mapped[int] = mapped_column", "..."),
        ("x: (lambda: 1) = f", "x: (lambda: 1) = f()"),
        ("x = f[1:]", "x = f[1:]()"),
    ],
)
def test_arguments_in_classes_are_left_unread(head: str, shown: str, arguments: str) -> None:
    source = f"class A:\n    {head}({arguments})\n    y = not 1\n"
    outline = make_outline(source)
    assert outline.text == f"class A:\n    {shown}\n    y = not 1\n"
    whole, cut = ast.parse(source), facts(source.encode()).body[0]
    assert isinstance(cut, ClassDef)
    assigned = cut.body[0]
    assert isinstance(assigned, Assign)
    assert isinstance(assigned.value, Call)
    read = read_arguments(assigned.value)
    call = whole.body[0].body[0].value  # type: ignore[attr-defined]
    assert (len(read.args), len(read.keywords)) == (len(call.args), len(call.keywords))
    assert read.unread is None
    assert read_arguments(read) is read


@pytest.mark.parametrize(
    "line",
    [
        "x = f(t := 1, 22222)",
        "x = f(Table('t', metadata))",
        "x = f[1:](type('A', (), {}))",
        "__tablename__ = f[1:]('aaaaaaaaa')",
        "x = y = f[1:](1111111, 2222222)",
        "x, y = f[1:](1111111, 2222222)",
        "x = f(1111111, 2222222); z = 1",
        "x = (f[1:])(1111111, 2222222)",
        "x = f[1:]('é', 1111111)",
        "x = f[1:](1)",
    ],
)
def test_arguments_that_matter_or_share_a_line_stay(line: str) -> None:
    source = f"class A:\n    {line}\n"
    assert make_outline(source).text == source


@pytest.mark.parametrize(
    "line",
    [
        "x = a.b = -1",
        "x, *y = 'a' 'b', \"\"\"c\n'd'\"\"\"",
        "x['é'] = [None, True, {1.5}, {**a, 'b': c}]  # é",
        "x: Mapped[list['A'] | None]",
        "x: Final[tuple[int, str]] = (1, 'a')",
        "f(*a, b, c=d, **e)",
        "__table_args__ = (UniqueConstraint('a', name='b'), {})",
        "@a.b\n    # c\n\n    @c(1, d=2)\n    async def f(self, x=1):\n        return x",
    ],
)
def test_plain_statements_are_facts_without_a_parser(line: str) -> None:
    source = f"class A:\n    {line}\n"
    assert make_outline(source).text == "class A:\n    ...\n"
    cut, whole = facts(source.encode()).body, read_whole(source)
    assert equal(cut, whole)


@pytest.mark.parametrize(
    "line",
    [
        "x = 1; y = 2",
        "x = a[1:]",
        "x = a[b,]",
        "x = a[*b]",
        "x = not a",
        "x = a + b",
        "x = a < b",
        "x = a and b",
        "x = a if b else c",
        "x = lambda: a",
        "x = [a for a in b]",
        "x = f'a'",
        "x = ...",
        "x = b'a'",
        "x = 1j",
        "x = 1_000_000_000_000_000",
        "é = 1",
        "import é",
        "from a import é",
        "from a import b as é",
        "from é import a",
        "x = a.é",
        "x = f(é=1)",
        "x = Table('t', metadata)",
        "x = sa.Table('t', metadata)",
        "x = " + "[" * 50 + "]" * 50,
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(line: str) -> None:
    source = f"if a:\n    {line}\n"
    assert make_outline(source).text == source
    cut, whole = facts(source.encode()).body, read_whole(source)
    assert equal(cut, whole)


@pytest.mark.parametrize(
    "display", ["[" + "1," * 5001 + "]", "{" + "1: 2," * 5001 + "}", "{" + "1," * 5000 + "}"]
)
def test_large_displays_are_what_the_visitor_makes_of_them(display: str) -> None:
    source = f"x = {display}\n"
    assert make_outline(source).text == "...\n"
    assert equal(facts(source.encode()).body, read_whole(source))


@pytest.mark.parametrize("text", ["(", "(" * 5000 + ")" * 5000, ") + f(", ""])
def test_arguments_that_cannot_be_read_are_none(text: str) -> None:
    call = Call(Name("f"), (), (), 1, Unread(text, 1))
    assert read_arguments(call) == Call(Name("f"), (), (), 1)


@pytest.mark.parametrize(
    "source", ["def f(:\n", "x = \0", "print 'a'\n", "\ud800", "x = '\\N{no}'"]
)
def test_a_text_that_ast_cannot_read_stays_whole(source: str) -> None:
    assert make_outline(source) == Outline(source, None)


def test_warnings_of_the_scanned_code_are_not_ours() -> None:
    assert make_outline("x = '\\z'\nassert (1, 2)\n1 is 1\n").lines == (1, 2, 3)


# -- facts with and without the cut ------------------------------------------------------------------


def equal(cut: Block, whole: Block) -> bool:
    return len(cut) == len(whole) and all(map(same, cut, whole))


def same(cut: Statement, whole: Statement) -> bool:
    """Whether two facts agree, once functions are read that one of them leaves unread."""
    if isinstance(cut, FunctionDef):
        cut = read_function(cut)
    if type(cut) is not type(whole):
        return False
    for name in cut.__struct_fields__:
        left, right = getattr(cut, name), getattr(whole, name)
        if name in {"body", "orelse", "final"} and isinstance(left, tuple):
            agrees = equal(left, right)
        elif name in {"handlers", "blocks"}:
            agrees = len(left) == len(right) and all(map(equal, left, right))
        else:
            agrees = without_lines(left) == without_lines(right)
        if not agrees:
            return False
    return True


def without_lines(value: Any) -> Any:
    """An expression without the lines of its calls, which are less exact where the cut saves time."""
    if isinstance(value, tuple):
        return tuple(map(without_lines, value))
    if isinstance(value, Call):
        value = read_arguments(value)
        value = msgspec.structs.replace(value, line=0)
    if isinstance(value, msgspec.Struct):
        return type(value), tuple(without_lines(getattr(value, n)) for n in value.__struct_fields__)
    return value


def facts(data: bytes) -> ModuleFacts:
    found = collect("m", "m.py", False, data)
    assert isinstance(found, ModuleFacts), found
    return found


SOURCES = [
    *sorted(FIXTURES.glob("xcore_app/**/*.py")),
    *sorted(FIXTURES.glob("discover/[!p]*/project/**/*.py"))[
        ::4
    ],  # not problem_: some cannot be read
    *(Path(inspect.getfile(sys.modules[name])) for name in ("argparse", "ast", "textwrap")),
]


@pytest.mark.parametrize("part", range(4))
def test_the_cut_changes_nothing(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also shows that the lines agree with those that libcst counts."""
    sources = {path: path.read_bytes() for path in SOURCES[part::4]}
    cut = {path: facts(data).body for path, data in sources.items()}
    monkeypatch.setattr(
        "xcore_tools.discovery.parse.make_outline", lambda source, **_: Outline(source, None)
    )
    for path, data in sources.items():
        assert equal(cut[path], facts(data).body), path


@pytest.mark.parametrize("name", ["argparse", "ast", "textwrap"])
def test_the_lines_are_those_of_python(name: str) -> None:
    source = Path(inspect.getfile(sys.modules[name])).read_text("utf-8")
    expected = sorted(
        (node.name, node.lineno)
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    )
    found = facts(source.encode()).body
    named = [fact for fact in found if isinstance(fact, ClassDef | FunctionDef)]
    assert sorted((fact.name, fact.line) for fact in named) == expected
