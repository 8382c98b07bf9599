"""What an upgrade did to a copy: revisions with their time, tables with their rows, what is lost."""

from __future__ import annotations

import msgspec

from xcore_tools.migrate.facts import Loss, Rehearsal, TableCount
from xcore_tools.report.json import SCHEMA_VERSION, encoded
from xcore_tools.report.style import counted, painted, visible, width_of


def render_json(rehearsal: Rehearsal) -> str:
    """The fields under `schema_version` 1, with `is_clean`. Keys may be added, never renamed."""
    values = msgspec.to_builtins(rehearsal)
    return encoded({"schema_version": SCHEMA_VERSION, "is_clean": rehearsal.is_clean, **values})


def render_rehearsal(rehearsal: Rehearsal, *, color: bool = False) -> str:
    """What there is to know before the same is done to the database itself."""
    lines = [
        f"{painted('rehearsed', 'green', color=color)}  {visible(step.revision)}  "
        f"{step.seconds:.2f} s"
        for step in rehearsal.steps
    ]
    if rehearsal.failure:
        lines.append(f"{painted('failed', 'red', color=color)}     {visible(rehearsal.failure)}")
    lines += _tables([table for table in rehearsal.tables if table.before != table.after])
    label = painted("lost", "red", color=color)
    lines += [f"{label}       {_loss(loss)}" for loss in rehearsal.losses]
    lines += [f"{label}       {visible(str(loss))}" for loss in rehearsal.schema_losses]
    label = painted("orphans", "red", color=color)
    lines += [f"{label}    {visible(text)}" for text in rehearsal.orphans]
    unchanged = sum(table.before == table.after for table in rehearsal.tables)
    lines.append(
        f"{visible(rehearsal.url)} is untouched; {counted(unchanged, 'table')} with as many rows as "
        f"before, {rehearsal.seconds:.2f} s"
    )
    return "".join(f"{line}\n" for line in lines)


def _tables(tables: list[TableCount]) -> list[str]:
    names = [visible(".".join(filter(None, (table.schema, table.name)))) for table in tables]
    width = max(map(width_of, names), default=0)
    return [
        f"  {name}{' ' * (width - width_of(name))}  {_rows(table)}"
        for name, table in zip(names, tables, strict=True)
    ]


def _rows(table: TableCount) -> str:
    """`120 → 0 rows`, and `new` or `gone`."""
    if table.before is None:
        return f"new, {counted(table.after or 0, 'row')}"
    if table.after is None:
        return f"gone, {counted(table.before, 'row')} before"
    return f"{table.before} → {counted(table.after, 'row')}"


def _loss(loss: Loss) -> str:
    place = f"{loss.table}.{loss.column}" if loss.column else loss.table
    what = "value" if loss.column else "row"
    return f"{visible(place)}: {loss.before - loss.after} of {counted(loss.before, what)}"
