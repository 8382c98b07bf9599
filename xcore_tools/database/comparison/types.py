"""When two texts of an engine mean the same: synonyms of types, spellings of expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from xcore_tools.database.schema import Engine, family

# Other names → the one that the engine tells. `(` begins what is kept behind the name.
_SYNONYMS: Mapping[Engine, Mapping[str, str]] = {
    # https://www.postgresql.org/docs/current/datatype.html#DATATYPE-TABLE
    "postgresql": {
        "int": "integer",
        "int4": "integer",
        "int2": "smallint",
        "int8": "bigint",
        "serial": "integer",
        "serial4": "integer",
        "smallserial": "smallint",
        "serial2": "smallint",
        "bigserial": "bigint",
        "serial8": "bigint",
        "bool": "boolean",
        "varchar": "character varying",
        "char varying": "character varying",
        "nvarchar": "character varying",
        "char": "character",
        "bpchar": "character",
        "decimal": "numeric",
        "dec": "numeric",
        "float8": "double precision",
        "float": "double precision",
        "double": "double precision",
        "float4": "real",
        "varbit": "bit varying",
        "timestamp": "timestamp without time zone",
        "datetime": "timestamp without time zone",
        "timestamptz": "timestamp with time zone",
        "time": "time without time zone",
        "timetz": "time with time zone",
    },
    # https://mariadb.com/kb/en/data-types/ and https://dev.mysql.com/doc/refman/8.4/en/data-types.html
    "mysql": {
        "integer": "int",
        "int4": "int",
        "int8": "bigint",
        "int2": "smallint",
        "int1": "tinyint",
        "int3": "mediumint",
        "middleint": "mediumint",
        "bool": "tinyint(1)",
        "boolean": "tinyint(1)",
        "dec": "decimal",
        "numeric": "decimal",
        "fixed": "decimal",
        "double precision": "double",
        "real": "double",
        "float8": "double",
        "float4": "float",
        "character varying": "varchar",
        "nvarchar": "varchar",
        "national varchar": "varchar",
        "character": "char",
        "nchar": "char",
        "long": "mediumtext",
    },
    # https://www.sqlite.org/datatype3.html: only names that SQLite itself treats alike and that
    # mean one thing elsewhere; INT is not INTEGER where it is a key
    "sqlite": {
        "bool": "boolean",
        "character varying": "varchar",
        "varying character": "varchar",
        "character": "char",
        "dec": "decimal",
        "double precision": "double",
        "timestamp without time zone": "timestamp",
    },
}
# The numbers that a type has when none are written. MySQL 8 does not tell widths any more.
_USUAL: Mapping[Engine, Mapping[str, str]] = {
    "postgresql": {"character": "(1)", "bit": "(1)", "float": "(53)"},
    "mysql": {
        "char": "(1)",
        "bit": "(1)",
        "decimal": "(10,0)",
        "year": "(4)",
        "tinyint": "(4)",
        "smallint": "(6)",
        "mediumint": "(9)",
        "int": "(11)",
        "bigint": "(20)",
        "tinyint unsigned": "(3)",
        "smallint unsigned": "(5)",
        "mediumint unsigned": "(8)",
        "int unsigned": "(10)",
        "bigint unsigned": "(20)",
    },
    "sqlite": {},
}

# Between two engines: what a type is for. A length counts only where both sides have one.
_PORTABLE: Mapping[str, str] = {
    "int": "integer",
    "mediumint": "integer",
    "character varying": "text",
    "varchar": "text",
    "char": "text",
    "character": "text",
    "tinytext": "text",
    "mediumtext": "text",
    "longtext": "text",
    "citext": "text",
    "clob": "text",
    "uuid": "text",
    "enum": "text",
    "tinyint(1)": "boolean",
    "decimal": "numeric",
    "double precision": "float",
    "double": "float",
    "real": "float",
    "datetime": "timestamp",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamp",
    "time without time zone": "time",
    "time with time zone": "time",
    "bytea": "binary",
    "blob": "binary",
    "longblob": "binary",
    "mediumblob": "binary",
    "tinyblob": "binary",
    "varbinary": "binary",
    "json": "json",
    "jsonb": "json",
}
_WITH_LENGTH = {"text", "numeric", "binary"}

_TYPE = re.compile(r"([^(]*)(\([^)]*\))?([^()]*)", re.DOTALL)
# A text in quotes is kept as it is; all else has no case and no spaces.
_NOW = re.compile(r"\b(?:now|current_timestamp)\(\)")
"""Other spellings of CURRENT_TIMESTAMP; on PostgreSQL and MySQL they are the same."""
_PIECE = re.compile(r"'(?:[^']|'')*'|[^']+|'")


def same_type(before: str, after: str, engines: tuple[Engine, Engine]) -> bool:
    """Whether two types are one, told by these engines."""
    first, second = (family(engine) for engine in engines)
    if first == second:
        return _canonical(before, first) == _canonical(after, first)
    (name, numbers), (other, others) = _portable(before, first), _portable(after, second)
    if name != other:
        return False
    return name not in _WITH_LENGTH or not (numbers and others) or numbers == others


def same_expression(before: str | None, after: str | None) -> bool:
    """Whether two expressions are one but for case, spaces and parentheses around the whole."""
    if before is None or after is None:
        return before is after
    return before == after or _plain(before) == _plain(after)


def _canonical(text: str, engine: Engine) -> str:
    if "'" in text:  # the values of an enum
        return _plain(text)
    if '"' in text:  # a type of the user's, whose name has a case
        return text
    name, numbers, rest = _parts(text)
    array = ""
    while rest.endswith("[]") or name.endswith("[]"):
        array += "[]"
        rest = rest.removesuffix("[]").strip()
        name = name.removesuffix("[]").strip()
    synonyms = _SYNONYMS.get(engine, {})
    # timestamp(3) with time zone: the numbers stand inside of the name
    whole = f"{name} {rest}".strip()
    whole = synonyms.get(whole, whole)
    bare, own, _ = _parts(whole)
    numbers = own or numbers or _USUAL.get(engine, {}).get(bare, "")
    if numbers == _USUAL.get(engine, {}).get(bare):
        numbers = ""
    return f"{bare}{numbers}{array}"


def _portable(text: str, engine: Engine) -> tuple[str, str]:
    if text.lower().startswith(("enum(", "set(")):
        return "text", ""
    canonical = _canonical(text, engine)
    name, numbers, _ = _parts(canonical)
    if canonical in _PORTABLE:
        return _PORTABLE[canonical], ""
    return _PORTABLE.get(name, name), numbers


def _parts(text: str) -> tuple[str, str, str]:
    """Name, numbers in parentheses, and what follows them: all in lower case, without spaces."""
    found = _TYPE.fullmatch(text.lower())
    if found is None:
        return " ".join(text.lower().split()), "", ""
    name, numbers, rest = found.groups("")
    return " ".join(name.split()), re.sub(r"\s", "", numbers), " ".join(rest.split())


def _plain(text: str) -> str:
    pieces = (
        piece if piece.startswith("'") else re.sub(r"\s+", "", piece).lower()
        for piece in _PIECE.findall(text)
    )
    plain = _NOW.sub("current_timestamp", "".join(pieces))
    while plain.startswith("(") and _closes_at_the_end(plain):
        plain = plain[1:-1]
    return plain


def _closes_at_the_end(text: str) -> bool:
    """Whether the parenthesis at the start is closed by the last character."""
    depth = 0
    for place, char in enumerate(re.sub(r"'(?:[^']|'')*'", lambda m: "x" * len(m[0]), text)):
        depth += (char == "(") - (char == ")")
        if not depth:
            return place == len(text) - 1
    return False
