"""Which classes an import statement can name for certain, by a look at the lines of their files.

A class may be mapped and yet have no name in its module: made by `type()` in a loop, or in the branch of
an `if` that does not run. Its module is imported then, not the class.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from xcore_tools.discovery.facts import Discovery, Model

__all__ = ["binds", "with_certain_names"]


def binds(source: str, name: str) -> bool:
    """Whether a line of the source, not indented, defines or assigns the name."""
    word = re.escape(name)
    return re.search(rf"^(?:class\s+{word}\b|{word}\s*[:=](?!=))", source, re.MULTILINE) is not None


def with_certain_names(discovery: Discovery, project: Path) -> Discovery:
    """Return the discovery with `<locals>` in the names of classes that no statement may name."""
    sources: dict[str, str] = {}
    models = []
    for model in discovery.models:
        if model.path not in sources:
            sources[model.path] = _text(project / model.path)
        models.append(model if binds(sources[model.path], model.name) else _hidden(model))
    return msgspec.structs.replace(discovery, models=tuple(models))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _hidden(model: Model) -> Model:
    return msgspec.structs.replace(model, name=f"<locals>.{model.name}")
