"""Statements of a parsed file, as facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

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

    def visit_Import(self, node: cst.Import) -> bool:
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

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
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
        if isinstance(node.value, cst.Call | cst.NamedExpr | cst.Yield):
            self._found.append(ir.Expression(self._expr(node.value), self._line))
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
        handlers = tuple(self._suite(handler.body) for handler in node.handlers)
        orelse, final = self._suite(node.orelse), self._suite(node.finalbody)
        self._found.append(ir.Try(body, handlers, orelse, final))
        return False

    def visit_Match(self, node: cst.Match) -> bool:
        """`match subject: cases`"""
        self._found.append(ir.Branches(tuple(self._suite(case.body) for case in node.cases)))
        return False

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Ends the descent at every statement that has no method of its own."""
        method = getattr(self, f"visit_{type(node).__name__}", None)
        return bool(method(node)) if method else False


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
