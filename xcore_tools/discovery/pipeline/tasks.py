"""One file → what it says: at a first look, and when it is parsed. Works on any machine that has the bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from xcore_tools.discovery.ir import Part
from xcore_tools.discovery.pipeline.partition import outlook_of
from xcore_tools.discovery.pipeline.processes import Death
from xcore_tools.discovery.pipeline.workers import Crew, forked
from xcore_tools.discovery.prefilter.sketch import is_suspicious, sketch
from xcore_tools.discovery.records import Examined, Seen, decoded, encoded
from xcore_tools.discovery.results import Problem
from xcore_tools.discovery.walk import read_source
from xcore_tools.discovery.walk.digest import digest_of
from xcore_tools.discovery.walk.paths import printable

_BATCH = 1_000_000
"""Bytes of source that travel together."""

_FILE = 1000
"""Bytes that opening a file is as dear as."""


class Job(msgspec.Struct, frozen=True):
    """A file that somebody shall read, `path` being relative to `project`; or these bytes of it."""

    project: Path
    path: str
    module: str = ""
    is_package: bool = False
    only_check: bool = False
    data: bytes | None = None

    def read(self) -> bytes | Problem:
        """The bytes of the file."""
        return read_source(self.project, self.path) if self.data is None else self.data


def seen_by(
    crew: Crew, jobs: Sequence[Job], size_of: Callable[[str], int]
) -> Iterator[tuple[Job, Seen | Problem]]:
    """Each file with what a first look tells of it, or the problem that kept it from being read."""
    return _shared_out(crew, _look, jobs, size_of, _deadly, cost=1 / 5)


def examined_by(
    crew: Crew, jobs: Sequence[Job], size_of: Callable[[str], int]
) -> Iterator[tuple[Job, Examined]]:
    """Each file parsed. One that cannot be read any more has a digest of no bytes."""
    if not crew.is_remote and not crew.is_worth_it(sum(size_of(j.path) for j in jobs), len(jobs)):
        yield from ((job, _examined(job)) for job in jobs)
        return
    for job, data in _shared_out(crew, _examine_apart, jobs, size_of, _examined_to_death):
        # what nests too deeply to be brought here is parsed here
        yield job, (decoded(data) if data is not None else None) or _examined(job)


Result = TypeVar("Result")


def _shared_out(
    crew: Crew,
    function: Callable[[Sequence[Job]], list[Result]],
    jobs: Sequence[Job],
    size_of: Callable[[str], int],
    told: Callable[[Job, Death], Result],
    cost: float = 1,
) -> Iterator[tuple[Job, Result]]:
    """`jobs` in batches worth sending, with what `function` makes of each.

    For a job that crashes every process, the result is what is `told` of it.
    """

    def one_by_one(group: Sequence[Job], _: Death) -> list[Result]:
        each = forked(function, [(job,) for job in group], of_one)
        return [result for results in each for result in results]

    def of_one(group: Sequence[Job], death: Death) -> list[Result]:
        return [told(job, death) for job in group] if death.is_crash else function(group)

    groups = list(_batches(jobs, size_of))
    carried = (tuple(_with_data(job) for job in each) for each in groups)
    size = int(sum(size_of(job.path) for job in jobs) * cost)
    items = carried if crew.is_remote else groups
    answers = crew.map(function, items, size, len(groups), one_by_one)
    for group, found in zip(groups, answers, strict=True):
        yield from zip(group, found, strict=True)


def _batches(jobs: Sequence[Job], size_of: Callable[[str], int]) -> Iterator[tuple[Job, ...]]:
    batch: list[Job] = []
    size = 0
    for job in jobs:
        batch.append(job)
        size += size_of(job.path) + _FILE
        if size >= _BATCH:
            yield tuple(batch)
            batch, size = [], 0
    if batch:
        yield tuple(batch)


def _with_data(job: Job) -> Job:
    """The job with what it needs where the files of this machine are not."""
    data = job.read()
    return msgspec.structs.replace(job, data=data) if isinstance(data, bytes) else job


def _look(jobs: Sequence[Job]) -> list[Seen | Problem]:
    return [data if isinstance(data := job.read(), Problem) else _seen(job, data) for job in jobs]


def _seen(job: Job, data: bytes) -> Seen:
    found = sketch(job.path, data)
    outlook = outlook_of(found, len(data), is_suspicious=is_suspicious(data))
    return Seen(digest_of(data), outlook, msgspec.msgpack.encode(found))


def _deadly(job: Job, death: Death) -> Problem:
    message = f"cannot be parsed: each process that tried ended with {death}; exclude the file"
    return Problem(printable(job.path), 0, "XT101", "error", message)


def _examined_to_death(job: Job, death: Death) -> bytes | None:
    # without a digest nothing that depends on it is kept: the next scan tries again
    return encoded(Examined(b"", problem=_deadly(job, death)))


def _examine_apart(jobs: Sequence[Job]) -> list[bytes | None]:
    return [encoded(_examined(job)) for job in jobs]


def _examined(job: Job) -> Examined:
    # libcst takes a third of a second to load: only who parses something waits for it.
    from xcore_tools.discovery.parse import check, collect  # noqa: PLC0415

    data = job.read()
    if isinstance(data, Problem):
        return Examined(b"", problem=data)
    if job.only_check:
        return Examined(digest_of(data), problem=check(job.path, data))
    found = collect(job.module, job.path, job.is_package, data)
    if isinstance(found, Problem):
        return Examined(digest_of(data), problem=found)
    return Examined(digest_of(data), facts=found)


def read(part: Part) -> Part:
    """A function or a call with what was left unread of it."""
    from xcore_tools.discovery import parse  # noqa: PLC0415 - see _examined

    return parse.read(part)
