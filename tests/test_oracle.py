"""What we say, and what the fixtures expect, is what SQLAlchemy says after importing the code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from column_answers import column_differences
from support import (
    Answer,
    Case,
    case_names,
    expected_answer,
    project_of,
    skip_unless_importable,
    static_answer,
    static_columns,
)

ORACLE = Path(__file__).with_name("oracle.py")

Fact = dict[str, Any]


@pytest.mark.parametrize("name", case_names())
def test_sqlalchemy_says_the_same(name: str) -> None:
    case = skip_unless_importable(name)
    expected = expected_answer(name)
    said = ask(case, project_of(name), expected)
    complaints = [
        *(f"expected.json {line}" for line in differences(case, said, expected)),
        *(f"expected.json {line}" for line in misnamed(said, expected)),
        *(
            f"our answer {line}"
            for line in differences(case, said, static_answer(project_of(name)))
        ),
        *column_differences(
            said["tables"], static_columns(project_of(name)), is_subset=case.oracle == "subset"
        ),
    ]
    assert "\n".join(complaints) == ""


def ask(case: Case, project: Path, expected: Answer) -> dict[str, Any]:
    """What the oracle says about a project, and about the dotted names that we expect of it."""
    facts = [*expected["models"], *expected["tables"]]
    names = {str(fact[key]) for fact in facts for key in ("base", "metadata") if fact.get(key)}
    root = os.fspath(project / case.sys_path)
    question = json.dumps({"root": root, "skip": case.skip, "names": sorted(names)})
    run = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", os.fspath(ORACLE), question],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    said: dict[str, Any] = json.loads(run.stdout)
    return said


def differences(case: Case, said: dict[str, Any], answer: Answer) -> Iterator[str]:
    unknown = {(fact["path"], fact["line"], fact["code"]) for fact in answer["problems"]}
    paths = {fact["module"]: fact["path"] for fact in [*answer["models"], *answer["tables"]]}

    def known(fact: Fact, key: str, code: str) -> object:
        """Nothing where the answer says in a problem that it cannot know."""
        place = (paths.get(fact["module"]), fact["line"], code)
        return None if place in unknown else fact[key]

    def lines(answer: Answer) -> Counter[str]:
        return Counter(
            f"{part} {place(fact)} {known(fact, 'schema', 'XT121')}.{known(fact, table, 'XT120')}"
            for part, table in (("models", "table"), ("tables", "name"))
            for fact in answer[part]
        )

    theirs, ours = lines(said), lines(answer)
    yield from (f"lacks {line}" for line in (theirs - ours).elements())
    if case.oracle != "subset":
        yield from (f"invents {line}" for line in (ours - theirs).elements())


def place(fact: Fact) -> str:
    """Where a fact stands; for a model with its name, since one line may make several."""
    named = f" {fact['name']}" if "table" in fact else ""
    return f"{fact['module']}:{fact['line']}{named}"


def misnamed(said: dict[str, Any], expected: Answer) -> Iterator[str]:
    """Yield the models and tables whose base or MetaData is another than their names say."""
    for part in ("models", "tables"):
        named = [fact for fact in expected[part] if fact["metadata"] is not None]
        nameless = {place(fact) for fact in expected[part] if fact["metadata"] is None}
        meant = {fact["metadata"]: said["names"][fact["metadata"]] for fact in named}
        numbers = {name: meaning["metadata"] for name, meaning in meant.items()}
        others = [fact for fact in said[part] if place(fact) not in nameless]
        theirs = Counter(f"{place(fact)} in {fact['metadata']}" for fact in others)
        ours = Counter(f"{place(fact)} in {numbers[fact['metadata']]}" for fact in named)
        yield from (f"lacks {line} of {numbers}" for line in (theirs - ours).elements())
    models = {f"{fact['module']}:{fact['name']}" for fact in said["models"]}
    for fact in expected["models"]:
        model = f"{fact['module']}:{fact['name']}"
        if fact["base"] and model in models - set(said["names"][fact["base"]]["models"]):
            yield f"has {model} below {fact['base']}"
