"""Names of bases and models: the files that use them are worth parsing."""

from __future__ import annotations

from functools import partial

from xcore_tools.discovery.evaluate.values import ClassValue, options_of
from xcore_tools.discovery.link.interpreter import Machine
from xcore_tools.discovery.orm.declarative_bases import is_root, root_of
from xcore_tools.discovery.orm.table_rules import is_mapped
from xcore_tools.discovery.prefilter.seeds import Leads


def leads_of(machine: Machine) -> Leads:
    """The names of bases and models, wherever a module binds one.

    What makes classes and tables when it is called is told from the texts alone (see mentions).
    """
    places = {
        (module, name)
        for module, frame in machine.frames.items()
        for name, value in frame.names.items()
        if any(
            isinstance(option, ClassValue)
            and machine.attempt(partial(_is_of_models, machine, option)) is True
            for option in options_of(value)
        )
    }
    return Leads(classes=frozenset(name for _, name in places), places=frozenset(places))


def _is_of_models(machine: Machine, cls: ClassValue) -> bool:
    return is_root(machine, cls) or root_of(machine, cls) is not None or is_mapped(machine, cls)
