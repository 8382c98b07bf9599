"""Tests of what discovery is known to answer wrongly or not at all: expected to fail until mended."""

from __future__ import annotations

from pathlib import Path

import pytest

_KNOWN = Path(__file__).with_name("following_known.txt")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = set(_KNOWN.read_text("utf-8").split("\n"))
    for item in items:
        name = f"{item.path.name}::{item.name}".replace("\n", "\\n")
        if name in known:
            item.add_marker(pytest.mark.xfail(reason="known and not mended yet", strict=False))
