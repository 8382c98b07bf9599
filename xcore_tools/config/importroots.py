"""The directories that module names are relative to, as configured here and for Alembic."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from xcore_tools.config.files import is_file, read_document, shown
from xcore_tools.config.ini import SECTION, interpolated, read_ini
from xcore_tools.config.schema import Migration
from xcore_tools.config.scripts import split_paths

_LEGACY_SEPARATOR = re.compile(r", *| +|:")
_PACKAGE = "__init__.py"
_LOCATION = "script_location"
_PREPENDED = "prepend_sys_path"


class AlembicStart(msgspec.Struct, frozen=True):
    """A directory that Alembic has on `sys.path`, relative to the project, and what `file` says.

    It `is_certain` unless it depends on where Alembic is started, and nothing tells that.
    """

    directory: str
    file: str
    reason: str
    is_certain: bool


def configured_import_roots(
    project: Path, migration: Migration, faults: list[str]
) -> tuple[Path, ...]:
    """Return the import roots of the settings, then those of Alembic; absolute, each once.

    A relative `prepend_sys_path` counts from the directory that Alembic is started in: that from which
    `script_location` leads to an env.py, or else that of the ini file, unless it is a package. A file
    that does not exist names nothing: Alembic may not be set up yet.
    """
    ini = project / migration.alembic_config
    roots = [project / entry for entry in migration.model_discovery.import_roots]
    options = read_ini(ini, faults).get(SECTION, {})
    start = _told_start(options, ini.parent, project)
    if start is None:
        start = project if is_file(ini.with_name(_PACKAGE)) else ini.parent
    prepended = [start / entry for entry in _of_options(options, ini, faults)]
    if not prepended:
        prepended = [project / entry for entry in _of_pyproject(project, faults)]
    named = [os.fspath(root) for root in [*roots, *prepended]]
    return tuple(dict.fromkeys(Path(os.path.normpath(root)) for root in named if "\0" not in root))


def alembic_starts(ini: Path, project: Path) -> Iterator[AlembicStart]:
    """Yield what each section of an ini file tells about `sys.path`; nothing if it is not Alembic's.

    Faults of the file are told elsewhere.
    """
    file = _relative(ini, project)
    for name, options in read_ini(ini, []).items():
        if name != SECTION and _LOCATION not in options:
            continue
        told = _told_start(options, ini.parent, project)
        is_silent = told is None and not options.get(_LOCATION, "").strip()
        if is_silent and is_file(ini.with_name("env.py")):
            continue  # Flask-Migrate's, which is started elsewhere
        start = ini.parent if told is None else told
        yield from _package_above(options[_LOCATION], ini, project) if _LOCATION in options else ()
        entries = _of_options(options, ini, [])
        for entry in entries:
            is_certain = Path(entry).is_absolute() or os.path.normpath(entry) != "."
            reason = f"{_PREPENDED} = {_shown_entry(entry, ini)}"
            yield AlembicStart(_relative(start / entry, project), file, reason, is_certain)
        if not entries:
            yield AlembicStart(_relative(start, project), file, "Alembic is started here", False)


def _told_start(options: Mapping[str, str], home: Path, project: Path) -> Path | None:
    """The directory from which a relative `script_location` leads to an env.py.

    It is that of the ini file, or one above it, as far as the project; None where nothing tells.
    """
    location = options.get(_LOCATION, "").strip()
    if not location or "\0" in location or Path(location).is_absolute() or ":" in location:
        return None
    for directory in (home, *home.parents):
        if is_file(directory / location / "env.py"):
            return directory
        if directory == project:
            break
    return None


def _package_above(location: str, ini: Path, project: Path) -> Iterator[AlembicStart]:
    """`package:path`, where the package is a directory that the ini file lies in."""
    package, colon, inside = location.strip().partition(":")
    if not colon or not re.fullmatch(r"\w+(\.\w+)*", package):
        return
    parts = package.split(".")
    for directory in (ini.parent, *ini.parent.parents):
        tail = directory.parts[-len(parts) :]
        if tail == tuple(parts) and is_file(directory.joinpath(*inside.split(":"), "env.py")):
            root = directory.parents[len(parts) - 1]
            file, reason = _relative(ini, project), f"{_LOCATION} = {location.strip()}"
            yield AlembicStart(_relative(root, project), file, reason, is_certain=True)
            return


def _of_options(options: Mapping[str, str], path: Path, faults: list[str]) -> tuple[str, ...]:
    try:
        return split_paths(options, _PREPENDED, ("path_separator",), _LEGACY_SEPARATOR)
    except ValueError as error:
        faults.append(f"{shown(path)}: {error}")
        return ()


def _shown_entry(entry: str, ini: Path) -> str:
    """The entry without the place of the project on this machine."""
    return entry.replace(ini.parent.as_posix(), "%(here)s", 1)


def _relative(path: Path, project: Path) -> str:
    found = os.path.relpath(path, project).replace(os.sep, "/")
    return "" if found == "." else found


def _of_pyproject(project: Path, faults: list[str]) -> tuple[str, ...]:
    """Return `prepend_sys_path` of [tool.alembic], a string or a list of them."""
    path = project / "pyproject.toml"
    if not is_file(path):
        return ()
    document = read_document(path, faults, mentioning=(_PREPENDED,)) or {}
    tool = document.get("tool")
    section = tool.get(SECTION) if isinstance(tool, dict) else None
    paths = section.get(_PREPENDED) if isinstance(section, dict) else None
    if isinstance(paths, str):
        paths = [paths]
    values = {"here": project.as_posix()}
    listed = paths if isinstance(paths, list) else []
    return tuple(interpolated(entry, values) for entry in listed if isinstance(entry, str))
