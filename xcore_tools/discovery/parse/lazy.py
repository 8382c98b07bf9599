"""Lazy imports (PEP 810) for parsers that are older than they are: read as if they were not lazy."""

from __future__ import annotations

import re

from xcore_tools.discovery.parse.limits import TOKEN

_LAZY = re.compile(r"\blazy(?:[ \t\f]|\\[\r\n])[ \t\f\\\r\n]*(?:import|from)\b")
_BLANK = re.compile(r"[ \t\f]+(?=\w)")
_BEFORE = frozenset({"newline", "separator"})


def without_lazy(source: str) -> str:
    """`source` with its lazy imports as plain ones, every statement in the line that it had.

    The word is left out where it begins a statement that goes on with `import` or `from`; it stays in strings
    and comments, and where it is an ordinary name.
    """
    if _LAZY.search(source) is None:
        return source
    pieces: list[str] = []
    done = 0
    is_start = True  # of a statement
    for match in TOKEN.finditer(source):
        kind, word = match.lastgroup, match[0]
        if is_start and word == "lazy" and _LAZY.match(source, match.start()):
            blank = _BLANK.match(source, match.end())
            # `lazy\` and a newline before `import`: a statement that does nothing keeps the line
            pieces += (source[done : match.start()], "" if blank else "pass;")
            done = blank.end() if blank else match.end()
        is_start = (
            kind in _BEFORE
            or word == ":"
            or (is_start and (kind in {"skip", "continued"} or word.isspace()))
        )
    return "".join((*pieces, source[done:]))
