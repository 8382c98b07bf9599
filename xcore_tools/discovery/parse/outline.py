"""A source text without its functions, which are kept aside unread, and the line of each statement.

More than half of a code base is functions that nobody calls while modules are imported. `ast` reads ten
times as fast as libcst and knows where every statement begins and ends, so `def f(): ...` takes the
place of each function of a module or a class before libcst sees the text; its source is kept and read
when a call of it is followed. Imports and functions without decorators are facts already: one `...`
stands for a row of them. Where `ast` cannot read the file (syntax newer than the running Python),
or the lines of statements do not suffice, the text stays whole and the lines are left to libcst.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from itertools import accumulate

import msgspec

from xcore_tools.discovery.catalog.symbols import TABLE
from xcore_tools.discovery.ir import (
    Assign,
    Block,
    Call,
    Expression,
    FunctionDef,
    Statement,
    Unread,
)
from xcore_tools.discovery.parse.ast_statements import ReadyReader
from xcore_tools.discovery.parse.lazy import without_lazy

_NEWLINE = re.compile(r"\r\n|\r|\n")
_CONTINUED = re.compile(r"\\\s*?[\r\n]")

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Outline(msgspec.Struct, frozen=True):
    """`lines` holds the line of every statement of `text` in source order; None if not known.

    `functions` holds what was cut of each function of `text`, in the same order; None for one that
    stands there as it is. `arguments` holds what was cut of the call that is assigned in a line,
    `ready` the facts that each statement `...` of `text` stands for, none for one of the source; `aside`
    is the source of those facts that are long. What `is_short` has no statement, set aside or not, that
    is long enough to nest, or to chain, more than a parser can take. `whole` is what `text` was cut from.
    """

    text: str
    lines: tuple[int, ...] | None
    functions: tuple[Unread | None, ...] = ()
    arguments: dict[int, Unread] = {}
    ready: tuple[Block, ...] = ()
    is_short: bool = False
    aside: str = ""
    whole: str | None = None


_SHORT = 600
"""Characters of one statement: a chain of as many operators is longer."""
_MAX_BRACKETS = 100
_SHORT_SQUARES = 10_000_000
_MANY_BRANCHES = 600


def make_outline(source: str, *, cuts: bool = True) -> Outline:
    """The outline of `source`; the text itself where nothing can be cut. Never raises."""
    try:
        source, tree = _parsed(source)
        cutter = _Cutter(source, cuts=cuts)
        cutter.walk(tree.body, end=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError):
        return Outline(source, None)
    if cutter.hides_tables:
        return Outline(source, None)
    text = cutter.reduced()
    is_short = cutter.is_short and text.count("elif") < _MANY_BRANCHES
    ready = tuple(map(tuple, cutter.ready))
    return Outline(
        text,
        tuple(cutter.lines),
        tuple(cutter.functions),
        cutter.arguments,
        ready,
        is_short,
        cutter.aside,
        source,
    )


def _parsed(source: str) -> tuple[str, ast.Module]:
    """The tree of `source`; the text that it is of has plain imports where this Python knows no lazy ones."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in the user's strings
        try:
            return source, ast.parse(source)
        except SyntaxError:
            plain = without_lazy(source)
            if plain == source:
                raise
            return plain, ast.parse(plain)


def _hides_table(node: ast.stmt) -> bool:
    """Whether a simple statement makes a table further down than on its first line.

    Statements have known lines, calls inside them do not; libcst knows those, at a price.
    """
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr | ast.Return):
        return False
    if isinstance(node.value, ast.Constant):
        return False
    calls = (
        call for call in ast.walk(node) if isinstance(call, ast.Call) and call.lineno > node.lineno
    )
    return any(_called(call).endswith(TABLE.name) for call in calls)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _starts_of_lines(source: str) -> list[int]:
    """Where each line begins; the end of the text stands for one more."""
    if "\r" in source:
        return [0, *(match.end() for match in _NEWLINE.finditer(source)), len(source)]
    sizes = accumulate(map(len, source.split("\n")))
    ends = [size + number for number, size in enumerate(sizes, 1)]
    return [0, *ends[:-1], len(source)]


