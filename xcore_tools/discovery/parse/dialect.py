"""What a file that is no Python 3 seems to be, in words of the file and not of the parser."""

from __future__ import annotations

import re
from typing import NamedTuple


class Dialect(NamedTuple):
    """What a text seems to be, and the 1-based line that tells."""

    message: str
    line: int


_SIGNS = (
    ("it has the marks of a merge conflict", re.compile(r"^(?:<{7} |>{7} )", re.MULTILINE)),
    (
        "it is a template (Jinja), and not Python before it is filled in",
        re.compile(r"\{%-? *\w[^\n]*?%\}|\{\{-? *[\w.]+[^{}\n]*\}\}"),
    ),
    (
        "it is a template (Mako), and not Python before it is filled in",
        re.compile(r"^[ \t]*<%|^[ \t]*%[ \t]*(?:if|for|endif|endfor)\b", re.MULTILINE),
    ),
    (
        "it is Python 2: print is a statement",
        re.compile(
            r"^[ \t]*print[ \t]+(?:[rubRUB]*[\"']|[\w.\[\]()]+[ \t]*(?:[,%]|$))", re.MULTILINE
        ),
    ),
    (
        "it is Python 2: `except Error, name`",
        re.compile(r"^[ \t]*except[ \t]+[\w.()]+[ \t]*,[ \t]*\w+[ \t]*:", re.MULTILINE),
    ),
    (
        "it is Python 2: `raise Error, message`",
        re.compile(r"^[ \t]*raise[ \t]+[\w.]+[ \t]*,", re.MULTILINE),
    ),
    (
        "it is Python 2: exec is a statement",
        re.compile(r"^[ \t]*exec[ \t]+[\w\"']", re.MULTILINE),
    ),
    ("it is Python 2: `<>`", re.compile(r"[\w)\]][ \t]*<>[ \t]*[\w(\[\"']")),
    ("it is Python 2: a number like 0777", re.compile(r"(?<![\w.])0[0-7]+L?\b(?![.\w])")),
    ("it is Python 2: a text like ur''", re.compile(r"(?<!\w)[uU][rR]['\"]")),
)
"""From the plainest sign to the weakest: what a text is refused for need not be its first one."""


def dialect_of(text: str) -> Dialect | None:
    """What a text that Python's parser refused seems to be; None if nothing tells."""
    for message, sign in _SIGNS:
        match = sign.search(text)
        if match is not None:
            return Dialect(message, text.count("\n", 0, match.start()) + 1)
    return None
