"""Where Alembic's scripts are, by its own settings: an ini file or [tool.alembic], without Alembic."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from xcore_tools.config.files import is_directory, is_file, read_document, shown
from xcore_tools.config.ini import SECTION, interpolated, read_ini
from xcore_tools.config.schema import Config

_SCRIPTS = "script_location"
_VERSIONS = "version_locations"
_RECURSIVE = "recursive_version_locations"
_SOURCELESS = "sourceless"
_SEPARATORS = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}
_NEVER_ENTERED = frozenset({"__pycache__", "node_modules", "site-packages"})
_SPACES_AND_COMMAS = re.compile(r", *| +")


class AlembicSettings(msgspec.Struct, frozen=True):
    """What Alembic's settings say about scripts.

    `home` is the directory that relative paths start from; `script_location` is None where no file
    names one; an empty `version_locations` stands for `versions` in the script directory.
    `is_sourceless` says that compiled files count, too.
    """

    home: Path
    script_location: str | None = None
    version_locations: tuple[str, ...] = ()
    is_recursive: bool = False
    is_sourceless: bool = False


def alembic_settings(config: Config, section: str, faults: list[str]) -> AlembicSettings:
    """Return the settings of a section of the ini file; what is not there, [tool.alembic] may say.

    Where neither names a script location, the home is the directory of the ini file, and an env.py
    beside it is the one.
    """
    ini = config.project / config.migration.alembic_config
    toml = config.project / "pyproject.toml"
    sections = read_ini(ini, faults)
    if sections and section != SECTION and section not in sections:
        others = ", ".join(name for name, options in sections.items() if _SCRIPTS in options)
        hint = f"; sections with a script_location: {others}" if others else ""
        faults.append(f"{shown(ini)}: has no section [{section}]{hint}")
    options = sections.get(section, {})
    tool = {} if faults else _tool_section(toml, faults)
    in_ini, in_toml = options.get(_SCRIPTS, "").strip(), _text(tool, _SCRIPTS, toml)
    if not (in_ini or in_toml) and is_file(ini) and is_file(ini.with_name("env.py")):
        in_ini = "."  # Flask-Migrate's, which says it elsewhere
    return AlembicSettings(
        home=toml.parent if in_toml and not in_ini else ini.parent,
        script_location=in_ini or in_toml or None,
        version_locations=(
            _listed_in_ini(options, ini, faults) or _listed_in_toml(tool, toml, faults)
        ),
        is_recursive=_is_on(_RECURSIVE, options, tool),
        is_sourceless=_is_on(_SOURCELESS, options, tool),
    )


def directories_of(text: str, home: Path, config: Config) -> Iterator[Path]:
    """Yield the places that a location may mean: a path, or `package:path:path` wherever the package lies.

    A package is looked for below the import roots, then around the directory `home`, then in the
    whole project.
    """
    package, colon, inside = text.partition(":")
    if colon and not Path(text).is_absolute() and re.fullmatch(r"\w+(\.\w+)*", package):
        parts = (*package.split("."), *inside.split(":"))
        for root in (config.project, *config.import_roots, config.project / "src"):
            yield root.joinpath(*parts)
        for root in (home, *home.parents):
            yield root.joinpath(*parts)
        for root in _homes_of(parts[0], config.project):
            yield root.joinpath(*parts)
    else:
        yield home / text
        # Alembic itself starts from the working directory
        yield Path.cwd() / text


def _homes_of(name: str, project: Path) -> Iterator[Path]:
    """Yield the directories of the project that hold one of that name, those at the top first."""
    level = [project]
    while level:
        below: list[Path] = []
        for directory in level:
            try:
                names = sorted(os.listdir(directory))  # noqa: PTH208 - names are wanted, not paths
            except OSError:
                continue
            if "pyvenv.cfg" in names:
                continue
            if name in names:
                yield directory
            below += [
                directory / each
                for each in names
                if each[0] != "." and each not in _NEVER_ENTERED and is_directory(directory / each)
            ]
        level = below


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
    if not text.strip():
        return ()  # Alembic does not look at the separator either
    named = next((name for name in separators if options.get(name)), None)
    if named is None:
        entries = legacy.split(text)
    elif options[named] in _SEPARATORS:
        entries = text.split(_SEPARATORS[options[named]])
    else:
        raise ValueError(f"{named}: expected one of {', '.join(_SEPARATORS)}")
    return tuple(entry.strip() for entry in entries if entry.strip())


def _listed_in_ini(options: Mapping[str, str], ini: Path, faults: list[str]) -> tuple[str, ...]:
    separators = ("path_separator", "version_path_separator")
    try:
        return split_paths(options, _VERSIONS, separators, _SPACES_AND_COMMAS)
    except ValueError as error:
        faults.append(f"{shown(ini)}: {error}")
        return ()


def _listed_in_toml(tool: Mapping[str, Any], path: Path, faults: list[str]) -> tuple[str, ...]:
    listed = tool.get(_VERSIONS, [])
    if not isinstance(listed, list) or not all(isinstance(entry, str) for entry in listed):
        faults.append(f"{shown(path)}: tool.alembic.{_VERSIONS}: expected a list of paths")
        return ()
    here = {"here": path.parent.as_posix()}
    return tuple(interpolated(entry, here) for entry in listed)


def _text(tool: Mapping[str, Any], name: str, path: Path) -> str:
    text = tool.get(name)
    return interpolated(text, {"here": path.parent.as_posix()}) if isinstance(text, str) else ""


def _tool_section(path: Path, faults: list[str]) -> dict[str, Any]:
    document = None
    if is_file(path):
        words = (_SCRIPTS, _VERSIONS, _SOURCELESS)
        document = read_document(path, faults, mentioning=words)
    tool = (document or {}).get("tool")
    section = tool.get(SECTION) if isinstance(tool, dict) else None
    return section if isinstance(section, dict) else {}


def _is_on(name: str, options: Mapping[str, str], tool: Mapping[str, Any]) -> bool:
    """Whether a switch is on: in an ini file Alembic takes no other word than `true` for it."""
    return options[name] == "true" if name in options else tool.get(name) is True
