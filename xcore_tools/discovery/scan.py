"""Which files are read when: those that matter, and those that they turn out to lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from xcore_tools.config import Config
from xcore_tools.discovery.examine import Job, examine
from xcore_tools.discovery.facts import Problem
from xcore_tools.discovery.link import Linked, link
from xcore_tools.discovery.names import absolute_name
from xcore_tools.discovery.prefilter import LIBRARY_LEADS, Leads, Sketch, is_suspicious, sketch
from xcore_tools.discovery.syntax import ModuleFacts
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
        self._aliases: frozenset[str] = frozenset()
        self._data: dict[str, bytes] = {}
        self._facts: dict[str, ModuleFacts] = {}
        self._seen: set[str] = set()
        self._bases = config.migration.model_discovery.bases
        bases = frozenset(base.rpartition(".")[2] for base in self._bases)
        self._leads = LIBRARY_LEADS | Leads(classes=bases)
        self._outside = self._leads.names

    def run(self, *, prefilter: bool) -> Linked:
        """The result over all files that matter; over all files without the prefilter."""
        self._glance()
        wanted = self._mentioning(self._leads) if prefilter else self._readable()
        while True:
            self._parse(wanted, self._progress)
            linked = self._link()
            known, self._leads = self._leads, self._leads | linked.leads
            wanted = self._mentioning(self._leads)
            if not wanted and self._leads.names == known.names:
                break  # the last result was made with every name that leads anywhere
        self._check_the_rest()
        return linked

    def _glance(self) -> None:
        """Reads every file once and notes what it seems to hold."""
        for path in self._sources:
            data = read_source(self._config.project, path)
            if isinstance(data, Problem):
                self.problems.add(data)
            else:
                self._data[path] = data
                self._sketches[path] = sketch(path, data)
        self._aliases = frozenset().union(*(s.aliases for s in self._sketches.values()))

    def _mentioning(self, leads: Leads) -> list[SourceFile]:
        """Files not parsed yet that hold evidence, or mention what comes from where a lead is bound."""
        wider = leads | Leads(self._aliases, self._aliases)  # what leads may be called elsewhere
        return [s for s in self._readable() if self._matters(s, leads, wider)]

    def _matters(self, source: SourceFile, leads: Leads, wider: Leads) -> bool:
        found = self._sketches[source.path]
        return found.has_evidence or any(
            name in found.dotted or self._reaches(source, name, leads, set())
            for name in found.mentioned(wider)
        )

    def _reaches(self, source: SourceFile, name: str, leads: Leads, seen: set[str]) -> bool:
        """Whether `name` in a file can be a lead, as far as from-imports tell; yes in case of doubt."""
        found = self._sketches.get(source.path)
        if found is None or found.has_star or (source.module, name) in leads.places:
            return True
        if name not in found.imports or source.path in seen:
            return name in self._outside  # else bound here, by a class that is no lead
        seen.add(source.path)
        module, there = found.imports[name]
        target = self._imported(source, module)
        if target is None:
            return there in self._outside
        return self._reaches(target, there, leads, seen)

    def _imported(self, source: SourceFile, module: str) -> SourceFile | None:
        """The file that a from-import names; None for another library."""
        plain = module.lstrip(".")
        level = len(module) - len(plain)
        if not level:
            return self._index.locate(plain, source.path)
        name = absolute_name(source.module, source.is_package, level, plain or None)
        return self._index.locate(name, source.path) if name is not None else None

    def _readable(self) -> list[SourceFile]:
        """Files not parsed yet that belong to the application."""
        unseen = (path for path in self._sketches if path not in self._seen)
        return [self._sources[path] for path in unseen if not self._sketches[path].is_set_aside]

    def _parse(
        self, sources: Iterable[SourceFile], progress: Callable[[int, int], None] | None = None
    ) -> None:
        jobs: list[Job] = []
        for source in sources:
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

    def _link(self) -> Linked:
        origins = {s.module: s.origin for s in self._sources.values() if not self._is_set_aside(s)}
        return link(
            self._facts,
            origins,
            self._locate,
            self._load,
            leads=self._leads.names,
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

    def _check_the_rest(self) -> None:
        """Looks for errors in files that nothing led to: all of them in a small project, else at a glance."""
        rest = [s for s in self._sources.values() if s.path in self._data]
        if sum(len(self._data[s.path]) for s in rest) > _CHECKED:
            rest = [s for s in rest if is_suspicious(self._data[s.path])]
        jobs = [
            Job(s.module, s.path, s.is_package, self._data[s.path], only_check=True) for s in rest
        ]
        self.problems.update(p for _, p in examine(jobs) if isinstance(p, Problem))
