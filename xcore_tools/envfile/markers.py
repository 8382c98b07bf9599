"""Where the marker comments of an env.py are, and whether they make one sound pair."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from xcore_tools.envfile.source import Source, indent_of
from xcore_tools.errors import EnvFileError

START = "# AUTO-GENERATED IMPORTS START"
END = "# AUTO-GENERATED IMPORTS END"

_Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement

_MARKER = re.compile(r"#[ \t]*AUTO-GENERATED IMPORTS (START|END)[ \t\f]*")
_SIMILAR = re.compile(r"#.*\bauto-?generated imports\b", re.IGNORECASE)


@dataclass(frozen=True)
class Pair:
    """Two markers by their 1-based lines, the whitespace before them, and whether text lies between."""

    first: int
    last: int
    indent: str
    is_filled: bool


@dataclass(frozen=True)
class _Marker:
    """`suite` identifies the suite whose statements the comment stands between."""

    line: int
    is_start: bool
    suite: int
    indent: str


def find_pairs(source: Source) -> tuple[Pair, ...]:
    """The marker pairs in order of their lines.

    Raises:
        EnvFileError: a marker lacks its partner, or stands where it cannot mark statements.
    """
    comments = _Comments(source)
    if comments.faults:
        line, fault = min(comments.faults)
        raise EnvFileError(
            f"line {line}: {fault}; move it to a line of its own, between statements"
        )
    return tuple(
        Pair(start.line, end.line, start.indent, _is_filled(source, start.line, end.line))
        for start, end in _matched(comments.markers)
    )


def choose_pair(pairs: Sequence[Pair]) -> Pair | None:
    """The pair to use: the filled one, or the first if all are empty.

    Raises:
        EnvFileError: several are filled.
    """
    filled = [pair for pair in pairs if pair.is_filled]
    if len(filled) > 1:
        places = ", ".join(f"{pair.first} to {pair.last}" for pair in filled)
        raise EnvFileError(f"lines {places}: several blocks are filled; keep one pair of markers")
    return next(iter([*filled, *pairs]), None)


def find_strays(source: Source) -> tuple[int, ...]:
    """The lines of comments that look like a marker but are spelled otherwise."""
    return tuple(_Comments(source).strays)


def _is_filled(source: Source, first: int, last: int) -> bool:
    return any(map(str.strip, source.lines[first : last - 1]))


def _matched(markers: Sequence[_Marker]) -> Iterator[tuple[_Marker, _Marker]]:
    """Each START with its END."""
    opened: _Marker | None = None
    for marker in markers:
        if marker.is_start:
            if opened:
                fault = f"START, and that of line {opened.line} still lacks its END"
                raise EnvFileError(f"line {marker.line}: {fault}; keep one pair of markers")
            opened = marker
        elif not opened:
            is_swapped = any(other.is_start for other in markers if other.line > marker.line)
            fault = "END stands before START" if is_swapped else "END without a START above it"
            raise EnvFileError(f"line {marker.line}: {fault}; write START above END")
        elif marker.suite != opened.suite:
            fault = "the markers belong to different blocks of code"
            raise EnvFileError(f"lines {opened.line} and {marker.line}: {fault}; indent them alike")
        else:
            yield opened, marker
            opened = None
    if opened:
        raise EnvFileError(f"line {opened.line}: START without an END below it; write both")


class _Comments(cst.CSTVisitor):
    """The markers in order, what is wrong with any of them, and comments that are only similar."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.markers: list[_Marker] = []
        self.faults: list[tuple[int, str]] = []
        self.strays: list[int] = []
        self._lines = source.lines
        self._step = source.module.default_indent
        self._indent = ""
        # the comments between the statements of a suite: the suite, and its indentation
        self._suites: dict[int, tuple[int, str]] = {}
        wrapper = MetadataWrapper(source.module, unsafe_skip_copy=True)
        self._positions = wrapper.resolve(PositionProvider)
        source.module.visit(self)

    def visit_Module(self, node: cst.Module) -> None:
        self._enter(node, [*node.header])

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:
        self._indent += self._step if node.indent is None else node.indent
        self._enter(node, [*node.footer])

    def leave_IndentedBlock(self, original_node: cst.IndentedBlock) -> None:
        indent = self._step if original_node.indent is None else original_node.indent
        self._indent = self._indent.removesuffix(indent)

    def visit_Comment(self, node: cst.Comment) -> None:
        line = self._positions[node].start.line
        match = _MARKER.fullmatch(node.value)
        if match is None:
            if _SIMILAR.match(node.value):
                self.strays.append(line)
            return
        suite, indent = self._suites.get(id(node), (0, ""))
        if suite and indent_of(self._lines[line - 1]) == indent:
            self.markers.append(_Marker(line, match[1] == "START", suite, indent))
        else:
            self.faults.append((line, "the marker stands beside or inside a statement"))

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self._look_into(node, node.raw_value)

    def visit_FormattedStringText(self, node: cst.FormattedStringText) -> None:
        self._look_into(node, node.value)

    def visit_TemplatedStringText(self, node: cst.TemplatedStringText) -> None:
        self._look_into(node, node.value)

    def _enter(self, suite: cst.Module | cst.IndentedBlock, around: list[cst.EmptyLine]) -> None:
        for statement in suite.body:
            around += cast(_Statement, statement).leading_lines
        for line in around:
            self._suites[id(line.comment)] = id(suite), self._indent

    def _look_into(self, node: cst.CSTNode, text: str) -> None:
        for offset, line in enumerate(re.split(r"\r\n?|\n", text)):
            if _MARKER.fullmatch(line.strip()):
                place = self._positions[node].start.line + offset
                self.faults.append((place, "the marker stands inside a string"))
