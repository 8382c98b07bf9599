"""A revision file's bytes → what it says about itself. Nothing of the file runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from xcore_tools.discovery.facts import Problem

__all__ = ["RevisionFile", "read_revision"]

_REVISION = "revision"
_NAMES = {_REVISION, "down_revision", "depends_on", "branch_labels"}


class RevisionFile(msgspec.Struct, frozen=True):
    """What the variables of a revision file hold. `line` is that of `revision = …`."""

    path: str
    line: int
    revision: str
    down: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()


def read_revision(path: str, data: bytes) -> RevisionFile | Problem | None:
    """The revision that a file defines; None for a Python file that defines none.

    The variables are those of Alembic's `script.py.mako`. One that is no literal is a Problem.
    """
    try:
        module = ast.parse(data, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 0
        reason = getattr(error, "msg", None) or str(error)
        return Problem(path, line, "XT305", "error", f"cannot be parsed: {reason}")
    values: dict[str, tuple[str, ...]] = {}
    line = 0
    for name, value in _assignments(module):
        names = _names(value)
        if names is None:
            message = (
                f"{name} is no plain text, so that it cannot be known without running the file"
            )
            return Problem(path, value.lineno, "XT305", "error", message)
        values[name] = names
        line = value.lineno if name == _REVISION else line
    if len(values.get(_REVISION, ())) != 1:
        return None
    return RevisionFile(
        path=path,
        line=line,
        revision=values[_REVISION][0],
        down=values.get("down_revision", ()),
        depends_on=values.get("depends_on", ()),
        branch_labels=values.get("branch_labels", ()),
    )


def _assignments(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for statement in module.body:
        match statement:
            # revision = …
            case ast.Assign(targets=targets, value=value):
                yield from (
                    (target.id, value)
                    for target in targets
                    if isinstance(target, ast.Name) and target.id in _NAMES
                )
            # revision: str = …
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                if name in _NAMES:
                    yield name, value


def _names(value: ast.expr) -> tuple[str, ...] | None:
    try:
        literal = ast.literal_eval(value)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None
    if literal is None:
        return ()
    names = (literal,) if isinstance(literal, str) else literal
    if not isinstance(names, list | tuple | set) or not all(isinstance(n, str) for n in names):
        return None
    return tuple(sorted(names)) if isinstance(names, set) else tuple(names)
