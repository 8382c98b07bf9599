"""Scripts whose work has nothing to do with models end soon, whatever stands on whatever in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from following import followed
from script_modules import MODEL, SHAPES, USES, Files, application, script, spread

from xcore_tools.discovery.evaluate.core import Interpreter

# What a scan may use. The limits are the promise; what is measured stays far below them.
SECONDS = 5.0
MEGABYTES = 300
GROWTH = 3.0
"""Of what is done for twice the size: linear, times one and a half."""


def _names(files: Files) -> set[str | None]:
    return {table.name for table in followed(files).tables}


@pytest.mark.parametrize("use", ["loop", "table"])
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_script_ends_soon_and_its_model_is_found(shape: str, use: str) -> None:
    started = time.process_time()
    assert "sites" in _names(script(shape, 20, 3, use))
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("shape", ["retries", "lambdas", "class_decorators", "methods", "tuples"])
def test_work_in_many_modules_ends_soon(shape: str) -> None:
    started = time.process_time()
    assert "sites" in _names(spread(shape, 20, 2))
    assert time.process_time() - started < SECONDS


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts evaluated nodes and followed statements: the work that no clock makes look different."""
    count = [0]
    begun = Interpreter.__init__

    def begin(self: Interpreter, *args: object) -> None:
        begun(self, *args)  # type: ignore[arg-type]
        used = self.use_fuel

        def use(cost: int = 1) -> None:
            count[0] += cost
            used(cost)

        self.use_fuel = use

    monkeypatch.setattr(Interpreter, "__init__", begin)
    return count


def _work_of(work: list[int], files: Files) -> int:
    before = work[0]
    followed(files)
    return work[0] - before


@pytest.mark.parametrize("use", ["loop", "table"])
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_the_work_of_one_scan_has_a_bound_in_its_length(
    shape: str, use: str, work: list[int]
) -> None:
    """At most two pools for each module, the reserve of questions, and a little for each statement."""
    files = script(shape, 24, 4, use)
    lines = sum(text.count("\n") for text in files.values())
    assert _work_of(work, files) <= 2 * (40_000 + 40 * lines) + 40 * lines + 500 * lines


LINEAR = ["retries", "ladders", "branches", "methods", "properties", "lambdas", "mutual_recursion"]
"""Shapes that call with equal arguments, or change nothing: worked out once, so nothing is cut off."""


@pytest.mark.parametrize("shape", LINEAR)
def test_twice_the_depth_is_twice_the_work(shape: str, work: list[int]) -> None:
    one, two, four = (_work_of(work, script(shape, 6 * n, 2, "name")) for n in (1, 2, 4))
    assert two <= GROWTH * one
    assert four <= GROWTH * two


@pytest.mark.parametrize("shape", LINEAR)
def test_twice_the_breadth_is_twice_the_work(shape: str, work: list[int]) -> None:
    one, two, four = (_work_of(work, script(shape, 3, 4 * n, "name")) for n in (1, 2, 4))
    assert two <= GROWTH * one
    assert four <= GROWTH * two


def test_a_name_that_is_asked_for_is_worked_out_through_all_of_it() -> None:
    """What matters is followed: twenty levels with two calls each, and the text at the end is right."""
    steps = "".join(
        f"def step{n}(key):\n    found = step{n - 1}(key)\n    return step{n - 1}(key) if found else None\n\n\n"
        for n in range(1, 20)
    )
    source = (
        f"{MODEL}def step0(key):\n    return key + 's'\n\n\n{steps}"
        "class Dog(Base):\n    __tablename__ = step19('dog')\n\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )
    assert _names({"m.py": source}) == {"sites", "dogs"}


def test_a_loop_that_matters_to_nothing_is_not_followed(work: list[int]) -> None:
    code = "def rows():\n    return [n for n in range(900)]\n\n\n"
    idle = _work_of(work, {"m.py": f"{MODEL}{code}for row in rows():\n    print(row)\n"})
    busy = _work_of(
        work, {"m.py": f"{MODEL}{code}for row in rows():\n    LAST = row\nprint(LAST)\n"}
    )
    assert idle < 200
    assert busy > 900


@pytest.mark.parametrize(
    "body",
    [
        "Table(name, Base.metadata, Column('id', Integer, primary_key=True))",
        "make(name)",
        "NAMES[name] = name\nTable(NAMES['dogs'], Base.metadata, Column('id', Integer))",
        "LAST = name\nTable(LAST, Base.metadata, Column('id', Integer))",
    ],
)
def test_a_loop_that_makes_tables_is_followed(body: str) -> None:
    text = body.split("\n")
    source = (
        f"{MODEL}from sqlalchemy import Column, Integer, Table\n\nNAMES = {{}}\n\n\n"
        "def make(name):\n    return Table(name, Base.metadata, Column('id', Integer))\n\n\n"
        f"def words():\n    return ['dogs']\n\n\nfor name in words():\n    {text[0]}\n"
        + "\n".join(text[1:])
    )
    assert _names({"m.py": source}) == {"sites", "dogs"}


def _scan(folder: Path, files: Files, seed: str) -> tuple[float, float, bytes]:
    """CPU seconds and megabytes of one scan in a process of its own, and its answer."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    code = (
        "import json, resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, timeout=60)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "sys.stderr.write(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))\n"
        "sys.stdout.buffer.write(done.stdout)\n"
    )
    command = [
        sys.executable,
        "-m",
        "xcore_tools",
        "discover",
        "--no-cache",
        "--format",
        "json",
        ".",
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
    )
    seconds, megabytes = json.loads(done.stderr)
    return seconds, megabytes, done.stdout


def _check(folder: Path, files: Files) -> None:
    answers = []
    for seed in ("1", "2"):
        seconds, megabytes, answer = _scan(folder, files, seed)
        assert seconds < SECONDS
        assert megabytes < MEGABYTES
        answers.append(answer)
    assert answers[0] == answers[1]
    assert "sites" in {table["name"] for table in json.loads(answers[0])["tables"]}


@pytest.mark.parametrize("seed", range(3))
def test_generated_scripts(tmp_path: Path, seed: int) -> None:
    _check(tmp_path, application(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(500))
def test_five_hundred_generated_scripts(tmp_path: Path, seed: int) -> None:
    _check(tmp_path, application(1000 + seed))


@pytest.mark.slow
@pytest.mark.parametrize("use", sorted(USES))
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_every_shape_in_every_use(tmp_path: Path, shape: str, use: str) -> None:
    _check(tmp_path, script(shape, 32, 3, use))
