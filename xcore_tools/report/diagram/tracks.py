"""Lines that lead to the same row become one on their last stretch, like the branches of a tree. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Point = tuple[float, float]
Points = tuple[Point, ...]
"""The corners of a line, in pixels."""

Area = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_APART = 4.0
"""How near a line that is moved may come to a table, in pixels."""


def joined(lines: Iterable[tuple[int, Points]], areas: Sequence[Area]) -> list[Points]:
    """Each line, which leads to the table of that number, on an upright stretch that another has.

    Only those are joined that end at the same point, from the same side, over an upright stretch,
    and those that would cross one of the `areas` then are left as they are.
    """
    paths = list(lines)
    result = [points for _, points in paths]
    ends: dict[tuple[int, Point, bool], list[int]] = {}
    for number, (target, points) in enumerate(paths):
        if _is_upright(points):
            ends.setdefault((target, points[-1], points[-2][0] < points[-1][0]), []).append(number)
    for (_, (end, _), _), numbers in ends.items():
        tracks: list[float] = []  # the nearest to the end first
        for number in sorted(numbers, key=lambda each: abs(end - result[each][-2][0])):
            own = result[number][-2][0]
            moved = (_moved(result[number], track) for track in tracks)
            result[number] = next(
                (points for points in moved if _is_free(points, areas)), result[number]
            )
            if result[number][-2][0] == own and own not in tracks:
                tracks.append(own)
    return result


def _is_upright(points: Points) -> bool:
    """Whether it ends with a level, an upright and a level stretch."""
    if len(points) < 4:
        return False
    (_, y0), (x1, y1), (x2, y2), (_, y3) = points[-4:]
    return x1 == x2 and y2 == y3 and y0 == y1


def _moved(points: Points, track: float) -> Points:
    *start, (_, height), (_, end), last = points
    return *start, (track, height), (track, end), last


def _is_free(points: Points, areas: Sequence[Area]) -> bool:
    """Whether the part that was moved stays clear of all areas."""
    (_, level), (track, _), (_, end) = points[-4:-1]
    before = points[-4][0]
    low, high = sorted((before, track))
    above, below = sorted((level, end))
    return not any(
        (left - _APART < high and right + _APART > low and top - _APART < level < bottom + _APART)
        or (left - _APART < track < right + _APART and top < below and bottom > above)
        for left, top, right, bottom in areas
        if not (left <= before <= right and top <= level <= bottom)  # the table that it leaves
    )
