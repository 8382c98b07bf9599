"""What `init` has found and would write, for people."""

from __future__ import annotations

from collections.abc import Iterator

from xcore_tools.discovery.results import Discovery
from xcore_tools.report.style import counted, painted, visible
from xcore_tools.report.sync import painted_diff
from xcore_tools.setup.facts import Facts, Step


def found(facts: Facts, discovery: Discovery, project: str, *, color: bool = False) -> str:
    """What is there already: one line for each thing that a plan depends on."""
    lines = list(_lines(facts, discovery, project))
    width = max(len(name) for name, _ in lines)
    return "".join(
        f"{painted(f'{name:<{width}}', 'dim', color=color)}  {visible(text)}\n"
        for name, text in lines
    )


def _lines(facts: Facts, discovery: Discovery, project: str) -> Iterator[tuple[str, str]]:
    yield "project", project
    yield "settings", facts.settings or "none yet"
    if facts.layout.models or facts.layout.plugins:
        yield "sources", ", ".join((*facts.layout.models, *facts.layout.plugins))
    counts = f"{counted(len(discovery.models), 'model')}, {counted(len(discovery.tables), 'table')}"
    yield "models", f"{counts} in {counted(discovery.files, 'file')}"
    for metadata in discovery.metadatas:
        yield "metadata", f"{metadata.name} ({counted(metadata.tables, 'table')})"
    if facts.environment is None:
        yield "alembic", "not set up"
    else:
        source = facts.environment.settings or "found by its name"
        yield "alembic", f"{facts.environment.env} ({source})"


def step(number: int, each: Step, *, color: bool = False) -> str:
    """One step: its title, why, and the change of every file."""
    title = painted(f"{number}. {each.title}", "bold", color=color)
    parts = [f"{title}: {each.why}\n", *_changes(each, color=color)]
    return "".join(parts)


def _changes(each: Step, *, color: bool) -> Iterator[str]:
    for change in each.changes:
        if change.before is None:
            template = "" if change.template is None else ", as Alembic's template has it"
            but = " but for" if change.template and change.template != change.after else ""
            yield f"new file {change.path}{template}{but}\n"
        yield painted_diff(change.diff(), color=color)
