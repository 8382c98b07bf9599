"""CREATE TABLE and CREATE INDEX of SQLite, read for what no PRAGMA tells.

The grammar is that of https://www.sqlite.org/lang_createtable.html; SQLite keeps the statement as
it was written, and has already accepted it, so nothing here has to be refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
      | (?P<text>[xX]?'(?:[^']|'')*')
      | (?P<word>[^\W\d][\w$]*)
      | (?P<number>\d[\w.]*|\.\d+\w*)
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)

# What may stand behind the type of a column: https://www.sqlite.org/syntax/column-constraint.html
_COLUMN_WORDS = frozenset(
    [
        "CONSTRAINT",
        "PRIMARY",
        "NOT",
        "NULL",
        "UNIQUE",
        "CHECK",
        "DEFAULT",
        "COLLATE",
        "REFERENCES",
        "GENERATED",
        "AS",
    ]
)
_TABLE_WORDS = frozenset(["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"])


class Token(NamedTuple):
    """A word, a sign or a literal, and where it stands in the statement."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The keyword that this may be, or what cannot be one."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """What it names, without quotes. SQLite takes a text for a name where only that fits."""
        if self.kind in ("name", "text"):
            quote = self.text[-1]
            return self.text[1:-1].replace(quote * 2, quote)
        return self.text


class ColumnClauses(msgspec.Struct):
    """What stands behind the name and the type of one column."""

    name: str
    type: str = ""
    collation: str | None = None
    computed: str | None = None
    autoincrement: bool = False


class ForeignKeyClause(msgspec.Struct):
    """A REFERENCES clause; a PRAGMA tells the columns and the actions."""

    columns: tuple[str, ...]
    name: str | None = None
    deferrable: bool | None = None
    initially: str | None = None


class TableClauses(msgspec.Struct):
    """Everything in source order; a constraint without a name has None for it."""

    columns: dict[str, ColumnClauses] = {}
    primary_key: str | None = None
    uniques: list[tuple[str | None, tuple[str, ...]]] = []
    checks: list[tuple[str | None, str]] = []
    foreign_keys: list[ForeignKeyClause] = []


class IndexClauses(NamedTuple):
    """The texts of the keys, each without its COLLATE and order, and the condition."""

    keys: tuple[str, ...]
    where: str | None


def read_table(sql: str) -> TableClauses:
    """The clauses of a CREATE TABLE statement; none of one without a list of columns."""
    clauses = TableClauses()
    tokens = _tokens(sql)
    opening = _find(tokens, "(")
    if opening is None:
        return clauses
    inside = tokens[opening + 1 : _closing(tokens, opening)]
    for part in _split(inside):
        reader = _Reader(sql, part)
        if part[0].word in _TABLE_WORDS:
            _read_constraint(reader, clauses)
        else:
            _read_column(reader, clauses)
    return clauses


def read_index(sql: str) -> IndexClauses:
    """The clauses of a CREATE INDEX statement."""
    tokens = _tokens(sql)
    opening = _find(tokens, "(")
    assert opening is not None, sql
    closing = _closing(tokens, opening)
    keys = tuple(_key(sql, part) for part in _split(tokens[opening + 1 : closing]))
    rest = tokens[closing + 1 :]
    where = sql[rest[1].start : rest[-1].end] if len(rest) > 1 and rest[0].word == "WHERE" else None
    return IndexClauses(keys, where)


class Details(NamedTuple):
    """What a statement says beyond names, types and constraints, each in words that can be compared."""

    conflicts: frozenset[str]
    options: frozenset[str]
    keys: tuple[tuple[str, frozenset[str]], ...]


def read_details(sql: str) -> Details:
    """The ON CONFLICT clauses of a table, its options, and the keys of an index with their order."""
    tokens = _tokens(sql)
    opening = _find(tokens, "(")
    if opening is None:
        return Details(frozenset(), frozenset(), ())
    closing = _closing(tokens, opening)
    parts = _split(tokens[opening + 1 : closing])
    conflicts = {
        f"{_conflicting(part, place)} ON CONFLICT {part[place + 2].word}"
        for part in parts
        for place, token in enumerate(part[:-2])
        if token.word == "ON" and part[place + 1].word == "CONFLICT"
    }
    options = {" ".join(t.word for t in part) for part in _split(tokens[closing + 1 :])}
    return Details(frozenset(conflicts), frozenset(options), tuple(map(_ordered, parts)))


