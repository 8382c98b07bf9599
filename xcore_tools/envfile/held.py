"""What the lines of a block import, and what of it would be lost. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable

import msgspec

from xcore_tools.discovery.parse.lazy import without_lazy
from xcore_tools.discovery.results import Discovery, Model, Problem, Table
from xcore_tools.envfile.metadata import Import

# a file that vanished under the scan; a statement that was not followed to its end
_WARNINGS = ("XT102", "XT125", "XT126")


class Held(msgspec.Struct, frozen=True):
    """`imports` are names that the lines import from modules, `modules` those that they load whole."""

    imports: frozenset[Import] = frozenset()
    modules: frozenset[str] = frozenset()


def held_by(lines: Iterable[str]) -> Held:
    """Return what the lines import; nothing if they are no Python."""
    try:
        tree = ast.parse(without_lazy("\n".join(line.rstrip("\r\n") for line in lines)))
    except (SyntaxError, ValueError):
        return Held()
    imports: set[Import] = set()
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imports |= {Import(node.module, n.name, n.asname or n.name) for n in node.names}
        elif isinstance(node, ast.Import):
            modules |= {each.name for each in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # of `for _module in ("app.models",): __import__(_module)`, or `__import__("old-models")`
            modules.add(node.value)
    return Held(frozenset(imports), frozenset(modules))


def hiding(discovery: Discovery) -> tuple[Problem, ...]:
    """Return the problems of the scan that may hide a model."""
    problems = discovery.problems
    return tuple(x for x in problems if x.severity == "error" or x.code in _WARNINGS)


def lost(before: Held, after: Held, discovery: Discovery) -> tuple[tuple[str, str], ...]:
    """Return the models that are not loaded any more, as (module, name); name is "" for a module.

    A name that only leads to a collection of tables is no loss.
    """
    roots = {metadata.name for metadata in discovery.metadatas}
    names = {
        (each.module, each.name)
        for each in before.imports
        if not any(f"{root}.".startswith(f"{each.module}.{each.name}.") for root in roots)
    }
    kept = {(each.module, each.name) for each in after.imports}
    loaded = {module for module, _ in kept} | after.modules
    gone = {(module, name) for module, name in names - kept if module not in after.modules}
    return tuple(sorted(gone | {(module, "") for module in before.modules - loaded}))


def with_lost(discovery: Discovery, gone: Iterable[tuple[str, str]]) -> Discovery:
    """Return the discovery with the models and modules that must stay in the block."""
    models = list(discovery.models)
    tables = list(discovery.tables)
    for module, name in gone:
        if name:
            models.append(Model(name, module, None, None, "kept", None, None, "core", "", 0))
        else:
            tables.append(Table(None, None, module, None, "core", "", 0))
    return msgspec.structs.replace(discovery, models=tuple(models), tables=tuple(tables))
