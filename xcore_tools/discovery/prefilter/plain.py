"""Source bytes as looks at them expect them: UTF-8, one line end, no line continued by a backslash.

What Python takes for the same program becomes the same bytes where that costs little, so that patterns need not know
every spelling. Lines may be joined: who needs their numbers must not look here.
"""

from __future__ import annotations

import re
import unicodedata
from codecs import BOM_UTF8
from functools import lru_cache

_CODING = re.compile(rb"(?:\xef\xbb\xbf)?(?:[^\n]*\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)")
_FORM_FEED = re.compile(rb"^[ \t\f]*\f", re.MULTILINE)
_CONTINUED = re.compile(rb"\\(?=\n)")
_STRING = re.compile(rb"\"[^\"\n]*\"|'[^'\n]*'")
_NAME = re.compile(r"[0-9A-Za-z_]*+[^\x00-\x7f][0-9A-Za-z_\x80-\U0010ffff]*+")
_ASCII = bytes(range(128))
_JOINING = frozenset(map(chr, range(0x1100, 0x1200)))
"""Letters of Hangul that make syllables together."""


def plain(data: bytes) -> bytes:
    """The program of `data`, spelt plainly; bytes that are no text in their encoding as they are."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    declared = _CODING.match(data) if b"coding" in data[:_HEAD] else None
    if declared is not None or not data.isascii():
        data = _in_utf8(data, declared[1].decode() if declared else "utf-8")
    if b"\f" in data:
        data = _FORM_FEED.sub(b"", data).replace(b"\f", b" ")
    if b"\\" in data and _CONTINUED.search(data):
        data = _joined(data)
    return data


_HEAD = 2000
"""Bytes in which a declared encoding is looked for: the first two lines."""


def _in_utf8(data: bytes, encoding: str) -> bytes:
    """The text of `data` in UTF-8, with names of the letters that Python compares (PEP 3131)."""
    data = data.removeprefix(BOM_UTF8)
    try:
        if encoding == "utf-8" and not _has_odd_letters(data):
            return data
        text = data.decode(encoding)
        return _NAME.sub(_compared, text).encode("utf-8", "surrogatepass")
    except (LookupError, ValueError, TypeError):  # no encoding of text; the parser says more
        return data


def _has_odd_letters(data: bytes) -> bool:
    """Whether text in UTF-8 may have names that Python spells with other letters.

    Raises:
        UnicodeDecodeError: `data` is not UTF-8.
    """
    return any(map(_may_change, set(data.translate(None, _ASCII).decode())))


@lru_cache(10_000)
def _may_change(letter: str) -> bool:
    """Whether a letter of a name is another one to Python, or may be together with the one before it."""
    if not f"a{letter}".isidentifier():
        return False
    may_join = unicodedata.category(letter).startswith("M") or not _JOINING.isdisjoint(letter)
    return may_join or letter > "\uffff" or not unicodedata.is_normalized("NFKC", letter)


def _compared(name: re.Match[str]) -> str:
    """A name in the letters that Python compares; what is no name, as it is."""
    is_name = f"a{name[0]}".isidentifier()
    return unicodedata.normalize("NFKC", name[0]) if is_name else name[0]


def _joined(data: bytes) -> bytes:
    """`data` without the line ends that a backslash takes back; one in a comment takes nothing back."""
    pieces: list[bytes] = []
    done = 0
    for match in _CONTINUED.finditer(data):
        line = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        if b"#" not in line or b"#" not in _STRING.sub(b"", line):
            pieces += (data[done : match.start()], b" ")
            done = match.end() + 1
    return b"".join((*pieces, data[done:]))
