"""Who does work that needs one file at a time: this process, others that it forks, or a caller's executor."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import TypeVar

_WORTH_A_PROCESS = 1_000_000
"""Bytes of source, a second or so of work; starting a worker costs a twentieth of one."""

_IN_FLIGHT = 32
"""Batches that an executor is given at a time: enough to keep many workers busy, few enough to be held."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Crew:
    """Applies functions to items.

    Without an `executor`, workers are forked where that pays and is safe, unless the crew is to stay
    `alone`. An executor may run functions on other machines: they and their items are pickled, and
    results come back in the order of the items.
    """

    def __init__(self, executor: Executor | None = None, *, alone: bool = False) -> None:
        self._executor = executor
        self._is_alone = alone

    @property
    def is_remote(self) -> bool:
        """Whether items may be worked on where the files of this machine are not."""
        return self._executor is not None

    def is_worth_it(self, size: int, count: int) -> bool:
        """Whether `count` items of `size` bytes of source together are worth other processes of this machine."""
        return (
            self._executor is None
            and not self._is_alone
            and min(_processors(), count) > 1
            and size >= _WORTH_A_PROCESS
            and _may_fork()
        )

    def map(
        self, function: Callable[[Item], Result], items: Iterable[Item], size: int, count: int
    ) -> Iterator[Result]:
        """The result of `function` for each of `count` items, that are of `size` bytes together, in order."""
        if self._executor is not None:
            yield from _submitted(self._executor, function, items)
        elif self.is_worth_it(size, count):
            context = multiprocessing.get_context("fork")
            workers = min(_processors(), count)
            with ProcessPoolExecutor(workers, context, initializer=_begin) as pool:
                yield from pool.map(function, items)
        else:
            yield from map(function, items)


def _submitted(
    executor: Executor, function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(executor.submit(function, item))
            if len(waiting) >= _IN_FLIGHT:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _begin() -> None:
    """What was there before the fork is no garbage, and need not be looked through for it."""
    gc.freeze()
    gc.disable()


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _may_fork() -> bool:
    """Whether child processes can start without running the caller's main module again."""
    return "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