class _Cutter:
    """Walks the statements of a tree in source order and notes which spans of text to leave out."""

    def __init__(self, source: str, *, cuts: bool) -> None:
        self.lines: list[int] = []  # of the statements that are left, in source order
        self.functions: list[Unread | None] = []
        self.arguments: dict[int, Unread] = {}
        self.ready: list[list[Statement]] = []
        self.hides_tables = False
        self._source = source
        self._starts = _starts_of_lines(source)
        self._ready = ReadyReader(source, self._starts)
        self._has_tables = TABLE.name in source
        self._has_continued = _CONTINUED.search(source) is not None
        self._cuts: list[tuple[int, int, str]] = []
        self._may_cut = cuts
        self._is_in_class = False
        self._has_long = False
        self._aside: list[str] = []
        self._squares = 0

    @property
    def aside(self) -> str:
        """The long ones among the statements that are facts already."""
        return "".join(self._aside)

    @property
    def is_short(self) -> bool:
        """Whether all statements that are left are short, and not too many."""
        return not self._has_long and self._squares < _SHORT_SQUARES

    def reduced(self) -> str:
        pieces: list[str] = []
        done = 0
        for start, end, replacement in self._cuts:
            pieces += (self._source[done:start], replacement)
            done = end
        return "".join((*pieces, self._source[done:]))

    def walk(self, body: list[ast.stmt], end: int | None = None) -> None:
        """Goes through the statements of a block, which follow line `end`, and those inside of them."""
        is_in_row = False  # of statements that are facts already
        for statement in body:
            if self._may_cut and end is not None:
                self._cut_between(end, statement)
            end = statement.end_lineno
            if self._may_cut and len(body) > 1 and self._cut_text(statement):
                continue
            if self._may_cut and self._cut_ready(statement, is_in_row=is_in_row):
                if not is_in_row:
                    self.lines.append(statement.lineno)
                is_in_row = True
            else:
                is_in_row = False
                self.lines.append(statement.lineno)
                self._keep(statement)

    def _keep(self, statement: ast.stmt) -> None:
        """Notes what is left of a statement that stays, and what is inside of it."""
        if _is_ellipsis(statement):
            self.ready.append([])
        if isinstance(statement, _Function):
            unread = self._cut(statement)
            self.functions.append(unread)
            if unread is not None:
                self._measure(statement, statement.lineno)
                return
        if self._is_in_class and self._may_cut and self._cut_arguments(statement):
            self._measure(statement, statement.lineno)
            return
        self._measure(statement, _last_line(statement))
        if self._has_tables and statement.end_lineno != statement.lineno:
            self.hides_tables = self.hides_tables or _hides_table(statement)
        if isinstance(statement, _COMPOUND):
            self._keep_inside(statement)

    def _measure(self, statement: ast.stmt, last: int, *, aside: list[str] | None = None) -> None:
        """Notes the size of a statement up to its line `last`, and in `aside` the text of a long one."""
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return  # a docstring, however long
        start, end = self._starts[_first_line(statement) - 1], self._starts[last]
        size = end - start
        self._squares += size * size
        if size >= 2 * _MAX_BRACKETS and (
            size >= _SHORT or sum(self._source.count(c, start, end) for c in "([{") > _MAX_BRACKETS
        ):
            self._has_long = True
            if aside is not None:
                aside.append(self._source[start:end])

    def _keep_inside(self, statement: ast.stmt) -> None:
        """What a loop or a function makes may differ in every round or call: it is read as a whole."""
        outer = self._may_cut, self._is_in_class
        self._may_cut = outer[0] and not isinstance(statement, _REPEATED)
        self._is_in_class = isinstance(statement, ast.ClassDef)
        for block in _blocks(statement):
            self.walk(block)
        self._may_cut, self._is_in_class = outer

    def _cut_ready(self, statement: ast.stmt, *, is_in_row: bool) -> bool:
        """Takes out what is a fact already, unless it shares a line with something else.

        `is_in_row` says that the statement before it was taken out, too: one `...` stands for both.
        """
        facts = self._ready.facts_of(statement, is_in_class=self._is_in_class)
        if not facts:
            return False
        line = _first_line(statement)
        first, end = self._starts[line - 1], self._starts[statement.end_lineno or line]
        text = self._source[first:end]
        indent = text[: len(text) - len(text.lstrip(" \t\f"))]
        if not self._is_alone(statement, line, indent):
            return False
        if last := _last_measured(statement, facts[0]):
            self._measure(statement, last, aside=self._aside)
        if is_in_row:
            self.ready[-1] += facts
            self._cuts.append((first, end, ""))
        else:
            self.ready.append(facts)
            self._cuts.append((first, end, f"{indent}...\n"))
        return True

    def _is_alone(self, statement: ast.stmt, line: int, indent: str) -> bool:
        """Whether nothing else stands in the lines of a statement, which begins in `line`."""
        start, last = self._starts[line - 1], statement.end_lineno or line
        if self._is_continued(line) or (
            not self._source.startswith("@", start + len(indent))
            if line != statement.lineno
            else len(indent) != statement.col_offset
        ):
            return False
        text = self._source[self._starts[last - 1] : self._starts[last]]
        end = statement.end_col_offset or 0  # in bytes
        after = text[end:] if text.isascii() else text.encode()[end:].decode()
        return after.lstrip()[:1] in {"", "#"}

    def _cut(self, function: _Function) -> Unread | None:
        """Takes `function` out of the text, unless it shares a line with something else."""
        line = function.lineno
        first, end = self._starts[line - 1], self._starts[function.end_lineno or line]
        if not self._may_cut or self._is_continued(line) or function.body[0].lineno == line:
            return None
        text = self._source[first:end]
        indent = text[: len(text) - len(text.lstrip(" \t\f"))]
        if not function.name.isascii() or not text.startswith(("def", "async"), len(indent)):
            return None
        newline = "\n" if text.endswith(("\n", "\r")) else ""
        self._cuts.append((first, end, f"{indent}def {function.name}(): ...{newline}"))
        return Unread(text, line)

    def _cut_between(self, end: int, statement: ast.stmt) -> None:
        """Takes out the lines between a statement, which ends in line `end`, and the next: comments at most."""
        line = _first_line(statement)
        last, first = self._starts[end], self._starts[line - 1]
        is_decorated = bool(getattr(statement, "decorator_list", ()))
        if (
            last < first
            and not (end and self._source[self._starts[end - 1] : last].rstrip().endswith("\\"))
            and (not is_decorated or self._source[first : self._starts[line]].lstrip()[:1] == "@")
        ):
            self._cuts.append((last, first, ""))

    def _cut_text(self, statement: ast.stmt) -> bool:
        """Takes out a text that stands alone, such as a docstring, with its lines."""
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Constant):
            return False
        line, end = statement.lineno, statement.end_lineno or statement.lineno
        start, stop = self._starts[line - 1], self._starts[end]
        text = self._source[start:stop].strip()
        if not _TEXT.fullmatch(text) or self._is_continued(line):
            return False
        self._cuts.append((start, stop, ""))
        return True

    def _is_continued(self, line: int) -> bool:
        """Whether a line belongs to the one above it by a backslash."""
        if not self._has_continued:
            return False
        above = self._source[self._starts[max(line - 2, 0)] : self._starts[line - 1]]
        return above.rstrip().endswith("\\")

    def _cut_arguments(self, statement: ast.stmt) -> bool:
        """Takes the arguments out of `name = call(…)`."""
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            return False
        found = self._ready.unread_of(statement)
        if found is None:
            return False
        start, end, unread = found
        self._cuts.append((start, end, "()"))
        self.arguments[statement.lineno] = unread
        return True


