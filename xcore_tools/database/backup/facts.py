"""What is known of backups: how they are described on disk, found, checked and restored."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from xcore_tools.config.schema import Compression
from xcore_tools.errors import BackupError


class DamagedError(BackupError):
    """Indicates that the backup itself is at fault, and not what it was to be restored into."""


EngineName = Literal["sqlite", "postgresql", "mysql"]
Reason = Literal["manual", "migration", "safety"]
"""Why a backup was taken: somebody asked, a migration was due, or a restore was."""

State = Literal["created", "verified", "unverified", "damaged"]
"""`created`: looked through when it was taken, and its size is still right. `verified`: restored into
a scratch database once, and compared there. `unverified`: taken by another tool, without a manifest.
`damaged`: something of it is missing or does not fit, or a check has found that."""


class Check(msgspec.Struct, frozen=True):
    """The last check that said something new: when, and what was wrong, if anything.

    `is_restored` tells whether it went as far as a restore into a scratch database; without a
    problem, it did.
    """

    at: datetime
    problem: str = ""
    is_restored: bool = False


class TableRows(msgspec.Struct, frozen=True, order=True):
    """A table and its number of rows; None where they cannot be counted."""

    schema: str | None
    name: str
    rows: int | None

    @property
    def full_name(self) -> str:
        """`schema.table`, or the name alone."""
        return self.name if self.schema is None else f"{self.schema}.{self.name}"


class Contents(msgspec.Struct, frozen=True):
    """What an engine has written into a file: all of it belongs to one moment of the database.

    `size` (bytes) and `sha256` are those of the file as it lies on the disk. `client` is the
    program that wrote it. `surroundings` is for PostgreSQL, `journal_mode` for SQLite alone.
    """

    server_version: str
    client: str
    revisions: tuple[str, ...]
    tables: tuple[TableRows, ...]
    foreign_keys_ok: bool
    compression: Compression
    size: int
    sha256: str
    surroundings: Surroundings | None = None
    journal_mode: str = ""
    mysql: MysqlFacts | None = None


class MysqlFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a database of MariaDB or MySQL is, besides what is in it, and who acts in its objects.

    `definers` are accounts, as `user@host`, each with a few of the objects that act as it.
    `has_history` says that rows of versioned tables are in the backup that are no longer valid.
    """

    character_set: str
    collation: str
    comment: str | None = None
    definers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    has_history: bool = False


class Grant(msgspec.Struct, frozen=True, order=True):
    """One right of one role; everybody's, where `role` is None."""

    role: str | None
    privilege: str
    is_grantable: bool = False


class Setting(msgspec.Struct, frozen=True, order=True):
    """What `ALTER DATABASE … SET` has set; for one role alone, where there is one."""

    role: str | None
    name: str
    value: str


class DatabaseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a database is, besides what is in it. `grants` is None where nobody has changed them."""

    owner: str
    grants: tuple[Grant, ...] | None
    settings: tuple[Setting, ...]
    comment: str | None
    connection_limit: int


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore of a PostgreSQL database has to find, and what no dump of one holds.

    `owners` are the roles that own something in it, `grantees` those that have rights, and
    `grantors` those that gave one to what is not theirs. `schemas` are all, with their owners,
    `guests` those that hold what belongs to others, with these, and `extensions` are with their
    schemas. `superuser` describes what only a superuser can make.
    """

    owners: tuple[str, ...]
    grantees: tuple[str, ...]
    grantors: tuple[str, ...]
    schemas: tuple[tuple[str, str], ...]
    guests: tuple[tuple[str, str], ...]
    extensions: tuple[tuple[str, str], ...]
    superuser: tuple[str, ...]
    database: DatabaseFacts


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is written beside a backup, as `<name>.json`. Keys may be added, never renamed.

    `revisions` are the heads that Alembic had noted in the database. `check` is what checks have
    found since. `signature` is made with a key of the user who took it, and `digest` is the sha256 of the
    manifest itself.
    """

    schema_version: int = 1
    name: str
    reason: Reason
    engine: EngineName
    database: str
    created: datetime
    tool_version: str
    client: str
    server_version: str
    revisions: tuple[str, ...]
    compression: Compression
    size: int
    sha256: str
    foreign_keys_ok: bool
    tables: tuple[TableRows, ...]
    check: Check | None = None
    surroundings: Surroundings | None = None
    journal_mode: str = ""
    mysql: MysqlFacts | None = None
    signature: str = ""
    digest: str = ""


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """One backup of a directory.

    `created` is in UTC, and for a file without a manifest the time of its last change. `size` is
    in bytes. `problem` says what is wrong with a damaged one. `place` is the path of a file that
    lies outside of the directory, else empty. `is_authentic` says that its manifest was signed with the
    key of this user.
    """

    name: str
    state: State
    created: datetime
    size: int
    manifest: Manifest | None = None
    problem: str = ""
    place: str = ""
    kind: EngineName = "sqlite"
    packing: Compression = "none"
    is_authentic: bool = False

    @property
    def engine(self) -> EngineName:
        """The engine it was taken of; without a manifest, what the file looks like."""
        return self.manifest.engine if self.manifest else self.kind

    @property
    def is_sound(self) -> bool:
        """Whether it has a manifest, and nothing is known to be wrong with it."""
        return self.state in {"created", "verified"}

    @property
    def revisions(self) -> tuple[str, ...]:
        """Alembic's revisions in it, as far as they are known."""
        return self.manifest.revisions if self.manifest else ()

    @property
    def compression(self) -> Compression:
        """How the file is compressed."""
        return self.manifest.compression if self.manifest else self.packing


class Verification(msgspec.Struct, frozen=True):
    """What checking one backup gave: what was done, and the first problem, if any."""

    name: str
    checks: tuple[str, ...]
    problem: str = ""


class Plan(msgspec.Struct, frozen=True):
    """What a restore can give back, found before anything is changed.

    Each of `obstacles` would make it fail; `remarks` say what will be otherwise than it was.
    """

    obstacles: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Restored(msgspec.Struct, frozen=True):
    """What a restore did: `safety` holds the state before it, None where there was none.

    `revisions` are those that Alembic finds in the database now. `remarks` say what is otherwise
    than it was when the backup was taken.
    """

    database: str
    backup: Backup
    safety: Backup | None
    revisions: tuple[str, ...]
    remarks: tuple[str, ...] = ()
