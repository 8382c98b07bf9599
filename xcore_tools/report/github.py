"""Problems as GitHub workflow commands, which the runner shows beside the lines of a change.

The form and its escapes: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
and `command.ts` of actions/toolkit.
"""

from __future__ import annotations

from collections.abc import Iterable

from xcore_tools.discovery.results import Problem

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def render(problems: Iterable[Problem]) -> str:
    """One annotation a line, in the order given; empty if there is no problem."""
    return "".join(_annotation(problem) + "\n" for problem in problems)


def _annotation(problem: Problem) -> str:
    properties = {"file": problem.path, "line": str(problem.line), "title": problem.code}
    if not problem.line:
        del properties["line"]
    listed = ",".join(f"{key}={text.translate(_PROPERTY)}" for key, text in properties.items())
    return f"::{_COMMANDS[problem.severity]} {listed}::{problem.message.translate(_DATA)}"
