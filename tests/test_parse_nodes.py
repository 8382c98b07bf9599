"""Every kind of statement, expression and pattern of libcst is read, or reported when it is met."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import libcst as cst
import pytest

from xcore_tools.discovery import ir
from xcore_tools.discovery.parse import collect, read
from xcore_tools.discovery.parse.cst_expressions import RULES
from xcore_tools.discovery.parse.cst_statements import StatementReader

READ: dict[str, tuple[str, object]] = {
    # statements: a source, and what stands in the facts because of it
    "AnnAssign": ("x: a = b", ir.Name("b")),
    "Assert": ("assert f(b)", ir.Name("b")),
    "Assign": ("a = b", ir.Name("b")),
    "AugAssign": ("a += b", ir.Name("b")),
    "Break": ("while a:\n  break", ir.Jump("break")),
    "ClassDef": ("class A(b): pass", ir.Name("b")),
    "Continue": ("while a:\n  continue", ir.Jump("continue")),
    "Del": ("del b", ir.Delete((ir.Name("b"),))),
    "Expr": ("f(b)", ir.Name("b")),
    "For": ("for a in b: pass", ir.Name("b")),
    "FunctionDef": ("def f(): return b", ir.Name("b")),
    "Global": ("def f(): global b", ir.Global(("b",))),
    "If": ("if b: pass", ir.Name("b")),
    "Import": ("import b", ir.Import("b", None, 1)),
    "ImportFrom": ("from a import b", ir.ImportFrom("a", 0, (("b", "b"),), 1)),
    "LazyImport": ("lazy import b", ir.Import("b", None, 1)),
    "LazyImportFrom": ("lazy from a import b", ir.ImportFrom("a", 0, (("b", "b"),), 1)),
    "Match": ("match f(b):\n  case 1: pass", ir.Name("b")),
    "Nonlocal": ("def f():\n  def g(): nonlocal b", ir.Global(("b",), "nonlocal")),
    "Raise": ("def f(): raise b", ir.Jump("raise")),
    "Return": ("def f(): return b", ir.Return(ir.Name("b"))),
    "SimpleStatementLine": ("a = 1; a = b", ir.Name("b")),
    "Try": ("try: f(b)\nexcept a: pass", ir.Name("b")),
    "TryStar": ("try: f(b)\nexcept* a: pass", ir.Name("b")),
    "TypeAlias": ("type A[T] = b", ir.Name("b")),
    "While": ("while b: pass", ir.Name("b")),
    "With": ("with a as b: pass", ir.Name("b")),
    # expressions
    "Attribute": ("x = a.b", ir.Attribute(ir.Name("a"), "b")),
    "Await": ("async def f(): x = await g(b)", ir.Name("b")),
    "BinaryOperation": ("x = a + b", ir.Name("b")),
    "BooleanOperation": ("x = a or b", ir.Name("b")),
    "Call": ("x = a(b)", ir.Name("b")),
    "Comparison": ("x = a < b", ir.Name("b")),
    "ConcatenatedString": ("x = 'b' 'c'", ir.Const("bc")),
    "Dict": ("x = {a: b}", ir.Name("b")),
    "DictComp": ("x = {a: b for a in c}", ir.Name("b")),
    "Float": ("x = 1.5", ir.Const(1.5)),
    "FormattedString": ("x = f'{b}'", ir.Name("b")),
    "GeneratorExp": ("x = (b for a in c)", ir.Name("b")),
    "IfExp": ("x = a if b else c", ir.Name("b")),
    "Integer": ("x = 7", ir.Const(7)),
    "Lambda": ("x = lambda: b", ir.Name("b")),
    "List": ("x = [a, b]", ir.Name("b")),
    "ListComp": ("x = [b for a in c]", ir.Name("b")),
    "Name": ("x = b", ir.Name("b")),
    "NamedExpr": ("(x := b)", ir.Named("x", ir.Name("b"))),
    "Set": ("x = {a, b}", ir.Name("b")),
    "SetComp": ("x = {b for a in c}", ir.Name("b")),
    "SimpleString": ("x = 'b'", ir.Const("b")),
    "StarredElement": ("x = [*b]", ir.Starred(ir.Name("b"))),
    "Subscript": ("x = a[b]", ir.Name("b")),
    "TemplatedString": ("x = t'{b}'", ir.Name("b")),
    "Tuple": ("x = a, b", ir.Name("b")),
    "UnaryOperation": ("x = -b", ir.Name("b")),
    "Yield": ("def f(): yield b", ir.Name("b")),
    # patterns: what they bind
    "MatchAs": ("match a:\n  case [b]: pass", ir.Name("b")),
    "MatchClass": ("match a:\n  case A(b, x=1): pass", ir.Name("b")),
    "MatchKeywordElement": ("match a:\n  case A(x=b): pass", ir.Name("b")),
    "MatchList": ("match a:\n  case [b, _]: pass", ir.Name("b")),
    "MatchMapping": ("match a:\n  case {'x': 1, **b}: pass", ir.Name("b")),
    "MatchMappingElement": ("match a:\n  case {'x': b}: pass", ir.Name("b")),
    "MatchOr": ("match a:\n  case [b, 1] | (b, 2): pass", ir.Name("b")),
    "MatchOrElement": ("match a:\n  case [b] | {'x': b}: pass", ir.Name("b")),
    "MatchSequenceElement": ("match a:\n  case 1, b: pass", ir.Name("b")),
    "MatchStar": ("match a:\n  case [_, *b]: pass", ir.Name("b")),
    "MatchTuple": ("match a:\n  case (1, b): pass", ir.Name("b")),
}
REPORTED = {
    # these are values that nobody names a table with; what depends on them says that it is not known
    "Ellipsis": "x = ...",
    "Imaginary": "x = 1j",
    "StarredDictComp": "x = {**b for b in c}",
}
SILENT = {
    "Pass": "does nothing",
    "MatchSingleton": "binds nothing",
    "MatchValue": "binds nothing",
}
BASES = (
    cst.BaseStatement,
    cst.BaseSmallStatement,
    cst.BaseExpression,
    cst.MatchPattern,
    cst.MatchStar,
    cst.MatchSequenceElement,
    cst.MatchOrElement,
    cst.MatchMappingElement,
    cst.MatchKeywordElement,
)


def kinds(base: type) -> Iterator[type]:
    """`base` and what inherits it, as far as libcst makes nodes of it."""
    if not inspect.isabstract(base) and not base.__name__.startswith(("Base", "_")):
        yield base
    subclasses: list[type] = base.__subclasses__()
    for each in subclasses:
        if each.__module__.startswith("libcst."):
            yield from kinds(each)


NODES = sorted(
    {kind.__name__ for base in BASES for kind in kinds(base)} - {"MatchPattern", "MatchSequence"}
)


def facts(source: str) -> list[object]:
    """All facts of a source, with the bodies of its functions."""
    found = collect("m", "m.py", False, source.encode())
    assert isinstance(found, ir.ModuleFacts), found
    return [
        inner
        for node in ir.walk(found.body)
        for inner in ir.walk(read(node) if isinstance(node, ir.FunctionDef) else node)
    ]


def test_every_node_of_libcst_has_its_row() -> None:
    """A node that a later libcst has, and nobody here knows, is one of these rows to be written."""
    assert set(NODES) == READ.keys() | REPORTED.keys() | SILENT.keys()


@pytest.mark.parametrize("kind", READ)
def test_what_is_read_is_in_the_facts(kind: str) -> None:
    source, expected = READ[kind]
    tree = cst.parse_module(source)
    assert contains(tree, kind)
    assert expected in facts(source)


@pytest.mark.parametrize("kind", REPORTED)
def test_what_is_not_read_is_opaque(kind: str) -> None:
    source = REPORTED[kind]
    assert contains(cst.parse_module(source), kind)
    assert any(isinstance(node, ir.Opaque) for node in facts(source))


def contains(node: cst.CSTNode, kind: str) -> bool:
    return type(node).__name__ == kind or any(contains(each, kind) for each in node.children)


def test_readers_have_a_rule_for_each_row() -> None:
    """Whatever is missing among the rules is Opaque, or Unsupported, and so never passed over."""
    statements = {each.__name__ for base in BASES[:2] for each in kinds(base)}
    ruled = {name for name in statements if f"visit_{name}" in vars(StatementReader)}
    assert statements - ruled == {"SimpleStatementLine"}  # a row of others
    expressions = {each.__name__ for each in kinds(cst.BaseExpression)}
    assert expressions == {each.__name__ for each in RULES if each.__name__ in expressions}


def test_a_statement_without_a_rule_is_a_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(StatementReader, "visit_Global")
    assert ir.Unsupported("Global", 2) in facts("if 1:\n    global a\n")
