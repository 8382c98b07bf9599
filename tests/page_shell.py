"""Runs commands of pages: those of xcore-tools and Alembic in processes that need not import them.

Each command has a process of its own. Starting one costs more than most commands do, so xcore-tools,
alembic, flask and python are forked from a process that has imported what they need (this file, run as
a program); all others, and what needs a shell, are run by bash. `Shell(forked=False)` gives everything to bash.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import re
import runpy
import shlex
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, Self

_NEEDS_A_SHELL = re.compile(r"[|&;<>()]+")
_SECONDS = 60

_PROGRAMS = {
    "xcore-tools": "xcore_tools.cli",
    "alembic": "alembic.config",
    "flask": "flask.cli",
    "python": "page_shell",
}
_PRELOADED = (
    "aiosqlite",
    "alembic.config",
    "flask.cli",
    "flask_migrate",
    "flask_sqlalchemy",
    "sqlmodel",
    "alembic.command",
    "email.parser",
    "encodings.utf_8_sig",
    "libcst.native",
    "libcst",
    "rich.table",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.orm",
    "xcore_tools.cli.backup",
    "xcore_tools.cli.database.diff",
    "xcore_tools.cli.discover",
    "xcore_tools.cli.doctor",
    "xcore_tools.cli.migrate.changing",
    "xcore_tools.cli.migrate.reading",
    "xcore_tools.cli.sync_env",
    "xcore_tools.database.declared",
    "xcore_tools.migrate.fleet",
)


class Shell:
    """Runs one command after the other, each with the same environment and what is added to it."""

    def __init__(self, environment: Mapping[str, str], *, forked: bool = True) -> None:
        self._environment = dict(environment)
        self._server: subprocess.Popen[str] | None = None
        self._is_forked = forked and hasattr(os, "fork")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.communicate()

    def run(self, command: str, directory: Path, more: Mapping[str, str]) -> tuple[int, str]:
        """Run `command`; return its exit code, and what it printed to both streams."""
        environment = {**self._environment, **more}
        with tempfile.NamedTemporaryFile("w+", encoding="utf-8") as output:
            words = _forkable(command) if self._is_forked else None
            if words is not None:
                code = self._ask(
                    {
                        "command": words,
                        "directory": str(directory),
                        "environment": environment,
                        "output": output.name,
                    }
                )
            else:
                code = subprocess.run(
                    ["bash", "-c", command.removeprefix(".venv/bin/")],
                    cwd=directory,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=_SECONDS,
                    check=False,
                ).returncode
            return code, Path(output.name).read_text(encoding="utf-8")

    def _ask(self, request: dict[str, Any]) -> int:
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, __file__],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())


def _forkable(command: str) -> list[str] | None:
    """The words of the command, if it is one of our programs and needs no shell."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words = list(lexer)
    if any(map(_NEEDS_A_SHELL.fullmatch, words)) or set("$`*?#") & set(command):
        return None
    is_ours = bool(words) and Path(words[0]).name in _PROGRAMS and words[:2] != ["python", "-m"]
    return words if is_ours else None


def main() -> None:
    """What `python` does with its arguments: `-c TEXT`, or a file."""
    if sys.argv[1] == "-c":
        sys.path.insert(0, "")
        text, sys.argv = sys.argv[2], ["-c", *sys.argv[3:]]
        exec(text, {"__name__": "__main__"})
        return
    sys.argv = sys.argv[1:]
    sys.path.insert(0, str(Path(sys.argv[0]).parent))
    runpy.run_path(sys.argv[0], run_name="__main__")


def _serve() -> int:
    """Fork a process for each request, and tell the exit code of each."""
    for name in _PRELOADED:
        importlib.import_module(name)
    sys.modules["page_shell"] = sys.modules["__main__"]
    sys.path[:] = [path for path in sys.path if path != str(Path(__file__).parent)]
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    return 0


def _run(request: dict[str, Any]) -> NoReturn:
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    output = os.open(request["output"], os.O_WRONLY | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # a person sees what comes first first
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.argv = request["command"]
    program = importlib.import_module(_PROGRAMS[Path(sys.argv[0]).name])
    code = 1
    try:
        code = int(program.main() or 0)
    except SystemExit as end:
        code = int(end.code or 0)
    except Exception:  # noqa: BLE001 (as the interpreter does)
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # to take down what was preloaded takes longer than most commands do


if __name__ == "__main__":
    sys.exit(_serve())
