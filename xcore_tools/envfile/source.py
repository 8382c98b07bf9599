"""The text of an env.py: decoded and parsed with care, cut into lines, put together byte for byte."""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from codecs import BOM_UTF8
from collections.abc import Iterable
from dataclasses import dataclass

import libcst as cst

from xcore_tools.discovery.parse.faults import fault_of
from xcore_tools.discovery.parse.limits import MAX_SIZE, find_excess
from xcore_tools.errors import EnvFileError

# A line as Python sees it; str.splitlines would also cut at form feeds.
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
# Python forgets the indentation before a form feed; libcst 1.9 may lose the line.
_FORM_FEED = re.compile(r"[ \t\f]*\f")


@dataclass(frozen=True)
class Source:
    """An env.py as text. `lines` keep their line endings; line 1 is `lines[0]`, without a BOM.

    `module` is the tree that `parse` makes of them: its last statement is no part of the file.
    """

    bom: bytes
    encoding: str
    lines: tuple[str, ...]
    module: cst.Module

    def newline_at(self, index: int) -> str:
        """The line ending to use for a line at this index: that of the line above, or of the first."""
        nearest = [*reversed(self.lines[:index]), *self.lines[index:]]
        ends = (line[len(line.rstrip("\r\n")) :] for line in nearest)
        return next(filter(None, ends), "\n")

    def with_lines(self, start: int, end: int, lines: Iterable[str]) -> bytes:
        """The bytes of the file with `lines[start:end]` replaced, and all others as they are.

        Raises:
            EnvFileError: the encoding of the file lacks a character, or the result is not Python.
        """
        text = "".join([*self.lines[:start], *lines, *self.lines[end:]])
        try:
            encoded = text.encode(self.encoding)
        except UnicodeEncodeError as error:
            character = ascii(text[error.start])
            message = f"{character} cannot be written in {self.encoding}; convert the file to UTF-8"
            raise EnvFileError(message) from error
        parse(text, f"the block cannot stand in line {start + 1}: ")
        return self.bom + encoded


def read(data: bytes) -> Source:
    """The text and the tree of the file.

    Raises:
        EnvFileError: it cannot be decoded, is not Python, or is too large or nested too deeply.
    """
    bom = BOM_UTF8 if data.startswith(BOM_UTF8) else b""
    try:
        # lines for detect_encoding end at \r as well, as they do for Python
        encoding, _ = tokenize.detect_encoding(iter(data.splitlines(keepends=True)).__next__)
        encoding = encoding.removesuffix("-sig")
        text = data[len(bom) :].decode(encoding)
        is_same = text.encode(encoding) == data[len(bom) :]
    except (SyntaxError, ValueError, LookupError) as error:
        raise EnvFileError(f"cannot be decoded: {error}; declare its encoding") from error
    if not is_same:
        raise EnvFileError(f"{encoding} does not give the same bytes again; convert it to UTF-8")
    return Source(bom, encoding, tuple(_cut(text)), parse(text))


def parse(text: str, context: str = "") -> cst.Module:
    """The tree of Python source with a `pass` after it; only lines and indentation are as in the text.

    libcst 1.9 does not give back a lone carriage return, may lose a line with a form feed, and loses
    comments at the end of a file that are indented otherwise than the code: so line endings become
    newlines, form feeds are left out, and no comment is the last. Messages begin with `context`.

    Raises:
        EnvFileError: it is not Python, or more than the parser can take.
    """
    if len(text) > MAX_SIZE:
        raise EnvFileError(f"{context}larger than {MAX_SIZE} characters")
    if excess := find_excess(text):
        raise EnvFileError(f"{context}line {excess[0]}: {excess[1]}")
    text = "".join(map(_plain, _cut(text))) + "pass\n"
    try:
        tree = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise EnvFileError(f"{context}{_fault(text, error)}") from error
    except BaseException as error:
        line = fault_of(error, text).line
        place = f"line {line}: " if line else ""
        what = f"{place}not valid Python ({type(error).__name__}); correct it first"
        raise EnvFileError(f"{context}{what}") from error
    if _stripped(tree.code) != _stripped(text):
        raise EnvFileError(f"{context}the parser does not give the same lines again")
    return tree


def indent_of(line: str) -> str:
    """The whitespace that Python takes for the indentation of a line."""
    line = _plain(line).rstrip("\n")
    return line[: len(line) - len(line.lstrip(" \t"))]


def _fault(text: str, error: cst.ParserSyntaxError) -> str:
    """What to correct. The line is that which Python names; libcst may name one far below it."""
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(text)
    except (SyntaxError, ValueError) as exact:  # ValueError: a NUL character, to Python 3.11.3
        line = getattr(exact, "lineno", None) or error.raw_line
        return f"line {line}: not valid Python; correct it first"
    expected = error.message.rpartition("expected ")[2]
    return (
        f"valid, but libcst does not know such Python (it expects {expected}); write it otherwise"
    )


def _cut(text: str) -> list[str]:
    """The lines of the text with their line endings, as Python sees them."""
    return _LINE.findall(text)


def _plain(line: str) -> str:
    """The line without its form feed, and with a newline for its end."""
    line = line.rstrip("\r\n")
    match = _FORM_FEED.match(line)
    return (line[match.end() :] if match else line) + "\n"


def _stripped(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n")]
