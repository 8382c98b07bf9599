"""The text of a source file as PEP 263 reads it, from its bytes."""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from functools import partial

from xcore_tools.discovery.results import Problem


def decoded(path: str, data: bytes) -> str | Problem:
    """The text of `data`, or the problem with its encoding."""
    try:
        encoding, _ = tokenize.detect_encoding(
            partial(next, iter(data.splitlines(keepends=True)), b"")
        )
        source = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError, ValueError) as error:
        end = error.start if isinstance(error, UnicodeDecodeError) else _declared_at(data)
        return Problem(
            path, _line_at(data[:end].decode("latin-1")), "XT103", "error", first_line(str(error))
        )
    if "\0" in source:
        line = _line_at(source[: source.index("\0")])
        return Problem(path, line, "XT101", "error", "file contains a NUL byte")
    return source


_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=]", re.MULTILINE)
_NEWLINE = re.compile(r"\r\n?|\n")


def _declared_at(data: bytes) -> int:
    """Where a file declares its encoding."""
    match = _CODING.search(data)
    return match.end() if match else 0


def _line_at(before: str) -> int:
    """The number of the line that follows this text."""
    return len(_NEWLINE.findall(before)) + 1


def error_line(source: str, line: int) -> int:
    """The line of a syntax error as Python counts it; `line` where only libcst finds fault with the text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except SyntaxError as error:
        return error.lineno or line
    except (ValueError, RecursionError, MemoryError):
        pass
    return line


def first_line(text: str) -> str:
    """What a message of several lines begins with."""
    return text.strip().partition("\n")[0]
