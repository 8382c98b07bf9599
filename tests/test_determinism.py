"""Results depend on file contents and configuration only: the same bytes from every process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"

_PRINT_ALL = """
import sys, msgspec
from pathlib import Path
from xcore_tools import Config, discover
deep = lambda n: deep(n - 1) if n else discover(
    [], config=Config(project=Path(sys.argv[1])), columns=True)
sys.stdout.buffer.write(msgspec.json.encode(deep(int(sys.argv[2]))))
"""


def printed(seed: str, depth: int) -> subprocess.Popen[bytes]:
    """A process that prints all it finds in all fixtures, called from `depth` calls below its main module."""
    return subprocess.Popen(
        [sys.executable, "-c", _PRINT_ALL, str(FIXTURES), str(depth)],
        env={"PYTHONHASHSEED": seed, "PATH": ""},
        stdout=subprocess.PIPE,
    )


def test_every_process_prints_the_same_bytes() -> None:
    processes = [printed("0", 0), printed("1", 0), printed("42", 0), printed("4294967295", 500)]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert len(outputs[0]) > 400_000
    assert set(outputs) == {outputs[0]}
