"""The results of discovery as data: models, tables and what they consist of, metadatas, problems, and why.

All types are frozen, sortable by their own fields where order matters, and hold plain text and
numbers only: they travel between processes, into the cache and into JSON as they are.

Of the parts of a table: names are those of the database, what is None is not known statically unless
its field says otherwise, and `unknown` says why. Values of Python, such as defaults, are texts as one
would write them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "note"]
Names = tuple[str, ...]


class Problem(msgspec.Struct, frozen=True, order=True):
    """A finding about one file. `line` is 1-based; 0 means the file as a whole."""

    path: str
    line: int
    code: str
    severity: Severity
    message: str


class ColumnType(msgspec.Struct, frozen=True, omit_defaults=True):
    """The type of a column: the name of its class, and its arguments as one would write them.

    `module` is where the class comes from, as imported; it is empty where the version of a library
    decides. A type of the project's own has the type that it wraps as `impl`, one that is another one
    on some engines has these as `variants`; an enumerated type has the `values` that the database knows.
    """

    name: str
    arguments: Names = ()
    module: str = ""
    impl: ColumnType | None = None
    values: Names | None = None
    variants: tuple[tuple[str, ColumnType], ...] = ()

    def __str__(self) -> str:
        """`String(50)`"""
        return f"{self.name}({', '.join(self.arguments)})" if self.arguments else self.name


class ForeignKey(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key. `table` has its schema in front of it, where it has one.

    `referred` is empty where the key of the other table is meant.
    """

    columns: Names
    table: str
    referred: Names = ()
    name: str | None = None
    on_delete: str | None = None
    on_update: str | None = None


class Unique(msgspec.Struct, frozen=True, kw_only=True):
    """A unique constraint; `name` is None where it has none, or a convention gives it one."""

    columns: Names
    name: str | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A check constraint; `expression` is None where it is no text."""

    expression: str | None = None
    name: str | None = None


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """An index. A key that is no column of the table is None; `name` may come from a convention."""

    columns: tuple[str | None, ...]
    unique: bool = False
    name: str | None = None


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column. `attribute` is the name of the class attribute, None in a Core table.

    `written` is the annotation or the type as the source has it. `default` is made by Python,
    `server_default` by the database, which also makes what `identity` and `computed` stand for.
    `foreign_keys` are targets as `table.column`. A name that is not known is None.
    """

    name: str | None
    attribute: str | None = None
    type: ColumnType | None = None
    written: str | None = None
    nullable: bool | None = None
    primary_key: bool | None = False
    default: str | None = None
    server_default: str | None = None
    computed: str | None = None
    identity: bool = False
    foreign_keys: Names = ()
    index: bool | None = False
    unique: bool | None = False
    comment: str | None = None
    unknown: Names = ()


class Structure(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one table. `unknown` says what else it may have."""

    columns: tuple[Column, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    uniques: tuple[Unique, ...] = ()
    checks: tuple[Check, ...] = ()
    indexes: tuple[Index, ...] = ()
    comment: str | None = None
    unknown: Names = ()

    @property
    def primary_key(self) -> Names:
        """The columns of the primary key."""
        return tuple(column.name for column in self.columns if column.primary_key and column.name)


class Relationship(msgspec.Struct, frozen=True, kw_only=True):
    """A relationship of a model: `target` is a class as `module.name`, or as written if not known.

    `secondary` is the table in between. `is_list` is None where it is not known.
    """

    name: str
    target: str | None
    secondary: str | None = None
    back_populates: str | None = None
    is_list: bool | None = None


class Model(msgspec.Struct, frozen=True, omit_defaults=True):
    """A class that SQLAlchemy maps.

    `name` is the qualified class name (`Outer.Inner`), `table` is None where the name is not known
    statically, `base` and `metadata` are dotted names, `path` is POSIX and relative to the project.
    `relationships` is None unless columns were asked for.
    """

    name: str
    module: str
    table: str | None
    schema: str | None
    kind: str
    base: str | None
    metadata: str | None
    origin: str
    path: str
    line: int
    relationships: tuple[Relationship, ...] | None = None


class Table(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Table in some MetaData, made by a model or by Core code.

    `structure` is None unless columns were asked for.
    """

    name: str | None
    schema: str | None
    module: str
    metadata: str | None
    origin: str
    path: str
    line: int
    structure: Structure | None = None


class MetaData(msgspec.Struct, frozen=True):
    """A MetaData collection: its dotted name, the module that makes it, and how much it holds."""

    name: str
    module: str
    models: int
    tables: int


class Step(msgspec.Struct, frozen=True):
    """One link of a chain of reasoning; `path` is empty for names of other libraries."""

    name: str
    path: str
    line: int


class Verdict(msgspec.Struct, frozen=True):
    """Why a class was taken or not: the reason in words and the chain of bases that led to it."""

    name: str
    module: str
    path: str
    line: int
    taken: bool
    reason: str
    chain: tuple[Step, ...]


class UnresolvedBase(msgspec.Struct, frozen=True, order=True):
    """A class that is inherited and that no file of the scan defines; `subject` says so in words.

    `classes` have something of SQLAlchemy in them, and `taken` of these count as models all the same;
    `path` and `line` are those of the first.
    """

    subject: str
    path: str
    line: int
    classes: int
    taken: int


class ImportRoot(msgspec.Struct, frozen=True):
    """A directory that module names count from, relative to the project, with what tells so."""

    path: str
    reasons: tuple[str, ...] = ()


class Discovery(msgspec.Struct, frozen=True):
    """Everything that a scan found; sorted, and dependent on file contents and configuration only.

    `import_roots` are in the order in which names are looked up, `package` is the name of the
    project's own directory where that is a package, `environments` are the env.py files of Alembic
    that the scan met.
    """

    models: tuple[Model, ...]
    tables: tuple[Table, ...]
    metadatas: tuple[MetaData, ...]
    problems: tuple[Problem, ...]
    verdicts: tuple[Verdict, ...] = ()
    files: int = 0
    import_roots: tuple[ImportRoot, ...] = ()
    package: str = ""
    environments: tuple[str, ...] = ()
