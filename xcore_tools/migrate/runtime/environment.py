"""Alembic as it is set up in the project: its configuration, its scripts, one run of its env.py."""

from __future__ import annotations

import contextlib
import io
import os
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic.config import Config as AlembicConfig
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from xcore_tools.config import Config
from xcore_tools.config.files import is_file, shown
from xcore_tools.database.backup.engine import VersionTable
from xcore_tools.database.drivers import installed, is_asynchronous, synchronous
from xcore_tools.database.lookup import VARIABLES, find_url
from xcore_tools.database.url import DatabaseUrl, anchored_url
from xcore_tools.envfile.locate import SeveralEnvironmentsError, find_env
from xcore_tools.errors import ConfigError, MigrationError
from xcore_tools.files import read_regular
from xcore_tools.migrate.runtime.failures import explained
from xcore_tools.migrate.runtime.flask import application_of
from xcore_tools.migrate.runtime.isolation import isolated, outside_event_loop
from xcore_tools.migrate.runtime.logs import migration_log, quiet

_Result = TypeVar("_Result")
_URL = "sqlalchemy.url"
_WITHOUT_URL = (KeyError, sa.exc.ArgumentError)
"""What the env.py of Alembic's templates ends in where no URL is configured."""
_INI_SOURCE = f"{_URL} in "


class Observed:
    """What one database looked like through env.py.

    `tables` are those that it holds but the version table, with their schema where that is not the
    default one; `metadatas` are those of `target_metadata`, `version_table` is where env.py has the
    revisions noted. `is_transactional` tells whether a revision that fails leaves nothing behind.
    """

    def __init__(self, connection: sa.Connection, context: Any, ours: DatabaseUrl | None) -> None:
        there = connection.engine.url
        if ours is not None and ours.is_same_database(there):
            self.url = ours
        else:
            self.url = anchored_url(there, source="env.py", anchor=Path.cwd())
        self.current = tuple(sorted(context.get_current_heads()))
        given = context.opts.get("target_metadata")
        listed = given if isinstance(given, Sequence) else [given]
        self.metadatas = tuple(item for item in listed if isinstance(item, sa.MetaData))
        self.version_table = VersionTable(context.version_table, context.version_table_schema)
        self.is_transactional = bool(context.impl.transactional_ddl)
        names = sa.inspect(connection).get_table_names()
        self.tables = tuple(sorted(name for name in names if name != context.version_table))


