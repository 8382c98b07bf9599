"""How columns ask for values: whatever it takes, and without anything that could end the reading."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from xcore_tools.discovery.columns.unparse import unparsed, written
from xcore_tools.discovery.evaluate.errors import TOO_MUCH
from xcore_tools.discovery.evaluate.values import (
    Choice,
    Deferred,
    ImportedName,
    Made,
    Unknown,
    Value,
    options_of,
)

if TYPE_CHECKING:
    from xcore_tools.discovery.link.interpreter import Machine


def asked(machine: Machine, value: Value) -> Value:
    """The value behind `value`; Unknown where it is not to be had, or takes too long."""
    if isinstance(value, ImportedName | Deferred | Choice):
        found = machine.attempt(lambda: value)
        if isinstance(found, Unknown) and found.reason == TOO_MUCH:
            found = machine.attempt(lambda: value)  # what took so long is known now, and left out
        value = found
    for option in options_of(value):
        if isinstance(option, Made) and option.waiting is not None:
            machine.attempt(partial(machine.given, option))
    return value


def shown(value: Value) -> str:
    """A value of which only the text counts: as it was written if it was not followed yet; `…` if unknown."""
    if isinstance(value, Deferred):
        return unparsed(value.expr)
    return written(value)
