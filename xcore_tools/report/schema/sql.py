"""A whole schema as statements that make it, in an order that an empty database accepts.

Functions, triggers, rights and data are not part of a schema, nor of these statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from xcore_tools.database.schema import (
    DatabaseSchema,
    Domain,
    Engine,
    Enum,
    Sequence,
    Table,
    View,
)
from xcore_tools.report.schema.ddl import Ddl


def render(schema: DatabaseSchema) -> str:
    """The statements, each ended by a semicolon; the last line names what could not be read."""
    lines = [f"{statement};\n" for statement in statements(schema)]
    lines += [
        f"-- {part.name.splitlines()[0]} could not be read and is missing here\n"
        for part in schema.unreadable
    ]
    return "\n".join(lines)


def statements(schema: DatabaseSchema) -> Iterator[str]:
    """Schemas and types, sequences, tables, indexes, foreign keys, views."""
    ddl = Ddl(schema.engine)
    names = ddl.names
    for name in schema.schemas:
        yield f"CREATE SCHEMA IF NOT EXISTS {names.name(name)}"
    for extension in schema.extensions:
        place = f" SCHEMA {names.name(extension.schema)}" if extension.schema else ""
        yield f"CREATE EXTENSION IF NOT EXISTS {names.name(extension.name)}{place}"
    for enum in schema.enums:
        yield enum_statement(ddl, enum)
    for domain in schema.domains:
        yield domain_statement(ddl, domain)
    for sequence in schema.sequences:
        yield sequence_statement(ddl, sequence)
    tables = _parents_first(schema.tables)
    for table in tables:
        yield from table_statements(table, schema.engine)
    yield from _owners(ddl, schema)
    for table in tables:
        yield from index_statements(ddl, table)
    for table in tables:
        yield from foreign_key_statements(ddl, table)
    for view in _in_order(schema.views):
        yield from view_statements(view, schema.engine)


def table_statements(table: Table, engine: Engine) -> Iterator[str]:
    """CREATE TABLE and the comments; the caller adds indexes and foreign keys."""
    ddl = Ddl(engine)
    if table.definition:
        yield table.definition
        return
    place = ddl.names.place(table.schema, table.name)
    kind = {"foreign": "FOREIGN TABLE"}.get(table.kind, "TABLE")
    if table.options.get("unlogged"):
        kind = "UNLOGGED TABLE"
    clauses = list(_clauses(ddl, table))
    body = "".join(f"\n    {clause}," for clause in clauses).rstrip(",")
    partitioning = table.partitioning
    if partitioning and partitioning.of is not None:
        parent = ddl.names.place(partitioning.of_schema, partitioning.of)
        body = f" ({body}\n)" if clauses else ""
        head = f"CREATE {kind} {place} PARTITION OF {parent}{body} {partitioning.bound}"
    else:
        head = f"CREATE {kind} {place} ({body}\n)"
    yield "".join((head, *_tail(ddl, table)))
    if ddl.family == "postgresql":
        yield from _comments(ddl, table)


def foreign_key_statements(ddl: Ddl, table: Table) -> Iterator[str]:
    """ALTER TABLE for each foreign key; those of SQLite stand in CREATE TABLE."""
    if ddl.family != "sqlite":
        place = ddl.names.place(table.schema, table.name)
        for key in table.foreign_keys:
            if not key.inherited:
                yield f"ALTER TABLE {place} ADD {ddl.foreign_key(key)}"


def view_statements(view: View, engine: Engine) -> Iterator[str]:
    """CREATE VIEW, its indexes and comments."""
    ddl = Ddl(engine)
    place = ddl.names.place(view.schema, view.name)
    # elsewhere the query itself names the columns
    columns = ""
    if ddl.family == "sqlite":
        columns = f" {ddl.names.list(column.name for column in view.columns)}"
    kind = "MATERIALIZED VIEW" if view.materialized else "VIEW"
    yield f"CREATE {kind} {place}{columns} AS {view.definition}"
    yield from index_statements(ddl, view)
    if ddl.family == "postgresql":
        yield from _comments(ddl, view)


def _clauses(ddl: Ddl, table: Table) -> Iterator[str]:
    """What stands in the parentheses; a partition has only what its parent has not."""
    for column in table.columns:
        if not column.inherited:
            yield ddl.column(column, table)
    yield from _constraints(ddl, table)
    if ddl.family == "mysql":  # a counting column wants its key at once
        yield from map(ddl.inline_index, table.indexes)
    if ddl.family == "sqlite":  # which cannot add them later
        yield from map(ddl.foreign_key, table.foreign_keys)


def _constraints(ddl: Ddl, table: Table) -> Iterator[str]:
    key = table.primary_key
    is_inline = ddl.family == "sqlite" and any(column.autoincrement for column in table.columns)
    if key and not is_inline and not key.inherited:
        yield ddl.primary_key(key)
    yield from (ddl.unique(unique) for unique in table.uniques if not unique.inherited)
    for check in table.checks:
        if check.column is None and not check.inherited and not check.not_valid:
            yield ddl.check(check)
    for exclusion in table.exclusions:
        yield f"CONSTRAINT {ddl.names.name(exclusion.name)} {exclusion.definition}"


def _tail(ddl: Ddl, table: Table) -> Iterator[str]:
    """What stands behind the parentheses."""
    options = table.options
    if table.inherits:
        parents = (ddl.names.place(*_split(parent)) for parent in table.inherits)
        yield f" INHERITS ({', '.join(parents)})"
    if ddl.family == "mysql":
        # words of the server: DEFAULT CHARSET, ROW_FORMAT
        yield "".join(f" {name.upper()}={value}" for name, value in options.items())
        if table.comment:
            yield f" COMMENT={ddl.names.text(table.comment)}"
    if table.partitioning and table.partitioning.by:
        yield f" PARTITION BY {table.partitioning.by}"
    if ddl.family == "sqlite":
        words = {"without_rowid": "WITHOUT ROWID", "strict": "STRICT"}
        yield ",".join(f" {words[name]}" for name in options)
    if ddl.family == "postgresql":
        if "server" in options:
            yield f" SERVER {ddl.names.name(options['server'])}"
        settings = ", ".join(
            f"{name} = {value}"
            for name, value in options.items()
            if name not in ("server", "unlogged")
        )
        if settings:
            yield f" WITH ({settings})"


def index_statements(ddl: Ddl, owner: Table | View) -> Iterator[str]:
    """The indexes that no constraint made; those of MySQL stand in CREATE TABLE."""
    if ddl.family == "mysql":
        return
    for index in owner.indexes:
        if not index.inherited:
            yield ddl.index(index, owner)
            if index.comment:
                place = ddl.names.place(owner.schema, index.name)
                yield f"COMMENT ON INDEX {place} IS {ddl.names.text(index.comment)}"
    if isinstance(owner, Table):
        place = ddl.names.place(owner.schema, owner.name)
        for check in owner.checks:
            if check.not_valid and not check.inherited:
                yield f"ALTER TABLE {place} ADD {ddl.check(check)}"


def _comments(ddl: Ddl, part: Table | View) -> Iterator[str]:
    names = ddl.names
    place = names.place(part.schema, part.name)
    kind = "TABLE"
    if isinstance(part, View):
        kind = "MATERIALIZED VIEW" if part.materialized else "VIEW"
    elif part.kind == "foreign":
        kind = "FOREIGN TABLE"
    if part.comment:
        yield f"COMMENT ON {kind} {place} IS {names.text(part.comment)}"
    for column in part.columns:
        if column.comment:
            where = f"{place}.{names.name(column.name)}"
            yield f"COMMENT ON COLUMN {where} IS {names.text(column.comment)}"
    if isinstance(part, Table):
        key = (part.primary_key,) if part.primary_key else ()
        for constraint in (*key, *part.uniques, *part.checks):
            if constraint.comment and constraint.name:
                yield (
                    f"COMMENT ON CONSTRAINT {names.name(constraint.name)} ON {place} "
                    f"IS {names.text(constraint.comment)}"
                )


def enum_statement(ddl: Ddl, enum: Enum) -> str:
    """CREATE TYPE … AS ENUM."""
    values = ", ".join(map(ddl.names.text, enum.values))
    return f"CREATE TYPE {ddl.names.place(enum.schema, enum.name)} AS ENUM ({values})"


def domain_statement(ddl: Ddl, domain: Domain) -> str:
    """CREATE DOMAIN."""
    parts = [f"CREATE DOMAIN {ddl.names.place(domain.schema, domain.name)} AS {domain.type}"]
    if domain.collation:
        parts.append(f'COLLATE "{domain.collation}"')
    if domain.default is not None:
        parts.append(f"DEFAULT {domain.default}")
    if not domain.nullable:
        parts.append("NOT NULL")
    return " ".join([*parts, *map(ddl.check, domain.checks)])


def sequence_statement(ddl: Ddl, sequence: Sequence) -> str:
    """CREATE SEQUENCE."""
    parts = [f"CREATE SEQUENCE {ddl.names.place(sequence.schema, sequence.name)}"]
    if sequence.type:
        parts.append(f"AS {sequence.type}")
    parts += [f"START WITH {sequence.start}", f"INCREMENT BY {sequence.increment}"]
    if sequence.minimum is not None:
        parts.append(f"MINVALUE {sequence.minimum}")
    if sequence.maximum is not None:
        parts.append(f"MAXVALUE {sequence.maximum}")
    parts.append(f"CACHE {sequence.cache}")
    if sequence.cycle:
        parts.append("CYCLE")
    return " ".join(parts)


def _owners(ddl: Ddl, schema: DatabaseSchema) -> Iterator[str]:
    for sequence in schema.sequences:
        if sequence.owned_by:
            table, column = sequence.owned_by
            place = ddl.names.place(sequence.schema, sequence.name)
            owner = f"{ddl.names.place(sequence.schema, table)}.{ddl.names.name(column)}"
            yield f"ALTER SEQUENCE {place} OWNED BY {owner}"


def _parents_first(tables: Iterable[Table]) -> list[Table]:
    """The tables, each behind those that it is a partition of or inherits."""
    left = {(table.schema, table.name): table for table in tables}
    ordered: list[Table] = []

    def place(table: Table) -> None:
        if left.pop((table.schema, table.name), None) is None:
            return
        partitioning = table.partitioning
        parents = [_split(parent) for parent in table.inherits]
        if partitioning and partitioning.of is not None:
            parents.append((partitioning.of_schema, partitioning.of))
        for parent in parents:
            if parent in left:
                place(left[parent])
        ordered.append(table)

    for table in list(left.values()):
        place(table)
    return ordered


def _in_order(views: Iterable[View]) -> list[View]:
    """The views, each behind those that its query reads from."""
    left = list(views)
    ordered: list[View] = []
    while left:
        free: list[View] = []
        # a comma may stand between tables, or between columns that have the name of a view
        for before in (r"\bFROM|\bJOIN|,", r"\bFROM|\bJOIN"):
            free = free or [view for view in left if not _reads(view, left, before)]
        ordered += free or left
        left = [view for view in left if view not in ordered]
    return ordered


def _reads(view: View, others: Iterable[View], before: str) -> bool:
    """Whether the query names one of `others` behind one of the words."""
    return any(
        re.search(
            rf"""(?:{before})[\s(]*(?:[\w"`]+\.)?["`\[]?{re.escape(other.name)}(?![\w.])""",
            view.definition,
            re.IGNORECASE,
        )
        for other in others
        if other is not view
    )


def _split(name: str) -> tuple[str | None, str]:
    schema, _, table = name.rpartition(".")
    return schema or None, table
