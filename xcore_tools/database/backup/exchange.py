"""MySQL: two databases whose tables change places, and all else with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import sqlalchemy as sa

from xcore_tools.database.backup.facts import TableRows
from xcore_tools.database.backup.scratch import ScratchNames
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError, DatabaseError

_BEGUN = "exchange begun"
"""A table that is in the old database while things change places."""

_NAMES = {
    "TRIGGER": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = :name",
    "EVENT": "SELECT event_name FROM information_schema.events WHERE event_schema = :name",
    "VIEW": "SELECT table_name FROM information_schema.views WHERE table_schema = :name",
    "PROCEDURE": "SELECT routine_name FROM information_schema.routines "
    "WHERE routine_schema = :name AND routine_type = 'PROCEDURE'",
    "FUNCTION": "SELECT routine_name FROM information_schema.routines "
    "WHERE routine_schema = :name AND routine_type = 'FUNCTION'",
    "PACKAGE": "SELECT routine_name FROM information_schema.routines "
    "WHERE routine_schema = :name AND routine_type = 'PACKAGE'",
    "TABLE": "SELECT table_name FROM information_schema.tables WHERE table_schema = :name "
    "AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')",
}
_SEQUENCES = (
    "SELECT table_name FROM information_schema.tables "
    "WHERE table_schema = :name AND table_type = 'SEQUENCE'"
)
_VERSIONED = (
    "SELECT table_name FROM information_schema.tables "
    "WHERE table_schema = :name AND table_type = 'SYSTEM VERSIONED'"
)
# Tables whose rows are in a dump; those of these engines lie elsewhere.
_FILLED = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = :name "
    "AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') "
    "AND coalesce(engine, '') NOT IN ('MRG_MYISAM', 'MRG_ISAM', 'FEDERATED')"
)
_REFERENCES = (
    "SELECT DISTINCT concat(table_schema, '.', table_name) FROM information_schema.key_column_usage "
    "WHERE referenced_table_schema = :name AND table_schema <> :name"
)
# `%` and `_` stand for other letters where databases are granted
_GRANT = r"GRANT ALL ON `{}%`.* TO the user, or restore as another one"


class Exchange:
    """The live database, a new one to come in its place, and an old one to take what was in it."""

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url
        with connected(url) as connection:
            self.live = str(connection.scalar(sa.text("SELECT DATABASE()")))
        self._beside = ScratchNames(self.live)
        name = self._beside.new()
        self.new = f"{name}_n"
        self.old = f"{name}_o"
        self._is_kept = False

    @contextmanager
    def databases(self, *which: str) -> Iterator[None]:
        """Inside, those of `new` and `old` are there; they are dropped afterwards."""
        with ExitStack() as stack:
            for name in which:
                database = getattr(self, name)
                self._create(database)
                stack.callback(self._drop, database)
            yield

    def keep(self) -> None:
        """Do not drop the databases: they hold what is nowhere else."""
        self._is_kept = True

    def clear_leftovers(self) -> None:
        """Drop the databases of restores that were killed; the caller holds the lock of `live`.

        Raises:
            BackupError: one broke off while things changed places, and could not go back.
        """
        with connected(self._url) as connection:
            found = map(str, connection.execute(sa.text("SHOW DATABASES")).scalars())
            names = [name for name in found if self._beside.has(name)]
            for name in names:
                if _BEGUN in _names(connection, _NAMES["TABLE"], name):
                    raise BackupError(
                        f"{self._url}: a restore broke off halfway, and what was there before may "
                        f"be in the database {name}; move it back, or drop {name} if it is of no "
                        "use, and try again"
                    )
        for name in names:
            self._drop(name)

    def refuse_references_from_outside(self) -> None:
        """Raise if a foreign key of another database leads here: it would follow the old tables."""
        with connected(self._url) as connection:
            query = sa.text(_REFERENCES)
            names = connection.execute(query, {"name": self.live}).scalars().all()
        outside = [name for name in names if not self._beside.has(str(name).partition(".")[0])]
        if outside:
            raise BackupError(
                f"{self._url}: a foreign key of {outside[0]} leads into this database, and would "
                "not survive a restore; drop it first and make it anew afterwards"
            )

    def names(self) -> dict[str, list[str]]:
        """What is in the live database, by what it is."""
        with connected(self._url) as connection:
            return names_in(connection, self.live)

    def drop_triggers(self) -> None:
        """Tables with triggers cannot change places: drop those of the new database."""
        with connected(self._url) as connection:
            for statement in _drops(self.new, names_in(connection, self.new), ("TRIGGER",)):
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    def forward(self, code: bytes, timeout: float) -> bytes:
        """The statements that put the new tables, and `code`, in the place of all that is live."""
        with connected(self._url) as connection:
            live, new = names_in(connection, self.live), names_in(connection, self.new)
            sequences = set(_names(connection, _SEQUENCES, self.live))
        renames = [*_moves(live["TABLE"], self.live, self.old)]
        renames += _moves(new["TABLE"], self.new, self.live)
        locked = [name for name in live["TABLE"] if name not in sequences]
        gate = []
        if locked:
            # wait for those who use the tables before anything is changed
            wanted = ", ".join(f"{_quoted(self.live)}.{_quoted(name)} WRITE" for name in locked)
            gate = [f"LOCK TABLES {wanted}", "UNLOCK TABLES"]
        begun = f"{_quoted(self.old)}.{_quoted(_BEGUN)}"
        first = [f"SET SESSION lock_wait_timeout = {max(1, round(timeout))}", *gate]
        first.append(f"CREATE TABLE {begun} (nothing INT)")
        code += f"DROP TABLE {begun}".encode()
        return _packet(self.live, first, _drops(self.live, live), renames, code)

    def back(self, code: bytes) -> bytes:
        """The statements that undo a `forward` which broke off anywhere; `code` is that of before.

        None, if it did not change anything yet.
        """
        with connected(self._url) as connection:
            live, old = names_in(connection, self.live), names_in(connection, self.old)
        tables = [name for name in old["TABLE"] if name != _BEGUN]
        if tables == old["TABLE"]:
            return b""
        renames = []
        if tables:
            renames = _moves(live["TABLE"], self.live, self.new)
            renames += _moves(tables, self.old, self.live)
        code += f"DROP TABLE {_quoted(self.old)}.{_quoted(_BEGUN)}".encode()
        return _packet(self.live, [], _drops(self.live, live), renames, code)

    def _create(self, name: str) -> None:
        query = (
            "SELECT default_character_set_name, default_collation_name "
            "FROM information_schema.schemata WHERE schema_name = :name"
        )
        try:
            with connected(self._url, isolation_level="AUTOCOMMIT") as connection:
                charset, collation = connection.execute(sa.text(query), {"name": self.live}).one()
                connection.exec_driver_sql(
                    f"CREATE DATABASE {_quoted(name)} CHARACTER SET {charset} COLLATE {collation}",
                    execution_options={"no_parameters": True},
                )
        except DatabaseError as error:
            grant = _GRANT.format(self._beside.prefix.replace("_", r"\_"))
            raise BackupError(
                f"{error}; a restore takes the right to make databases beside it: {grant}"
            ) from error

    def _drop(self, name: str) -> None:
        if self._is_kept:
            return
        with connected(self._url, isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("SET SESSION foreign_key_checks = 0"))
            connection.exec_driver_sql(
                f"DROP DATABASE IF EXISTS {_quoted(name)}",
                execution_options={"no_parameters": True},
            )


def names_in(connection: sa.Connection, database: str) -> dict[str, list[str]]:
    """The names in a database, by what they name."""
    return {kind: _names(connection, query, database) for kind, query in _NAMES.items()}


def rows_in(connection: sa.Connection, database: str, *, history: bool) -> tuple[TableRows, ...]:
    """The tables of a database with their rows; with `history`, those that are no longer valid too."""
    versioned = _names(connection, _VERSIONED, database) if history else []
    return tuple(
        TableRows(None, name, _count(connection, database, name, history=name in versioned))
        for name in _names(connection, _FILLED, database)
    )


def _names(connection: sa.Connection, query: str, database: str) -> list[str]:
    found = connection.execute(sa.text(query), {"name": database}).scalars()
    return sorted(map(str, found))


def _count(connection: sa.Connection, database: str, name: str, *, history: bool) -> int:
    which = " FOR SYSTEM_TIME ALL" if history else ""
    query = f"SELECT count(*) FROM {_quoted(database)}.{_quoted(name)}{which}"
    found = connection.exec_driver_sql(query, execution_options={"no_parameters": True})
    return int(found.scalar_one())


def _moves(names: Sequence[str], source: str, target: str) -> list[str]:
    return [
        f"{_quoted(source)}.{_quoted(name)} TO {_quoted(target)}.{_quoted(name)}" for name in names
    ]


def _drops(
    database: str,
    names: dict[str, list[str]],
    kinds: Sequence[str] = ("TRIGGER", "EVENT", "VIEW", "PACKAGE", "PROCEDURE", "FUNCTION"),
) -> list[str]:
    drops = []
    for kind in kinds:
        found = [f"DROP {kind} IF EXISTS {_quoted(database)}.{_quoted(n)}" for n in names[kind]]
        if kind == "PACKAGE" and found:  # a word that MariaDB knows in this mode only
            found = ["SET SESSION sql_mode = 'ORACLE'", *found, "SET SESSION sql_mode = ''"]
        drops += found
    return drops


def _packet(
    database: str, first: list[str], drops: list[str], renames: list[str], code: bytes
) -> bytes:
    statements = [f"USE {_quoted(database)}", *first, "SET SESSION foreign_key_checks = 0", *drops]
    if renames:
        statements.append(f"RENAME TABLE {', '.join(renames)}")
    return "\n;\n".join([*statements, ""]).encode() + code


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
