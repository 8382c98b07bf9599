"""A source text without the function bodies that cannot matter, and the line of each statement.

More than half of a code base is function bodies that say nothing about tables. `ast` reads ten times
as fast as libcst and knows where every statement begins and ends, so whole bodies are replaced by
`...` before libcst sees the text. Where `ast` cannot read the file (syntax newer than the running
Python), or the lines of statements do not suffice, the text stays whole and the lines are left to libcst.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

import msgspec

__all__ = ["Outline", "make_outline"]

_LONG_BODY = 15
_LONG_METHOD = 4
"""Lines without the docstring; a shorter body is kept, for it may be a helper that computes a name."""

_MAKES = re.compile(
    r"\b(?:\w*Table|MetaData|registry|mapper|declarative_base|automap_base|SQLAlchemy|to_?metadata|generate_base)\("
    r"|^\s*class\s|\bmap_(?:imperatively|declaratively)\b|\bas_declarative\b|__table\w*__|\btype\([^()]*,",
    re.MULTILINE,
)
_NEWLINE = re.compile(r"\r\n|\r|\n")


class Outline(msgspec.Struct, frozen=True):
    """`lines` holds the line of every statement of `text` in source order; None if not known."""

    text: str
    lines: tuple[int, ...] | None


def make_outline(source: str) -> Outline:
    """The outline of `source`; the text itself where nothing can be cut. Never raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the user's strings
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Outline(source, None)
    if any(_hides_table(statement, source) for statement in ast.walk(tree)):
        return Outline(source, None)
    starts = [0, *(match.end() for match in _NEWLINE.finditer(source))]
    starts.append(len(source))
    cutter = _Cutter(source, starts)
    lines = tuple(cutter.lines_of(tree.body))
    return Outline(cutter.reduced(), lines)


def _hides_table(node: ast.AST, source: str) -> bool:
    """Whether a simple statement makes a table further down than on its first line.

    Statements have known lines, calls inside them do not; libcst knows those, at a price.
    """
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr | ast.Return):
        return False
    if node.end_lineno == node.lineno or isinstance(node.value, ast.Constant):
        return False
    calls = (
        call for call in ast.walk(node) if isinstance(call, ast.Call) and call.lineno > node.lineno
    )
    return any(_called(call).endswith("Table") for call in calls)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


class _Cutter:
    """Walks the statements of a tree in source order and notes which spans of text to leave out."""

    def __init__(self, source: str, starts: list[int]) -> None:
        self._source = source
        self._starts = starts
        self._cuts: list[tuple[int, int, str]] = []
        self._in_class = False

    def reduced(self) -> str:
        pieces: list[str] = []
        done = 0
        for start, end, replacement in self._cuts:
            pieces += (self._source[done:start], replacement)
            done = end
        return "".join((*pieces, self._source[done:]))

    def lines_of(self, body: list[ast.stmt]) -> Iterator[int]:
        for statement in body:
            yield statement.lineno
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and self._cut(
                statement
            ):
                yield statement.lineno  # of the `...` that stands for the body
                continue
            outer, self._in_class = self._in_class, isinstance(statement, ast.ClassDef)
            for block in _blocks(statement):
                yield from self.lines_of(block)
            self._in_class = outer

    def _cut(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Notes the body of `function` for cutting, if it is long and makes nothing we look for."""
        first = min(_first_lines(function.body[0]))
        end_line = function.end_lineno or first
        is_plain_method = (
            self._in_class and not function.decorator_list and not function.name.startswith("__")
        )
        limit = _LONG_METHOD if is_plain_method else _LONG_BODY
        if first == function.lineno or _length(function, end_line) <= limit:
            return False
        start, end = self._starts[first - 1], self._starts[end_line]
        body = self._source[start:end]
        header = self._source[self._starts[first - 2] : start].rstrip()
        if _MAKES.search(function.name) or _MAKES.search(body) or header.endswith("\\"):
            return False
        indent = body[: len(body) - len(body.lstrip(" \t\f"))]
        newline = "\n" if body.endswith(("\n", "\r")) else ""
        self._cuts.append((start, end, f"{indent}...{newline}"))
        return True


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef, end_line: int) -> int:
    """The lines of a body from its first statement after the docstring."""
    for statement in function.body:
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            return end_line - statement.lineno + 1
    return 0


def _first_lines(statement: ast.stmt) -> Iterator[int]:
    yield statement.lineno
    for decorator in getattr(statement, "decorator_list", ()):
        yield decorator.lineno


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement in source order."""
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        value = getattr(statement, field, None) or ()
        for part in value:
            if not isinstance(part, ast.stmt):  # an except handler, a match case
                yield part.body
        if value and isinstance(value[0], ast.stmt):
            yield value
