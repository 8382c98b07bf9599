"""Statements of MariaDB and MySQL in tokens; pure.

https://mariadb.com/kb/en/comment-syntax/ — what stands in `/*!50001 … */` is run, so it counts as
if it stood there without the comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Kind = Literal["name", "word", "string", "number", "mark", "open"]

_PATTERN = rb"""(?P<space>\s++)
    |(?P<gate>/\*M?!(?:\d{5,6})?+|\*/)
    |(?P<comment>(?:--(?=[\s]|\Z)|\#)[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)
    |(?P<string>'(?:[^'\\]|\\.|'')*+'|"(?:[^"\\]|\\.|"")*+")
    |(?P<name>`(?:[^`]|``)*+`)
    |(?P<number>0x[0-9A-Fa-f]++|\d++(?:\.\d*+)?(?:[eE][+-]?\d++)?(?![\w$]))
    |(?P<word>[\w$\x80-\xff@]++)
    |(?P<open>['"`]|/\*)
    |(?P<mark>.)"""
_FLAGS = re.VERBOSE | re.DOTALL
_TOKEN = re.compile(_PATTERN, _FLAGS)
# where sql_mode has NO_BACKSLASH_ESCAPES, a backslash is a letter like others
_PLAIN_TOKEN = re.compile(_PATTERN.replace(rb"\\]|\\.|", rb"]|"), _FLAGS)


class Token(NamedTuple):
    """A piece of a statement and where it is; `open` is what begins and never ends."""

    kind: Kind
    text: bytes
    start: int
    end: int

    @property
    def word(self) -> str:
        """A keyword in capital letters, or a mark; empty for all that was quoted."""
        is_plain = self.kind in {"word", "mark"}
        return self.text.decode("latin-1").upper() if is_plain else ""

    @property
    def name(self) -> str | None:
        """What it names, if it can be the name of anything."""
        if self.kind == "name" or self.text.startswith(b'"'):  # the latter with ANSI_QUOTES
            quote = self.text[:1]
            return self.text[1:-1].replace(quote * 2, quote).decode("utf-8", "surrogateescape")
        is_name = self.kind == "word" and not self.text.startswith(b"@")
        return self.text.decode("utf-8", "surrogateescape") if is_name else None


def tokens(statement: bytes, *, escapes: bool = True) -> list[Token]:
    """Those of a statement, without spaces and comments; `escapes` as sql_mode says."""
    return list(_tokens(statement, _TOKEN if escapes else _PLAIN_TOKEN))


def _tokens(statement: bytes, pattern: re.Pattern[bytes]) -> Iterator[Token]:
    for found in pattern.finditer(statement):
        kind = found.lastgroup
        if kind not in {"space", "gate", "comment"}:
            yield Token(kind, found[0], *found.span())  # type: ignore[arg-type]


def is_complete(found: Sequence[Token]) -> bool:
    """Whether nothing that was begun, such as a text, is left without its end."""
    return not any(token.kind == "open" for token in found)


def qualifiers(found: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Each name that a dot and another name follow, and that no dot precedes: where, and what it is."""
    for at in range(len(found) - 2):
        name = found[at].name
        if (
            name is not None
            and found[at + 1].text == b"."
            and (found[at + 2].name is not None or found[at + 2].text == b"*")
            and not (at and found[at - 1].text == b".")
        ):
            yield at, name


def is_threefold(found: Sequence[Token], at: int) -> bool:
    """Whether the name there begins one of three parts, such as that of a column with its database."""
    return at + 4 < len(found) and found[at + 3].text == b"." and found[at + 4].name is not None
