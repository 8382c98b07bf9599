"""A revision file's bytes → what it says about itself. Nothing of the file runs."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter, deque
from collections.abc import Iterator

import msgspec

from xcore_tools.discovery.results import Problem

_REVISION, _DOWN = "revision", "down_revision"
_OPTIONAL = {"depends_on", "branch_labels"}
_NAMES = {_REVISION, _DOWN, *_OPTIONAL}
# https://github.com/sqlalchemy/alembic/blob/main/alembic/script/base.py: _only_source_rev_file, _legacy_rev
_OTHER_FILES = (".#", "__init__")
_ID_AS_NAME = re.compile(r"(?:.*/)?([a-f0-9]+)\.py")


class RevisionFile(msgspec.Struct, frozen=True):
    """What the variables of a revision file hold.

    `line` is that of `revision = …`; 0 where the name of the file is the id. `notes` say which of its
    labels and dependencies are not known; the revision has its place without them.
    """

    path: str
    line: int
    revision: str
    down: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()


def is_revision_name(name: str) -> bool:
    """Whether Alembic takes a file of this name, in a directory of revisions, for a revision."""
    return name.endswith(".py") and not name.startswith(_OTHER_FILES)


def read_revision(path: str, data: bytes) -> RevisionFile | Problem:
    """The revision that a file defines by the variables of Alembic's `script.py.mako`.

    A file that Alembic cannot load, or whose id or place is not written as literals and constants of
    the file, is a Problem.
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
    unknown: dict[str, Problem] = {}
    constants = _Constants(module)
    for name, value, line in _bindings(module):
        literal = constants.value(value) if value is not None else _UNKNOWN
        names = _names(literal)
        if name == _REVISION and not isinstance(literal, str):
            names = None  # one text is an id; several are none
        if names is None and name in _OPTIONAL:
            message = f"{name} is not known: only running the file would tell it"
            unknown[name] = Problem(path, line, "XT305", "note", message)
            values.pop(name, None)
            continue
        if names is None or "" in names:
            message = f"{name} is not written as plain text, so only running the file would tell it"
            return _refused(path, line, f"{name} is empty" if names else message)
        values[name], lines[name] = names, line
        unknown.pop(name, None)
    return _revision(path, values, lines, tuple(unknown.values()))


def _revision(
    path: str,
    values: dict[str, tuple[str, ...]],
    lines: dict[str, int],
    notes: tuple[Problem, ...],
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
        notes=notes,
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


def _names(literal: object) -> tuple[str, ...] | None:
    """The texts of a value; None where it is not known, or holds anything else."""
    if literal is None:
        return ()
    names = (literal,) if isinstance(literal, str) else literal
    if not isinstance(names, list | tuple | set) or not all(isinstance(n, str) for n in names):
        return None
    return tuple(sorted(names)) if isinstance(names, set) else tuple(names)


_UNKNOWN = object()
_COLLECTIONS: dict[str, type] = {"tuple": tuple, "list": list, "set": set}


class _Constants:
    """The values of expressions that are made of literals and of constants of the file.

    A constant is a name that the module binds once, at its top level, to such an expression.
    """

    def __init__(self, module: ast.Module) -> None:
        bound = Counter(_bound_name(node) for node in ast.walk(module))
        self._values = {
            statement.targets[0].id: statement.value
            for statement in module.body
            if isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
            and bound[statement.targets[0].id] == 1
        }

    def value(self, expr: ast.expr, depth: int = 0) -> object:
        """The literal that `expr` is; a mark of its own where it is not known."""
        if depth > _MAX_DEPTH:
            return _UNKNOWN
        match expr:
            case ast.Name(id=name) if name in self._values:
                return self.value(self._values[name], depth + 1)
            case ast.JoinedStr(values=parts):
                return self._text([self._part(part, depth) for part in parts])
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                found = [self.value(item, depth + 1) for item in items]
                are_texts = all(isinstance(each, str) for each in found)
                kind = set if isinstance(expr, ast.Set) else tuple
                return kind(found) if are_texts else _UNKNOWN
            case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if (
                name in _COLLECTIONS and name not in self._values
            ):
                names = _names(self.value(inner, depth + 1))
                return _COLLECTIONS[name](names) if names else _UNKNOWN
        return _literal(expr)

    def _part(self, part: ast.expr, depth: int) -> object:
        """A piece of an f-string: a text, or a constant without a format of its own."""
        if isinstance(part, ast.FormattedValue):
            is_plain = part.conversion == -1 and part.format_spec is None
            return self.value(part.value, depth + 1) if is_plain else _UNKNOWN
        return _literal(part)

    def _text(self, parts: list[object]) -> object:
        texts = [part for part in parts if isinstance(part, str)]
        return "".join(texts) if len(texts) == len(parts) else _UNKNOWN


_MAX_DEPTH = 20


def _bound_name(node: ast.AST) -> str | None:
    """The name that a node binds, in whatever scope."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.alias(name=name, asname=alias):
            return alias or name
    return None


def _literal(expr: ast.expr) -> object:
    try:
        return ast.literal_eval(expr)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return _UNKNOWN
