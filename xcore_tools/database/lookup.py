"""Which database is meant: the first of six places that names one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from xcore_tools.config import Config
from xcore_tools.config.files import shown
from xcore_tools.config.ini import SECTION, read_ini
from xcore_tools.database.url import DatabaseUrl, parse_url
from xcore_tools.errors import ConfigError

__all__ = ["VARIABLES", "find_url"]

VARIABLES = ("XCORE_TOOLS_DATABASE_URL", "DATABASE_URL")
_OPTION = "sqlalchemy.url"
# What `alembic init` writes: it names no database.
_PLACEHOLDER = "driver://user:pass@localhost/dbname"


def find_url(
    config: Config,
    given: str | None = None,
    *,
    section: str = SECTION,
    environ: Mapping[str, str] = os.environ,
) -> DatabaseUrl:
    """Return the URL of the project's database.

    The first that is there counts: `given` (`--url`), XCORE_TOOLS_DATABASE_URL, DATABASE_URL,
    `migration.url`, `xcore.data.url`, `sqlalchemy.url` in that `section` of alembic.ini. The
    relative path of an SQLite file starts from the directory of the file that names it, or from
    the working directory if no file does.

    Raises:
        ConfigError: nothing names a database, or what does is no URL.
    """
    faults: list[str] = []
    for text, source, anchor in _candidates(config, given, section, environ, faults):
        if text:
            return parse_url(text, source=source, anchor=anchor, environ=environ)
    raise ConfigError(
        faults
        or [
            "no database URL: give --url, set XCORE_TOOLS_DATABASE_URL or DATABASE_URL, "
            f"or write migration.url in {shown(config.source or config.project / 'config.json')}"
        ]
    )


def _candidates(
    config: Config,
    given: str | None,
    section: str,
    environ: Mapping[str, str],
    faults: list[str],
) -> Iterator[tuple[str | None, str, Path]]:
    """Each place in order: the text there if any, how messages call it, where paths start."""
    yield given, "--url", Path.cwd()
    for name in VARIABLES:
        yield environ.get(name), name, Path.cwd()
    file = shown(config.source or config.project)
    yield config.migration.url, f"migration.url in {file}", config.project
    yield config.application_url, f"xcore.data.url in {file}", config.project
    ini = config.project / config.migration.alembic_config
    text = read_ini(ini, faults).get(section, {}).get(_OPTION)
    yield None if text == _PLACEHOLDER else text, f"{_OPTION} in {shown(ini)}", ini.parent
