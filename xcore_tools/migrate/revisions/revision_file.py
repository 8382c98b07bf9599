"""A revision file's bytes → what it says about itself. Nothing of the file runs."""

from __future__ import annotations

import ast
import re
import warnings
from collections import deque
from collections.abc import Iterator

import msgspec

from xcore_tools.discovery.results import Problem

_REVISION, _DOWN = "revision", "down_revision"
_NAMES = {_REVISION, _DOWN, "depends_on", "branch_labels"}
# https://github.com/sqlalchemy/alembic/blob/main/alembic/script/base.py: _only_source_rev_file, _legacy_rev
_OTHER_FILES = (".#", "__init__")
_ID_AS_NAME = re.compile(r"(?:.*/)?([a-f0-9]+)\.py")


class RevisionFile(msgspec.Struct, frozen=True):
    """What the variables of a revision file hold.

    `line` is that of `revision = …`; 0 where the name of the file is the id.
    """

    path: str
    line: int
    revision: str
    down: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()


def is_revision_name(name: str) -> bool:
    """Whether Alembic takes a file of this name, in a directory of revisions, for a revision."""
    return name.endswith(".py") and not name.startswith(_OTHER_FILES)


def read_revision(path: str, data: bytes) -> RevisionFile | Problem:
    """The revision that a file defines by the variables of Alembic's `script.py.mako`.

    A file that Alembic cannot load, or whose variables are no literals, is a Problem.
    """
    try:
        with warnings.catch_warnings():  # those of a text with a wrong escape are not ours to print
            warnings.simplefilter("ignore")
            module = ast.parse(data, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 0
        reason = getattr(error, "msg", None) or str(error)
        return _refused(path, line, f"cannot be parsed: {reason}")
    values: dict[str, tuple[str, ...]] = {}
    lines: dict[str, int] = {}
    for name, value, line in _bindings(module):
        names = _names(value)
        if name == _REVISION and not (names and isinstance(value, ast.Constant)):
            names = None  # one text is an id; several are none
        if names is None or "" in names:
            message = f"{name} is not written as plain text, so only running the file would tell it"
            return _refused(path, line, f"{name} is empty" if names else message)
        values[name], lines[name] = names, line
    return _revision(path, values, lines)


def _revision(
    path: str, values: dict[str, tuple[str, ...]], lines: dict[str, int]
) -> RevisionFile | Problem:
    named = _ID_AS_NAME.fullmatch(path)
    if _REVISION in values:
        (revision,) = values[_REVISION]
    elif named:
        revision = named[1]
    else:
        return _refused(
            path, 0, "has no revision, and Alembic takes it for one; move it to another directory"
        )
    if _DOWN not in values:
        return _refused(
            path, 0, "has no down_revision; write `down_revision = None` for a first one"
        )
    return RevisionFile(
        path=path,
        line=lines.get(_REVISION, 0),
        revision=revision,
        down=values[_DOWN],
        depends_on=values.get("depends_on", ()),
        branch_labels=values.get("branch_labels", ()),
    )


def _refused(path: str, line: int, message: str) -> Problem:
    return Problem(path, line, "XT305", "error", message)


def _bindings(module: ast.Module) -> Iterator[tuple[str, ast.expr | None, int]]:
    """Each time that one of the variables gets a value; None where that is no plain assignment."""
    for statement in module.body:
        pairs: list[tuple[ast.AST, ast.expr | None]]
        match statement:
            # revision = …
            case ast.Assign(targets=targets, value=value):
                pairs = [(node, value if isinstance(node, ast.Name) else None) for node in targets]
            case ast.AnnAssign(value=None):
                pairs = []  # an annotation alone binds nothing
            # revision: str = …
            case ast.AnnAssign(target=target, value=value):
                pairs = [(target, value)]
            case _:
                pairs = [(statement, None)]
        for node, value in pairs:
            yield from ((name, value, statement.lineno) for name in _bound(node))


def _bound(node: ast.AST) -> Iterator[str]:
    """The variables that a node binds in the scope that it stands in."""
    ahead = deque([node])
    while ahead:
        found: str | None = None
        match ahead.popleft():
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found = name
            case ast.ClassDef(name=name):
                found = name
            case (
                ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp()
            ):
                pass  # a scope of its own
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found = name
            case ast.alias(name=name, asname=alias):
                found = alias or name
            case other:
                ahead += ast.iter_child_nodes(other)
        if found in _NAMES:
            yield found


def _names(value: ast.expr | None) -> tuple[str, ...] | None:
    """The texts of a literal; None where it is not one, or holds anything else."""
    if value is None:
        return None
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
