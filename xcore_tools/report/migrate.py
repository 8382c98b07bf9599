"""Migrations for people and for machines: where a database stands, and what was done to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from xcore_tools.database.comparison import Rename
from xcore_tools.migrate.facts import (
    Change,
    Creation,
    Generated,
    Outcome,
    Revision,
    Script,
    State,
    Status,
)
from xcore_tools.migrate.revisions.graph import HeadsCheck
from xcore_tools.report.json import SCHEMA_VERSION, encoded
from xcore_tools.report.style import Style, counted, painted, visible, width_of

_NONE = "-"
_STYLES: dict[State, Style] = {
    State.AT_HEAD: "green",
    State.BEHIND: "yellow",
    State.EMPTY: "yellow",
    State.UNVERSIONED: "yellow",
    State.AHEAD_UNKNOWN: "red",
    State.DIVERGED: "red",
}


def render_json(result: msgspec.Struct | dict[str, object]) -> str:
    """The fields of a result under `schema_version` 1. Keys may be added, never renamed."""
    return encoded({"schema_version": SCHEMA_VERSION, **msgspec.to_builtins(result)})


def render_status(status: Status, *, color: bool = False) -> str:
    """The state, what is current, and every pending revision in the order of applying."""
    if status.state is None:
        state = painted("unreachable", "red", color=color)
    else:
        state = painted(status.state, _STYLES[status.state], color=color)
    lines = [
        painted(visible(status.url), "bold", color=color),
        f"  state    {state}",
        f"  current  {_names(status.current)}",
        f"  head     {_names(status.heads)}",
        f"  pending  {counted(len(status.pending), 'revision')}",
        *(f"    {line}" for line in _table(status.pending, color=color)),
    ]
    if status.explanation:
        lines += ["", visible(status.explanation)]
    return _text(lines)


def render_revisions(
    revisions: Sequence[Revision], *, color: bool = False, verbose: bool = False
) -> str:
    """One line each: id, message, and what is special about it; below it its file, and what it follows."""
    lines = _table(revisions, color=color)
    if verbose:
        more = ([f"  {line}" for line in _details(revision)] for revision in revisions)
        lines = [line for one, rest in zip(lines, more, strict=True) for line in (one, *rest)]
    return _text(lines) if lines else "no revisions\n"


def render_heads(check: HeadsCheck) -> str:
    """`abc123 (versions/abc123_add_users.py)` for each head, then a summary."""
    lines = [f"{visible(head.revision)} ({visible(head.path)})" for head in check.heads]
    heads, files = counted(len(check.heads), "head"), counted(check.files, "revision")
    return _text([*lines, f"{heads} of {files}"])


def render_scripts(scripts: Iterable[Script], *, color: bool = False) -> str:
    """Each revision with the text of its file."""
    return "\n".join(
        painted(f"# {visible(script.revision.path)}", "bold", color=color) + f"\n{script.text}"
        for script in scripts
    )


def render_change(change: Change, *, color: bool = False) -> str:
    """What was applied or reverted, and where the database is now."""
    lines = [f"{painted('applied', 'green', color=color)}   {_one(r)}" for r in change.applied]
    lines += [f"{painted('reverted', 'yellow', color=color)}  {_one(r)}" for r in change.reverted]
    now = _names(change.after) if change.after else "base"
    if change.recovered:
        lines.insert(
            0, f"an earlier run was interrupted: restored {visible(change.recovered)} first"
        )
    label = painted("lost", "red", color=color)
    lines += [f"{label}      {visible(str(loss))}" for loss in change.schema_losses]
    lines += [f"the state before is in {visible(name)}" for name in change.backups]
    if change.outcome is Outcome.NOTHING_TO_DO:
        lines.append(f"{visible(change.url)}: at {now} already, nothing to do")
    else:
        lines.append(f"{visible(change.url)}: now at {now}, {change.seconds:.2f} s")
    return _text(lines)


def render_remedy(change: Change) -> str:
    """What to do about parts of tables that were lost."""
    names = " or ".join(f"`xcore-tools backup restore {visible(name)}`" for name in change.backups)
    back = f"{names} brings back the state of before" if names else "no backup was taken before"
    return (
        "error: tables that were rebuilt have lost what no revision says. Have the revision make it "
        f"anew; {back}; --accept-loss takes it for meant\n"
    )


def render_creation(creation: Creation) -> str:
    """How many tables were created, and what they are noted as."""
    stamped = _names(creation.stamped) if creation.stamped else "no revision, since there is none"
    tables = counted(len(creation.tables), "table")
    return f"{visible(creation.url)}: {tables} created, stamped {stamped}\n"


def render_generated(generated: Generated, *, color: bool = False) -> str:
    """The new file, what stands in it, and what comes next."""
    revision = generated.revision
    lines = [
        f"{painted(visible(revision.path), 'bold', color=color)}: revision {visible(revision.revision)}",
        *(f"  {visible(operation)}" for operation in generated.operations),
        *(_rename(rename) for rename in generated.renames),
    ]
    return _text(lines)


def _rename(rename: Rename) -> str:
    """`possible rename: …`: a drop loses data, a rename keeps it."""
    place = "".join(f"{visible(part)}." for part in (rename.schema, rename.table) if part)
    call = "op.rename_table" if rename.kind == "table" else "op.alter_column with new_column_name"
    return (
        f"possible rename of a {rename.kind}: {place}{visible(rename.before)} to "
        f"{visible(rename.after)}; if it is one, write {call} instead, which keeps the data"
    )


def render_operations(operations: Sequence[str]) -> str:
    """What autogenerate would write, and how much that is."""
    if not operations:
        return "models and database agree\n"
    lines = [f"  {visible(operation)}" for operation in operations]
    return _text([*lines, f"{counted(len(operations), 'operation')} to generate"])


def _table(revisions: Sequence[Revision], *, color: bool) -> list[str]:
    width = max((width_of(visible(r.revision)) for r in revisions), default=0)
    lines = []
    for revision in revisions:
        name = visible(revision.revision)
        padded = painted(name, "cyan", color=color) + " " * (width - width_of(name))
        notes = [
            *(["head"] if revision.is_head else []),
            *(["branch point"] if revision.is_branch_point else []),
            *(["merge"] if len(revision.down) > 1 else []),
            *(["current"] if revision.is_current else []),
            *map(visible, revision.branch_labels),
        ]
        note = painted(f" ({', '.join(notes)})", "dim", color=color) if notes else ""
        lines.append(f"{padded}  {visible(revision.message)}{note}".rstrip())
    return lines


def _details(revision: Revision) -> list[str]:
    lines = [visible(revision.path) or "no file"]
    if revision.down:
        lines.append(f"follows {_names(revision.down)}")
    if revision.depends_on:
        lines.append(f"depends on {_names(revision.depends_on)}")
    return lines


def _one(revision: Revision) -> str:
    return f"{visible(revision.revision)}  {visible(revision.message)}".rstrip()


def _names(revisions: Sequence[str]) -> str:
    return ", ".join(map(visible, revisions)) or _NONE


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
