"""Statements that are facts before libcst sees the text: imports, functions left unread, plain assignments."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

from xcore_tools.discovery import ir
from xcore_tools.discovery.catalog.symbols import TABLE
from xcore_tools.discovery.parse.ast_expressions import NotPlainError, PlainReader, word

_CALLED = re.compile(r"(?<!\w)(\w++)\s*+\(")
_WORTH_IT = 8
"""Characters of arguments: shorter ones are as quickly read."""


class ReadyReader:
    """Reads statements of one `source`, whose lines begin at `starts`."""

    def __init__(self, source: str, starts: Sequence[int]) -> None:
        self._source = source
        self._starts = starts
        self._plain = PlainReader()

    def facts_of(self, statement: ast.stmt, *, is_in_class: bool) -> list[ir.Statement]:
        """The facts of a statement; none if it has to be read more closely."""
        rule = _RULES.get(type(statement))
        if rule is None:
            return []
        self._plain.line = statement.lineno
        try:
            return rule(self, statement, is_in_class)
        except NotPlainError:
            return []

    def unread_of(self, statement: ast.Assign | ast.AnnAssign) -> tuple[int, int, ir.Unread] | None:
        """Where the arguments of `name = call(…)` begin and end, to be read when somebody asks for them.

        None if they may bind a name or make a table, or share a line with something else.
        """
        call, line = statement.value, statement.lineno
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
        if (
            not isinstance(call, ast.Call)
            or not isinstance(target, ast.Name)
            or target.id.startswith("__")
            or call.func.end_lineno != line
            or (isinstance(statement, ast.Assign) and len(statement.targets) > 1)
        ):
            return None
        last = call.end_lineno or line
        first, end_of_last = self._starts[line - 1], self._starts[last]
        start = first + (call.func.end_col_offset or 0)
        end = self._starts[last - 1] + (call.end_col_offset or 0)
        text = self._source[start:end]
        if len(text) < _WORTH_IT or not (text.startswith("(") and text.endswith(")")):
            return None
        before = self._source[first : first + statement.col_offset]
        after = self._source[end:end_of_last].lstrip()
        if before.strip() or (after and not after.startswith("#")):
            return None
        if not self._source[first:end_of_last].isascii() or ":=" in text:
            return None
        calls = tuple(sorted(set(_CALLED.findall(text))))
        if "type" in calls or any(name.endswith(TABLE.name) for name in calls):
            return None
        return start, end, ir.Unread(text, line, calls)

    def _import(self, statement: ast.Import, _: bool) -> list[ir.Statement]:
        names = [(word(name.name), name.asname and word(name.asname)) for name in statement.names]
        return [ir.Import(name, alias, statement.lineno) for name, alias in names]

    def _import_from(self, statement: ast.ImportFrom, _: bool) -> list[ir.Statement]:
        module = statement.module and word(statement.module)
        names = tuple(
            [(word(name.name), word(name.asname or name.name)) for name in statement.names]
        )
        return [ir.ImportFrom(module, statement.level, names, statement.lineno)]

    def _function(
        self, statement: ast.FunctionDef | ast.AsyncFunctionDef, _: bool
    ) -> list[ir.Statement]:
        line = statement.lineno
        if statement.body[0].lineno == line or not statement.name.isascii():
            return []
        decorators = tuple([self._plain.read(node) for node in statement.decorator_list])
        text = self._source[self._starts[line - 1] : self._starts[statement.end_lineno or line]]
        return [ir.FunctionDef(statement.name, (), decorators, None, line, ir.Unread(text, line))]

    def _assign(self, statement: ast.Assign, is_in_class: bool) -> list[ir.Statement]:
        targets = tuple([self._plain.read(target) for target in statement.targets])
        value = self._value(statement, statement.value, is_in_class)
        return [ir.Assign(targets, value, None, statement.lineno)]

    def _annotated(self, statement: ast.AnnAssign, is_in_class: bool) -> list[ir.Statement]:
        target = self._plain.read(statement.target)
        annotation = self._plain.read(statement.annotation)
        value = self._value(statement, statement.value, is_in_class) if statement.value else None
        return [ir.Assign((target,), value, annotation, statement.lineno)]

    def _value(
        self, statement: ast.Assign | ast.AnnAssign, value: ast.expr, is_in_class: bool
    ) -> ir.Expr:
        """What is assigned; in a class, a call without its arguments."""
        unread = self.unread_of(statement) if is_in_class else None
        if unread is None or not isinstance(value, ast.Call):
            return self._plain.read(value)
        return ir.Call(self._plain.read(value.func), (), (), statement.lineno, unread[2])

    def _expression(self, statement: ast.Expr, _: bool) -> list[ir.Statement]:
        if not isinstance(statement.value, ast.Call):
            return []
        return [ir.Expression(self._plain.read(statement.value), statement.lineno)]


_RULES: dict[type[ast.stmt], Callable[[ReadyReader, Any, bool], list[ir.Statement]]] = {
    ast.Import: ReadyReader._import,
    ast.ImportFrom: ReadyReader._import_from,
    ast.FunctionDef: ReadyReader._function,
    ast.AsyncFunctionDef: ReadyReader._function,
    ast.Assign: ReadyReader._assign,
    ast.AnnAssign: ReadyReader._annotated,
    ast.Expr: ReadyReader._expression,
}
