"""A dump as a stream of statements: lines in, statements out, in the memory of one of them; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from xcore_tools.database.backup.maria.lexer import is_complete, tokens
from xcore_tools.database.backup.maria.statements import Form, Statement, rows_from, statement_of

_INSERT = (b"INSERT ", b"REPLACE ")
_DELIMITER = re.compile(rb"DELIMITER (;|;;)\s*")
_SECTION = re.compile(
    rb"-- (?:(Temporary) |Final view |Table structure |Sequence structure |Dumping )"
)
_SANDBOX = b"/*M!999999"  # for the client only, which it forbids to run programs
_LONGEST = 1 << 26
"""Bytes of one statement besides INSERT: more than a server takes by default."""


class Rows:
    """One line of an INSERT, with its line break, looked at already."""

    __slots__ = ("line",)

    def __init__(self, line: bytes) -> None:
        self.line = line


class Section:
    """Where a comment of the dump program begins another object; a temporary one stands for a view."""

    __slots__ = ("is_temporary",)

    def __init__(self, *, is_temporary: bool) -> None:
        self.is_temporary = is_temporary


def statements(
    lines: Iterable[bytes], database: str, where: str
) -> Iterator[Statement | Rows | Section]:
    """What a dump of `database` holds, in order.

    Raises:
        DamagedError: it holds a command for the client, or a statement that is in no dump.
    """
    delimiter, begun, is_filling, escapes = b";", b"", False, True
    for line in lines:
        if is_filling:
            is_filling = not rows_from(line, is_first=False, where=where)
            yield Rows(line)
        elif not begun and line.startswith(_INSERT):
            is_filling = not rows_from(line, is_first=True, where=where)
            yield Rows(line)
        elif not begun and (found := _DELIMITER.fullmatch(line)):
            delimiter = found[1]
        elif not begun and (line.startswith((b"--", _SANDBOX)) or not line.strip()):
            if section := _SECTION.match(line):
                yield Section(is_temporary=section[1] is not None)
        else:
            begun += line
            text = _without(begun, delimiter)
            is_end = line.rstrip().endswith(delimiter)
            if (is_end and is_complete(tokens(text, escapes=escapes))) or len(begun) > _LONGEST:
                statement = statement_of(text, database, where, escapes=escapes)
                if statement.form is Form.SESSION and b"sql_mode" in text.lower():
                    escapes = b"NO_BACKSLASH_ESCAPES" not in text.upper()
                yield statement
                begun = b""
    if begun or is_filling:
        yield statement_of(begun or b"INSERT", database, where)


def _without(begun: bytes, delimiter: bytes) -> bytes:
    return begun.rstrip().removesuffix(delimiter).rstrip()
