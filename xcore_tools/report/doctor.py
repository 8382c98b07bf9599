"""A diagnosis for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from xcore_tools.codes import CODES
from xcore_tools.doctor.facts import Diagnosis
from xcore_tools.report import problems
from xcore_tools.report.json import encoded
from xcore_tools.report.style import counted, painted, visible

_INDENT = "    "
_NARROW = 40


def as_text(diagnosis: Diagnosis, *, color: bool = False, width: int | None = None) -> str:
    """What was looked at, each finding with its remedy, and one line that sums up.

    Remedies are folded to `width`; what is looked for or followed, such as a place, is never cut.
    """
    parts = [painted(visible(line), "dim", color=color) + "\n" for line in diagnosis.examined]
    told: set[str] = set()
    for finding in diagnosis.findings:
        problem = finding.problem
        parts.append("\n" if not told else "")
        parts.append(problems.render([problem], color=color))
        if problem.code not in told:
            remedy = _folded(CODES[problem.code].remedy, width)
            parts.append(painted(remedy, "dim", color=color) + "\n")
        told.add(problem.code)
    return "".join((*parts, "\n", painted(_summary(diagnosis), "bold", color=color), "\n"))


def _folded(text: str, width: int | None) -> str:
    lines = wrap(text, max(width, _NARROW) - len(_INDENT)) if width else [text]
    return "\n".join(_INDENT + line for line in lines)


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
