"""The directories that module names are relative to, as configured here and for Alembic."""

from __future__ import annotations

import os
import re
from pathlib import Path

from xcore_tools.config.files import is_file, read_document, shown
from xcore_tools.config.ini import SECTION, interpolated, read_ini
from xcore_tools.config.schema import Migration
from xcore_tools.config.scripts import split_paths

_LEGACY_SEPARATOR = re.compile(r", *| +|:")


def configured_import_roots(
    project: Path, migration: Migration, faults: list[str]
) -> tuple[Path, ...]:
    """Return the import roots of the settings, then those of Alembic; absolute, each once.

    A relative `prepend_sys_path` counts from the directory of its file, where Alembic is run by
    default; from the project if that directory is a package, whose modules have longer names. A
    file that does not exist names nothing: Alembic may not be set up yet.
    """
    ini = project / migration.alembic_config
    roots = [project / entry for entry in migration.model_discovery.import_roots]
    started = project if is_file(ini.with_name("__init__.py")) else ini.parent
    prepended = [started / entry for entry in _of_ini(ini, faults)]
    if not prepended:
        prepended = [project / entry for entry in _of_pyproject(project, faults)]
    named = [os.fspath(root) for root in [*roots, *prepended]]
    return tuple(dict.fromkeys(Path(os.path.normpath(root)) for root in named if "\0" not in root))


def _of_ini(path: Path, faults: list[str]) -> tuple[str, ...]:
    try:
        options = read_ini(path, faults).get(SECTION, {})
        return split_paths(options, "prepend_sys_path", ("path_separator",), _LEGACY_SEPARATOR)
    except ValueError as error:
        faults.append(f"{shown(path)}: {error}")
        return ()


def _of_pyproject(project: Path, faults: list[str]) -> tuple[str, ...]:
    """Return `prepend_sys_path` of [tool.alembic], a string or a list of them."""
    path = project / "pyproject.toml"
    if not is_file(path):
        return ()
    document = read_document(path, faults, mentioning=("prepend_sys_path",)) or {}
    tool = document.get("tool")
    section = tool.get(SECTION) if isinstance(tool, dict) else None
    paths = section.get("prepend_sys_path") if isinstance(section, dict) else None
    if isinstance(paths, str):
        paths = [paths]
    values = {"here": project.as_posix()}
    listed = paths if isinstance(paths, list) else []
    return tuple(interpolated(entry, values) for entry in listed if isinstance(entry, str))
