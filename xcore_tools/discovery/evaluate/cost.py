"""What an operation costs, told from the size of the values that it goes through."""

from __future__ import annotations

from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.plain import COLLECTIONS, measured
from xcore_tools.discovery.evaluate.values import MemberText, Union, Value


def charge(interpreter: Interpreter, *values: Value) -> None:
    """Counts what it takes to go through values: a step for every 64 bytes beyond the first.

    Raises:
        LimitReachedError: the statement that is followed has used up its share.
    """
    interpreter.use_fuel(sum(map(cost_of, values)))


def cost_of(value: Value) -> int:
    """How many steps it takes to go through a value, beside the one that every operation takes."""
    if type(value) is str or type(value) is MemberText:
        return len(value) // 64
    if isinstance(value, Union):
        return sum(map(cost_of, value.options))
    if type(value) not in COLLECTIONS:
        return 0
    return max(16 * len(value), measured(value).size) // 64
