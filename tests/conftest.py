"""A database on each engine; and what discovery is known to answer wrongly, expected to fail."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import ENGINES, fresh_database

from xcore_tools.database.url import DatabaseUrl

_KNOWN = Path(__file__).with_name("following_known.txt")


os.environ["XCORE_TOOLS_NO_CACHE"] = "1"  # of scans; those who test it ask for one
# the key that manifests are signed with is not that of who runs the tests
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="xcore-tools-tests-")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = set(_KNOWN.read_text("utf-8").split("\n"))
    for item in items:
        name = f"{item.path.name}::{item.name}".replace("\n", "\\n")
        if name in known:
            item.add_marker(pytest.mark.xfail(reason="known and not mended yet", strict=True))


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseUrl]:
    """An empty database of its own, once on each engine."""
    with fresh_database(request.param, tmp_path) as url:
        yield url
