"""Every bomb ends within a second, in little memory, and takes no other class of its module along."""

from __future__ import annotations

import json
import subprocess
import sys

import bombs
import pytest

Result = tuple[list[tuple[str, str | None]], float, float]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    place = tmp_path_factory.mktemp("bombs")
    paths = []
    for number, source in enumerate(bombs.SOURCES.values()):
        paths.append(place / f"p{number}")
        paths[-1].mkdir()
        (paths[-1] / "m.py").write_text(bombs.HEAD + source + bombs.TAIL)
    done = subprocess.run(
        [sys.executable, bombs.__file__ or "", *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[Result] = json.loads(done.stdout)
    return dict(zip(bombs.SOURCES, answers, strict=True))


@pytest.mark.parametrize("title", bombs.SOURCES)
def test_a_bomb_ends_soon_and_in_little_memory(title: str, results: dict[str, Result]) -> None:
    models, seconds, megabytes = results[title]
    assert dict(models).get("Plain") == "plain"
    assert dict(models)["Bomb"] in {None, bombs.ANSWERS.get(title)}
    assert seconds < 1
    assert megabytes < 150
