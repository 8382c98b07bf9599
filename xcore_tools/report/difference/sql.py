"""Statements that would make the first schema like the second: a hint to read, not a migration.

Nothing is renamed: what looks like a rename is a comment. Data is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from xcore_tools.database.comparison.differences import Comparison, Difference, Kind
from xcore_tools.database.schema import (
    Check,
    Column,
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Index,
    PrimaryKey,
    Table,
    Unique,
    View,
)
from xcore_tools.database.schema import (
    Sequence as SequencePart,
)
from xcore_tools.report.schema.ddl import Ddl
from xcore_tools.report.schema.sql import (
    domain_statement,
    enum_statement,
    foreign_key_statements,
    index_statements,
    sequence_statement,
    table_statements,
    view_statements,
)

# What goes away first, and what comes last: a view needs its tables, a key its columns.
_DROPS: tuple[Kind, ...] = (
    *("view", "foreign key", "check", "exclusion", "index", "unique", "primary key"),
    *("table", "column", "sequence", "domain", "enum", "extension", "schema"),
)
_ADDS: tuple[Kind, ...] = (
    *("schema", "extension", "enum", "domain", "sequence", "table", "column", "primary key"),
    *("unique", "index", "check", "exclusion", "foreign key", "view"),
)

_SERIALS = {"integer": "serial", "bigint": "bigserial", "smallint": "smallserial"}

Constraint = PrimaryKey | Unique | Check | Exclusion | ForeignKey


def render(comparison: Comparison) -> str:
    """The statements in an order that works, in the language of the first schema's engine."""
    writer = _Writer(Ddl(comparison.before))
    lines = ["-- A hint: read it, and write a migration.\n"]
    if comparison.is_portable:
        lines.append(f"-- The second schema is of another engine: {comparison.after}.\n")
    lines += [
        f"-- Perhaps a renamed {rename.kind}: {_one_line(rename.before)} -> "
        f"{_one_line(rename.after)}\n"
        for rename in comparison.renames
    ]
    lines += map(_ended, _statements(writer, comparison.differences))
    return "".join(lines)


def _statements(writer: _Writer, found: Sequence[Difference]) -> Iterator[str]:
    dropped = [each for each in found if each.action == "removed" or writer.is_remade(each)]
    for difference in sorted(dropped, key=lambda each: _DROPS.index(each.kind)):
        yield from writer.removal(difference)
    for difference in sorted(
        (each for each in found if each.action != "removed"),
        key=lambda each: _ADDS.index(each.kind),
    ):
        if difference.action == "added" or writer.is_remade(difference):
            yield from writer.addition(difference)
        else:
            yield from writer.change(difference)
    for difference in found:
        if difference.action == "added" and isinstance(difference.after, Table):
            yield from foreign_key_statements(writer.ddl, difference.after)


