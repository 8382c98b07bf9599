"""Several databases: what failed, what is left, and how many are done."""

from __future__ import annotations

from collections import Counter

import msgspec

from xcore_tools.migrate.facts import Fleet, Member
from xcore_tools.report.json import SCHEMA_VERSION, encoded
from xcore_tools.report.style import Style, counted, painted, visible, width_of

_STYLES: dict[str, Style] = {"failed": "red", "pending": "yellow", "done": "green"}
_WORDS = {"nothing-to-do": "at head"}


def render_json(fleet: Fleet) -> str:
    """The fields under `schema_version` 1, with `is_fine`. Keys may be added, never renamed."""
    values = msgspec.to_builtins(fleet)
    return encoded({"schema_version": SCHEMA_VERSION, "is_fine": fleet.is_fine, **values})


def render_fleet(fleet: Fleet, *, color: bool = False) -> str:
    """One line for each that something was done to or is to be done, then a summary."""
    shown = [each for each in fleet.databases if each.outcome != "nothing-to-do"]
    width = max((width_of(visible(each.name)) for each in shown), default=0)
    lines = [_line(each, width, color=color) for each in shown]
    numbers = Counter(each.outcome for each in fleet.databases)
    parts = [
        f"{number} {_WORDS.get(outcome, outcome)}" for outcome, number in sorted(numbers.items())
    ]
    total = counted(len(fleet.databases), "database")
    return "".join(
        f"{line}\n" for line in [*lines, f"{total}: {', '.join(parts)}, {fleet.seconds:.2f} s"]
    )


def _line(member: Member, width: int, *, color: bool) -> str:
    name = visible(member.name)
    outcome = painted(member.outcome, _STYLES[member.outcome], color=color)
    padded = name + " " * (width - width_of(name))
    gap = " " * (len("pending") - len(member.outcome))
    if member.error:
        return f"{outcome}{gap}  {padded}  {visible(member.error)}"
    revisions = ", ".join(map(visible, member.revisions))
    return f"{outcome}{gap}  {padded}  {revisions}, {member.seconds:.2f} s"
