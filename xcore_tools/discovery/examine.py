"""Many files → their facts, in worker processes where that pays."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

import msgspec

from xcore_tools.discovery.facts import Problem
from xcore_tools.discovery.syntax import ModuleFacts, Part

__all__ = ["Job", "examine", "read", "without_collector"]

_WORTH_A_PROCESS = 1_500_000
"""Bytes of source, about three seconds of parsing; starting a worker costs a tenth of one."""


class Job(msgspec.Struct, frozen=True):
    """One file to read; `only_check` asks for its problems, not for its facts."""

    module: str
    path: str
    is_package: bool
    data: bytes
    only_check: bool = False


Outcome = ModuleFacts | Problem | None


def examine(
    jobs: list[Job], progress: Callable[[int, int], None] | None = None
) -> Iterator[tuple[Job, Outcome]]:
    """Each job with its facts, its problem, or None for a file that was only checked and is fine."""
    total = len(jobs)
    for done, pair in enumerate(zip(jobs, _outcomes(jobs), strict=True), 1):
        if progress:
            progress(done, total)
        yield pair


def _outcomes(jobs: list[Job]) -> Iterable[Outcome]:
    workers = min(os.cpu_count() or 1, len(jobs))
    size = sum(len(job.data) for job in jobs)
    if workers < 2 or size < _WORTH_A_PROCESS or not _may_fork():
        yield from map(_outcome, jobs)
        return
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(workers, context, initializer=gc.disable) as pool:
        yield from pool.map(_outcome, jobs, chunksize=4)


def _may_fork() -> bool:
    """Whether child processes can start without running the caller's main module again."""
    return "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1


@contextmanager
def without_collector() -> Iterator[None]:
    """Inside, nobody looks for garbage in cycles: there is next to none, and the look is a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if not gc.get_freeze_count():  # all that was made counts as old: no look at it at once
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _outcome(job: Job) -> Outcome:
    # libcst takes a third of a second to load: only who parses something waits for it.
    from xcore_tools.discovery.collect import check, collect  # noqa: PLC0415

    if job.only_check:
        return check(job.path, job.data)
    return collect(job.module, job.path, job.is_package, job.data)


def read(part: Part) -> Part:
    """A function or a call with what was left unread of it."""
    from xcore_tools.discovery import collect  # noqa: PLC0415 - see _outcome

    return collect.read(part)
