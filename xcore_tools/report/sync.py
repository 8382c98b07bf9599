"""What a sync did, for people: in one line, and line by line."""

from __future__ import annotations

from xcore_tools.envfile.rewrite import Rewrite
from xcore_tools.report.style import Style, counted, painted, visible

_STYLES: dict[str, Style] = {"---": "bold", "+++": "bold", "@@ ": "cyan", "+": "green", "-": "red"}


def diff(rewrite: Rewrite, *, color: bool = False) -> str:
    """The change as a unified diff, each line in the colour of what it does if `color` is wanted."""
    return painted_diff(rewrite.diff(), color=color)


def painted_diff(text: str, *, color: bool) -> str:
    """A unified diff, each line in the colour of what it does if `color` is wanted."""
    return "\n".join(_painted(line, color=color) for line in text.split("\n"))


def _painted(line: str, *, color: bool) -> str:
    style = next((_STYLES[mark] for mark in _STYLES if line.startswith(mark)), None)
    return painted(line, style, color=color) if style else line


def render(rewrite: Rewrite) -> str:
    """`alembic/env.py: updated, 2 lines added, 1 line removed`, or what else became of the file."""
    if not rewrite.changed:
        return f"{visible(rewrite.name)}: up to date\n"
    added, removed = rewrite.counts()
    done = "updated" if rewrite.is_written else "would be updated"
    changes = [
        f"{counted(number, 'line')} {verb}"
        for number, verb in ((added, "added"), (removed, "removed"))
        if number
    ]
    return f"{', '.join([f'{visible(rewrite.name)}: {done}', *changes])}\n"
