"""What SQLAlchemy knows after the modules were imported, beside what reading them has found.

This is the one place that runs code of the project: in a process of its own, with the interpreter
that is named, and only because somebody asked for it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from xcore_tools.config import Config
from xcore_tools.config.files import shown
from xcore_tools.discovery.results import Discovery, Problem
from xcore_tools.doctor.facts import Finding

_TIMEOUT = 600

# Proxies raise when they are asked for their class: types are compared, not objects.
_SCRIPT = """
import gc, importlib, json, os, sys
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
asked = json.load(sys.stdin)
sys.path[:0] = asked["roots"]
failed = {}
for name in asked["modules"]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed[name] = f"{type(error).__name__}: {error}".partition("\\n")[0]
from sqlalchemy import MetaData
from sqlalchemy.orm import Mapper
models, collections = [], []
for found in gc.get_objects():
    if issubclass(type(found), Mapper):
        cls = found.class_
        file = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
        name = getattr(found.local_table, "name", None)
        models.append([cls.__module__, cls.__qualname__, name, file])
    elif issubclass(type(found), MetaData):
        collections.append([[table.schema, table.name] for table in found.tables.values()])
json.dump({"failed": failed, "models": models, "collections": collections}, answer)
answer.close()
"""


class _Answer(msgspec.Struct):
    """What the process says. `models`: module, qualified name, table, file of each."""

    failed: dict[str, str]
    models: list[tuple[str, str, str | None, str]]
    collections: list[list[tuple[str | None, str | None]]]


def examine_runtime(config: Config, discovery: Discovery, python: str) -> Iterator[Finding]:
    """Each difference between the source and SQLAlchemy's registry after importing it.

    What stands in a module that cannot be imported is not compared; that module is a finding.
    """
    places = {model.module: model.path for model in reversed(discovery.models)}
    places |= {table.module: table.path for table in reversed(discovery.tables)} | places
    answer = _imported(config, sorted(places), python)
    if isinstance(answer, str):
        yield Finding(Problem(shown(config.project), 0, "XT416", "error", answer))
        return
    for module, reason in sorted(answer.failed.items()):
        message = f"{module} cannot be imported: {reason}"
        yield Finding(Problem(places[module], 0, "XT416", "warning", message))
    yield from _models(config, discovery, answer)
    yield from _tables(discovery, answer)


def _imported(config: Config, modules: list[str], python: str) -> _Answer | str:
    """What the interpreter says, or why it says nothing."""
    roots = [str(root) for root in (*config.import_roots, config.project)]
    request: dict[str, Any] = {"roots": roots, "modules": modules}
    try:
        done = subprocess.run(
            [python, "-c", _SCRIPT],
            input=json.dumps(request),
            cwd=config.project,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        return msgspec.json.decode(done.stdout, type=_Answer)
    except msgspec.DecodeError:
        lines = done.stderr.strip().splitlines()
        return f"{python} gives no answer: {lines[-1] if lines else f'exit code {done.returncode}'}"
    except (OSError, subprocess.SubprocessError) as error:
        return f"{python} cannot be run: {error}"


def _models(config: Config, discovery: Discovery, answer: _Answer) -> Iterator[Finding]:
    ours = {(m.module, m.name): m for m in discovery.models if m.module not in answer.failed}
    theirs = {(module, name): table for module, name, table, _ in answer.models}
    files = {module: file for module, _, _, file in answer.models}
    for key, model in sorted(ours.items()):
        if key not in theirs:
            yield _difference(model.path, model.line, f"{model.name} is not mapped at run time")
        elif model.table is not None and theirs[key] not in {None, model.table}:
            message = f"{model.name} is mapped to {theirs[key]} at run time, not to {model.table}"
            yield _difference(model.path, model.line, message)
    known = {(m.module, m.name) for m in discovery.models}
    for module, name in sorted(set(theirs) - known):
        file = Path(files[module])
        if file.is_relative_to(config.project) and "site-packages" not in file.parts:
            message = f"{name} is mapped at run time, and was not found in the source"
            yield _difference(shown(file), 0, message)


def _tables(discovery: Discovery, answer: _Answer) -> Iterator[Finding]:
    ours = {(t.schema, t.name): t for t in discovery.tables if t.name is not None}
    theirs = {table for collection in answer.collections for table in collection}
    for key, table in sorted(ours.items(), key=lambda item: (item[1].path, item[1].line)):
        if key not in theirs and table.module not in answer.failed:
            message = f"the table {table.name} does not exist at run time"
            yield _difference(table.path, table.line, message)
    for collection in answer.collections:
        if any(key in ours for key in collection):
            for schema, name in sorted(set(collection) - set(ours), key=str):
                full = name if schema is None else f"{schema}.{name}"
                message = f"the table {full} exists at run time, and was not found in the source"
                yield _difference(".", 0, message)


def _difference(path: str, line: int, message: str) -> Finding:
    return Finding(Problem(path, line, "XT416", "warning", message))
