"""The settings of a command; with `--verbose` also what they and others decide."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

import xcore_tools
from xcore_tools.cli.terminal import detail
from xcore_tools.cli.verbosity import is_verbose
from xcore_tools.config import Config
from xcore_tools.config.files import shown
from xcore_tools.errors import ConfigError


def load_settings(path: Path | None, *, around: Sequence[str] = ()) -> Config:
    """Return the settings of the file, or of the project around the working directory.

    Where one of the paths `around` lies elsewhere, the project is the one around them.

    Raises:
        ConfigError: they cannot be used.
    """
    start = None if path else _elsewhere(around)
    config = xcore_tools.load_config(path, start=start) if start else xcore_tools.load_config(path)
    if is_verbose():
        for name, text in _decided(config):
            detail(f"{name}: {text}")
    return config


def _elsewhere(paths: Sequence[str]) -> Path | None:
    """The directory that holds all paths, unless that is the working directory or below it."""
    found = [Path(path).resolve() for path in paths]
    if all(path.is_relative_to(Path.cwd()) for path in found):
        return None
    try:
        common = Path(os.path.commonpath(found))
    except ValueError:  # on several drives
        return None
    return common if common.is_dir() else common.parent


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
