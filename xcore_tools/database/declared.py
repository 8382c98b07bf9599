"""The schema that the source declares, as far as it is known, beside one that is known in full.

What the source does not say, or nobody can know without running it, is taken over from the other
side: a comparison of the two then finds only what both are sure of. That are tables, columns, whether
they may be null, keys, unique constraints, the indexes and checks that the source has, and types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from xcore_tools.database.comparison.types import same_type
from xcore_tools.database.compiled import compiled, enum_of
from xcore_tools.database.inspection.selection import selected
from xcore_tools.database.schema import (
    Check,
    Column,
    DatabaseSchema,
    Enum,
    ForeignKey,
    Index,
    IndexKey,
    PrimaryKey,
    Table,
    Unique,
    Unreadable,
    by_name,
    family,
)
from xcore_tools.discovery import results as source
from xcore_tools.discovery.results import Structure

_DEFAULT_SCHEMAS = {"postgresql": "public", "sqlite": "main"}
_MISSING = "it may not be there"
_NO_ACTION = (None, "NO ACTION", "RESTRICT")
"""What a foreign key does that says nothing, in the words of the engines."""


def declared_schema(
    discovery: source.Discovery, beside: DatabaseSchema, *, exclude: Sequence[str] = ()
) -> DatabaseSchema:
    """The tables of `discovery`, whose columns were asked for, in the language of `beside`.

    Everything that the source leaves open is as it is there: defaults, comments, collations, views,
    sequences, and indexes that the source may make elsewhere. `exclude` are patterns for tables.
    A table without a name, and a file that cannot be read, are in `unreadable` by their place.
    """
    declaring = _Declaring(beside)
    tables = [declaring.table(table) for table in discovery.tables if table.name is not None]
    gaps = [
        Unreadable(name=f"{table.path}:{table.line}", reason="the source does not say its name")
        for table in discovery.tables
        if table.name is None
    ]
    gaps += [
        Unreadable(name=f"{problem.path}:{problem.line}", reason=problem.message)
        for problem in discovery.problems
        if problem.severity == "error"
    ]
    schemas = {table.schema for table in tables if table.schema is not None}
    declared = msgspec.structs.replace(
        beside,
        schemas=tuple(sorted({*beside.schemas, *schemas})),
        enums=declaring.enums(discovery),
        tables=by_name({(table.schema, table.name): table for table in tables}.values()),
        unreadable=by_name([*beside.unreadable, *gaps]),
    )
    return selected(declared, exclude=exclude)


class _Declaring:
    """Translates tables, each beside the one of the same name."""

    def __init__(self, beside: DatabaseSchema) -> None:
        self._engine = beside.engine
        self._default = _DEFAULT_SCHEMAS.get(family(beside.engine))
        self._enums = beside.enums
        self._tables = {(table.schema, table.name): table for table in beside.tables}

    def table(self, table: source.Table) -> Table:
        """The table as the source has it."""
        schema, name = self._schema(table.schema), str(table.name)
        other = self._tables.get((schema, name)) or Table(schema=schema, name=name)
        structure = table.structure or Structure(unknown=("columns were not asked for",))
        columns = list(self._columns(structure, other))
        return msgspec.structs.replace(
            other,
            columns=tuple(columns),
            primary_key=_primary_key(structure, other),
            uniques=by_name(_uniques(structure, other)),
            foreign_keys=by_name(self._foreign_keys(structure, other)),
            checks=by_name(_checks(structure, other)),
            indexes=by_name(_indexes(structure, other, name)),
        )

    def enums(self, discovery: source.Discovery) -> tuple[Enum, ...]:
        """The enumerated types of the other side, with the values that the source gives them."""
        stated = {
            found[0]: found[1]
            for table in discovery.tables
            for column in (table.structure.columns if table.structure else ())
            if (found := enum_of(column.type, self._engine)) is not None
        }
        return tuple(
            msgspec.structs.replace(enum, values=stated.get(enum.name, enum.values))
            for enum in self._enums
        )

    def _schema(self, name: str | None) -> str | None:
        return None if name == self._default else name

    def _columns(self, structure: Structure, other: Table) -> Iterator[Column]:
        known = {column.name: column for column in other.columns}
        for column in structure.columns:
            partner = known.pop(column.name or "", None)
            if column.name is not None and (partner or _MISSING not in column.unknown):
                yield self._column(column, partner)
        if structure.unknown or any(column.name is None for column in structure.columns):
            yield from known.values()  # they may come from what is not known

    def _column(self, column: source.Column, other: Column | None) -> Column:
        stated = compiled(column.type, self._engine)
        if other is None:
            return Column(
                name=str(column.name),
                type=stated or (str(column.type) if column.type else "?"),
                nullable=column.nullable is not False,
                default=column.server_default,
            )
        is_same = stated is None or same_type(stated, other.type, (self._engine, self._engine))
        return msgspec.structs.replace(
            other,
            type=other.type if is_same else stated,
            nullable=other.nullable if column.nullable is None else column.nullable,
        )

    def _foreign_keys(self, structure: Structure, other: Table) -> Iterator[ForeignKey]:
        known = {_signature(key): key for key in other.foreign_keys}
        for key in structure.foreign_keys:
            schema, _, table = key.table.rpartition(".")
            declared = ForeignKey(
                name=key.name,
                columns=key.columns,
                schema=self._schema(schema or None),
                table=table,
                referred=key.referred,
                on_delete=key.on_delete,
                on_update=key.on_update,
            )
            partner = known.pop(_signature(declared), None)
            yield declared if partner is None else _like(declared, partner)
        doubtful = {column.name for column in structure.columns if column.unknown}
        for theirs in known.values():
            if structure.unknown or doubtful.intersection(theirs.columns):
                yield theirs


def _primary_key(structure: Structure, other: Table) -> PrimaryKey | None:
    is_known = all(column.primary_key is not None for column in structure.columns)
    if other.columns and (structure.unknown or not is_known):
        return other.primary_key
    columns = structure.primary_key
    theirs = other.primary_key
    if theirs is not None and set(theirs.columns) == set(columns):
        return theirs  # the order of the columns in the table decides, or nobody
    return PrimaryKey(columns=columns) if columns else None


def _uniques(structure: Structure, other: Table) -> Iterator[Unique]:
    """What the source calls unique, however the engine has it: by a constraint or by an index."""
    stated = [
        *structure.uniques,
        *(
            source.Unique(columns=(column.name,))
            for column in structure.columns
            if column.unique and not column.index and column.name is not None
        ),
    ]
    by_index = {_keys(index) for index in other.indexes if index.unique}
    known = {unique.columns: unique for unique in other.uniques}
    for unique in stated:
        if (partner := known.pop(unique.columns, None)) is not None:
            yield partner
        elif unique.columns not in by_index:
            yield Unique(name=unique.name, columns=unique.columns)
    indexed = {index.columns for index in structure.indexes if index.unique}
    indexed |= {(column.name,) for column in structure.columns if column.unique and column.index}
    for columns, theirs in known.items():
        if structure.unknown or columns in indexed:
            yield theirs


def _indexes(structure: Structure, other: Table, table: str) -> Iterator[Index]:
    """Those of the other side, which the source may make anywhere, and those that only the source has."""
    yield from other.indexes
    known = {_keys(index) for index in other.indexes}
    known |= {unique.columns for unique in other.uniques}
    stated = [
        *structure.indexes,
        *(
            source.Index(columns=(column.name,), unique=bool(column.unique))
            for column in structure.columns
            if column.index
        ),
    ]
    for index in stated:
        columns = tuple(name for name in index.columns if name is not None)
        if len(columns) == len(index.columns) and columns not in known:
            yield Index(
                name=index.name or f"ix_{table}_{'_'.join(columns)}",
                keys=tuple(IndexKey(column=name) for name in columns),
                unique=index.unique,
            )


def _checks(structure: Structure, other: Table) -> Iterator[Check]:
    """Those of the other side, and those with a name that only the source has."""
    yield from other.checks
    known = [check.name for check in other.checks if check.name is not None]
    for check in structure.checks:
        if check.name and check.expression and not any(_ends(name, check.name) for name in known):
            yield Check(name=check.name, expression=check.expression)


def _ends(name: str, stated: str) -> bool:
    """Whether it is that name, perhaps within what a naming convention makes of it."""
    return name == stated or name.endswith(f"_{stated}")


def _keys(index: Index) -> tuple[str | None, ...]:
    return tuple(key.column for key in index.keys)


def _signature(key: ForeignKey) -> tuple[object, ...]:
    return key.columns, key.schema, key.table, key.referred


def _like(declared: ForeignKey, other: ForeignKey) -> ForeignKey:
    """The other one, with the actions that the source states."""
    actions = {
        field: theirs if _is_same_action(ours, theirs) else ours
        for field in ("on_delete", "on_update")
        for ours, theirs in ((getattr(declared, field), getattr(other, field)),)
    }
    return msgspec.structs.replace(other, **actions)


def _is_same_action(one: str | None, other: str | None) -> bool:
    if one in _NO_ACTION and other in _NO_ACTION:
        return True
    return one is not None and other is not None and one.upper() == other.upper()
