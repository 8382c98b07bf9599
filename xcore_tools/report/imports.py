"""Import statements that load every model and every table: one module a line, sorted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from keyword import iskeyword

from xcore_tools.discovery.facts import Discovery
from xcore_tools.report.style import visible

__all__ = ["render"]

LINE_LENGTH = 88


def render(discovery: Discovery) -> str:
    """Python source that imports classes by name, and as a whole the modules that offer none.

    Classes inside classes or functions come with their module. Of several classes of one name the
    first by module keeps it, the others get an alias. A module that no statement can name, such as
    `old-models`, is left to a comment.
    """
    classes = _classes_by_module(discovery)
    possible = [module for module in classes if all(map(_is_name, module.split(".")))]
    whole = [module for module in possible if not classes[module]]
    owners = {module.partition(".")[0]: module for module in whole}
    lines = [
        f"# cannot be imported by name: {visible(module)}"
        for module in classes
        if module not in possible
    ]
    lines += [f"import {module}" for module in whole]
    lines += [
        _statement(module, list(_bindings(module, classes[module], owners)))
        for module in possible
        if classes[module]
    ]
    return "".join(line + "\n" for line in lines)


def _classes_by_module(discovery: Discovery) -> dict[str, list[str]]:
    """The top-level classes of every module that has a model or a table, both sorted."""
    classes: dict[str, set[str]] = {table.module: set() for table in discovery.tables}
    for model in discovery.models:
        names = classes.setdefault(model.module, set())
        if _is_name(model.name):
            names.add(model.name)
    modules = sorted(classes, key=lambda module: (module.lower(), module))
    return {module: sorted(classes[module]) for module in modules}


def _is_name(text: str) -> bool:
    return text.isidentifier() and not iskeyword(text)


def _bindings(module: str, names: Iterable[str], owners: dict[str, str]) -> Iterator[str]:
    """`Name` or `Name as Alias` for each name; `owners` learns which module binds what."""
    for name in names:
        alias = next(form for form in _aliases(module, name, owners) if form not in owners)
        owners[alias] = module
        yield name if alias == name else f"{name} as {alias}"


def _aliases(module: str, name: str, owners: dict[str, str]) -> Iterator[str]:
    """`User`, then `BillingUser`, `AppBillingModelsUser`, … for that of `app.billing.models`."""
    yield name
    parts = module.split(".")
    rival = owners[name].split(".")
    distinct = [part for part in parts if part not in rival] or parts
    yield _camel(distinct[-1:]) + name
    yield _camel(parts) + name
    yield from (f"{_camel(parts)}{name}{number}" for number in count(2))


def _camel(parts: Iterable[str]) -> str:
    words = (word for part in parts for word in part.split("_"))
    return "".join(word[:1].upper() + word[1:] for word in words)


def _statement(module: str, bindings: list[str]) -> str:
    line = f"from {module} import {', '.join(bindings)}"
    if len(line) <= LINE_LENGTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in bindings), ")"])
