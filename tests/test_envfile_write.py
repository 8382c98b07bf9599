"""Replacing a file: whole or not at all, with what belongs to it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from xcore_tools.envfile.write import WAIT, locked, replace_file
from xcore_tools.errors import EnvFileError

# Writes the two contents in turn until it is killed; says so before the first.
WRITER = """
import sys
from pathlib import Path
from xcore_tools.envfile.write import locked, replace_file
path, contents = Path(sys.argv[1]), [b"a" * 200_000, b"b" * 300_000]
print("ready", flush=True)
while True:
    with locked(path):
        before = path.read_bytes()
        replace_file(path, contents[before == contents[0]], expected=before)
"""


def env(tmp_path: Path, content: bytes = b"old") -> Path:
    path = tmp_path / "env.py"
    path.write_bytes(content)
    return path


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_the_content_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = env(tmp_path)
    replace_file(path, b"new", expected=b"old")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["env.py"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    path = env(tmp_path)
    path.chmod(mode)
    replace_file(path, b"new", expected=b"old")
    assert path.stat().st_mode & 0o7777 == mode


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root may give files away"
)
def test_the_owner_stays(tmp_path: Path) -> None:
    path = env(tmp_path)
    os.chown(path, 12345, 23456)
    path.chmod(0o4755)
    replace_file(path, b"new", expected=b"old")
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (12345, 23456, 0o4755)


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = env(tmp_path / "real")
    link = tmp_path / "env.py"
    link.symlink_to(Path("real", "env.py"))
    replace_file(link, b"new", expected=b"old")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_what_killed_runs_left_is_removed_when_no_run_can_be_using_it(tmp_path: Path) -> None:
    path = env(tmp_path)
    for name, age in (("old", WAIT + 5), ("new", 0)):
        leftover = tmp_path / f".env.py.{name}.xcore-tools.tmp"
        leftover.write_bytes(b"half")
        os.utime(leftover, (time.time() - age,) * 2)
    (tmp_path / ".env.py.swp").write_bytes(b"of an editor")
    replace_file(path, b"new", expected=b"old")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == [".env.py.new.xcore-tools.tmp", ".env.py.swp", "env.py"]


def test_runs_that_do_not_know_of_each_other_damage_nothing(tmp_path: Path) -> None:
    """Another user, or one with another TMPDIR, has another lock."""
    path = env(tmp_path, b"0")
    contents = {str(number).encode() * 100_000 for number in range(8)}

    def run(content: bytes) -> None:
        with suppress(EnvFileError):  # another one was faster
            replace_file(path, content, expected=path.read_bytes())

    with ThreadPoolExecutor(8) as others:
        list(others.map(run, contents))
    assert path.read_bytes() in contents
    assert names(tmp_path) == ["env.py"]


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root may become somebody else"
)
@pytest.mark.parametrize(
    ("file_mode", "directory_mode", "message"),
    [
        (0o444, 0o777, "is read-only; make it writable"),
        (0o666, 0o555, "cannot be replaced: Permission denied; its directory has to be writable"),
        (0o666, 0o777, "its owner or group could not be kept"),
    ],
)
def test_what_another_user_may_not_replace_is_an_error(
    file_mode: int, directory_mode: int, message: str
) -> None:
    with tempfile.TemporaryDirectory() as directory:  # that of pytest is closed to others
        path = env(Path(directory))
        path.chmod(file_mode)
        path.parent.chmod(directory_mode)
        command = (
            "import os, sys; from pathlib import Path\n"
            "from xcore_tools.envfile.write import replace_file\n"
            "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "replace_file(Path(sys.argv[1]), b'new', expected=b'old')"
        )
        done = subprocess.run(
            [sys.executable, "-c", command, str(path)], capture_output=True, text=True, check=False
        )
        assert f"EnvFileError: {path}: {message}" in done.stderr
        assert path.read_bytes() == b"old"
        assert names(path.parent) == ["env.py"]


def test_an_edit_meanwhile_is_not_lost(tmp_path: Path) -> None:
    path = env(tmp_path, b"edited")
    with pytest.raises(EnvFileError, match="changed while it was being rewritten"):
        replace_file(path, b"new", expected=b"old")
    assert path.read_bytes() == b"edited"
    assert names(tmp_path) == ["env.py"]


def test_what_cannot_be_written_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = env(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvFileError, match=r"env\.py: cannot be replaced: No space left"):
        replace_file(path, b"new", expected=b"old")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["env.py"]
    with pytest.raises(EnvFileError):
        replace_file(tmp_path / "missing.py", b"new", expected=b"old")


def test_a_second_run_waits_and_then_gives_up(tmp_path: Path) -> None:
    path = env(tmp_path)
    with locked(path), ThreadPoolExecutor(1) as other:

        def lock() -> None:
            with locked(path, timeout=0.1):
                pass

        with pytest.raises(EnvFileError, match="another run is writing it"):
            other.submit(lock).result()
    with locked(path):
        assert names(tmp_path) == ["env.py"]


def test_a_leftover_that_cannot_be_removed_is_left(tmp_path: Path) -> None:
    leftover = tmp_path / ".env.py.old.xcore-tools.tmp"
    leftover.mkdir()
    os.utime(leftover, (0, 0))
    replace_file(env(tmp_path), b"new", expected=b"old")
    assert (tmp_path / "env.py").read_bytes() == b"new"
    assert leftover.is_dir()


def test_without_a_place_for_the_lock_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(env(tmp_path)))  # no directory
    with pytest.raises(EnvFileError, match=r"no lock can be made .*; set TMPDIR"), locked(tmp_path):
        pass


def kill_writers(tmp_path: Path, times: int) -> None:
    """Kills a writer `times` times at a random moment; the file must be whole every time."""
    contents = (b"a" * 200_000, b"b" * 300_000)
    path = env(tmp_path, contents[0])
    chance = random.Random(times)
    seen = set()
    for _ in range(times):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(chance.random() * 0.05)
            writer.kill()
        content = path.read_bytes()
        assert content in contents, f"{len(content)} bytes, {content[:10]!r}"
        seen.add(content[:1])
    assert seen == {b"a", b"b"}
    leftovers = [name for name in names(tmp_path) if name != "env.py"]
    assert all(name.startswith(".env.py.") for name in leftovers)
    assert len(leftovers) <= times


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_killed_writer_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    kill_writers(tmp_path, 20)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_two_hundred_killed_writers_damage_nothing(tmp_path: Path) -> None:
    kill_writers(tmp_path, 200)
