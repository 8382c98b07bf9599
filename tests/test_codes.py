"""Every code is explained, used, and told on the page of the documentation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from xcore_tools.cli import main
from xcore_tools.codes import CODES
from xcore_tools.report import codes as report

ROOT = Path(__file__).resolve().parent.parent
CODE = re.compile(r"\bXT\d{3}\b")

Output = pytest.CaptureFixture[str]


def used() -> set[str]:
    sources = (p for p in (ROOT / "xcore_tools").rglob("*.py") if p.name != "codes.py")
    return {code for path in sources for code in CODE.findall(path.read_text(encoding="utf-8"))}


def test_every_code_is_used_and_every_used_code_is_explained() -> None:
    assert used() == set(CODES)


def test_explanations_are_sentences() -> None:
    for code in CODES.values():
        assert code.title
        assert not code.title.endswith(".")
        assert code.cause.endswith("."), code
        assert code.remedy.endswith("."), code


def test_the_page_of_the_documentation_is_what_the_command_prints(capsys: Output) -> None:
    """`xcore-tools explain --format markdown > docs/codes.md` brings it up to date."""
    assert main(["explain", "--format", "markdown"]) == 0
    page = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8")
    assert page == capsys.readouterr().out
    assert set(CODE.findall(page)) == set(CODES)


def test_one_code_is_explained(capsys: Output) -> None:
    assert main(["explain", "xt110"]) == 0
    out = capsys.readouterr().out
    code = CODES["XT110"]
    assert out.startswith(f"XT110  {code.title}\n")
    text = " ".join(out.split())
    assert code.cause in text
    assert f"What to do: {code.remedy}" in text


def test_all_codes_are_listed_by_area(capsys: Output) -> None:
    assert main(["explain"]) == 0
    out = capsys.readouterr().out
    assert CODE.findall(out) == sorted(CODES)
    assert "Discovery\n  XT101  file cannot be parsed\n" in out


def test_explanations_for_programs(capsys: Output) -> None:
    assert main(["explain", "XT110", "--format", "json"]) == 0
    (code,) = json.loads(capsys.readouterr().out)
    assert code == {
        name: getattr(CODES["XT110"], name) for name in ("code", "title", "cause", "remedy")
    }


def test_an_unknown_code_is_named_with_the_nearest(capsys: Output) -> None:
    assert main(["explain", "XT119"]) == 2
    error = capsys.readouterr().err
    assert "no finding has the code XT119; did you mean XT" in error
    assert main(["explain", "nonsense"]) == 2
    assert "lists them all" in capsys.readouterr().err


def test_lines_fit_the_terminal() -> None:
    for code in CODES.values():
        assert all(len(line) <= 60 for line in report.as_text(code, width=60).splitlines()[1:])
