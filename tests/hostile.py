"""Hostile projects, and a process that scans them: what crashes or stalls it ends only that process."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

BASE = """
from sqlalchemy import *
from sqlalchemy.orm import *
class Base(DeclarativeBase): pass
"""
ID = "    id = mapped_column(Integer, primary_key=True)\n"
DOG = f"class Dog(Base):\n    __tablename__ = NAME\n{ID}"
NAMED_DOG = f"class Dog(Base):\n    __tablename__ = 'dogs'\n{ID}"

Files = Mapping[str, str | bytes]

_WORKER = """
import json, os, resource, sys
from pathlib import Path
from xcore_tools import Config, discover
import libcst
for line in sys.stdin:
    project, bound = json.loads(line)
    before = os.times()
    resource.setrlimit(resource.RLIMIT_CPU, (int(sum(before[:2]) + bound) + 1, resource.RLIM_INFINITY))
    found = discover([project], config=Config(project=Path(project)))
    seconds = sum(os.times()[:4]) - sum(before[:4])
    models = [[model.name, model.table] for model in found.models]
    problems = [[problem.path, problem.line, problem.code, problem.message] for problem in found.problems]
    print(json.dumps([models, len(found.tables), problems, seconds]), flush=True)
"""


class Answer(NamedTuple):
    """What a scan found, and the CPU seconds that it took, those of its own workers included."""

    models: dict[str, str | None]
    tables: int
    codes: set[str]
    messages: list[str]
    seconds: float


class Scanner:
    """Scans one project after another in a process that is started again when it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def scan(self, project: Path, bound: int) -> Answer:
        """The answer; the process is killed once it has used `bound` CPU seconds and a little more."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps([str(project), bound]) + "\n")
        stdin.flush()
        is_ready, _, _ = select.select([stdout], [], [], 20 * bound + 60)
        line = stdout.readline() if is_ready else ""
        if not line:
            process, self._process = self._process, None
            process.kill()
            process.communicate()
            raise AssertionError(
                f"the scan was ended by {process.returncode}: it crashed or stalled"
            )
        models, tables, problems, seconds = json.loads(line)
        codes = {code for _, _, code, _ in problems}
        return Answer(dict(models), tables, codes, [p[3] for p in problems], seconds)

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()


def chain_over_modules(size: int) -> Files:
    """Each class inherits that of the module before."""
    files = {"m0.py": f"{BASE}class C0(Base):\n    __tablename__ = 'c0'\n{ID}"}
    for n in range(1, size):
        files[f"m{n}.py"] = f"from m{n - 1} import C{n - 1}\nclass C{n}(C{n - 1}): pass\n"
    return files


def abstract_chain_over_modules(size: int) -> Files:
    files = {"m0.py": f"{BASE}class C0(Base):\n    __abstract__ = True\n{ID}"}
    for n in range(1, size):
        header = f"from m{n - 1} import C{n - 1}\nclass C{n}(C{n - 1}):\n"
        files[f"m{n}.py"] = f"{header}    __abstract__ = True\n"
    last = f"from m{size - 1} import C{size - 1} as Base\n"
    files["z.py"] = f"{last}class Dog(Base):\n    __tablename__ = 'dogs'\n"
    return files


def chain_in_one_module(size: int) -> Files:
    classes = "".join(f"class C{n}(C{n - 1}): pass\n" for n in range(1, size))
    return {"m.py": f"{BASE}class C0(Base):\n    __tablename__ = 'c0'\n{ID}{classes}"}


def mixins(size: int) -> Files:
    classes = "".join(f"class M{n}: pass\n" for n in range(size))
    bases = ", ".join(f"M{n}" for n in range(size))
    return {"m.py": f"{BASE}{classes}class Dog({bases}, Base):\n    __tablename__ = 'dogs'\n{ID}"}


def mixins_of_mixins(size: int) -> Files:
    source = BASE + "class M0: pass\n"
    source += "".join(f"class M{n}(M{n - 1}): pass\n" for n in range(1, size))
    for n in range(size):
        source += f"class N{n}({', '.join(f'M{m}' for m in range(n, max(-1, n - 3), -1))}): pass\n"
    bases = ", ".join(f"N{n}" for n in range(size - 1, -1, -1))
    return {"m.py": f"{source}class Dog({bases}, Base):\n    __tablename__ = 'dogs'\n{ID}"}


def import_chain(size: int, *, name: str = "Base", backwards: bool = False) -> Files:
    """The base is handed on from module to module; `backwards` in the order in which they are read."""
    order = [f"m{n:04}" for n in range(size)]
    order = order[::-1] if backwards else order
    files = {f"{order[0]}.py": BASE}
    for before, here in pairwise(order):
        files[f"{here}.py"] = f"from {before} import {name}\n"
    library = "from sqlalchemy import Integer\nfrom sqlalchemy.orm import mapped_column\n"
    files["z.py"] = f"from {order[-1]} import {name}\n{library}{NAMED_DOG}"
    return files


def star_circle(size: int) -> Files:
    files = {
        f"m{n}.py": f"from m{(n + 1) % size} import *\nfrom m{(n + 2) % size} import *\nX{n} = 1\n"
        for n in range(size)
    }
    files["base.py"] = BASE
    files["m0.py"] = f"from base import *\n{files['m0.py']}"
    files["z.py"] = f"from m{size - 1} import *\n{NAMED_DOG}"
    return files


def calls_over_modules(size: int) -> Files:
    files = {"m0.py": "def f(): return 'dogs'\n"}
    for n in range(1, size):
        files[f"m{n}.py"] = f"from m{n - 1} import f as g\ndef f(): return g()\n"
    files["z.py"] = f"{BASE}from m{size - 1} import f\nNAME = f()\n{DOG}"
    return files


def one(source: str) -> Files:
    return {"m.py": source}
