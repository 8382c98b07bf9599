"""A picture as SVG: tables with their columns, keys and types; foreign keys with a crow's foot.

The many end of a line is a crow's foot, or a bar where at most one row refers; the other end is a bar.
A line is dashed where the column may be null. Nothing in a file depends on when or where it was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from xcore_tools.report.diagram.geometry import BASELINE, HEAD, PADDING, ROW, Box, Drawing, Line
from xcore_tools.report.diagram.palette import COLORS, DARK, LIGHT, style
from xcore_tools.report.diagram.selection import Place
from xcore_tools.report.diagram.tracks import Points

_MARGIN, _LEGEND = 24.0, 30.0
_ROUND, _CORNER = 8.0, 7.0
_FOOT, _HALF = 12.0, 5.0
"""How long a crow's foot is, and half of its breadth."""
_LETTER, _MARK = 7.25, 21.0


def render(drawing: Drawing, groups: Mapping[Place, str], *, title: str) -> str:
    """The picture as a file of its own, light or dark as its reader prefers."""
    names = sorted({*groups.values()})
    width = drawing.width + 2 * _MARGIN
    height = drawing.height + 2 * _MARGIN + (_LEGEND if names else 0)
    text = shown(title)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{text}">',
        f"<title>{text}</title>",
        f"<style>\n{style(LIGHT)}@media (prefers-color-scheme: dark) {{\n{style(DARK)}}}\n</style>",
        f'<rect class="ground" width="{width:g}" height="{height:g}"/>',
        f'<g transform="translate({_MARGIN:g} {_MARGIN:g})">',
        *map(_edge, drawing.lines),
    ]
    for box in drawing.boxes:
        lines += _table(box, names.index(groups[box.place]) if box.place in groups else None)
    lines.append("</g>")
    lines += _legend(names, height - _MARGIN)
    return "\n".join([*lines, "</svg>\n"])


def _edge(line: Line) -> str:
    dashed = " optional" if line.optional else ""
    rounded, ends = path(line)
    return f'<path class="line{dashed}" d="{rounded}"/><path class="ends" d="{ends}"/>'


def _table(box: Box, group: int | None) -> Iterator[str]:
    classes = ["table", *(["association"] if box.association else [])]
    classes += [] if group is None else [f"g{group % COLORS}"]
    yield f'<g class="{" ".join(classes)}" transform="translate({box.x:g} {box.y:g})">'
    yield from shapes(box)
    yield "</g>"


def shapes(box: Box) -> Iterator[str]:
    """The elements of a table, as if its left upper corner were at 0, 0."""
    width, bottom = box.width, (0.0 if box.rows else _ROUND)
    yield f'<rect class="card" width="{width:g}" height="{box.height:g}" rx="{_ROUND:g}"/>'
    top = f"M0 {_ROUND:g}Q0 0 {_ROUND:g} 0H{width - _ROUND:g}Q{width:g} 0 {width:g} {_ROUND:g}"
    foot = (
        f"V{HEAD - bottom:g}Q{width:g} {HEAD:g} {width - bottom:g} {HEAD:g}"
        f"H{bottom:g}Q0 {HEAD:g} 0 {HEAD - bottom:g}Z"
    )
    yield f'<path class="head" d="{top}{foot}"/>'
    yield f'<path class="strip" d="{top}Q{width:g} 4 {width - _ROUND:g} 4H{_ROUND:g}Q0 4 0 {_ROUND:g}Z"/>'
    yield _title(box)
    for number in range(len(box.rows)):
        yield _row(box, number)


def _title(box: Box) -> str:
    """The name of a table, below its schema's, and whether it stands between two others."""
    schema = box.table.schema
    before = "" if schema is None else f'<tspan class="schema">{shown(schema)}.</tspan>'
    badge = f'<tspan class="badge end" x="{box.width - PADDING:g}">n:m</tspan>'
    return (
        f'<text class="title" x="{PADDING:g}" y="23">{before}{shown(box.table.name)}'
        f"{badge if box.association else ''}</text>"
    )


def _row(box: Box, number: int) -> str:
    """A column: the signs of its keys, its name, its type, and `?` where it may be null."""
    row = box.rows[number]
    signs = "".join(
        f'<tspan class="{sign.lower()}" x="{PADDING + _MARK * place:g}">{sign}</tspan>'
        for place, sign in enumerate(row.marks)
    )
    key = ' class="key"' if "PK" in row.marks else ""
    full = f"<title>{shown(row.full)}</title>" if row.full else ""
    return (
        f'<text y="{HEAD + ROW * number + BASELINE + 3:g}">{full}{signs}'
        f'<tspan{key} x="{PADDING + box.marks:g}">{shown(row.name)}</tspan>'
        f'<tspan class="type end" x="{box.width - PADDING:g}">'
        f"{shown(row.type)}{'?' if row.nullable else ''}</tspan></text>"
    )


