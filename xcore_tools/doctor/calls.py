"""Calls in a source text, and a keyword added to one of them. Pure: text in, text out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from xcore_tools.discovery.parse.lazy import without_lazy


def calls_of(source: str, name: str) -> Iterator[ast.Call]:
    """The calls of `name`, or of an attribute of that name, in source order; none if it is no Python.

    A call that shares its line with a lazy import is left out: its column is not known.
    """
    plain = without_lazy(source)
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError):
        return
    lines = enumerate(zip(source.split("\n"), plain.split("\n"), strict=True), 1)
    moved = {number for number, (one, other) in lines if one != other}
    calls = (
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.lineno not in moved
    )
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if getattr(call.func, "attr", getattr(call.func, "id", "")) == name:
            yield call


def names_keyword(call: ast.Call, *names: str) -> bool:
    """Whether the call has one of these keywords, or may have it, for it passes on a `**mapping`."""
    return any(keyword.arg is None or keyword.arg in names for keyword in call.keywords)


def literal_keyword(call: ast.Call, name: str) -> object:
    """The value of a keyword that is a literal; None without one."""
    for keyword in call.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant):
            return keyword.value.value
    return None


def with_keyword(source: str, call: ast.Call, text: str) -> str:
    """The source with `text` (`name=value`) as the last argument of the call.

    It goes on a line of its own where the last argument does.
    """
    lines = source.encode().splitlines(keepends=True)
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    last = max(
        given, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0), default=None
    )
    if last is None:
        row, column = (call.end_lineno or 1) - 1, (call.end_col_offset or 1) - 1
        lines[row] = lines[row][:column] + text.encode() + lines[row][column:]
        return b"".join(lines).decode()
    row, column = (last.end_lineno or 1) - 1, last.end_col_offset or 0
    line = lines[row]
    indent = line[: len(line) - len(line.lstrip())]
    is_alone = call.end_lineno != last.end_lineno
    glue = b",\n" + indent if is_alone else b", "
    lines[row] = line[:column] + glue + text.encode() + line[column:]
    return b"".join(lines).decode()
