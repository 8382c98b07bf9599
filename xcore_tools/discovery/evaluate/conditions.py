"""Conditions that are decided without knowing how the program is run."""

from __future__ import annotations

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.operators import truth_of
from xcore_tools.discovery.evaluate.values import Scope


def decided(interpreter: Interpreter, test: ir.Expr, scope: Scope) -> bool | None:
    """Whether the test is true; None where that depends on the environment, or is not known."""
    if is_type_checking(test):
        return False
    if isinstance(test, ir.Unary) and test.op == "not" and is_type_checking(test.value):
        return True
    if isinstance(test, ir.Const) or _is_main(test) or scope.kind == "function" or scope.in_loop:
        return truth_of(interpreter.force(interpreter.lazily(test, scope)))
    return None


def is_type_checking(test: ir.Expr) -> bool:
    """Whether the test is true for type checkers only."""
    name = (
        test.id
        if isinstance(test, ir.Name)
        else test.name
        if isinstance(test, ir.Attribute)
        else ""
    )
    return name == "TYPE_CHECKING"


def _is_main(test: ir.Expr) -> bool:
    return isinstance(test, ir.Compare) and ir.Name("__name__") in (test.left, *test.rights)
