"""A database that the revisions alone have made, to compare it with the source or with another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

from xcore_tools.config import Config
from xcore_tools.database.backup.manager import BackupManager
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import MigrationError
from xcore_tools.migrate.runtime.environment import Environment
from xcore_tools.migrate.runtime.scripts import refuse_irregular


@contextmanager
def replayed(
    config: Config,
    *,
    url: str | None = None,
    section: str = "alembic",
    arguments: Sequence[str] = (),
) -> Iterator[DatabaseUrl]:
    """An empty database after all revisions of the project, which are run for it, and so is env.py.

    It is of the engine of the configured database, or of `url`; it lies beside that, or in a temporary
    file for SQLite, and is dropped afterwards. The configured database is not touched.

    Raises:
        ConfigError: nothing names a database, or env.py does not use the one that it is given.
        MigrationError: a revision failed, or env.py connects to several databases.
        BackupError, DatabaseError: there is no empty database to be had.
    """
    with BackupManager.from_config(config, url).blank() as fresh:
        environment = Environment(config, url=fresh, section=section, arguments=arguments)

        def upgrade(settings: AlembicConfig) -> None:
            scripts = ScriptDirectory.from_config(settings)
            refuse_irregular(scripts)
            if len(environment.observe(settings, scripts)) != 1:
                raise MigrationError("env.py connects to several databases: name one with --url")
            command.upgrade(settings, "heads")

        environment.run(upgrade)
        yield fresh
