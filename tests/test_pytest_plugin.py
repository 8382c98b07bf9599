"""`pytest --xcore-tools` in a project of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from test_doctor import ahead, edit, healthy, no_database, project, stale_block

__all__ = ["healthy", "project"]


def checks(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_healthy_project_passes(project: Path) -> None:
    (project / "test_own.py").write_text("def test_own(): pass\n")
    told = checks("--xcore-tools")
    assert "5 passed" in told
    for name in ("block-is-fresh", "metadata-is-covered", "one-head", "no-drift"):
        assert f"PASSED ::{name}" in told or name in told


def test_without_the_option_there_are_no_checks(project: Path) -> None:
    (project / "test_own.py").write_text("def test_own(): pass\n")
    assert "1 passed" in checks()


def test_what_is_wrong_fails_with_what_to_do(project: Path) -> None:
    stale_block(project)
    told = checks("--xcore-tools")
    assert "run `xcore-tools sync-env`:" in told
    assert "+    from shop.orders import Order" in told
    assert "the database is not as the models say:" in told
    assert "2 failed, 2 passed" in told
    assert "Traceback" not in told


def test_without_a_database_drift_is_skipped(project: Path) -> None:
    no_database(project)
    assert "3 passed, 1 skipped" in checks("--xcore-tools")


def test_settings_that_cannot_be_used_are_told_without_a_traceback(project: Path) -> None:
    edit(project / "config.json", '"automigration"', '"automigrations"')
    told = checks("--xcore-tools")
    assert "unknown key; did you mean automigration?" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("unused", [ahead])
def test_the_revision_of_the_database_is_no_matter_of_these(project: Path, unused: object) -> None:
    ahead(project)
    assert "4 passed" in checks("--xcore-tools")
