"""What a diagnosis consists of."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from xcore_tools.discovery.results import Problem


class Finding(msgspec.Struct, frozen=True):
    """A problem, and what mends it where that is safe. `repair` reads anew what it changes."""

    problem: Problem
    repair: Callable[[], object] | None = None


class Diagnosis(msgspec.Struct, frozen=True):
    """All findings, sorted. `examined` says in words what was looked at."""

    findings: tuple[Finding, ...]
    examined: tuple[str, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The findings as problems, in the same order."""
        return tuple(finding.problem for finding in self.findings)

    @property
    def is_healthy(self) -> bool:
        """Whether nothing needs to be done; notes are no reason to."""
        return all(problem.severity == "note" for problem in self.problems)
