"""Names, operators and literals: leaves of expressions, as facts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from xcore_tools.discovery import ir
from xcore_tools.discovery.parse.ast_expressions import MAX_DIGITS, is_half


def name(node: cst.Name) -> ir.Expr:
    """A name, or the constant that is written like one."""
    constants: dict[str, bool | None] = {"True": True, "False": False, "None": None}
    return ir.Const(constants[node.value]) if node.value in constants else ir.Name(node.value)


def integer(node: cst.Integer) -> ir.Expr:
    """A whole number of ordinary length."""
    if len(node.value) > MAX_DIGITS:
        return ir.Opaque("long number")
    return ir.Const(node.evaluated_value)


def text(literal: str) -> ir.Expr:
    """The text that a string literal stands for."""
    try:
        value = ast.literal_eval(literal)
    except (SyntaxError, ValueError, MemoryError):
        return ir.Opaque("a string that cannot be read")
    if not isinstance(value, str):
        return ir.Opaque("bytes")
    if "\\" in literal and is_half(value):
        return ir.Opaque("half a character")
    return ir.Const(value)


def source_before(node: cst.FormattedStringExpression) -> str:
    """What `{value = }` shows before the value: the source up to the value's end, and the sign."""
    module = cst.Module([])
    parts = (node.whitespace_before_expression, node.expression, node.equal)
    return "".join(module.code_for_node(part) for part in parts if part is not None)


def flat_strings(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The parts of `"a" "b" …`, in order."""
    while isinstance(node, cst.ConcatenatedString):
        yield node.left
        node = node.right
    yield node


def operator_text(node: cst.CSTNode) -> str:
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
