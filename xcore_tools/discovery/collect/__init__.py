"""One source file → its facts. The only package of discovery that knows libcst."""

from __future__ import annotations

import warnings

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from xcore_tools.discovery.collect.bounds import MAX_SIZE, find_excess
from xcore_tools.discovery.collect.decoding import decoded, error_line, first_line
from xcore_tools.discovery.collect.expressions import LineOf
from xcore_tools.discovery.collect.outline import make_outline
from xcore_tools.discovery.collect.statements import StatementReader
from xcore_tools.discovery.facts import Problem
from xcore_tools.discovery.syntax import Block, ModuleFacts

__all__ = ["check", "collect"]


def collect(module: str, path: str, is_package: bool, data: bytes) -> ModuleFacts | Problem:
    """The facts of the source file `data`, or the problem that kept it from being read.

    Never raises and never runs anything of the file, whatever its bytes are.
    """
    source = decoded(path, data)
    if isinstance(source, Problem):
        return source
    if len(source) > MAX_SIZE:
        return Problem(path, 0, "XT105", "error", f"file is larger than {MAX_SIZE} characters")
    if excess := find_excess(source):
        return Problem(path, excess[0], "XT104", "error", f"not parsed: {excess[1]}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the user's strings
            return ModuleFacts(module, path, is_package, _read(source))
    except cst.ParserSyntaxError as error:
        line = error_line(source, error.raw_line)
        return Problem(path, line, "XT101", "error", first_line(error.message))
    except (RecursionError, ValueError, TypeError, IndexError, cst.CSTValidationError) as error:
        # libcst raises these for some text that is not Python; see its issues 1076 and 1213.
        return Problem(path, 0, "XT101", "error", f"cannot be parsed ({type(error).__name__})")


def check(path: str, data: bytes) -> Problem | None:
    """The problem that would keep the file from being read, without reading its facts; usually None."""
    source = decoded(path, data)
    if isinstance(source, Problem):
        return source
    if excess := find_excess(source):
        return Problem(path, excess[0], "XT104", "error", f"not parsed: {excess[1]}")
    if make_outline(source).lines is not None:
        return None
    outcome = collect("", path, False, data)  # the running Python may be older than the syntax
    return outcome if isinstance(outcome, Problem) else None


def _read(source: str) -> Block:
    outline = make_outline(source)
    module = cst.parse_module(outline.text)
    if outline.lines is None:
        return StatementReader(_lines_by_position(module), knows_calls=True).block(module.body)
    lines = iter(outline.lines)
    return StatementReader(lambda _: next(lines), knows_calls=False).block(module.body)


def _lines_by_position(module: cst.Module) -> LineOf:
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    return lambda node: positions[node].start.line
