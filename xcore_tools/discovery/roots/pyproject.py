"""What a pyproject.toml says about the folder that its packages lie in, under every build backend. Pure."""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Callable, Iterator
from typing import Any, TypeGuard

from xcore_tools.discovery.roots.evidence import Evidence, Weight, joined, parent_of_package

Said = Iterator[tuple[str, str]]
"""Folders as written, each with the setting that names it."""


def read_pyproject(file: str, data: bytes) -> tuple[Evidence, ...]:
    """Return what the file says; nothing if it is no TOML. `file` is its path.

    Sources: the documentation of hatchling, setuptools, Poetry, flit, pdm-backend, uv_build, maturin,
    scikit-build-core and pytest.
    """
    try:
        tool = tomllib.loads(data.decode("utf-8-sig")).get("tool")
    except (ValueError, RecursionError):
        return ()
    if not isinstance(tool, dict):
        return ()
    directory = file.rpartition("/")[0]
    found = (each for reader in _READERS for each in reader(tool))
    return tuple(
        Evidence(joined(directory, root), Weight.STATED, file, reason) for root, reason in found
    )


def _hatch(tool: dict[str, Any]) -> Said:
    build = _table(tool, "hatch", "build")
    targets = [each for each in _table(build, "targets").values() if isinstance(each, dict)]
    for table in (build, *targets):
        for path in (*_texts(table.get("packages")), *_texts(table.get("only-include"))):
            yield from _package(path, "hatch: packages")
        yield from _sources(table.get("sources"), "hatch: sources")
        yield from _sources(table.get("force-include"), "hatch: force-include")
        for path in _texts(table.get("dev-mode-dirs")):
            yield path, "hatch: dev-mode-dirs"


def _sources(value: object, reason: str) -> Said:
    """Folders that hatch takes away from the front of paths, as a list or as `{folder: other}`."""
    for path in _texts(value):
        yield path, reason
    for path, becomes in value.items() if isinstance(value, dict) else ():
        if becomes == "":
            yield path, reason
        elif isinstance(becomes, str) and (root := parent_of_package(path, becomes.strip("/"))):
            yield root, reason


def _setuptools(tool: dict[str, Any]) -> Said:
    table = _table(tool, "setuptools")
    yield from _package_directories(table.get("package-dir"), "setuptools: package-dir")
    for path in _texts(_table(table, "packages", "find").get("where")):
        yield path, "setuptools: packages.find where"


def _package_directories(value: object, reason: str) -> Said:
    """`{"": "src", "app": "backend/app"}`"""
    for name, path in value.items() if isinstance(value, dict) else ():
        root = path if name == "" else parent_of_package(path, name) if _is_text(path) else None
        if isinstance(root, str):
            yield root, reason


def _poetry(tool: dict[str, Any]) -> Said:
    packages = _table(tool, "poetry").get("packages")
    for each in packages if isinstance(packages, list) else ():
        if isinstance(each, dict) and _is_text(root := each.get("from")):
            yield root, "poetry: packages from"


def _pdm(tool: dict[str, Any]) -> Said:
    pdm = _table(tool, "pdm")
    for table in (pdm, _table(pdm, "build")):
        if _is_text(path := table.get("package-dir")):
            yield path, "pdm: package-dir"


def _uv(tool: dict[str, Any]) -> Said:
    if _is_text(path := _table(tool, "uv", "build-backend").get("module-root")):
        yield path, "uv: module-root"


def _maturin(tool: dict[str, Any]) -> Said:
    if _is_text(path := _table(tool, "maturin").get("python-source")):
        yield path, "maturin: python-source"


def _scikit_build(tool: dict[str, Any]) -> Said:
    packages = _table(tool, "scikit-build", "wheel").get("packages")
    for path in _texts(packages):
        yield from _package(path, "scikit-build: packages")
    for name, path in packages.items() if isinstance(packages, dict) else ():
        if _is_text(path) and (root := parent_of_package(path, name.replace("/", "."))):
            yield root, "scikit-build: packages"


def _pytest(tool: dict[str, Any]) -> Said:
    value = _table(tool, "pytest", "ini_options").get("pythonpath")
    value = _table(tool, "pytest").get("pythonpath") if value is None else value
    for path in value.split() if isinstance(value, str) else _texts(value):
        yield path, "pytest: pythonpath"


def _alembic(tool: dict[str, Any]) -> Said:
    for path in _texts(_table(tool, "alembic").get("prepend_sys_path")):
        plain = path.replace("%(here)s/", "").replace("%(here)s", ".")
        if posixpath.normpath(plain) != ".":
            yield plain, "Alembic: prepend_sys_path"


_READERS: tuple[Callable[[dict[str, Any]], Said], ...] = (
    _hatch,
    _setuptools,
    _poetry,
    _pdm,
    _uv,
    _maturin,
    _scikit_build,
    _pytest,
    _alembic,
)


def _package(path: str, reason: str) -> Said:
    """The folder that the folder of a package lies in. A pattern says nothing of folders."""
    plain = path.strip("/")
    root = parent_of_package(plain) if plain and not set("*?[!") & set(plain) else None
    if root is not None:
        yield root, f"{reason} = {path}"


def _table(value: object, *keys: str) -> dict[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    """The texts of a list, or a text alone."""
    if isinstance(value, str):
        return [value] if value else []
    return [each for each in value if _is_text(each)] if isinstance(value, list) else []


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value != ""
