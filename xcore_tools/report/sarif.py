"""Problems as SARIF 2.1.0, which code scanning services read.

The specification: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any
from urllib.parse import quote

from xcore_tools.codes import CODES, Code
from xcore_tools.discovery.results import Discovery, Problem
from xcore_tools.report.json import encoded

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render(discovery: Discovery, *, version: str) -> str:
    """One run of this `version` of the tool, with every rule and one result for each problem."""
    driver = {
        "name": "xcore-tools",
        "version": version,
        "rules": [_rule(code) for code in CODES.values()],
    }
    run = {"tool": {"driver": driver}, "results": _results(discovery.problems)}
    return encoded({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.code,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.cause},
        "help": {"text": code.remedy},
    }


def _results(problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
    rule_indexes = {code: index for index, code in enumerate(CODES)}
    seen: Counter[str] = Counter()
    results = []
    for problem in problems:
        digest = _digest(problem)
        seen[digest] += 1
        results.append(
            {
                "ruleId": problem.code,
                "ruleIndex": rule_indexes[problem.code],
                "level": problem.severity,
                "message": {"text": problem.message},
                "locations": [{"physicalLocation": _location(problem)}],
                "partialFingerprints": {"problem/v1": f"{digest}:{seen[digest]}"},
            }
        )
    return results


def _location(problem: Problem) -> dict[str, Any]:
    uri = quote(problem.path, errors="surrogateescape")
    location: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    if problem.line:
        location["region"] = {"startLine": problem.line}
    return location


def _digest(problem: Problem) -> str:
    """The same for the same finding after lines above it were added or removed."""
    identity = "\0".join((problem.code, problem.path, problem.message))
    return hashlib.sha256(identity.encode(errors="surrogateescape")).hexdigest()[:16]