class Environment:
    """What Alembic needs to run in a project, and the manners that it runs with."""

    def __init__(
        self,
        config: Config,
        *,
        url: str | DatabaseUrl | None,
        section: str,
        arguments: Sequence[str],
    ) -> None:
        self.config = config
        self.ini = config.project / config.migration.alembic_config
        self._section = section
        self._arguments = list(arguments)
        self.url, self._url_faults = self._found(url)
        self._is_insisted = isinstance(url, DatabaseUrl)

    def elsewhere(self, url: DatabaseUrl) -> Environment:
        """The same for another database, which is insisted on: env.py has to use it."""
        return Environment(self.config, url=url, section=self._section, arguments=self._arguments)

    def _found(self, given: str | DatabaseUrl | None) -> tuple[DatabaseUrl | None, tuple[str, ...]]:
        """The URL of the settings. An env.py may have one of its own, so that none is no error yet."""
        if isinstance(given, DatabaseUrl):
            return given, ()
        try:
            return find_url(self.config, given, section=self._section), ()
        except ConfigError as error:
            if given is not None:
                raise
            return None, error.faults

    def redact(self, text: str) -> str:
        """`text` without secrets."""
        return self.url.redacted(text) if self.url else text

    def run(
        self, call: Callable[[AlembicConfig], _Result], *, output: io.StringIO | None = None
    ) -> _Result:
        """The result of `call` for the configuration, as if Alembic was run beside its ini file.

        What it prints as a result goes to `output`.

        Raises:
            ConfigError: the directory that the ini file should be in does not exist.
            MigrationError: Alembic, env.py or a revision failed.
            DatabaseError: the database cannot be reached.
        """
        if not self.ini.parent.is_dir():
            where = shown(self.config.source) if self.config.source else "the settings"
            raise ConfigError(
                [
                    f"{shown(self.ini)}: its directory does not exist; correct "
                    f"migration.alembic_config in {where}, or run `xcore-tools init`"
                ]
            )

        def guarded() -> _Result:
            directory = self.ini.parent
            logger = self.config.migration.logger
            with (
                explained(self.redact, directory, database=str(self.url or "env.py")),
                isolated(directory, self.redact),
                migration_log(logger, self.config.project),
                self._named_in_environment(),
                application_of(self._env(), self.config.project.resolve()),
            ):
                return call(self._alembic_config(output or io.StringIO()))

        try:
            return outside_event_loop(guarded)
        except MigrationError as error:
            if self.url is None and isinstance(error.__cause__, _WITHOUT_URL):
                raise ConfigError(self._url_faults) from None
            raise

    def observe(self, config: AlembicConfig, scripts: ScriptDirectory) -> list[Observed]:
        """Runs env.py without changing anything; one entry for each database that it connects to.

        Raises:
            ConfigError: env.py connects to another database than the settings name.
        """
        seen: list[Observed] = []

        def look(_: object, context: Any) -> list[Any]:
            seen.append(Observed(context.connection, context, self.url))
            return []

        with (
            quiet(),
            contextlib.chdir(self.ini.parent),
            EnvironmentContext(config, scripts, fn=look, dont_mutate=True),
        ):
            scripts.run_env()
        self._check(seen)
        return seen

    @property
    def is_overridable(self) -> bool:
        """Whether env.py often has another URL than this one: that of the ini file."""
        return self.url is None or self.url.source.startswith(_INI_SOURCE)

    @property
    def has_no_file(self) -> bool:
        """Whether the database is an SQLite file that does not exist; looking would make it."""
        path = self.url.sqlite_path if self.url else None
        return path is not None and not path.exists()

    @contextlib.contextmanager
    def _named_in_environment(self) -> Iterator[None]:
        """Inside, the variables that may name the database name this one, for an env.py that reads them."""
        before = {name: os.environ[name] for name in VARIABLES if name in os.environ}
        if not self._is_insisted or self.url is None:
            before = {}
        else:
            text = self.url.sqlalchemy.render_as_string(hide_password=False)
            os.environ.update(dict.fromkeys(before, text))
        try:
            yield
        finally:
            os.environ.update(before)

    def _check(self, seen: Sequence[Observed]) -> None:
        """A sqlalchemy.url that env.py overrides is common; any other URL was meant to be used."""
        url = self.url
        if url is None or self.is_overridable or not seen:
            return
        if not any(each.url is url for each in seen):
            raise ConfigError(
                [
                    f"env.py connects to {seen[0].url}, but {url.source} names {url}; let env.py "
                    f'read config.get_main_option("{_URL}"), or name the same database in both'
                ]
            )

    def _alembic_config(self, output: io.StringIO) -> AlembicConfig:
        options = Namespace(
            x=self._arguments, name=self._section, config=str(self.ini), quiet=True, verbose=False
        )
        config = AlembicConfig(
            file_=self.ini,
            toml_file=self.config.project / "pyproject.toml",
            ini_section=self._section,
            output_buffer=output,
            stdout=output,
            cmd_opts=options,
        )
        if not is_file(self.ini):
            config.config_file_name = None  # env.py would hand it to fileConfig
        env = self._env()
        if env is not None and not config.get_alembic_option("script_location"):
            config.set_main_option("script_location", env.parent.as_posix().replace("%", "%%"))
        if self.url is not None:
            config.set_main_option(_URL, self._usable(self.url, config).ini_text)
        return config

    def _env(self) -> Path | None:
        """The env.py; where there is none, Alembic says what is missing."""
        try:
            return find_env(self.config, name=self._section)
        except SeveralEnvironmentsError:
            raise
        except ConfigError:
            return None

    @staticmethod
    def _usable(url: DatabaseUrl, config: AlembicConfig) -> DatabaseUrl:
        """`url` with a driver that env.py can use: one without event loop unless it has one."""
        if is_asynchronous(url) and not _is_asynchronous_env(config):
            return synchronous(url)
        return installed(url)


def _is_asynchronous_env(config: AlembicConfig) -> bool:
    """Whether env.py, by its text, makes an engine that needs an event loop."""
    env = Path(ScriptDirectory.from_config(config).env_py_location)
    return is_file(env) and b"async" in read_regular(env)
