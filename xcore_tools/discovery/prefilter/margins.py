"""The left margin, where statements begin: texts and brackets that go over lines are moved away from it."""

from __future__ import annotations

import re

from xcore_tools.discovery.prefilter.headers import STEPS, TOKEN

WHITESPACE = b" \t\n\r\f\v"
_AT_MARGIN = re.compile(rb"[^\s#)\]}]")  # no comment, and not the end of brackets
_MARGIN = re.compile(rb"\n[^\s#)\]}]")
_ODD_LINE = re.compile(
    rb"""
      (?!(?:@|def|class|async|import|from|if|elif|else|for|while|try|except|finally|with|match|case|return|raise
           |assert|del|global|pass|lazy|type|print)\b)[^\s#)\]}@"'=(:][^\n=(:]*(?:\n|\Z)
    | [-+*/.,|&<>=!%^:]
    """,
    re.VERBOSE,
)
"""A line at the margin that is no statement, it seems: there are texts, or brackets, that go over several lines."""
_OPEN_LINE = re.compile(
    rb"""
      [^\n]*?[(\[{,][ \t]*+(?:\#[^\n]*+)?\Z
    | (?:[^\#'"\n]|"[^"\n]*"|'[^'\n]*')*?
      (?:(?<!\.\.)\.|(?<!import[ ])\*|[-+=/%|&^<>:]|\b(?:and|or|not|in|is|if|else|for|lambda))
      [ \t]*+(?:\#[^\n]*+)?\Z
    """,
    re.VERBOSE,
)
"""A line that goes on in the next one: nothing ends with an opening bracket, a comma or an operator."""
_OPEN_SIGNS = b"([{,.*-+=/%|&^<>:"
_OPEN_WORDS = (b"and", b"or", b"not", b"in", b"is", b"if", b"else", b"for", b"lambda")
_COMMENT_LINE = re.compile(rb"[ \t]*+#")
_DOCSTRING = re.compile(rb"(?:\s|#[^\n]*\n)*[rRuU]?(\"\"\"|\'\'\')")
_STATEMENT = re.compile(rb"\n(?:@|(?:async|class|def|from|import)\b)")
_DEEP = b"\n" + b" " * 99


def with_margin(data: bytes) -> bytes:
    """`data` with statements alone at the left margin, where something else seems to stand there."""
    has_odd = _has_odd_margin(data) or _has_text_at_margin(data)
    return _deepened(data) if has_odd else data


def margins(data: bytes) -> list[int]:
    """Where the statements of the module begin."""
    found = [match.start() + 1 for match in _MARGIN.finditer(data)]
    return [0, *found] if _AT_MARGIN.match(data) or not found else found


def _has_odd_margin(data: bytes) -> bool:
    """Whether a line at the margin below the docstring seems to stand in a text or in brackets."""
    docstring = _DOCSTRING.match(data)
    start = data.find(docstring[1], docstring.end()) + 3 if docstring else 0
    for match in _MARGIN.finditer(data, start):
        place = match.end() - 1
        if _ODD_LINE.match(data, place):
            return True
        if _is_open_above(data, place):
            return True
    return False


def _is_open_above(data: bytes, place: int) -> bool:
    """Whether the line above a place goes on there; empty lines and comments are passed over."""
    end = place - 1
    while end >= 0:
        if data[end] in WHITESPACE:
            end -= 1
            continue
        start = data.rfind(b"\n", 0, end) + 1
        if not _COMMENT_LINE.match(data, start, end + 1):
            is_open = data[end] in _OPEN_SIGNS or data.endswith(_OPEN_WORDS, start, end + 1)
            if not is_open and data.find(b"#", start, end) < 0:
                return False  # most lines
            return _OPEN_LINE.match(data, start, end + 1) is not None
        end = start - 1
    return False


def _has_text_at_margin(data: bytes) -> bool:
    """Whether a text over several lines, below the docstring, seems to have a line at the margin."""
    return any(
        _MARGIN.search(text)
        for quotes in (b'"""', b"'''")
        if quotes in data
        for text in data.split(quotes)[3::2]
    )


def _deepened(data: bytes) -> bytes:
    """`data` with all lines inside texts and brackets indented more than any statement."""
    pieces: list[bytes] = []
    depth = done = 0
    for token in TOKEN.finditer(data):
        sign, between = token[0], data[done : token.start()]
        if depth and _STATEMENT.search(between):
            depth = 0  # a bracket was taken for one that is none
        pieces.append(between.replace(b"\n", _DEEP) if depth else between)
        pieces.append(sign.replace(b"\n", _DEEP) if len(sign) > 1 else sign)
        depth = max(depth + STEPS.get(sign, 0), 0)
        done = token.end()
    return b"".join((*pieces, data[done:]))