_TEXT = re.compile(
    r'''[rR]?(?:"""[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*"""|"[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*"'''
    r"""|\'\'\'[^\'\\]*+(?:(?:\\.|\'(?!\'\'))[^\'\\]*+)*\'\'\')""",
    re.DOTALL,
)

_REPEATED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.For, ast.AsyncFor, ast.While)
_COMPOUND = (
    *_REPEATED,
    ast.ClassDef,
    ast.If,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)


def _is_ellipsis(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and value.value is ...


_SEVERAL_HEADS = (ast.Try, ast.TryStar, ast.Match)


def _last_measured(statement: ast.stmt, fact: Statement) -> int:
    """The last line of a statement that is a fact already of what is read now; 0 if that is never long."""
    if isinstance(fact, FunctionDef):
        return statement.lineno if fact.decorators else 0
    if isinstance(fact, Assign) and isinstance(fact.value, Call) and fact.value.unread:
        return statement.lineno
    return (statement.end_lineno or 0) if isinstance(fact, Assign | Expression) else 0


def _first_line(statement: ast.stmt) -> int:
    """Where a statement begins, with what decorates it."""
    decorators = getattr(statement, "decorator_list", None)
    return min(statement.lineno, decorators[0].lineno) if decorators else statement.lineno


def _last_line(statement: ast.stmt) -> int:
    """The last line of a statement, of a compound one with a single head that of its head."""
    is_single = isinstance(statement, _COMPOUND) and not isinstance(statement, _SEVERAL_HEADS)
    for block in _blocks(statement) if is_single else ():
        return max(statement.lineno, _first_line(block[0]))
    return statement.end_lineno or statement.lineno


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement in source order."""
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        value = getattr(statement, field, None) or ()
        for part in value:
            if not isinstance(part, ast.stmt):  # an except handler, a match case
                yield part.body
        if value and isinstance(value[0], ast.stmt):
            yield value
