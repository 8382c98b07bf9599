"""Dumps of mariadb-dump and mysqldump: how many rows they hold; pure.

Both write one section after the other under comments that say what comes, and escape a line break
inside of a value, so that a line of the file begins a row or a statement.
"""

from __future__ import annotations

import re

# The last line of every dump that came to its end, with or without a date.
_END = re.compile(rb"\n-- Dump completed[^\n]*\n\s*\Z")
_LAST = 200

_BORDER = re.compile(
    rb"\n(?:-- Dumping data for table `((?:[^`]|``)*)`|UNLOCK TABLES;|(DELIMITER ;;?))(?=\n)"
)
_ROWS_END = b"\nUNLOCK TABLES;"
_BORDER_WORDS = (b"\n-- Dumping data", b"\nDELIMITER ", _ROWS_END)
_INSERT = b"\nINSERT "
_QUOTED = re.compile(rb"'(?:[^'\\]|\\.)*+'|`[^`]*+`", re.DOTALL)


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
        self.rows[self._table] += data.count(b"\n(", start, end)
        # but for the first one, where it names the columns:  INSERT INTO `t` (`a`) VALUES (1),␤(2);
        # MySQL has all on one line:  INSERT INTO `t` VALUES (1,'x'),(2,'y');
        at = data.find(_INSERT, start, end)
        while at >= 0:
            line_end = data.find(b"\n", at + 1, end)
            line = data[at : line_end if line_end >= 0 else end]
            if b" VALUES (" in line:
                bare = _QUOTED.sub(b"", line)
                self.rows[self._table] += bare.count(b" VALUES (") + bare.count(b"),(")
            at = data.find(_INSERT, at + len(line), end)
