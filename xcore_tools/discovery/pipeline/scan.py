"""From the files of a project to its models: a first look at each, parts, each part, and the whole."""

from __future__ import annotations

import gc
import os
import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from xcore_tools.discovery.cache.store import Store
from xcore_tools.discovery.pipeline.component import PartScan
from xcore_tools.discovery.pipeline.gc_pause import collected_alone
from xcore_tools.discovery.pipeline.partition import split
from xcore_tools.discovery.pipeline.processes import Death
from xcore_tools.discovery.pipeline.tasks import Job, examined_by, seen_by
from xcore_tools.discovery.pipeline.workers import Crew
from xcore_tools.discovery.records import Examined, Part, Scanned
from xcore_tools.discovery.request import Request
from xcore_tools.discovery.results import Discovery, ImportRoot, MetaData, Problem, UnresolvedBase
from xcore_tools.discovery.roots import (
    Roots,
    Witness,
    find_import_roots,
    is_test,
    set_aside,
)
from xcore_tools.discovery.roots.names import disputed, with_import_names
from xcore_tools.discovery.walk import (
    ModuleIndex,
    SourceFile,
    Walk,
    with_import_roots,
    without,
)

_CHECKED = 1_000_000
"""Bytes: up to here, files that cannot matter are checked for errors as well. It is quickly done in a
project of ordinary size; in a large one it would take longer than the scan.
"""

_DOMINANT = 0.8
"""A part with more than this share of what is to be parsed is better shared out file by file."""

_TIDY = 4_000_000
"""Bytes with evidence, some 130 MB of memory of a worker: so much may be done before it is given back."""


