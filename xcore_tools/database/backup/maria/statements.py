"""What a dump may hold: the statements that the dump programs write, and no other ones; pure.

Who can write into a directory of backups must not act, by that, as the one who restores. So each
statement has to be of a form that mariadb-dump or mysqldump writes, and to name nothing outside of the
database that is restored into. Bodies of routines, triggers, views and events are free: they are
only made, one by one, and not run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from xcore_tools.database.backup.facts import DamagedError
from xcore_tools.database.backup.maria.lexer import Token, is_complete, qualifiers, tokens

_SHOWN = 60

_VALUE = (
    rb"(?:NULL|0x[0-9A-Fa-f]*+|-?[0-9][0-9.]*+(?:[eE][+-]?[0-9]++)?"
    rb"|(?:_[a-z0-9]++ ?)?(?:[xXbBnN]?'(?:[^'\\]|\\.|'')*+'|0x[0-9A-Fa-f]++))"
)
_ROW = rb"\((?:" + _VALUE + rb"(?:,\s*" + _VALUE + rb")*+)?\)"
_INSERT = re.compile(
    rb"(?:INSERT|REPLACE) {1,2}(?:IGNORE )?INTO `(?:[^`]|``)++` "
    rb"(?:\((?:`(?:[^`]|``)*+`|[a-z_, ])++\) )?VALUES\s*"
)
_ROWS = re.compile(rb"(?:" + _ROW + rb",\s*)*+(?:" + _ROW + rb"(?P<end>;)?)?\s*", re.DOTALL)

# What the programs set, and put back, of the session.
_SETTABLE = {
    "NAMES",
    "TIME_ZONE",
    "UNIQUE_CHECKS",
    "FOREIGN_KEY_CHECKS",
    "SQL_MODE",
    "SQL_NOTES",
    "NOTE_VERBOSITY",
    "CHARACTER_SET_CLIENT",
    "CHARACTER_SET_RESULTS",
    "COLLATION_CONNECTION",
    "AUTOCOMMIT",
    "SYSTEM_VERSIONING_INSERT_HISTORY",
    "SQL_QUOTE_SHOW_CREATE",
}
# A table of these engines is a door to files, other servers, or other databases.
_OUTSIDE = {"CONNECT", "FEDERATED", "SPIDER", "MERGE", "MRG_MYISAM", "S3"}
_FORBIDDEN_IN_TABLES = {"SELECT", "CONNECTION"}
_HEAD = 24  # words that come before the name of what is made, at most
_CODE_HEAD = re.compile(
    r"CREATE (OR REPLACE )?(ALGORITHM = \w+ )?(DEFINER = [`\w]+ @ [`\w]* ?)?(SQL SECURITY \w+ )?"
    r"(AGGREGATE )?(?P<kind>VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE BODY|PACKAGE) "
    r"(IF NOT EXISTS )?"
)
_DROP = re.compile(
    r"DROP (TABLE|SEQUENCE|VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE( BODY)?) IF EXISTS `"
)
_BEFORE_OTHERS = {"REFERENCES", "NEXTVAL", "LASTVAL", "FOR"}


class Form(Enum):
    """What a statement is for."""

    SESSION = "sets something of the session"
    TABLE = "makes a table or a sequence"
    ROWS = "fills a table, or prepares that"
    DROP = "drops what would be in the way"
    STAND_IN = "stands for a view until its tables are there"
    DATABASE = "sets the order of letters of the database"
    CODE = "makes a view, a trigger, a routine or an event"


_PLAIN = (
    (re.compile(r"COMMIT|UNLOCK TABLES|LOCK TABLES ` WRITE"), Form.ROWS),
    (re.compile(r"ALTER TABLE ` (DISABLE|ENABLE) KEYS"), Form.ROWS),
    (re.compile(r"(DO|SELECT) SETVAL \( ` , (- )?0 , (- )?0( , (- )?0)? \)"), Form.ROWS),
    (re.compile(r"ALTER DATABASE ` CHARACTER SET \w+ COLLATE \w+"), Form.DATABASE),
)


class Statement:
    """One statement of a dump, with its form."""

    __slots__ = ("form", "kind", "name", "text", "tokens")

    def __init__(self, form: Form, text: bytes, found: list[Token], kind: str = "", name: str = ""):
        self.form, self.text, self.tokens = form, text, found
        self.kind, self.name = kind, name


def statement_of(text: bytes, database: str, where: str, *, escapes: bool = True) -> Statement:
    """The statement that `text` is; `database` is what the dump was taken of, `escapes` as in `tokens`.

    Raises:
        DamagedError: no dump program writes such a statement, or it names another database.
    """
    found = tokens(text, escapes=escapes)
    words = [token.word for token in found]
    if not is_complete(found) or not found:
        raise _foreign(text, where)
    form, kind, name = _form(found, words)
    if form is None or (form is not Form.CODE and b";" in [token.text for token in found]):
        raise _foreign(text, where)
    if form is Form.TABLE and not _stays_inside(found, words, database):
        raise _foreign(text, where)
    if form is Form.CODE and not _belongs(found, words, kind, database):
        raise _foreign(text, where)
    return Statement(form, text, found, kind, name)


def rows_from(line: bytes, *, is_first: bool, where: str) -> bool:
    """Whether this line of an INSERT is its last one; it holds rows of plain values only.

    Raises:
        DamagedError: it holds something else.
    """
    start = 0
    if is_first:
        head = _INSERT.match(line)
        if head is None:
            raise _foreign(line, where)
        start = head.end()
    rows = _ROWS.fullmatch(line, start)
    if rows is None:
        raise _foreign(line, where)
    return rows["end"] is not None


def _form(found: Sequence[Token], words: list[str]) -> tuple[Form | None, str, str]:
    match words:
        case ["SET", *_]:
            return (Form.SESSION if _sets_session(found[1:]) else None), "", ""
        case ["DROP", *_]:
            return (Form.DROP if _DROP.fullmatch(_shape(found)) else None), "", ""
        case ["CREATE", "TABLE" | "SEQUENCE" as kind, _, *_] if found[2].kind == "name":
            return Form.TABLE, kind, found[2].name or ""
        case ["CREATE", "VIEW", _, "AS", "SELECT", *_] if "FROM" not in words:
            return Form.STAND_IN, "VIEW", found[2].name or ""
        case ["CREATE", *_]:
            return _code(found, words)
    for pattern, form in _PLAIN:
        if pattern.fullmatch(_shape(found)):
            return form, "", ""
    return None, "", ""


def _shape(found: Sequence[Token]) -> str:
    """The words of a short statement, with marks for names, texts and numbers."""
    marks = {"name": "`", "string": "'", "number": "0"}
    return " ".join(token.word or marks.get(token.kind, "?") for token in found[:_HEAD])


def _code(found: Sequence[Token], words: list[str]) -> tuple[Form | None, str, str]:
    """CREATE [OR REPLACE] [ALGORITHM = …] [DEFINER = …] [SQL SECURITY …] kind name …"""
    text = " ".join(word or "`" for word in words[:_HEAD]) + " "
    head = _CODE_HEAD.match(text)
    if head is None:
        return None, "", ""
    at = head[0].count(" ")  # the words before the name
    is_qualified = found[at + 1 : at + 2] and found[at + 1].text == b"."
    name = found[at + 2 * bool(is_qualified)].name if len(found) > at + 2 else None
    return (None, "", "") if name is None else (Form.CODE, head["kind"], name)


def _sets_session(found: Sequence[Token]) -> bool:
    """`name = value, …`, each a variable of the session and a plain value."""
    if any(token.text in {b"(", b";"} for token in found):
        return False
    for part in _split(found):
        words = [token.word for token in part]
        if words[:2] in (["@@SESSION", "."], ["@@LOCAL", "."]):
            words = words[2:]
        target = words[0] if words else ""
        is_variable = re.fullmatch(r"@[\w$]+", words[0] if words else "") is not None
        if not (is_variable or target in _SETTABLE):
            return False
        if target == "NAMES":  # in which no part of a letter looks like a quote
            return words[1:2] in (["UTF8MB4"], ["UTF8MB3"], ["UTF8"])
        if words[1:2] not in (["="], [":"]):
            return False
    return True


def _split(found: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in found:
        if token.text == b",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _stays_inside(found: Sequence[Token], words: list[str], database: str) -> bool:
    """Whether a table is made of nothing but its definition, and lies with the others."""
    if found[3:4] and found[3].text == b".":
        return False
    if _FORBIDDEN_IN_TABLES & set(words):
        return False
    for at, word in enumerate(words):
        if word == "ENGINE" and any(w in _OUTSIDE for w in words[at + 1 : at + 3]):
            return False
        if word in {"UNION", "LIKE"} and found[at - 1].text != b"." and _is_option(words, at):
            return False
    for at, name in qualifiers(found):
        before = {word for word in words[max(0, at - 2) : at] if word}
        if name != database and not (before & _BEFORE_OTHERS):
            return False
    return True


def _is_option(words: list[str], at: int) -> bool:
    return words[at] == "UNION" and words[at + 1 : at + 2] in (["="], ["("])


def _belongs(found: Sequence[Token], words: list[str], kind: str, database: str) -> bool:
    """Whether what is made lies in the database itself; a view ends with its query."""
    at = words.index(kind.partition(" ")[0]) + 1 + kind.endswith(" BODY")
    at += 3 * (words[at : at + 3] == ["IF", "NOT", "EXISTS"])
    names = [at]
    if kind == "TRIGGER":
        names += [i + 1 for i, word in enumerate(words) if word == "ON"][:1]
    for start in names:
        is_qualified = found[start + 1 : start + 2] and found[start + 1].text == b"."
        if is_qualified and found[start].name != database:
            return False
        behind = found[start + 1 + 2 * bool(is_qualified) :][:1]
        if kind in {"FUNCTION", "PROCEDURE"} and [token.text for token in behind] != [b"("]:
            return False  # such as one that a library on the disk of the server brings
    # the client looks for its own command everywhere, also inside of bodies
    return "DELIMITER" not in words and (
        kind != "VIEW" or b";" not in [token.text for token in found]
    )


def _foreign(text: bytes, where: str) -> DamagedError:
    shown = " ".join(text[: 4 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]
    return DamagedError(
        f"{where}: it holds what no dump of one database holds, and was not run: {shown}"
    )
