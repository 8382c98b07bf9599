"""Time `xcore-tools discover` against what else reads a tree: cold, warm, and after one file has changed.

python benchmarks/speed.py --rounds 5
python benchmarks/speed.py --growth
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from archives import ArchiveError, cache_directory, unpacked
from scoring import Truth

__all__ = ["main"]

CORPUS = Path(__file__).parent / "corpus"

PARSE = """
import ast, pathlib, sys, warnings
warnings.simplefilter("ignore")
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        pass
"""

# Runs a scan and says on the last line of standard error how many kilobytes this process held at most.
PEAK = """
import resource, sys
from xcore_tools.cli import main
main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""

SCAN = ["discover", ".", "--format", "json", "--exit-zero", "-o", os.devnull]
DISCOVER = [sys.executable, "-m", "xcore_tools", *SCAN]
RUFF = ["check", "--isolated", "--no-cache", "--select", "F401", "--quiet", "--exit-zero", "."]


class Cost(NamedTuple):
    """Seconds of one run: processor time of all its processes together, and on the clock."""

    cpu: float
    wall: float


class Contender(NamedTuple):
    """A command, and what is done before each run of it."""

    command: Sequence[str]
    prepare: Callable[[], object] = lambda: None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when it could be run, 2 when not."""
    options = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as work:
            tree = Path(work, "tree")
            if options.tree:
                shutil.copytree(options.tree.resolve(), tree)
            else:
                _combined(tree)
            report: dict[str, object] = {"tree": _size(tree)}
            if options.growth:
                report["growth"] = _growth(tree, Path(work), options.times)
            else:
                contenders = _contenders(tree, Path(work))
                with _cluster(Path(work)) as address:
                    if address:
                        dask = ["--executor", "dask", "--scheduler", address]
                        contenders["two workers of Dask"] = Contender(
                            [*DISCOVER, "--no-cache", *dask]
                        )
                    costs = _measured(contenders, tree, options.rounds)
                report |= {"runs": options.rounds, **_summary(costs)}
                report["milliseconds of imports, warm"] = _imports(contenders["warm"], tree)
    except (ArchiveError, OSError, msgspec.DecodeError) as error:
        print(f"speed: {error}", file=sys.stderr)
        return 2
    print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="speed.py", description="Time scans of a tree.")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each, one after the other")
    parser.add_argument("--tree", type=Path, metavar="DIR", help="scan this instead of the corpus")
    parser.add_argument(
        "--growth", action="store_true", help="time and memory of several copies of the tree"
    )
    parser.add_argument("--times", type=int, nargs="+", default=[1, 3, 10], help="copies")
    return parser


def _combined(target: Path) -> Path:
    """A directory with the contents of every distribution of the corpus, each in its own directory."""
    for path in sorted(CORPUS.glob("*.json")):
        truth = msgspec.json.decode(path.read_bytes(), type=Truth)
        source = unpacked(truth.distribution, truth.version, cache_directory())
        shutil.copytree(source, target / truth.distribution)
        (target / truth.distribution / "pyproject.toml").touch()  # an application of its own
    return target


def _size(tree: Path) -> dict[str, float]:
    sizes = [path.stat().st_size for path in tree.rglob("*.py") if path.is_file()]
    return {"files": len(sizes), "megabytes": round(sum(sizes) / 1e6, 1)}


# -- against one another ----------------------------------------------------------------------


def _contenders(tree: Path, work: Path) -> dict[str, Contender]:
    """Everything that runs, by its name; peers that are not installed are left out."""
    warm = [*DISCOVER, "--cache-dir", str(work / "cache")]
    subprocess.run(warm, cwd=tree, capture_output=True, check=True)
    time.sleep(3)  # so that the cache may judge files by their times
    subprocess.run(warm, cwd=tree, capture_output=True, check=True)
    changed = _some_model(tree)
    found = {
        "python": Contender([sys.executable, "-c", "pass"]),
        "ast.parse": Contender([sys.executable, "-c", PARSE, str(tree)]),
        "cold": Contender([*DISCOVER, "--no-cache"]),
        "warm": Contender(warm),
        "one file changed": Contender(warm, lambda: _append(changed)),
    }
    if shutil.which("taskset"):
        found["cold, one processor"] = Contender(["taskset", "-c", "0", *found["cold"].command])
    ruff = Path(sys.executable).with_name("ruff")
    if ruff.exists():
        found["ruff F401"] = Contender([str(ruff), *RUFF])
    scan = Path(sys.executable).with_name("alembic-autoscan")
    if scan.exists():
        found["alembic-autoscan"] = Contender([str(scan), "scan", "--no-cache", "."])
    if rg := shutil.which("rg"):
        found["rg -l"] = Contender([rg, "-l", "__tablename__", "-g", "*.py", "."])
    return found


@contextmanager
def _cluster(directory: Path) -> Iterator[str]:
    """The address of a Dask cluster whose workers are in a directory without the files; none without Dask."""
    try:
        from distributed import LocalCluster  # noqa: PLC0415
    except ImportError:
        yield ""
        return
    before = Path.cwd()
    os.chdir(directory)
    try:
        with LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster:
            yield cluster.scheduler_address
    finally:
        os.chdir(before)


def _some_model(tree: Path) -> Path:
    """A file with models, of middling size among such files."""
    files = [p for p in tree.rglob("*.py") if p.is_file() and b"__tablename__" in p.read_bytes()]
    return sorted(files, key=lambda path: path.stat().st_size)[len(files) // 2]


def _append(path: Path) -> None:
    """Give a model a table of another name, and then the former one again."""
    old, new = b"__tablename__ = ", b"__tablename__  = "
    data = path.read_bytes()
    path.write_bytes(data.replace(old, new) if old in data else data.replace(new, old))
    time.sleep(0.1)


def _measured(
    contenders: Mapping[str, Contender], tree: Path, rounds: int
) -> dict[str, list[Cost]]:
    """The costs of each command, run in turn so that a busy machine slows all of them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            contender.prepare()
            costs[name].append(_cost(contender.command, tree))
    return costs


