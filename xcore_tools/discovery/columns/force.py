"""How columns ask for values: whatever it takes, and without anything that could end the reading."""

from __future__ import annotations

from functools import partial

from xcore_tools.discovery.columns.unparse import unparsed, written
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.errors import TOO_MUCH
from xcore_tools.discovery.evaluate.values import (
    ImportedName,
    LibraryObject,
    Thunk,
    Union,
    Unknown,
    Value,
    options_of,
)


def asked(interpreter: Interpreter, value: Value) -> Value:
    """The value behind `value`; Unknown where it is not to be had, or takes too long."""
    if isinstance(value, ImportedName | Thunk | Union):
        found = interpreter.try_value(lambda: value)
        if isinstance(found, Unknown) and found.reason == TOO_MUCH:
            found = interpreter.try_value(
                lambda: value
            )  # what took so long is known now, and left out
        value = found
    for option in options_of(value):
        if isinstance(option, LibraryObject) and option.waiting is not None:
            interpreter.try_value(partial(interpreter.with_arguments, option))
    return value


def shown(value: Value) -> str:
    """A value of which only the text counts: as it was written if it was not followed yet; `…` if unknown."""
    if isinstance(value, Thunk):
        return unparsed(value.expr)
    return written(value)
