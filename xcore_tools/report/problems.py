"""Problems for people: one line each, in the form that editors and terminals turn into links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from xcore_tools.discovery.results import Problem, Severity
from xcore_tools.report.style import Style, counted, painted, visible

_STYLES: dict[Severity, Style] = {"error": "red", "warning": "yellow", "note": "cyan"}


def render(problems: Iterable[Problem], *, color: bool = False) -> str:
    """`path:line: CODE message` for each problem, or `path: …` where the whole file is meant."""
    return "".join(
        f"{painted(_place(problem), 'bold', color=color)} "
        f"{painted(problem.code, _STYLES[problem.severity], color=color)} "
        f"{visible(problem.message)}\n"
        for problem in problems
    )


def summary(problems: Iterable[Problem]) -> str:
    """`2 errors, 1 note`; empty if there is no problem."""
    counts = Counter(problem.severity for problem in problems)
    return ", ".join(counted(counts[name], name) for name in _STYLES if counts[name])


def _place(problem: Problem) -> str:
    return visible(problem.path) + (f":{problem.line}:" if problem.line else ":")
