"""Changes the code of discovery in small ways, and counts the changes that the fast tests notice.

    python tests/mutants.py --count 300 --seed 1       # or: tox -e mutants

Every comparison, condition, constant and returned value in a function of the rooms below can be changed.
A sample of these mutants, drawn with a seed, is put into the running functions one by one, each in a
forked process, and there the tests run that are known to come by the changed statement, the quickest of
each file first, until one fails. So a mutant costs the time of those tests alone: no start, no collection,
no import. Which tests come by a statement is measured once, with functions that note each statement that
they run; that costs little more than the tests themselves. Tests that share what is made once for their
file count as one. Time is time of the processor, so that a busy machine draws the same conclusions. That
is why this is not `mutmut`, which runs every test once for each of its copies, nor `cosmic-ray`, which
starts pytest anew for each mutant and draws no samples; both take hours here. What stands outside of
functions is not mutated, nor are texts with blanks in them, which are messages.

A mutant that survives is a rule that no test holds, or it is equivalent: `mutants_equivalent.txt` lists
those that change nothing that anybody can see, with the reason.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import copy
import gc
import json
import os
import random
import select
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import _lru_cache_wrapper
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("evaluate", "orm", "prefilter", "parse", "link")
TESTS = (
    "bounds", "catalog", "collect", "columns", "columns_loose", "columns_unknown", "fixtures",
    "following_classes", "following_corners", "following_expressions", "following_imports",
    "following_limits", "following_memo", "following_statements", "following_tables",
    "following_unknown", "formatting", "hostile", "import_circles", "inner_rules",
    "inner_values", "mentions", "names", "outline", "outside_paths", "parse_dialect",
    "parse_nodes", "parse_syntax", "parts", "prefilter", "properties", "text",
)  # fmt: skip
KNOWN = Path(__file__).with_name("mutants_equivalent.txt")
_SLOW = 4.0
"""Seconds: tests that take longer are left out."""
_MAX_SECONDS = 4.0
"""Of tests for one mutant; one that takes five times as long, and five seconds, counts as timed out, not as killed."""
_PATIENCE = 10
"""Seconds by the clock for one of the processor, before a process that waits for something is ended."""


class Mutant(NamedTuple):
    """One change: where, in which function, and what the source says before and after it."""

    path: str
    function: str
    line: int
    statement: int
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
        self.found: list[tuple[ast.AST, ast.AST, str, int]] = []
        self._statement = 0
        self._wanted = wanted
        self._names: list[str] = []
        self._depth = 0

    def visit(self, node: ast.AST) -> ast.AST:
        before = self._statement
        if isinstance(node, ast.stmt):
            self._statement = node.lineno
        done = self._visited(node)
        self._statement = before
        return done

    def _visited(self, node: ast.AST) -> ast.AST:
        for new in _changed(node) if self._depth else ():
            self.found.append((node, new, ".".join(self._names), self._statement))
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
        Mutant(shown, function, old.lineno, statement, _told(old), _told(new), number)  # type: ignore[attr-defined]
        for number, (old, new, function, statement) in enumerate(visitor.found)
    ]


def _told(node: ast.AST) -> str:
    node = ast.fix_missing_locations(copy.deepcopy(node))
    text = ast.unparse(node.test if isinstance(node, ast.If) else node)
    return " ".join(text.split())


class _Notes(ast.NodeTransformer):
    """Lets every statement in a function note its line before it is run."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._depth = 0

    def visit(self, node: ast.AST) -> ast.AST:
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        self._depth += function
        self.generic_visit(node)
        for field in ("body", "orelse", "finalbody") if self._depth else ():
            block = getattr(node, field, None)
            if isinstance(block, list):
                setattr(node, field, [each for old in block for each in (self._note(old), old)])
        self._depth -= function
        return node

    def _note(self, statement: ast.stmt) -> ast.stmt:
        (note,) = ast.parse(f"{_NOTE}({(self._shown, statement.lineno)!r})").body
        for node in ast.walk(note):
            ast.copy_location(node, statement)
        return note


_CACHED: list[Any] = []
_NOTE = "note_that_a_statement_runs"
Functions = dict[str, list[FunctionType]]


def functions_of_rooms() -> Functions:
    """The functions that exist in this process, by the files that they come from."""
    found: Functions = defaultdict(list)
    for each in gc.get_objects():
        if type(each) is FunctionType:
            found[each.__code__.co_filename].append(each)
    return {path: found[path] for path in map(str, paths_of(ROOMS)) if path in found}


def cached_functions() -> list[Any]:
    """The functions of the product that keep their results."""
    keepers = [each for each in gc.get_objects() if isinstance(each, _lru_cache_wrapper)]
    return [each for each in keepers if each.__module__.startswith("xcore_tools.")]


