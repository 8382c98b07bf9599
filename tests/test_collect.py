"""collect: every kind of statement and expression becomes the fact that says the same."""

from __future__ import annotations

import ast
from typing import Any

import msgspec
import pytest

from xcore_tools.discovery import syntax as s
from xcore_tools.discovery.collect import check, collect, read_function
from xcore_tools.discovery.facts import Problem

A, B, C, X = s.Name("a"), s.Name("b"), s.Name("c"), s.Name("x")
PASS: s.Block = ()


def body(source: str | bytes) -> s.Block:
    data = source.encode() if isinstance(source, str) else source
    found = collect("pkg.m", "pkg/m.py", False, data)
    assert isinstance(found, s.ModuleFacts), found
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=s.ModuleFacts) == found
    return tuple(read_function(x) if isinstance(x, s.FunctionDef) else x for x in found.body)


def expression(source: str) -> s.Expr:
    statement = body(f"x = {source}\n")[0]
    assert isinstance(statement, s.Assign)
    assert statement.value is not None
    return statement.value


def test_the_module_is_named() -> None:
    assert collect("pkg", "pkg/__init__.py", True, b"") == s.ModuleFacts(
        "pkg", "pkg/__init__.py", True, ()
    )


STATEMENTS: dict[str, s.Block] = {
    "import a": (s.Import("a", None, 1),),
    "import a.b.c as d, e": (s.Import("a.b.c", "d", 1), s.Import("e", None, 1)),
    "from a import b": (s.ImportFrom("a", 0, (("b", "b"),), 1),),
    "from a.b import (c as d, e)": (s.ImportFrom("a.b", 0, (("c", "d"), ("e", "e")), 1),),
    "from . import a": (s.ImportFrom(None, 1, (("a", "a"),), 1),),
    "from ...a.b import *": (s.ImportFrom("a.b", 3, (("*", "*"),), 1),),
    "a = b": (s.Assign((A,), B, None, 1),),
    "a = b = c": (s.Assign((A, B), C, None, 1),),
    "a, b = c": (s.Assign((s.Sequence("tuple", (A, B)),), C, None, 1),),
    "a.x = b": (s.Assign((s.Attribute(A, "x"),), B, None, 1),),
    "a[b] = c": (s.Assign((s.Subscript(A, B),), C, None, 1),),
    "a: b": (s.Assign((A,), None, B, 1),),
    "a: b = c": (s.Assign((A,), C, B, 1),),
    "a += b": (s.Assign((A,), s.Binary("+=", A, B), None, 1),),
    "a //= b": (s.Assign((A,), s.Binary("//=", A, B), None, 1),),
    "a **= b": (s.Assign((A,), s.Binary("**=", A, B), None, 1),),
    "a >>= b": (s.Assign((A,), s.Binary(">>=", A, B), None, 1),),
    "a @= b": (s.Assign((A,), s.Binary("@=", A, B), None, 1),),
    "a(b)": (s.Expression(s.Call(A, (B,), (), 1), 1),),
    "'text'": (),
    "a": (),
    "a.b": (),
    "pass": (),
    "assert a": (),
    "...": (),
    "del a": (s.Delete((A,)),),
    "del a, b.c, b": (s.Delete((A, s.Attribute(B, "c"), B)),),
    "raise": (s.Jump("raise"),),
    "raise a from b": (s.Jump("raise"),),
    "a = 1; b = 2": (s.Assign((A,), s.Const(1), None, 1), s.Assign((B,), s.Const(2), None, 1)),
    "if a: b()": (s.If(A, (s.Expression(s.Call(B, (), (), 1), 1),), ()),),
    "if a:\n  x = b\nelif c:\n  x = c\nelse:\n  x = a": (
        s.If(
            A,
            (s.Assign((X,), B, None, 2),),
            (s.If(C, (s.Assign((X,), C, None, 4),), (s.Assign((X,), A, None, 6),)),),
        ),
    ),
    "for a in b:\n  c()\nelse:\n  x = 1": (
        s.For(
            A,
            B,
            (s.Expression(s.Call(C, (), (), 2), 2),),
            (s.Assign((X,), s.Const(1), None, 4),),
        ),
    ),
    "for a, b in c: continue": (s.For(s.Sequence("tuple", (A, B)), C, (s.Jump("continue"),)),),
    "with a as b, c: x = 1": (s.With(((A, B), (C, None)), (s.Assign((X,), s.Const(1), None, 1),)),),
    "with (a as b, c as x): pass": (s.With(((A, B), (C, X)), PASS),),
    "try:\n  a = 1\nexcept b:\n  a = 2\nexcept:\n  a = 3\nelse:\n  a = 4\nfinally:\n  a = 5": (
        s.Try(
            (s.Assign((A,), s.Const(1), None, 2),),
            ((s.Assign((A,), s.Const(2), None, 4),), (s.Assign((A,), s.Const(3), None, 6),)),
            (s.Assign((A,), s.Const(4), None, 8),),
            (s.Assign((A,), s.Const(5), None, 10),),
        ),
    ),
    "try: pass\nexcept* a: x = 1": (s.Try((), ((s.Assign((X,), s.Const(1), None, 2),),), (), ()),),
    "match a:\n  case 1: x = 1\n  case [b, *c]:\n    x = 2": (
        s.Branches(
            ((s.Assign((X,), s.Const(1), None, 2),), (s.Assign((X,), s.Const(2), None, 4),))
        ),
    ),
    "class a: pass": (s.ClassDef("a", (), (), (), (), 1),),
    "class a(b, *c, metaclass=x, **b):\n  x = 1": (
        s.ClassDef(
            "a",
            (B, s.Starred(C)),
            (s.Keyword("metaclass", X), s.Keyword(None, B)),
            (),
            (s.Assign((X,), s.Const(1), None, 2),),
            1,
        ),
    ),
    "@a\n@b(c)\nclass x:\n  a = 1": (
        s.ClassDef(
            "x", (), (), (A, s.Call(B, (C,), (), 3)), (s.Assign((A,), s.Const(1), None, 4),), 3
        ),
    ),
    "def a(): return": (s.FunctionDef("a", (), (), (s.Return(None),), 1),),
    "async def a(): return b": (s.FunctionDef("a", (), (), (s.Return(B),), 1),),
    "def a(): ...": (s.FunctionDef("a", (), (), None, 1),),
    "def a(b, /, c=1, *x, a=2, **d): pass": (
        s.FunctionDef(
            "a",
            (
                s.Param("b", None, "plain"),
                s.Param("c", s.Const(1), "plain"),
                s.Param("x", None, "star"),
                s.Param("a", s.Const(2), "keyword"),
                s.Param("d", None, "double"),
            ),
            (),
            (),
            1,
        ),
    ),
    "def a(*, b): pass": (s.FunctionDef("a", (s.Param("b", None, "keyword"),), (), (), 1),),
    "@a\n@b\ndef x():\n  def c(): return a": (
        s.FunctionDef("x", (), (A, B), (s.FunctionDef("c", (), (), (s.Return(A),), 4),), 3),
    ),
}


