"""`--output`: a file is replaced in one step or stays as it was."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import click
import pytest

from xcore_tools.cli.output import write


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "models.json"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(target)
    write("größe\n", link)
    assert link.is_symlink()
    assert target.read_bytes() == "größe\n".encode()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "models.json"]


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    write("text\n", tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode == usual.stat().st_mode


def test_what_no_encoding_can_write_becomes_an_escape(tmp_path: Path) -> None:
    write("old/\udcff.py\n", tmp_path / "new")
    assert (tmp_path / "new").read_bytes() == b"old/\\udcff.py\n"


def test_a_failed_write_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "models.json"
    target.write_text("old", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(click.UsageError, match="No space left on device"):
        write("new", target)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        write("text\n", pipe)
        assert reader.communicate(timeout=60)[0] == b"text\n"
    assert pipe.is_fifo()
