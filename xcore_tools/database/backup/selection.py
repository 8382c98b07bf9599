"""Which backups are meant, which are too many, and whether rows are all there; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from xcore_tools.database.backup.facts import Backup, DamagedError, TableRows
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError

_SHOWN = 3


def of_database(backups: Iterable[Backup], url: DatabaseUrl) -> tuple[Backup, ...]:
    """The sound ones among them that were taken of this database, in the same order."""
    return tuple(
        backup
        for backup in backups
        if backup.is_sound
        and backup.manifest is not None
        and (backup.manifest.engine, backup.manifest.database) == (url.engine_name, url.name)
    )


def newest(backups: Sequence[Backup], url: DatabaseUrl) -> Backup:
    """The first of `backups`, which begin with the newest.

    Those that a restore took for safety hold what somebody wanted to get away from: they are only
    restored by name.

    Raises:
        BackupError: there is none.
    """
    for backup in _wanted(backups):
        return backup
    raise BackupError(
        f"there is no sound backup of {url.name} yet; `xcore-tools backup list` shows all"
    )


def with_revision(backups: Sequence[Backup], revision: str) -> Backup:
    """The newest backup with a revision that begins with `revision`.

    One that was taken for safety is chosen if there is no other.

    Raises:
        BackupError: there is none, or it means several revisions.
    """
    meant = {head for b in backups for head in b.revisions if head.startswith(revision)}
    if revision in meant:
        meant = {revision}
    if len(meant) > 1:
        raise BackupError(f"revision {revision!r} means {' and '.join(sorted(meant))}; give more")
    for backup in (*_wanted(backups), *backups):
        if meant & set(backup.revisions):
            return backup
    known = sorted({"+".join(backup.revisions) or "none" for backup in backups})
    raise BackupError(
        f"there is no backup of revision {revision!r}; there are backups of "
        f"{', '.join(known) or 'no revision'}"
    )


def surplus(
    backups: Sequence[Backup], keep: int, max_age: timedelta | None, now: datetime
) -> tuple[Backup, ...]:
    """Those beyond the first `keep`, and those that are older; never the first, the newest."""
    return tuple(
        backup
        for position, backup in enumerate(backups)
        if position
        and (position >= keep or (max_age is not None and now - backup.created > max_age))
    )


def compare(expected: Sequence[TableRows], found: Sequence[TableRows], name: str) -> None:
    """Nothing, if the tables and their rows are the same.

    Raises:
        DamagedError: they are not; the message names the first differences.
    """
    before = {(table.schema, table.name): table for table in expected}
    after = {(table.schema, table.name): table for table in found}
    faults = [
        f"{table.full_name} is missing" for key, table in before.items() if key not in after
    ] + [f"{table.full_name} is new" for key, table in after.items() if key not in before]
    for key in before.keys() & after.keys():
        rows, now = before[key].rows, after[key].rows
        if rows != now and None not in {rows, now}:
            faults.append(f"{before[key].full_name} has {now} rows instead of {rows}")
    if faults:
        raise DamagedError(f"{name}: after a restore {'; '.join(sorted(faults)[:_SHOWN])}")


def _wanted(backups: Iterable[Backup]) -> tuple[Backup, ...]:
    return tuple(b for b in backups if b.manifest is None or b.manifest.reason != "safety")
