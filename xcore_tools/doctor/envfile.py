"""What env.py does, read without running it: the block, logging, and batches on SQLite."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from xcore_tools.config import Config
from xcore_tools.config.files import shown
from xcore_tools.discovery.parse.lazy import without_lazy
from xcore_tools.discovery.results import Discovery, Problem
from xcore_tools.doctor.calls import calls_of, literal_keyword, names_keyword, with_keyword
from xcore_tools.doctor.facts import Finding
from xcore_tools.envfile.sync import sync_env
from xcore_tools.envfile.write import locked, replace_file
from xcore_tools.errors import EnvFileError
from xcore_tools.files import read_regular

_BATCH = "render_as_batch=True"
_LOGGERS = "disable_existing_loggers=False"


def examine_env(
    config: Config, discovery: Discovery, path: Path, *, is_sqlite: bool
) -> Iterator[Finding]:
    """What is wrong with the env.py at `path`.

    Raises:
        EnvFileError: it cannot be read.
    """
    name = shown(path)
    yield from _block(config, discovery, path)
    source = _text(path)
    for call in calls_of(source, "fileConfig"):
        if literal_keyword(call, "disable_existing_loggers") is not False and not _spreads(call):
            message = "fileConfig silences every logger that the application has made so far"
            problem = Problem(name, call.lineno, "XT404", "warning", message)
            given = names_keyword(call, "disable_existing_loggers")
            yield Finding(problem, None if given else partial(_add, path, "fileConfig", _LOGGERS))
    for call in calls_of(source, "configure") if is_sqlite else ():
        if names_keyword(call, "connection") and not names_keyword(call, "render_as_batch"):
            message = "SQLite cannot alter a table; without render_as_batch such revisions fail"
            problem = Problem(name, call.lineno, "XT403", "warning", message)
            yield Finding(problem, partial(_add, path, "configure", _BATCH))


def version_table_of(path: Path) -> tuple[str, str | None]:
    """The name and the schema of the version table, as far as env.py says them literally."""
    try:
        calls = list(calls_of(_text(path), "configure"))
    except EnvFileError:
        calls = []
    names = [literal_keyword(call, "version_table") for call in calls]
    schemas = [literal_keyword(call, "version_table_schema") for call in calls]
    name = next((value for value in names if isinstance(value, str)), "alembic_version")
    return name, next((value for value in schemas if isinstance(value, str)), None)


def _block(config: Config, discovery: Discovery, path: Path) -> Iterator[Finding]:
    sync = partial(sync_env, discovery, path, config=config)
    repair = partial(sync, fix_metadata=True)
    try:
        rewrite = sync(write=False)
        left = repair(write=False).problems if rewrite.problems else ()
    except EnvFileError as error:
        yield Finding(Problem(shown(path), 0, "XT401", "error", str(error)))
        return
    if rewrite.changed:
        come, go = rewrite.counts()
        message = f"the imports of models are not as the source has them: +{come} -{go} lines"
        yield Finding(Problem(rewrite.name, 0, "XT401", "error", message), repair)
    line = _none_target(rewrite.before)
    if line and discovery.tables:
        message = "target_metadata is None, so autogenerate compares nothing"
        yield Finding(Problem(rewrite.name, line, "XT402", "error", message), repair)
    for problem in rewrite.problems:
        yield Finding(problem, None if problem in left else repair)


def _none_target(source: bytes) -> int:
    """The line of the last `target_metadata = None`, if no other value follows it; else 0."""
    try:
        body = ast.parse(without_lazy(source.decode("latin-1")).encode("latin-1")).body
    except (SyntaxError, ValueError):
        return 0
    line = 0
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else ()
        if any(
            isinstance(target, ast.Name) and target.id == "target_metadata" for target in targets
        ):
            is_none = isinstance(node, ast.Assign) and _is_none(node.value)
            line = node.lineno if is_none else 0
    return line


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _spreads(call: ast.Call) -> bool:
    return any(keyword.arg is None for keyword in call.keywords)


def _add(path: Path, function: str, keyword: str) -> None:
    """Adds the keyword to each call that lacks it."""
    name = keyword.partition("=")[0]
    with locked(path):
        before = read_regular(path)
        source = before.decode()
        for number in range(len(list(calls_of(source, function)))):
            call = list(calls_of(source, function))[number]
            wanted = function != "configure" or names_keyword(call, "connection")
            if wanted and not names_keyword(call, name):
                source = with_keyword(source, call, keyword)
        replace_file(path, source.encode(), expected=before)


def _text(path: Path) -> str:
    try:
        return read_regular(path).decode("utf-8-sig", "replace")
    except OSError as error:
        raise EnvFileError(f"{shown(path)}: cannot be read: {error.strerror}") from error
