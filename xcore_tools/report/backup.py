"""Backups for people and programs: what there is, what a check found, what was restored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from xcore_tools.database.backup.facts import Backup, Plan, Restored, Verification
from xcore_tools.migrate.facts import Status
from xcore_tools.report.json import encoded
from xcore_tools.report.migrate import render_status
from xcore_tools.report.style import Style, counted, painted, visible, width_of

SCHEMA_VERSION = 1

_HEADER = ("Name", "Revision", "Size", "Age", "State")
_COLORS: dict[str, Style] = {
    "created": "cyan",
    "verified": "green",
    "unverified": "yellow",
    "damaged": "red",
}
_NONE = "–"  # noqa: RUF001 (a dash is meant)
_AGES = ((86400, "day"), (3600, "hour"), (60, "minute"))


def table(backups: Sequence[Backup], now: datetime, *, color: bool = False) -> str:
    """One line for each backup, in the order given, and one that counts them."""
    rows = [_HEADER, *(_cells(backup, now) for backup in backups)]
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths, color=color) for row in rows] if backups else []
    total = sum(backup.size for backup in backups)
    summary = f"{counted(len(backups), 'backup')}, {size(total)}"
    return (
        "\n".join([*lines, *([""] if lines else []), painted(summary, "bold", color=color)]) + "\n"
    )


def created(backup: Backup) -> str:
    """`backup_….db: created, 1.2 MB, revision abc, 12 tables with 3,400 rows`."""
    manifest = backup.manifest
    assert manifest is not None
    rows = sum(table.rows or 0 for table in manifest.tables)
    parts = [
        f"{visible(backup.name)}: created",
        size(backup.size),
        f"revision {_revision(backup)}" if backup.revisions else "no revision",
        f"{counted(len(manifest.tables), 'table')} with {rows:,} {'row' if rows == 1 else 'rows'}",
    ]
    if not manifest.foreign_keys_ok:
        parts.append("with rows whose foreign keys lead nowhere, as the database has them")
    return ", ".join(parts) + "\n"


def verified(results: Sequence[Verification], *, color: bool = False) -> str:
    """One line for each backup: what was checked, or what is wrong."""
    lines = []
    for result in results:
        if result.problem:
            state = painted("damaged", "red", color=color)
            lines.append(f"{visible(result.name)}: {state}: {visible(result.problem)}")
        else:
            state = painted("ok", "green", color=color)
            lines.append(f"{visible(result.name)}: {state} ({', '.join(result.checks)})")
    return "".join(line + "\n" for line in lines)


def names(backups: Sequence[Backup]) -> str:
    """One name a line."""
    return "".join(f"{visible(backup.name)}\n" for backup in backups)


def removed(backups: Sequence[Backup]) -> str:
    """`backup_….db: removed`, one a line."""
    return "".join(f"{visible(backup.name)}: removed\n" for backup in backups)


def proposed(url: str, backup: Backup, now: datetime) -> str:
    """Which database a restore would replace, and by what."""
    revision = f"revision {_revision(backup)}" if backup.revisions else "no revision"
    return (
        f"{visible(url)} will be replaced by {visible(backup.name)} "
        f"({revision}, {size(backup.size)}, age: {age(backup.created, now)}, {backup.state})\n"
    )


def planned(plan: Plan) -> str:
    """What is in the way of a restore, and what it will not bring back, one a line."""
    lines = [f"cannot be restored: {visible(text)}" for text in plan.obstacles]
    lines += [f"note: {visible(text)}" for text in plan.remarks]
    return "".join(f"{line}\n" for line in lines)


def restored(result: Restored, status: Status | None, *, color: bool = False) -> str:
    """Which backup, where the state before it is, the revision of the database, and what is pending."""
    lines = [f"{visible(result.database)}: restored from {visible(result.backup.name)}"]
    if result.safety is not None:
        lines.append(f"the state before is in {visible(result.safety.name)}")
    lines += [f"note: {visible(text)}" for text in result.remarks]
    revision = visible("+".join(result.revisions))
    lines.append(f"revision {revision}" if revision else "no revision")
    text = "\n".join(lines) + "\n"
    return text if status is None else f"{text}\n{render_status(status, color=color)}"


def json_list(backups: Sequence[Backup], directory: str) -> str:
    """All backups, in the order given."""
    return _json({"directory": directory, "backups": [_row(backup) for backup in backups]})


def json_one(backup: Backup) -> str:
    """One backup."""
    return _json({"backup": _row(backup)})


def json_verified(results: Sequence[Verification]) -> str:
    """What checks found; `ok` tells whether there was no problem."""
    rows = [{"ok": not item.problem, **msgspec.to_builtins(item)} for item in results]
    return _json({"backups": rows})


def json_restored(result: Restored, status: Status | None) -> str:
    """What a restore did, and where the database stands then, if that is known."""
    return _json(
        {
            "database": result.database,
            "backup": _row(result.backup),
            "safety": result.safety and _row(result.safety),
            "revisions": result.revisions,
            "remarks": result.remarks,
            "status": msgspec.to_builtins(status),
        }
    )


def size(number: int) -> str:
    """`999 B`, `1.2 kB`, `3.4 MB`: in powers of 1000, as disks are sold."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def age(created: datetime, now: datetime) -> str:
    """`3 days`, rounded down; `now` below a minute."""
    seconds = (now - created).total_seconds()
    for length, unit in _AGES:
        if seconds >= length:
            return counted(int(seconds // length), unit)
    return "now"


def _cells(backup: Backup, now: datetime) -> tuple[str, ...]:
    state = f"{backup.state}: {visible(backup.problem)}" if backup.problem else backup.state
    return (
        visible(backup.name),
        _revision(backup) or _NONE,
        size(backup.size),
        age(backup.created, now),
        state,
    )


def _line(row: Sequence[str], widths: Sequence[int], *, color: bool) -> str:
    gaps = [" " * (2 + width - width_of(cell)) for cell, width in zip(row, widths, strict=True)]
    *cells, state = row
    style = _COLORS.get(state.partition(":")[0])
    shown = painted(state, style, color=color) if style else painted(state, "dim", color=color)
    padded = "".join(cell + gap for cell, gap in zip(cells, gaps, strict=False))
    return "  " + padded + shown


def _revision(backup: Backup) -> str:
    return visible("+".join(backup.revisions))


def _row(backup: Backup) -> dict[str, Any]:
    manifest = backup.manifest
    check = manifest.check if manifest else None
    row: dict[str, Any] = {
        "name": backup.name,
        "state": backup.state,
        "problem": backup.problem or None,
        "is_authentic": backup.is_authentic,
        "checked": msgspec.to_builtins(check.at) if check else None,
        "created": msgspec.to_builtins(backup.created),
        "size": backup.size,
        "revisions": backup.revisions,
        "engine": backup.engine,
        "compression": backup.compression,
    }
    keys = ("database", "reason", "sha256", "server_version", "client", "foreign_keys_ok", "tables")
    return row | {key: msgspec.to_builtins(getattr(manifest, key, None)) for key in keys}


def _json(values: dict[str, Any]) -> str:
    return encoded({"schema_version": SCHEMA_VERSION, **values})
