"""An upgrade that is run on a copy of the database first, with what it does to rows and values."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import msgspec
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

from xcore_tools.database.backup.manager import BackupManager
from xcore_tools.database.comparison import Rename, compare_schemas
from xcore_tools.errors import MigrationError
from xcore_tools.migrate.facts import Loss, Rehearsal, TableCount
from xcore_tools.migrate.guard.cascade import unenforced
from xcore_tools.migrate.guard.census import Census, Counts, Key, taken
from xcore_tools.migrate.guard.schema_watch import SchemaLog, noted_schemas
from xcore_tools.migrate.guard.steps import Steps, watched
from xcore_tools.migrate.runtime.environment import Environment, Observed


class RehearsalError(MigrationError):
    """Indicates that an upgrade was not run, because its rehearsal has gone wrong.

    `rehearsal` tells what it did to the copy.
    """

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        reason = rehearsal.failure or "the rehearsal has lost data (--allow-loss goes on)"
        if not (rehearsal.failure or rehearsal.losses):
            reason = "the rehearsal has lost parts of tables (--accept-loss goes on)"
        if rehearsal.orphans:
            reason = "after the rehearsal, rows point to nothing"
        super().__init__(f"{reason}; nothing was applied to {rehearsal.url}")


def rehearsed(
    environment: Environment,
    seen: Observed,
    manager: BackupManager,
    revision: str,
    *,
    tag: str | None = None,
) -> Rehearsal:
    """What `upgrade` does to a copy; the database itself is read only. A failure is an answer.

    The caller holds the lock of the database.

    Raises:
        MigrationError, ConfigError: env.py cannot be made to use the copy.
        BackupError, DatabaseError: there is no copy.
    """
    with manager.copied() as url:
        copy = environment.elsewhere(url)
        before = taken(url)
        started = time.monotonic()
        steps, failure = Steps(), ""
        log = SchemaLog(steps)

        def upgrade(config: AlembicConfig) -> tuple[str, ...]:
            nonlocal steps, log
            scripts = ScriptDirectory.from_config(config)
            if len(copy.observe(config, scripts)) != 1:
                raise MigrationError("env.py connects to several databases: name one with --url")
            with watched() as steps, unenforced(), noted_schemas(steps) as log:
                command.upgrade(config, revision, tag=tag)
            return copy.observe(config, scripts)[0].current

        after = seen.current
        try:
            after = copy.run(upgrade)
        except MigrationError as error:
            if not steps.running:
                raise
            failure = f"revision {steps.running}: {error}"
        seconds = time.monotonic() - started
        return msgspec.structs.replace(
            _told(seen, before, taken(url)),
            after=after,
            steps=tuple(steps.done),
            failure=failure,
            seconds=round(seconds, 3),
            schema_losses=log.losses([url]),
        )


def _told(seen: Observed, before: Census, after: Census) -> Rehearsal:
    """What was counted, without how it came to that."""
    ignored = (seen.version_table.schema, seen.version_table.name)
    names = sorted(
        {*before.tables, *after.tables} - {ignored}, key=lambda key: (key[0] or "", key[1])
    )
    tables = [
        TableCount(
            name=name,
            schema=schema,
            before=_rows(before.tables.get((schema, name))),
            after=_rows(after.tables.get((schema, name))),
        )
        for schema, name in names
    ]
    renames = compare_schemas(before.schema, after.schema).renames
    losses = _losses(before.tables, after.tables, renames, set(names))
    orphans = [
        f"{what}: {count} of {before.orphans.get((key, what), 0)} before"
        for (key, what), count in sorted(after.orphans.items(), key=str)
        if count > before.orphans.get((key, what), 0)
    ]
    return Rehearsal(
        url=str(seen.url),
        before=seen.current,
        after=(),
        tables=tuple(tables),
        losses=tuple(sorted(losses, key=lambda loss: (loss.table, loss.column or ""))),
        orphans=tuple(orphans),
    )


def _losses(
    before: Mapping[Key, Counts],
    after: Mapping[Key, Counts],
    renames: tuple[Rename, ...],
    keys: set[Key],
) -> Iterator[Loss]:
    """Rows of tables, and of those that keep their rows, values of columns."""
    table_names = {(r.schema, r.before): r.after for r in renames if r.kind == "table"}
    column_names = {(r.schema, r.table, r.before): r.after for r in renames if r.kind == "column"}
    for schema, name in keys & before.keys():
        was = before[schema, name]
        now = after.get((schema, table_names.get((schema, name), name)), Counts(0, {}))
        table = f"{schema}.{name}" if schema else name
        if now.rows < was.rows:
            yield Loss(table, None, was.rows, now.rows)
            continue
        for column, values in was.values.items():
            renamed = column_names.get((schema, name, column), column)
            left = now.values.get(renamed, 0)
            if left < values:
                yield Loss(table, column, values, left)


def _rows(counts: Counts | None) -> int | None:
    return None if counts is None else counts.rows
