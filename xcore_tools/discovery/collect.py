"""One source file → its facts. The only module of discovery that knows libcst."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import cast

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from xcore_tools.discovery import syntax as s
from xcore_tools.discovery.bounds import MAX_SIZE, find_excess
from xcore_tools.discovery.facts import Problem
from xcore_tools.discovery.outline import make_outline

__all__ = ["check", "collect"]

_MAX_NESTING = 60
"""Expressions nested deeper are not read; nobody names a table with one."""

_MAX_ITEMS = 5000
"""Displays with more items are data, not declarations."""

LineOf = Callable[[cst.CSTNode], int]


def collect(module: str, path: str, is_package: bool, data: bytes) -> s.ModuleFacts | Problem:
    """The facts of the source file `data`, or the problem that kept it from being read.

    Never raises and never runs anything of the file, whatever its bytes are.
    """
    source = _decode(path, data)
    if isinstance(source, Problem):
        return source
    if len(source) > MAX_SIZE:
        return Problem(path, 0, "XT105", "error", f"file is larger than {MAX_SIZE} characters")
    if excess := find_excess(source):
        return Problem(path, excess[0], "XT104", "error", f"not parsed: {excess[1]}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the user's strings
            return s.ModuleFacts(module, path, is_package, _read(source))
    except cst.ParserSyntaxError as error:
        return Problem(path, error.raw_line, "XT101", "error", _first_line(error.message))
    except (RecursionError, ValueError, TypeError, IndexError, cst.CSTValidationError) as error:
        # libcst raises these for some text that is not Python; see its issues 1076 and 1213.
        return Problem(path, 0, "XT101", "error", f"cannot be parsed ({type(error).__name__})")


def check(path: str, data: bytes) -> Problem | None:
    """The problem that would keep the file from being read, without reading its facts; usually None."""
    source = _decode(path, data)
    if isinstance(source, Problem):
        return source
    if excess := find_excess(source):
        return Problem(path, excess[0], "XT104", "error", f"not parsed: {excess[1]}")
    if make_outline(source).lines is not None:
        return None
    outcome = collect("", path, False, data)  # the running Python may be older than the syntax
    return outcome if isinstance(outcome, Problem) else None


def _decode(path: str, data: bytes) -> str | Problem:
    """The text of a source file as PEP 263 reads it."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        source = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError, ValueError) as error:
        line = data.count(b"\n", 0, error.start) + 1 if isinstance(error, UnicodeDecodeError) else 1
        return Problem(path, line, "XT103", "error", _first_line(str(error)))
    if "\0" in source:
        line = source.count("\n", 0, source.index("\0")) + 1
        return Problem(path, line, "XT101", "error", "file contains a NUL byte")
    return source


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _read(source: str) -> s.Block:
    outline = make_outline(source)
    module = cst.parse_module(outline.text)
    if outline.lines is None:
        return _Reader(_lines_by_position(module), knows_calls=True).block(module.body)
    lines = iter(outline.lines)
    return _Reader(lambda _: next(lines), knows_calls=False).block(module.body)


def _lines_by_position(module: cst.Module) -> LineOf:
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    return lambda node: positions[node].start.line


