"""What a parser can take: finds nesting and length that would crash it or keep it busy for minutes.

Measured on libcst 1.9: 3,000 nested brackets end the process with a segmentation fault, a chain of
3,000 operators or subscripts takes up to 15 s, because its cost grows with the square of the length.
CPython itself refuses more than 200 nested brackets. The limits below are far above what people
write, and one file at the limit still parses within a few seconds.
"""

from __future__ import annotations

import re
from itertools import islice

from xcore_tools.discovery.parse.formatted import MAY_BE_FORMATTED, opened

MAX_SIZE = 4 * 1024 * 1024
"""Characters of one source file; libcst reads about half a million a second."""

_MAX_DEPTH = 100
_MAX_CHAIN = 600
_MAX_WORK = 10_000_000
"""Bound on the sum of squared chain lengths in one file: about four seconds of libcst's time."""
_MAX_TOKENS = 300_000
"""Bound on the words and signs of one file, a megabyte of code: about eight seconds of libcst's time."""

# Only single characters are repeated possessively: Python 3.11.0 to 3.11.4 repeat a group of
# alternatives wrongly so (https://github.com/python/cpython/issues/106052).
TOKEN = re.compile(
    r"""
      (?P<skip>\#[^\r\n]*)
    | (?P<continued>\\(?:\r\n?|\n))
    | (?P<string>[rRbBuUfFtT]{0,2}(?:
          \"\"\"[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*\"\"\"
        | '''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*'''
        | "[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*" | '[^'\\\r\n]*+(?:\\.[^'\\\r\n]*+)*'))
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<separator>[,;])
    | (?P<newline>\r\n?|\n)
    | (?P<operator>(?:and|or|not|if|else|lambda|await|in|is|for|elif)\b|[-+*/%@&|^~<>.:=!]+)
    | (?P<other>\w+|[^\w\s]|[^\S\r\n]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_NEWLINE = re.compile(r"\r\n?|\n")
_ELIF = re.compile(r"^([ \t]*)(if|elif)\b", re.MULTILINE)


def find_excess(source: str) -> tuple[int, str] | None:  # noqa: C901 - one pass over tokens
    """The line and the kind of the first thing that is too much for a parser, or None.

    Looks at tokens only, so it never recurses; takes time linear in the length of `source`.
    """
    if MAY_BE_FORMATTED.search(source):
        source = opened(source)
    chains = [0]  # length of the chain at each open bracket, outermost first
    line = 1
    work = 0
    end = 0
    for match in islice(TOKEN.finditer(source), _MAX_TOKENS):
        end = match.end()
        kind = match.lastgroup
        if kind == "open":
            chains.append(0)
            if len(chains) > _MAX_DEPTH:
                return line, f"more than {_MAX_DEPTH} nested brackets"
        elif kind == "close":
            work += chains.pop() ** 2 if len(chains) > 1 else 0
            chains[-1] += 1
        elif kind == "separator" or (kind == "newline" and len(chains) == 1):
            work += chains[-1] ** 2
            chains[-1] = 0
        elif kind in {"operator", "string"}:
            chains[-1] += len(match[0]) if kind == "operator" and not match[0].isalpha() else 1
        if kind in {"newline", "string", "continued"}:
            line += 1 if kind == "newline" else len(_NEWLINE.findall(match[0]))
        if chains[-1] > _MAX_CHAIN:
            return line, f"a chain of more than {_MAX_CHAIN} operators, calls or subscripts"
        if work > _MAX_WORK:
            return line, "too many long chains of operators, calls or subscripts"
    if end < len(source):
        return line, f"more than {_MAX_TOKENS} words and signs"
    return _find_long_elif(source)


def _find_long_elif(source: str) -> tuple[int, str] | None:
    """Each `elif` is nested in the one before it, though it does not look so."""
    counts: dict[str, int] = {}
    for match in _ELIF.finditer(source):
        indent, word = match.groups()
        counts[indent] = counts.get(indent, 0) + 1 if word == "elif" else 0
        if counts[indent] > _MAX_CHAIN:
            line = source.count("\n", 0, match.start()) + 1
            return line, f"more than {_MAX_CHAIN} branches of one if statement"
    return None