def put_in(mutant: Mutant, functions: Functions) -> bool:
    """Change the running function; say whether there is one."""
    path = ROOT / mutant.path
    tree = ast.parse(path.read_bytes())
    _Visitor(mutant.number).visit(tree)
    return _exchange(path, tree, functions)


def take_notes(functions: Functions, notes: set[tuple[str, int]]) -> None:
    """Let all functions note what they run."""
    setattr(builtins, _NOTE, notes.add)
    for name in functions:
        path = Path(name)
        notes_of = _Notes(path.relative_to(ROOT).as_posix())
        _exchange(path, notes_of.visit(ast.parse(path.read_bytes())), functions)


def _exchange(path: Path, tree: Any, functions: Functions) -> bool:
    """Give the functions of `path` the code of `tree`, where it differs from that of the source."""
    module = ast.fix_missing_locations(tree)
    new = dict(_codes(compile(module, str(path), "exec")))
    old = dict(_codes(compile(path.read_bytes(), str(path), "exec")))
    count = 0
    for function in functions.get(str(path), ()):
        code = function.__code__
        key = (code.co_qualname, code.co_firstlineno)
        if key in new and new[key] != old.get(key):
            function.__code__ = new[key]
            count += 1
    return count > 0


def _codes(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield (each.co_qualname, each.co_firstlineno), each
            yield from _codes(each)


# -- processes -----------------------------------------------------------------------------------


def _forked(work: Callable[[], object], seconds: float) -> tuple[int, Callable[[], Any]]:
    """Start `work` in a process of its own, which says nothing and writes its result as JSON."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        signal.setitimer(signal.ITIMER_PROF, seconds)  # SIGPROF and SIGALRM end it
        signal.alarm(int(_PATIENCE * seconds))
        os.setpgid(0, 0)
        with open(os.devnull, "w") as nothing:  # noqa: PTH123
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
        result = work()
        with os.fdopen(write, "w") as pipe:
            json.dump(result, pipe)
        os._exit(0)
    os.close(write)

    def wait() -> Any:
        with os.fdopen(read) as pipe:
            text = pipe.read()
        status = os.waitpid(pid, 0)[1]
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGPROF, signal.SIGALRM}:
            return "timed out"
        return json.loads(text) if text else "killed: it ended the process"

    return read, wait


Tests = list[pytest.Item]


def _passes(tests: Tests) -> bool:
    """Whether all of the tests pass; what they share is made once."""
    following = [*tests[1:], None]
    return all(
        report.passed
        for test, after in zip(tests, following, strict=True)
        for report in runtestprotocol(test, log=False, nextitem=after)
    )


def _grouped(items: Sequence[pytest.Item]) -> dict[str, Tests]:
    """The tests by their names; those that share a fixture of their file stand under its name."""
    groups: dict[str, Tests] = defaultdict(list)
    for item in items:
        made = item._fixtureinfo.name2fixturedefs.values()  # type: ignore[attr-defined]
        shares = any(each.scope == "module" for all_of_it in made for each in all_of_it)
        groups[item.nodeid.partition("::")[0] if shares else item.nodeid].append(item)
    return groups


class Runner:
    """A plugin of pytest: measures the collected tests once, then runs them against mutants."""

    def __init__(self, mutants: Sequence[Mutant], jobs: int) -> None:
        self._mutants = mutants
        self._jobs = jobs
        self._tests: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._times: dict[str, float] = {}
        self._functions: Functions = {}
        self.fates: dict[Mutant, str] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        tests = _grouped(session.items)
        gc.collect()
        self._functions = functions_of_rooms()
        _CACHED[:] = cached_functions()
        self._measure(tests)
        gc.collect()
        gc.freeze()
        self._tell(f"{len(self._times)} tests pass and are fast: {sum(self._times.values()):.0f} s")
        running: dict[int, tuple[Mutant, Callable[[], Any]]] = {}
        waiting = list(self._mutants)
        while waiting or running:
            while waiting and len(running) < self._jobs:
                mutant = waiting.pop(0)
                chosen = self._chosen(mutant)
                if not chosen:
                    self._end(mutant, "survived, for no test comes by it")
                    continue
                seconds = 5 + 5 * sum(self._times[each] for each in chosen)
                read, wait = _forked(lambda m=mutant, c=chosen: self._try(m, c, tests), seconds)  # type: ignore[misc]
                running[read] = (mutant, wait)
            for read in select.select(list(running), [], [])[0] if running else ():
                mutant, wait = running.pop(read)
                self._end(mutant, wait())
        return True

    def _measure(self, tests: dict[str, Tests]) -> None:
        """Which tests pass, how long each takes, and by which statements it comes."""
        for name, seconds, places in _measured(tests, self._functions):
            self._times[name] = seconds
            for place in places:
                self._tests[place].append(name)

    def _chosen(self, mutant: Mutant) -> list[str]:
        """The tests that come by the statement, as many as the time allows.

        The quickest of every file come first: tests of other files look at other things.
        """
        files: dict[str, int] = Counter()
        ranked = []
        names = self._tests[mutant.path, mutant.statement]
        for name in sorted(names, key=lambda name: (self._times[name], name)):
            file = name.partition("::")[0]
            ranked.append((files[file], self._times[name], name))
            files[file] += 1
        chosen = []
        total = 0.0
        for _, seconds, name in sorted(ranked):
            if total + seconds <= _MAX_SECONDS:
                total += seconds
                chosen.append(name)
        return chosen

    def _try(self, mutant: Mutant, chosen: list[str], tests: dict[str, Tests]) -> str:
        if not put_in(mutant, self._functions):
            return "survived: its function is gone after the import"
        for name in chosen:
            if not _passes(tests[name]):
                return f"killed: {name}"
        return f"survived {len(chosen)} tests"

    def _end(self, mutant: Mutant, fate: str) -> None:
        self.fates[mutant] = fate
        self._tell(f"{len(self.fates)}/{len(self._mutants)} {mutant.path}:{mutant.line} {fate}")

    @staticmethod
    def _tell(text: str) -> None:
        print(text, file=sys.__stderr__, flush=True)


def _measured(
    tests: dict[str, Tests], functions: Functions
) -> Iterator[tuple[str, float, set[tuple[str, int]]]]:
    """For each fast test that passes its name, its seconds, and the statements that it runs."""
    notes: set[tuple[str, int]] = set()
    before = [(function, function.__code__) for some in functions.values() for function in some]
    take_notes(functions, notes)
    for name, some in tests.items():
        notes.clear()
        forget()
        start = _seconds()
        if _passes(some):
            seconds = _seconds() - start
            if seconds <= _SLOW:
                yield name, seconds, set(notes)
    for function, code in before:
        function.__code__ = code
    forget()


def _seconds() -> float:
    """Of the processor, for this process and for those that it has started and that have ended."""
    return sum(os.times()[:4])


def forget() -> None:
    """Empty the caches of the product's functions, which would answer for changed ones."""
    for each in _CACHED:
        each.cache_clear()


# -- the sample and what is said of it -----------------------------------------------------------


def paths_of(rooms: Sequence[str]) -> Iterator[Path]:
    """The sources of the rooms, in order."""
    for room in rooms:
        yield from sorted((ROOT / "xcore_tools" / "discovery" / room).rglob("*.py"))


def all_mutants(rooms: Sequence[str]) -> list[Mutant]:
    """Every mutant of the rooms, in the order of the sources."""
    return [mutant for path in paths_of(rooms) for mutant in mutants_of(path)]


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
    prepare()
    runner = Runner(chosen, options.jobs)
    files = [str(ROOT / "tests" / f"test_{name}.py") for name in TESTS]
    found = [file for file in files if Path(file).exists()]
    pytest.main([*_OPTIONS, *found], plugins=[runner])
    return _report(runner.fates, len(mutants), options.at_least)


_OPTIONS = (
    *(
        "-q",
        "--assert=plain",
        "--tb=native",
    ),  # differences of long texts take longer than the tests
    *("-p", "no:cacheprovider", "-p", "no:xdist"),
    *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
)


def prepare() -> None:
    """Import all that can be changed; let tests with random examples end at the first that fails."""
    for path in paths_of(ROOMS):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        import_module(name.removesuffix(".__init__"))
    settings.register_profile(
        "mutants",
        phases=[Phase.explicit, Phase.generate],
        report_multiple_bugs=False,
        database=None,
    )
    settings.load_profile("mutants")


def _report(fates: dict[Mutant, str], total: int, at_least: float) -> int:
    known = equivalents()
    alive = {m: fate for m, fate in fates.items() if not fate.startswith("killed")}
    rooms = Counter(_room(m) for m in fates)
    living = Counter(_room(m) for m in alive)
    for mutant, fate in sorted(alive.items()):
        reason = known.get(mutant.name)
        print(f"{mutant.path}:{mutant.line} {fate}{': equivalent, ' + reason if reason else ''}")
        print(f"    {mutant.name}")
    for room, count in sorted(rooms.items()):
        print(f"{room:10} {count - living[room]:4} of {count:4} killed")
    killed = len(fates) - len(alive)
    slow = sum(fate == "timed out" for fate in fates.values())
    same = sum(mutant.name in known for mutant in alive)
    share = 100 * killed / max(len(fates), 1)
    print(
        f"{killed} of {len(fates)} killed ({share:.1f} %), {slow} timed out, "
        f"{len(alive) - slow} survived, {same} of them equivalent; drawn from {total}"
    )
    return int(share < at_least)


def _room(mutant: Mutant) -> str:
    return mutant.path.split("/")[2]


if __name__ == "__main__":
    sys.exit(main())
