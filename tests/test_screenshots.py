"""The pictures of the documentation show what the commands print today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")


def test_the_pictures_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "XCORE_TOOLS_DATABASE_URL", "XCORE_TOOLS_CONFIG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "screenshots.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", ""), "run docs/screenshots.py"
