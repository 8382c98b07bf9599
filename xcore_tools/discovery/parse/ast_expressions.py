"""Assignments of plain shape as facts, straight from the tree that `ast` made for the outline.

Constants, names, displays of them and calls with them are most of what stands in modules and classes, and
libcst reads them fifty times as slowly. Whatever asks for a closer look (tables, conditions, operators,
comprehensions, lambdas, formatted strings, names beyond ASCII) is not plain and left to libcst.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

from xcore_tools.discovery import ir
from xcore_tools.discovery.catalog.symbols import TABLE

MAX_ITEMS = 5000
"""Displays with more items are data, not declarations."""

MAX_DIGITS = 18
"""Longer numbers are beyond 64 bits, and never part of a name."""

_MAX_NESTING = 30
"""Far less than libcst's visitor reads."""


class NotPlainError(Exception):
    """An expression has no plain shape."""


class PlainReader:
    """Turns plain expressions into the facts that libcst's visitor would make of them.

    Calls get the `line` of their statement, which whoever reads the statement sets.
    """

    def __init__(self) -> None:
        self.line = 0

    def read(self, node: ast.expr, depth: int = 0) -> ir.Expr:
        """The facts of one expression.

        Raises:
            NotPlainError: it has no plain shape.
        """
        rule = _RULES.get(type(node))
        if rule is None or depth > _MAX_NESTING:
            raise NotPlainError
        return rule(self, node, depth + 1)

    def _read_all(self, nodes: Iterable[ast.expr], depth: int) -> tuple[ir.Expr, ...]:
        return tuple([self.read(node, depth) for node in nodes])

    def _attribute(self, node: ast.Attribute, depth: int) -> ir.Expr:
        return ir.Attribute(self.read(node.value, depth), word(node.attr))

    def _call(self, node: ast.Call, depth: int) -> ir.Expr:
        func = self.read(node.func, depth)
        if getattr(func, "name", getattr(func, "id", "")).endswith(TABLE.name):
            raise NotPlainError
        keywords = tuple([self._keyword(keyword, depth) for keyword in node.keywords])
        return ir.Call(func, self._read_all(node.args, depth), keywords, self.line)

    def _keyword(self, node: ast.keyword, depth: int) -> ir.Keyword:
        return ir.Keyword(node.arg and word(node.arg), self.read(node.value, depth))

    def _subscript(self, node: ast.Subscript, depth: int) -> ir.Expr:
        index = node.slice
        if isinstance(index, ast.Tuple) and len(index.elts) < 2:
            raise NotPlainError  # `a[b,]`
        return ir.Subscript(self.read(node.value, depth), self.read(index, depth))

    def _union(self, node: ast.BinOp, depth: int) -> ir.Expr:
        if not isinstance(node.op, ast.BitOr):
            raise NotPlainError
        return ir.Binary("|", self.read(node.left, depth), self.read(node.right, depth))

    def _negative(self, node: ast.UnaryOp, depth: int) -> ir.Expr:
        if not isinstance(node.op, ast.USub):
            raise NotPlainError
        return ir.Unary("-", self.read(node.operand, depth))

    def _display(self, node: ast.Tuple | ast.List | ast.Set, depth: int) -> ir.Expr:
        kind = _KINDS[type(node)]
        if len(node.elts) > MAX_ITEMS:
            return ir.Opaque(f"large {kind}")
        return ir.Sequence(kind, self._read_all(node.elts, depth))

    def _starred(self, node: ast.Starred, depth: int) -> ir.Expr:
        return ir.Starred(self.read(node.value, depth))

    def _dict(self, node: ast.Dict, depth: int) -> ir.Expr:
        if len(node.keys) > MAX_ITEMS:
            return ir.Opaque("large dict")
        items = zip(node.keys, node.values, strict=True)
        return ir.Dict(
            tuple(
                [
                    (self.read(key, depth) if key else None, self.read(value, depth))
                    for key, value in items
                ]
            )
        )


def _name(_: PlainReader, node: ast.Name, __: int) -> ir.Expr:
    return ir.Name(word(node.id))


def _constant(_: PlainReader, node: ast.Constant, __: int) -> ir.Expr:
    value = node.value
    if type(value) is int and (node.end_col_offset or 0) - node.col_offset > MAX_DIGITS:
        raise NotPlainError
    if value is None or isinstance(value, int | float):
        return ir.Const(value)
    if isinstance(value, str) and not is_half(value):
        return ir.Const(value)
    raise NotPlainError


_SURROGATE = re.compile(r"[\ud800-\udfff]")


def is_half(value: str) -> bool:
    """Whether a string holds half of a character: it cannot be written anywhere then."""
    return not value.isascii() and _SURROGATE.search(value) is not None


def word(name: str) -> str:
    """`name` as it is.

    Raises:
        NotPlainError: Python means another spelling of it, perhaps.
    """
    if not name.isascii():
        raise NotPlainError
    return name


_KINDS: dict[type[ast.expr], Literal["tuple", "list", "set"]] = {
    ast.Tuple: "tuple",
    ast.List: "list",
    ast.Set: "set",
}

_RULES: dict[type[ast.expr], Callable[[PlainReader, Any, int], ir.Expr]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: PlainReader._attribute,
    ast.Call: PlainReader._call,
    ast.Subscript: PlainReader._subscript,
    ast.BinOp: PlainReader._union,
    ast.UnaryOp: PlainReader._negative,
    ast.Tuple: PlainReader._display,
    ast.List: PlainReader._display,
    ast.Set: PlainReader._display,
    ast.Starred: PlainReader._starred,
    ast.Dict: PlainReader._dict,
}