class _Reader(cst.CSTVisitor):
    """Turns statements into facts. Each visit method reads one statement and ends the descent there,

    so libcst never walks the expressions; `line_of` is asked for every statement in source order.
    """

    def __init__(self, line_of: LineOf, *, knows_calls: bool) -> None:
        super().__init__()
        self._line_of = line_of
        self._knows_calls = knows_calls
        self._line = 0
        self._found: list[s.Statement] = []

    # -- blocks -------------------------------------------------------------------------------

    def block(self, body: Iterable[cst.CSTNode]) -> s.Block:
        """The facts of a sequence of statements, in order."""
        outer, self._found = self._found, []
        for statement in _small_statements(body):
            self._line = self._line_of(statement)
            statement.visit(self)
        found, self._found = self._found, outer
        return tuple(found)

    def _suite(self, node: cst.BaseSuite | cst.Else | cst.Finally | None) -> s.Block:
        if node is None:
            return ()
        suite = node.body if isinstance(node, cst.Else | cst.Finally) else node
        return self.block(cast(cst.BaseSuite, suite).body)

    # -- simple statements --------------------------------------------------------------------

    def visit_Import(self, node: cst.Import) -> bool:
        for name in node.names:
            alias = name.asname.name if name.asname else None
            self._found.append(
                s.Import(
                    _dotted(name.name),
                    alias.value if isinstance(alias, cst.Name) else None,
                    self._line,
                )
            )
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        names: list[tuple[str, str]] = []
        if isinstance(node.names, cst.ImportStar):
            names.append(("*", "*"))
        else:
            for name in node.names:
                plain = _dotted(name.name)
                alias = name.asname.name if name.asname else None
                names.append((plain, alias.value if isinstance(alias, cst.Name) else plain))
        module = _dotted(node.module) if node.module else None
        self._found.append(s.ImportFrom(module, len(node.relative), tuple(names), self._line))
        return False

    def visit_Assign(self, node: cst.Assign) -> bool:
        targets = tuple(self._expr(target.target) for target in node.targets)
        self._found.append(s.Assign(targets, self._expr(node.value), None, self._line))
        return False

    def visit_AnnAssign(self, node: cst.AnnAssign) -> bool:
        value = self._expr(node.value) if node.value else None
        annotation = self._expr(node.annotation.annotation)
        self._found.append(s.Assign((self._expr(node.target),), value, annotation, self._line))
        return False

    def visit_AugAssign(self, node: cst.AugAssign) -> bool:
        target = self._expr(node.target)
        operator = _operator(node.operator).removesuffix("=")
        value = s.Binary(operator, target, self._expr(node.value))
        self._found.append(s.Assign((target,), value, None, self._line))
        return False

    def visit_Expr(self, node: cst.Expr) -> bool:
        if isinstance(node.value, cst.Call | cst.NamedExpr):
            self._found.append(s.Expression(self._expr(node.value), self._line))
        return False

    def visit_Return(self, node: cst.Return) -> bool:
        self._found.append(s.Return(self._expr(node.value) if node.value else None))
        return False

    def visit_Global(self, node: cst.Global) -> bool:
        self._found.append(s.Global(tuple(item.name.value for item in node.names)))
        return False

    def visit_Raise(self, node: cst.Raise) -> bool:
        self._found.append(s.Jump("raise"))
        return False

    def visit_Break(self, node: cst.Break) -> bool:
        self._found.append(s.Jump("break"))
        return False

    def visit_Continue(self, node: cst.Continue) -> bool:
        self._found.append(s.Jump("continue"))
        return False

    def visit_Del(self, node: cst.Del) -> bool:
        target = node.target
        elements = [e.value for e in target.elements] if isinstance(target, cst.Tuple) else [target]
        names = tuple(e.value for e in elements if isinstance(e, cst.Name))
        self._found.append(s.Delete(names))
        return False

    # -- compound statements ------------------------------------------------------------------

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        line = self._line
        arguments = [*node.bases, *node.keywords]
        self._found.append(
            s.ClassDef(
                node.name.value,
                tuple(self._argument(a) for a in arguments if a.keyword is None and a.star != "**"),
                tuple(
                    self._keyword(a) for a in arguments if a.keyword is not None or a.star == "**"
                ),
                tuple(self._expr(d.decorator) for d in node.decorators),
                self._suite(node.body),
                line,
            )
        )
        return False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        line = self._line
        params = tuple(self._params(node.params))
        decorators = tuple(self._expr(d.decorator) for d in node.decorators)
        body = self._suite(node.body)
        kept = None if _is_ellipsis(node.body) else body
        self._found.append(s.FunctionDef(node.name.value, params, decorators, kept, line))
        return False

    def visit_If(self, node: cst.If) -> bool:
        test = self._expr(node.test)
        body = self._suite(node.body)
        orelse = (
            self.block([node.orelse])
            if isinstance(node.orelse, cst.If)
            else self._suite(node.orelse)
        )
        self._found.append(s.If(test, body, orelse))
        return False

    def visit_For(self, node: cst.For) -> bool:
        target, iterable = self._expr(node.target), self._expr(node.iter)
        self._found.append(s.For(target, iterable, self._suite(node.body)))
        self._found.extend(self._suite(node.orelse))
        return False

    def visit_While(self, node: cst.While) -> bool:
        test = self._expr(node.test)
        self._found.append(s.While(test, self._suite(node.body)))
        self._found.extend(self._suite(node.orelse))
        return False

    def visit_With(self, node: cst.With) -> bool:
        items = tuple(
            (self._expr(item.item), self._expr(item.asname.name) if item.asname else None)
            for item in node.items
        )
        self._found.append(s.With(items, self._suite(node.body)))
        return False

    def visit_Try(self, node: cst.Try) -> bool:
        return self._try(node)

    def visit_TryStar(self, node: cst.TryStar) -> bool:
        return self._try(node)

    def _try(self, node: cst.Try | cst.TryStar) -> bool:
        body = self._suite(node.body)
        handlers = tuple(self._suite(handler.body) for handler in node.handlers)
        orelse, final = self._suite(node.orelse), self._suite(node.finalbody)
        self._found.append(s.Try(body, handlers, orelse, final))
        return False

    def visit_Match(self, node: cst.Match) -> bool:
        self._found.append(s.Branches(tuple(self._suite(case.body) for case in node.cases)))
        return False

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Ends the descent at every statement that has no method of its own."""
        method = getattr(self, f"visit_{type(node).__name__}", None)
        return bool(method(node)) if method else False

    # -- expressions --------------------------------------------------------------------------

    def _expr(self, node: cst.CSTNode, depth: int = 0) -> s.Expr:
        read = _EXPRESSIONS.get(type(node))
        if read is None or depth > _MAX_NESTING:
            return s.Opaque(type(node).__name__)
        return read(self, node, depth + 1)

    def _argument(self, arg: cst.Arg, depth: int = 0) -> s.Expr:
        value = self._expr(arg.value, depth)
        return s.Starred(value) if arg.star == "*" else value

    def _keyword(self, arg: cst.Arg, depth: int = 0) -> s.Keyword:
        return s.Keyword(arg.keyword.value if arg.keyword else None, self._expr(arg.value, depth))

    def _params(self, node: cst.Parameters) -> Iterator[s.Param]:
        for param in (*node.posonly_params, *node.params):
            yield self._param(param, "plain")
        if isinstance(node.star_arg, cst.Param):
            yield self._param(node.star_arg, "star")
        for param in node.kwonly_params:
            yield self._param(param, "keyword")
        if node.star_kwarg:
            yield self._param(node.star_kwarg, "double")

    def _param(self, node: cst.Param, kind: str) -> s.Param:
        default = self._expr(node.default) if node.default else None
        return s.Param(node.name.value, default, kind)  # type: ignore[arg-type]

    def _call(self, node: cst.Call, depth: int) -> s.Expr:
        plain = [a for a in node.args if a.keyword is None and a.star != "**"]
        named = [a for a in node.args if a.keyword is not None or a.star == "**"]
        line = self._line_of(node) if self._knows_calls else self._line
        return s.Call(
            self._expr(node.func, depth),
            tuple(self._argument(a, depth) for a in plain),
            tuple(self._keyword(a, depth) for a in named),
            line,
        )

    def _items(self, elements: Sequence[cst.BaseElement], depth: int) -> tuple[s.Expr, ...]:
        return tuple(
            s.Starred(self._expr(e.value, depth))
            if isinstance(e, cst.StarredElement)
            else self._expr(e.value, depth)
            for e in elements[:_MAX_ITEMS]
        )

    def _dict(self, node: cst.Dict, depth: int) -> s.Expr:
        if len(node.elements) > _MAX_ITEMS:
            return s.Opaque("large dict")
        return s.Dict(
            tuple(
                (
                    self._expr(e.key, depth) if isinstance(e, cst.DictElement) else None,
                    self._expr(e.value, depth),
                )
                for e in node.elements
            )
        )

    def _subscript(self, node: cst.Subscript, depth: int) -> s.Expr:
        parts = [self._index(element.slice, depth) for element in node.slice]
        index = parts[0] if len(parts) == 1 else s.Sequence("tuple", tuple(parts))
        return s.Subscript(self._expr(node.value, depth), index)

    def _index(self, node: cst.BaseSlice, depth: int) -> s.Expr:
        if isinstance(node, cst.Slice):
            return s.Slice(
                *(self._expr(p, depth) if p else None for p in (node.lower, node.upper, node.step))
            )
        index = cast(cst.Index, node)
        value = self._expr(index.value, depth)
        return s.Starred(value) if index.star else value

    def _comparison(self, node: cst.Comparison, depth: int) -> s.Expr:
        return s.Compare(
            self._expr(node.left, depth),
            tuple(_operator(part.operator) for part in node.comparisons),
            tuple(self._expr(part.comparator, depth) for part in node.comparisons),
        )

    def _formatted(self, node: cst.FormattedString, depth: int) -> s.Expr:
        if "b" in node.prefix.lower():
            return s.Opaque("bytes")
        quote, raw = node.end, "r" in node.prefix.lower()
        return s.FormattedString(tuple(self._format_part(p, quote, raw, depth) for p in node.parts))

    def _format_part(
        self, part: cst.BaseFormattedStringContent, quote: str, raw: bool, depth: int
    ) -> s.Expr:
        if isinstance(part, cst.FormattedStringText):
            text = part.value.replace("{{", "{").replace("}}", "}")
            return s.Const(text) if raw or "\\" not in text else _string(f"{quote}{text}{quote}")
        expression = cast(cst.FormattedStringExpression, part)
        spec = None
        if expression.format_spec:
            spec = s.FormattedString(
                tuple(self._format_part(p, quote, raw, depth) for p in expression.format_spec)
            )
        value = self._expr(expression.expression, depth)
        return s.FormatPart(value, expression.conversion, spec)

    def _concatenated(self, node: cst.ConcatenatedString, depth: int) -> s.Expr:
        parts = [self._expr(part, depth) for part in _flat_strings(node)]
        return reduce(lambda left, right: s.Binary("+", left, right), parts)

    def _comprehension(self, node: cst.BaseComp, depth: int) -> s.Expr:
        kinds = {
            cst.ListComp: "list",
            cst.SetComp: "set",
            cst.DictComp: "dict",
            cst.GeneratorExp: "generator",
        }
        clauses: list[s.Clause] = []
        part: cst.CompFor | None = node.for_in
        while part is not None:
            conditions = tuple(self._expr(condition.test, depth) for condition in part.ifs)
            clauses.append(
                s.Clause(self._expr(part.target, depth), self._expr(part.iter, depth), conditions)
            )
            part = part.inner_for_in
        key = self._expr(node.key, depth) if isinstance(node, cst.DictComp) else None
        element = node.value if isinstance(node, cst.DictComp) else node.elt  # type: ignore[attr-defined]
        return s.Comprehension(kinds[type(node)], key, self._expr(element, depth), tuple(clauses))  # type: ignore[arg-type,index]


# -- pieces that need no state ------------------------------------------------------------------


def _small_statements(body: Iterable[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    for statement in body:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        else:
            yield statement


def _is_ellipsis(body: cst.BaseSuite) -> bool:
    statements = list(_small_statements(body.body))
    only = statements[0] if len(statements) == 1 else None
    return isinstance(only, cst.Expr) and isinstance(only.value, cst.Ellipsis)


def _dotted(node: cst.CSTNode) -> str:
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        node = node.value
    names.append(cast(cst.Name, node).value)
    return ".".join(reversed(names))


def _operator(node: cst.CSTNode) -> str:
    """The operator as written: `+`, `not in`, `and`."""
    return _OPERATORS[type(node)]


_OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.MatrixMultiply: "@",
    cst.AddAssign: "+=",
    cst.SubtractAssign: "-=",
    cst.MultiplyAssign: "*=",
    cst.DivideAssign: "/=",
    cst.FloorDivideAssign: "//=",
    cst.ModuloAssign: "%=",
    cst.PowerAssign: "**=",
    cst.BitAndAssign: "&=",
    cst.BitOrAssign: "|=",
    cst.BitXorAssign: "^=",
    cst.LeftShiftAssign: "<<=",
    cst.RightShiftAssign: ">>=",
    cst.MatrixMultiplyAssign: "@=",
    cst.Not: "not",
    cst.Minus: "-",
    cst.Plus: "+",
    cst.BitInvert: "~",
    cst.And: "and",
    cst.Or: "or",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.Is: "is",
    cst.IsNot: "is not",
}


def _flat_strings(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    while isinstance(node, cst.ConcatenatedString):
        yield node.left
        node = node.right
    yield node


def _string(literal: str) -> s.Expr:
    """The text that a string literal stands for."""
    try:
        value = ast.literal_eval(literal)
    except (SyntaxError, ValueError, MemoryError):
        return s.Opaque("a string that cannot be read")
    return s.Const(value) if isinstance(value, str) else s.Opaque("bytes")


def _name(node: cst.Name) -> s.Expr:
    constants: dict[str, bool | None] = {"True": True, "False": False, "None": None}
    return s.Const(constants[node.value]) if node.value in constants else s.Name(node.value)


def _integer(node: cst.Integer) -> s.Expr:
    if len(node.value) > 18:  # beyond 64 bits, and never part of a name
        return s.Opaque("long number")
    return s.Const(cast(int, node.evaluated_value))


def _display(kind: str) -> Callable[[_Reader, cst.CSTNode, int], s.Expr]:
    def read(reader: _Reader, node: cst.CSTNode, depth: int) -> s.Expr:
        elements = cast(cst.Tuple, node).elements
        if len(elements) > _MAX_ITEMS:
            return s.Opaque(f"large {kind}")
        return s.Sequence(kind, reader._items(elements, depth))  # type: ignore[arg-type]

    return read


_EXPRESSIONS: dict[type[cst.CSTNode], Callable[[_Reader, cst.CSTNode, int], s.Expr]] = cast(
    "dict[type[cst.CSTNode], Callable[[_Reader, cst.CSTNode, int], s.Expr]]",
    {
        cst.Name: lambda r, n, d: _name(n),
        cst.Attribute: lambda r, n, d: s.Attribute(r._expr(n.value, d), n.attr.value),
        cst.SimpleString: lambda r, n, d: _string(n.value),
        cst.ConcatenatedString: _Reader._concatenated,
        cst.FormattedString: _Reader._formatted,
        cst.Integer: lambda r, n, d: _integer(n),
        cst.Float: lambda r, n, d: s.Const(n.evaluated_value),
        cst.Call: _Reader._call,
        cst.Tuple: _display("tuple"),
        cst.List: _display("list"),
        cst.Set: _display("set"),
        cst.Dict: _Reader._dict,
        cst.Subscript: _Reader._subscript,
        cst.BinaryOperation: lambda r, n, d: s.Binary(
            _operator(n.operator), r._expr(n.left, d), r._expr(n.right, d)
        ),
        cst.BooleanOperation: lambda r, n, d: s.Boolean(
            _operator(n.operator), r._expr(n.left, d), r._expr(n.right, d)
        ),
        cst.UnaryOperation: lambda r, n, d: s.Unary(
            _operator(n.operator), r._expr(n.expression, d)
        ),
        cst.Comparison: _Reader._comparison,
        cst.IfExp: lambda r, n, d: s.Conditional(
            r._expr(n.test, d), r._expr(n.body, d), r._expr(n.orelse, d)
        ),
        cst.Lambda: lambda r, n, d: s.Lambda(tuple(r._params(n.params)), r._expr(n.body, d)),
        cst.NamedExpr: lambda r, n, d: s.Named(n.target.value, r._expr(n.value, d)),
        cst.StarredElement: lambda r, n, d: s.Starred(r._expr(n.value, d)),
        cst.Await: lambda r, n, d: s.Opaque("await"),
        cst.ListComp: _Reader._comprehension,
        cst.SetComp: _Reader._comprehension,
        cst.DictComp: _Reader._comprehension,
        cst.GeneratorExp: _Reader._comprehension,
    },
)
