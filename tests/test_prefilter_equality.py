"""The result with the prefilter equals the result without it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from xcore_tools import Config, discover

FIXTURES = Path(__file__).parents[1] / "fixtures"
PROJECTS = sorted((FIXTURES / "discover").glob("*/project"))


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.parent.name)
def test_cases(project: Path) -> None:
    config = Config(project=project)
    found = discover([project], config=config)
    whole = discover([project], config=config, prefilter=False)
    # Verdicts differ: they speak of the classes in the files that were parsed.
    assert (found.models, found.tables) == (whole.models, whole.tables)
    assert (found.metadatas, found.problems) == (whole.metadatas, whole.problems)


def test_application(tmp_path: Path) -> None:
    project = tmp_path / "app"
    shutil.copytree(FIXTURES / "xcore_app", project, ignore=shutil.ignore_patterns("__pycache__"))
    config = Config(project=project)
    found = discover([project], config=config)
    assert (len(found.models), len(found.tables)) == (16, 19)
    assert found.models == discover([project], config=config, prefilter=False).models
