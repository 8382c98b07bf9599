"""Names as Python compares them: in the compatible letters of PEP 3131, whatever a file spells."""

from __future__ import annotations

import re
import unicodedata

from xcore_tools.discovery.parse.limits import TOKEN


def with_plain_names(source: str) -> str:
    """`source` with its names normalised; texts and comments stay, and every line is the line that it was."""
    if source.isascii() or unicodedata.is_normalized("NFKC", source):
        return source
    return TOKEN.sub(_plain, source)


def _plain(token: re.Match[str]) -> str:
    word = token[0]
    is_name = token.lastgroup == "other" and not word.isascii() and word.isidentifier()
    return unicodedata.normalize("NFKC", word) if is_name else word
