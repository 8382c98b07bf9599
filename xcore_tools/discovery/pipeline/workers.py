"""Who does work that needs one file at a time: this process, others that it forks, or a caller's executor."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from typing import TypeVar

from xcore_tools.discovery.pipeline.processes import Death, Processes

_WORTH_A_PROCESS = 1_000_000
"""Bytes of source, a second or so of work; starting a worker costs a twentieth of one."""

_IN_FLIGHT = 32
"""Batches that an executor is given at a time: enough to keep many workers busy, few enough to be held."""

_log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


class Crew:
    """Applies functions to items.

    Without an `executor`, workers are forked where that pays and is safe; `careful` forks them wherever
    it is safe, for work that processes have died of. An executor may run functions on other machines:
    they and their items are pickled, and results come back in the order of the items. No worker is
    needed for the answer: what one of them lost is done again here.
    """

    def __init__(
        self, executor: Executor | None = None, *, alone: bool = False, careful: bool = False
    ) -> None:
        self._executor = executor
        self._is_alone = alone
        self._is_careful = careful

    @property
    def is_remote(self) -> bool:
        """Whether items may be worked on where the files of this machine are not."""
        return self._executor is not None

    def is_worth_it(self, size: int, count: int) -> bool:
        """Whether `count` items of `size` bytes of source together are worth other processes of this machine."""
        if self._executor is not None or self._is_alone or not _may_fork():
            return False
        pays = min(_processors(), count) > 1 and size >= _WORTH_A_PROCESS
        return pays or (self._is_careful and count > 0)

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        size: int,
        count: int,
        rescue: Callable[[Item, Death], Result] | None = None,
    ) -> Iterator[Result]:
        """The result of `function` for each of `count` items, that are of `size` bytes together, in order.

        `rescue` is what to do about an item that two processes of this machine died of; without it,
        the item is done in this process.
        """
        if self._executor is not None:
            yield from _submitted(self._executor, function, items)
        elif self.is_worth_it(size, count):
            yield from forked(function, tuple(items), rescue)
        else:
            yield from map(function, items)


def forked(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    rescue: Callable[[Item, Death], Result] | None = None,
) -> Iterator[Result]:
    """The result of `function` for each item, in order, each made in a forked process."""

    def done_here(item: Item, _: Death) -> Result:
        return function(item)

    count = min(_processors(), len(items))
    return Processes(function, items, count, rescue or done_here).results()


def _submitted(
    executor: Executor, function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    waiting: deque[tuple[Item, Future[Result] | Exception]] = deque()
    failures: list[Exception] = []
    try:
        for item in items:
            waiting.append((item, _given(executor, function, item)))
            if len(waiting) >= _IN_FLIGHT:
                yield _received(function, *waiting.popleft(), failures)
        while waiting:
            yield _received(function, *waiting.popleft(), failures)
    finally:
        for _, future in waiting:
            if isinstance(future, Future):
                future.cancel()


def _given(
    executor: Executor, function: Callable[[Item], Result], item: Item
) -> Future[Result] | Exception:
    try:
        return executor.submit(function, item)
    except Exception as error:  # noqa: BLE001 - a pool that is broken or closed takes nothing more
        return error


def _received(
    function: Callable[[Item], Result],
    item: Item,
    future: Future[Result] | Exception,
    failures: list[Exception],
) -> Result:
    """What the executor made of the item. Where it failed, which is logged once, the item is done here."""
    error: Exception
    try:
        if not isinstance(future, Exception):
            return future.result()
        error = future
    except Exception as failure:  # noqa: BLE001 - what an executor may raise is not ours to know
        error = failure
    if not failures:
        _log.warning("the executor failed, its work is done in this process: %r", error)
    failures.append(error)
    return function(item)


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _may_fork() -> bool:
    """Whether this process can be copied: not beside other threads, whose locks nobody would release."""
    return hasattr(os, "fork") and threading.active_count() == 1
