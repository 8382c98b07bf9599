"""What import statements have to bind so that every model and every table is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from keyword import iskeyword

from xcore_tools.discovery.results import Discovery


def classes_by_module(discovery: Discovery) -> dict[str, list[str]]:
    """The top-level classes of every module that has a model or a table, both sorted.

    The list is empty where a module offers no class to import by name: it holds only Core tables,
    or its models are made inside functions or other classes.
    """
    classes: dict[str, set[str]] = {table.module: set() for table in discovery.tables}
    for model in discovery.models:
        names = classes.setdefault(model.module, set())
        if _is_name(model.name):
            names.add(model.name)
    modules = sorted(classes, key=lambda module: (module.lower(), module))
    return {module: sorted(classes[module]) for module in modules}


def is_importable(module: str) -> bool:
    """Whether an import statement can name the module: none can name `old-models`."""
    return all(map(_is_name, module.split(".")))


def bindings_of(
    module: str, names: Iterable[str], owners: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Each name with the name that it gets here; `owners` learns which module binds what."""
    for name in names:
        alias = next(form for form in _aliases(module, name, owners) if form not in owners)
        owners[alias] = module
        yield name, alias


def import_statement(module: str, bindings: Iterable[tuple[str, str]], width: int) -> list[str]:
    """The lines of `from module import …`: one if it fits into `width`, else one for each name."""
    names = [name if alias == name else f"{name} as {alias}" for name, alias in bindings]
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= width:
        return [line]
    return [f"from {module} import (", *(f"    {name}," for name in names), ")"]


def _is_name(text: str) -> bool:
    return text.isidentifier() and not iskeyword(text) and text != "__debug__"


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
    text = "".join(word[:1].upper() + word[1:] for word in words)
    return f"_{text}" if text[:1].isdigit() else text
