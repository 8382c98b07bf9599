"""Every SQLAlchemy model and table of a code base, found without importing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from xcore_tools.config import Config, load_config
from xcore_tools.discovery.examine import without_collector
from xcore_tools.discovery.facts import Discovery, Problem
from xcore_tools.discovery.scan import Scan
from xcore_tools.discovery.walk import Root, Rules, find_roots, find_sources
from xcore_tools.errors import NothingToScanError

__all__ = ["discover"]


def discover(  # noqa: PLR0913 (one for each option)
    paths: Sequence[str | Path] = (),
    *,
    config: Config | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
    prefilter: bool = True,
    columns: bool = False,
) -> Discovery:
    """Find every model and table below `paths` without running any of the code.

    Without `paths`, those of the configuration are scanned, or the whole project if it names none.
    `include` and `exclude` are patterns beside those of the configuration. The result is sorted and
    depends on file contents and configuration only. A file that cannot be read or parsed becomes a
    Problem; it never ends the scan. `progress` is told how many files of how many are done.
    With `columns`, tables say what they consist of (see `Table.structure`).
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
    scan = Scan(config, roots, walk, progress)
    with without_collector():
        found = scan.run(prefilter=prefilter, columns=columns)
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
