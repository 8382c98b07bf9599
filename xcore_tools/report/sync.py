"""What a sync did, in one line for people."""

from __future__ import annotations

from xcore_tools.envfile.rewrite import Rewrite
from xcore_tools.report.style import counted, visible

__all__ = ["render"]


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
