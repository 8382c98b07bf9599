"""Differences for people: by table, and what changed column by column.

`+` is on the second side only, `-` on the first only, `~` on both and not the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from xcore_tools.database.comparison.differences import Change, Comparison, Difference, Rename
from xcore_tools.database.schema import Column, Table, View
from xcore_tools.report.schema.layout import INDENT, wrapped
from xcore_tools.report.schema.words import described, kind_of, qualified
from xcore_tools.report.style import Style, counted, painted, visible

_SIGNS: dict[str, tuple[str, Style]] = {
    "added": ("+", "green"),
    "removed": ("-", "red"),
    "changed": ("~", "yellow"),
}


def render(comparison: Comparison, *, color: bool = False, width: int | None = None) -> str:
    """A block for each table or other part, then renames that may be meant, then a summary line."""
    lines: list[str] = []
    for _, members in groupby(comparison.differences, key=_place):
        lines += [*_block(list(members), color=color, width=width), ""]
    for rename in comparison.renames:
        lead = painted("? ", "cyan", color=color)
        lines.append(lead + _rename(rename))
    if comparison.renames:
        lines.append("")
    if comparison.is_portable:
        lines += wrapped(
            "",
            f"{comparison.before} and {comparison.after} are two engines: defaults, conditions, "
            "queries of views and the like were not compared",
            width,
        )
    for part in comparison.not_compared:
        place = qualified(part.schema, part.name)
        lines += wrapped("", f"{place} was not compared: {visible(part.reason)}", width)
    lines.append(painted(summary(comparison), "bold", color=color))
    return "\n".join(lines) + "\n"


def summary(comparison: Comparison) -> str:
    """`3 differences: 1 added, 2 changed`, or that there are none."""
    found = comparison.differences
    if not found:
        return "no differences"
    numbers = (
        f"{number} {action}"
        for action in _SIGNS
        if (number := sum(difference.action == action for difference in found))
    )
    return f"{counted(len(found), 'difference')}: {', '.join(numbers)}"


def _place(difference: Difference) -> tuple[str | None, str | None, bool]:
    """What makes a block: a table with all of its parts; whatever belongs to none by itself."""
    is_owner = difference.kind in ("table", "view")
    owner = difference.name if is_owner else difference.table
    return difference.schema, owner, owner is None


def _block(members: list[Difference], *, color: bool, width: int | None) -> Iterator[str]:
    first = members[0]
    if first.kind not in ("table", "view") and first.table is None:
        for difference in members:
            yield from _line(difference, f"{difference.kind} ", "", color=color, width=width)
        return
    if first.kind in ("table", "view") and first.action != "changed":
        yield from _whole(first, color=color, width=width)
        return
    name = qualified(first.schema, first.table or first.name or "")
    sign, style = _SIGNS["changed"]
    yield f"{painted(sign, style, color=color)} {painted(name, 'bold', color=color)}"
    for difference in members:
        if difference.kind in ("table", "view"):
            yield from _changes(difference, INDENT, color=color, width=width)
        else:
            kind = "" if difference.kind == "column" else f"{difference.kind} "
            yield from _line(difference, kind, INDENT, color=color, width=width)


def _whole(difference: Difference, *, color: bool, width: int | None) -> Iterator[str]:
    """A table or view that is on one side only, with its columns."""
    part = difference.before or difference.after
    assert isinstance(part, Table | View)
    sign, style = _SIGNS[difference.action]
    name = painted(qualified(part.schema, part.name), "bold", color=color)
    yield f"{painted(sign, style, color=color)} {name}  {kind_of(part)}"
    for column in part.columns:
        lead = f"{INDENT}{sign} {visible(column.name)}  "
        yield from _painted(wrapped(lead, described(column), width), sign, style, color=color)


def _line(
    difference: Difference, kind: str, indent: str, *, color: bool, width: int | None
) -> Iterator[str]:
    sign, style = _SIGNS[difference.action]
    part = difference.before or difference.after
    name = "" if difference.name is None else visible(difference.name)
    if difference.action == "changed":
        lines = [f"{indent}{sign} {kind}{name}".rstrip()]
        if not name and part is not None:
            lines = wrapped(f"{indent}{sign} {kind}", described(part), width)
        yield from _painted(lines, sign, style, color=color)
        yield from _changes(difference, indent + INDENT + INDENT, color=color, width=width)
        return
    gap = "  " if isinstance(part, Column) else ": "
    lead = f"{indent}{sign} {kind}{name}{gap if name and part is not None else ''}"
    text = "" if part is None else described(part)
    yield from _painted(wrapped(lead, text, width), sign, style, color=color)


def _changes(
    difference: Difference, indent: str, *, color: bool, width: int | None
) -> Iterator[str]:
    for change in difference.changes:
        lead = f"{indent}{change.field.replace('_', ' ')}: "
        yield from wrapped(lead, _turn(change), width)


def _turn(change: Change) -> str:
    before, after = (
        "–" if value is None else " ".join(visible(part) for part in value.split())  # noqa: RUF001
        for value in (change.before, change.after)
    )
    return f"{before} → {after}"


def _rename(rename: Rename) -> str:
    before = qualified(rename.schema, rename.before)
    if rename.table is not None:
        before = f"{qualified(rename.schema, rename.table)}.{visible(rename.before)}"
    return f"perhaps a renamed {rename.kind}: {before} → {visible(rename.after)}"


def _painted(lines: list[str], sign: str, style: Style, *, color: bool) -> list[str]:
    if not color:
        return lines
    return [lines[0].replace(sign, painted(sign, style, color=True), 1), *lines[1:]]
