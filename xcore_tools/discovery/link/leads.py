"""Names of bases and models: the files that use them are worth parsing."""

from __future__ import annotations

from functools import partial

from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.values import ClassValue, options_of
from xcore_tools.discovery.orm.declarative_bases import is_root, root_of
from xcore_tools.discovery.orm.table_rules import is_mapped
from xcore_tools.discovery.prefilter.seeds import Leads


def leads_of(interpreter: Interpreter) -> Leads:
    """The names of bases and models, wherever a module binds one.

    What makes classes and tables when it is called is told from the texts alone (see mentions).
    """
    places = {
        (module, name)
        for module, scope in interpreter.scopes.items()
        for name, value in scope.names.items()
        if any(
            isinstance(option, ClassValue)
            and interpreter.try_value(partial(_is_of_models, interpreter, option)) is True
            for option in options_of(value)
        )
    }
    return Leads(classes=frozenset(name for _, name in places), places=frozenset(places))


def _is_of_models(interpreter: Interpreter, cls: ClassValue) -> bool:
    return (
        is_root(interpreter, cls)
        or root_of(interpreter, cls) is not None
        or is_mapped(interpreter, cls)
    )
