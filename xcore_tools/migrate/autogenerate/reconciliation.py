"""What a new revision would do to tables whose models are still in the source.

Three sets are compared: the tables that discovery finds, those of `target_metadata`, and those of
the database. Alembic sees the last two only: a model that nobody imports looks to it like a table
to be dropped, or like none at all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import sqlalchemy as sa
from alembic.operations.ops import DropTableOp, OpContainer
from alembic.runtime.migration import MigrationContext

from xcore_tools.config import Config
from xcore_tools.config.ini import read_ini
from xcore_tools.discovery import discover
from xcore_tools.discovery.results import Problem, Table
from xcore_tools.errors import NothingToScanError
from xcore_tools.files import read_text
from xcore_tools.migrate.autogenerate.absence import reason_of
from xcore_tools.migrate.lint.ignoring import is_ignored

_LOST = "XT310"
_LEFT_OUT = "XT311"

_TESTS = re.compile(r"(^|/)(tests?/|conftest\.py$|test_[^/]*\.py$|[^/]*_test\.py$)")
_ONE_DATABASE = "upgrades"
"""The `upgrade_token` of an env.py that is run for one database only."""


def overlooked(
    context: MigrationContext, operations: OpContainer, config: Config
) -> tuple[Problem, ...]:
    """Tables of the source that the operations would drop, or that they leave out; sorted.

    `context` is the one that the operations were made in. Nothing of the source runs that env.py
    has not run already. A file that cannot be parsed is no obstacle.
    """
    metadatas = metadatas_of(context)
    absent = [table for table in _tables_in(config) if not _is_held(table, metadatas)]
    if not absent:
        return ()
    dropped = {(op.schema, op.table_name) for op in _drops(operations)}
    problems = []
    for table in absent:
        if _is_dropped(table, dropped):
            problems.append(_problem(_LOST, table, config, metadatas))
        elif _is_expected(table, config, context):
            problems.append(_problem(_LEFT_OUT, table, config, metadatas))
    return tuple(sorted(problem for problem in problems if not _is_accepted(problem, config)))


def refusal(problems: Collection[Problem]) -> str:
    """Why no revision is written, one line for each table."""
    lost = [problem for problem in problems if problem.code == _LOST]
    what = (
        "the revision would drop tables whose models are in the source"
        if lost
        else "the revision would lack tables whose models are in the source"
    )
    lines = [f"{each.path}:{each.line}: {each.message} [{each.code}]" for each in problems]
    return "\n".join([f"{what}; none was written", *lines])


def models_in(config: Config) -> str:
    """Where the first tables of the source are; empty if there is none."""
    shown = [f"{t.name} ({t.path}:{t.line})" for t in _tables_in(config) if not _is_test(t, config)]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(shown[:5]) + more


def _tables_in(config: Config) -> tuple[Table, ...]:
    """The tables of the source with a known name; none if discovery is switched off."""
    if not config.migration.auto_discover_models:
        return ()
    try:
        found = discover(config=config).tables
    except NothingToScanError:
        return ()
    return tuple(table for table in found if table.name is not None)


def metadatas_of(context: MigrationContext) -> tuple[sa.MetaData, ...]:
    """The collections of `target_metadata`."""
    given = context.opts.get("target_metadata")
    listed = given if isinstance(given, list | tuple) else [given]
    return tuple(item for item in listed if isinstance(item, sa.MetaData))


def _is_held(table: Table, metadatas: Iterable[sa.MetaData]) -> bool:
    # a schema that is not known statically, or is set by the metadata, is no difference
    return any(
        held.name == table.name and (table.schema is None or held.schema in {None, table.schema})
        for metadata in metadatas
        for held in metadata.tables.values()
    )


def _drops(operations: OpContainer) -> Iterator[DropTableOp]:
    for operation in operations.ops:
        if isinstance(operation, DropTableOp):
            yield operation
        elif isinstance(operation, OpContainer):
            yield from _drops(operation)


def _is_dropped(table: Table, dropped: Collection[tuple[str | None, str]]) -> bool:
    return any(
        name == table.name and (table.schema is None or schema in {None, table.schema})
        for schema, name in dropped
    )


def _is_expected(table: Table, config: Config, context: MigrationContext) -> bool:
    """Whether a table that nothing drops should be in this revision.

    Not one of tests, nor one that env.py filters out; and an env.py of several databases, or one of
    several in the ini file, has a part of the models only.
    """
    if _is_test(table, config) or context.opts.get("upgrade_token") != _ONE_DATABASE:
        return False
    sections = read_ini(config.project / config.migration.alembic_config, []).values()
    if sum("script_location" in options for options in sections) > 1:
        return False
    include = context.opts.get("include_name")
    parents: dict[str, Any] = {
        "schema_name": table.schema,
        "schema_qualified_table_name": ".".join(filter(None, (table.schema, table.name))),
    }
    if include and not include(table.name, "table", parents):
        return False
    assert context.connection is not None
    # what is there and yet not dropped, env.py has decided about
    return not sa.inspect(context.connection).has_table(str(table.name), schema=table.schema)


def _is_test(table: Table, config: Config) -> bool:
    """Whether a file is one of tests, where the settings do not say what belongs to the application."""
    settings = config.migration.automigration
    is_configured = bool(settings.models or settings.plugins)
    return not is_configured and bool(_TESTS.search(PurePosixPath(table.path).as_posix()))


def _problem(
    code: str, table: Table, config: Config, metadatas: Collection[sa.MetaData]
) -> Problem:
    name = ".".join(filter(None, (table.schema, table.name)))
    what = "would be dropped" if code == _LOST else "would be left out"
    reason = reason_of(table, config, metadatas)
    return Problem(table.path, table.line, code, "error", f"table {name} {what}: {reason}")


def _is_accepted(problem: Problem, config: Config) -> bool:
    try:
        text = read_text(Path(config.project, problem.path))
    except OSError:
        return False
    return is_ignored(problem.code, text.splitlines(), problem.line)