@pytest.mark.parametrize("source", STATEMENTS)
def test_statements(source: str) -> None:
    compile(source, "m", "exec")
    assert body(source) == STATEMENTS[source]
    assert body(source + "\n") == STATEMENTS[source]


@pytest.mark.parametrize("source", ["while a:\n  break\nelse:\n  x = 1", "while True: continue"])
def test_while_is_followed(source: str) -> None:
    jumps = [node for node in s.walk(body(source)) if isinstance(node, s.Jump)]
    assert len(jumps) == 1


def test_global_names_are_kept_apart() -> None:
    found = body("def a():\n  global b, c\n  b = 1\n")
    assert any(isinstance(node, s.Assign) for node in s.walk(found))


EXPRESSIONS: dict[str, s.Expr] = {
    "a": A,
    "a.b.c": s.Attribute(s.Attribute(A, "b"), "c"),
    "a(b, *c, x=b, **c)": s.Call(A, (B, s.Starred(C)), (s.Keyword("x", B), s.Keyword(None, C)), 1),
    "a + b * c": s.Binary("+", A, s.Binary("*", B, C)),
    "-a": s.Unary("-", A),
    "+a": s.Unary("+", A),
    "~a": s.Unary("~", A),
    "not a": s.Unary("not", A),
    "a < b is not c not in x": s.Compare(A, ("<", "is not", "not in"), (B, C, X)),
    "a == b": s.Compare(A, ("==",), (B,)),
    "a != b": s.Compare(A, ("!=",), (B,)),
    "a >= b > c": s.Compare(A, (">=", ">"), (B, C)),
    "a <= b": s.Compare(A, ("<=",), (B,)),
    "a in b": s.Compare(A, ("in",), (B,)),
    "a is b": s.Compare(A, ("is",), (B,)),
    "a and b or c": s.Boolean("or", s.Boolean("and", A, B), C),
    "(a, b)": s.Sequence("tuple", (A, B)),
    "a,": s.Sequence("tuple", (A,)),
    "()": s.Sequence("tuple", ()),
    "[a, *b]": s.Sequence("list", (A, s.Starred(B))),
    "{a, *b}": s.Sequence("set", (A, s.Starred(B))),
    "{}": s.Dict(()),
    "{a: b, **c}": s.Dict(((A, B), (None, C))),
    "a[b]": s.Subscript(A, B),
    "a[b, c]": s.Subscript(A, s.Sequence("tuple", (B, C))),
    "a[b:c:x]": s.Subscript(A, s.Slice(B, C, X)),
    "a[:]": s.Subscript(A, s.Slice(None, None, None)),
    "a[::b, c]": s.Subscript(A, s.Sequence("tuple", (s.Slice(None, None, B), C))),
    "a[*b]": s.Subscript(A, s.Starred(B)),
    "a if b else c": s.Conditional(B, A, C),
    "lambda a, *b, c=1, **x: a": s.Lambda(
        (
            s.Param("a", None, "plain"),
            s.Param("b", None, "star"),
            s.Param("c", s.Const(1), "keyword"),
            s.Param("x", None, "double"),
        ),
        A,
    ),
    "[a for b in c if x if a]": s.Comprehension("list", None, A, (s.Clause(B, C, (X, A)),)),
    "{a for b in c}": s.Comprehension("set", None, A, (s.Clause(B, C, ()),)),
    "{a: b for b in c for x in b}": s.Comprehension(
        "dict", A, B, (s.Clause(B, C, ()), s.Clause(X, B, ()))
    ),
    "(a for a, b in c)": s.Comprehension(
        "generator", None, A, (s.Clause(s.Sequence("tuple", (A, B)), C, ()),)
    ),
    "f'{a}'": s.FormattedString((s.FormatPart(A, None, None),)),
    "f'x{{y}}{a!r:>{b}}z'": s.FormattedString(
        (
            s.Const("x{y}"),
            s.FormatPart(A, "r", s.FormattedString((s.Const(">"), s.FormatPart(B, None, None)))),
            s.Const("z"),
        )
    ),
    "f'\\n{a}\\t'": s.FormattedString((s.Const("\n"), s.FormatPart(A, None, None), s.Const("\t"))),
    "rf'\\n{a}'": s.FormattedString((s.Const("\\n"), s.FormatPart(A, None, None))),
    "'a' f'{b}' 'c'": s.Binary(
        "+",
        s.Binary("+", s.Const("a"), s.FormattedString((s.FormatPart(B, None, None),))),
        s.Const("c"),
    ),
}


