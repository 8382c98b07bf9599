"""The schema of a database as plain data, the same for every engine and every source of it.

A name in `schema` is that of another schema than the default one; None stands for the default
schema of the connection (`public`, `main`, the database itself), so that two databases compare.
Expressions, types and definitions are texts as the engine writes them. What is sorted by name is
sorted; columns, keys of an index and values of an enum keep their order, which means something.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec

SCHEMA_VERSION = 1
"""Version of the export. Keys may be added within a version, never renamed or moved."""

Engine = str
"""`sqlite`, `postgresql`, `mysql`, `mariadb`, or what SQLAlchemy calls another one."""

Names = tuple[str, ...]
Bytes = Annotated[int, msgspec.Meta(description="in bytes")]


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all that a schema is made of."""


class Identity(Part, frozen=True, kw_only=True):
    """How an identity column makes its values."""

    always: bool = False
    start: int = 1
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    cycle: bool = False
    cache: int | None = None


class Computed(Part, frozen=True, kw_only=True):
    """A generated column. `stored` is None where the engine does not say."""

    expression: str
    stored: bool | None = None


class Column(Part, frozen=True, kw_only=True):
    """A column. `type` is the engine's word, `sqlalchemy` the type that SQLAlchemy makes of it.

    `sqlalchemy` is None for a type that it does not know. `autoincrement` is true where the engine
    itself counts: a serial column, AUTO_INCREMENT, AUTOINCREMENT. `inherited` columns come from a
    parent table.
    """

    name: str
    type: str
    sqlalchemy: str | None = None
    nullable: bool
    default: str | None = None
    autoincrement: bool = False
    identity: Identity | None = None
    computed: Computed | None = None
    collation: str | None = None
    on_update: str | None = None
    inherited: bool = False
    comment: str | None = None


class PrimaryKey(Part, frozen=True, kw_only=True):
    """The primary key; `name` is None where it has none."""

    name: str | None = None
    columns: Names
    inherited: bool = False
    comment: str | None = None


class Unique(Part, frozen=True, kw_only=True):
    """A unique constraint. On MySQL every unique index of plain columns is one."""

    name: str | None = None
    columns: Names
    include: Names = ()
    nulls_not_distinct: bool = False
    deferrable: bool | None = None
    initially: str | None = None
    inherited: bool = False
    comment: str | None = None


class Check(Part, frozen=True, kw_only=True):
    """A check constraint; `expression` is without the word CHECK and its parentheses.

    `column` is that of a check which MariaDB keeps with a column, and not among the constraints.
    """

    name: str | None = None
    column: str | None = None
    expression: str
    not_valid: bool = False
    no_inherit: bool = False
    inherited: bool = False
    comment: str | None = None


class Exclusion(Part, frozen=True, kw_only=True):
    """An exclusion constraint of PostgreSQL, as `pg_get_constraintdef` writes it."""

    name: str
    definition: str


class ForeignKey(Part, frozen=True, kw_only=True):
    """A foreign key. An action that is None is NO ACTION."""

    name: str | None = None
    columns: Names
    schema: str | None = None
    table: str
    referred: Names
    on_delete: str | None = None
    on_update: str | None = None
    match: str | None = None
    deferrable: bool | None = None
    initially: str | None = None
    not_valid: bool = False
    inherited: bool = False
    comment: str | None = None


class IndexKey(Part, frozen=True, kw_only=True):
    """One key of an index: a column, or an expression. `length` is that of a prefix."""

    column: str | None = None
    expression: str | None = None
    descending: bool = False
    nulls: Literal["first", "last"] | None = None
    length: int | None = None
    collation: str | None = None
    operator_class: str | None = None


class Index(Part, frozen=True, kw_only=True):
    """An index that no constraint made. `method` is None for the engine's usual one."""

    name: str
    keys: tuple[IndexKey, ...]
    unique: bool = False
    where: str | None = None
    method: str | None = None
    include: Names = ()
    nulls_not_distinct: bool = False
    options: dict[str, str] = {}
    invalid: bool = False
    inherited: bool = False
    comment: str | None = None


