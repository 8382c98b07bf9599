"""One part of a scan: parses what matters and links it, until nothing leads to further files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from xcore_tools.discovery.crew import Crew
from xcore_tools.discovery.examine import (
    Examined,
    Job,
    Seen,
    decoded,
    encoded,
    examined_by,
    read,
)
from xcore_tools.discovery.facts import Problem
from xcore_tools.discovery.leads import LIBRARY_LEADS, Leads
from xcore_tools.discovery.link import Linked, link
from xcore_tools.discovery.mentions import Mentions
from xcore_tools.discovery.origins import Origins
from xcore_tools.discovery.parts import Part, Scanned
from xcore_tools.discovery.prefilter import Sketch
from xcore_tools.discovery.recall import digest_of
from xcore_tools.discovery.request import Request
from xcore_tools.discovery.surroundings import Surroundings
from xcore_tools.discovery.syntax import Call, FunctionDef, ModuleFacts, Unread
from xcore_tools.discovery.syntax import Part as Unreadable
from xcore_tools.discovery.walk import ModuleIndex, SourceFile, read_source

__all__ = ["PartScan"]

_SKETCH = msgspec.msgpack.Decoder(Sketch)


class PartScan:
    """Scans one part.

    `seen` holds what a first look told of every file of the scan, `known` gives what an earlier scan
    parsed. `tick` is told how many files were done.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what it shares with other parts, and what it is given
        self,
        request: Request,
        index: ModuleIndex,
        part: Part,
        seen: Mapping[str, Seen],
        known: Callable[[str], msgspec.Raw | None],
        crew: Crew,
        tick: Callable[[int], None],
    ) -> None:
        index.begin()
        self._request = request
        self._index = index
        self._part = {source.path: source for source in part.sources}
        self._seen = seen
        self._known = known
        self._crew = crew
        self._tick = tick
        self.examined: dict[str, bytes] = {}
        """What was parsed and not known before, encoded, by path."""
        self._readable = [s for s in part.sources if self._is_readable(s)]
        self._asked: dict[str, bytes] = {}
        self._facts: dict[str, ModuleFacts] = {}
        self._functions: dict[Unread, FunctionDef] = {}
        self._problems: set[Problem] = set()
        self._is_steady = True
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
            discovery=msgspec.structs.replace(found, problems=problems),
            parsed=tuple(sorted(self._asked.keys() & self._part.keys())),
            outside={p: self._asked[p] for p in sorted(self._asked.keys() - self._part.keys())},
            directories={each: self._index.listing(each) for each in sorted(self._index.asked)},
            is_steady=self._is_steady,
        )

    def _is_readable(self, source: SourceFile) -> bool:
        """Whether a file belongs to the application."""
        seen = self._seen.get(source.path)
        return seen is not None and not seen.outlook.is_set_aside

    def _evident(self) -> list[SourceFile]:
        return [s for s in self._readable if self._seen[s.path].outlook.has_evidence]

    def _mentions(self) -> Mentions:
        sketches = ((s, _SKETCH.decode(self._seen[s.path].sketch)) for s in self._readable)
        origins = Origins(self._part.values(), self._index.locate)
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
        seen = self._seen.get(path)
        self._is_steady &= seen is None or seen.digest == digest

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
        for job, examined in examined_by(self._crew, jobs, self._size):
            self._tick(1)
            data = encoded(examined)
            if data is not None:
                self.examined[job.path] = data
            self._take(job.path, examined)

    def _recalled(self, source: SourceFile) -> Examined | None:
        """What an earlier scan parsed, if it is the same module with the same content."""
        raw = self._known(source.path)
        seen = self._seen.get(source.path)
        found = decoded(raw) if raw is not None and seen is not None else None
        if found is None or seen is None or found.digest != seen.digest:
            return None
        facts = found.facts
        wanted = (source.module, source.path, source.is_package)
        is_same = facts is None or (facts.module, facts.path, facts.is_package) == wanted
        return found if is_same else None

    def _size(self, path: str) -> int:
        seen = self._seen.get(path)
        return seen.outlook.size if seen else 0

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
