"""Views, triggers, routines and events of a dump: in the order in which they can be made; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from xcore_tools.database.backup.maria.lexer import Token, is_threefold, qualifiers, tokens
from xcore_tools.database.backup.maria.reader import Rows, Section
from xcore_tools.database.backup.maria.statements import Form, Statement

BASELINE = (
    b"SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
    b"SET SESSION time_zone = '+00:00'",
    b"SET NAMES utf8mb4",
)
"""What the head of each dump sets; some objects set more for themselves."""


class Object:
    """One of them, with the statements that set the session before."""

    def __init__(self, statement: Statement, before: Sequence[Statement]) -> None:
        self.kind, self.name = statement.kind, statement.name
        self.statement = statement
        self._before = tuple(before)

    @property
    def definer(self) -> str | None:
        """`user@host` of who it acts as; None where none is written."""
        at = _definer_at(self.statement.tokens)
        if at is None:
            return None
        user, host = self.statement.tokens[at + 2], self.statement.tokens[at + 4]
        return f"{user.name}@{host.name or ''}"

    @property
    def reads(self) -> set[str]:
        """The tables and views that the query of a view may name; aliases may be among them."""
        words = [token.word for token in self.statement.tokens]
        found = self.statement.tokens[words.index("AS") :] if "AS" in words else []
        named = set()
        for before, token, after in zip(found, found[1:], [*found[2:], None], strict=False):
            is_table = (
                token.kind == "name" and before.kind != "name" and before.word not in {"AS", "."}
            )
            if is_table and not (after is not None and after.text == b"."):
                named.add(token.name or "")
        return named - {self.name}

    def texts(
        self, source: str, target: str, *, definer: bool, is_deep: bool = True
    ) -> list[bytes]:
        """The statements that make it in `target`, where it was taken of `source`.

        Without `definer`, it belongs to who makes it. `is_deep` is for names of two parts as well,
        which could begin with an alias.
        """
        made = _moved(self.statement, source, target, definer=definer, is_deep=is_deep)
        return [*BASELINE, *(_session(s, target) for s in self._before), made]


class Objects:
    """All of a dump."""

    def __init__(self, found: Iterable[Object]) -> None:
        self._all = tuple(found)
        self.views = in_order([each for each in self._all if each.kind == "VIEW"])
        routines = [each for each in self._all if each.kind not in {"VIEW", "TRIGGER", "EVENT"}]
        # the body of a package follows its head
        self.routines = tuple(sorted(routines, key=lambda each: each.kind.endswith("BODY")))
        self.triggers = tuple(each for each in self._all if each.kind == "TRIGGER")
        self.events = tuple(each for each in self._all if each.kind == "EVENT")

    @property
    def definers(self) -> dict[str, list[str]]:
        """Who acts in which of them."""
        found: dict[str, list[str]] = {}
        for each in self._all:
            if each.definer is not None:
                found.setdefault(each.definer, []).append(f"{each.kind.lower()} {each.name}")
        return found


class Collector:
    """Puts objects together while the statements of a dump pass."""

    def __init__(self) -> None:
        self._found: list[Object] = []
        self._pending: list[Statement] = []

    def take(self, item: Statement | Rows | Section) -> None:
        """Look at the next item."""
        if isinstance(item, Section):
            self._pending = [s for s in self._pending if s.form is Form.DATABASE]
        elif isinstance(item, Rows):
            return
        elif item.form is Form.CODE:
            self._found.append(Object(item, self._pending))
            self._pending = []
        elif item.form is Form.DATABASE or (item.form is Form.SESSION and not _puts_back(item)):
            self._pending.append(item)

    def objects(self) -> Objects:
        """All that was found."""
        return Objects(self._found)


def in_order(views: Sequence[Object]) -> tuple[Object, ...]:
    """Views behind those that they read."""
    by_name = {view.name: view for view in views}
    graph = {
        view.name: sorted(view.reads & by_name.keys())
        for view in sorted(views, key=lambda v: v.name)
    }
    try:
        return tuple(by_name[name] for name in TopologicalSorter(graph).static_order())
    except CycleError:  # an alias that is called like a view
        return tuple(views)


class Default(NamedTuple):
    """The default of a column that takes a value of a sequence."""

    table: str
    column: str
    expression: bytes

    def statement(self, source: str, database: str) -> bytes:
        """What sets it in `database`, where it was taken of `source`."""
        expression = self.expression
        found = tokens(expression)
        for at, name in reversed(list(qualifiers(found))):
            if name == source:
                start, end = found[at].start, found[at].end
                expression = expression[:start] + quoted(database) + expression[end:]
        table = quoted(database) + b"." + quoted(self.table)
        return b"ALTER TABLE %b ALTER COLUMN %b SET DEFAULT %b" % (
            table,
            quoted(self.column),
            expression,
        )


def without_sequences(statement: Statement) -> tuple[bytes, list[Default]]:
    """A CREATE TABLE without the defaults that need a sequence, which may come later; and those."""
    found, text = statement.tokens, statement.text
    defaults = []
    for at, token in reversed(list(enumerate(found))):
        end = _end_of_call(found, at + 1)
        if token.word != "DEFAULT" or end is None:
            continue
        if {"NEXTVAL", "LASTVAL"} & {each.word for each in found[at:end]}:
            last = found[end - 1].end
            expression = text[found[at + 1].start : last]
            defaults.append(Default(statement.name, _column_before(found, at), expression))
            text = text[: token.start] + text[last:]
    return text, defaults


def _end_of_call(found: Sequence[Token], at: int) -> int | None:
    """Behind the bracket that closes `(…)` or `name(…)`, which begins there."""
    opening = next((i for i in (at, at + 1) if found[i : i + 1] and found[i].text == b"("), None)
    depth = 0
    for place in range(len(found) if opening is None else opening, len(found)):
        depth += (found[place].text == b"(") - (found[place].text == b")")
        if not depth:
            return place + 1
    return None


def _column_before(found: Sequence[Token], at: int) -> str:
    """The column whose definition holds that token: what follows the last comma outside of brackets."""
    depth = 0
    for place in range(at, 0, -1):
        text = found[place].text
        depth += (text == b")") - (text == b"(")
        if depth < 0 or (text == b"," and not depth):
            return found[place + 1].name or ""
    return ""


def quoted(name: str) -> bytes:
    """A name for a statement."""
    return b"`" + name.replace("`", "``").encode("utf-8", "surrogateescape") + b"`"


def _puts_back(statement: Statement) -> bool:
    """Whether it gives a variable of the session the value of before."""
    target, value = statement.tokens[1].word, statement.tokens[-1].word
    return not target.startswith("@") and value.startswith("@") and not value.startswith("@@")


def _definer_at(found: Sequence[Token]) -> int | None:
    for at, token in enumerate(found[:16]):
        if token.word == "DEFINER" and found[at + 1].text == b"=":
            return at
    return None


def _session(statement: Statement, target: str) -> bytes:
    if statement.form is not Form.DATABASE:
        return statement.text
    name = statement.tokens[2]
    return statement.text[: name.start] + quoted(target) + statement.text[name.end :]


def _moved(
    statement: Statement, source: str, target: str, *, definer: bool, is_deep: bool
) -> bytes:
    found = statement.tokens
    text = statement.text
    cuts: list[tuple[int, int, bytes]] = []
    if source != target:
        cuts += [
            (found[at].start, found[at].end, quoted(target))
            for at, name in qualifiers(found)
            if name == source and (is_deep or is_threefold(found, at))
        ]
    at = None if definer else _definer_at(found)
    if at is not None:
        cuts.append((found[at].start, found[at + 4].end, b""))
    for start, end, new in sorted(cuts, reverse=True):
        text = text[:start] + new + text[end:]
    return text
