"""Time a cold `xcore-tools discover` of all corpus packages as one project against `ast.parse` over the same files.

python benchmarks/speed.py --rounds 5
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
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


DISCOVER = [
    sys.executable,
    "-m",
    "xcore_tools",
    "discover",
    ".",
    "--format",
    "json",
    "--exit-zero",
    "-o",
]


class Cost(NamedTuple):
    """Seconds of one run: processor time of all its processes together, and on the clock."""

    cpu: float
    wall: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when it could be run, 2 when not."""
    options = _parser().parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as work:
            tree = options.tree.resolve() if options.tree else _combined(Path(work, "tree"))
            commands = {
                "ast.parse": [sys.executable, "-c", PARSE, str(tree)],
                "discover": [*DISCOVER, str(Path(work, "found.json"))],
            }
            costs = _measured(commands, tree, options.rounds)
            report = {"tree": _size(tree), "runs": options.rounds, **_summary(costs)}
    except (ArchiveError, OSError, msgspec.DecodeError) as error:
        print(f"speed: {error}", file=sys.stderr)
        return 2
    print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="speed.py", description="Time a cold scan.")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each, one after the other")
    parser.add_argument("--tree", type=Path, metavar="DIR", help="scan this instead of the corpus")
    return parser


def _combined(target: Path) -> Path:
    """A directory with the contents of every distribution of the corpus, each in its own directory."""
    for path in sorted(CORPUS.glob("*.json")):
        truth = msgspec.json.decode(path.read_bytes(), type=Truth)
        source = unpacked(truth.distribution, truth.version, cache_directory())
        shutil.copytree(source, target / truth.distribution)
    return target


def _size(tree: Path) -> dict[str, float]:
    sizes = [path.stat().st_size for path in tree.rglob("*.py") if path.is_file()]
    return {"files": len(sizes), "megabytes": round(sum(sizes) / 1e6, 1)}


def _measured(
    commands: Mapping[str, Sequence[str]], tree: Path, rounds: int
) -> dict[str, list[Cost]]:
    """The costs of each command, run in turn so that a busy machine slows all of them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(_cost(command, tree))
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
    """Medians in seconds, and the ratio of the medians of discovery to those of ast.parse."""
    medians = {
        name: Cost(*(statistics.median(values) for values in zip(*each, strict=True)))
        for name, each in costs.items()
    }
    base, found = medians["ast.parse"], medians["discover"]
    return {
        "seconds": {name: _rounded(each) for name, each in medians.items()},
        "ratio": _rounded(Cost(found.cpu / base.cpu, found.wall / base.wall)),
    }


def _rounded(cost: Cost) -> dict[str, float]:
    return {"cpu": round(cost.cpu, 2), "wall": round(cost.wall, 2)}


if __name__ == "__main__":
    sys.exit(main())
