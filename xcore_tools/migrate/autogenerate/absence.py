"""Why a table of the source is not in `target_metadata`: told without running anything more."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType

import sqlalchemy as sa

from xcore_tools.config import Config
from xcore_tools.config.files import is_file
from xcore_tools.discovery.results import Table
from xcore_tools.files import read_regular

_SYNC = "run `xcore-tools sync-env`"


def reason_of(table: Table, config: Config, metadatas: Collection[sa.MetaData]) -> str:
    """The reason with its remedy. What env.py has imported is in `sys.modules`."""
    path = (config.project / table.path).resolve()
    module = _loaded(path)
    if module is not None:
        return _elsewhere(table, module, metadatas)
    root = _import_root(path, table.module)
    # the packages that it is in come first
    above = [place / "__init__.py" for place in path.parents if root in place.parents]
    seen: set[Path] = set()
    faults = (_unimportable(each, root, seen) for each in [*above[::-1], path])
    if fault := next(filter(None, faults), ""):
        return f"importing {table.module} fails: {fault}"
    return (
        f"{table.module} was not imported: env.py does not lead to it, or passed over an error in "
        f"it; {_SYNC}"
    )


def _loaded(path: Path) -> ModuleType | None:
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.endswith(path.name) and Path(file).resolve() == path:
            return module
    return None


def _elsewhere(table: Table, module: ModuleType, metadatas: Collection[sa.MetaData]) -> str:
    """Of a module that was imported: its table is in another collection, or was not made."""
    if table.metadata is None:
        return f"{module.__name__} was imported, and made it in no metadata of target_metadata"
    held = _value_of(table.metadata)
    if held is not None and any(held is metadata for metadata in metadatas):
        return (
            f"{module.__name__} was imported without making it, although its metadata, "
            f"{table.metadata}, is in target_metadata; import what makes it"
        )
    return (
        f"its metadata, {table.metadata}, is not in target_metadata; "
        f"{_SYNC} with --fix-metadata, or exclude the file if it is another database's"
    )


def _value_of(name: str) -> object | None:
    """What a dotted name stands for in modules that are loaded; None where there is none."""
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        value: object = sys.modules.get(".".join(parts[:end]))
        if value is not None:
            for part in parts[end:]:
                value = getattr(value, part, None)
            return value
    return None


def _import_root(path: Path, module: str) -> Path:
    depth = module.count(".") + (path.name == "__init__.py")
    return path.parents[min(depth, len(path.parents) - 1)]


def _unimportable(path: Path, root: Path, seen: set[Path]) -> str:
    """The first fault that keeps a file from being imported, by its text and what it imports."""
    if path in seen or not is_file(path):
        return ""
    seen.add(path)
    try:
        tree = ast.parse(read_regular(path), str(path))
    except (SyntaxError, ValueError) as error:
        return f"{path.name}:{getattr(error, 'lineno', None) or 0}: cannot be parsed"
    package = path.relative_to(root).with_suffix("").parts[:-1]
    for name, line in _imported(tree, package):
        inside = _file_of(name, root)
        if inside is not None:
            fault = _unimportable(inside, root, seen)
            if fault:
                return fault
        elif not _is_installed(name.partition(".")[0]):
            place = path.relative_to(root).as_posix()
            return f"no module named {name.partition('.')[0]!r} ({place}:{line}); install it"
    return ""


def _imported(tree: ast.Module, package: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """The modules that the top level of a file imports, with the line; no guarded imports."""
    for node in tree.body:
        match node:
            case ast.Import(names=names):
                yield from ((alias.name, node.lineno) for alias in names)
            case ast.ImportFrom(module=module, level=0) if module:
                yield module, node.lineno
            case ast.ImportFrom(module=module, level=level, names=names):
                base = ".".join(package[: len(package) - level + 1])
                if module:
                    yield ".".join(filter(None, (base, module))), node.lineno
                else:
                    for alias in names:
                        yield ".".join(filter(None, (base, alias.name))), node.lineno


def _file_of(module: str, root: Path) -> Path | None:
    place = root.joinpath(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if is_file(path):
            return path
    return place if place.is_dir() else None


def _is_installed(name: str) -> bool:
    """Whether there is a top-level module of that name: looking does not run it."""
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
