"""Tables for SQLAlchemy, made of a schema: the way back, for tests."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from xcore_tools.database import schema as data
from xcore_tools.database.schema import DatabaseSchema, family


class Told(sa.types.UserDefinedType[Any]):
    """A type that is written as the engine told it."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: object) -> str:
        return self.text


def rebuild(schema: DatabaseSchema, connection: sa.Connection) -> None:
    """Make in an empty database what `schema` describes."""
    metadata = sa.MetaData()
    for table in schema.tables:
        _table(table, schema, metadata)
    for name in schema.schemas:
        connection.execute(sa.schema.CreateSchema(name, if_not_exists=True))
    for enum in schema.enums:
        sa.Enum(*enum.values, name=enum.name, schema=enum.schema).create(connection)
    for sequence in schema.sequences:
        _sequence(sequence, connection)
    metadata.create_all(connection)
    for sequence in schema.sequences:
        if sequence.owned_by:
            quote = connection.dialect.identifier_preparer.quote
            prefix = f"{quote(sequence.schema)}." if sequence.schema else ""
            owner, column = map(quote, sequence.owned_by)
            connection.exec_driver_sql(
                f"ALTER SEQUENCE {prefix}{quote(sequence.name)} OWNED BY {prefix}{owner}.{column}"
            )
    for view in schema.views:
        quote = connection.dialect.identifier_preparer.quote
        name = ".".join(quote(part) for part in (view.schema, view.name) if part)
        kind = "MATERIALIZED VIEW" if view.materialized else "VIEW"
        connection.exec_driver_sql(f"CREATE {kind} {name} AS {view.definition}")


def _sequence(sequence: data.Sequence, connection: sa.Connection) -> None:
    connection.execute(
        sa.schema.CreateSequence(
            sa.Sequence(
                sequence.name,
                schema=sequence.schema,
                start=sequence.start,
                increment=sequence.increment,
                minvalue=sequence.minimum,
                maxvalue=sequence.maximum,
                cycle=sequence.cycle or None,
                cache=sequence.cache,
                data_type=Told(sequence.type) if sequence.type else None,
            )
        )
    )


def _table(table: data.Table, schema: DatabaseSchema, metadata: sa.MetaData) -> None:
    engine = family(schema.engine)
    items: list[Any] = [_column(column, table, engine) for column in table.columns]
    if table.primary_key:
        items.append(
            sa.PrimaryKeyConstraint(*table.primary_key.columns, name=table.primary_key.name)
        )
    items += [
        sa.UniqueConstraint(
            *unique.columns,
            name=unique.name,
            deferrable=unique.deferrable,
            initially=unique.initially,
            postgresql_include=list(unique.include) or None,
            postgresql_nulls_not_distinct=unique.nulls_not_distinct or None,
        )
        for unique in table.uniques
    ]
    items += [
        sa.CheckConstraint(sa.text(check.expression.replace(":", r"\:")), name=check.name)
        for check in table.checks
        if check.column is None
    ]
    items += [_foreign_key(key) for key in table.foreign_keys]
    made = sa.Table(
        table.name,
        metadata,
        *items,
        schema=table.schema,
        comment=table.comment,
        **_options(table, engine, schema.engine),
    )
    for index in table.indexes:
        _index(index, made, engine, schema.engine)


def _options(table: data.Table, engine: str, dialect: str) -> dict[str, Any]:
    if engine == "mysql":
        return {f"mysql_{name.replace(' ', '_')}": value for name, value in table.options.items()}
    if engine == "sqlite":
        return {
            "sqlite_autoincrement": any(column.autoincrement for column in table.columns),
            "sqlite_with_rowid": "without_rowid" not in table.options,
            "sqlite_strict": "strict" in table.options,
        }
    return {"postgresql_partition_by": table.partitioning.by} if table.partitioning else {}


def _column(  # noqa: C901 (one branch for each thing that a column may have)
    column: data.Column, table: data.Table, engine: str
) -> sa.Column[Any]:
    text = column.type
    if column.collation:
        quote = '"' if engine == "postgresql" else ""
        text += f" COLLATE {quote}{column.collation}{quote}"
    if engine == "mysql":
        if column.autoincrement:
            text += " AUTO_INCREMENT"
        if column.nullable and not column.computed:
            text += " NULL"
        if column.on_update and column.default is None:
            text += f" ON UPDATE {column.on_update}"
        text += "".join(
            f" CHECK ({check.expression})" for check in table.checks if check.column == column.name
        )
    type_: sa.types.TypeEngine[Any] = Told(text)
    counts = engine == "sqlite" and column.autoincrement
    if counts:
        type_ = sa.INTEGER()
    items: list[Any] = []
    if column.computed:
        items.append(sa.Computed(column.computed.expression, persisted=column.computed.stored))
    if column.identity:
        identity = column.identity
        items.append(
            sa.Identity(
                always=identity.always,
                start=identity.start,
                increment=identity.increment,
                minvalue=identity.minimum,
                maxvalue=identity.maximum,
                cycle=identity.cycle,
                cache=identity.cache,
            )
        )
    default = column.default
    if default is not None and engine == "sqlite":
        default = f"({default})"
    if default is not None and column.on_update:
        default += f" ON UPDATE {column.on_update}"
    return sa.Column(
        column.name,
        type_,
        *items,
        nullable=column.nullable,
        server_default=None if default is None else sa.text(default.replace(":", r"\:")),
        autoincrement=counts or bool(column.identity),
        comment=column.comment,
    )


def _foreign_key(key: data.ForeignKey) -> sa.ForeignKeyConstraint:
    place = f"{key.schema}.{key.table}" if key.schema else key.table
    return sa.ForeignKeyConstraint(
        key.columns,
        [f"{place}.{column}" for column in key.referred],
        name=key.name,
        ondelete=key.on_delete,
        onupdate=key.on_update,
        match=key.match,
        deferrable=key.deferrable,
        initially=key.initially,
        use_alter=key.name is not None,
        link_to_name=True,
    )


def _index(  # noqa: C901 (one branch for each thing that a key may have)
    index: data.Index, table: sa.Table, engine: str, dialect: str
) -> None:
    keys: list[Any] = []
    for key in index.keys:
        text = None
        if key.expression is not None:
            text = key.expression if engine == "sqlite" else f"({key.expression})"
        elif key.descending or key.nulls or key.length or key.operator_class or key.collation:
            preparer = sa.create_mock_engine(f"{dialect}://", lambda *_: None).dialect
            text = preparer.identifier_preparer.quote(str(key.column))
        if text is None:
            keys.append(table.c[str(key.column)])
            continue
        if key.length:
            text += f"({key.length})"
        if key.collation:
            text += f' COLLATE "{key.collation}"'
        if key.operator_class:
            text += f" {key.operator_class}"
        text += " DESC" if key.descending else ""
        text += f" NULLS {key.nulls.upper()}" if key.nulls else ""
        keys.append(sa.text(text.replace(":", r"\:")))
    options: dict[str, Any] = {}
    if index.where:
        options[f"{engine}_where"] = sa.text(index.where.replace(":", r"\:"))
    if engine == "postgresql":
        options["postgresql_using"] = index.method or False
        options["postgresql_include"] = list(index.include)
        options["postgresql_with"] = dict(index.options)
    elif index.method:
        options["mysql_prefix"] = index.method.upper()
    sa.Index(index.name, *keys, _table=table, unique=index.unique, **options)
