"""Names and texts in SQL, quoted where the engine wants it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.mysql.reserved_words import RESERVED_WORDS_MARIADB, RESERVED_WORDS_MYSQL

from xcore_tools.database.schema import Engine, family

_RESERVED = {
    "sqlite": sqlite.dialect.preparer.reserved_words,
    "postgresql": postgresql.dialect.preparer.reserved_words,
    "mysql": RESERVED_WORDS_MYSQL,
    "mariadb": RESERVED_WORDS_MARIADB,
}
_ANYWHERE = frozenset().union(*_RESERVED.values())
_SIMPLE = re.compile(r"[a-z_][a-z0-9_]*")


class Names:
    """How an engine quotes. Reserved words are those that SQLAlchemy knows of it."""

    def __init__(self, engine: Engine) -> None:
        self._family = family(engine)
        self._reserved = _RESERVED.get(engine, _ANYWHERE)
        self._quote = "`" if self._family == "mysql" else '"'

    def name(self, name: str) -> str:
        """One name."""
        if _SIMPLE.fullmatch(name) and name not in self._reserved:
            return name
        return self._quote + name.replace(self._quote, self._quote * 2) + self._quote

    def place(self, schema: str | None, name: str) -> str:
        """A name in its schema."""
        return self.name(name) if schema is None else f"{self.name(schema)}.{self.name(name)}"

    def list(self, names: Iterable[str]) -> str:
        """Names in parentheses."""
        return f"({', '.join(map(self.name, names))})"

    def text(self, text: str) -> str:
        """A literal."""
        if self._family == "mysql":
            text = text.replace("\\", "\\\\")
        return "'" + text.replace("'", "''") + "'"
