"""Backups of one database in one directory: the operations, whatever the engine is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import xcore_tools.database.backup.selection as select
from xcore_tools.config import Config
from xcore_tools.config.schema import LOCK_TIMEOUT
from xcore_tools.config.schema import Backup as Settings
from xcore_tools.database.backup.archive import Archive
from xcore_tools.database.backup.compression import require, sha256_of
from xcore_tools.database.backup.engine import (
    Engine,
    HalfwayError,
    Progress,
    VersionTable,
    revisions_in,
    silent,
)
from xcore_tools.database.backup.facts import (
    Backup,
    Check,
    Contents,
    DamagedError,
    Manifest,
    Plan,
    Reason,
    Restored,
    Verification,
)
from xcore_tools.database.backup.mysql import Mysql
from xcore_tools.database.backup.names import made
from xcore_tools.database.backup.postgresql import Postgresql
from xcore_tools.database.backup.sqlite import Sqlite
from xcore_tools.database.backup.store import DATA, Store
from xcore_tools.database.connection import connected
from xcore_tools.database.lock import exclusive
from xcore_tools.database.lookup import find_url
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError, XcoreToolsError
from xcore_tools.version import installed_version

_SHOWN = 5
_ENGINES: dict[str, Callable[[VersionTable], Engine]] = {
    "sqlite": Sqlite,
    "postgresql": Postgresql,
    "mysql": Mysql,
}


class BackupManager:
    """Takes, checks, restores and removes backups of the database at `url`.

    They lie in `directory`. `settings` are those of `migration.backup`; `version_table` is where
    Alembic notes its revisions in this database.

    Raises:
        BackupError: databases of this engine cannot be backed up.
    """

    def __init__(
        self,
        url: DatabaseUrl,
        directory: Path,
        *,
        settings: Settings | None = None,
        version_table: VersionTable | None = None,
    ) -> None:
        if url.engine_name not in _ENGINES:
            known = ", ".join(_ENGINES)
            raise BackupError(f"{url}: backups are taken of {known} only; use the engine's tools")
        self.url = url
        self.settings = settings or Settings()
        self._version_table = version_table or VersionTable()
        self._engine = _ENGINES[url.engine_name](self._version_table)
        self._store = Store(directory)
        self._taken: set[str] = set()  # what this process wrote: its sha256

    @classmethod
    def from_config(
        cls,
        config: Config,
        url: str | None = None,
        *,
        directory: Path | None = None,
        version_table: VersionTable | None = None,
    ) -> Self:
        """For the database and the directory that the configuration names, if none is given.

        Raises:
            ConfigError: nothing names a database.
        """
        settings = config.migration.backup
        return cls(
            find_url(config, url),
            directory or config.project / settings.backup_directory,
            settings=settings,
            version_table=version_table,
        )

    @property
    def directory(self) -> Path:
        """Where the backups are."""
        return self._store.directory

    def create(self, *, reason: Reason = "manual", progress: Progress = silent) -> Backup:
        """Take a backup while others use the database, and check it; it is on the disk then.

        Nothing is overwritten or removed. A run that is killed leaves nothing that counts.

        Raises:
            BackupError, ConfigError, DatabaseError: there is no new backup.
        """
        compression = self.settings.compression
        require(compression)
        created = datetime.now(UTC).replace(microsecond=0)
        self._name(created, ())  # a fault in the format shows before the work
        failed = f"{self.url}: cannot be backed up"
        with self._store.workplace() as place, _translated(failed):
            contents = self._engine.dump(
                self.url, place / DATA, compression=compression, progress=progress
            )
            self._taken.add(contents.sha256)
            return self._store.publish(place, self._manifest(reason, created, contents))

    def list(self) -> tuple[Backup, ...]:
        """All backups in the directory, of other databases too, the newest first."""
        return self._store.backups()

    def verify(self, name: str | Path, *, drill: bool = False, trust: bool = False) -> Verification:
        """Check the size, the hash and the inside of a backup, which has a name or lies at a path.

        With `drill` it is also restored into a database of its own, and rows are counted there: the
        backup is `verified` then. One that is found damaged is `damaged` from now on, until a check
        that goes as far finds it sound again. A drill runs what is in the backup: one whose manifest
        this user has not signed takes `trust`, and is signed when the drill has succeeded.

        Raises:
            BackupError: there is no such backup.
        """
        backup = self._store.locate(name, marked=False)
        checks: list[str] = []
        is_restored = False
        try:
            for check in self._checks(backup):
                checks.append(check)  # noqa: PERF402 (those before an error count as well)
            if drill:
                self._require_trust(backup, trust=trust)
                is_restored = True
                self._drill(backup)
                checks.append("restore")
        except XcoreToolsError as error:
            if isinstance(error, DamagedError):
                self._mark(backup, is_restored=is_restored, problem=str(error))
            return Verification(backup.name, tuple(checks), str(error))
        problem = self._passed(backup, is_restored=is_restored, trust=trust)
        return Verification(backup.name, tuple(checks), problem)

    def choose(
        self, name: str | Path | None = None, *, revision: str | None = None, latest: bool = False
    ) -> Backup:
        """The backup of that name or path; or the newest one of this database, of that revision.

        Raises:
            BackupError: there is none, or nothing says which.
        """
        if name is not None:
            return self._store.locate(name)
        own = select.of_database(self._store.backups(), self.url)
        if revision is not None:
            return select.with_revision(own, revision)
        if latest:
            return select.newest(own, self.url)
        raise BackupError("which backup? Give a name, --revision or --latest")

    def restore(  # noqa: PLR0913 (each stands for an option)
        self,
        name: str | Path,
        *,
        safety: bool = True,
        privileges: bool = True,
        trust: bool = False,
        timeout: float = LOCK_TIMEOUT,
        is_locked: bool = False,
        progress: Progress = silent,
    ) -> Restored:
        """Replace the whole database by a backup, after checking that and backing up the present.

        The backup has a name in the directory, or is a file anywhere.
        At every moment, and whatever ends the process, the database is entirely the old or entirely
        the new one. What this user may not give back is found before: then nothing is changed.
        Without `privileges`, everything belongs to this user, and nobody else has a right to it.
        A manifest that this user has not signed takes `trust`: who can write into a directory could
        have put anything into the backup.
        `is_locked` says that the caller holds `exclusive(url)` already.

        Raises:
            BackupError, DatabaseError: the database is as it was before.
            HalfwayError: it is not: on MySQL, what changes places could not do so, nor go back.
        """
        backup = self._store.locate(name)
        self._require_engine(backup)
        self._require_trust(backup, trust=trust)
        live = self.url.sqlite_path
        if live is not None and backup.place and Path(backup.place).resolve() == live.resolve():
            raise BackupError(f"{self.url}: this is the database itself, and no backup of it")
        if is_locked:
            return self._restored(backup, safety, privileges, timeout, progress)
        with exclusive(self.url, timeout=timeout):
            return self._restored(backup, safety, privileges, timeout, progress)

    def plan(self, name: str | Path, *, privileges: bool = True) -> Plan:
        """What a restore can give back, and what is in its way; nothing is changed.

        Raises:
            BackupError, DatabaseError: there is no such backup, or the database cannot be reached.
        """
        backup = self._store.locate(name)
        self._require_engine(backup)
        with self._store.reading(backup) as path:
            return self._engine.plan(self.url, self._archive(path, backup), privileges=privileges)

    @contextmanager
    def copied(self) -> Iterator[DatabaseUrl]:
        """Another database with what is in this one now; it is dropped afterwards, whatever happens.

        The caller holds `exclusive(url)`: what a killed process left is known and dropped by that.
        An SQLite copy lies in the directory of the backups, others on the same server.

        Raises:
            BackupError, DatabaseError: there is no copy.
        """
        with (
            self._store.workplace() as place,
            self._engine.copied(self.url, place, self._store.workplace) as url,
        ):
            yield DatabaseUrl(url.sqlalchemy, "a copy")

    @contextmanager
    def blank(self) -> Iterator[DatabaseUrl]:
        """Another database of the same engine with nothing in it; it is dropped afterwards.

        That of SQLite is a temporary file; others lie on the same server, whose lock is held so long.

        Raises:
            BackupError, DatabaseError: it cannot be made.
        """
        is_file = self.url.engine_name == "sqlite"
        with (
            nullcontext() if is_file else exclusive(self.url),
            TemporaryDirectory() as place,
            self._engine.blank(self.url, Path(place)) as url,
        ):
            yield DatabaseUrl(url.sqlalchemy, "a new database")

    def delete(self, name: str) -> None:
        """Remove one backup.

        Raises:
            BackupError: there is none of that name, or it is being restored.
        """
        self._store.remove(name)

    def prune(
        self, *, keep: int | None = None, max_age_days: int | None = None
    ) -> tuple[Backup, ...]:
        """Remove backups of this database that are too many or too old; what was removed.

        Only sound backups with a manifest count. The newest one stays, and so does what is being
        restored. The settings say what is not given.
        """
        doomed = select.surplus(
            select.of_database(self._store.backups(), self.url),
            keep or self.settings.max_backup_files,
            _days(max_age_days or self.settings.max_backup_age_days),
            datetime.now(UTC),
        )
        removed = []
        for backup in doomed:
            try:
                self._store.remove(backup.name)
            except BackupError:  # in use, or gone already
                continue
            removed.append(backup)
        return tuple(removed)

    def _restored(
        self, backup: Backup, safety: bool, privileges: bool, timeout: float, progress: Progress
    ) -> Restored:
        with self._store.reading(backup) as path:
            for _ in self._checks(backup):
                pass
            archive = self._archive(path, backup)
            plan = self._engine.plan(self.url, archive, privileges=privileges)
            if plan.obstacles:
                raise BackupError(_refusal(self.url, plan, privileges=privileges))
            saved = None
            if safety and self._engine.exists(self.url):
                saved = self._saved()
            try:
                with _translated(f"{self.url}: cannot be restored"):
                    self._engine.load(
                        self.url,
                        archive,
                        privileges=privileges,
                        timeout=timeout,
                        progress=progress,
                    )
            except HalfwayError:
                raise
            except XcoreToolsError as error:
                raise BackupError(f"{error}. The database is as it was before.") from error
        with connected(self.url) as connection:
            revisions = revisions_in(connection, self._version_table)
        return Restored(self.url.name, backup, saved, revisions, plan.remarks)

    def _saved(self) -> Backup:
        try:
            return self.create(reason="safety")
        except XcoreToolsError as error:
            raise BackupError(
                f"{error}. Nothing was restored: the present state could not be backed up first; "
                "--no-safety-backup restores without"
            ) from error

    def _checks(self, backup: Backup) -> Iterator[str]:
        """What was checked, one after the other.

        Raises:
            BackupError, DatabaseError: at the first problem.
        """
        self._require_engine(backup)
        with self._store.reading(backup) as path, _translated(backup.name):
            manifest = backup.manifest
            if manifest is not None:
                if sha256_of(path) != manifest.sha256:
                    raise DamagedError(f"{backup.name}: its content was changed (sha256)")
                yield "size"
                yield "sha256"
            yield self._engine.check(self._archive(path, backup))

    def _drill(self, backup: Backup) -> None:
        """Restore it elsewhere, and compare.

        Raises:
            DamagedError: it cannot be restored anywhere, or other rows come out of it.
            BackupError, DatabaseError: it cannot be restored here, or by this user.
        """
        with (
            self._store.reading(backup) as path,
            _translated(backup.name),
            exclusive(self.url),  # so that what killed drills left can be told
        ):
            archive = self._archive(path, backup)
            rows = self._engine.drill(self.url, archive)
            plan = self._engine.plan(self.url, archive, privileges=True)
        if backup.manifest is not None:
            select.compare(backup.manifest.tables, rows, backup.name)
        if plan.obstacles:
            raise BackupError(_refusal(self.url, plan, privileges=True))

    def _passed(self, backup: Backup, *, is_restored: bool, trust: bool) -> str:
        """Note that a check found nothing; what one that went further has found before."""
        before = backup.manifest.check if backup.manifest else None
        if is_restored:
            self._mark(backup, is_restored=True, trust=trust)
        elif before and before.problem and before.is_restored:
            return f"{before.problem} (`backup verify --restore` tells whether it is still so)"
        elif before and before.problem:
            self._unmark(backup)
        return ""

    def _archive(self, path: Path, backup: Backup) -> Archive:
        return Archive(path, backup.manifest, self._store.workplace, backup.compression)

    def _mark(
        self, backup: Backup, *, is_restored: bool, problem: str = "", trust: bool = False
    ) -> None:
        """Note what a check has found, where there is room: it may be a directory of others."""
        now = datetime.now(UTC).replace(microsecond=0)
        with suppress(BackupError):
            self._store.mark(backup, Check(now, problem, is_restored), trusted=trust)

    def _unmark(self, backup: Backup) -> None:
        with suppress(BackupError):
            self._store.mark(backup, None)

    def _require_trust(self, backup: Backup, *, trust: bool) -> None:
        manifest = backup.manifest
        if trust or manifest is None or backup.is_authentic or manifest.sha256 in self._taken:
            return
        raise BackupError(
            f"{backup.name}: nothing shows that this user has taken it: its manifest has no signature "
            "made with the key of this user; if you know where it comes from, give --trust"
        )

    def _require_engine(self, backup: Backup) -> None:
        if backup.problem:  # without a manifest, nobody knows the engine
            raise BackupError(f"{backup.name}: {backup.problem}")
        if backup.engine != self.url.engine_name:
            raise BackupError(
                f"{backup.name} is a backup of {backup.engine}, and {self.url} is "
                f"{self.url.engine_name}; give the --url of a database of {backup.engine}"
            )

    def _name(self, created: datetime, revisions: tuple[str, ...]) -> str:
        return made(
            self.settings.backup_name_format,
            created=created,
            engine=self.url.engine_name,  # type: ignore[arg-type]
            database=self.url.name,
            revisions=revisions,
            compression=self.settings.compression,
        )

    def _manifest(self, reason: Reason, created: datetime, contents: Contents) -> Manifest:
        return Manifest(
            name=self._name(created, contents.revisions),
            reason=reason,
            engine=self.url.engine_name,  # type: ignore[arg-type]
            database=self.url.name,
            created=created,
            tool_version=installed_version(),
            client=contents.client,
            server_version=contents.server_version,
            revisions=contents.revisions,
            compression=contents.compression,
            size=contents.size,
            sha256=contents.sha256,
            foreign_keys_ok=contents.foreign_keys_ok,
            tables=contents.tables,
            surroundings=contents.surroundings,
            journal_mode=contents.journal_mode,
            mysql=contents.mysql,
        )


@contextmanager
def _translated(failed: str) -> Iterator[None]:
    """What the operating system refuses, such as to write on a full disk, becomes an error of ours."""
    try:
        yield
    except OSError as error:
        raise BackupError(f"{failed}: {error.strerror or error}") from error


def _refusal(url: DatabaseUrl, plan: Plan, *, privileges: bool) -> str:
    shown = "; ".join(plan.obstacles[:_SHOWN])
    more = f"; and {len(plan.obstacles) - _SHOWN} more" if len(plan.obstacles) > _SHOWN else ""
    hint = "--without privileges leaves owners and rights out, or " if privileges else ""
    return (
        f"{url}: this user cannot restore it: {shown}{more}. Nothing was changed; {hint}restore as "
        "a user who may"
    )


def _days(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(days=number)
