"""The results of discovery as data: models, tables, metadatas, problems and the reasons for them.

All types are frozen, sortable by their own fields where order matters, and hold plain text and
numbers only: they travel between processes, into the cache and into JSON as they are.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from xcore_tools.discovery.structure import Relationship, Structure

__all__ = [
    "Discovery",
    "MetaData",
    "Model",
    "Problem",
    "Step",
    "Table",
    "Verdict",
]

Severity = Literal["error", "warning", "note"]


class Problem(msgspec.Struct, frozen=True, order=True):
    """A finding about one file. `line` is 1-based; 0 means the file as a whole."""

    path: str
    line: int
    code: str
    severity: Severity
    message: str


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


class Discovery(msgspec.Struct, frozen=True):
    """Everything that a scan found; sorted, and dependent on file contents and configuration only."""

    models: tuple[Model, ...]
    tables: tuple[Table, ...]
    metadatas: tuple[MetaData, ...]
    problems: tuple[Problem, ...]
    verdicts: tuple[Verdict, ...] = ()
    files: int = 0
