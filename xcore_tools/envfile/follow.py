"""What expressions of an env.py lead to, over the imports of the project and without running them.

The file `from database import Base` may mean a class that another module makes, under another name.
Discovery follows that: it is given a module that puts a table into each collection in question, and
tells which of them are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from xcore_tools.config import Config
from xcore_tools.discovery.catalog.paths import SQLALCHEMY
from xcore_tools.discovery.catalog.symbols import TABLE
from xcore_tools.discovery.ir import ModuleFacts
from xcore_tools.discovery.link import link
from xcore_tools.discovery.parse import collect, read
from xcore_tools.discovery.results import Discovery
from xcore_tools.discovery.walk import (
    ModuleIndex,
    Root,
    Rules,
    SourceFile,
    Walk,
    find_roots,
    find_sources,
    read_source,
    with_import_roots,
)
from xcore_tools.envfile.metadata import Meanings
from xcore_tools.envfile.target import Target

_PROBE = "_xcore_tools_probe"
_TABLE = "_xcore_tools_table"


def meanings_of(
    target: Target,
    discovery: Discovery,
    env_path: Path,
    config: Config,
    *,
    outside: Iterable[str] = (),
) -> Meanings:
    """Return what the parts of the target mean, and which collections the names `outside` lead to."""
    known = [m for m in discovery.metadatas if m.module and m.name.startswith(f"{m.module}.")]
    shapes = [shape for name in sorted(outside) for shape in (name, f"{name}.metadata")]
    lines = [*target.imports, f"from {SQLALCHEMY} import {TABLE.name} as {_TABLE}"]
    lines += [f"{_TABLE}('part {n}', {part})" for n, part in enumerate(target.parts)]
    lines += [f"{_TABLE}('name {n}', {shape})" for n, shape in enumerate(shapes)]
    for number, metadata in enumerate(known):
        lines += _known(number, metadata.module, metadata.name)
    holders = _holders("\n".join(lines), discovery, env_path, config)
    names = {holders.get(f"known {n}", ""): metadata.name for n, metadata in enumerate(known)}
    parts = {part: holders.get(f"part {n}", "") for n, part in enumerate(target.parts)}
    at_hand = {names.get(holders.get(f"name {n}", "-")): shape for n, shape in enumerate(shapes)}
    return Meanings(
        {part: names.get(holder, holder) for part, holder in parts.items() if holder},
        {name: shape for name, shape in at_hand.items() if name},
    )


def _known(number: int, module: str, name: str) -> tuple[str, str]:
    expression = name.removeprefix(f"{module}.")
    root = expression.replace("[", ".").partition(".")[0]
    alias = f"_xcore_tools_{number}"
    return (
        f"from {module} import {root} as {alias}",
        f"{_TABLE}('known {number}', {alias}{expression.removeprefix(root)})",
    )


def _holders(probe: str, discovery: Discovery, env_path: Path, config: Config) -> Mapping[str, str]:
    """The collection of each table that the probe makes, by the name of the table."""
    roots, _ = find_roots(config.project, [str(env_path.resolve())], (), Rules())
    index = ModuleIndex(config.project, roots, _walk(discovery, roots, config))
    data = probe.encode(errors="replace")
    facts = collect(_PROBE, _relative(env_path, config.project), False, data)
    if not isinstance(facts, ModuleFacts):
        return {}
    modules = {_PROBE: facts}

    located: dict[str, SourceFile] = {}

    def locate(module: str, importer: str) -> str | None:
        source = index.locate(module, importer)
        return located.setdefault(source.module, source).module if source else None

    def load(module: str) -> ModuleFacts | None:
        # what a name meant where it was used: another application may have a module of that name
        source = located.get(module) or index.locate(module)
        return _facts(config.project, source) if source else None

    bases = config.migration.model_discovery.bases
    linked = link(modules, {_PROBE: "core"}, locate, load, read, bases=bases)
    tables = linked.discovery.tables
    return {table.name: table.metadata for table in tables if table.name and table.metadata}


def _walk(discovery: Discovery, roots: Sequence[Root], config: Config) -> Walk:
    """A walk of env.py alone, with the import roots of the discovery."""
    settings = config.migration.model_discovery.import_roots
    if not discovery.import_roots:  # somebody made it by hand
        rules = Rules(import_roots=(*settings, *_import_roots(discovery)))
        return find_sources(config.project, roots, rules)
    walk = find_sources(config.project, roots, Rules(import_roots=settings))
    paths = [root.path for root in discovery.import_roots]
    return with_import_roots(walk, paths, discovery.package)


def _facts(project: Path, source: SourceFile) -> ModuleFacts | None:
    """What a module says; None if it cannot be read or parsed."""
    content = read_source(project, source.path)
    place = source.module, source.path, source.is_package
    found = collect(*place, content) if isinstance(content, bytes) else content
    return found if isinstance(found, ModuleFacts) else None


def _relative(path: Path, project: Path) -> str:
    try:
        return path.resolve().relative_to(project.resolve()).as_posix()
    except ValueError:
        return path.name


def _import_roots(discovery: Discovery) -> list[str]:
    """The directories that the names of the modules found are relative to."""
    roots = set()
    places = {(model.module, model.path) for model in discovery.models}
    places |= {(table.module, table.path) for table in discovery.tables}
    for module, path in places:
        for tail in (".py", "/__init__.py"):
            end = f"/{module.replace('.', '/')}{tail}"
            if path.endswith(end):
                roots.add(path.removesuffix(end))
    return sorted(roots)
