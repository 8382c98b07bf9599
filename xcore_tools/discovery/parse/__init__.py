"""One source file → its facts. The only package of discovery that knows libcst."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, cast

import libcst as cst
import msgspec
from libcst.metadata import MetadataWrapper, PositionProvider

from xcore_tools.discovery.ir import Block, Call, Expression, FunctionDef, If, ModuleFacts, Part
from xcore_tools.discovery.parse.cst_expressions import LineOf
from xcore_tools.discovery.parse.cst_statements import StatementReader
from xcore_tools.discovery.parse.decoding import decoded
from xcore_tools.discovery.parse.dialect import dialect_of
from xcore_tools.discovery.parse.faults import Fault, fault_of
from xcore_tools.discovery.parse.identifiers import with_plain_names
from xcore_tools.discovery.parse.limits import MAX_SIZE, find_excess
from xcore_tools.discovery.parse.outline import Outline, make_outline
from xcore_tools.discovery.results import Problem

__all__ = ["check", "collect", "read", "read_arguments", "read_function"]


def collect(module: str, path: str, is_package: bool, data: bytes) -> ModuleFacts | Problem:
    """The facts of the source file `data`, or the problem that kept it from being read.

    Never raises and never runs anything of the file, whatever its bytes are.
    """
    outline = _outline(path, data)
    if isinstance(outline, Problem):
        return outline
    body = _tried(outline)
    if isinstance(body, Fault) and outline.whole is not None and not find_excess(outline.whole):
        body = _tried(Outline(outline.whole, None))  # whose lines are those of the file
    if isinstance(body, Fault):
        return _refused(path, data, body)
    return ModuleFacts(module, path, is_package, body)


def _refused(path: str, data: bytes, fault: Fault) -> Problem:
    """The problem of a file that cannot be parsed, in words of the file where it is another language."""
    source = decoded(path, data)
    dialect = dialect_of(source) if isinstance(source, str) else None
    message, line = dialect or (fault.message, fault.line)
    return Problem(path, line, "XT101", "error", message)


def _tried(outline: Outline, shift: int = 0) -> Block | Fault:
    """The facts of what is left of a text, or why it cannot be read, whatever the parser raises."""
    try:
        return _read(outline, shift)
    except BaseException as error:  # noqa: BLE001 - of the parser; one that is meant for us goes on
        return fault_of(error, outline.text)


def check(path: str, data: bytes) -> Problem | None:
    """The problem that would keep the file from being read, without reading its facts; usually None."""
    outline = _outline(path, data)
    if isinstance(outline, Problem):
        return outline
    if outline.lines is not None:
        return None
    outcome = collect("", path, False, data)  # the running Python may be older than the syntax
    return outcome if isinstance(outcome, Problem) else None


def read(part: Part) -> Part:
    """A function or a call with what was left unread of it; as it is where all was read. Never raises."""
    return cast("Part", _READERS[type(part)](part))


def read_function(function: FunctionDef) -> FunctionDef:
    """`function` with the parameters and the body that were left unread; as it is where it was read.

    The body is None where the source nests too deeply to be read. Never raises.
    """
    unread = function.unread
    if unread is None:
        return function
    is_indented = unread.text[:1].isspace()
    source = f"if 1:\n{unread.text}" if is_indented else unread.text
    shift = unread.line - (2 if is_indented else 1)
    outline = make_outline(source, cuts=False)
    is_readable = outline.is_short or not find_excess(source)
    block = _tried(outline, shift) if is_readable else ()
    found = None if isinstance(block, Fault) or not block else block[0]
    read = found.body[0] if isinstance(found, If) else found
    if not isinstance(read, FunctionDef):
        return msgspec.structs.replace(function, unread=None)
    signature = {"params": read.params, "returns": read.returns}
    return msgspec.structs.replace(function, **signature, body=read.body, unread=None)


def read_arguments(call: Call) -> Call:
    """`call` with the arguments that were left unread; as it is where they were read. Never raises."""
    unread = call.unread
    if unread is None:
        return call
    outline = make_outline(f"_{unread.text}", cuts=False)
    is_readable = outline.is_short or not find_excess(outline.text)
    block = _tried(outline, unread.line - 1) if is_readable else ()
    found = None if isinstance(block, Fault) or not block else block[0]
    read = found.value if isinstance(found, Expression) else None
    if not isinstance(read, Call):
        return msgspec.structs.replace(call, unread=None)
    return msgspec.structs.replace(call, args=read.args, keywords=read.keywords, unread=None)


_READERS: dict[type, Callable[[Any], Any]] = {Call: read_arguments, FunctionDef: read_function}


def _outline(path: str, data: bytes) -> Outline | Problem:
    """What libcst shall read of a file, or the problem that keeps it from being read."""
    source = decoded(path, data)
    if isinstance(source, Problem):
        return source
    if len(source) > MAX_SIZE:
        return Problem(path, 0, "XT105", "error", f"file is larger than {MAX_SIZE} characters")
    source = with_plain_names(source)
    outline = make_outline(source)
    if (
        not outline.is_short
        and find_excess(outline.text + outline.aside)
        and (excess := find_excess(source))
    ):
        return Problem(path, excess[0], "XT104", "error", f"not parsed: {excess[1]}")
    return outline


def _read(outline: Outline, shift: int = 0) -> Block:
    """The facts of what is left of a file; `shift` is added to every line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in the user's strings
        module = cst.parse_module(outline.text)
        if outline.lines is None:
            line_of = _lines_by_position(module, shift)
            return StatementReader(line_of, knows_calls=True).block(module.body)
        lines = iter(outline.lines)
        reader = StatementReader(
            lambda _: next(lines) + shift,
            outline.functions,
            outline.arguments,
            outline.ready,
            knows_calls=False,
        )
        return reader.block(module.body)


def _lines_by_position(module: cst.Module, shift: int) -> LineOf:
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    return lambda node: positions[node].start.line + shift
