"""Terminals and pipes: the progress bar, readers that leave, full disks, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xcore_tools.cli.progress import ScanProgress

RECORDED = Path(__file__).parent / "report" / "discovery.json"

STANDALONE = f"""
import sys, time, types, msgspec, xcore_tools
from xcore_tools.discovery.results import Discovery

def discover(paths, **options):
    for path in paths:
        print("scanning", flush=True, file=sys.stderr)
        time.sleep(float(path))
    sample = open({str(RECORDED)!r}, "rb").read()
    return msgspec.json.decode(sample, type=Discovery)

settings = types.SimpleNamespace(source="config.json")
xcore_tools.__dict__.update(load_config=lambda path: settings, discover=discover)
from xcore_tools.cli import main
sys.exit(main())
"""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [100.0]

    def advance(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return advance


def test_a_long_scan_shows_a_bar_that_goes_away(
    clock: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with ScanProgress() as bar:
        bar(1, 1000)
        assert capsys.readouterr().err == ""
        clock(0.6)
        bar(400, 1000)
        shown = capsys.readouterr().err
        assert "400/1000" in shown
        bar(401, 1000)
        assert capsys.readouterr().err == ""
        clock(0.2)
        bar(900, 1000)
        assert "900/1000" in capsys.readouterr().err
    assert "\x1b[2K" in capsys.readouterr().err


def test_away_from_a_terminal_there_is_no_bar(
    clock: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with ScanProgress() as bar:
        clock(10)
        bar(400, 1000)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def started(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", STANDALONE, "discover", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, **options)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reader_that_left_is_no_error(form: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with started("--format", form, stdout=writing) as process:
        os.close(writing)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1  # the sample has problems: as without the broken pipe
    assert b"Traceback" not in errors
    assert b"Broken" not in errors


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_an_error() -> None:
    with Path("/dev/full").open("wb") as full, started(stdout=full) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.decode() == "error: cannot write the result: No space left on device\n"


def test_a_terminal_that_lacks_the_arrow_gets_ascii() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    with started("--explain", "Invoice", stdout=subprocess.PIPE, env=environment) as process:
        output, _ = process.communicate(timeout=60)
    assert output.startswith(b"Invoice -> Model (core/__init__.py:1) -> Entity")


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_ends_a_scan_quietly_with_130() -> None:
    with started("30", stdout=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"scanning\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert output == b""
    assert b"Traceback" not in errors


@pytest.mark.parametrize("closed", ["", ">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_lead_nowhere(closed: str) -> None:
    command = f"{sys.executable} -m xcore_tools explain XT101 {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("XT101" in done.stdout) == (not closed.startswith(">"))
