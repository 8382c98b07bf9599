"""Why a class was taken for a model or not: the chain of bases, with the place of each.

Invoice → Model (core/__init__.py:1) → Entity (core/base.py:2) → DeclarativeBase
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import msgspec

from xcore_tools.discovery.results import (
    Discovery,
    ImportRoot,
    Problem,
    Step,
    Table,
    Verdict,
)
from xcore_tools.report.json import SCHEMA_VERSION, encoded
from xcore_tools.report.style import painted, visible
from xcore_tools.report.text import core_tables, full_name


class Explanation(msgspec.Struct, frozen=True):
    """What is known of a name: the verdicts on classes, and the tables that no model maps.

    `import_roots` are the directories below the project that the names of their modules count from.
    Where there are neither, the `problems` that mention it.
    """

    verdicts: tuple[Verdict, ...]
    tables: tuple[Table, ...]
    import_roots: tuple[ImportRoot, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the scan saw nothing of the name."""
        return not (self.verdicts or self.tables or self.problems)


def explain(discovery: Discovery, name: str) -> Explanation:
    """What the scan knows of `name`; empty if it saw no such class and no such table.

    `name` is a class (`User`, `Outer.Inner`), a class with its module or the end of it
    (`auth.models.User`, `models.User`), or a table (`users`, `accounts.users`).
    """
    mapped = {
        (model.module, model.name)
        for model in discovery.models
        if _is_table(name, model.schema, model.table)
    }
    verdicts = tuple(
        verdict
        for verdict in discovery.verdicts
        if f".{_dotted(verdict)}".endswith(f".{name}") or (verdict.module, verdict.name) in mapped
    )
    tables = tuple(
        table for table in core_tables(discovery) if _is_table(name, table.schema, table.name)
    )
    if verdicts or tables or not name:
        places = [(each.module, each.path) for each in verdicts]
        places += [(each.module, each.path) for each in tables]
        return Explanation(verdicts, tables, tuple(_roots(discovery, places)))
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w.])")
    mentioned = (problem for problem in discovery.problems if word.search(problem.message))
    return Explanation((), (), problems=tuple(mentioned))


def suggestions(discovery: Discovery, name: str) -> list[str]:
    """Up to three known names that look like `name`, the nearest first."""
    known = {full_name(table.schema, table.name) for table in discovery.tables}
    for verdict in discovery.verdicts:
        known |= {verdict.name, _dotted(verdict)}
    spellings = {candidate.lower(): candidate for candidate in sorted(known)}
    return [spellings[match] for match in get_close_matches(name.lower(), spellings)]


def render(explanation: Explanation, *, color: bool = False) -> str:
    """A paragraph for each class and each table: the chain, the place, the reason."""
    paragraphs = [_of_class(verdict, color=color) for verdict in explanation.verdicts]
    paragraphs += [_of_table(table, color=color) for table in explanation.tables]
    paragraphs += [_of_root(root, color=color) for root in explanation.import_roots]
    paragraphs += [_of_problem(problem, color=color) for problem in explanation.problems]
    return "\n".join(paragraphs)


def render_json(explanation: Explanation) -> str:
    """The same as data, with the keys of the results' own fields."""
    return encoded({"schema_version": SCHEMA_VERSION, **msgspec.to_builtins(explanation)})


def _roots(discovery: Discovery, places: Iterable[tuple[str, str]]) -> Iterator[ImportRoot]:
    """The import roots below the project that modules of these names and paths count from."""
    listed = list(places)
    for root in discovery.import_roots:
        tails = {f"{root.path}/{module.replace('.', '/')}" for module, _ in listed}
        paths = {path.removesuffix(".py").removesuffix("/__init__") for _, path in listed}
        if root.path and tails & paths:
            yield root


def _of_root(root: ImportRoot, *, color: bool) -> str:
    path = painted(visible(root.path), "bold", color=color)
    reasons = "".join(f"  {visible(reason)}\n" for reason in root.reasons)
    return f"names count from {path}, an import root:\n{reasons}"


def _is_table(name: str, schema: str | None, table: str | None) -> bool:
    return table is not None and name in (table, f"{schema}.{table}")


def _dotted(verdict: Verdict) -> str:
    return f"{verdict.module}.{verdict.name}"


def _of_class(verdict: Verdict, *, color: bool) -> str:
    name = painted(visible(verdict.name), "bold", color=color)
    chain = " → ".join([name, *(_step(step, color=color) for step in verdict.chain)])
    place = _place(verdict.path, verdict.line)
    if verdict.taken:
        answer = painted("a model", "green", color=color)
    else:
        answer = painted("not a model", "yellow", color=color)
    return (
        f"{chain}\n  {visible(_dotted(verdict))} ({place})\n  {answer}: {visible(verdict.reason)}\n"
    )


def _step(step: Step, *, color: bool) -> str:
    if not step.path:
        return visible(step.name)
    place = painted(f"({_place(step.path, step.line)})", "dim", color=color)
    return f"{visible(step.name)} {place}"


def _of_table(table: Table, *, color: bool) -> str:
    name = painted(full_name(table.schema, table.name), "bold", color=color)
    metadata = visible(table.metadata or "a MetaData that is not known")
    place = _place(table.path, table.line)
    answer = painted("a table", "green", color=color)
    return (
        f"{name} → {metadata}\n  {visible(table.module)} ({place})\n  {answer} that no model maps\n"
    )


def _of_problem(problem: Problem, *, color: bool) -> str:
    place = painted(_place(problem.path, problem.line), "bold", color=color)
    return f"{place}\n  {problem.code}: {visible(problem.message)}\n"


def _place(path: str, line: int) -> str:
    return f"{visible(path)}:{line}" if line else visible(path)
