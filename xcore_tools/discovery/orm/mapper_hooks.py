"""`__mapper_cls__`: what a class is mapped with, and what that makes beside the class's own table."""

from __future__ import annotations

from functools import partial

from xcore_tools.discovery.catalog.derived import role_of
from xcore_tools.discovery.catalog.directives import TABLE
from xcore_tools.discovery.catalog.symbols import Role
from xcore_tools.discovery.evaluate.classes import attribute, find
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.table_values import MapperValue
from xcore_tools.discovery.evaluate.values import ClassValue, External, Instance, Site


def run_mapper_hook(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Calls `__mapper_cls__` with the class and its table, as `sqlalchemy.orm.decl_base` does.

    Says whether it was followed to its end: if not, it may have made tables that nobody knows.
    """
    if find(interpreter, cls, "__mapper_cls__") is None:
        return True
    hook = interpreter.try_value(partial(attribute, interpreter, cls, "__mapper_cls__"))
    if isinstance(hook, External):
        return role_of(hook.path) is Role.MAPPER_OF
    table = interpreter.try_value(partial(attribute, interpreter, cls, TABLE))
    site = Site(cls.scope, cls.line) if cls.scope is not None else None
    before = len(interpreter.tables)
    made = interpreter.try_value(partial(interpreter.call, hook, (cls, table), {}, site))
    for beside in interpreter.tables[before:]:  # the class statement is what makes them
        beside.module, beside.line = cls.module, cls.line
    return isinstance(made, MapperValue | Instance)
