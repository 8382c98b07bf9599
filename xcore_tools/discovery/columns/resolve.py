"""Drafts of all tables → their structures: names of keys, types that come along a foreign key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xcore_tools.discovery import ir
from xcore_tools.discovery.catalog.derived import ITEMS, TEXTS
from xcore_tools.discovery.catalog.paths import INSTRUMENTED_ATTRIBUTE
from xcore_tools.discovery.catalog.structure import (
    CHECK_CONSTRAINT,
    FOREIGN_KEY_CONSTRAINT,
    INDEX,
    PRIMARY_KEY_CONSTRAINT,
    UNIQUE_CONSTRAINT,
)
from xcore_tools.discovery.columns.column import Draft, Reference, as_call, item_name
from xcore_tools.discovery.columns.force import asked
from xcore_tools.discovery.columns.tables import TableDraft
from xcore_tools.discovery.columns.unparse import written
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.expressions import arguments_of
from xcore_tools.discovery.evaluate.operators import iterate
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    Instance,
    LibraryObject,
    MemberText,
    Scope,
    Unknown,
    Value,
)
from xcore_tools.discovery.results import (
    Check,
    Column,
    ColumnType,
    ForeignKey,
    Index,
    Structure,
    Unique,
)

_MAX_STEPS = 20
"""Foreign keys that a type is looked for along."""


class Finisher:
    """Knows all tables, so that a reference to one finds it."""

    def __init__(self, interpreter: Interpreter, tables: Iterable[TableDraft]) -> None:
        self._machine = interpreter
        self._by_name: dict[tuple[Value, str], TableDraft] = {}
        self._by_class: dict[ClassValue, TableDraft] = {}
        self._homes: dict[int, list[tuple[TableDraft, Draft]]] = {}
        for table in tables:
            self._by_name.setdefault((table.metadata, _place(table)), table)
            for draft in table.columns:
                self._homes.setdefault(id(draft.source), []).append((table, draft))
            self._by_class.update(dict.fromkeys(table.classes, table))

    def attach(self, call: ir.Call, scope: Scope) -> None:
        """Adds an index or a constraint that stands alone to the table whose columns it is given, if to one.

        One that is among the arguments of a table, too, stays what it is there.
        """
        call = self._machine.read(call) if call.unread else call
        callee = asked(self._machine, self._machine.lazily(call.func, scope))
        if not isinstance(callee, External) or callee.name not in ITEMS:
            return
        args, keywords = arguments_of(self._machine, call, scope)
        given = [*args, *keywords.values()]
        homes = [table for value in given for table in self._tables_in(value)]
        names = {id(table) for table in homes}
        if len(names) == 1 or (homes and callee.name == FOREIGN_KEY_CONSTRAINT.name):
            homes[0].items.append(LibraryObject(callee.path, args, keywords, call.line))

    def _tables_in(self, value: Value) -> Iterator[TableDraft]:
        """The tables of the columns in a value: in a list, or in an expression of SQL."""
        value = asked(self._machine, value)
        found = [table for table, _ in self._homes_of(value)]
        yield from found
        inner = iterate(value) if isinstance(value, list | tuple) else None
        if (
            inner is None
            and not found
            and isinstance(value, LibraryObject)
            and value.callee != INSTRUMENTED_ATTRIBUTE
        ):
            inner = [*value.args]
        for each in inner or ():
            yield from self._tables_in(each)

    def structure(self, table: TableDraft) -> Structure:
        """All that is known of one table."""
        keys = list(self._primary_keys(table))
        constraints = list(self._constraints(table))
        targets = _targets(constraints)
        columns = tuple(self._column(table, draft, keys, targets) for draft in table.columns)
        return Structure(
            columns=columns,
            foreign_keys=(
                *(key for draft in table.columns for key in self._foreign_keys(table, draft)),
                *(each for each in constraints if isinstance(each, ForeignKey)),
            ),
            uniques=tuple(each for each in constraints if isinstance(each, Unique)),
            checks=(
                *(self._check(each) for draft in table.columns for each in draft.checks),
                *(each for each in constraints if isinstance(each, Check)),
            ),
            indexes=tuple(each for each in constraints if isinstance(each, Index)),
            comment=table.comment,
            unknown=tuple(dict.fromkeys(table.unknown)),
        )

    # -- columns -------------------------------------------------------------------------------

    def _column(
        self,
        table: TableDraft,
        draft: Draft,
        keys: list[str],
        targets: dict[str, list[str]],
    ) -> Column:
        name = draft.column_name
        unknown = list(draft.unknown)
        is_key = True if name in keys else draft.primary_key
        nullable = draft.nullable
        if nullable is None:
            nullable = not (is_key is True or draft.identity)
            if isinstance(is_key, Unknown):
                nullable = is_key
        flags: dict[str, bool | None] = {}
        for flag, value in (
            ("nullable", nullable),
            ("primary_key", is_key),
            ("index", draft.index or False),
            ("unique", draft.unique or False),
        ):
            if isinstance(value, Unknown):
                unknown.append(f"{flag}: {value.reason}")
            flags[flag] = None if isinstance(value, Unknown) else value
        found = self._type(table, draft)
        if isinstance(found, Unknown):
            unknown.append(f"type: {found.reason}")
        references = [self._target(reference) for reference in draft.references]
        unknown += ["foreign key: its target is not known" for each in references if each is None]
        mine = [
            f"{place}.{column}" if column else place for place, column in filter(None, references)
        ]
        return Column(
            name=name,
            attribute=draft.attribute,
            type=found if isinstance(found, ColumnType) else None,
            written=draft.written,
            default=draft.default,
            server_default=_text(draft.server_default),
            computed=draft.computed,
            identity=draft.identity,
            foreign_keys=(*mine, *targets.get(name or "", ())),
            comment=draft.comment,
            unknown=tuple(dict.fromkeys(unknown)),
            **flags,
        )

    def _type(self, table: TableDraft, draft: Draft) -> ColumnType | Unknown:
        """The type of a column, or of what it refers to if it has none of its own."""
        for _ in range(_MAX_STEPS):
            if draft.type is not None:
                return draft.type
            if not draft.references:
                return Unknown("it has no type")
            found = self._referred(table, draft, draft.references[0])
            if found is None:
                return Unknown("it has the type of a column that is not known")
            table, draft = found
        return Unknown("it has the type of a column that has its own")

    def _referred(
        self, table: TableDraft, draft: Draft, reference: Reference
    ) -> tuple[TableDraft, Draft] | None:
        """The column that a reference leads to, and its table."""
        homes = list(self._homes_of(reference.target))
        if len(homes) == 1:
            return homes[0]
        target = self._target(reference)
        if target is None:
            return None
        place, column = target
        found = self._by_name.get((table.metadata, self._resolved(table, place)))
        wanted = column or draft.column_name
        for each in found.columns if found else ():
            if found is not None and wanted in (each.column_name, each.attribute):
                return found, each
        return None

    def _resolved(self, table: TableDraft, place: str) -> str:
        """The table that a name means in a collection which has a schema for names without one."""
        is_plain = table.default_schema is not None and "." not in place
        if not is_plain or (table.metadata, place) in self._by_name:
            return place
        return f"{table.default_schema}.{place}"

    # -- keys ----------------------------------------------------------------------------------

    def _foreign_keys(self, table: TableDraft, draft: Draft) -> Iterator[ForeignKey]:
        for reference in draft.references:
            target = self._target(reference)
            if target is not None and draft.column_name is not None:
                place, column = target
                yield ForeignKey(
                    columns=(draft.column_name,),
                    table=self._resolved(table, place),
                    referred=(column,) if column else (),
                    name=reference.name,
                    on_delete=reference.on_delete,
                    on_update=reference.on_update,
                )

    def _target(self, reference: Reference) -> tuple[str, str] | None:
        """The table and the column that a reference means, as `Table.fullname` has them."""
        value = reference.target
        if isinstance(value, str):
            place, _, column = value.rpartition(".")
            return (place, column) if place else (value, "")
        homes = list(self._homes_of(value))
        if len(homes) == 1 and homes[0][1].column_name is not None:
            table, found = homes[0]
            return _place(table), str(found.column_name)
        return None

    def _homes_of(self, value: Value) -> Iterator[tuple[TableDraft, Draft]]:
        """The columns that a reference to a column or to an attribute of a class may mean."""
        if isinstance(value, LibraryObject) and value.callee == INSTRUMENTED_ATTRIBUTE:
            cls, name = value.args
            table = self._by_class.get(cls)
            for draft in table.columns if table else ():
                if table is not None and draft.attribute == name:
                    yield table, draft
            return
        call = as_call(self._machine, value)
        if call is not None:
            yield from self._homes.get(id(call), [])

    def _primary_keys(self, table: TableDraft) -> Iterator[str]:
        for item in table.items:
            if item_name(self._machine, item) == PRIMARY_KEY_CONSTRAINT.name:
                yield from filter(None, self._names(table, _args(item)))

    def _constraints(self, table: TableDraft) -> Iterator[ForeignKey | Unique | Check | Index]:
        for item in table.items:
            args, keywords = _args(item), _keywords(item)
            name = asked(self._machine, keywords.get("name"))
            name = str(name) if isinstance(name, str) else None
            match item_name(self._machine, item):
                case FOREIGN_KEY_CONSTRAINT.name:
                    yield from self._composite(table, args, keywords, name)
                case UNIQUE_CONSTRAINT.name:
                    columns = tuple(self._names(table, args))
                    if all(columns):
                        yield Unique(columns=tuple(map(str, columns)), name=name)
                case CHECK_CONSTRAINT.name:
                    check = self._check(item)
                    yield Check(expression=check.expression, name=name)
                case INDEX.name:
                    first = asked(self._machine, args[0]) if args else None
                    yield Index(
                        columns=tuple(self._names(table, args[1:])),
                        unique=asked(self._machine, keywords.get("unique")) is True,
                        name=str(first) if isinstance(first, str) else None,
                    )

    def _composite(
        self,
        table: TableDraft,
        args: tuple[Value, ...],
        keywords: dict[str, Value],
        name: str | None,
    ) -> Iterator[ForeignKey]:
        given = [*args, keywords.get("columns"), keywords.get("refcolumns")]
        own, others = (iterate(asked(self._machine, value)) or [] for value in given[:2])
        columns = list(self._names(table, own))
        targets = [self._target(Reference(asked(self._machine, other))) for other in others]
        places = {target[0] for target in targets if target}
        if None in targets or None in columns or len(places) != 1:
            table.unknown.append("a foreign key whose columns are not known")
            return
        actions = {
            field: str(value)
            for field, key in (("on_delete", "ondelete"), ("on_update", "onupdate"))
            if isinstance(value := asked(self._machine, keywords.get(key)), str)
        }
        yield ForeignKey(
            columns=tuple(map(str, columns)),
            table=self._resolved(table, places.pop()),
            referred=tuple(target[1] for target in targets if target),
            name=name,
            **actions,
        )

    def _names(self, table: TableDraft, values: Iterable[Value]) -> Iterator[str | None]:
        """The columns that the arguments of a constraint name, by text or as they are."""
        for value in (asked(self._machine, each) for each in values):
            if isinstance(value, str):
                yield str(value)
                continue
            own = [draft.column_name for home, draft in self._homes_of(value) if home is table]
            call = as_call(self._machine, value)
            named = asked(self._machine, call.args[0]) if call is not None and call.args else None
            yield own[0] if own else str(named) if isinstance(named, str) else None

    def _check(self, item: Value) -> Check:
        args = _args(item)
        text = asked(self._machine, args[0] if args else _keywords(item).get("sqltext"))
        if (
            isinstance(text, LibraryObject)
            and text.callee.rpartition(".")[2] in TEXTS
            and text.args
        ):
            text = asked(self._machine, text.args[0])
        return Check(expression=str(text) if isinstance(text, str) else None)


def _place(table: TableDraft) -> str:
    name = table.name or ""
    return f"{table.schema}.{name}" if table.schema else name


def _args(item: Value) -> tuple[Value, ...]:
    return item.args if isinstance(item, LibraryObject | Instance) else ()


def _keywords(item: Value) -> dict[str, Value]:
    return item.keywords if isinstance(item, LibraryObject | Instance) else {}


def _targets(constraints: Iterable[object]) -> dict[str, list[str]]:
    """The targets of composite foreign keys, by column."""
    found: dict[str, list[str]] = {}
    for key in constraints:
        if isinstance(key, ForeignKey):
            for column, referred in zip(key.columns, key.referred, strict=False):
                found.setdefault(column, []).append(f"{key.table}.{referred}")
    return found


def _text(value: Value) -> str | None:
    """A server default: SQL where it is given as `text(…)`, else the text that the server quotes."""
    if value is None:
        return None
    if isinstance(value, MemberText):
        return str.__str__(value)
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, LibraryObject) and value.callee.rpartition(".")[2] in TEXTS:
        inner = value.args[0] if value.args else None
        return inner if isinstance(inner, str) else "…"
    return written(value)
