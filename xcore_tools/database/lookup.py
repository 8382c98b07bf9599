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

VARIABLES = ("XCORE_TOOLS_DATABASE_URL", "DATABASE_URL")
_OPTION = "sqlalchemy.url"
# What `alembic init` writes: it names no database.
EXAMPLE = "driver://user:pass@localhost/dbname"


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


def find_databases(
    config: Config,
    given: str | None = None,
    *,
    section: str = SECTION,
    environ: Mapping[str, str] = os.environ,
) -> dict[str, DatabaseUrl]:
    """Return the databases of `migration.databases` and `migration.schemas` by name, in that order.

    The schemas are those of the database that `find_url` gives.

    Raises:
        ConfigError: there are none, a name means two, or a URL cannot be used; it holds each fault.
    """
    settings, file = config.migration, shown(config.source or config.project)
    found: dict[str, DatabaseUrl] = {}
    faults: list[str] = []
    for name, text in settings.databases:
        source = f"migration.databases.{name} in {file}"
        try:
            found[name] = parse_url(text, source=source, anchor=config.project, environ=environ)
        except ConfigError as error:
            faults += error.faults
    if settings.schemas:
        url = find_url(config, given, section=section, environ=environ)
        if url.engine_name != "postgresql":
            faults.append(f"migration.schemas in {file}: {url} is not a PostgreSQL database")
        for name in settings.schemas:
            if name in found:
                faults.append(f"migration.schemas in {file}: {name} is also one of the databases")
            source = f"migration.schemas.{name} in {file}"
            found[name] = DatabaseUrl(url.with_schema(name).sqlalchemy, source)
    if not (found or faults):
        faults.append(
            f"{file} names no databases; write migration.databases, "
            'for example {"acme": "sqlite:///acme.db"}, or migration.schemas'
        )
    if faults:
        raise ConfigError(faults)
    return found


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
    yield None if text == EXAMPLE else text, f"{_OPTION} in {shown(ini)}", ini.parent
