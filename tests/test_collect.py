"""collect: every kind of statement and expression becomes the fact that says the same."""

from __future__ import annotations

import ast
from typing import Any

import msgspec
import pytest

from xcore_tools.discovery import ir
from xcore_tools.discovery.parse import check, collect, read_function
from xcore_tools.discovery.results import Problem

A, B, C, X = ir.Name("a"), ir.Name("b"), ir.Name("c"), ir.Name("x")
PASS: ir.Block = ()


def body(source: str | bytes) -> ir.Block:
    data = source.encode() if isinstance(source, str) else source
    found = collect("pkg.m", "pkg/m.py", False, data)
    assert isinstance(found, ir.ModuleFacts), found
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=ir.ModuleFacts) == found
    return tuple(read_function(x) if isinstance(x, ir.FunctionDef) else x for x in found.body)


def expression(source: str) -> ir.Expr:
    statement = body(f"x = {source}\n")[0]
    assert isinstance(statement, ir.Assign)
    assert statement.value is not None
    return statement.value


def test_the_module_is_named() -> None:
    assert collect("pkg", "pkg/__init__.py", True, b"") == ir.ModuleFacts(
        "pkg", "pkg/__init__.py", True, ()
    )


STATEMENTS: dict[str, ir.Block] = {
    "import a": (ir.Import("a", None, 1),),
    "import a.b.c as d, e": (ir.Import("a.b.c", "d", 1), ir.Import("e", None, 1)),
    "from a import b": (ir.ImportFrom("a", 0, (("b", "b"),), 1),),
    "from a.b import (c as d, e)": (ir.ImportFrom("a.b", 0, (("c", "d"), ("e", "e")), 1),),
    "from . import a": (ir.ImportFrom(None, 1, (("a", "a"),), 1),),
    "from ...a.b import *": (ir.ImportFrom("a.b", 3, (("*", "*"),), 1),),
    "a = b": (ir.Assign((A,), B, None, 1),),
    "a = b = c": (ir.Assign((A, B), C, None, 1),),
    "a, b = c": (ir.Assign((ir.Sequence("tuple", (A, B)),), C, None, 1),),
    "a.x = b": (ir.Assign((ir.Attribute(A, "x"),), B, None, 1),),
    "a[b] = c": (ir.Assign((ir.Subscript(A, B),), C, None, 1),),
    "a: b": (ir.Assign((A,), None, B, 1),),
    "a: b = c": (ir.Assign((A,), C, B, 1),),
    "a += b": (ir.Assign((A,), ir.Binary("+=", A, B), None, 1),),
    "a //= b": (ir.Assign((A,), ir.Binary("//=", A, B), None, 1),),
    "a **= b": (ir.Assign((A,), ir.Binary("**=", A, B), None, 1),),
    "a >>= b": (ir.Assign((A,), ir.Binary(">>=", A, B), None, 1),),
    "a @= b": (ir.Assign((A,), ir.Binary("@=", A, B), None, 1),),
    "a(b)": (ir.Expression(ir.Call(A, (B,), (), 1), 1),),
    "'text'": (),
    "a": (),
    "a.b": (),
    "pass": (),
    "assert a": (),
    "...": (),
    "del a": (ir.Delete((A,)),),
    "del a, b.c, b": (ir.Delete((A, ir.Attribute(B, "c"), B)),),
    "raise": (ir.Jump("raise"),),
    "raise a from b": (ir.Jump("raise"),),
    "a = 1; b = 2": (ir.Assign((A,), ir.Const(1), None, 1), ir.Assign((B,), ir.Const(2), None, 1)),
    "if a: b()": (ir.If(A, (ir.Expression(ir.Call(B, (), (), 1), 1),), ()),),
    "if a:\n  x = b\nelif c:\n  x = c\nelse:\n  x = a": (
        ir.If(
            A,
            (ir.Assign((X,), B, None, 2),),
            (ir.If(C, (ir.Assign((X,), C, None, 4),), (ir.Assign((X,), A, None, 6),)),),
        ),
    ),
    "for a in b:\n  c()\nelse:\n  x = 1": (
        ir.For(
            A,
            B,
            (ir.Expression(ir.Call(C, (), (), 2), 2),),
            (ir.Assign((X,), ir.Const(1), None, 4),),
        ),
    ),
    "for a, b in c: continue": (ir.For(ir.Sequence("tuple", (A, B)), C, (ir.Jump("continue"),)),),
    "with a as b, c: x = 1": (
        ir.With(((A, B), (C, None)), (ir.Assign((X,), ir.Const(1), None, 1),)),
    ),
    "with (a as b, c as x): pass": (ir.With(((A, B), (C, X)), PASS),),
    "try:\n  a = 1\nexcept b:\n  a = 2\nexcept:\n  a = 3\nelse:\n  a = 4\nfinally:\n  a = 5": (
        ir.Try(
            (ir.Assign((A,), ir.Const(1), None, 2),),
            ((ir.Assign((A,), ir.Const(2), None, 4),), (ir.Assign((A,), ir.Const(3), None, 6),)),
            (ir.Assign((A,), ir.Const(4), None, 8),),
            (ir.Assign((A,), ir.Const(5), None, 10),),
        ),
    ),
    "try: pass\nexcept* a: x = 1": (
        ir.Try((), ((ir.Assign((X,), ir.Const(1), None, 2),),), (), ()),
    ),
    "match a:\n  case 1: x = 1\n  case [b, *c]:\n    x = 2": (
        ir.Branches(
            (
                (ir.Assign((X,), ir.Const(1), None, 2),),
                (
                    ir.Assign((B, C), ir.Opaque("what a pattern matches"), None, 1),
                    ir.Assign((X,), ir.Const(2), None, 4),
                ),
            )
        ),
    ),
    "match a(b):\n  case {'k': [b, X.y, 1], **c} | X(b, k=c) as x if c(): pass": (
        ir.Expression(ir.Call(A, (B,), (), 1), 1),
        ir.Branches(
            (
                (
                    ir.Assign((B, C, X), ir.Opaque("what a pattern matches"), None, 1),
                    ir.Expression(ir.Call(C, (), (), 1), 1),
                ),
            )
        ),
    ),
    "try: pass\nexcept (a, b) as c: x = 1": (
        ir.Try(
            (),
            (
                (
                    ir.Assign((C,), ir.Opaque("an exception"), None, 1),
                    ir.Assign((X,), ir.Const(1), None, 2),
                ),
            ),
            (),
            (),
        ),
    ),
    "assert (a := b), c": (ir.Expression(ir.Named("a", B), 1),),
    "a and b()": (ir.Expression(ir.Boolean("and", A, ir.Call(B, (), (), 1)), 1),),
    "class a: pass": (ir.ClassDef("a", (), (), (), (), 1),),
    "class a(b, *c, metaclass=x, **b):\n  x = 1": (
        ir.ClassDef(
            "a",
            (B, ir.Starred(C)),
            (ir.Keyword("metaclass", X), ir.Keyword(None, B)),
            (),
            (ir.Assign((X,), ir.Const(1), None, 2),),
            1,
        ),
    ),
    "@a\n@b(c)\nclass x:\n  a = 1": (
        ir.ClassDef(
            "x", (), (), (A, ir.Call(B, (C,), (), 3)), (ir.Assign((A,), ir.Const(1), None, 4),), 3
        ),
    ),
    "def a(): return": (ir.FunctionDef("a", (), (), (ir.Return(None),), 1),),
    "async def a(): return b": (ir.FunctionDef("a", (), (), (ir.Return(B),), 1),),
    "def a(): ...": (ir.FunctionDef("a", (), (), None, 1),),
    "def a(b, /, c=1, *x, a=2, **d): pass": (
        ir.FunctionDef(
            "a",
            (
                ir.Param("b", None, "plain"),
                ir.Param("c", ir.Const(1), "plain"),
                ir.Param("x", None, "star"),
                ir.Param("a", ir.Const(2), "keyword"),
                ir.Param("d", None, "double"),
            ),
            (),
            (),
            1,
        ),
    ),
    "def a(*, b): pass": (ir.FunctionDef("a", (ir.Param("b", None, "keyword"),), (), (), 1),),
    "@a\n@b\ndef x():\n  def c(): return a": (
        ir.FunctionDef("x", (), (A, B), (ir.FunctionDef("c", (), (), (ir.Return(A),), 4),), 3),
    ),
}


