"""Columns of text that fit the terminal: nothing is cut, what is long goes on below."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from xcore_tools.report.style import painted, width_of

INDENT = "  "
_NARROW = 24
"""With fewer columns than these, the last cell begins on a line of its own."""


def rows(
    cells: Sequence[Sequence[str]],
    *,
    width: int | None,
    color: bool,
    right: Iterable[int] = (),
    styles: Sequence[str] = (),
) -> Iterator[str]:
    """The first row is the header. The last cell of a row wraps, those numbered `right` align so."""
    count = len(cells[0])
    widths = [max(width_of(row[place]) for row in cells) for place in range(count)]
    to_right = set(right)
    for number, row in enumerate(cells):
        padded = []
        for place, cell in enumerate(row[:-1]):
            gap = " " * (widths[place] - width_of(cell))
            padded.append(gap + cell if place in to_right else cell + gap)
        lead = INDENT + "".join(f"{cell}  " for cell in padded)
        if not number:
            yield painted((lead + row[-1]).rstrip(), "dim", color=color)
            continue
        lines = wrapped(lead, row[-1], width)
        if color and styles:
            first = INDENT + painted(padded[0], "cyan", color=color)
            lines[0] = first + lines[0][len(INDENT) + len(padded[0]) :]
        yield from lines


def wrapped(lead: str, text: str, width: int | None) -> list[str]:
    """`lead` and `text`, which goes on below itself where `width` ends; words are not cut."""
    start = width_of(lead)
    if width is None or start + width_of(text) <= width:
        return [(lead + text).rstrip()]
    if width - start < _NARROW:
        rest = textwrap.wrap(
            text, max(width - 6, _NARROW), break_long_words=False, break_on_hyphens=False
        )
        return [lead.rstrip(), *(" " * 6 + line for line in rest)]
    lines = textwrap.wrap(text, width - start, break_long_words=False, break_on_hyphens=False)
    return [lead + lines[0], *(" " * start + line for line in lines[1:])]
