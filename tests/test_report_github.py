"""Workflow commands: one line for each problem, whatever its text holds."""

from __future__ import annotations

import pytest

from xcore_tools.discovery.results import Problem, Severity
from xcore_tools.report import github


def rendered(*problems: Problem) -> str:
    return github.render(problems)


@pytest.mark.parametrize(
    ("severity", "command"), [("error", "error"), ("warning", "warning"), ("note", "notice")]
)
def test_severities_have_their_commands(severity: Severity, command: str) -> None:
    problem = Problem("app/models.py", 3, "XT101", severity, "not valid Python")
    assert rendered(problem) == (
        f"::{command} file=app/models.py,line=3,title=XT101::not valid Python\n"
    )


def test_a_problem_of_the_whole_file_has_no_line() -> None:
    problem = Problem("app", 0, "XT110", "warning", "no such path")
    assert rendered(problem) == "::warning file=app,title=XT110::no such path\n"


def test_what_would_end_a_command_is_escaped() -> None:
    problem = Problem("a,b:100%\n.py", 1, "XT101", "error", "50%, a::b\r\nnext")
    assert rendered(problem) == (
        "::error file=a%2Cb%3A100%25%0A.py,line=1,title=XT101::50%25, a::b%0D%0Anext\n"
    )


def test_no_problem_no_output() -> None:
    assert rendered() == ""