@pytest.mark.parametrize("source", EXPRESSIONS)
def test_expressions(source: str) -> None:
    compile(f"x = {source}", "m", "exec")
    assert expression(source) == EXPRESSIONS[source]
    assert expression(f"({source})") == EXPRESSIONS[source]


LITERALS = [
    "True", "False", "None", "0", "1_000", "0x1F", "0b11", "0o17", "1.5", "1e3", ".5", "1e999",
    "123456789012345678", "'a'", '"a"', "'''a\nb'''", "r'\\n'", "R'\\n'", "u'é'", "'\\x41\\u00e9\\N{BULLET}'",
    "'\\\n'", "'a' 'b'", "('a'\n'b'  # c\n'c')", "'\\z'", "'\\ud800'", "'{'", "''",
]  # fmt: skip


@pytest.mark.parametrize("literal", LITERALS)
@pytest.mark.filterwarnings("ignore")
def test_literals_have_the_value_that_python_gives_them(literal: str) -> None:
    assert value_of(expression(literal)) == ast.literal_eval(literal)


def value_of(found: s.Expr) -> Any:
    if isinstance(found, s.Binary):
        return value_of(found.left) + value_of(found.right)
    assert isinstance(found, s.Const), found
    return found.value


@pytest.mark.parametrize(
    "source",
    ["f'{x}-{x!r:>9}'", "f'{{{x}}}'", "f'a\\tb{x}'", "rf'\\d{x}'", "f'{x}' '{x}'", 'f"""{x}\n\\""""',
     "f'\\N{BULLET}{x}'", "f'{x=}'", "f'{x = !s}'",
     "f'{x:{5}}'", "F'{x}'", "fR'{x}\\{x}'", "f'\\x41{x}\\''", "f'{x:\\x3e5}'", "f''"],
)  # fmt: skip
def test_formatted_strings_have_the_value_that_python_gives_them(source: str) -> None:
    assert formatted(expression(source)) == eval(source, {"x": "v"})


