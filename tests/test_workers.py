"""Workers that die, stop or crash cost a scan nothing but time, and none outlives its parent."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from xcore_tools import Config, discover
from xcore_tools.discovery.pipeline import scan, tasks, workers
from xcore_tools.discovery.pipeline.processes import Death, Processes
from xcore_tools.discovery.results import Discovery

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, sends signals")

DEADLY = [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP, signal.SIGTERM]
HERE = os.getpid()
BASE = "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import DeclarativeBase\n"


# -- the supervisor alone -----------------------------------------------------------------------


def _no_rescue(item: int, death: Death) -> int:
    raise AssertionError(f"{item}: {death}")


def _squares(function: Any, count: int = 40, rescue: Any = _no_rescue) -> list[int]:
    return list(Processes(function, range(count), 3, rescue).results())


SQUARES = [n * n for n in range(40)]


def _children() -> set[int]:
    """The processes that this one has started and not waited for; other tests may have some."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == os.getpid():
            found.add(int(stat.parent.name))
    return found


def test_results_come_in_order() -> None:
    before = _children()

    def slow_first(n: int) -> int:
        time.sleep(0.2 if n == 0 else 0)
        return n * n

    assert _squares(slow_first) == SQUARES
    assert _squares(slow_first, 0) == []
    left = _children() - before
    assert not left, [Path(f"/proc/{each}/stat").read_text() for each in left]


@pytest.mark.parametrize("number", DEADLY)
def test_a_worker_that_dies_once_loses_nothing(tmp_path: Path, number: int) -> None:
    def dies_once(n: int) -> int:
        mark = tmp_path / str(n)
        if n % 7 == 0 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), number)
        return n * n

    assert _squares(dies_once) == SQUARES


@pytest.mark.parametrize(
    ("end", "code", "is_crash"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), -signal.SIGSEGV, True),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), -signal.SIGKILL, False),
        (lambda: os.kill(os.getpid(), signal.SIGSTOP), -signal.SIGKILL, False),
        (lambda: os._exit(3), 3, True),
        (lambda: os._exit(0), 0, True),
    ],
)
def test_what_two_processes_die_of_is_rescued(end: Any, code: int, is_crash: bool) -> None:
    def dies(n: int) -> int:
        if n == 5 and os.getpid() != HERE:
            end()
        return n * n

    told: list[tuple[int, Death]] = []

    def rescue(n: int, death: Death) -> int:
        told.append((n, death))
        return n * n

    assert _squares(dies, rescue=rescue) == SQUARES
    assert told == [(5, Death(code))]
    assert told[0][1].is_crash is is_crash


def test_what_raises_in_a_worker_is_met_here() -> None:
    before = _children()

    def raises(n: int) -> int:
        if n == 5 and os.getpid() != HERE:
            raise MemoryError
        return n * n

    assert _squares(raises) == SQUARES

    def always(n: int) -> int:
        raise ValueError(n)

    with pytest.raises(ValueError, match=r"^\d+$"):  # that of whichever comes first
        _squares(always)
    left = _children() - before
    assert not left, [Path(f"/proc/{each}/stat").read_text() for each in left]


def test_large_results_of_workers_that_are_killed_while_they_send(tmp_path: Path) -> None:
    def large(n: int) -> bytes:
        mark = tmp_path / str(n)
        if n % 3 == 0 and not mark.exists():
            mark.touch()
            parent = os.fork()
            if parent == 0:  # somebody else, who sends the signal while the answer is under way
                time.sleep(0.002 * (n % 5))
                os.kill(os.getppid(), signal.SIGKILL)
                os._exit(0)
        return bytes([n]) * 5_000_000

    found = list(Processes(large, range(12), 2, lambda n, _: bytes([n]) * 5_000_000).results())
    assert [(each[:1], len(each)) for each in found] == [(bytes([n]), 5_000_000) for n in range(12)]


def test_without_room_for_a_process_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refuse)
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert _squares(lambda n: n * n) == SQUARES
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_nothing_is_left_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    results = Processes(lambda n: n, range(100), 3, _no_rescue).results()
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# -- a scan in this process ---------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four applications, each with several files, that are scanned by two workers."""
    for app in ("one", "two", "three", "four"):
        package = tmp_path / app
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "base.py").write_text(f"{BASE}\n\nclass Base(DeclarativeBase): ...\n")
        for number in range(3):
            (package / f"m{number}.py").write_text(
                f"from {app}.base import Base\nfrom sqlalchemy import Column, Integer\n\n\n"
                f'class M{number}(Base):\n    __tablename__ = "{app}_{number}"\n'
                "    id = Column(Integer, primary_key=True)\n"
            )
    monkeypatch.setattr(workers, "_WORTH_A_PROCESS", 0)
    monkeypatch.setattr(workers, "_processors", lambda: 2)
    monkeypatch.setattr(tasks, "_BATCH", 3000)  # two or three files
    return tmp_path


def _found(project: Path) -> Discovery:
    return discover(config=Config(project=project))


