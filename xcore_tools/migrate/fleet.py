"""Many databases with the same revisions: one after the other, or several at once.

Each database is one job, whose failure is a result like any other. Jobs are plain data and a
function of this module, so that any `concurrent.futures.Executor` can run them: a pool of
processes, or `Client(…).get_executor()` of dask.distributed on many machines. Threads gain nothing,
since Alembic works on one database at a time in a process.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from typing import Any, Literal

import msgspec

from xcore_tools.config import Config, load_config
from xcore_tools.config.schema import LOCK_TIMEOUT
from xcore_tools.database.lookup import find_databases
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.envfile.environments import settled
from xcore_tools.errors import ConfigError, XcoreToolsError
from xcore_tools.migrate.facade import Migrations
from xcore_tools.migrate.facts import Change, Fleet, Member, State, Status
from xcore_tools.migrate.guard.safety import AS_SET, Safety

Progress = Callable[[int, int], None]
"""Is called with the number of databases that are done, and of all."""

_Verb = Literal["status", "upgrade", "downgrade"]


class _Job(msgspec.Struct, frozen=True):
    """All that a worker needs; it holds passwords."""

    config: Config
    name: str
    url: DatabaseUrl
    section: str
    arguments: tuple[str, ...]
    lock_timeout: float
    verb: _Verb
    revision: str
    tag: str | None
    safety: Safety


class Databases:
    """The databases that the settings name (`migration.databases`, `migration.schemas`), or some of them.

    Each has backups of its own, in a directory of its name inside that of all. Other arguments are
    those of `Migrations`.

    Raises:
        ConfigError: the settings name no database, or none of a name in `only`.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        only: Sequence[str] = (),
        url: str | None = None,
        name: str = "alembic",
        arguments: Sequence[str] = (),
        lock_timeout: float = LOCK_TIMEOUT,
    ) -> None:
        self._config = settled(load_config() if config is None else config, name)
        self._urls = find_databases(self._config, url, section=name)
        unknown = sorted(set(only) - self._urls.keys())
        if unknown:
            known = ", ".join(self._urls)
            raise ConfigError([f"no database is called {unknown[0]}; there are {known}"])
        self.names = tuple(name for name in self._urls if not only or name in only)
        self._section = name
        self._arguments = tuple(arguments)
        self._lock_timeout = lock_timeout

    def migrations(self, name: str) -> Migrations:
        """Those of one of them.

        Raises:
            ConfigError: none is called so.
        """
        if name not in self._urls:
            raise ConfigError([f"no database is called {name}; there are {', '.join(self._urls)}"])
        return _migrations_of(
            self._config,
            name,
            self._urls[name],
            name=self._section,
            arguments=self._arguments,
            lock_timeout=self._lock_timeout,
        )

    def status(
        self,
        *,
        executor: Executor | None = None,
        jobs: int = 1,
        progress: Progress | None = None,
    ) -> Fleet:
        """Where each of them stands."""
        return self._run("status", "", None, AS_SET, executor, jobs, progress)

    def upgrade(
        self,
        revision: str = "head",
        *,
        tag: str | None = None,
        safety: Safety = AS_SET,
        executor: Executor | None = None,
        jobs: int = 1,
        progress: Progress | None = None,
    ) -> Fleet:
        """Apply what is pending, on each of them; one that fails does not stop the others.

        They are worked on by `executor`, or else by `jobs` processes. What is at head already costs
        next to nothing, so that a second run goes on with what the first has left.
        """
        return self._run("upgrade", revision, tag, safety, executor, jobs, progress)

    def downgrade(
        self,
        revision: str,
        *,
        tag: str | None = None,
        safety: Safety = AS_SET,
        executor: Executor | None = None,
        jobs: int = 1,
        progress: Progress | None = None,
    ) -> Fleet:
        """Revert what was applied after `revision`, on each of them, in the same way."""
        return self._run("downgrade", revision, tag, safety, executor, jobs, progress)

    def _run(  # noqa: PLR0913, PLR0917 (what the verbs have in common)
        self,
        verb: _Verb,
        revision: str,
        tag: str | None,
        safety: Safety,
        executor: Executor | None,
        jobs: int,
        progress: Progress | None,
    ) -> Fleet:
        started = time.monotonic()
        todo = [
            _Job(
                config=self._config,
                name=name,
                url=self._urls[name],
                section=self._section,
                arguments=self._arguments,
                lock_timeout=self._lock_timeout,
                verb=verb,
                revision=revision,
                tag=tag,
                safety=safety,
            )
            for name in self.names
        ]
        if executor is not None:
            results = _through(executor, todo)
        elif min(jobs, len(todo)) > 1:
            results = _through_processes(todo, min(jobs, len(todo)))
        else:
            results = map(_done, todo)
        found = {}
        for number, member in enumerate(results, 1):
            found[member.name] = member
            if progress is not None:
                progress(number, len(todo))
        members = tuple(found[name] for name in self.names)
        return Fleet(members, seconds=round(time.monotonic() - started, 3))


