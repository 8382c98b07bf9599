"""Statements of a parsed file, as facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, cast

import libcst as cst
import msgspec

from xcore_tools.discovery import ir
from xcore_tools.discovery.parse.cst_expressions import ExpressionReader, LineOf
from xcore_tools.discovery.parse.cst_literals import operator_text


class StatementReader(cst.CSTVisitor):
    """Turns statements into facts. Each visit method reads one statement and ends the descent there,

    so libcst never walks the expressions; `line_of` is asked for every statement in source order.
    `functions` says for each function in that order what was cut of it, None for nothing; `arguments`,
    what was cut of a call that is assigned in a line, and `ready`, what each `...` stands for.
    """

    def __init__(
        self,
        line_of: LineOf,
        functions: Iterable[ir.Unread | None] = (),
        arguments: Mapping[int, ir.Unread] | None = None,
        ready: Iterable[ir.Block] = (),
        *,
        knows_calls: bool,
    ) -> None:
        super().__init__()
        self._line_of = line_of
        self._functions = iter(functions)
        self._arguments = arguments or {}
        self._ready = iter(ready)
        self._line = 0
        self._found: list[ir.Statement] = []
        self._expressions = ExpressionReader(line_of if knows_calls else None)
        self._expr = self._expressions.read

    # -- blocks -------------------------------------------------------------------------------

    def block(self, body: Iterable[cst.CSTNode]) -> ir.Block:
        """The facts of a sequence of statements, in order."""
        outer, self._found = self._found, []
        for statement in _small_statements(body):
            self._line = self._expressions.line = self._line_of(statement)
            statement.visit(self)
        found, self._found = self._found, outer
        return tuple(found)

    def _suite(self, node: cst.BaseSuite | cst.Else | cst.Finally | None) -> ir.Block:
        if node is None:
            return ()
        suite = node.body if isinstance(node, cst.Else | cst.Finally) else node
        return self.block(suite.body)

    # -- simple statements --------------------------------------------------------------------

    def visit_Import(self, node: cst.Import | cst.LazyImport) -> bool:
        """`import …`"""
        for name in node.names:
            alias = name.asname.name if name.asname else None
            self._found.append(
                ir.Import(
                    _dotted(name.name),
                    alias.value if isinstance(alias, cst.Name) else None,
                    self._line,
                )
            )
        return False

    def visit_LazyImport(self, node: cst.LazyImport) -> bool:
        """`lazy import …` binds what `import …` does."""
        return self.visit_Import(node)

    def visit_LazyImportFrom(self, node: cst.LazyImportFrom) -> bool:
        """`lazy from … import …`"""
        return self.visit_ImportFrom(node)

    def visit_ImportFrom(self, node: cst.ImportFrom | cst.LazyImportFrom) -> bool:
        """`from … import …`"""
        names: list[tuple[str, str]] = []
        if isinstance(node.names, cst.ImportStar):
            names.append(("*", "*"))
        else:
            for name in node.names:
                plain = _dotted(name.name)
                alias = name.asname.name if name.asname else None
                names.append((plain, alias.value if isinstance(alias, cst.Name) else plain))
        module = _dotted(node.module) if node.module else None
        self._found.append(ir.ImportFrom(module, len(node.relative), tuple(names), self._line))
        return False

    def visit_Assign(self, node: cst.Assign) -> bool:
        """`targets = value`"""
        targets = tuple(self._expr(target.target) for target in node.targets)
        self._found.append(ir.Assign(targets, self._value(node.value), None, self._line))
        return False

    def _value(self, node: cst.BaseExpression) -> ir.Expr:
        """What is assigned; a call without the arguments that were cut."""
        value = self._expr(node)
        unread = self._arguments.get(self._line)
        if unread is not None and isinstance(value, ir.Call):
            return msgspec.structs.replace(value, unread=unread)
        return value

    def visit_AnnAssign(self, node: cst.AnnAssign) -> bool:
        """`target: annotation = value`"""
        value = self._value(node.value) if node.value else None
        annotation = self._expr(node.annotation.annotation)
        self._found.append(ir.Assign((self._expr(node.target),), value, annotation, self._line))
        return False

    def visit_AugAssign(self, node: cst.AugAssign) -> bool:
        """`target += value` is read as `target = target += value`, if that were an expression."""
        target = self._expr(node.target)
        operator = operator_text(node.operator)
        value = ir.Binary(operator, target, self._expr(node.value))
        self._found.append(ir.Assign((target,), value, None, self._line))
        return False

    def visit_Expr(self, node: cst.Expr) -> bool:
        """Of expressions standing alone, only those that may change something, or stand for facts."""
        if isinstance(node.value, cst.Ellipsis):
            self._found += next(self._ready, ())
        self._effect(node.value)
        return False

    def visit_Assert(self, node: cst.Assert) -> bool:
        """`assert test, message`: what is tested may bind a name, or make something."""
        self._effect(node.test)
        return False

    def _effect(self, node: cst.BaseExpression) -> None:
        """Keeps an expression for what it does, not for its value."""
        if not isinstance(node, _IDLE):
            self._found.append(ir.Expression(self._expr(node), self._line))

    def visit_TypeAlias(self, node: cst.TypeAlias) -> bool:
        """`type name = value`"""
        given = node.type_parameters.params if node.type_parameters else ()
        params = tuple(self._type_param(each) for each in given)
        self._found.append(
            ir.TypeAlias(node.name.value, params, self._expr(node.value), self._line)
        )
        return False

    def _type_param(self, node: cst.TypeParam) -> ir.Param:
        default = self._expr(node.default) if node.default else None
        kind: Literal["plain", "star"] = (
            "star" if isinstance(node.param, cst.TypeVarTuple) else "plain"
        )
        return ir.Param(node.param.name.value, default, kind)

    def visit_Pass(self, node: cst.Pass) -> bool:
        """`pass` says nothing."""
        return False

    def visit_Return(self, node: cst.Return) -> bool:
        """`return value`"""
        self._found.append(ir.Return(self._expr(node.value) if node.value else None))
        return False

    def visit_Global(self, node: cst.Global) -> bool:
        """`global names`"""
        self._found.append(ir.Global(tuple(item.name.value for item in node.names)))
        return False

    def visit_Nonlocal(self, node: cst.Nonlocal) -> bool:
        """`nonlocal names`"""
        names = tuple(item.name.value for item in node.names)
        self._found.append(ir.Global(names, "nonlocal"))
        return False

    def visit_Raise(self, node: cst.Raise) -> bool:
        """`raise …`"""
        self._found.append(ir.Jump("raise"))
        return False

    def visit_Break(self, node: cst.Break) -> bool:
        """`break`"""
        self._found.append(ir.Jump("break"))
        return False

    def visit_Continue(self, node: cst.Continue) -> bool:
        """`continue`"""
        self._found.append(ir.Jump("continue"))
        return False

    def visit_Del(self, node: cst.Del) -> bool:
        """`del targets`"""
        target = self._expr(node.target)
        self._found.append(
            ir.Delete(target.items if isinstance(target, ir.Sequence) else (target,))
        )
        return False

    # -- compound statements ------------------------------------------------------------------

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        """`class name(bases, keywords): body`"""
        line = self._line
        arguments = [*node.bases, *node.keywords]
        self._found.append(
            ir.ClassDef(
                node.name.value,
                tuple(
                    self._expressions.argument(a)
                    for a in arguments
                    if a.keyword is None and a.star != "**"
                ),
                tuple(
                    self._expressions.keyword(a)
                    for a in arguments
                    if a.keyword is not None or a.star == "**"
                ),
                tuple(self._expr(d.decorator) for d in node.decorators),
                self._suite(node.body),
                line,
            )
        )
        return False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        """`def name(params): body`"""
        line = self._line
        params = tuple(self._expressions.params(node.params))
        decorators = tuple(self._expr(d.decorator) for d in node.decorators)
        unread = next(self._functions, None)
        body = self._suite(node.body) if unread is None else None
        kept = None if _is_ellipsis(node.body) else body
        returns = self._expr(node.returns.annotation) if node.returns else None
        self._found.append(
            ir.FunctionDef(node.name.value, params, decorators, kept, line, unread, returns)
        )
        return False

    def visit_If(self, node: cst.If) -> bool:
        """`if test: body` with its `elif` and `else`"""
        test = self._expr(node.test)
        body = self._suite(node.body)
        orelse = (
            self.block([node.orelse])
            if isinstance(node.orelse, cst.If)
            else self._suite(node.orelse)
        )
        self._found.append(ir.If(test, body, orelse))
        return False

    def visit_For(self, node: cst.For) -> bool:
        """`for target in iterable: body else: orelse`"""
        target, iterable = self._expr(node.target), self._expr(node.iter)
        body, orelse = self._suite(node.body), self._suite(node.orelse)
        self._found.append(ir.For(target, iterable, body, orelse))
        return False

    def visit_While(self, node: cst.While) -> bool:
        """`while test: body else: orelse`"""
        test = self._expr(node.test)
        body, orelse = self._suite(node.body), self._suite(node.orelse)
        self._found.append(ir.While(test, body, orelse))
        return False

    def visit_With(self, node: cst.With) -> bool:
        """`with items: body`"""
        items = tuple(
            (self._expr(item.item), self._expr(item.asname.name) if item.asname else None)
            for item in node.items
        )
        self._found.append(ir.With(items, self._suite(node.body)))
        return False

    def visit_Try(self, node: cst.Try) -> bool:
        """`try: body`"""
        return self._try(node)

    def visit_TryStar(self, node: cst.TryStar) -> bool:
        """`try: body` with `except*`"""
        return self._try(node)

    def _try(self, node: cst.Try | cst.TryStar) -> bool:
        body = self._suite(node.body)
        handlers = tuple(self._handler(handler) for handler in node.handlers)
        orelse, final = self._suite(node.orelse), self._suite(node.finalbody)
        self._found.append(ir.Try(body, handlers, orelse, final))
        return False

    def _handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> ir.Block:
        """The block of `except … as name`, after what binds the name."""
        line = self._line
        body = self._suite(node.body)
        if node.name is None:
            return body
        target = self._expr(node.name.name)
        return (ir.Assign((target,), ir.Opaque("an exception"), None, line), *body)

    def visit_Match(self, node: cst.Match) -> bool:
        """`match subject: cases`"""
        self._effect(node.subject)
        line = self._line
        self._found.append(ir.Branches(tuple(self._case(case, line) for case in node.cases)))
        return False

    def _case(self, node: cst.MatchCase, line: int) -> ir.Block:
        """The block of `case pattern if guard`, after what the pattern and the guard bind."""
        names = tuple(map(ir.Name, names_of_pattern(node.pattern)))
        bound = ir.Assign(names, ir.Opaque("what a pattern matches"), None, line)
        guard = self._expr(node.guard) if node.guard else None
        return (
            *((bound,) if names else ()),
            *((ir.Expression(guard, line),) if guard and not isinstance(node.guard, _IDLE) else ()),
            *self._suite(node.body),
        )

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Ends the descent at every statement; one that has no method of its own is not passed over."""
        kind = type(node).__name__
        method = vars(StatementReader).get(
            f"visit_{kind}"
        )  # libcst has an empty one for every kind
        if method is not None:
            return bool(method(self, node))
        self._found.append(ir.Unsupported(kind, self._line))
        return False


_IDLE = (
    cst.Name,
    cst.Attribute,
    cst.SimpleString,
    cst.ConcatenatedString,
    cst.Ellipsis,
    cst.Integer,
    cst.Float,
    cst.Imaginary,
)
"""Expressions that change nothing where they stand alone."""


def names_of_pattern(node: cst.CSTNode) -> tuple[str, ...]:
    """The names that a pattern of `case` binds, each once."""
    found: list[str] = []
    stack = [node]
    while stack:
        each = stack.pop()
        own = getattr(each, _CAPTURES[type(each)]) if type(each) in _CAPTURES else None
        if isinstance(own, cst.Name):
            found.append(own.value)
        if not isinstance(each, cst.BaseExpression):  # a value, or the name of a class
            stack += each.children
    return tuple(sorted(set(found)))


_CAPTURES: dict[type[cst.CSTNode], str] = {
    cst.MatchAs: "name",
    cst.MatchStar: "name",
    cst.MatchMapping: "rest",
}
"""The patterns that bind a name, and where they keep it."""


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
