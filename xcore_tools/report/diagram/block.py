"""A block of a Markdown file that holds a picture, between two marks; all else stays as it is."""

from __future__ import annotations

import re

START = "<!-- xcore-tools diagram -->"
END = "<!-- xcore-tools diagram end -->"

_BLOCK = re.compile(
    rf"^(?P<start>[ \t]*{re.escape(START)}[ \t]*)$.*?^(?P<end>[ \t]*{re.escape(END)}[ \t]*)$",
    re.DOTALL | re.MULTILINE,
)


def replaced(text: str, picture: str) -> str | None:
    """`text` with the picture between the marks; None where there are not both, once, in this order."""
    found = list(_BLOCK.finditer(text))
    if len(found) != 1 or text.count(START) != 1 or text.count(END) != 1:
        return None
    start, end = found[0]["start"], found[0]["end"]
    block = f"{start}\n\n```mermaid\n{picture}```\n\n{end}"
    return text[: found[0].start()] + block + text[found[0].end() :]
