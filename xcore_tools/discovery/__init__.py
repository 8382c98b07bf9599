"""Every SQLAlchemy model and table of a code base, found without importing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from xcore_tools.config import Config, load_config
from xcore_tools.discovery.examine import Job, examine
from xcore_tools.discovery.facts import Discovery, Problem
from xcore_tools.discovery.link import Linked, link
from xcore_tools.discovery.prefilter import LIBRARY_LEADS, Sketch, is_suspicious, sketch
from xcore_tools.discovery.syntax import ModuleFacts
from xcore_tools.discovery.walk import (
    ModuleIndex,
    Root,
    Rules,
    SourceFile,
    Walk,
    find_roots,
    find_sources,
    read_source,
)
from xcore_tools.errors import NothingToScanError

__all__ = ["discover"]

_CHECKED = 1_000_000
"""Bytes: up to here, files that cannot matter are checked for errors as well. It is quickly done in a
project of ordinary size; in a large one it would take longer than the scan."""


def discover(
    paths: Sequence[str | Path] = (),
    *,
    config: Config | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
    prefilter: bool = True,
) -> Discovery:
    """Find every model and table below `paths` without running any of the code.

    Without `paths`, those of the configuration are scanned, or the whole project if it names none.
    `include` and `exclude` are patterns beside those of the configuration. The result is sorted and
    depends on file contents and configuration only. A file that cannot be read or parsed becomes a
    Problem; it never ends the scan. `progress` is told how many files of how many are done.
    With `prefilter=False` every file is parsed, which finds the same and takes longer.

    Raises:
        ConfigError: the configuration cannot be used.
        NothingToScanError: there is no Python file below the paths.
    """
    config = load_config() if config is None else config
    rules = _rules(config, include, exclude)
    roots, problems = _roots(config, paths, rules)
    walk = find_sources(config.project, roots, rules)
    if not any(source.selected for source in walk.sources):
        raise NothingToScanError(_nothing(config, [*problems, *walk.problems]))
    scan = _Scan(config, roots, walk, progress)
    linked = scan.run(prefilter=prefilter)
    found = linked.discovery
    problems = sorted({*problems, *walk.problems, *scan.problems, *found.problems})
    files = sum(source.selected for source in walk.sources)
    return msgspec.structs.replace(found, problems=tuple(problems), files=files)


def _rules(config: Config, include: Sequence[str], exclude: Sequence[str]) -> Rules:
    settings = config.migration.model_discovery
    return Rules(
        exclude_directories=settings.exclude_directories,
        include=tuple(include) or settings.include_file_patterns,
        exclude=(*settings.exclude_file_patterns, *exclude),
        import_roots=tuple(map(str, config.import_roots)),
    )


def _roots(
    config: Config, paths: Sequence[str | Path], rules: Rules
) -> tuple[list[Root], list[Problem]]:
    """The configured roots; or `paths`, each with the origin that the configuration gives it."""
    settings = config.migration.automigration
    plugins = [p for p in config.plugin_paths if paths or settings.plugins or _exists(config, p)]
    if not paths:
        return find_roots(
            config.project, settings.models or (() if plugins else (".",)), plugins, rules
        )
    known, _ = find_roots(config.project, (), [p for p in plugins if _exists(config, p)], rules)
    named, problems = find_roots(
        config.project, [str(Path(path).absolute()) for path in paths], (), rules
    )
    inside = [r for r in known if any(r.path.is_relative_to(n.path) for n in named)]
    origins = {n.path: r.origin for n in named for r in known if n.path.is_relative_to(r.path)}
    return [
        *(msgspec.structs.replace(n, origin=origins.get(n.path, n.origin)) for n in named),
        *inside,
    ], problems


def _exists(config: Config, path: str) -> bool:
    return (config.project / path).exists()


def _nothing(config: Config, problems: Iterable[Problem]) -> str:
    reasons = [
        f"{problem.path}: {problem.message}" for problem in problems if problem.severity == "error"
    ]
    hint = "name a directory that holds Python files, or see include and exclude patterns"
    return "\n".join([f"no Python file to scan in {config.project}: {hint}", *reasons])


class _Scan:
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
        self._seen: set[str] = set()
        self._bases = config.migration.model_discovery.bases
        self._leads = LIBRARY_LEADS | {base.rpartition(".")[2] for base in self._bases}

    def run(self, *, prefilter: bool) -> Linked:
        """The result over all files that matter; over all files without the prefilter."""
        self._glance()
        wanted = self._mentioning(self._leads) if prefilter else self._readable()
        while True:
            self._parse(wanted, self._progress)
            linked = self._link()
            self._leads |= linked.leads
            wanted = self._mentioning(self._leads)
            if not wanted:
                break
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

    def _mentioning(self, leads: frozenset[str]) -> list[SourceFile]:
        return [s for s in self._readable() if self._sketches[s.path].matters(leads)]

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
            self._facts, origins, self._locate, self._load, leads=self._leads, bases=self._bases
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
