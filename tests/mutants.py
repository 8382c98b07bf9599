"""Changes the code of discovery in small ways, and counts the changes that the fast tests notice.

    python tests/mutants.py --count 300 --seed 1       # or: tox -e mutants

Every comparison, condition, constant and returned value in a function of the rooms below can be changed.
A sample of these mutants, drawn with a seed, is put into the running functions one by one, each in a
forked process, and there the tests run that are known to pass by the changed line, the quickest first,
until one fails. So a mutant costs the time of those tests alone: no start, no collection, no import. That
is why this is not `mutmut`, which runs every test once for each of its copies, nor `cosmic-ray`, which
starts pytest anew for each mutant and draws no samples; both take hours here. What stands outside of
functions is not mutated, nor are texts with blanks in them, which are messages.

A mutant that survives is a rule that no test holds, or it is equivalent: `mutants_equivalent.txt` lists
those that change nothing that anybody can see, with the reason.
"""

from __future__ import annotations

import argparse
import ast
import copy
import gc
import json
import os
import random
import select
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import coverage
import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("evaluate", "orm", "prefilter", "parse", "link")
TESTS = (
    "catalog", "columns", "columns_loose", "columns_unknown", "fixtures", "following_classes",
    "following_corners", "following_expressions", "following_imports", "following_limits",
    "following_statements", "following_tables", "following_unknown", "inner_rules", "mentions",
    "outside_paths", "prefilter", "text",
)  # fmt: skip
KNOWN = Path(__file__).with_name("mutants_equivalent.txt")
_SLOW = 4.0
"""Seconds: tests that take longer are left out."""
_MAX_SECONDS = 40.0
"""Of tests for one mutant; and a mutant that takes thrice as long has changed something, too."""


class Mutant(NamedTuple):
    """One change: where, in which function, and what the source says before and after it."""

    path: str
    function: str
    line: int
    last: int
    before: str
    after: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.path}::{self.function}: {self.before} → {self.after}"


# -- changes -------------------------------------------------------------------------------------

_OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


