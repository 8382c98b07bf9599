"""config.json or [tool.xcore-tools] → one frozen Config; every fault in one ConfigError."""

from __future__ import annotations

import os
from pathlib import Path

from xcore_tools.config.convert import convert
from xcore_tools.config.effective import Setting, settings_of
from xcore_tools.config.importroots import configured_import_roots
from xcore_tools.config.jsonschema import config_schema
from xcore_tools.config.schema import (
    Automigration,
    Backup,
    Config,
    Logger,
    Migration,
    ModelDiscovery,
)
from xcore_tools.config.search import Source, named_source, nearest_source
from xcore_tools.errors import ConfigError

__all__ = [
    "Automigration",
    "Backup",
    "Config",
    "Logger",
    "Migration",
    "ModelDiscovery",
    "Setting",
    "config_schema",
    "load_config",
    "load_settings",
]

_VARIABLE = "XCORE_TOOLS_CONFIG"


def load_config(path: Path | None = None, *, start: Path | None = None) -> Config:
    """Return the settings of a project; defaults where it has none.

    `path` names the file; else the environment variable XCORE_TOOLS_CONFIG does; else the nearest
    settings at or above `start` (the working directory) are taken, up to the root of the
    repository. Nothing is written, and no code of the project runs.

    Raises:
        ConfigError: the settings cannot be used; it holds every fault of theirs.
    """
    return _loaded(path, start)[0]


def load_settings(
    path: Path | None = None, *, start: Path | None = None
) -> tuple[Config, tuple[Setting, ...]]:
    """Return the settings, and each of them with whether its file gives it or it is a default.

    Raises:
        ConfigError: as `load_config`.
    """
    config, source = _loaded(path, start)
    return config, settings_of(config.migration, source.settings)


def _loaded(path: Path | None, start: Path | None) -> tuple[Config, Source]:
    faults: list[str] = []
    source = _source(path, start, faults)
    migration = convert(Migration, source.settings, source.label, faults)
    import_roots = configured_import_roots(source.project, migration, faults)
    if faults:
        raise ConfigError(dict.fromkeys(faults))
    config = Config(
        project=source.project,
        source=source.file,
        migration=migration,
        import_roots=import_roots,
        xcore=source.xcore,
    )
    return config, source


def _source(path: Path | None, start: Path | None, faults: list[str]) -> Source:
    if path is not None:
        return named_source(path, faults)
    if named := os.environ.get(_VARIABLE):
        return named_source(Path(named), faults, named_by=f"{_VARIABLE}: ")
    return nearest_source(start or Path.cwd(), faults)