def _migrations_of(config: Config, database: str, url: DatabaseUrl, **options: Any) -> Migrations:
    """The migrations of one of the databases; `options` are those of `Migrations`."""
    return Migrations(_with_own_backups(config, database), url=url, **options)


def _done(job: _Job) -> Member:
    """One database, in whatever process; nothing is raised, nothing printed."""
    started = time.monotonic()
    url = str(job.url)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            migrations = _migrations_of(
                job.config,
                job.name,
                job.url,
                name=job.section,
                arguments=job.arguments,
                lock_timeout=job.lock_timeout,
            )
            if job.verb == "status":
                member = _of_status(job.name, migrations.status())
            else:
                act = getattr(migrations, job.verb)
                change = act(job.revision, tag=job.tag, safety=job.safety)
                member = _of_change(job.name, change)
                if change.schema_losses and not job.safety.accept_loss:
                    error = f"lost: {'; '.join(map(str, change.schema_losses))}"
                    member = msgspec.structs.replace(member, outcome="failed", error=error)
    except XcoreToolsError as error:
        member = Member(job.name, url, outcome="failed", error=str(error))
    except Exception as error:  # noqa: BLE001 (the others are to go on)
        # without the text: this is no error of ours, so it may tell anything
        member = Member(job.name, url, outcome="failed", error=f"unexpected {type(error).__name__}")
    return msgspec.structs.replace(member, seconds=round(time.monotonic() - started, 3))


def _of_change(name: str, change: Change) -> Member:
    moved = change.applied or change.reverted
    return Member(
        name,
        change.url,
        outcome=change.outcome.value,
        before=change.before,
        after=change.after,
        revisions=tuple(revision.revision for revision in moved),
        backups=change.backups,
    )


def _of_status(name: str, status: Status) -> Member:
    is_at_head = status.state is State.AT_HEAD
    return Member(
        name,
        status.url,
        outcome="nothing-to-do" if is_at_head else "pending" if status.is_reachable else "failed",
        state=status.state,
        before=status.current,
        after=status.current,
        revisions=tuple(revision.revision for revision in status.pending),
        error="" if status.is_reachable else status.explanation,
    )


def _through(executor: Executor, jobs: Iterable[_Job]) -> Iterator[Member]:
    """The results in the order in which they come."""
    futures = {executor.submit(_done, job): job for job in jobs}
    try:
        for future in as_completed(futures):
            try:
                yield future.result()
            except Exception as error:  # noqa: BLE001 (of the executor; whatever it raises)
                yield _lost(futures[future], error)
    finally:
        for future in futures:
            future.cancel()


def _through_processes(jobs: Sequence[_Job], workers: int) -> Iterator[Member]:
    """The same with processes of our own.

    One that dies takes the pool with it: what was not done then is done again, one at a time, so
    that only the database that killed its process is reported as failed.
    """
    left: list[_Job] = []
    with _pool(workers) as pool:
        futures = {pool.submit(_done, job): job for job in jobs}
        try:
            for future in as_completed(futures):
                if isinstance(future.exception(), BrokenExecutor):
                    left.append(futures[future])
                else:
                    yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)  # what runs comes to its end
            raise
    for job in left:
        with _pool(1) as pool:
            yield from _through(pool, [job])


def _pool(workers: int) -> ProcessPoolExecutor:
    # not forked: connections and threads of this process are none of theirs
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _lost(job: _Job, error: Exception) -> Member:
    what = "its process has ended" if isinstance(error, BrokenExecutor) else type(error).__name__
    return Member(job.name, str(job.url), outcome="failed", error=f"no result: {what}")


def _with_own_backups(config: Config, name: str) -> Config:
    settings = config.migration.backup
    directory = os.path.join(settings.backup_directory, name)  # noqa: PTH118 (a text, as it is set)
    backup = msgspec.structs.replace(settings, backup_directory=directory)
    migration = msgspec.structs.replace(config.migration, backup=backup)
    return msgspec.structs.replace(config, migration=migration)
