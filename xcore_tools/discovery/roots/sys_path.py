"""What a script does to `sys.path`, followed in its source without running it. Pure.

Paths are POSIX and relative to the project. What cannot be followed leads nowhere: no directory is
guessed.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

import msgspec

_SAME = frozenset(
    {
        *("abspath", "realpath", "normpath", "expanduser", "expandvars", "fspath", "str"),
        *("Path", "PurePath", "PosixPath", "resolve", "absolute", "as_posix"),
    }
)
"""Functions and methods that return another spelling of the path that they are given."""
_CWD = frozenset({"getcwd", "cwd"})
_DOTS = {"pardir": "..", "curdir": "."}
_DEPTH = 50
"""Expressions that nest more deeply, or names that lead through more others, are not followed."""


class _Text(msgspec.Struct, frozen=True):
    """A path; one that is not `anchored` is relative to the working directory."""

    path: str
    anchored: bool = False


class _Parents(msgspec.Struct, frozen=True):
    """`Path.parents`"""

    path: _Text


class Added(msgspec.Struct, frozen=True, order=True):
    """A directory that is put on `sys.path`, in this line; `is_relative` to where Python is started."""

    directory: str
    line: int
    is_relative: bool = False


def added_directories(file: str, data: bytes) -> tuple[Added, ...]:
    """Return the directories that the script `file` puts on `sys.path`, sorted.

    Followed are `insert`, `append`, `extend`, `+=`, slices and new lists of `sys.path`, and
    `site.addsitedir`, with paths made of `__file__`, `os.path` and `pathlib`.
    """
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    reader = _Reader(file, tree)
    return tuple(sorted(set(reader.added())))


class _Reader:
    def __init__(self, file: str, tree: ast.Module) -> None:
        self._file = file
        self._tree = tree
        self._values: dict[str, list[ast.expr]] = {}
        self._paths = {"path"} if _imports_path(tree) else set[str]()
        for node in ast.walk(tree):
            for name, value in _assigned(node):
                self._values.setdefault(name, []).append(value)

    def added(self) -> Iterator[Added]:
        for node in ast.walk(self._tree):
            for value in self._put_in(node):
                for found in self._alternatives(value):
                    path = posixpath.normpath(found.path)
                    line = getattr(node, "lineno", 0)
                    yield Added("" if path == "." else path, line, not found.anchored)

    def _alternatives(self, value: ast.expr) -> Iterator[_Text]:
        """What an expression stands for; in a loop over literals, once for each of these."""
        names = [node.id for node in ast.walk(value) if isinstance(node, ast.Name)]
        varying = [name for name in dict.fromkeys(names) if len(self._values.get(name, ())) > 1]
        if len(varying) > 1:
            return
        name = varying[0] if varying else ""
        several = self._values.get(name, [])
        for each in several or [value]:
            if several:
                self._values[name] = [each]
            if isinstance(found := self._value(value, 0), _Text):
                yield found
        if several:
            self._values[name] = several

    def _put_in(self, node: ast.AST) -> Iterator[ast.expr]:
        """The expressions that a statement or a call adds to `sys.path`."""
        match node:
            case ast.Call(ast.Attribute(target, "insert"), [_, value]) if self._is_path(target):
                yield value
            case ast.Call(ast.Attribute(target, "append"), [value]) if self._is_path(target):
                yield value
            case ast.Call(ast.Attribute(target, "extend"), [value]) if self._is_path(target):
                yield from self._items(value)
            case ast.Call(ast.Attribute(_, "addsitedir") | ast.Name("addsitedir"), [value, *_]):
                yield value
            case ast.AugAssign(target, ast.Add(), value) if self._is_path(target):
                yield from self._items(value)
            case ast.Assign([ast.Subscript(target, ast.Slice())], value) if self._is_path(target):
                yield from self._items(value)
            case ast.Assign([target], value) if self._is_path(target):
                yield from self._items(value)

    def _is_path(self, node: ast.expr) -> bool:
        match node:
            case ast.Attribute(ast.Name("sys"), "path"):
                return True
            case ast.Name(name):
                return name in self._paths
        return False

    def _items(self, value: ast.expr, depth: int = 0) -> Iterator[ast.expr]:
        """The items of lists, of sums of lists, of comprehensions over them."""
        match value:
            case ast.List(items) | ast.Tuple(items) | ast.Set(items):
                for item in items:
                    yield from (
                        self._items(item.value) if isinstance(item, ast.Starred) else [item]
                    )
            case ast.BinOp(left, ast.Add(), right):
                yield from self._items(left, depth + 1)
                yield from self._items(right, depth + 1)
            case ast.ListComp(ast.Name(name), [ast.comprehension(ast.Name(of), items)]) if (
                name == of
            ):
                yield from self._items(items, depth + 1)
            case ast.ListComp(
                ast.Call(ast.Name("str"), [ast.Name(name)]),
                [ast.comprehension(ast.Name(of), items)],
            ) if name == of:
                yield from self._items(items, depth + 1)
            case ast.Name(name) if depth < _DEPTH and len(self._values.get(name, ())) == 1:
                yield from self._items(self._values[name][0], depth + 1)

    def _value(self, node: ast.expr, depth: int) -> _Text | _Parents | None:
        """What an expression stands for."""
        match node:
            case _ if depth > _DEPTH:
                pass
            case ast.Constant(str(text)):
                return _Text(text)
            case ast.Name() | ast.Attribute():
                return self._named(node, depth + 1)
            case ast.Subscript(inner, ast.Constant(int(number))) if number >= 0:
                return self._at(inner, number, depth + 1)
            case ast.BinOp(left, ast.Div() | ast.Add(), right):
                parts = [self._value(part, depth + 1) for part in (left, right)]
                is_path = isinstance(node.op, ast.Div)
                return _join(parts[0], parts[1]) if is_path else _concatenated(parts)
            case ast.JoinedStr(parts):
                return _concatenated([self._formatted(part, depth + 1) for part in parts])
            case ast.NamedExpr(_, value):
                return self._value(value, depth + 1)
            case ast.Call():
                return self._called(node, depth + 1)
        return None

    def _named(self, node: ast.Name | ast.Attribute, depth: int) -> _Text | _Parents | None:
        """A name, `os.pardir`, `path.parent` or `path.parents`."""
        name = node.id if isinstance(node, ast.Name) else node.attr
        if name in _DOTS:
            return _Text(_DOTS[name])
        if isinstance(node, ast.Name):
            if name == "__file__":
                return _Text(self._file, anchored=True)
            values = self._values.get(name, [])
            return self._value(values[0], depth) if len(values) == 1 else None
        found = self._value(node.value, depth) if name in {"parent", "parents"} else None
        if name == "parents":
            return _Parents(found) if isinstance(found, _Text) else None
        return _up(found, 1)

    def _at(self, inner: ast.expr, number: int, depth: int) -> _Text | None:
        """`path.parents[number]`, or `os.path.split(path)[0]`."""
        found = self._value(inner, depth)
        if isinstance(found, _Parents):
            return _up(found.path, number + 1)
        is_split = isinstance(inner, ast.Call) and _name(inner.func) == "split"
        return _up(found, 1) if is_split and number == 0 else None

    def _formatted(self, part: ast.expr, depth: int) -> _Text | _Parents | None:
        if isinstance(part, ast.FormattedValue):
            return self._value(part.value, depth) if part.format_spec is None else None
        return self._value(part, depth)

    def _called(self, call: ast.Call, depth: int) -> _Text | _Parents | None:
        """What functions of `os` and `os.path`, and methods and classes of `pathlib`, return."""
        name = _name(call.func)
        arguments = [self._value(argument, depth) for argument in call.args]
        first = arguments[0] if arguments else None
        owner = None
        if isinstance(call.func, ast.Attribute):
            owner = self._value(call.func.value, depth)
        if name in _CWD:
            return _Text(".")
        if name in _SAME and len(arguments) <= 1:
            found = first if arguments else owner
            return found if isinstance(found, _Text) else None
        if name == "dirname" and len(arguments) == 1:
            return _up(first, 1)
        if name == "split" and len(arguments) == 1 and owner is None:
            return first
        if name in {"join", "joinpath", "Path", "PurePath"}:
            parts = arguments if owner is None else [owner, *arguments]
            found = parts[0] if parts else None
            for part in parts[1:]:
                found = _join(found, part)
            return found
        return None


def _imports_path(tree: ast.Module) -> bool:
    """Whether `path` is that of `sys`: `from sys import path`."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "sys"
        and any(alias.name == "path" and alias.asname is None for alias in node.names)
        for node in ast.walk(tree)
    )


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets, value):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, value
        case ast.AnnAssign(ast.Name(name), _, ast.expr() as value):
            yield name, value
        case ast.NamedExpr(ast.Name(name), value):
            yield name, value
        case ast.For(ast.Name(name), ast.List(items) | ast.Tuple(items)):
            for item in items:
                yield name, item


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _up(path: object, steps: int) -> _Text | None:
    """The directory so many steps above; a relative name alone lies in the working directory."""
    if not isinstance(path, _Text):
        return None
    found = path.path
    for _ in range(steps):
        found = posixpath.normpath(found)
        leads_up = found in ("", ".", "..") or found.endswith("/..")
        found = posixpath.join(found, "..") if leads_up else posixpath.dirname(found)
    return _Text(found or ".", path.anchored)


def _join(left: object, right: object) -> _Text | None:
    if not isinstance(left, _Text) or not isinstance(right, _Text) or right.anchored:
        return right if isinstance(right, _Text) and right.anchored else None
    if right.path.startswith("/"):
        return None  # a place of one machine
    return _Text(posixpath.join(left.path, right.path), left.anchored)


def _concatenated(parts: list[_Text | _Parents | None]) -> _Text | None:
    texts = [part for part in parts if isinstance(part, _Text)]
    if not texts or len(texts) != len(parts) or any(part.anchored for part in texts[1:]):
        return None
    return _Text("".join(part.path for part in texts), texts[0].anchored)
