"""A project on the disk → what a plan depends on. Nothing is written."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec

from xcore_tools.config import Config, load_settings
from xcore_tools.config.files import is_file, read_bytes, shown
from xcore_tools.config.importroots import configured_import_roots
from xcore_tools.config.ini import SECTION
from xcore_tools.config.schema import Automigration, Migration
from xcore_tools.discovery import discover
from xcore_tools.discovery.catalog.derived import ASYNCHRONOUS
from xcore_tools.discovery.results import Discovery
from xcore_tools.discovery.walk import CORE, Root, Rules, find_sources, read_source
from xcore_tools.envfile.environments import environment_of, environments
from xcore_tools.envfile.places import Environment
from xcore_tools.errors import ConfigError, NothingToScanError
from xcore_tools.setup.facts import Facts
from xcore_tools.setup.layout import layout_of

_ASYNCHRONOUS = tuple(name.encode() for name in sorted(ASYNCHRONOUS))
_NOTHING = Discovery((), (), (), ())


class Survey(msgspec.Struct, frozen=True):
    """The facts, the settings as they would be with what is missing, and the models by those."""

    facts: Facts
    config: Config
    discovery: Discovery


def survey(
    directory: Path | None = None,
    *,
    alembic_config: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Survey:
    """Look at the project of `directory`, or at the one that the working directory belongs to.

    `alembic_config` is the file of Alembic's settings, where there are several.

    Raises:
        ConfigError: settings cannot be used, or several files may hold those of Alembic.
    """
    config, given = load_settings(start=directory)
    has_settings = any(setting.is_given for setting in given)
    if directory is not None and not has_settings:
        config = msgspec.structs.replace(config, project=directory.resolve())
    project = config.project
    rules = Rules(
        exclude_directories=config.migration.model_discovery.exclude_directories,
        include=("*.py", "*.ini"),
    )
    paths = [each.path for each in find_sources(project, [Root(project, CORE)], rules).sources]
    environment = _environment(config, paths, alembic_config)
    if environment and environment.settings and not has_settings:
        config = _configured(config, alembic_config=environment.settings)
    found = _discovered(config, progress)
    scripts = PurePosixPath(environment.env).parent.as_posix() if environment else None
    python = [path for path in paths if path.endswith(".py")]
    layout = layout_of(found, python, scripts=scripts)
    if not has_settings and (layout.models or layout.plugins):
        config = _configured(config, automigration=Automigration(layout.models, layout.plugins))
        found = _discovered(config, None)
    facts = Facts(
        layout=layout,
        settings=shown(config.source) if has_settings and config.source else None,
        environment=environment,
        pyproject=_content(project / "pyproject.toml"),
        config_json=_content(project / "config.json"),
        pre_commit=_content(project / ".pre-commit-config.yaml"),
        is_async=environment is None and _is_async(project, python),
        version=importlib.metadata.version("xcore-tools"),
        origin=importlib.metadata.distribution("xcore-tools").read_text("direct_url.json") or "",
    )
    return Survey(facts, config, found)


def _discovered(config: Config, progress: Callable[[int, int], None] | None) -> Discovery:
    try:
        return discover(config=config, progress=progress)
    except NothingToScanError:
        return _NOTHING


def _configured(config: Config, **settings: object) -> Config:
    """The settings with some more of them."""
    faults: list[str] = []
    migration: Migration = msgspec.structs.replace(config.migration, **settings)
    roots = configured_import_roots(config.project, migration, faults)
    if faults:
        raise ConfigError(faults)
    return msgspec.structs.replace(config, migration=migration, import_roots=roots)


def _environment(config: Config, paths: list[str], named: Path | None) -> Environment | None:
    """Alembic in the project: where everybody looks, where an ini file says, or where it lies.

    Raises:
        ConfigError: there are several, and nobody said which; or the one that was named is none.
    """
    if named is not None:
        faults: list[str] = []
        ini = os.path.relpath(named.resolve(), config.project.resolve())
        found = environment_of(config, Path(ini).as_posix(), SECTION, faults)
        return found or _refuse(faults)
    if usual := environment_of(config, config.migration.alembic_config, SECTION, []):
        return usual
    several = environments(config, paths)
    if len(several) > 1:
        places = ", ".join(map(str, several))
        fault = f"Alembic is set up in several places: {places}"
        raise ConfigError([f"{fault}; say with --alembic-config which of its ini files is meant"])
    return several[0] if several else None


def _refuse(faults: list[str]) -> Environment:
    raise ConfigError(faults)


def _is_async(project: Path, paths: list[str]) -> bool:
    contents = (read_source(project, path) for path in paths)
    return any(
        word in content
        for content in contents
        if isinstance(content, bytes)
        for word in _ASYNCHRONOUS
    )


def _content(path: Path) -> bytes | None:
    """What a file holds; None where there is none.

    Raises:
        ConfigError: it cannot be read.
    """
    if not is_file(path):
        return None
    faults: list[str] = []
    content = read_bytes(path, faults)
    if content is None:
        raise ConfigError(faults)
    return content
