"""The parts of a table as clauses of SQL, in the language of one engine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xcore_tools.database.schema import (
    Check,
    Column,
    Engine,
    ForeignKey,
    Identity,
    Index,
    IndexKey,
    PrimaryKey,
    Table,
    Unique,
    View,
    family,
)
from xcore_tools.report.schema.names import Names

# What needs no parentheses behind DEFAULT.
_LITERAL = re.compile(
    r"[+-]?[\d.]+(?:[eE][+-]?\d+)?|[xX]?'(?:[^']|'')*'|\"[^\"]*\"|"
    r"NULL|TRUE|FALSE|CURRENT_(?:TIME|DATE|TIMESTAMP)(?:\(\d*\))?(?: ON UPDATE .*)?",
    re.IGNORECASE,
)


class Ddl:
    """Writes clauses for one engine. What it writes is what the engine then tells of itself."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.family = family(engine)
        self.names = Names(engine)

    def column(self, column: Column, table: Table | None = None) -> str:
        """The definition of a column; in `table`, with what its engine writes beside it."""
        parts = [self.names.name(column.name), column.type]
        if column.collation:
            quoted = self.family == "postgresql"
            name = f'"{column.collation}"' if quoted else self.names.name(column.collation)
            parts.append(f"COLLATE {name}")
        match self.family:
            case "mysql":
                parts += self._of_mysql(column, table)
            case "sqlite":
                parts += self._of_sqlite(column, table)
            case _:
                parts += self._of_postgresql(column)
        return " ".join(filter(None, parts))

    def primary_key(self, key: PrimaryKey) -> str:
        """PRIMARY KEY with its name."""
        return f"{self._named(key.name)}PRIMARY KEY {self.names.list(key.columns)}"

    def unique(self, unique: Unique) -> str:
        """UNIQUE; on MySQL a key, which has a comment."""
        columns = self.names.list(unique.columns)
        if self.family == "mysql":
            comment = f" COMMENT {self.names.text(unique.comment)}" if unique.comment else ""
            name = f" {self.names.name(unique.name)}" if unique.name else ""
            return f"UNIQUE KEY{name} {columns}{comment}"
        nulls = " NULLS NOT DISTINCT" if unique.nulls_not_distinct else ""
        include = f" INCLUDE {self.names.list(unique.include)}" if unique.include else ""
        late = _deferred(unique.deferrable, unique.initially)
        return f"{self._named(unique.name)}UNIQUE{nulls} {columns}{include}{late}"

    def check(self, check: Check) -> str:
        """CHECK with its name."""
        inherit = " NO INHERIT" if check.no_inherit else ""
        valid = " NOT VALID" if check.not_valid else ""
        return f"{self._named(check.name)}CHECK ({check.expression}){inherit}{valid}"

    def foreign_key(self, key: ForeignKey) -> str:
        """FOREIGN KEY with its name and its actions."""
        referred = f" {self.names.list(key.referred)}" if key.referred else ""
        actions = "".join(
            f" {word} {action}"
            for word, action in (
                ("MATCH", key.match),
                ("ON DELETE", key.on_delete),
                ("ON UPDATE", key.on_update),
            )
            if action
        )
        return (
            f"{self._named(key.name)}FOREIGN KEY {self.names.list(key.columns)} REFERENCES "
            f"{self.names.place(key.schema, key.table)}{referred}{actions}"
            f"{_deferred(key.deferrable, key.initially)}{' NOT VALID' if key.not_valid else ''}"
        )

    def index(self, index: Index, owner: Table | View) -> str:
        """CREATE INDEX."""
        table = self.names.place(owner.schema, owner.name)
        unique = "UNIQUE " if index.unique else ""
        keys = ", ".join(map(self._key, index.keys))
        if self.family == "mysql":
            return f"ALTER TABLE {table} ADD {self.inline_index(index)}"
        name = self.names.name(index.name)
        method = f" USING {index.method}" if index.method else ""
        tail = [f"INCLUDE {self.names.list(index.include)}"] if index.include else []
        if index.nulls_not_distinct:
            tail.append("NULLS NOT DISTINCT")
        if index.options:
            options = ", ".join(f"{key} = {value}" for key, value in index.options.items())
            tail.append(f"WITH ({options})")
        if index.where:
            tail.append(f"WHERE {index.where}")
        return " ".join([f"CREATE {unique}INDEX {name} ON {table}{method} ({keys})", *tail])

    def inline_index(self, index: Index) -> str:
        """The key as MySQL has it inside of CREATE TABLE."""
        kinds = {"fulltext": "FULLTEXT KEY", "spatial": "SPATIAL KEY"}
        kind = kinds.get(index.method or "", "UNIQUE KEY" if index.unique else "KEY")
        using = (
            f" USING {index.method.upper()}" if index.method and index.method not in kinds else ""
        )
        comment = f" COMMENT {self.names.text(index.comment)}" if index.comment else ""
        keys = ", ".join(map(self._key, index.keys))
        return f"{kind} {self.names.name(index.name)} ({keys}){using}{comment}"

    def default(self, text: str) -> str:
        """What stands behind DEFAULT."""
        needs_none = self.engine == "mariadb" or self.family == "postgresql"
        return text if needs_none or _LITERAL.fullmatch(text) else f"({text})"

    def identity(self, identity: Identity) -> str:
        """GENERATED … AS IDENTITY with its numbers."""
        numbers = [f"START WITH {identity.start}", f"INCREMENT BY {identity.increment}"]
        if identity.minimum is not None:
            numbers.append(f"MINVALUE {identity.minimum}")
        if identity.maximum is not None:
            numbers.append(f"MAXVALUE {identity.maximum}")
        if identity.cache is not None:
            numbers.append(f"CACHE {identity.cache}")
        if identity.cycle:
            numbers.append("CYCLE")
        when = "ALWAYS" if identity.always else "BY DEFAULT"
        return f"GENERATED {when} AS IDENTITY ({' '.join(numbers)})"

    def _of_postgresql(self, column: Column) -> Iterator[str]:
        if column.identity:
            yield self.identity(column.identity)
        elif column.computed:
            yield f"GENERATED ALWAYS AS ({column.computed.expression}) STORED"
        elif column.default is not None:
            yield f"DEFAULT {self.default(column.default)}"
        yield "" if column.nullable else "NOT NULL"

    def _of_sqlite(self, column: Column, table: Table | None) -> Iterator[str]:
        if column.autoincrement:
            name = table.primary_key.name if table and table.primary_key else None
            yield f"{self._named(name)}PRIMARY KEY AUTOINCREMENT"
        yield "" if column.nullable else "NOT NULL"
        if column.computed:
            kind = "STORED" if column.computed.stored else "VIRTUAL"
            yield f"GENERATED ALWAYS AS ({column.computed.expression}) {kind}"
        elif column.default is not None:
            yield f"DEFAULT {self.default(column.default)}"

    def _of_mysql(self, column: Column, table: Table | None) -> Iterator[str]:
        if column.computed:
            kind = "STORED" if column.computed.stored else "VIRTUAL"
            yield f"GENERATED ALWAYS AS ({column.computed.expression}) {kind}"
            yield "" if column.nullable else "NOT NULL"
        else:
            # without NULL, a timestamp would be NOT NULL
            yield "NULL" if column.nullable else "NOT NULL"
            if column.default is not None:
                yield f"DEFAULT {self.default(column.default)}"
            if column.on_update:
                yield f"ON UPDATE {column.on_update}"
        yield "AUTO_INCREMENT" if column.autoincrement else ""
        if column.comment:
            yield f"COMMENT {self.names.text(column.comment)}"
        for check in table.checks if table else ():
            if check.column == column.name:
                yield f"CHECK ({check.expression})"

    def _key(self, key: IndexKey) -> str:
        if key.column is not None:
            text = self.names.name(key.column)
        else:
            text = key.expression or ""
            text = text if self.family == "sqlite" else f"({text})"
        if key.length is not None:
            text += f"({key.length})"
        if key.collation:
            quoted = self.family == "postgresql"
            text += f' COLLATE "{key.collation}"' if quoted else f" COLLATE {key.collation}"
        if key.operator_class:
            text += f" {key.operator_class}"
        if key.descending:
            text += " DESC"
        return f"{text} NULLS {key.nulls.upper()}" if key.nulls else text

    def _named(self, name: str | None) -> str:
        return "" if name is None else f"CONSTRAINT {self.names.name(name)} "


def _deferred(deferrable: bool | None, initially: str | None) -> str:
    if deferrable is None:
        return ""
    when = f" INITIALLY {initially}" if initially else ""
    return f" {'' if deferrable else 'NOT '}DEFERRABLE{when}"