class _Writer:
    """Statements for one difference each."""

    def __init__(self, ddl: Ddl) -> None:
        self.ddl = ddl

    def is_remade(self, difference: Difference) -> bool:
        """Whether a changed part is dropped and made again."""
        return difference.action == "changed" and isinstance(
            difference.after, Constraint | Index | View
        )

    def removal(self, difference: Difference) -> Iterator[str]:
        part, names = difference.before, self.ddl.names
        table = self._table(difference)
        match part:
            case Table() | SequencePart() | View() | Domain():
                kind = difference.kind.upper()
                if isinstance(part, View) and part.materialized:
                    kind = "MATERIALIZED VIEW"
                yield f"DROP {kind} {names.place(part.schema, part.name)}"
            case Enum():
                yield f"DROP TYPE {names.place(part.schema, part.name)}"
            case Column():
                yield f"ALTER TABLE {table} DROP COLUMN {names.name(part.name)}"
            case Index():
                if self.ddl.family == "mysql":
                    yield f"ALTER TABLE {table} DROP INDEX {names.name(part.name)}"
                else:
                    yield f"DROP INDEX {names.place(difference.schema, part.name)}"
            case PrimaryKey() | Unique() | Check() | Exclusion() | ForeignKey():
                yield self._constraint_removal(difference, part)
            case _:
                yield f"DROP {difference.kind.upper()} {names.name(difference.name or '')}"

    def addition(self, difference: Difference) -> Iterator[str]:
        part, table = difference.after, self._table(difference)
        match part:
            case Table():
                columns = tuple(map(self._counting, part.columns))
                made = msgspec.structs.replace(part, columns=columns)
                yield from table_statements(made, self.ddl.engine)
                yield from index_statements(self.ddl, part)
            case View():
                yield from view_statements(part, self.ddl.engine)
            case Column():
                yield f"ALTER TABLE {table} ADD COLUMN {self.ddl.column(self._counting(part))}"
            case Index():
                yield self.ddl.index(
                    part, Table(schema=difference.schema, name=difference.table or "")
                )
            case Enum():
                yield enum_statement(self.ddl, part)
            case Domain():
                yield domain_statement(self.ddl, part)
            case SequencePart():
                yield sequence_statement(self.ddl, part)
            case PrimaryKey() | Unique() | Check() | Exclusion() | ForeignKey():
                yield self._constraint_addition(difference, part)
            case _:
                name = self.ddl.names.name(difference.name or "")
                yield f"CREATE {difference.kind.upper()} {name}"

    def change(self, difference: Difference) -> Iterator[str]:
        before, after, table = difference.before, difference.after, self._table(difference)
        if isinstance(before, Column) and isinstance(after, Column):
            if self.ddl.family == "mysql":
                yield f"ALTER TABLE {table} MODIFY COLUMN {self.ddl.column(after)}"
            elif self.ddl.family == "postgresql":
                yield from self._altered(difference, after)
            else:
                yield (
                    f"-- SQLite cannot change a column: make {table} anew with "
                    f"{_one_line(self.ddl.column(after))}"
                )
            return
        if isinstance(before, Enum) and isinstance(after, Enum):
            missing = [value for value in after.values if value not in before.values]
            if set(before.values) <= set(after.values):
                place = self.ddl.names.place(after.schema, after.name)
                for value in missing:
                    yield f"ALTER TYPE {place} ADD VALUE {self.ddl.names.text(value)}"
                return
        name = _one_line(difference.name or "")
        for change in difference.changes:
            yield (
                f"-- {difference.kind} {name}: {change.field} is {_one_line(change.before)}, "
                f"not {_one_line(change.after)}"
            )

    def _altered(self, difference: Difference, column: Column) -> Iterator[str]:
        """PostgreSQL: one statement for each field."""
        table, names = self._table(difference), self.ddl.names
        head = f"ALTER TABLE {table} ALTER COLUMN {names.name(column.name)}"
        fields = {change.field for change in difference.changes}
        if "type" in fields or "collation" in fields:
            collation = f' COLLATE "{column.collation}"' if column.collation else ""
            yield f"{head} TYPE {column.type}{collation}"
        if "nullable" in fields:
            yield f"{head} {'DROP' if column.nullable else 'SET'} NOT NULL"
        if "default" in fields:
            yield (
                f"{head} DROP DEFAULT"
                if column.default is None
                else f"{head} SET DEFAULT {column.default}"
            )
        if "identity" in fields:
            identity = column.identity
            yield (
                f"{head} DROP IDENTITY"
                if identity is None
                else f"{head} ADD {self.ddl.identity(identity)}"
            )
        if "comment" in fields:
            text = "NULL" if column.comment is None else names.text(column.comment)
            yield f"COMMENT ON COLUMN {table}.{names.name(column.name)} IS {text}"
        for change in difference.changes:
            if change.field in ("computed", "autoincrement"):
                yield (
                    f"-- column {_one_line(column.name)}: {change.field} is "
                    f"{_one_line(change.before)}, not {_one_line(change.after)}"
                )

    def _counting(self, column: Column) -> Column:
        """A column of PostgreSQL that counts, by the word which makes its sequence as well."""
        serial = _SERIALS.get(column.type)
        if not column.autoincrement or serial is None or self.ddl.family != "postgresql":
            return column
        return msgspec.structs.replace(column, type=serial, default=None)

    def _constraint_removal(self, difference: Difference, part: Constraint) -> str:
        table = self._table(difference)
        if self.ddl.family == "sqlite":
            return f"-- SQLite cannot drop a constraint: make {table} anew without {self._clause(part)}"
        if self.ddl.family == "mysql":
            match part:
                case PrimaryKey():
                    return f"ALTER TABLE {table} DROP PRIMARY KEY"
                case ForeignKey():
                    return f"ALTER TABLE {table} DROP FOREIGN KEY {self._name(part)}"
                case Unique():
                    return f"ALTER TABLE {table} DROP INDEX {self._name(part)}"
        return f"ALTER TABLE {table} DROP CONSTRAINT {self._name(part)}"

    def _constraint_addition(self, difference: Difference, part: Constraint) -> str:
        table = self._table(difference)
        if self.ddl.family == "sqlite":
            return f"-- SQLite cannot add a constraint: make {table} anew with {self._clause(part)}"
        return f"ALTER TABLE {table} ADD {self._clause(part)}"

    def _clause(self, part: Constraint) -> str:
        match part:
            case PrimaryKey():
                return self.ddl.primary_key(part)
            case Unique():
                return self.ddl.unique(part)
            case Check():
                return self.ddl.check(part)
            case ForeignKey():
                return self.ddl.foreign_key(part)
        return f"CONSTRAINT {self._name(part)} {part.definition}"

    def _name(self, part: Constraint) -> str:
        return self.ddl.names.name(part.name or "")

    def _table(self, difference: Difference) -> str:
        return self.ddl.names.place(difference.schema, difference.table or "")


def _ended(statement: str) -> str:
    return f"{statement}\n" if statement.startswith("--") else f"{statement};\n"


def _one_line(text: str | None) -> str:
    return "nothing" if text is None else " ".join(text.split())
