"""The directories that module names are relative to, as configured here and for Alembic."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterable
from pathlib import Path

from xcore_tools.config.files import is_file, read_bytes, read_document, shown
from xcore_tools.config.schema import Migration

__all__ = ["configured_import_roots", "prepended_paths"]

_SECTION = "alembic"
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


def prepended_paths(text: str, here: str) -> tuple[str, ...]:
    """Return the entries of `prepend_sys_path` in the text of an alembic.ini, as Alembic splits it.

    `here` stands for `%(here)s`. Format: `alembic.config.Config.get_prepend_sys_paths_list`.

    Raises:
        configparser.Error: the text is not a valid ini file.
        ValueError: `path_separator` is none of those that Alembic knows.
    """
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    paths = parser.get(_SECTION, "prepend_sys_path", fallback="")
    separator = parser.get(_SECTION, "path_separator", fallback=None)
    paths = _interpolated(paths, {**dict(_items(parser)), "here": here})
    if separator is None:
        entries = _LEGACY_SEPARATOR.split(paths)
    elif separator in _SEPARATORS:
        entries = paths.split(_SEPARATORS[separator])
    else:
        raise ValueError(f"path_separator: expected one of {', '.join(_SEPARATORS)}")
    return tuple(entry.strip() for entry in entries if entry.strip())


def _items(parser: configparser.ConfigParser) -> Iterable[tuple[str, str]]:
    return parser.items(_SECTION) if parser.has_section(_SECTION) else ()


def _interpolated(text: str, values: dict[str, str]) -> str:
    # %(name)s, and %% for one percent sign; anything else stays as it is
    return re.sub(
        r"%\((\w+)\)s|%%",
        lambda found: values.get(found[1], found[0]) if found[1] else "%",
        text,
    )


def _of_ini(path: Path, faults: list[str]) -> tuple[str, ...]:
    data = None if path.suffix == ".toml" or not is_file(path) else read_bytes(path, faults)
    if data is None:
        return ()
    try:
        return prepended_paths(data.decode("utf-8-sig", "replace"), path.parent.as_posix())
    except configparser.Error as error:
        # The message of the error itself would show the line, and with it perhaps a password.
        where = f"line {line}: " if (line := _line_of(error)) else ""
        faults.append(f"{shown(path)}: {where}not a valid ini file; correct the line")
    except ValueError as error:
        faults.append(f"{shown(path)}: {error}")
    return ()


def _line_of(error: configparser.Error) -> int | None:
    # MissingSectionHeaderError is a ParsingError without its `errors`
    errors = getattr(error, "errors", None)
    line = errors[0][0] if errors else getattr(error, "lineno", None)
    return line if isinstance(line, int) else None


def _of_pyproject(project: Path, faults: list[str]) -> tuple[str, ...]:
    """Return `prepend_sys_path` of [tool.alembic], a string or a list of them."""
    path = project / "pyproject.toml"
    if not is_file(path):
        return ()
    document = read_document(path, faults, mentioning=("prepend_sys_path",)) or {}
    tool = document.get("tool")
    section = tool.get(_SECTION) if isinstance(tool, dict) else None
    paths = section.get("prepend_sys_path") if isinstance(section, dict) else None
    if isinstance(paths, str):
        paths = [paths]
    values = {"here": project.as_posix()}
    listed = paths if isinstance(paths, list) else []
    return tuple(_interpolated(entry, values) for entry in listed if isinstance(entry, str))
