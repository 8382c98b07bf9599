"""Codes of findings, explained: for the terminal, for programs, and as the page of the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from textwrap import fill

import msgspec

from xcore_tools.codes import Code
from xcore_tools.report.style import painted

_AREAS = {
    "1": "Discovery",
    "2": "env.py",
    "3": "Migrations",
    "4": "Doctor",
    "5": "Lint of migrations",
}
_WIDTH = 100


def as_text(code: Code, *, color: bool = False, width: int | None = None) -> str:
    """One code with its title, its cause and its remedy, in lines of at most `width` characters."""
    size = min(width or _WIDTH, _WIDTH)
    title = painted(f"{code.code}  {code.title}", "bold", color=color)
    return f"{title}\n\n{fill(code.cause, size)}\n\n{fill(f'What to do: {code.remedy}', size)}\n"


def overview(codes: Sequence[Code], *, color: bool = False) -> str:
    """All codes with their titles, by area."""
    blocks = [
        "\n".join((painted(area, "bold", color=color), *(f"  {c.code}  {c.title}" for c in group)))
        for area, group in _by_area(codes)
    ]
    return "\n\n".join(blocks) + "\n"


def as_json(codes: Sequence[Code]) -> str:
    """A JSON array of objects with `code`, `title`, `cause` and `remedy`."""
    return msgspec.json.format(msgspec.json.encode(codes), indent=2).decode() + "\n"


def as_markdown(codes: Sequence[Code]) -> str:
    """The page of the documentation that explains every code."""
    parts = [
        "# Codes\n\nEvery finding has a code. `xcore-tools explain CODE` prints what stands here.\n",
        *(
            f"\n## {area}\n" + "".join(_section(code) for code in group)
            for area, group in _by_area(codes)
        ),
    ]
    return "".join(parts)


def _section(code: Code) -> str:
    return f"\n### {code.code}: {code.title}\n\n{code.cause}\n\n*What to do:* {code.remedy}\n"


def _by_area(codes: Sequence[Code]) -> list[tuple[str, list[Code]]]:
    ordered = sorted(codes, key=lambda code: code.code)
    groups = groupby(ordered, key=lambda code: code.code[2])
    return [(_AREAS[digit], list(group)) for digit, group in groups]
