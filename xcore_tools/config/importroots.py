"""The directories that module names are relative to, as configured here and for Alembic."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from xcore_tools.config.files import is_file, read_document, shown
from xcore_tools.config.ini import SECTION, interpolated, read_ini
from xcore_tools.config.schema import Migration

__all__ = ["configured_import_roots", "prepended_paths"]

_SEPARATORS = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}
_LEGACY_SEPARATOR = re.compile(r", *| +|:")


def configured_import_roots(
    project: Path, migration: Migration, faults: list[str]
) -> tuple[Path, ...]:
    """Return the import roots of the settings, then those of Alembic; absolute, each once.

    A relative `prepend_sys_path` counts from the directory of its file, where Alembic is run by
    default. A file that does not exist names nothing: Alembic may not be set up yet.
    """
    ini = project / migration.alembic_config
    roots = [project / entry for entry in migration.model_discovery.import_roots]
    prepended = [ini.parent / entry for entry in _of_ini(ini, faults)]
    if not prepended:
        prepended = [project / entry for entry in _of_pyproject(project, faults)]
    named = [os.fspath(root) for root in [*roots, *prepended]]
    return tuple(dict.fromkeys(Path(os.path.normpath(root)) for root in named if "\0" not in root))


def prepended_paths(options: Mapping[str, str]) -> tuple[str, ...]:
    """Return the entries of `prepend_sys_path` in a section of alembic.ini, as Alembic splits it.

    Format: `alembic.config.Config.get_prepend_sys_paths_list`.

    Raises:
        ValueError: `path_separator` is none of those that Alembic knows.
    """
    paths = options.get("prepend_sys_path", "")
    separator = options.get("path_separator")
    if separator is None:
        entries = _LEGACY_SEPARATOR.split(paths)
    elif separator in _SEPARATORS:
        entries = paths.split(_SEPARATORS[separator])
    else:
        raise ValueError(f"path_separator: expected one of {', '.join(_SEPARATORS)}")
    return tuple(entry.strip() for entry in entries if entry.strip())


def _of_ini(path: Path, faults: list[str]) -> tuple[str, ...]:
    try:
        return prepended_paths(read_ini(path, faults).get(SECTION, {}))
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
