"""Where a block goes in an env.py that has none."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider

from xcore_tools.envfile.source import Source

_TARGET = m.Name("target_metadata")
_SETS_TARGET = m.AssignTarget(_TARGET) | m.AnnAssign(target=_TARGET)
_IMPORT = m.Import() | m.ImportFrom() | m.LazyImport() | m.LazyImportFrom()
_DEFINITION = m.FunctionDef() | m.ClassDef()
DOCSTRING = m.SimpleStatementLine([m.Expr(m.SimpleString() | m.ConcatenatedString())])
# sys.path, and the function of the standard library that changes it
_PATH = m.Attribute(m.Name("sys"), m.Name("path")) | m.Name("addsitedir")
_PATH |= m.Attribute(attr=m.Name("addsitedir"))
_PATH_IMPORT = m.ImportFrom(module=m.Name("sys")) | m.LazyImportFrom(module=m.Name("sys"))
_PRELUDE = re.compile(r"#!|[ \t\f]*#.*?coding[:=]")


def find_place(source: Source) -> int:
    """The number of lines that stay above the block.

    These are the imports of the top level, whatever touches `sys.path`, the docstring, and what
    Python wants to see first; never a line below the first assignment to `target_metadata`.
    """
    *body, _ = source.module.body
    end = next((index for index, node in enumerate(body) if _sets_target(node)), len(body))
    paths = _what_changes_the_path(body)
    above = [index for index, node in enumerate(body[:end]) if _comes_first(node, paths)]
    if above:
        return _start(source, above[-1] + 1)
    if body and m.matches(body[0], DOCSTRING):
        return _start(source, 1)
    return _below_header(source)


def _below_header(source: Source) -> int:
    """The number of lines of comments at the top that do not belong to the first statement.

    A shebang and a coding line never do: they are bound to the first two lines.
    """
    if len(source.module.body) == 1:
        return len(source.lines)
    bound = 0
    while bound < 2 and _PRELUDE.match(source.lines[bound]):
        bound += 1
    header = [line.comment for line in source.module.header]
    paragraphs = [index + 1 for index, comment in enumerate(header) if comment is None]
    return max([bound, *paragraphs])


def _sets_target(node: cst.CSTNode) -> bool:
    return not m.matches(node, _DEFINITION) and bool(m.findall(node, _SETS_TARGET))


def _comes_first(node: cst.CSTNode, paths: m.BaseMatcherNode) -> bool:
    """Whether the statement, or a branch of it, imports something or may change `sys.path`."""
    if m.matches(node, _DEFINITION):
        return False
    return bool(m.findall(node, _IMPORT) or m.findall(node, paths))


def _what_changes_the_path(body: Sequence[cst.CSTNode]) -> m.BaseMatcherNode:
    """`sys.path` by all its names, and the functions of the file that mention it.

    `from sys import path as p` makes it `p`.
    """
    paths: m.BaseMatcherNode = _PATH
    for node in body:
        for statement in m.findall(node, _PATH_IMPORT):
            names = getattr(statement, "names", ())
            for alias in names if not isinstance(names, cst.ImportStar) else ():
                if alias.evaluated_name == "path":
                    paths |= m.Name(alias.evaluated_alias or "path")
        if isinstance(node, cst.FunctionDef) and m.findall(node, paths):
            paths |= m.Name(node.name.value)
    return paths


def _start(source: Source, index: int) -> int:
    """The number of lines above a statement of the top level and its comments."""
    node = source.module.body[index]
    positions = MetadataWrapper(source.module, unsafe_skip_copy=True).resolve(PositionProvider)
    decorators = getattr(node, "decorators", ())
    line = positions[decorators[0] if decorators else node].start.line
    return line - 1 - len(node.leading_lines)