def formatted(found: s.Expr) -> str:
    """The text of a formatted string in which every expression stands for "v"."""
    if isinstance(found, s.Binary):
        return formatted(found.left) + formatted(found.right)
    if isinstance(found, s.FormattedString):
        return "".join(map(formatted, found.parts))
    if isinstance(found, s.FormatPart):
        value = {"r": repr, "a": ascii}.get(found.conversion or "", str)(
            str(found.value.value) if isinstance(found.value, s.Const) else "v"
        )
        return format(value, formatted(found.spec) if found.spec else "")
    assert isinstance(found, s.Const), found
    return str(found.value)


@pytest.mark.parametrize(
    "source",
    [
        "b'a'",
        "rb'a'",
        "b'a' b'b'",
        "1j",
        "12345678901234567890",
        "...",
        "await_",
        "(yield)",
        "t'{a}'",
    ],
)
def test_what_is_not_read_does_no_harm(source: str) -> None:
    body(f"def f():\n    x = {source}\n")


def test_await_is_not_read() -> None:
    found = body(
        "async def f():\n    a = await b\n    c = yield a\n    yield\n    return await a()\n"
    )
    assert sum(isinstance(node, s.Opaque) for node in s.walk(found)) == 2


def test_deep_expressions_and_large_displays_are_not_read() -> None:
    assert any(
        isinstance(node, s.Opaque) for node in s.walk(expression("f(" * 70 + "1" + ")" * 70))
    )
    for display in ("[" + "1," * 6000 + "]", "{" + "1," * 6000 + "}", "(" + "1," * 6000 + ")"):
        assert isinstance(expression(display), s.Opaque)
    assert isinstance(expression("{" + "1:1," * 6000 + "}"), s.Opaque)


def test_a_walrus_binds() -> None:
    assert any(node == s.Const(1) for node in s.walk(body("(a := 1)\n")))
    assert any(node == s.Const(1) for node in s.walk(body("if (a := 1): pass\n")))


# -- lines -----------------------------------------------------------------------------------------