def far_text(box: Box) -> str:
    """The name of a table as large as its box allows, in lines that end with an underscore or a dot."""
    words = [*filter(None, re.split(r"(?<=[_.\- ])", title_of(box.place)))]
    size, lines = max(
        (_fitting(box, _wrapped(words, most)) for most in range(1, 6)), key=lambda it: it[0]
    )
    top = box.height / 2 - size * 1.1 * (len(lines) - 1) / 2 + size * 0.35
    spans = "".join(
        f'<tspan x="{box.width / 2:g}" y="{top + size * 1.1 * number:.1f}">{shown(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    return f'<text class="far" font-size="{size:.1f}">{spans}</text>'


def _wrapped(words: Sequence[str], most: int) -> list[str]:
    """The words in at most so many lines, of about the same length."""
    wanted = sum(map(len, words)) / most
    lines = [""]
    for word in words:
        if lines[-1] and len(lines) < most and len(lines[-1]) + len(word) / 2 > wanted:
            lines.append("")
        lines[-1] += word
    return lines


def _fitting(box: Box, lines: list[str]) -> tuple[float, list[str]]:
    longest = max(map(len, lines)) or 1
    across = (box.width - PADDING) / (longest * 0.61)
    return min(across, (box.height - PADDING) / (len(lines) * 1.1), 140.0), lines


def path(line: Line) -> tuple[str, str]:
    """The way of a line with round corners, and the signs at its ends."""
    return _rounded(line.points), _many(line.points, is_single=line.single) + _one(line.points)


def _rounded(points: Points) -> str:
    (x, y), *rest = points
    parts = [f"M{x:g} {y:g}"]
    for here, after in zip(rest, [*rest[1:], None], strict=True):
        if after is None:
            parts.append(f"L{here[0]:g} {here[1]:g}")
            continue
        start, end = _towards(here, (x, y)), _towards(here, after)
        parts.append(f"L{start[0]:g} {start[1]:g}Q{here[0]:g} {here[1]:g} {end[0]:g} {end[1]:g}")
        x, y = here
    return "".join(parts)


def _towards(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The point where the round of a corner begins, at most half-way to the other."""
    across, down = other[0] - corner[0], other[1] - corner[1]
    length = (across**2 + down**2) ** 0.5
    share = min(_CORNER / length, 0.5) if length else 0
    return round(corner[0] + across * share, 1), round(corner[1] + down * share, 1)


def _many(points: Points, *, is_single: bool) -> str:
    (x, y), (other, _) = points[0], points[1]
    away = 1 if other >= x else -1
    if is_single:
        return _bar(x + away * _FOOT / 2, y)
    tip = f"{x + away * _FOOT:g} {y:g}"
    return f"M{x:g} {y - _HALF:g}L{tip}L{x:g} {y + _HALF:g}"


def _one(points: Points) -> str:
    (x, y), (other, _) = points[-1], points[-2]
    return _bar(x + (1 if other >= x else -1) * _FOOT / 2, y)


def _bar(x: float, y: float) -> str:
    return f"M{x:g} {y - _HALF:g}V{y + _HALF:g}"


def _legend(names: Sequence[str], y: float) -> Iterator[str]:
    x = _MARGIN
    for number, name in enumerate(names):
        yield (
            f'<g class="g{number % COLORS}"><circle class="strip" cx="{x + 5:g}" cy="{y - 4:g}" r="5"/>'
            f'<text class="legend" x="{x + 16:g}" y="{y:g}">{shown(name)}</text></g>'
        )
        x += 40 + _LETTER * len(name)


def title_of(place: Place) -> str:
    """The name of a table with its schema, if it has one."""
    schema, name = place
    return name if schema is None else f"{schema}.{name}"


def shown(text: str) -> str:
    """A text as it may stand between tags and in quotes; what XML has no letter for is a mark instead."""
    return escape("".join(letter if _is_letter(letter) else "�" for letter in text))


def _is_letter(letter: str) -> bool:
    """Whether XML 1.0 allows it: https://www.w3.org/TR/xml/#charsets"""
    code = ord(letter)
    is_odd = 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF)
    return code in (0x9, 0xA, 0xD) or (code >= 0x20 and not is_odd)
