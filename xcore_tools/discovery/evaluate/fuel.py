"""How much work is done: pools that only shrink, and shares of them.

A module has a pool for its statements and one for the questions that are asked of its classes, each in
proportion to the length of the module. Whatever nests draws from the share that is open: a call, a
decorator, an attempt. Only another module that is followed meanwhile has a pool of its own, once.
No clock decides anything, so two runs do the same work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from xcore_tools.discovery.evaluate.errors import LimitReachedError

STATEMENT = 20_000
"""The most that one statement of a module, or one question, may use, with all the calls in it."""

MODULE = 40_000
"""What each module has, whatever its length."""

LINE = 40
"""What each line adds to that."""

SCAN = 100_000
"""What there is for questions that belong to no module."""

LAST = 500
"""What a statement of a module has in any case, and a question as long as there is a reserve."""

PART = 200
"""What a statement of a class body has in any case, as far as the class statement has it left."""

_HELD = 200
"""What an attempt leaves to whoever makes it."""


class Pool:
    """Work that may still be done; `reserve` is for questions after all else is used up."""

    __slots__ = ("left", "reserve")

    def __init__(self, lines: int) -> None:
        self.left = MODULE + LINE * lines
        self.reserve = LINE * lines


class Fuel:
    """What is left of the share that is open."""

    __slots__ = ("is_shared", "left")

    def __init__(self) -> None:
        self.left = SCAN
        self.is_shared = False

    def use(self, cost: int = 1) -> None:
        """Counts work by the size of what it touches.

        Raises:
            LimitReachedError: the share is used up.
        """
        self.left -= cost
        if self.left < 0:
            raise LimitReachedError

    @contextmanager
    def share(self, pool: Pool, least: int = 0) -> Iterator[None]:
        """Inside, work draws from `pool`: at most one share, and `least` even where it is empty."""
        outer, was_shared = self.left, self.is_shared
        granted = max(min(STATEMENT, pool.left), least, 0)
        self.left, self.is_shared = granted, True
        try:
            yield
        finally:
            pool.left -= granted - max(self.left, 0)
            self.left, self.is_shared = outer, was_shared

    @contextmanager
    def question(self, pool: Pool) -> Iterator[None]:
        """A share for what is asked of a class; once the pool is empty, a little of its reserve."""
        least = min(LAST, pool.reserve) if pool.left < LAST else 0
        pool.reserve -= least
        with self.share(pool, least):
            yield

    def parts(self, count: int) -> Iterator[int]:
        """The numbers below `count`, with a little held back for each part should an earlier one use up all."""
        held = min(PART * count, max(self.left, 0) // 2)
        self.left -= held
        try:
            for number in range(count):
                if self.left <= 0:
                    self.left = min(PART, held)
                    held -= self.left
                yield number
        finally:
            self.left = max(self.left, 0) + held

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Inside, at most one share of what is left; who makes the attempt can go on after it."""
        outer = max(self.left, 0)
        granted = min(outer - min(outer // 8, _HELD), STATEMENT)
        self.left = granted
        try:
            yield
        finally:
            self.left = outer - granted + max(self.left, 0)
