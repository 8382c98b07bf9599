"""The data types of a comparison: each difference says what, where, and both sides of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from xcore_tools.database.schema import Engine, Part, Unreadable

Action = Literal["added", "removed", "changed"]
Kind = Literal[
    "schema",
    "extension",
    "enum",
    "domain",
    "sequence",
    "table",
    "view",
    "column",
    "primary key",
    "unique",
    "foreign key",
    "check",
    "exclusion",
    "index",
]


class Change(msgspec.Struct, frozen=True):
    """One field of a part that differs, in words; None where there is nothing."""

    field: str
    before: str | None
    after: str | None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One part that is on one side only, or on both and not the same.

    `table` is the table or view that the part belongs to, `name` its own name: None for a
    constraint without one. `before` and `after` are the part itself on each side.
    """

    action: Action
    kind: Kind
    schema: str | None = None
    table: str | None = None
    name: str | None = None
    changes: tuple[Change, ...] = ()
    before: Part | None = None
    after: Part | None = None


class Rename(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed and what was added look alike. A suggestion, nothing more."""

    kind: Literal["table", "view", "column"]
    schema: str | None = None
    table: str | None = None
    before: str
    after: str


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be done to `before` so that it becomes `after`.

    `not_compared` are tables that one of the sides could not read; they are in no difference.
    Between two engines, `is_portable` is true: only what means the same on both is compared.
    """

    before: Engine
    after: Engine
    is_portable: bool
    differences: tuple[Difference, ...]
    renames: tuple[Rename, ...]
    not_compared: tuple[Unreadable, ...]