def _cost(command: Sequence[str], tree: Path) -> Cost:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    finished = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise OSError(f"{command[1:4]} failed: {finished.stderr.strip()[-500:]}")
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Cost(cpu, wall)


def _summary(costs: Mapping[str, Sequence[Cost]]) -> dict[str, object]:
    """Medians in seconds, and the ratios that matter, of wall time."""
    medians = {
        name: Cost(*(statistics.median(values) for values in zip(*each, strict=True)))
        for name, each in costs.items()
    }
    wall = {name: cost.wall for name, cost in medians.items()}
    ratios = {
        "cold / ast.parse": wall["cold"] / wall["ast.parse"],
    }
    if "ruff F401" in wall:
        ratios["cold / ruff"] = wall["cold"] / wall["ruff F401"]
        ratios["(warm - python) / ruff"] = (wall["warm"] - wall["python"]) / wall["ruff F401"]
    if "cold, one processor" in wall:
        ratios["one processor / cold"] = wall["cold, one processor"] / wall["cold"]
    return {
        "seconds": {name: _rounded(each) for name, each in medians.items()},
        "ratios": {name: round(ratio, 2) for name, ratio in ratios.items()},
        "seconds for one changed file": round(wall["one file changed"] - wall["warm"], 2),
    }


def _imports(contender: Contender, tree: Path) -> dict[str, float]:
    """What the packages that a command imports take, their own modules only, the dearest first."""
    python, *rest = contender.command
    command = [python, "-X", "importtime", *rest]
    told = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stderr
    spent: dict[str, int] = defaultdict(int)
    for line in told.splitlines():
        if line.startswith("import time:") and "self" not in line:
            own, _, name = line.removeprefix("import time:").split("|")
            spent[name.strip().partition(".")[0]] += int(own)
    dearest = sorted(spent.items(), key=lambda item: -item[1])[:8]
    return {
        "all": round(sum(spent.values()) / 1000, 1),
        **{name: round(own / 1000, 1) for name, own in dearest},
    }


def _rounded(cost: Cost) -> dict[str, float]:
    return {"cpu": round(cost.cpu, 2), "wall": round(cost.wall, 2)}


# -- growth -----------------------------------------------------------------------------------


def _growth(tree: Path, work: Path, times: Sequence[int]) -> list[dict[str, float]]:
    """Seconds and peak megabytes of the process that the others work for, by copies of the tree."""
    found = []
    for count in times:
        copies = work / f"copies{count}"
        for number in range(count):
            shutil.copytree(tree, copies / f"copy{number}", copy_function=os.link)
        command = [sys.executable, "-c", PEAK, *SCAN]
        cold = _peak([*command, "--no-cache"], copies)
        first = _peak([*command, "--cache-dir", str(work / "cache")], copies)
        time.sleep(3)
        _peak([*command, "--cache-dir", str(work / "cache")], copies)
        warm = _peak([*command, "--cache-dir", str(work / "cache")], copies)
        found.append(
            {
                "copies": count,
                "files": _size(copies)["files"],
                "cold seconds": cold[0],
                "cold megabytes": cold[1],
                "remembering megabytes": first[1],
                "warm seconds": warm[0],
                "warm megabytes": warm[1],
            }
        )
        shutil.rmtree(copies)
    return found


def _peak(command: Sequence[str], tree: Path) -> tuple[float, float]:
    started = time.perf_counter()
    finished = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    return round(seconds, 2), round(int(finished.stderr.split()[-1]) / 1000, 1)


if __name__ == "__main__":
    sys.exit(main())
