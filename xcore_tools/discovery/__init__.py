"""Every SQLAlchemy model and table of a code base, found without importing it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from xcore_tools.config import Config, load_config
from xcore_tools.config.files import shown
from xcore_tools.discovery.cache.snapshot import Recall
from xcore_tools.discovery.pipeline.gc_pause import without_collector
from xcore_tools.discovery.request import Request
from xcore_tools.discovery.results import Discovery, ImportRoot, Problem
from xcore_tools.discovery.selection import SETTING, unknown_collections, without_collections
from xcore_tools.discovery.walk import (
    Root,
    Rules,
    Walk,
    find_roots,
    find_sources,
    idle_patterns,
)
from xcore_tools.discovery.walk.paths import printable
from xcore_tools.errors import NothingToScanError

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["discover", "import_roots"]


def discover(  # noqa: PLR0913 (one for each option)
    paths: Sequence[str | Path] = (),
    *,
    config: Config | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
    prefilter: bool = True,
    columns: bool = False,
    cache: str | Path | None = None,
    changed: Iterable[str | Path] = (),
    executor: Executor | None = None,
) -> Discovery:
    """Find every model and table below `paths` without running any of the code.

    Without `paths`, those of the configuration are scanned, or the whole project if it names none.
    `include` and `exclude` are patterns beside those of the configuration. The result is sorted and
    depends on file contents and configuration only. A file that cannot be read or parsed becomes a
    Problem; it never ends the scan. `progress` is told how many files of how many are done.
    With `columns`, tables say what they consist of (see `Table.structure`).
    With `prefilter=False` every file is parsed, which finds the same and takes longer.

    `cache` is a directory in which results are kept: files that have not changed since are not read
    again, those that are `changed` are in any case. Without it nothing is written anywhere. An
    `executor` takes batches of files, with their bytes, and may run on other machines; without one,
    processes of this machine share the work where that pays.

    Raises:
        ConfigError: the configuration cannot be used.
        NothingToScanError: there is no Python file below the paths.
    """
    config = load_config() if config is None else config
    rules = _rules(config, include, exclude)
    roots, problems = _roots(config, paths, rules)
    bases = config.migration.model_discovery.bases
    request = Request(config.project, tuple(roots), rules, bases, columns, prefilter)
    with without_collector():
        walk = find_sources(config.project, roots, rules)
        if not any(source.selected for source in walk.sources):
            raise NothingToScanError(_nothing(config, [*problems, *walk.problems]))
        place = None if cache is None else Path(cache)
        recall = Recall(place, request, walk, _relative(config, changed))
        found = recall.whole()
        if found is None:
            found = _scanned(request, walk, recall, executor, progress)
    excluded = config.migration.model_discovery.exclude_metadata
    idle = _idle(idle_patterns(config.project, roots, rules, walk, {*include, *exclude}))
    unknown = _unknown(config, found)
    problems = sorted({*problems, *walk.problems, *found.problems, *idle, *unknown})
    found = without_collections(found, excluded)
    files = sum(source.selected for source in walk.sources)
    return msgspec.structs.replace(found, problems=tuple(problems), files=files)


def import_roots(config: Config | None = None) -> tuple[ImportRoot, ...]:
    """Return the directories that module names of a project count from, and what tells so.

    Every file is looked at, and none is parsed; no code runs, nothing is written.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    from xcore_tools.discovery.cache.store import Store  # noqa: PLC0415 - as below
    from xcore_tools.discovery.pipeline.scan import Scan  # noqa: PLC0415
    from xcore_tools.discovery.pipeline.workers import Crew  # noqa: PLC0415

    config = load_config() if config is None else config
    rules = _rules(config, (), ())
    roots, _ = _roots(config, (), rules)
    request = Request(config.project, tuple(roots), rules)
    walk = find_sources(config.project, roots, rules)
    with closing(Store(Recall(None, request, walk))) as store:
        return Scan(request, walk, store, Crew(None)).import_roots()


def _scanned(
    request: Request,
    walk: Walk,
    recall: Recall,
    executor: Executor | None,
    progress: Callable[[int, int], None] | None,
) -> Discovery:
    # What follows takes a tenth of a second to load: not for an answer that is known.
    from xcore_tools.discovery.cache.store import Store  # noqa: PLC0415
    from xcore_tools.discovery.pipeline.scan import Scan  # noqa: PLC0415
    from xcore_tools.discovery.pipeline.workers import Crew  # noqa: PLC0415

    with closing(Store(recall)) as store:
        return Scan(request, walk, store, Crew(executor), progress).run()


def _relative(config: Config, paths: Iterable[str | Path]) -> list[str]:
    """The paths as a walk names them."""
    absolute = (Path(path).absolute() for path in paths)
    inside = (path for path in absolute if path.is_relative_to(config.project))
    return [path.relative_to(config.project).as_posix() for path in inside]


def _rules(config: Config, include: Sequence[str], exclude: Sequence[str]) -> Rules:
    settings = config.migration.model_discovery
    return Rules(
        exclude_directories=settings.exclude_directories,
        include=tuple(include) or settings.include_file_patterns,
        exclude=(*settings.exclude_file_patterns, *exclude),
        import_roots=settings.import_roots,
        inis=(posixpath.normpath(config.migration.alembic_config),),
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


def _idle(patterns: Iterable[str]) -> Iterator[Problem]:
    """A note for each pattern of the caller that matches nothing."""
    for pattern in patterns:
        message = f"pattern {pattern!r} matches no file and no directory that was looked at"
        yield Problem(".", 0, "XT113", "note", printable(message))


def _unknown(config: Config, found: Discovery) -> Iterator[Problem]:
    """A note for each collection that shall be left out and does not exist."""
    place = printable(shown(config.source)) if config.source else "."
    names = config.migration.model_discovery.exclude_metadata
    for name in unknown_collections(found, names):
        known = ", ".join(sorted(each.name for each in found.metadatas)) or "none"
        message = f"{SETTING}: {name} is no collection that was found; these are: {known}"
        yield Problem(place, 0, "XT113", "note", printable(message))


def _nothing(config: Config, problems: Iterable[Problem]) -> str:
    reasons = [
        f"{problem.path}: {problem.message}" for problem in problems if problem.severity == "error"
    ]
    hint = "name a directory that holds Python files, or see include and exclude patterns"
    return "\n".join([f"no Python file to scan in {config.project}: {hint}", *reasons])