def _changed(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912 - one line for each change
    """The changes of one node, each a node to stand in its place."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in _OPERATORS:
            yield ast.Compare(node.left, [_other(operator)], node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.BinOp() if type(node.op) in _OPERATORS:
            yield ast.BinOp(node.left, _other(node.op), node.right)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str() as value) if value and " " not in value:
            yield ast.Constant(f"{value}XX")
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() as test):
            yield ast.If(ast.UnaryOp(ast.Not(), test), node.body, node.orelse)
        case ast.IfExp(test=ast.Name() | ast.Attribute() | ast.Call() as test):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), node.body, node.orelse)
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield ast.Pass()


def _other(operator: ast.AST) -> Any:
    return _OPERATORS[type(operator)]()


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


class _Visitor(ast.NodeTransformer):
    """Numbers the changes of a module in order; makes the one that is asked for."""

    def __init__(self, wanted: int | None = None) -> None:
        self.found: list[tuple[ast.AST, ast.AST, str]] = []
        self._wanted = wanted
        self._names: list[str] = []
        self._depth = 0

    def visit(self, node: ast.AST) -> ast.AST:
        inside = self._depth > 0
        for new in _changed(node) if inside else ():
            self.found.append((node, new, ".".join(self._names)))
            if len(self.found) - 1 == self._wanted:
                return ast.fix_missing_locations(ast.copy_location(new, node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return self._definition(node)
        if isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.arg):
            return node  # messages and annotations
        self.generic_visit(node)
        return node

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.AST:
        self._names.append(node.name)
        self._depth += not isinstance(node, ast.ClassDef)
        body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        done = [self.visit(statement) for statement in body]
        node.body[len(node.body) - len(body) :] = done  # type: ignore[assignment]
        self._depth -= not isinstance(node, ast.ClassDef)
        self._names.pop()
        return node


def mutants_of(path: Path) -> list[Mutant]:
    """Every mutant of one source."""
    visitor = _Visitor()
    visitor.visit(ast.parse(path.read_text("utf-8")))
    shown = path.relative_to(ROOT).as_posix()
    return [
        Mutant(shown, function, old.lineno, _last(old), _told(old), _told(new), number)  # type: ignore[attr-defined]
        for number, (old, new, function) in enumerate(visitor.found)
    ]


def _last(node: ast.AST) -> int:
    test = getattr(node, "test", node)
    return int(getattr(test, "end_lineno", 0) or 0)


def _told(node: ast.AST) -> str:
    node = ast.fix_missing_locations(copy.deepcopy(node))
    text = ast.unparse(node.test if isinstance(node, ast.If) else node)
    return " ".join(text.split())


def put_in(mutant: Mutant) -> bool:
    """Change the running function; say whether there is one."""
    path = ROOT / mutant.path
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    _Visitor(mutant.number).visit(tree)
    new = dict(_codes(compile(ast.fix_missing_locations(tree), str(path), "exec")))
    old = dict(_codes(compile(source, str(path), "exec")))
    changed = {key for key, code in new.items() if old.get(key) != code}
    functions = [each for each in gc.get_objects() if type(each) is FunctionType]
    count = 0
    for function in functions:
        code = function.__code__
        key = (code.co_qualname, code.co_firstlineno)
        if code.co_filename == str(path) and key in changed:
            function.__code__ = new[key]
            count += 1
    return count > 0


def _codes(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield (each.co_qualname, each.co_firstlineno), each
            yield from _codes(each)


# -- processes -----------------------------------------------------------------------------------


def _forked(work: Callable[[], object], seconds: float) -> tuple[int, Callable[[], object]]:
    """Start `work` in a process of its own, which says nothing and writes its result as JSON."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        signal.alarm(max(1, int(seconds)))
        os.setpgid(0, 0)
        with open(os.devnull, "w") as nothing:  # noqa: PTH123
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
        result = work()
        with os.fdopen(write, "w") as pipe:
            json.dump(result, pipe)
        os._exit(0)
    os.close(write)

    def wait() -> object:
        with os.fdopen(read) as pipe:
            text = pipe.read()
        os.waitpid(pid, 0)
        return json.loads(text) if text else None

    return read, wait


def _passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    reports = runtestprotocol(item, log=False, nextitem=following)
    return all(report.passed for report in reports)


class Runner:
    """A plugin of pytest: measures the collected tests once, then runs them against mutants."""

    def __init__(self, mutants: Sequence[Mutant], jobs: int) -> None:
        self._mutants = mutants
        self._jobs = jobs
        self._lines: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._times: dict[str, float] = {}
        self.fates: dict[Mutant, str] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        gc.collect()
        gc.freeze()
        self._measure(list(items.values()))
        self._tell(f"{len(self._times)} tests that pass, {sum(self._times.values()):.0f} s")
        running: dict[int, tuple[Mutant, Callable[[], object]]] = {}
        waiting = list(self._mutants)
        while waiting or running:
            while waiting and len(running) < self._jobs:
                mutant = waiting.pop(0)
                chosen = self._chosen(mutant)
                if not chosen:
                    self._end(mutant, "is run by no test")
                    continue
                seconds = 10 + 3 * sum(self._times[each] for each in chosen)
                read, wait = _forked(lambda m=mutant, c=chosen: self._try(m, c, items), seconds)  # type: ignore[misc]
                running[read] = (mutant, wait)
            for read in select.select(list(running), [], [])[0] if running else ():
                mutant, wait = running.pop(read)
                self._end(mutant, str(wait() or "killed: it ended the process"))
        return True

    def _measure(self, items: list[pytest.Item]) -> None:
        """Which tests pass, how long each takes, and by which lines it comes."""
        shares = [items[number :: self._jobs] for number in range(self._jobs)]
        waits = [_forked(lambda s=share: _measured(s), 3000)[1] for share in shares]  # type: ignore[misc]
        for wait in waits:
            found = wait()
            assert isinstance(found, dict), "the tests could not be measured"
            self._times |= {k: v for k, v in found["times"].items() if v <= _SLOW}
            for path, lines in found["lines"].items():
                for line, names in lines.items():
                    self._lines[path, int(line)] += names

    def _chosen(self, mutant: Mutant) -> list[str]:
        """The tests that come by the changed lines, the quickest first, as many as the time allows."""
        lines = range(mutant.line, mutant.last + 1)
        names = {name for line in lines for name in self._lines[mutant.path, line]}
        chosen: list[str] = []
        total = 0.0
        for name in sorted(names & self._times.keys(), key=lambda name: (self._times[name], name)):
            total += self._times[name]
            if total > _MAX_SECONDS:
                break
            chosen.append(name)
        return chosen

    def _try(self, mutant: Mutant, chosen: list[str], items: dict[str, pytest.Item]) -> str:
        if not put_in(mutant):
            return "is in no function"
        for name in chosen:
            if not _passes(items[name], None):
                return f"killed: {name}"
        return f"survived {len(chosen)} tests"

    def _end(self, mutant: Mutant, fate: str) -> None:
        self.fates[mutant] = fate
        self._tell(f"{len(self.fates)}/{len(self._mutants)} {mutant.path}:{mutant.line} {fate}")

    @staticmethod
    def _tell(text: str) -> None:
        print(text, file=sys.__stderr__, flush=True)


def _measured(items: list[pytest.Item]) -> dict[str, object]:
    folder = tempfile.mkdtemp()
    watch = coverage.Coverage(
        data_file=f"{folder}/data",
        source=[str(ROOT / "xcore_tools" / "discovery" / room) for room in ROOMS],
        config_file=False,
    )
    watch.start()
    times = {}
    for item in items:
        watch.switch_context(item.nodeid)
        start = time.perf_counter()
        if _passes(item, None):
            times[item.nodeid] = time.perf_counter() - start
    watch.stop()
    data = watch.get_data()
    lines = {}
    for path in data.measured_files():
        found = data.contexts_by_lineno(path)
        shown = Path(path).relative_to(ROOT).as_posix()
        lines[shown] = {line: [n for n in names if n in times] for line, names in found.items()}
    return {"times": times, "lines": lines}


# -- the sample and what is said of it -----------------------------------------------------------


def all_mutants(rooms: Sequence[str]) -> list[Mutant]:
    """Every mutant of the rooms, in the order of the sources."""
    paths = (
        path
        for room in rooms
        for path in sorted((ROOT / "xcore_tools" / "discovery" / room).rglob("*.py"))
    )
    return [mutant for path in paths for mutant in mutants_of(path)]


def equivalents() -> dict[str, str]:
    """The mutants that change nothing, by name, and why; lines that begin with # are comments."""
    lines = KNOWN.read_text("utf-8").splitlines() if KNOWN.exists() else []
    pairs = (line.partition("  # ") for line in lines if line and not line.startswith("#"))
    return {name.strip(): reason for name, _, reason in pairs}


def main() -> int:
    """Run a sample; 1 if fewer mutants were killed than asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--at-least", type=float, default=85.0, help="percent of mutants killed")
    parser.add_argument("--only", default="", help="only of paths that hold this text")
    options = parser.parse_args()
    mutants = [each for each in all_mutants(ROOMS) if options.only in each.path]
    chosen = random.Random(options.seed).sample(mutants, min(options.count, len(mutants)))
    runner = Runner(chosen, options.jobs)
    files = [str(ROOT / "tests" / f"test_{name}.py") for name in TESTS]
    found = [file for file in files if Path(file).exists()]
    pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *found], plugins=[runner])
    return _report(runner.fates, len(mutants), options.at_least)


def _report(fates: dict[Mutant, str], total: int, at_least: float) -> int:
    known = equivalents()
    alive = {m: fate for m, fate in fates.items() if not fate.startswith("killed")}
    rooms = Counter(m.path.split("/")[2] for m in fates)
    living = Counter(m.path.split("/")[2] for m in alive)
    for mutant, fate in sorted(alive.items()):
        reason = known.get(mutant.name)
        print(f"{mutant.path}:{mutant.line} {fate}{': equivalent, ' + reason if reason else ''}")
        print(f"    {mutant.name}")
    for room, count in sorted(rooms.items()):
        print(f"{room:10} {count - living[room]:4} of {count:4} killed")
    killed = len(fates) - len(alive)
    share = 100 * killed / max(len(fates), 1)
    equivalent = sum(mutant.name in known for mutant in alive)
    print(
        f"{killed} of {len(fates)} killed ({share:.1f} %), drawn from {total}; equivalent: {equivalent}"
    )
    return int(share < at_least)


if __name__ == "__main__":
    sys.exit(main())
