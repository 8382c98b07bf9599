"""Which part of one side is which part of the other: by name, then by what it consists of."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

Pair = tuple[Any, Any]


def paired(
    before: Iterable[Any],
    after: Iterable[Any],
    *,
    signature: Callable[[Any], Hashable] | None = None,
    are_names_free: bool = False,
) -> list[Pair]:
    """Pairs of parts; a part that the other side has not is paired with None.

    Names decide. What is left is paired by `signature` if one of the two has no name, or if
    `are_names_free`: where an engine makes up names, a constraint is what it says.
    """
    left, right = list(before), list(after)
    pairs: list[Pair] = []

    def match(key: Callable[[Any], Hashable], may: Callable[[Any, Any], bool]) -> None:
        waiting: dict[Hashable, list[Any]] = {}
        for part in right:
            waiting.setdefault(key(part), []).append(part)
        for part in list(left):
            partners = waiting.get(key(part), [])
            partner = next((each for each in partners if may(part, each)), None)
            if partner is not None:
                partners.remove(partner)
                pairs.append((part, partner))
                left.remove(part)
                right.remove(partner)

    match(lambda part: part.name, lambda one, _: one.name is not None)
    if signature is not None:
        match(
            signature, lambda one, other: are_names_free or one.name is None or other.name is None
        )
    return [*pairs, *((part, None) for part in left), *((None, part) for part in right)]
