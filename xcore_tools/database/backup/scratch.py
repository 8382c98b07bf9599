"""Names of databases beside a database: they say whose they are, so that nobody drops another's; pure.

A name holds a digest of the whole name of the database, because the name itself may have to be cut.
Only who holds the lock of that very database makes, uses and drops what is called so.
"""

from __future__ import annotations

import hashlib
import re
import uuid

_MARK = "__xcore_tools_"
_DIGITS = 12
_LONGEST = 63  # bytes, on PostgreSQL; MariaDB and MySQL take 64 letters
_TOKEN = 6
_ENDING = 2
_ROOM = _LONGEST - len(_MARK) - _DIGITS - 1 - _TOKEN - _ENDING
# What version 1.0 made of the first 40 letters; of shorter names, they say whose they are.
_BEFORE = 40


class ScratchNames:
    """The names beside the database `database`; `part` tells apart what has a lock of its own in it."""

    def __init__(self, database: str, part: str = "") -> None:
        self._database = database
        digest = hashlib.sha256(f"{database}\0{part}".encode()).hexdigest()[:_DIGITS]
        start = database.encode()[:_ROOM].decode("utf-8", "ignore")
        self.prefix = f"{start}{_MARK}{digest}_"

    def new(self) -> str:
        """A name that nothing has; one ending of two letters still fits behind it."""
        return f"{self.prefix}{uuid.uuid4().hex[:_TOKEN]}"

    def has(self, name: str) -> bool:
        """Whether `name` is one of these."""
        if re.fullmatch(rf"{re.escape(self.prefix)}[0-9a-f]{{{_TOKEN}}}(_[no])?", name):
            return True
        before = rf"{re.escape(self._database)}{_MARK}[0-9a-f]{{8}}(_[no])?"
        return len(self._database) < _BEFORE and bool(re.fullmatch(before, name))