def normalized(expression: str) -> str:
    """An expression without what means nothing: spaces, quotes around names, and capitals outside texts."""
    return " ".join(
        token.text if token.kind == "text" else token.name.lower() for token in _tokens(expression)
    )


def names_in(expression: str) -> frozenset[str]:
    """The words and names in an expression, in small letters."""
    return frozenset(t.name.lower() for t in _tokens(expression) if t.kind in ("name", "word"))


def _conflicting(part: Sequence[Token], place: int) -> str:
    """`email NOT NULL`, `UNIQUE (a, b)`: what an ON CONFLICT clause at this place belongs to."""
    if part[0].word in _TABLE_WORDS:
        start = 2 if part[0].word == "CONSTRAINT" else 0
        return " ".join(t.name for t in part[start:place])
    words = ("UNIQUE", "PRIMARY", "CHECK", "NOT")
    kind = next((t.word for t in reversed(part[1:place]) if t.word in words), "")
    return f"{part[0].name} {kind}"


def _ordered(part: Sequence[Token]) -> tuple[str, frozenset[str]]:
    """A key of an index without COLLATE and DESC, and these."""
    extras = set()
    end = len(part)
    if part[end - 1].word in ("ASC", "DESC") and end > 1:
        end -= 1
        extras |= {"DESC"} & {part[end].word}
    if end > 2 and part[end - 2].word == "COLLATE":
        extras.add(f"COLLATE {part[end - 1].name.upper()}")
        end -= 2
    return " ".join(t.name.lower() for t in part[:end]), frozenset(extras)


def read_view(sql: str) -> str:
    """The query of a CREATE VIEW statement."""
    tokens = _tokens(sql)
    start = next(place for place, token in enumerate(tokens) if token.word == "AS")
    return sql[tokens[start + 1].start : tokens[-1].end].rstrip("; \n\t")


class _Reader:
    """The tokens of one definition, taken from left to right."""

    def __init__(self, sql: str, tokens: Sequence[Token]) -> None:
        self._sql = sql
        self._tokens = tokens
        self._place = 0

    @property
    def word(self) -> str:
        return self._tokens[self._place].word if self else ""

    def __bool__(self) -> bool:
        return self._place < len(self._tokens)

    def take(self) -> Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def skip(self, *words: str) -> bool:
        """Whether the next token is one of `words`; it is taken then."""
        found = bool(self) and (self.word or self._tokens[self._place].text) in words
        self._place += found
        return found

    def skip_to(self, words: frozenset[str]) -> None:
        """Up to a keyword outside of parentheses."""
        while self and self.word not in words:
            self.group()

    def text_to(self, words: frozenset[str]) -> str:
        """What `skip_to` skips."""
        start = self._place
        self.skip_to(words)
        skipped = self._tokens[start : self._place]
        return self._sql[skipped[0].start : skipped[-1].end] if skipped else ""

    def group(self) -> list[Token]:
        """The next token; of one in parentheses, what is between them."""
        token = self.take()
        if token.text != "(":
            return [token]
        start = self._place
        self._place = _closing(self._tokens, start - 1) + 1
        return list(self._tokens[start : self._place - 1])

    def expression(self) -> str:
        """The text between the parentheses that come next."""
        tokens = self.group()
        return self._sql[tokens[0].start : tokens[-1].end] if tokens else ""

    def names(self) -> tuple[str, ...]:
        """The names in the parentheses that come next, if there are any."""
        if not self or self._tokens[self._place].text != "(":
            return ()
        return tuple(part[0].name for part in _split(self.group()))


