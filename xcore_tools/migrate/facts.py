"""What migrations are and what a run of them did, as data."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from xcore_tools.database.comparison import Rename


class Revision(msgspec.Struct, frozen=True):
    """One revision file. `down` are the revisions it follows, `depends_on` others it needs.

    `is_current` tells whether it stands in the version table; None where nobody looked.
    """

    revision: str
    down: tuple[str, ...]
    message: str
    path: str
    depends_on: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()
    is_head: bool = False
    is_branch_point: bool = False
    is_current: bool | None = None


class Script(msgspec.Struct, frozen=True):
    """A revision with the text of its file."""

    revision: Revision
    text: str


class State(StrEnum):
    """How a database stands to the revision files."""

    AT_HEAD = "at-head"
    """Every revision is applied."""
    BEHIND = "behind"
    """Some revisions are pending."""
    AHEAD_UNKNOWN = "ahead-unknown"
    """It is at a revision that no file defines: newer code has migrated it, or a file is gone."""
    DIVERGED = "diverged"
    """It is at revisions that cannot stand together: known and unknown ones, or one above another."""
    UNVERSIONED = "unversioned"
    """It has tables but no revision."""
    EMPTY = "empty"
    """It has neither tables nor a revision."""


class Status(msgspec.Struct, frozen=True):
    """Where a database stands. `pending` are the revisions to apply, in the order of applying.

    `state` is None where the database could not be reached; `explanation` then says why. Else it
    says what the state means and what to do about it; it is empty at head.
    """

    url: str
    is_reachable: bool
    state: State | None
    current: tuple[str, ...]
    heads: tuple[str, ...]
    pending: tuple[Revision, ...]
    explanation: str = ""

    @property
    def is_at_head(self) -> bool:
        """Whether nothing is left to do."""
        return self.state is State.AT_HEAD


class Outcome(StrEnum):
    """What came of a request to change a database."""

    DONE = "done"
    NOTHING_TO_DO = "nothing-to-do"


class Step(msgspec.Struct, frozen=True):
    """A revision that was applied or reverted, and the seconds that it took."""

    revision: str
    seconds: float


class TableCount(msgspec.Struct, frozen=True, order=True):
    """The rows of a table before and after; None where there is no such table."""

    name: str
    schema: str | None
    before: int | None
    after: int | None


class Loss(msgspec.Struct, frozen=True, order=True):
    """Data that was there before and is not there after.

    `table` is `schema.table` or the name alone. Without a `column`, rows of the table are meant,
    with one, values in it that are not NULL.
    """

    table: str
    column: str | None
    before: int
    after: int


class SchemaLoss(msgspec.Struct, frozen=True, order=True):
    """A part of a table that is gone although the revision does not say so, such as a trigger.

    SQLite cannot change most of a table: Alembic makes a new one, which is not told of everything.
    """

    table: str
    what: str
    revision: str

    def __str__(self) -> str:
        return f"{self.table}: {self.what}, in revision {self.revision}"


class Rehearsal(msgspec.Struct, frozen=True):
    """What an upgrade did to a copy of the database.

    `steps` are the revisions that came to their end; `failure` says why the next one did not.
    `tables` are all that are there before or after. `losses` are rows and values that are gone,
    `orphans` rows whose foreign key leads nowhere since then, one line each. What looks like a
    rename is no loss. `schema_losses` are parts of tables that were lost when these were rebuilt.
    """

    url: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    tables: tuple[TableCount, ...] = ()
    losses: tuple[Loss, ...] = ()
    orphans: tuple[str, ...] = ()
    failure: str = ""
    seconds: float = 0.0
    schema_losses: tuple[SchemaLoss, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether it came to its end, and nothing is lost or points nowhere."""
        return not (self.failure or self.losses or self.orphans or self.schema_losses)

    @property
    def is_sound(self) -> bool:
        """The same, where losses are meant to be."""
        return not (self.failure or self.orphans)


class Change(msgspec.Struct, frozen=True):
    """What `upgrade`, `downgrade` or `stamp` did.

    `applied` and `reverted` are revisions in the order in which that happened, `steps` how long
    each took. `seconds` is the time of all, without waiting for the lock, backups and rehearsals.
    `backups` are the names of those taken before, `recovered` that of the one that was restored
    first because an earlier run had been interrupted. `schema_losses` are parts of tables that were
    lost when these were rebuilt, although no revision says so.
    """

    url: str
    outcome: Outcome
    before: tuple[str, ...]
    after: tuple[str, ...]
    applied: tuple[Revision, ...] = ()
    reverted: tuple[Revision, ...] = ()
    seconds: float = 0.0
    steps: tuple[Step, ...] = ()
    backups: tuple[str, ...] = ()
    recovered: str = ""
    rehearsal: Rehearsal | None = None
    schema_losses: tuple[SchemaLoss, ...] = ()


class Generated(msgspec.Struct, frozen=True):
    """A new revision file; `operations` are what autogenerate put into it, one line each.

    `renames` are drops and adds among them that look like one thing under a new name: as they are
    written, its data is lost.
    """

    revision: Revision
    operations: tuple[str, ...] = ()
    renames: tuple[Rename, ...] = ()


class Creation(msgspec.Struct, frozen=True):
    """What `init` did: the tables that it made, and the revisions that it noted as applied."""

    url: str
    tables: tuple[str, ...]
    stamped: tuple[str, ...]


class Member(msgspec.Struct, frozen=True):
    """What came of one of several databases.

    `revisions` are those that were applied or reverted, or are pending. `error` says why it failed.
    """

    name: str
    url: str
    outcome: Literal["done", "nothing-to-do", "pending", "failed"]
    state: State | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    revisions: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()
    error: str = ""
    seconds: float = 0.0


class Fleet(msgspec.Struct, frozen=True):
    """What came of several databases, in the order of the settings."""

    databases: tuple[Member, ...]
    seconds: float = 0.0

    @property
    def is_fine(self) -> bool:
        """Whether none has failed and nothing is pending."""
        return all(each.outcome in {"done", "nothing-to-do"} for each in self.databases)
