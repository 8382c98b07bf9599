"""Which modules and which of their classes an import can reach, by a look at paths and lines.

A class may be mapped and yet have no name in its module: made by `type()` in a loop, or in the branch of
an `if` that does not run. Its module is imported then, not the class.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from xcore_tools.discovery.results import Discovery, Model, Table
from xcore_tools.files import read_text


def is_reachable(module: str, path: str) -> bool:
    """Whether the name of the module leads Python to its file.

    `plugins.v1.2.models` does not lead to `plugins/v1.2/models.py`: it means a package in `v1`.
    """
    place = path.removesuffix(".py").removesuffix("/__init__")
    return "." not in place or f"/{place}".endswith(f"/{module.replace('.', '/')}")


def reachable(discovery: Discovery) -> Discovery:
    """Return the discovery without what stands in files that no import leads to."""
    return kept_where(discovery, lambda each: is_reachable(each.module, each.path))


def kept_where(discovery: Discovery, is_kept: Callable[[Model | Table], bool]) -> Discovery:
    """Return the discovery with some of its models and tables, and the collections that hold them."""
    models = tuple(filter(is_kept, discovery.models))
    tables = tuple(filter(is_kept, discovery.tables))
    found = msgspec.structs.replace(discovery, models=models, tables=tables)
    gone = _homes(discovery) - _homes(found)
    metadatas = tuple(each for each in discovery.metadatas if each.name not in gone)
    return msgspec.structs.replace(found, metadatas=metadatas)


def unreachable(discovery: Discovery) -> tuple[str, ...]:
    """Return the files with models or tables that no import leads to, sorted."""
    places = {(model.module, model.path) for model in discovery.models}
    places |= {(table.module, table.path) for table in discovery.tables}
    return tuple(sorted({path for module, path in places if not is_reachable(module, path)}))


def binds(source: str, name: str) -> bool:
    """Whether a line of the source, not indented, defines or assigns the name."""
    word = re.escape(name)
    pattern = rf"^(?:class\s+{word}\b|{word}\s*(?::[^=\n]*)?=(?!=))"
    return re.search(pattern, source, re.MULTILINE) is not None


def with_certain_names(discovery: Discovery, project: Path) -> Discovery:
    """Return the discovery with `<locals>` in the names of classes that no statement may name."""
    sources: dict[str, str] = {}
    models = []
    for model in discovery.models:
        if model.path not in sources:
            sources[model.path] = _text(project / model.path)
        models.append(model if binds(sources[model.path], model.name) else _hidden(model))
    return msgspec.structs.replace(discovery, models=tuple(models))


def _homes(discovery: Discovery) -> set[str | None]:
    """The collections that have a model or a table."""
    models = {model.metadata for model in discovery.models}
    return models | {table.metadata for table in discovery.tables}


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except OSError:
        return ""


def _hidden(model: Model) -> Model:
    return msgspec.structs.replace(model, name=f"<locals>.{model.name}")
