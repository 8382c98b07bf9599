"""The one rename matcher: what was removed and what was added, paired by how much they are alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

One = TypeVar("One")
Other = TypeVar("Other")

ALIKE = 0.7
"""The share of columns that two tables have in common for one to be taken for the other."""


def most_alike(
    removed: Sequence[One], added: Sequence[Other], likeness: Callable[[One, Other], float]
) -> Iterator[tuple[One, Other]]:
    """Pairs of what is at least `ALIKE`, each part in one pair only, in the order of `removed`.

    The best pairs come first; of two that are equally good the one that is named first. `likeness` is 0
    for two that cannot be one thing: a table and a view, or tables of two schemas.
    """
    shares = [
        (-share, before, after)
        for before, one in enumerate(removed)
        for after, other in enumerate(added)
        if (share := likeness(one, other)) >= ALIKE
    ]
    found: dict[int, int] = {}
    for _, before, after in sorted(shares):
        if before not in found and after not in found.values():
            found[before] = after
    yield from ((removed[before], added[found[before]]) for before in sorted(found))


def only_alike(
    removed: Sequence[One], added: Sequence[Other], is_alike: Callable[[One, Other], bool]
) -> Iterator[tuple[One, Other]]:
    """Pairs of which each part is like no other: where there are two candidates, nobody guesses."""
    for one in removed:
        alike = [other for other in added if is_alike(one, other)]
        if len(alike) == 1 and sum(is_alike(each, alike[0]) for each in removed) == 1:
            yield one, alike[0]


def share(same: int, all_of_them: int) -> float:
    """How much of two tables is the same; two tables without columns have nothing in common."""
    return same / max(all_of_them, 1)
