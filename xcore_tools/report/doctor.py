"""A diagnosis for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence

from xcore_tools.codes import CODES
from xcore_tools.doctor.facts import Diagnosis
from xcore_tools.report import problems
from xcore_tools.report.json import encoded
from xcore_tools.report.style import counted, painted, visible

__all__ = ["as_json", "as_text"]


def as_text(diagnosis: Diagnosis, *, color: bool = False) -> str:
    """What was looked at, each finding with its remedy, and one line that sums up."""
    parts = [painted(visible(line), "dim", color=color) + "\n" for line in diagnosis.examined]
    told: set[str] = set()
    for finding in diagnosis.findings:
        problem = finding.problem
        parts.append("\n" if not told else "")
        parts.append(problems.render([problem], color=color))
        if problem.code not in told:
            parts.append(painted(f"    {CODES[problem.code].remedy}", "dim", color=color) + "\n")
        told.add(problem.code)
    return "".join((*parts, "\n", painted(_summary(diagnosis), "bold", color=color), "\n"))


def as_json(diagnosis: Diagnosis) -> str:
    """A JSON object with `examined` and `findings`: those of problems, with `is_fixable`."""
    findings = [
        {
            "code": finding.problem.code,
            "severity": finding.problem.severity,
            "path": finding.problem.path,
            "line": finding.problem.line,
            "message": finding.problem.message,
            "is_fixable": finding.repair is not None,
        }
        for finding in diagnosis.findings
    ]
    return encoded(
        {"schema_version": 1, "examined": list(diagnosis.examined), "findings": findings}
    )


def _summary(diagnosis: Diagnosis) -> str:
    if not diagnosis.findings:
        return "nothing to do"
    fixable = sum(finding.repair is not None for finding in diagnosis.findings)
    hint = (
        f"; `xcore-tools doctor --fix` mends {_of(fixable, diagnosis.findings)}" if fixable else ""
    )
    return f"{problems.summary(diagnosis.problems)}{hint}"


def _of(number: int, findings: Sequence[object]) -> str:
    return "all of them" if number == len(findings) else counted(number, "finding")