@pytest.mark.parametrize("source", STATEMENTS)
def test_statements(source: str) -> None:
    compile(source, "m", "exec")
    assert body(source) == STATEMENTS[source]
    assert body(source + "\n") == STATEMENTS[source]


@pytest.mark.parametrize("source", ["while a:\n  break\nelse:\n  x = 1", "while True: continue"])
def test_while_is_followed(source: str) -> None:
    jumps = [node for node in ir.walk(body(source)) if isinstance(node, ir.Jump)]
    assert len(jumps) == 1


def test_global_names_are_kept_apart() -> None:
    found = body("def a():\n  global b, c\n  b = 1\n")
    assert any(isinstance(node, ir.Assign) for node in ir.walk(found))


EXPRESSIONS: dict[str, ir.Expr] = {
    "a": A,
    "a.b.c": ir.Attribute(ir.Attribute(A, "b"), "c"),
    "a(b, *c, x=b, **c)": ir.Call(
        A, (B, ir.Starred(C)), (ir.Keyword("x", B), ir.Keyword(None, C)), 1
    ),
    "a + b * c": ir.Binary("+", A, ir.Binary("*", B, C)),
    "-a": ir.Unary("-", A),
    "+a": ir.Unary("+", A),
    "~a": ir.Unary("~", A),
    "not a": ir.Unary("not", A),
    "a < b is not c not in x": ir.Compare(A, ("<", "is not", "not in"), (B, C, X)),
    "a == b": ir.Compare(A, ("==",), (B,)),
    "a != b": ir.Compare(A, ("!=",), (B,)),
    "a >= b > c": ir.Compare(A, (">=", ">"), (B, C)),
    "a <= b": ir.Compare(A, ("<=",), (B,)),
    "a in b": ir.Compare(A, ("in",), (B,)),
    "a is b": ir.Compare(A, ("is",), (B,)),
    "a and b or c": ir.Boolean("or", ir.Boolean("and", A, B), C),
    "(a, b)": ir.Sequence("tuple", (A, B)),
    "a,": ir.Sequence("tuple", (A,)),
    "()": ir.Sequence("tuple", ()),
    "[a, *b]": ir.Sequence("list", (A, ir.Starred(B))),
    "{a, *b}": ir.Sequence("set", (A, ir.Starred(B))),
    "{}": ir.Dict(()),
    "{a: b, **c}": ir.Dict(((A, B), (None, C))),
    "a[b]": ir.Subscript(A, B),
    "a[b, c]": ir.Subscript(A, ir.Sequence("tuple", (B, C))),
    "a[b:c:x]": ir.Subscript(A, ir.Slice(B, C, X)),
    "a[:]": ir.Subscript(A, ir.Slice(None, None, None)),
    "a[::b, c]": ir.Subscript(A, ir.Sequence("tuple", (ir.Slice(None, None, B), C))),
    "a[*b]": ir.Subscript(A, ir.Starred(B)),
    "a if b else c": ir.Conditional(B, A, C),
    "lambda a, *b, c=1, **x: a": ir.Lambda(
        (
            ir.Param("a", None, "plain"),
            ir.Param("b", None, "star"),
            ir.Param("c", ir.Const(1), "keyword"),
            ir.Param("x", None, "double"),
        ),
        A,
    ),
    "[a for b in c if x if a]": ir.Comprehension("list", None, A, (ir.Clause(B, C, (X, A)),)),
    "{a for b in c}": ir.Comprehension("set", None, A, (ir.Clause(B, C, ()),)),
    "{a: b for b in c for x in b}": ir.Comprehension(
        "dict", A, B, (ir.Clause(B, C, ()), ir.Clause(X, B, ()))
    ),
    "(a for a, b in c)": ir.Comprehension(
        "generator", None, A, (ir.Clause(ir.Sequence("tuple", (A, B)), C, ()),)
    ),
    "f'{a}'": ir.FormattedString((ir.FormatPart(A, None, None),)),
    "f'x{{y}}{a!r:>{b}}z'": ir.FormattedString(
        (
            ir.Const("x{y}"),
            ir.FormatPart(
                A, "r", ir.FormattedString((ir.Const(">"), ir.FormatPart(B, None, None)))
            ),
            ir.Const("z"),
        )
    ),
    "f'\\n{a}\\t'": ir.FormattedString(
        (ir.Const("\n"), ir.FormatPart(A, None, None), ir.Const("\t"))
    ),
    "rf'\\n{a}'": ir.FormattedString((ir.Const("\\n"), ir.FormatPart(A, None, None))),
    "'a' f'{b}' 'c'": ir.Binary(
        "+",
        ir.Binary("+", ir.Const("a"), ir.FormattedString((ir.FormatPart(B, None, None),))),
        ir.Const("c"),
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


def value_of(found: ir.Expr) -> Any:
    if isinstance(found, ir.Binary):
        return value_of(found.left) + value_of(found.right)
    assert isinstance(found, ir.Const), found
    return found.value


@pytest.mark.parametrize(
    "source",
    ["f'{x}-{x!r:>9}'", "f'{{{x}}}'", "f'a\\tb{x}'", "rf'\\d{x}'", "f'{x}' '{x}'", 'f"""{x}\n\\""""',
     "f'\\N{BULLET}{x}'", "f'{x=}'", "f'{x = !s}'",
     "f'{x:{5}}'", "F'{x}'", "fR'{x}\\{x}'", "f'\\x41{x}\\''", "f'{x:\\x3e5}'", "f''"],
)  # fmt: skip
def test_formatted_strings_have_the_value_that_python_gives_them(source: str) -> None:
    assert formatted(expression(source)) == eval(source, {"x": "v"})


def formatted(found: ir.Expr) -> str:
    """The text of a formatted string in which every expression stands for "v"."""
    if isinstance(found, ir.Binary):
        return formatted(found.left) + formatted(found.right)
    if isinstance(found, ir.FormattedString):
        return "".join(map(formatted, found.parts))
    if isinstance(found, ir.FormatPart):
        value = {"r": repr, "a": ascii}.get(found.conversion or "", str)(
            str(found.value.value) if isinstance(found.value, ir.Const) else "v"
        )
        return format(value, formatted(found.spec) if found.spec else "")
    assert isinstance(found, ir.Const), found
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


def test_what_is_awaited_is_read_as_what_it_gives() -> None:
    """A call of a coroutine function is followed to what it returns, which is what `await` gives."""
    source = "async def f():\n    a = {0} b()\n    c = yield a\n    {0}(c())\n    return {0} a()\n"
    assert body(source.format("await")) == body(source.format(""))


def test_deep_expressions_and_large_displays_are_not_read() -> None:
    assert any(
        isinstance(node, ir.Opaque) for node in ir.walk(expression("f(" * 70 + "1" + ")" * 70))
    )
    for display in ("[" + "1," * 6000 + "]", "{" + "1," * 6000 + "}", "(" + "1," * 6000 + ")"):
        assert isinstance(expression(display), ir.Opaque)
    assert isinstance(expression("{" + "1:1," * 6000 + "}"), ir.Opaque)


def test_a_walrus_binds() -> None:
    assert any(node == ir.Const(1) for node in ir.walk(body("(a := 1)\n")))
    assert any(node == ir.Const(1) for node in ir.walk(body("if (a := 1): pass\n")))


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
    facts = list(ir.walk(body((before + LINES).replace("\n", newline))))
    assert {
        (n.name, n.line) for n in facts if isinstance(n, ir.ClassDef | ir.FunctionDef)
    } == expected
    assert {
        (t.id, n.line)
        for n in facts
        if isinstance(n, ir.Assign)
        for t in n.targets
        if isinstance(t, ir.Name) and t.id not in cut
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
    names = [n.name for n in ir.walk(body(source)) if isinstance(n, ir.ClassDef | ir.FunctionDef)]
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
