"""Alembic's settings and the disk → the files that Alembic takes for revisions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from xcore_tools.config import Config
from xcore_tools.config.files import shown
from xcore_tools.config.scripts import AlembicSettings, alembic_settings, directories_of
from xcore_tools.discovery.results import Problem
from xcore_tools.envfile.environments import settled
from xcore_tools.envfile.locate import find_env
from xcore_tools.errors import ConfigError
from xcore_tools.migrate.revisions.revision_file import is_revision_name

_CACHE = "__pycache__"
_COMPILED = (".pyc", ".pyo")


class Versions(msgspec.Struct, frozen=True):
    """The directories of revision files, by their real paths."""

    project: Path
    directories: tuple[Path, ...]
    is_recursive: bool = False
    is_sourceless: bool = False

    def named(self, path: Path) -> str:
        """A path as reports show it: relative to the project."""
        return Path(os.path.relpath(path, self.project)).as_posix()

    def has_place_for(self, path: Path) -> bool:
        """Whether Alembic would take a file at this real path for a revision."""
        parents = path.parents if self.is_recursive else [path.parent]
        is_below = any(parent in self.directories for parent in parents)
        return is_below and is_revision_name(path.name) and not path.parent.name.endswith(_CACHE)

    def files(self, problems: list[Problem]) -> list[Path]:
        """The real path of each revision file, once and in order; what Alembic minds is a problem."""
        found: set[Path] = set()
        for directory in filter(Path.is_dir, self.directories):
            here = {_real(path) for path in self._below(directory, problems)}
            if here & found:
                message = "its revisions are also found by way of another version location"
                problems.append(
                    _problem(self.named(directory), "XT309", f"{message}; name it once")
                )
            found |= here
        return sorted(found)

    def _below(self, directory: Path, problems: list[Problem]) -> Iterator[Path]:
        def note(error: OSError) -> None:
            path = self.named(Path(error.filename))
            problems.append(_problem(path, "XT102", f"cannot be read: {error.strerror}"))

        for root, directories, files in os.walk(directory, onerror=note):
            if self.is_sourceless:
                problems += [
                    _problem(
                        self.named(path), "XT305", "is compiled, so it is not read; keep its source"
                    )
                    for path in _compiled(Path(root), files)
                ]
            yield from (Path(root, name) for name in files if is_revision_name(name))
            directories[:] = [
                name for name in directories if self.is_recursive and not name.endswith(_CACHE)
            ]


def find_versions(config: Config, section: str) -> Versions:
    """The places of revision files by the settings of Alembic.

    Raises:
        ConfigError: there is no script directory, or none at a version location.
    """
    faults: list[str] = []
    config = settled(config, section)
    settings = alembic_settings(config, section, faults)
    if faults:
        raise ConfigError(faults)
    scripts = _script_directory(config, settings, section)
    # a new project has no directory `versions` where git has brought it: git knows files only
    directories = [
        _directory(config, settings, text, "version_locations")
        for text in settings.version_locations
    ] or [scripts / "versions"]
    return Versions(
        project=config.project.resolve(),
        directories=tuple(dict.fromkeys(path.resolve() for path in directories)),
        is_recursive=settings.is_recursive,
        is_sourceless=settings.is_sourceless,
    )


def _script_directory(config: Config, settings: AlembicSettings, section: str) -> Path:
    if settings.script_location is None:
        return find_env(config, name=section).parent
    return _directory(config, settings, settings.script_location, "script_location")


def _directory(config: Config, settings: AlembicSettings, text: str, option: str) -> Path:
    places = list(directories_of(text, settings.home, config))
    for place in places:
        if place.is_dir():
            return place
    raise ConfigError([f"{shown(places[0])}: no such directory; correct {option}, {text}"])


def _real(path: Path) -> Path:
    """The path without links; one that leads to no file stays, so that reports name the link."""
    return path.resolve() if path.is_file() else path


def _compiled(directory: Path, files: list[str]) -> Iterator[Path]:
    """The compiled files without a source beside them, which count if Alembic is sourceless."""
    sources = {name.split(".")[0] for name in files if name.endswith(".py")}
    cache = directory / _CACHE
    cached = sorted(cache.iterdir()) if cache.is_dir() else []
    for path in [*(directory / name for name in sorted(files)), *cached]:
        name = path.name
        is_revision = path.suffix in _COMPILED and is_revision_name(f"{path.stem}.py")
        if is_revision and name.split(".")[0] not in sources:
            yield path


def _problem(path: str, code: str, message: str) -> Problem:
    return Problem(path, 0, code, "error", message)