LINES = """\
import a


@decorator(
    1,
)
@other
class First(
    Base,
):
    '''Doc.

    More.
    '''

    x = 1

    @property
    def name(self):
        return 1

    class Inner:
        pass


def long_function():
{long}
    return 1


async def after(): pass
if True: x = 1; y = 2
else:
    class Nested: z = 1
try:
    pass
except A:
    class Handled: pass
else:
    class Otherwise: pass
finally:
    class Final: pass
for i in y:
    pass
else:
    class AfterLoop: pass
while x:
    class InLoop: pass
match x:
    case 1:
        class InCase: pass
    case _: x = 1
text = '''
many
lines
'''
call(
    1,
)
class Last(Base): pass
""".replace("{long}", "".join(f"    x{i} = [\n        {i},\n    ]\n" for i in range(40)).rstrip())
NEWER = "\n\ntype Alias = int\n\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("before", ["", NEWER], ids=["running Python", "newer syntax"])
def test_lines_are_those_of_python(newline: str, before: str) -> None:
    """With newer syntax the lines come from libcst, else from `ast`."""
    tree = ast.parse(LINES)
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    offset = before.count("\n")
    cut = {"x" + str(i) for i in range(40)}
    expected = {(n.name, n.lineno + offset) for n in ast.walk(tree) if isinstance(n, kinds)}
    assigned = {
        (t.id, n.lineno + offset)
        for n in ast.walk(tree)
        if isinstance(n, ast.Assign)
        for t in n.targets
        if isinstance(t, ast.Name) and t.id not in cut
    }
    facts = list(s.walk(body((before + LINES).replace("\n", newline))))
    assert {
        (n.name, n.line) for n in facts if isinstance(n, s.ClassDef | s.FunctionDef)
    } == expected
    assert {
        (t.id, n.line)
        for n in facts
        if isinstance(n, s.Assign)
        for t in n.targets
        if isinstance(t, s.Name) and t.id not in cut
    } == assigned


@pytest.mark.parametrize(
    "source",
    [
        "class a[T](b): pass",
        "class a[T: int = str, *U, **V](b): pass",
        "def a[T](x: T) -> T: return x",
        "type a[T] = list[T]\nclass a(b): pass",
        "class a(b): x = f'{'y'}'",
    ],
)
def test_newer_syntax_is_read_whatever_python_runs(source: str) -> None:
    names = [n.name for n in s.walk(body(source)) if isinstance(n, s.ClassDef | s.FunctionDef)]
    assert names == ["a"]


# -- what cannot be read --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "line", "code"),
    [
        (b"x = 1\n\xff\n", 2, "XT103"),
        (b"x = 1\ny\nz = '\xff'\n", 3, "XT103"),
        (b"# coding: klingon\n", 1, "XT103"),
        (b"#!/bin/sh\n# coding: klingon\n", 2, "XT103"),
        (b"x = 1\n\0\n", 2, "XT101"),
        (b"x = 1\r\0\r", 2, "XT101"),
        (b"x = 1\n\ny = = 2\n", 3, "XT101"),
        (b"x = 1\n\nprint 'a'\n", 3, "XT101"),
        (b"x = 1\nif a:\n\tb\n        c\n", 4, "XT101"),
        (b"x = 1\n\ny = 0777\n", 3, "XT101"),
        (b"x = 1\n" + b"(" * 3000, 2, "XT104"),
        (b"x = 1\n" + b"- " * 3000 + b"1", 2, "XT104"),
        (b"#" * 5_000_000, 0, "XT105"),
    ],
)
def test_problems(data: bytes, line: int, code: str) -> None:
    found = collect("m", "m.py", False, data)
    assert isinstance(found, Problem)
    assert (found.path, found.line, found.code, found.severity) == ("m.py", line, code, "error")
    assert found.message
    assert "\n" not in found.message


@pytest.mark.parametrize(
    "data",
    [b"", b"x = 1\n", b"x = \xff\n", b"\0", b"(" * 3000, b"x = = 1\n", b"type X = int\n",
     b"#" * 5_000_000, b"# coding: x\n", b"class A[T]: pass"],
)  # fmt: skip
def test_a_check_finds_the_problem_that_reading_finds(data: bytes) -> None:
    found = collect("", "m.py", False, data)
    problem = check("m.py", data)
    if len(data) < 1000 or problem is not None:
        assert problem == (found if isinstance(found, Problem) else None)
