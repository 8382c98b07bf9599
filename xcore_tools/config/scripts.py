"""Where Alembic's scripts are, by its own settings: an ini file or [tool.alembic], without Alembic."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from xcore_tools.config.files import is_file, read_document, shown
from xcore_tools.config.ini import SECTION, interpolated, read_ini
from xcore_tools.config.schema import Config

__all__ = ["AlembicSettings", "alembic_settings", "directories_of", "split_paths"]

_SCRIPTS = "script_location"
_VERSIONS = "version_locations"
_SEPARATORS = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}
_SPACES_AND_COMMAS = re.compile(r", *| +")


class AlembicSettings(msgspec.Struct, frozen=True):
    """What Alembic's settings say about scripts.

    `home` is the directory that relative paths start from; `script_location` is None where no file
    names one; an empty `version_locations` stands for `versions` in the script directory.
    """

    home: Path
    script_location: str | None = None
    version_locations: tuple[str, ...] = ()
    is_recursive: bool = False


def alembic_settings(config: Config, section: str, faults: list[str]) -> AlembicSettings:
    """Return the settings of a section of the ini file, else those of [tool.alembic].

    Where neither names a script location, the home is the directory of the ini file.
    """
    ini = config.project / config.migration.alembic_config
    toml = config.project / "pyproject.toml"
    sections = read_ini(ini, faults)
    if sections and section != SECTION and section not in sections:
        others = ", ".join(name for name, options in sections.items() if _SCRIPTS in options)
        hint = f"; sections with a script_location: {others}" if others else ""
        faults.append(f"{shown(ini)}: has no section [{section}]{hint}")
    options = sections.get(section, {})
    if faults or options.get(_SCRIPTS, "").strip():
        return _of_ini(options, ini, faults)
    return _of_toml(toml, faults) or AlembicSettings(ini.parent)


def directories_of(text: str, home: Path, config: Config) -> Iterator[Path]:
    """Yield the places that a location may mean: a path, or `package:path` below an import root."""
    package, colon, inside = text.partition(":")
    if colon and not Path(text).is_absolute() and re.fullmatch(r"\w+(\.\w+)*", package):
        for root in (config.project, *config.import_roots, config.project / "src"):
            yield root.joinpath(*package.split("."), inside)
    else:
        yield home / text
        # Alembic itself starts from the working directory
        yield Path.cwd() / text


def split_paths(
    options: Mapping[str, str], key: str, separators: Sequence[str], legacy: re.Pattern[str]
) -> tuple[str, ...]:
    """Return the paths of an option of alembic.ini, as Alembic splits them.

    The first of the options `separators` that is there says what stands between them; without
    one it is what `legacy` matches.

    Raises:
        ValueError: the separator is none of those that Alembic knows.
    """
    text = options.get(key, "")
    named = next((name for name in separators if options.get(name)), None)
    if named is None:
        entries = legacy.split(text)
    elif options[named] in _SEPARATORS:
        entries = text.split(_SEPARATORS[options[named]])
    else:
        raise ValueError(f"{named}: expected one of {', '.join(_SEPARATORS)}")
    return tuple(entry.strip() for entry in entries if entry.strip())


def _of_ini(options: Mapping[str, str], ini: Path, faults: list[str]) -> AlembicSettings:
    separators = ("path_separator", "version_path_separator")
    locations: tuple[str, ...] = ()
    try:
        locations = split_paths(options, _VERSIONS, separators, _SPACES_AND_COMMAS)
    except ValueError as error:
        faults.append(f"{shown(ini)}: {error}")
    return AlembicSettings(
        home=ini.parent,
        script_location=options.get(_SCRIPTS, "").strip() or None,
        version_locations=locations,
        is_recursive=options.get("recursive_version_locations", "").lower() in {"true", "1", "yes"},
    )


def _of_toml(path: Path, faults: list[str]) -> AlembicSettings | None:
    document = None
    if is_file(path):
        document = read_document(path, faults, mentioning=(_SCRIPTS,))
    tool = (document or {}).get("tool")
    section = tool.get(SECTION) if isinstance(tool, dict) else None
    text = section.get(_SCRIPTS) if isinstance(section, dict) else None
    if not isinstance(section, dict) or not isinstance(text, str) or not text:
        return None
    here = {"here": path.parent.as_posix()}
    listed = section.get(_VERSIONS, [])
    return AlembicSettings(
        home=path.parent,
        script_location=interpolated(text, here),
        version_locations=tuple(interpolated(entry, here) for entry in listed),
        is_recursive=section.get("recursive_version_locations") is True,
    )
