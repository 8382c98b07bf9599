"""Conditions that are decided without knowing how the program is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.operators import truth_of
from xcore_tools.discovery.evaluate.values import Frame

if TYPE_CHECKING:
    from xcore_tools.discovery.link.interpreter import Machine


def decided(machine: Machine, test: ir.Expr, frame: Frame) -> bool | None:
    """Whether the test is true; None where that depends on the environment, or is not known."""
    if is_type_checking(test):
        return False
    if isinstance(test, ir.Unary) and test.op == "not" and is_type_checking(test.value):
        return True
    if isinstance(test, ir.Const) or _is_main(test) or frame.kind == "function" or frame.in_loop:
        return truth_of(machine.known(machine.tentative(test, frame)))
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
