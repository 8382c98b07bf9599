"""What goes around a migration, so that one that fails leaves the database as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from xcore_tools.config import Config
from xcore_tools.database.backup.engine import revisions_in
from xcore_tools.database.backup.manager import BackupManager
from xcore_tools.database.comparison import compare_schemas
from xcore_tools.database.connection import connected
from xcore_tools.database.inspection import DatabaseInspector
from xcore_tools.database.schema import DatabaseSchema
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError, DatabaseError, MigrationError, XcoreToolsError
from xcore_tools.files import read_text
from xcore_tools.migrate.facts import Revision
from xcore_tools.migrate.guard.cascade import unenforced
from xcore_tools.migrate.guard.interruption import Interruption, forget, found, noted
from xcore_tools.migrate.runtime.environment import Observed
from xcore_tools.migrate.runtime.logs import LOG

_TEMPORARY = "_alembic_tmp_"
_BATCH = "batch_alter_table"


class Safety(msgspec.Struct, frozen=True):
    """What is wanted; None means what the settings say.

    A backup that was taken is restored after a failure if `restore_on_failure` says so; None does
    where the engine has no transactions for what revisions do. `interrupted` says what to do about
    an earlier run that was killed: `restore` the backup of before, `ignore` it, or (None) restore if
    nobody can have changed the database since. `accept_loss` takes it for meant that tables have lost
    parts when they were rebuilt.
    """

    backup: bool | None = None
    restore_on_failure: bool | None = None
    interrupted: str | None = None
    accept_loss: bool = False


AS_SET = Safety()
"""What the settings say."""


class Guard:
    """The precautions for one database, while its lock is held."""

    def __init__(self, config: Config, seen: Observed, safety: Safety) -> None:
        settings = config.migration.backup
        self._seen = seen
        self._safety = safety
        self._project = config.project
        self._directory = config.project / settings.backup_directory
        self._is_automatic = settings.auto_backup_before_migration
        self._manager = manager_of(config, seen)
        self.backup = ""

    def recover(self, changed: float | None) -> str:
        """Bring back what an interrupted run has left half done; the name of the backup, if any.

        `changed` is when the database file was changed last.

        Raises:
            MigrationError: somebody has to decide about that.
        """
        if self._manager is None:
            return ""
        left = found(self._directory, self._seen.url)
        if left is None:
            return ""
        if self._safety.interrupted == "ignore":
            forget(self._directory, self._seen.url)
            return ""
        if self._safety.interrupted is None and not left.is_last_change(changed):
            raise MigrationError(
                f"{self._seen.url}: an earlier migration was interrupted, and it may be half done; "
                "the database may have been changed since. --interrupted restore brings back the "
                f"backup of before, {left.backup}, first; --interrupted ignore goes on as it is"
            )
        restored = self._manager.restore(left.backup, is_locked=True)
        forget(self._directory, self._seen.url)
        saved = f"; the state before that is in {restored.safety.name}" if restored.safety else ""
        LOG.warning(
            "%s: an earlier migration was interrupted: restored %s%s",
            self._seen.url,
            left.backup,
            saved,
        )
        return left.backup

    @contextmanager
    def around(self, todo: Sequence[Revision], has_begun: Callable[[], bool]) -> Iterator[None]:
        """Inside, the migration runs: what it leaves when it fails is undone.

        `has_begun` tells whether any revision had its turn.
        """
        is_empty = not (self._seen.tables or self._seen.current)
        if todo:
            _refuse_leftovers(self._seen)
        # what holds nothing has nothing to lose, but half of a first migration is in the way of the next
        is_needless = is_empty and self._seen.is_transactional
        if not self._is_wanted() or is_needless or not todo:
            with self._rebuilding(todo):
                yield
            return
        assert self._manager is not None
        schema = DatabaseInspector(self._seen.url).inspect()
        self.backup = self._taken(self._manager)
        self._refuse_one_way(self._manager)
        try:
            with ExitStack() as stack:
                if not self._seen.is_transactional:
                    note = Interruption(self.backup, self._seen.current)
                    stack.enter_context(noted(self._directory, self._seen.url, note))
                stack.enter_context(self._rebuilding(todo))
                yield
        except BaseException as error:
            if has_begun():
                error.add_note(self._undone(self._manager, schema))
            else:
                forget(self._directory, self._seen.url)
            raise
        if is_empty:
            self._manager.delete(self.backup)
            self.backup = ""
        self._manager.prune()

    def _is_wanted(self) -> bool:
        wanted = self._safety.restore_on_failure or self._safety.backup
        if wanted and self._manager is None:
            raise BackupError(f"{self._seen.url}: no backup can be taken of it; give --no-backup")
        return self._manager is not None and (self._is_automatic if wanted is None else wanted)

    def _taken(self, manager: BackupManager) -> str:
        try:
            return manager.create(reason="migration").name
        except XcoreToolsError as error:
            raise BackupError(
                f"{error}; nothing was migrated, since no backup could be taken before "
                "(--no-backup goes on without)"
            ) from error

    def _refuse_one_way(self, manager: BackupManager) -> None:
        """Raise if a failure is to be undone by a restore, and that could not be done."""
        if not self._restores:
            return
        plan = manager.plan(self.backup)
        if plan.obstacles:
            raise BackupError(
                f"{self._seen.url}: nothing was migrated, since a failure could not be undone: "
                f"{'; '.join(plan.obstacles)} (--no-restore-on-failure goes on without)"
            )

    @property
    def _restores(self) -> bool:
        """Whether a failure is undone by a restore."""
        wanted = self._safety.restore_on_failure
        return not self._seen.is_transactional if wanted is None else wanted

    def _undone(self, manager: BackupManager, schema: DatabaseSchema) -> str:
        """Restore, if there is something to undo; what was done in words.

        What a transaction has left is whole, so that it is restored on demand only: that would take
        away what others have written meanwhile.
        """
        command = f"`xcore-tools backup restore {self.backup}` brings back the state of before"
        try:
            if self._seen.is_transactional and self._is_as_before(schema):
                return "the database is as it was before"
            if not self._restores:
                forget(self._directory, self._seen.url)
                return command
            restored = manager.restore(self.backup, is_locked=True)
        except XcoreToolsError as error:
            return f"restoring the backup of before has failed: {error}; {command}"
        forget(self._directory, self._seen.url)
        saved = f" (what the failure left is in {restored.safety.name})" if restored.safety else ""
        return f"the database is as it was before, restored from {self.backup}{saved}"

    def _is_as_before(self, schema: DatabaseSchema) -> bool:
        """Whether the transaction has undone everything: not what came in one of its own."""
        now = DatabaseInspector(self._seen.url).inspect()
        with connected(self._seen.url) as connection:
            current = revisions_in(connection, self._seen.version_table)
        # a first run leaves the table of versions, which is empty
        difference = compare_schemas(schema, now).differences
        table = self._seen.version_table.name
        return current == self._seen.current and all(
            table in {each.name, each.table} for each in difference
        )

    @contextmanager
    def _rebuilding(self, todo: Sequence[Revision]) -> Iterator[None]:
        """SQLite: rows do not vanish with a table that is rebuilt, nor do they point to nothing then."""
        files = (self._project / revision.path for revision in todo)
        if self._seen.url.sqlite_path is None or not any(map(_has_batch, files)):
            yield
            return
        before = _orphans(self._seen.url)
        with unenforced():
            yield
        new = sorted(_orphans(self._seen.url) - before)
        if new:
            raise MigrationError(
                f"{self._seen.url}: rows of {', '.join(new[:3])} have foreign keys that lead nowhere "
                "now; have the revision delete or change them, since foreign keys are not enforced "
                "while tables are rebuilt"
            )


def _refuse_leftovers(seen: Observed) -> None:
    """Raise if a batch operation was interrupted here: the next one would end in `already exists`."""
    remedies = leftovers(seen.tables)
    if remedies:
        raise MigrationError(
            f"{seen.url}: an interrupted batch operation has left a table: {'; '.join(remedies)}"
        )


def leftovers(tables: Collection[str]) -> list[str]:
    """What to do about each of `tables` that an interrupted batch operation has left."""
    remedies = []
    for name in tables:
        if not name.startswith(_TEMPORARY):
            continue
        table = name.removeprefix(_TEMPORARY)
        if table in tables:
            # it is dropped only after all rows have been copied
            remedies.append(f'{table} is whole, so run `DROP TABLE "{name}"`')
        else:
            remedies.append(
                f'{table} was dropped already, so run `ALTER TABLE "{name}" RENAME TO "{table}"`'
            )
    return remedies


def manager_of(config: Config, seen: Observed) -> BackupManager | None:
    """The backups of a database; None if there can be none."""
    if not _can_be_backed_up(seen.url):
        return None
    settings = config.migration.backup
    directory = config.project / settings.backup_directory
    return BackupManager(seen.url, directory, settings=settings, version_table=seen.version_table)


def _can_be_backed_up(url: DatabaseUrl) -> bool:
    if url.engine_name == "sqlite":
        return url.sqlite_path is not None
    # a schema is not a database: restoring would put back those of others as well
    return url.engine_name in {"postgresql", "mysql"} and not url.search_path


def _has_batch(path: Path) -> bool:
    try:
        return _BATCH in read_text(path)
    except OSError:
        return False


def _orphans(url: DatabaseUrl) -> Counter[str]:
    """How many such rows there are for each `child → parent`."""
    try:
        with connected(url) as connection:
            rows = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    except DatabaseError:  # no file yet, or a key that refers to what cannot be referred to
        return Counter()
    return Counter(f"{child} → {parent}" for child, _, parent, _ in rows)
