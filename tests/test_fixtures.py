"""Each case of fixtures/discover is answered as its expected.json says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support import (
    CASES,
    KEYS,
    case_names,
    expected_answer,
    project_of,
    read_case,
    render,
    static_answer,
)


@pytest.mark.parametrize("name", case_names())
def test_the_answer_is_the_expected_one(name: str) -> None:
    assert render(static_answer(project_of(name))) == render(expected_answer(name))


@pytest.mark.parametrize("name", case_names())
def test_a_case_is_complete(name: str) -> None:
    case, expected = read_case(name), expected_answer(name)
    assert {path.name for path in (CASES / name).iterdir()} == {
        "case.json",
        "expected.json",
        "project",
    }
    assert case.shows
    assert case.importable or case.why
    for part, keys in KEYS.items():
        assert all(set(fact) == set(keys) for fact in expected[part])
