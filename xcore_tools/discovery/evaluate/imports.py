"""What import statements bind: modules and names of the project, or names of libraries."""

from __future__ import annotations

import sys

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.values import ImportedName, ModuleValue, Value
from xcore_tools.discovery.walk.module_names import absolute_name

OUTSIDE = "external:"
"""Stands before the names of modules that are no part of the project."""


def exists(interpreter: Interpreter, name: str) -> bool:
    """Whether the project has a module of exactly that dotted name."""
    return name in interpreter.modules or interpreter.locate(name, "") == name


def source_module(
    interpreter: Interpreter, statement: ir.ImportFrom, module: ir.ModuleFacts
) -> str:
    """The module that `from … import` names: a dotted name, with OUTSIDE before it for a library's."""
    target = statement.module
    if statement.level:
        return absolute_name(module.module, module.is_package, statement.level, target) or OUTSIDE
    return _located(interpreter, target or "", module) or f"{OUTSIDE}{target}"


def imported(interpreter: Interpreter, source: str, name: str, module: ir.ModuleFacts) -> Value:
    """What `from … import name` binds, where `source` is what `from …` means."""
    if source.startswith(OUTSIDE):
        path = f"{source.removeprefix(OUTSIDE)}.{name}"
        located = _located(interpreter, path, module)  # below a directory without __init__.py
        return ModuleValue(located) if located else interpreter.library.external(path)
    return ImportedName(source, name)


def module_value(interpreter: Interpreter, name: str, module: ir.ModuleFacts) -> Value:
    """What `import name as alias` binds."""
    located = _located(interpreter, name, module)
    return ModuleValue(located) if located else interpreter.library.external(name)


def top_level_value(interpreter: Interpreter, name: str, module: ir.ModuleFacts) -> Value:
    """What `import a.b.c` binds: `a`."""
    located = _located(interpreter, name, module)
    top = name.partition(".")[0]
    if located is None:
        return interpreter.library.external(top)
    if not located.endswith(name):
        return ModuleValue("")  # the project's own directory is the package `a`
    outer = located.rpartition(".")[0]
    while "." in outer:
        interpreter.packages.add(outer)
        outer = outer.rpartition(".")[0]
    return ModuleValue(located.removesuffix(name) + top)


def _located(interpreter: Interpreter, name: str, module: ir.ModuleFacts) -> str | None:
    """The project's module that an absolute import means.

    The import roots are tried first; then every package above the importing file, for the
    directory of an application or a plugin may be on `sys.path` itself.
    """
    top = name.partition(".")[0]
    if name in interpreter.modules:
        return name
    if interpreter.library.is_package(top):
        return None
    located = interpreter.locate(name, module.path)
    if located is not None:
        return located
    if top in sys.stdlib_module_names:
        return None
    parts = module.module.split(".")
    for size in range(len(parts) - 1, 0, -1):
        candidate = ".".join((*parts[:size], name))
        if exists(interpreter, candidate):
            return candidate
    return None
