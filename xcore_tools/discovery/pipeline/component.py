"""One part of a scan: parses what matters and links it, until nothing leads to further files."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from xcore_tools.discovery.cache.store import Store
from xcore_tools.discovery.ir import Call, FunctionDef, ModuleFacts, Unread
from xcore_tools.discovery.ir import Part as Unreadable
from xcore_tools.discovery.link import Linked, link
from xcore_tools.discovery.pipeline.meeting import Meetings
from xcore_tools.discovery.pipeline.tasks import Job, examined_by, read
from xcore_tools.discovery.pipeline.workers import Crew
from xcore_tools.discovery.prefilter.import_targets import Origins
from xcore_tools.discovery.prefilter.reach import Mentions
from xcore_tools.discovery.prefilter.seeds import LIBRARY_LEADS, Leads
from xcore_tools.discovery.prefilter.usages import Surroundings
from xcore_tools.discovery.records import Examined, Part, Scanned, encoded, writable
from xcore_tools.discovery.request import Request
from xcore_tools.discovery.results import Problem
from xcore_tools.discovery.walk import ModuleIndex, SourceFile, read_source
from xcore_tools.discovery.walk.digest import digest_of


class PartScan:
    """Scans one part; `store` has been told of every file of the scan at a first look.

    `tick` is told how many files were done.
    """

    def __init__(
        self,
        request: Request,
        index: ModuleIndex,
        part: Part,
        store: Store,
        crew: Crew,
        tick: Callable[[int], None],
    ) -> None:
        index.begin()
        self._request = request
        self._index = index
        self._part = {source.path: source for source in part.sources}
        self._store = store
        self._crew = crew
        self._tick = tick
        self.examined: dict[str, bytes] = {}
        """What was parsed and not known before, encoded, by path; nothing if nothing is kept."""
        self._readable = [s for s in part.sources if self._is_readable(s)]
        self._asked: dict[str, bytes] = {}
        self._facts: dict[str, ModuleFacts] = {}
        self._functions: dict[Unread, FunctionDef] = {}
        self._problems: set[Problem] = set()
        self._is_steady = True
        self._meetings = Meetings(part.sources, part.telling, self._imports, index.locate)
        self._bases = request.bases
        bases = frozenset(base.rpartition(".")[2] for base in self._bases)
        self._outside = LIBRARY_LEADS | Leads(classes=bases)

    def run(self) -> Scanned:
        """The result over all files that matter; over all files if the request wants no prefilter."""
        mentions = self._mentions()
        wanted = [*self._evident(), *mentions.add(Leads())]
        while True:
            self._parse(wanted if self._request.prefilter else self._readable)
            names = mentions.names
            linked = self._link(names)
            wanted = mentions.add(linked.leads)
            if not wanted and mentions.names == names:
                break  # the last result was made with every name that leads anywhere
        found = linked.described() if self._request.columns else linked.discovery
        problems = tuple(sorted({*found.problems, *self._problems}))
        return Scanned(
            discovery=writable(msgspec.structs.replace(found, problems=problems)),
            parsed=tuple(sorted(self._asked.keys() & self._part.keys())),
            outside={p: self._asked[p] for p in sorted(self._asked.keys() - self._part.keys())},
            directories={each: self._index.listing(each) for each in sorted(self._index.asked)},
            is_steady=self._is_steady,
            unresolved=linked.unresolved,
        )

    def _imports(self, source: SourceFile) -> Iterable[str]:
        outlook = self._store.outlook(source.path)
        return outlook.imports if outlook is not None else ()

    def _is_readable(self, source: SourceFile) -> bool:
        """Whether a file belongs to the application."""
        outlook = self._store.outlook(source.path)
        return outlook is not None and not outlook.is_set_aside

    def _is_evident(self, source: SourceFile) -> bool:
        outlook = self._store.outlook(source.path)
        return outlook is not None and outlook.has_evidence

    def _evident(self) -> list[SourceFile]:
        return [source for source in self._readable if self._is_evident(source)]

    def _mentions(self) -> Mentions:
        sketches = ((source, self._store.sketch(source.path)) for source in self._readable)
        origins = Origins(self._part.values(), self._index.locate, self._bases)
        mentions = Mentions(sketches, origins, self._text_of, self._outside)
        mentions.add_evident(self._evident())
        return mentions

    def _text_of(self, source: SourceFile) -> Surroundings:
        data = read_source(self._request.project, source.path)
        if isinstance(data, Problem):
            self._is_steady = False
            return Surroundings(b"")
        self._compare(source.path, digest_of(data))
        return Surroundings(data)

    def _compare(self, path: str, digest: bytes) -> None:
        self._is_steady &= self._store.digest(path) in (None, digest)

    def _parse(self, sources: Iterable[SourceFile]) -> None:
        jobs: list[Job] = []
        for source in sources:
            if source.path in self._asked:
                continue
            self._asked[source.path] = b""
            known = self._recalled(source)
            if known is None:
                jobs.append(
                    Job(self._request.project, source.path, source.module, source.is_package)
                )
            else:
                self._take(source.path, known)
        for job, examined in examined_by(self._crew, jobs, self._store.size):
            self._tick(1)
            data = encoded(examined) if self._store.is_kept else None
            if data is not None:
                self.examined[job.path] = data
            self._take(job.path, examined)

    def _recalled(self, source: SourceFile) -> Examined | None:
        """What an earlier scan parsed, if it is the same module with the same content."""
        found = self._store.parsed(source.path)
        if found is None or found.facts is None:
            return found
        facts = found.facts
        is_same = (facts.module, facts.is_package) == (source.module, source.is_package)
        return found if is_same else None

    def _take(self, path: str, examined: Examined) -> None:
        self._asked[path] = examined.digest
        self._compare(path, examined.digest)
        if examined.problem is not None:
            self._problems.add(examined.problem)
        elif examined.facts is not None:
            self._facts[examined.facts.module] = examined.facts

    def _link(self, leads: frozenset[str]) -> Linked:
        origins = {source.module: source.origin for source in self._readable}
        return link(
            self._facts,
            origins,
            self._locate,
            self._load,
            self._read,
            leads=leads,
            bases=self._bases,
            may_meet=self._meetings.may_meet,
        )

    def _locate(self, module: str, importer: str) -> str | None:
        source = self._index.locate(module, importer)
        return source.module if source else None

    def _load(self, module: str) -> ModuleFacts | None:
        """Reads a module that a name leads into, whether it is among the files of the part or not."""
        source = self._index.locate(module)
        if source is not None:
            self._parse([source])
        return self._facts.get(module)

    def _read(self, part: Unreadable) -> Unreadable:
        if part.unread is None:
            return part
        if isinstance(part, Call):
            return read(part)
        if part.unread not in self._functions:
            self._functions[part.unread] = read(part)
        return self._functions[part.unread]
