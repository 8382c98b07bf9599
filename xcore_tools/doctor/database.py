"""The database as it is: its revision, its tables, its backups. Nothing of it is changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from xcore_tools.config import Config
from xcore_tools.config.files import exists, shown
from xcore_tools.database.backup.engine import VersionTable, revisions_in
from xcore_tools.database.backup.manager import BackupManager
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.discovery.results import Problem, Severity
from xcore_tools.doctor.facts import Finding
from xcore_tools.errors import BackupError, DatabaseError
from xcore_tools.migrate.guard.safety import leftovers

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def examine_database(
    url: DatabaseUrl, table: VersionTable, known: frozenset[str]
) -> Iterator[Finding]:
    """What is wrong with the database, whose version table is `table`; `known` are the revisions with a file."""
    try:
        with connected(url) as connection:
            tables = sa.inspect(connection).get_table_names()
            current = revisions_in(connection, table)
            has_versions = sa.inspect(connection).has_table(table.name, table.schema)
    except DatabaseError as error:
        yield _finding(url, "XT414", "note", str(error))
        return
    for remedy in leftovers(tables):
        yield _finding(
            url, "XT407", "error", f"an interrupted batch operation has left a table: {remedy}"
        )
    lost = [revision for revision in current if revision not in known]
    if lost:
        message = f"it is at {', '.join(lost)}, which no revision file defines"
        yield _finding(url, "XT408", "error", message)
    if not has_versions and tables:
        message = f"it has {len(tables)} tables and no {table.name}: Alembic would begin at the first revision"
        yield _finding(url, "XT409", "warning", message)


def _finding(url: DatabaseUrl, code: str, severity: Severity, message: str) -> Finding:
    return Finding(Problem(str(url), 0, code, severity, message))


def examine_backups(config: Config, url: DatabaseUrl) -> Iterator[Finding]:
    """The directory of backups, and the backups in it that nobody can rely on."""
    directory = config.project / config.migration.backup.backup_directory
    if not exists(directory):
        return
    name = shown(directory)
    if os.name == "posix" and directory.stat().st_mode & _OTHERS_WRITE:
        message = "others can write into the directory of backups"
        yield Finding(Problem(name, 0, "XT412", "warning", message), partial(_close, directory))
    try:
        backups = BackupManager(url, directory, settings=config.migration.backup).list()
    except BackupError as error:
        yield Finding(Problem(name, 0, "XT413", "warning", str(error)))
        return
    for backup in backups:
        if backup.state == "damaged":
            problem = Problem(f"{name}/{backup.name}", 0, "XT413", "error", backup.problem)
            yield Finding(problem)
        elif backup.state == "unverified":
            message = "the backup was never verified; nobody knows whether it can be restored"
            yield Finding(Problem(f"{name}/{backup.name}", 0, "XT413", "warning", message))


def _close(directory: Path) -> None:
    directory.chmod(stat.S_IMODE(directory.stat().st_mode) & ~_OTHERS_WRITE)
