"""Revisions that are to be applied, looked through for what destroys data or locks big tables.

The files are read, not run (`operations`); `rules` say what is to be thought over. A comment
`# xcore-tools: ignore[CODE]` on the statement, or alone on the line above, accepts it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from xcore_tools.discovery.results import Problem
from xcore_tools.files import read_regular
from xcore_tools.migrate.facts import Revision
from xcore_tools.migrate.lint.ignoring import is_ignored
from xcore_tools.migrate.lint.operations import operations_in
from xcore_tools.migrate.lint.rules import Known, Linter

__all__ = ["Known", "linted"]


def linted(revisions: Iterable[Revision], project: Path, known: Known) -> tuple[Problem, ...]:
    """What there is to say about revisions, given in the order of applying, and in that order."""
    linter = Linter(known)
    problems: list[Problem] = []
    for revision in revisions:
        try:
            data = read_regular(project / revision.path)
            operations = operations_in(data)
        except (OSError, SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 0
            problems.append(
                Problem(revision.path, line, "XT305", "error", f"cannot be read: {error}")
            )
            continue
        lines = data.decode("utf-8", errors="replace").splitlines()
        for operation in operations:
            # each is asked, also where the answer is accepted: it counts for those that follow
            for found in [*linter.findings(operation)]:
                if not is_ignored(found.code, lines, operation.first, operation.last):
                    place = revision.path, operation.first
                    problems.append(Problem(*place, found.code, found.severity, found.message))
    return tuple(problems)