class Scan:
    """One scan. `store` is what earlier scans told, and is told what this one does.

    `progress` is told how many files of how many are done.
    """

    def __init__(
        self,
        request: Request,
        walk: Walk,
        store: Store,
        crew: Crew,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._request = request
        self._walk = walk
        self._store = store
        self._crew = crew
        self._progress = progress
        self._sources: list[SourceFile] = []
        self._index: ModuleIndex
        self._roots = Roots(())
        self._asked: set[str] = set()
        self._problems: set[Problem] = set()
        self._unseen: set[str] = set()
        self._done = 0
        self._untidy = 0

    def run(self) -> Discovery:
        """Everything that the files hold; problems of the walk are not among it."""
        self._look()
        self._name()
        parts = split(
            self._sources,
            lambda source: self._store.outlook(source.path),
            self._walk.import_roots,
            self._index.names_in,
            self._request.bases,
        )
        whole = _merged(self._scanned(parts))
        self._check_the_rest(frozenset(whole.parsed))
        problems = {*self._problems, *whole.discovery.problems}
        problems |= set(disputed(self._roots, whole.discovery))
        discovery = msgspec.structs.replace(
            with_import_names(whole.discovery, self._walk),
            problems=tuple(sorted(problems)),
            import_roots=self._roots.roots,
            package=self._roots.package,
            environments=self._environments(),
        )
        is_steady = whole.is_steady and not self._unseen
        asked = {each: self._index.listing(each) for each in sorted(self._asked)}
        whole = msgspec.structs.replace(whole, directories={**asked, **whole.directories})
        self._store.save(msgspec.structs.replace(whole, discovery=discovery, is_steady=is_steady))
        return discovery

    def import_roots(self) -> tuple[ImportRoot, ...]:
        """The directories that names count from, told by a first look at every file."""
        self._look()
        self._name()
        return self._roots.roots

    # -- a first look ---------------------------------------------------------------------------

    def _look(self) -> None:
        """Looks at every file that no earlier scan has seen as it is."""
        fresh = [
            Job(self._request.project, source.path)
            for source in self._walk.sources
            if source.selected and not self._store.recognise(source.path)
        ]
        for job, found in seen_by(self._crew, fresh, self._store.size):
            if isinstance(found, Problem):
                self._problems.add(found)
                self._unseen.add(job.path)
            else:
                self._store.see(job.path, found)

    def _name(self) -> None:
        """Names the files as the application imports them, and sets aside what is not part of it."""
        project = self._request.project
        self._roots, places = find_import_roots(project, self._walk, self._witnesses())
        walk = with_import_roots(self._walk, self._roots.paths, self._roots.package)
        aside = set_aside(
            (source.path for source in walk.sources if source.selected),
            self._witnesses,
            places,
            roots=[os.path.relpath(root.path, project) for root in self._request.roots],
            scripts=map(posixpath.dirname, self._environments()),
        )
        self._asked = places.asked
        self._walk = walk = without(walk, aside)
        self._sources = [source for source in walk.sources if source.selected]
        self._index = ModuleIndex(project, self._request.roots, walk)

    def _witnesses(self) -> Iterator[Witness]:
        for source in self._walk.sources:
            outlook = self._store.outlook(source.path)
            if outlook is not None:
                is_aside = outlook.is_set_aside and not source.path.endswith("env.py")
                yield Witness(source.path, outlook.imports, is_aside or is_test(source.path))

    def _environments(self) -> tuple[str, ...]:
        """The env.py files of Alembic."""
        found = [path for path in self._walk.telling if f"/{path}".endswith("/env.py")]
        outlooks = [(path, self._store.outlook(path)) for path in found]
        return tuple(path for path, outlook in outlooks if outlook and outlook.is_set_aside)

    # -- parts ------------------------------------------------------------------------------------

    def _scanned(self, parts: Sequence[Part]) -> Iterator[Scanned]:
        waiting: list[tuple[Part, str]] = []
        for part in parts:
            key = self._store.key_of(part)
            known = self._store.part(key, self._index)
            if known is None:
                waiting.append((part, key))
            else:
                self._tick(len(part.sources))
                yield known
        for (_, key), scanned in zip(waiting, self._scan([p for p, _ in waiting]), strict=True):
            self._store.keep(key, scanned)
            yield scanned

    def _scan(self, parts: Sequence[Part]) -> Iterator[Scanned]:
        weights = [part.weight for part in parts if part.weight]
        total = sum(weights)
        is_shared = weights and max(weights) <= _DOMINANT * total
        if not (is_shared and self._crew.is_worth_it(total, len(weights))):
            with collected_alone():
                for part in parts:
                    scan = self._part_scan(part, self._crew, self._tick)
                    yield scan.run()
                    self._store.learn(scan.examined)
                    del scan
                    self._tidy(part)
            return
        answers = self._crew.map(self._apart, parts, total, len(parts), self._after_deaths)
        for part, answer in zip(parts, answers, strict=True):
            scanned, examined = _ANSWER.decode(answer)
            self._store.learn(examined)
            self._tick(len(part.sources))
            yield scanned

    def _apart(self, part: Part) -> bytes:
        """A part scanned in a forked process: what it holds and what was parsed, encoded."""
        return self._encoded(part, Crew(alone=True))

    def _after_deaths(self, part: Part, _: Death) -> bytes:
        """The same in this process, but for parsing, of a part that processes died of."""
        return self._encoded(part, Crew(careful=True))

    def _encoded(self, part: Part, crew: Crew) -> bytes:
        scan = self._part_scan(part, crew, lambda _: None)
        answer = msgspec.msgpack.encode((scan.run(), scan.examined))
        del scan
        self._tidy(part)
        return answer

    def _tidy(self, part: Part) -> None:
        """Gives back the memory of parts that are done, now and then."""
        self._untidy += part.weight
        if self._untidy > _TIDY:
            self._untidy = 0
            gc.collect()

    def _part_scan(self, part: Part, crew: Crew, tick: Callable[[int], None]) -> PartScan:
        part = msgspec.structs.replace(part, telling=self._walk.telling)
        return PartScan(self._request, self._index, part, self._store, crew, tick)

    # -- what nothing led to ------------------------------------------------------------------------

    def _check_the_rest(self, parsed: frozenset[str]) -> None:
        """Looks for errors in files that nothing led to: all of them in a small project, else at a glance."""
        outlooks = ((source, self._store.outlook(source.path)) for source in self._sources)
        rest = [(s, each) for s, each in outlooks if each is not None and s.path not in parsed]
        if sum(outlook.size for _, outlook in rest) > _CHECKED:
            rest = [(source, outlook) for source, outlook in rest if outlook.is_suspicious]
        jobs: list[Job] = []
        for source, _ in rest:
            known = self._store.checked(source.path)
            if known is None:
                jobs.append(Job(self._request.project, source.path, only_check=True))
            else:
                self._note(known)
        for job, examined in examined_by(self._crew, jobs, self._store.size):
            self._store.check(job.path, examined)
            self._note(examined)

    def _note(self, examined: Examined) -> None:
        if examined.problem is not None:
            self._problems.add(examined.problem)

    def _tick(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            total = len(self._sources)
            self._progress(min(self._done, total), total)


_ANSWER = msgspec.msgpack.Decoder(tuple[Scanned, dict[str, bytes]])


def _merged(parts: Iterable[Scanned]) -> Scanned:
    """What the parts hold together, sorted as the results of one are, and all that they depend on."""
    each = list(parts)
    found = [one.discovery for one in each]
    discovery = Discovery(
        models=tuple(
            sorted(
                (model for one in found for model in one.models),
                key=lambda x: (x.path, x.line, x.name, x.table or ""),
            )
        ),
        tables=tuple(
            sorted(
                (table for one in found for table in one.tables),
                key=lambda x: (x.path, x.line, x.name or "", x.schema or ""),
            )
        ),
        metadatas=tuple(_collections(metadata for one in found for metadata in one.metadatas)),
        problems=tuple(sorted({*_told(each), *(p for one in found for p in one.problems)})),
        verdicts=tuple(
            sorted(
                (verdict for one in found for verdict in one.verdicts),
                key=lambda x: (x.path, x.line, x.name),
            )
        ),
    )
    return Scanned(
        discovery=discovery,
        parsed=tuple(sorted(path for one in each for path in one.parsed)),
        outside={path: digest for one in each for path, digest in one.outside.items()},
        directories={path: told for one in each for path, told in one.directories.items()},
        is_steady=all(one.is_steady for one in each),
    )


def _told(parts: Iterable[Scanned]) -> Iterator[Problem]:
    """One problem for each base that no file defines, however many parts have classes below it."""
    below: dict[str, list[UnresolvedBase]] = defaultdict(list)
    for part in parts:
        for base in part.unresolved:
            below[base.subject].append(base)
    for subject, found in below.items():
        first = min(found, key=lambda base: (base.path, base.line))
        classes, taken = sum(f.classes for f in found), sum(f.taken for f in found)
        inherit = "1 class inherits it" if classes == 1 else f"{classes} classes inherit it"
        message = f"{subject}; {inherit} and may be mapped"
        if taken:
            message += f"; {taken} with table name and columns count as models"
        yield Problem(first.path, first.line, "XT124", "note", message)


def _collections(found: Iterable[MetaData]) -> Iterator[MetaData]:
    """Each collection once, with what all parts put into it."""
    named: dict[str, MetaData] = {}
    for one in found:
        other = named.get(one.name, MetaData(one.name, "", 0, 0))
        named[one.name] = MetaData(
            one.name,
            other.module or one.module,
            other.models + one.models,
            other.tables + one.tables,
        )
    yield from (named[name] for name in sorted(named))
