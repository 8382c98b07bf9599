"""What a parser says, or fails with, as the line and the message of a problem."""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

from xcore_tools.discovery.parse.decoding import error_line, first_line


class Fault(NamedTuple):
    """Why a text is not read. `line` is 0 where nobody knows it."""

    line: int
    message: str


def fault_of(error: BaseException, text: str) -> Fault:
    """What an error that the parser raised for `text` means.

    libcst raises more than it documents for text that is not Python (its issues 1076 and 1213), and a panic of
    its native part is no `Exception`. Whatever it is, it is a fault of the text.

    Raises:
        BaseException: the error itself, where somebody wants the process to end.
    """
    if isinstance(error, cst.ParserSyntaxError):
        return Fault(error_line(text, error.raw_line), first_line(error.message))
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error
    return Fault(error_line(text, 0), f"cannot be parsed ({type(error).__name__})")
