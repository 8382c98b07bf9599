"""SQL in a revision: what it takes away for good. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAME = r'((?:[\w$.?]|"[^"]*"|`[^`]*`|\[[^\]]*\])+)'
_LITERALS = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_DROPS = re.compile(
    rf"^\s*DROP\s+(TABLE|SCHEMA|DATABASE)\s+(?:IF\s+EXISTS\s+)?{_NAME}", re.IGNORECASE
)
_DROPS_COLUMN = re.compile(
    rf"^\s*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{_NAME}.*?\bDROP\s+(?:COLUMN\s+)?"
    rf"(?:IF\s+EXISTS\s+)?(?!CONSTRAINT\b|DEFAULT\b|NOT\b|INDEX\b|KEY\b|PRIMARY\b|FOREIGN\b|CHECK\b|"
    rf"PARTITION\b|IDENTITY\b|EXPRESSION\b){_NAME}",
    re.IGNORECASE | re.DOTALL,
)
_EMPTIES = re.compile(
    rf"^\s*(?:TRUNCATE\s+(?:TABLE\s+)?|DELETE\s+FROM\s+)(?:ONLY\s+)?{_NAME}", re.IGNORECASE
)
_WHERE = re.compile(r"\b(WHERE|USING|LIMIT)\b", re.IGNORECASE)


def destroyed_by(text: str) -> Iterator[tuple[str, str]]:
    """What each statement of the text destroys, in words, and the table that it is in."""
    for statement in _LITERALS.sub(" ", text).split(";"):
        if found := _DROPS.match(statement):
            yield f"drops the {found[1].lower()} {_plain(found[2])}", _plain(found[2])
        elif found := _DROPS_COLUMN.match(statement):
            column = f"{_plain(found[1])}.{_plain(found[2])}"
            yield f"drops the column {column}", _plain(found[1])
        elif (found := _EMPTIES.match(statement)) and not _WHERE.search(statement):
            yield f"deletes all rows of {_plain(found[1])}", _plain(found[1])


def is_filling(text: str, table: str, column: str) -> bool:
    """Whether the text has an UPDATE of the table that sets the column."""
    name = re.escape(table.rpartition(".")[2])
    pattern = rf"\bUPDATE\b.*\b{name}\b.*\bSET\b.*\b{re.escape(column)}\b"
    return bool(re.search(pattern, text, re.IGNORECASE | re.DOTALL))


def _plain(name: str) -> str:
    return re.sub(r'["`\[\]]', "", name)
