"""Names that lead to models: the files that mention them are worth parsing."""

from __future__ import annotations

from functools import partial

from xcore_tools.discovery.follow.makers import has_makers, makes
from xcore_tools.discovery.follow.values import (
    ClassValue,
    FunctionValue,
    Instance,
    Value,
    options_of,
)
from xcore_tools.discovery.machine import Machine
from xcore_tools.discovery.mapping.roots import is_root, root_of
from xcore_tools.discovery.mapping.tables import is_mapped
from xcore_tools.discovery.prefilter import Leads

__all__ = ["leads_of"]


def leads_of(machine: Machine) -> Leads:
    """The names of bases and models, and of functions, factories and objects that make them."""
    classes: set[str] = set()
    makers: set[str] = set()
    places: set[tuple[str, str]] = set()
    for module, frame in machine.frames.items():
        for name, value in frame.names.items():
            for option in options_of(value):
                is_class = isinstance(option, ClassValue)
                if is_class and machine.attempt(partial(_is_of_models, machine, option)) is True:
                    classes.add(name)
                elif machine.attempt(partial(_makes, machine, option)) is True:
                    makers.add(name)
                else:
                    continue
                places.add((module, name))
    return Leads(frozenset(classes), frozenset(makers), frozenset(places))


def _is_of_models(machine: Machine, cls: ClassValue) -> bool:
    return is_root(machine, cls) or root_of(machine, cls) is not None or is_mapped(machine, cls)


def _makes(machine: Machine, value: Value) -> bool:
    """Whether calling a value, or one of its methods, may make a class or a table."""
    if isinstance(value, Instance):
        return has_makers(machine, value.cls)
    if isinstance(value, ClassValue):
        return has_makers(machine, value)
    return isinstance(value, FunctionValue) and makes(machine, value)
