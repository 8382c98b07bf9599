"""A new database made from the models instead of from the revisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from xcore_tools.config import Config
from xcore_tools.discovery import discover
from xcore_tools.errors import MigrationError, NothingToScanError
from xcore_tools.migrate.change import locked
from xcore_tools.migrate.facts import Creation
from xcore_tools.migrate.runtime.environment import Environment, Observed

_SHOWN = 5


def create_all(
    environment: Environment,
    config: AlembicConfig,
    scripts: ScriptDirectory,
    *,
    stamp_existing: bool,
    lock_timeout: float,
) -> Creation:
    """Create the tables of `target_metadata` and stamp the heads, where that is safe.

    Raises:
        MigrationError: the database is not empty, or `target_metadata` lacks a table of the source.
    """
    with locked(environment, config, scripts, lock_timeout=lock_timeout) as seen:
        for each in seen:
            _refuse_used(each, stamp_existing)
            _refuse_incomplete(each, environment.config)
        with EnvironmentContext(config, scripts, fn=_create):
            scripts.run_env()
        command.stamp(config, "heads")
        after = environment.observe(config, scripts)
    return Creation(
        url=", ".join(str(each.url) for each in after),
        tables=tuple(sorted(_tables(after) - _tables(seen))),
        stamped=tuple(sorted({name for each in after for name in each.current})),
    )


def _create(_: object, context: Any) -> list[Any]:
    for metadata in Observed(context.connection, context, None).metadatas:
        metadata.create_all(context.connection)
    # Alembic ends the transaction around all steps, if there is one; here are no steps.
    is_ended = context.impl.transactional_ddl and not context.opts["transaction_per_migration"]
    if not is_ended:
        context.connection.commit()
    return []


def _refuse_used(seen: Observed, stamp_existing: bool) -> None:
    if seen.current:
        raise MigrationError(
            f"{seen.url}: is at revision {', '.join(seen.current)} already; run "
            "`xcore-tools migrate upgrade`"
        )
    if seen.tables and not stamp_existing:
        raise MigrationError(
            f"{seen.url}: is not empty, it has {_listed(seen.tables)}; with --stamp-existing the "
            "missing tables are created and all of them noted as migrated"
        )


def _refuse_incomplete(seen: Observed, config: Config) -> None:
    if not seen.metadatas:
        raise MigrationError("env.py has no target_metadata; run `xcore-tools sync-env`")
    missing = _uncovered(config, seen.metadatas) if config.migration.auto_discover_models else []
    if missing:
        raise MigrationError(
            f"target_metadata lacks {_listed(missing)}; run `xcore-tools sync-env`, "
            "and again with --fix-metadata if a metadata is missing"
        )


def _uncovered(config: Config, metadatas: Sequence[sa.MetaData]) -> list[str]:
    """Tables of the source that none of the metadatas holds, each with its place."""
    try:
        tables = discover(config=config).tables
    except NothingToScanError:
        return []
    held = {key for metadata in metadatas for key in metadata.tables}
    names = {key.rpartition(".")[2] for key in held}
    return [
        f"{table.name} ({table.path}:{table.line})"
        for table in tables
        # a schema that is not known statically, or is set by the metadata, is no difference
        if table.name is not None and table.name not in names
    ]


def _tables(seen: Sequence[Observed]) -> set[str]:
    return {name for each in seen for name in each.tables}


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
