"""Conditions that are decided without knowing how the program is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xcore_tools.discovery import syntax as s
from xcore_tools.discovery.follow.operators import truth_of
from xcore_tools.discovery.follow.values import Frame

if TYPE_CHECKING:
    from xcore_tools.discovery.machine import Machine

__all__ = ["decided", "is_type_checking"]


def decided(machine: Machine, test: s.Expr, frame: Frame) -> bool | None:
    """Whether the test is true; None where that depends on the environment, or is not known."""
    if is_type_checking(test):
        return False
    if isinstance(test, s.Unary) and test.op == "not" and is_type_checking(test.value):
        return True
    if isinstance(test, s.Const) or _is_main(test) or frame.kind == "function" or frame.in_loop:
        return truth_of(machine.known(machine.tentative(test, frame)))
    return None


def is_type_checking(test: s.Expr) -> bool:
    """Whether the test is true for type checkers only."""
    name = (
        test.id if isinstance(test, s.Name) else test.name if isinstance(test, s.Attribute) else ""
    )
    return name == "TYPE_CHECKING"


def _is_main(test: s.Expr) -> bool:
    return isinstance(test, s.Compare) and s.Name("__name__") in (test.left, *test.rights)
