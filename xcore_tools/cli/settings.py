"""The settings of a command; with `--verbose` also what they and others decide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

import xcore_tools
from xcore_tools.cli.terminal import detail
from xcore_tools.cli.verbosity import is_verbose
from xcore_tools.config import Config
from xcore_tools.config.files import shown
from xcore_tools.errors import ConfigError

__all__ = ["load_settings"]


def load_settings(path: Path | None) -> Config:
    """Return the settings of the file, or of the project around the working directory.

    Raises:
        ConfigError: they cannot be used.
    """
    config = xcore_tools.load_config(path)
    if is_verbose():
        for name, text in _decided(config):
            detail(f"{name}: {text}")
    return config


def _decided(config: Config) -> Iterator[tuple[str, str]]:
    # dear to import, and needed here only
    from xcore_tools.database.lookup import find_url  # noqa: PLC0415
    from xcore_tools.envfile.locate import find_env  # noqa: PLC0415

    given = click.get_current_context().params
    section = given.get("name")
    section = section if isinstance(section, str) else "alembic"
    yield "project", str(config.project)
    yield "settings", shown(config.source) if config.source else "none, so defaults count"
    models = config.migration.automigration.models
    yield "sources", ", ".join((*models, *config.plugin_paths)) or "the whole project"
    if config.import_roots:
        yield "import roots", ", ".join(shown(root) for root in config.import_roots)
    try:
        yield "env.py", shown(find_env(config, name=section))
    except ConfigError as error:
        yield "env.py", error.faults[0]
    try:
        url = find_url(config, given.get("url"), section=section)
        yield "database", f"{url} ({url.source})"
    except ConfigError as error:
        yield "database", error.faults[0]
