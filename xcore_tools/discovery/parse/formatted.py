"""Formatted strings opened: their fields as plain code in parentheses, their text left out.

Since PEP 701 a field may hold the quotes of its own string, so no expression says where such a string ends. What
measures code before a parser sees it reads `(a + (b))` for `f"…{a + f"{b}"}…"`.
"""

from __future__ import annotations

import re

MAY_BE_FORMATTED = re.compile(r"[fFtT][rR]?[\"']")
_CODE = re.compile(
    r"""
      \#[^\r\n]*
    | (?<!\w)(?P<formatted>[fFtT][rR]?|[rR][fFtT])(?P<quote>\"\"\"|'''|"|')
    | \"\"\"[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*\"\"\" | '''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*'''
    | "[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*" | '[^'\\\r\n]*+(?:\\.[^'\\\r\n]*+)*'
    | (?P<open>[(\[{]) | (?P<close>[)\]}]) | :
    """,
    re.VERBOSE | re.DOTALL,
)
_TEXT = re.compile(
    r"""\\. | \{\{ | \}\} | [{}] | \"\"\" | ''' | ["'] | [\r\n]""", re.VERBOSE | re.DOTALL
)
_SPEC = ""
"""Stands for the quote that ends a format specification: none, for `}` does."""


def opened(source: str) -> str:
    """`source` with the fields of formatted strings in parentheses, in the lines that they stand in."""
    return "".join(_Opener(source).pieces())


class _Opener:
    """Goes through a text once. Each string that is open has its quote in `_quotes`, each field

    that is open the brackets inside of it in `_depths`: the innermost is the last of whichever is longer.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._quotes: list[str] = []
        self._depths = [0]
        self._place = 0

    def pieces(self) -> list[str]:
        """What is left of the text."""
        found: list[str] = []
        while self._place < len(self._source):
            is_text = len(self._quotes) == len(self._depths)
            found += self._text() if is_text else self._code()
        return found

    def _code(self) -> tuple[str, ...]:
        """The code up to the next bracket or string, and what that becomes."""
        start = self._place
        match = _CODE.search(self._source, start)
        self._place = len(self._source) if match is None else match.end()
        if match is None:
            return (self._source[start:],)
        before, sign = self._source[start : match.start()], match[0]
        if match["formatted"]:
            self._quotes.append(match["quote"])
            return before, "''"
        if match["open"]:
            self._depths[-1] += 1
        elif match["close"] or sign == ":":
            is_field = len(self._depths) > 1 and not self._depths[-1]
            if is_field and sign == "}":
                self._depths.pop()
                return before, ")"
            if is_field and sign == ":":
                self._quotes.append(_SPEC)
                return before, "+"
            self._depths[-1] -= bool(match["close"] and self._depths[-1])
        return before, sign

    def _text(self) -> tuple[str, ...]:
        """The next sign in the text of a formatted string that means something."""
        match = _TEXT.search(self._source, self._place)
        self._place = len(self._source) if match is None else match.end()
        if match is None:
            return ()
        sign, quote = match[0], self._quotes[-1]
        if sign == "{" or (sign == "{{" and quote == _SPEC):
            self._place = match.start() + 1
            self._depths.append(0)
            return ("+(",)
        if quote == _SPEC and sign[0] == "}":
            self._place = match.start() + 1
            self._quotes.pop()
            self._depths.pop()
            return (")",)
        if quote and sign.startswith(quote):
            self._place = match.start() + len(quote)
            self._quotes.pop()
        elif sign in "\r\n":
            if len(quote) == 1:  # not ended: no Python
                self._quotes.pop()
            return (sign,)
        return ("\n" * sign.count("\n"),)