def _read_column(reader: _Reader, clauses: TableClauses) -> None:
    column = ColumnClauses(reader.take().name)
    clauses.columns[column.name] = column
    column.type = reader.text_to(_COLUMN_WORDS)
    name = None
    while reader:
        match reader.take().word:
            case "CONSTRAINT":
                name = reader.take().name
                continue
            case "PRIMARY":
                clauses.primary_key = name
                reader.skip_to(_COLUMN_WORDS | {"AUTOINCREMENT"})
                column.autoincrement = reader.skip("AUTOINCREMENT")
            case "UNIQUE":
                clauses.uniques.append((name, (column.name,)))
            case "CHECK":
                clauses.checks.append((name, reader.expression()))
            case "COLLATE":
                column.collation = reader.take().name
            case "AS":
                column.computed = reader.expression()
            case "DEFAULT":
                reader.group()
            case "REFERENCES":
                clauses.foreign_keys.append(_references(reader, (column.name,), name))
            case _:  # NOT, NULL, GENERATED ALWAYS, the end of what was skipped
                pass
        name = None
        reader.skip_to(_COLUMN_WORDS)


def _read_constraint(reader: _Reader, clauses: TableClauses) -> None:
    name = None
    while reader:  # SQLite wants no comma between constraints
        match reader.take().word:
            case "CONSTRAINT":
                name = reader.take().name
                continue
            case "PRIMARY":
                reader.skip("KEY")
                clauses.primary_key = name
                reader.group()
            case "UNIQUE":
                clauses.uniques.append((name, reader.names()))
            case "CHECK":
                clauses.checks.append((name, reader.expression()))
            case _:  # FOREIGN
                reader.skip("KEY")
                columns = reader.names()
                reader.skip("REFERENCES")
                clauses.foreign_keys.append(_references(reader, columns, name))
        name = None
        reader.skip_to(_TABLE_WORDS)


def _references(reader: _Reader, columns: tuple[str, ...], name: str | None) -> ForeignKeyClause:
    """https://www.sqlite.org/syntax/foreign-key-clause.html from the table's name on."""
    clause = ForeignKeyClause(columns, name)
    reader.take()
    reader.names()
    while reader:
        if reader.skip("ON"):
            reader.take()
            if reader.skip("SET", "NO"):
                reader.take()
            else:
                reader.take()
        elif reader.skip("MATCH"):
            reader.take()
        elif not _read_deferrable(reader, clause):
            break
    return clause


def _read_deferrable(reader: _Reader, clause: ForeignKeyClause) -> bool:
    """Whether [NOT] DEFERRABLE [INITIALLY …] came; a NOT NULL is left for the column."""
    start = reader._place
    is_denied = reader.skip("NOT")
    if not reader.skip("DEFERRABLE"):
        reader._place = start
        return False
    clause.deferrable = not is_denied
    if reader.skip("INITIALLY"):
        clause.initially = reader.take().word
    return True


def _key(sql: str, part: Sequence[Token]) -> str:
    """The text of a key of an index, up to COLLATE or its order."""
    end = len(part)
    if part[end - 1].word in ("ASC", "DESC") and end > 1:
        end -= 1
    if end > 2 and part[end - 2].word == "COLLATE":
        end -= 2
    return sql[part[0].start : part[end - 1].end]


def _tokens(sql: str) -> list[Token]:
    return [
        Token(found.lastgroup, found.group(), found.start(), found.end())
        for found in _TOKEN.finditer(sql)
        if found.lastgroup and found.lastgroup != "space"
    ]


def _find(tokens: Sequence[Token], sign: str) -> int | None:
    return next((place for place, token in enumerate(tokens) if token.text == sign), None)


def _closing(tokens: Sequence[Token], opening: int) -> int:
    """Where the parenthesis at `opening` is closed, or the end."""
    depth = 0
    for place in range(opening, len(tokens)):
        if tokens[place].text in ("(", ")"):
            depth += 1 if tokens[place].text == "(" else -1
            if not depth:
                return place
    return len(tokens)


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    """What the commas outside of inner parentheses keep apart; nothing between two is no part."""
    depth = 0
    parts: list[list[Token]] = [[]]
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and not depth:
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]
