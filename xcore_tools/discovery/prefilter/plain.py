"""Source bytes as looks at them expect them: UTF-8, one line end, no line continued by a backslash.

What Python takes for the same program becomes the same bytes where that costs little, so that patterns need not know
every spelling. Lines may be joined: who needs their numbers must not look here.
"""

from __future__ import annotations

import re
import unicodedata
from codecs import BOM_UTF8

_CODING = re.compile(rb"(?:\xef\xbb\xbf)?(?:[^\n]*\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)")
_FORM_FEED = re.compile(rb"^[ \t\f]*\f", re.MULTILINE)
_CONTINUED = re.compile(rb"\\\n")
_STRING = re.compile(rb"\"[^\"\n]*\"|'[^'\n]*'")
_NAME = re.compile(r"\w*[^\x00-\x7f\W]\w*")


def plain(data: bytes) -> bytes:
    """The program of `data`, spelt plainly; bytes that are no text in their encoding as they are."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    declared = _CODING.match(data) if b"coding" in data[:_HEAD] else None
    if declared is not None or not data.isascii():
        data = _in_utf8(data, declared[1].decode() if declared else "utf-8")
    if b"\f" in data:
        data = _FORM_FEED.sub(b"", data).replace(b"\f", b" ")
    if b"\\\n" in data:
        data = _joined(data)
    return data


_HEAD = 2000
"""Bytes in which a declared encoding is looked for: the first two lines."""


def _in_utf8(data: bytes, encoding: str) -> bytes:
    """The text of `data` in UTF-8, with names of the letters that Python compares (PEP 3131)."""
    data = data.removeprefix(BOM_UTF8)
    try:
        text = data.decode(encoding)
        if encoding == "utf-8" and unicodedata.is_normalized("NFKC", text):
            return data
        if not unicodedata.is_normalized("NFKC", text):
            text = _NAME.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
        return text.encode("utf-8", "surrogatepass")
    except (LookupError, ValueError, TypeError):  # no encoding of text; the parser says more
        return data


def _joined(data: bytes) -> bytes:
    """`data` without the line ends that a backslash takes back; one in a comment takes nothing back."""
    pieces: list[bytes] = []
    done = 0
    for match in _CONTINUED.finditer(data):
        line = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        if b"#" not in line or b"#" not in _STRING.sub(b"", line):
            pieces += (data[done : match.start()], b" ")
            done = match.end()
    return b"".join((*pieces, data[done:]))