class Partitioning(Part, frozen=True, kw_only=True):
    """What a table is partitioned by; or which table it is a partition of, and its bound."""

    by: str | None = None
    of_schema: str | None = None
    of: str | None = None
    bound: str | None = None


TableKind = Literal["table", "foreign", "virtual"]


class Table(Part, frozen=True, kw_only=True):
    """A table. `rows` and `size` are there on request only.

    `definition` is the statement that made a table of a kind that nothing else describes.
    `inherits` names parents as `table` or `schema.table`.
    """

    schema: str | None = None
    name: str
    kind: TableKind = "table"
    columns: tuple[Column, ...] = ()
    primary_key: PrimaryKey | None = None
    uniques: tuple[Unique, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    indexes: tuple[Index, ...] = ()
    inherits: Names = ()
    partitioning: Partitioning | None = None
    options: dict[str, str] = {}
    definition: str | None = None
    comment: str | None = None
    rows: int | None = None
    size: Bytes | None = None


class View(Part, frozen=True, kw_only=True):
    """A view or a materialized view; `definition` is its query."""

    schema: str | None = None
    name: str
    materialized: bool = False
    columns: tuple[Column, ...] = ()
    definition: str
    indexes: tuple[Index, ...] = ()
    comment: str | None = None
    rows: int | None = None
    size: Bytes | None = None


class Sequence(Part, frozen=True, kw_only=True):
    """A sequence. `owned_by` is the table and the column that it goes away with."""

    schema: str | None = None
    name: str
    type: str | None = None
    start: int = 1
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    cycle: bool = False
    cache: int = 1
    owned_by: Names = ()
    comment: str | None = None


class Enum(Part, frozen=True, kw_only=True):
    """An enumerated type of the database itself."""

    schema: str | None = None
    name: str
    values: Names
    comment: str | None = None


class Domain(Part, frozen=True, kw_only=True):
    """A named type with restrictions."""

    schema: str | None = None
    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    collation: str | None = None
    checks: tuple[Check, ...] = ()


class Extension(Part, frozen=True, kw_only=True):
    """An extension; what belongs to it is not part of the schema."""

    schema: str | None = None
    name: str


class Unreadable(Part, frozen=True, kw_only=True):
    """A table or view that is there and could not be read, in whole or in part."""

    schema: str | None = None
    name: str
    reason: str


class DatabaseSchema(Part, frozen=True, kw_only=True):
    """All schemas of one database. `schemas` names those beside the default one."""

    engine: Engine
    schemas: Names = ()
    extensions: tuple[Extension, ...] = ()
    enums: tuple[Enum, ...] = ()
    domains: tuple[Domain, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    tables: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def relations(self) -> tuple[Table | View, ...]:
        """Tables and views."""
        return (*self.tables, *self.views)


class Meta(Part, frozen=True, kw_only=True):
    """Where an export comes from. `url` is without secrets, `time` in UTC."""

    url: str
    time: str
    server_version: str
    tool_version: str


class Export(DatabaseSchema, frozen=True, kw_only=True):
    """The file that `db export` writes: a schema, the version of its form, and `meta` on request."""

    schema_version: Literal[1]
    meta: Meta | None = None


def family(engine: Engine) -> Engine:
    """The engine whose language is spoken: MariaDB speaks MySQL's."""
    return "mysql" if engine == "mariadb" else engine


def by_name(parts: Iterable[Any]) -> tuple[Any, ...]:
    """Sorted by schema and name; those without a name last, in an order that is always the same."""

    def key(part: Any) -> tuple[str, bool, str, str]:
        unnamed = part.name is None
        return (
            getattr(part, "schema", None) or "",
            unnamed,
            part.name or "",
            repr(part) if unnamed else "",
        )

    return tuple(sorted(parts, key=key))
