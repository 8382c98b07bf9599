"""How words are shown to people: in colour or not, in numbers, and with nothing hidden."""

from __future__ import annotations

import unicodedata
from typing import Literal

Style = Literal["bold", "dim", "red", "green", "yellow", "cyan"]

_ANSI: dict[Style, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}


def painted(text: str, style: Style, *, color: bool) -> str:
    """`text` in the style if `color` is wanted, else `text` as it is."""
    return f"\x1b[{_ANSI[style]}m{text}\x1b[0m" if color and text else text


def visible(text: str) -> str:
    """`text` on one line, with every character that would not show as its Python escape.

    Table and file names come from foreign code: they must not move the cursor, hide text or break
    a line of the report.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def counted(number: int, noun: str) -> str:
    """`1 model`, `2 models`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def width_of(text: str) -> int:
    """The number of terminal columns that `text` takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    combining = sum(unicodedata.combining(char) != 0 for char in text)
    return len(text) + wide - combining
