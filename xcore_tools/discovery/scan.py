"""Which files are read when: those that matter, and those that they turn out to lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from xcore_tools.config import Config
from xcore_tools.discovery.examine import Job, examine, read
from xcore_tools.discovery.facts import Discovery, Problem
from xcore_tools.discovery.leads import LIBRARY_LEADS, Leads
from xcore_tools.discovery.link import Linked, link
from xcore_tools.discovery.mentions import Mentions
from xcore_tools.discovery.origins import Origins
from xcore_tools.discovery.prefilter import Sketch, is_suspicious, sketch
from xcore_tools.discovery.surroundings import Surroundings
from xcore_tools.discovery.syntax import Call, FunctionDef, ModuleFacts, Part, Unread
from xcore_tools.discovery.walk import ModuleIndex, Root, SourceFile, Walk, read_source

__all__ = ["Scan"]

_CHECKED = 1_000_000
"""Bytes: up to here, files that cannot matter are checked for errors as well. It is quickly done in a
project of ordinary size; in a large one it would take longer than the scan.
"""


class Scan:
    """Parses what matters and links it; parses what mentions the names that came up, until none is new."""

    def __init__(
        self,
        config: Config,
        roots: list[Root],
        walk: Walk,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.problems: set[Problem] = set()
        self._config = config
        self._index = ModuleIndex(config.project, roots, walk)
        self._progress = progress
        self._sources = {source.path: source for source in walk.sources if source.selected}
        self._sketches: dict[str, Sketch] = {}
        self._data: dict[str, bytes] = {}
        self._facts: dict[str, ModuleFacts] = {}
        self._functions: dict[Unread, FunctionDef] = {}
        self._seen: set[str] = set()
        self._bases = config.migration.model_discovery.bases
        bases = frozenset(base.rpartition(".")[2] for base in self._bases)
        self._outside = LIBRARY_LEADS | Leads(classes=bases)

    def run(self, *, prefilter: bool, columns: bool = False) -> Discovery:
        """The result over all files that matter; over all files without the prefilter."""
        self._glance()
        mentions = self._mentions()
        wanted = [*self._evident(), *mentions.add(Leads())]
        while True:
            self._parse(wanted if prefilter else self._readable(), self._progress)
            names = mentions.names
            linked = self._link(names)
            wanted = mentions.add(linked.leads)
            if not wanted and mentions.names == names:
                break  # the last result was made with every name that leads anywhere
        found = linked.described() if columns else linked.discovery
        self._check_the_rest()
        return found

    def _glance(self) -> None:
        """Reads every file once and notes what it seems to hold."""
        for path in self._sources:
            data = read_source(self._config.project, path)
            if isinstance(data, Problem):
                self.problems.add(data)
            else:
                self._data[path] = data
                self._sketches[path] = sketch(path, data)

    def _mentions(self) -> Mentions:
        readable = [(source, self._sketches[source.path]) for source in self._readable()]
        origins = Origins(self._sources.values(), self._index.locate)
        mentions = Mentions(readable, origins, self._text_of, self._outside)
        mentions.add_evident(self._evident())
        return mentions

    def _text_of(self, source: SourceFile) -> Surroundings:
        data = self._data.get(source.path)
        if data is None:
            read = read_source(self._config.project, source.path)
            data = read if isinstance(read, bytes) else b""
        return Surroundings(data)

    def _evident(self) -> list[SourceFile]:
        """Files not parsed yet that hold evidence."""
        return [s for s in self._readable() if self._sketches[s.path].has_evidence]

    def _readable(self) -> list[SourceFile]:
        """Files not parsed yet that belong to the application."""
        unseen = (path for path in self._sketches if path not in self._seen)
        return [self._sources[path] for path in unseen if not self._sketches[path].is_set_aside]

    def _parse(
        self, sources: Iterable[SourceFile], progress: Callable[[int, int], None] | None = None
    ) -> None:
        jobs: list[Job] = []
        for source in sources:
            if source.path in self._seen:
                continue
            self._seen.add(source.path)
            data = self._data.pop(source.path, None) or read_source(
                self._config.project, source.path
            )
            if isinstance(data, Problem):
                self.problems.add(data)
            else:
                jobs.append(Job(source.module, source.path, source.is_package, data))
        for _, outcome in examine(jobs, progress):
            if isinstance(outcome, ModuleFacts):
                self._facts[outcome.module] = outcome
            elif outcome is not None:
                self.problems.add(outcome)

    def _link(self, leads: frozenset[str]) -> Linked:
        origins = {s.module: s.origin for s in self._sources.values() if not self._is_set_aside(s)}
        return link(
            self._facts,
            origins,
            self._locate,
            self._load,
            self._read,
            leads=leads,
            bases=self._bases,
        )

    def _is_set_aside(self, source: SourceFile) -> bool:
        found = self._sketches.get(source.path)
        return found is None or found.is_set_aside

    def _locate(self, module: str, importer: str) -> str | None:
        source = self._index.locate(module, importer)
        return source.module if source else None

    def _load(self, module: str) -> ModuleFacts | None:
        """Reads a module that a name leads into, whether it is among the selected files or not."""
        source = self._index.locate(module)
        if source is not None and source.path not in self._seen:
            self._parse([source])
        return self._facts.get(module)

    def _read(self, part: Part) -> Part:
        if part.unread is None:
            return part
        if isinstance(part, Call):
            return read(part)
        if part.unread not in self._functions:
            self._functions[part.unread] = read(part)
        return self._functions[part.unread]

    def _check_the_rest(self) -> None:
        """Looks for errors in files that nothing led to: all of them in a small project, else at a glance."""
        rest = [s for s in self._sources.values() if s.path in self._data]
        if sum(len(self._data[s.path]) for s in rest) > _CHECKED:
            rest = [s for s in rest if is_suspicious(self._data[s.path])]
        jobs = [
            Job(s.module, s.path, s.is_package, self._data[s.path], only_check=True) for s in rest
        ]
        self.problems.update(p for _, p in examine(jobs) if isinstance(p, Problem))