@pytest.mark.parametrize("dominant", [0, 1])  # file by file, part by part
@pytest.mark.parametrize("function", ["_look", "_examined"])
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_file_that_ends_every_process(
    project: Path, monkeypatch: pytest.MonkeyPatch, dominant: int, function: str, number: int
) -> None:
    whole = _found(project)
    monkeypatch.setattr(scan, "_DOMINANT", dominant)
    done = getattr(tasks, function)

    def deadly(given: Any) -> Any:
        jobs: Sequence[tasks.Job] = [given] if isinstance(given, tasks.Job) else given
        if os.getpid() != HERE and any(job.path == "two/m1.py" for job in jobs):
            os.kill(os.getpid(), number)
        return done(given)

    monkeypatch.setattr(tasks, function, deadly)
    found = _found(project)
    if number == signal.SIGKILL:  # somebody else's doing: the file is read here
        assert found == whole
        return
    # what a crash leaves out is one file, and it is told
    assert [m.path for m in found.models] == [m.path for m in whole.models if m.path != "two/m1.py"]
    (problem,) = found.problems
    assert (problem.path, problem.code, problem.severity) == ("two/m1.py", "XT101", "error")
    assert "SIGSEGV" in problem.message


def test_a_file_that_crashed_is_tried_again_by_the_next_scan(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _found(project)
    done = tasks._examined

    def deadly(job: tasks.Job) -> Any:
        if os.getpid() != HERE and job.path == "two/m1.py":
            os._exit(1)
        return done(job)

    cache = project / ".xcore_tools_cache"
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "_examined", deadly)
        assert len(discover(config=Config(project=project), cache=cache).problems) == 1
    assert discover(config=Config(project=project), cache=cache) == whole


# -- a scan as a command, with real signals -----------------------------------------------------


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,500 files, which worker processes read."""
    root = tmp_path_factory.mktemp("big")
    for i in range(1500):
        classes = "".join(
            f'\n\nclass P{i}_{j}(Base):\n    __tablename__ = "p_{i}_{j}"\n'
            "    id = Column(Integer, primary_key=True)\n\n    def rows(self):\n"
            "        return [n for n in range(10) if n % 2]\n"
            for j in range(1)
        )
        (root / f"part{i}.py").write_text(
            f"{BASE}\n\nclass Base(DeclarativeBase): ...\n{classes}" + "# padding\n" * 60
        )
    return root


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _others(session: int) -> list[int]:
    """The processes of the session that are alive, but for its leader."""
    numbers = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
    told = {pid: _stat(pid) for pid in numbers if pid != session}
    return [pid for pid, t in told.items() if t and int(t[3]) == session and t[0] != "Z"]


class _Run:
    """`discover` in a session of its own, with its workers."""

    def __init__(self, big: Path, place: Path) -> None:
        self.out = place / "out.json"
        self.err = place / "err.txt"
        command = [sys.executable, "-m", "xcore_tools", "discover", "--no-cache", "--format=json"]
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                [*command, str(big)], stdout=out, stderr=err, start_new_session=True, cwd=big
            )

    def workers(self) -> list[int]:
        """Wait for workers; none if the scan ends first."""
        while self.process.poll() is None:
            if found := _others(self.process.pid):
                return found
            time.sleep(0.01)
        return []

    def left(self) -> list[int]:
        """What is alive two seconds after the end at the latest."""
        end = time.monotonic() + 2
        while (found := _others(self.process.pid)) and time.monotonic() < end:
            time.sleep(0.02)
        return found

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in _others(self.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def answer(big: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the command says if it is left in peace."""
    with _Run(big, tmp_path_factory.mktemp("peace")) as run:
        assert run.workers()
        assert run.process.wait(120) == 0
        found = run.out.read_bytes()
    assert len(json.loads(found)["models"]) == 1500
    return found


@pytest.mark.parametrize("number", DEADLY)
def test_a_scan_survives_its_workers(big: Path, answer: bytes, tmp_path: Path, number: int) -> None:
    with _Run(big, tmp_path) as run:
        victims = run.workers()
        time.sleep(0.3)
        os.kill(max(victims), number)
        assert run.process.wait(120) == 0
        assert run.out.read_bytes() == answer
        assert run.err.read_text() == ""
        assert run.left() == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_its_parent(big: Path, tmp_path: Path, number: int) -> None:
    with _Run(big, tmp_path) as run:
        assert run.workers()
        time.sleep(0.3)
        run.process.send_signal(number)
        run.process.wait(10)
        assert run.left() == []
        assert run.err.read_text() == ""


def test_an_interrupt_ends_all_of_it(big: Path, tmp_path: Path) -> None:
    with _Run(big, tmp_path) as run:
        assert run.workers()
        time.sleep(0.3)
        os.killpg(run.process.pid, signal.SIGINT)  # as a terminal does
        assert run.process.wait(5) == 130
        assert run.left() == []
        assert "Traceback" not in run.err.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_five_kills_at_random_moments(big: Path, answer: bytes, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with _Run(big, tmp_path) as run:
        for _ in range(5):
            victims = run.workers()
            time.sleep(chance.random() / 2)
            if victims and run.process.poll() is None:
                try:
                    os.kill(chance.choice(victims), chance.choice(DEADLY))
                except ProcessLookupError:
                    continue
        assert run.process.wait(120) == 0
        assert run.out.read_bytes() == answer
        assert run.left() == []
