"""Dumps of mariadb-dump and mysqldump: how many rows they hold, and which lines are what; pure.

Both write one section after the other under comments that say what comes, and escape a line break
inside of a value, so that a line of the file begins a row or a statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum

# The last line of every dump that came to its end, with or without a date.
_END = re.compile(rb"\n-- Dump completed[^\n]*\n\s*\Z")
_LAST = 200

_BORDER = re.compile(
    rb"\n(?:-- Dumping data for table `((?:[^`]|``)*)`|UNLOCK TABLES;|(DELIMITER ;;?))(?=\n)"
)
_ROWS_END = b"\nUNLOCK TABLES;"
_BORDER_WORDS = (b"\n-- Dumping data", b"\nDELIMITER ", _ROWS_END)
_STRING = re.compile(rb"'(?:[^'\\]|\\.)*'", re.DOTALL)
# Triggers come behind their table without a comment; tables never need this version.
_TRIGGERS = b"/*!50003 "
_SANDBOX = b"/*M!999999"  # for the client only, which it forbids to run programs


class Part(Enum):
    """What a line of a dump belongs to."""

    HEAD = "settings of the session"
    TABLES = "tables and their rows"
    CODE = "triggers, routines and views"
    EVENTS = "events"


_HEADERS = {
    b"-- Table structure for ": Part.TABLES,
    b"-- Sequence structure for ": Part.TABLES,
    b"-- Dumping data for table ": Part.TABLES,
    b"-- Temporary ": Part.TABLES,  # what stands for a view until all tables are there
    b"-- Dumping events for ": Part.EVENTS,
    b"-- Dumping routines for ": Part.CODE,
    b"-- Final view structure for ": Part.CODE,
}


class RowCounter:
    """Counts the rows of each table while a dump passes in pieces."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self._table: str | None = None
        self._is_body = False
        self._rest = b"\n"
        self._last = b""

    def feed(self, chunk: bytes) -> None:
        """Count what is in the lines that `chunk` completes."""
        self._last = (self._last + chunk[-_LAST:])[-_LAST:]
        first = chunk.find(b"\n")
        if first < 0:
            self._rest += chunk
            return
        # the line that began in an earlier chunk by itself: copying all of this one takes longer
        self._feed_lines(self._rest + chunk[: first + 1], 0)
        self._rest = chunk[self._feed_lines(chunk, first) :]

    def has_ended(self) -> bool:
        """Whether the last line is the one that ends a dump."""
        return _END.search(self._last) is not None

    def _feed_lines(self, data: bytes, position: int) -> int:
        """Count from one line break to the last one, where that is."""
        end = data.rfind(b"\n")
        # looking for words first is many times faster than trying each line break
        words = _BORDER_WORDS if self._table is None else (_ROWS_END,)
        has_border = any(word in data for word in words)
        for border in _BORDER.finditer(data, position, end + 1) if has_border else ():
            self._count(data, position, border.start())
            position = border.end()
            self._enter(border)
        self._count(data, position, end)
        return end

    def _enter(self, border: re.Match[bytes]) -> None:
        if border[2] is not None:
            self._is_body = border[2] == b"DELIMITER ;;"
        elif not self._is_body:  # where a comment may say anything
            self._table = None
            if border[1] is not None:
                self._table = border[1].replace(b"``", b"`").decode("utf-8", "replace")
                self.rows.setdefault(self._table, 0)

    def _count(self, data: bytes, start: int, end: int) -> None:
        if self._table is None:
            return
        # MariaDB begins a line with each row:  INSERT INTO `t` VALUES␤(1,'x'),␤(2,'y');
        rows = data.count(b"\n(", start, end)
        # MySQL does not:  INSERT INTO `t` VALUES (1,'x'),(2,'y');
        if not rows and b" VALUES (" in (section := data[start:end]):
            bare = _STRING.sub(b"", section)
            rows = bare.count(b" VALUES (") + bare.count(b"),(")
        self.rows[self._table] += rows


def parts(lines: Iterable[bytes]) -> Iterator[tuple[Part, bytes]]:
    """Each line with the part of the dump that it belongs to."""
    part = Part.HEAD
    is_body = False
    for line in lines:
        if line.startswith(b"DELIMITER "):
            is_body = line.strip() != b"DELIMITER ;"
        elif not is_body and line.startswith(b"-- "):
            part = next((p for header, p in _HEADERS.items() if line.startswith(header)), part)
        elif part is Part.TABLES and line.startswith(_TRIGGERS):
            part = Part.CODE
        yield part, line


def as_packet(lines: Iterable[bytes]) -> bytes:
    """The statements of the lines for the server itself, which knows no DELIMITER."""
    kept = []
    is_body = False
    for line in lines:
        if line.startswith(b"DELIMITER "):
            is_body = line.strip() != b"DELIMITER ;"
        elif is_body:
            text = line.rstrip()
            kept.append(text[:-1] + b"\n" if text.endswith(b";;") else line)
        elif line.strip() and not line.startswith((b"--", _SANDBOX)):
            kept.append(line)
    return b"".join(kept)
