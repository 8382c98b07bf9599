"""PostgreSQL: pg_dump's custom format, and a restore that is one transaction.

https://www.postgresql.org/docs/current/app-pgdump.html. The rows are counted in the snapshot that
pg_dump reads. A restore drops everything that is there before, also what came later than the
backup, and commits only after pg_restore has given its last statement.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from xcore_tools.config.schema import Compression
from xcore_tools.database.backup.archive import Archive
from xcore_tools.database.backup.client import find_program, running, version_of
from xcore_tools.database.backup.compression import written
from xcore_tools.database.backup.engine import (
    Progress,
    VersionTable,
    revisions_in,
    silent,
)
from xcore_tools.database.backup.facts import (
    Contents,
    DamagedError,
    Plan,
    Surroundings,
    TableRows,
)
from xcore_tools.database.backup.pg.contents import chosen
from xcore_tools.database.backup.pg.planning import planned, situation_of
from xcore_tools.database.backup.pg.restoration import FOREIGN_DATA, Restoration, isolating
from xcore_tools.database.backup.pg.surroundings import surroundings_of
from xcore_tools.database.backup.scratch import ScratchNames
from xcore_tools.database.connection import connected, translated
from xcore_tools.database.options import UnknownOptionError, libpq_parameters
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.durable import write_new
from xcore_tools.errors import BackupError

_PACKAGE = (
    "the PostgreSQL client (Debian and Ubuntu: postgresql-client, Fedora: postgresql, "
    "Homebrew: libpq)"
)
PROGRAMS = tuple(((name,), _PACKAGE) for name in ("pg_dump", "pg_restore", "psql"))
"""What backups take: the names of each program, and what has it."""
_SECRETS = {"password", "sslpassword"}
_ZSTD_SINCE = 16

# Tables that pg_dump writes the rows of: none of the system's or of an extension's.
_TABLES = """
SELECT n.nspname, c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                  AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""

# The role that owns whatever belongs to the owner of a database, and that cannot log in: a drill
# of a superuser runs as it, so that it can reach no other database, file or program.
_NOBODY = "pg_database_owner"
_NOBODY_SINCE = 14
# A subscription holds on to a database that is to be dropped, and takes part in replication.
_ELSEWHERE = ["--no-subscriptions"]
_GONE = re.compile(r'role "[^"]*" does not exist')
_DENIED = re.compile(r"[Pp]ermission denied|must be (?:an? )?(?:owner|superuser|member)|CREATEDB")


class Postgresql:
    """Backups of PostgreSQL databases."""

    def __init__(self, version_table: VersionTable) -> None:
        self._version_table = version_table

    def dump(
        self, url: DatabaseUrl, target: Path, *, compression: Compression, progress: Progress
    ) -> Contents:
        """Run pg_dump, and count the rows of its snapshot meanwhile."""
        program = find_program(["pg_dump"], _PACKAGE)
        client = version_of(program)
        with connected(url, isolation_level="REPEATABLE READ") as connection:
            server = str(connection.scalar(sa.text("SHOW server_version")))
            _require_version(url, client, server)
            connection.execute(sa.text("SET idle_in_transaction_session_timeout = 0"))
            snapshot = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
            command = [program, "--format=custom", "--no-password", f"--snapshot={snapshot}"]
            command += _compressing(compression, client)
            with _access(url, target.parent) as (place, environ), ThreadPoolExecutor(1) as pool:
                inside = pool.submit(self._inside, url, connection)
                command += [f"--dbname={place}"]
                try:
                    with (
                        written(target, "none") as (stream, output),
                        running(command, url, environ, stdin=subprocess.DEVNULL) as process,
                    ):
                        for chunk in process.chunks():
                            stream.write(chunk)
                            progress(output.size, None)
                except BackupError as error:
                    # a count that fails ends the snapshot: then pg_dump only says that it is gone
                    raise inside.exception() or error from None
                tables, revisions, surroundings = inside.result()
        return Contents(
            server_version=server,
            client=client,
            revisions=revisions,
            tables=tables,
            foreign_keys_ok=True,  # the server keeps them
            compression=compression,
            size=output.size,
            sha256=output.sha256,
            surroundings=surroundings,
        )

    def check(self, archive: Archive) -> str:
        """`pg_restore --list`: the table of contents can be read."""
        _listed(archive)
        return "pg_restore --list"

    def drill(self, url: DatabaseUrl, archive: Archive) -> tuple[TableRows, ...]:
        """Restore into a new database of the same server, which is dropped again.

        A superuser does it as a role that has no rights but in there, if the backup holds nothing
        that takes a superuser: so whatever runs meanwhile can reach nothing else. Where the server
        asks for more rights than the catalogs had told, it is done again as the user.
        """
        try:
            return self._drilled(url, archive, is_isolated=True)
        except BackupError as error:
            if isinstance(error, DamagedError) or not _DENIED.search(str(error)):
                raise
            return self._drilled(url, archive, is_isolated=False)

    def _drilled(
        self, url: DatabaseUrl, archive: Archive, *, is_isolated: bool
    ) -> tuple[TableRows, ...]:
        with self.blank(url, archive.path.parent) as scratch:
            role = _prepared(scratch, archive) if is_isolated else ""
            try:
                self._load(
                    scratch,
                    archive,
                    privileges=not role,
                    timeout=60,
                    progress=silent,
                    role=role,
                )
            except BackupError as error:
                if _DENIED.search(str(error)):
                    raise
                raise DamagedError(f"{archive.name}: cannot be restored: {error}") from error
            with connected(scratch) as connection:
                return _rows(connection)

    @contextmanager
    def copied(
        self, url: DatabaseUrl, place: Path, workplace: Callable[[], AbstractContextManager[Path]]
    ) -> Iterator[DatabaseUrl]:
        """A new database of the same server, filled from a dump."""
        path = place / "dump"
        self.dump(url, path, compression="none", progress=lambda *_: None)
        with self._scratch(url, Archive(path, None, workplace)) as scratch:
            yield scratch

    @contextmanager
    def _scratch(self, url: DatabaseUrl, archive: Archive) -> Iterator[DatabaseUrl]:
        with self.blank(url, archive.path.parent) as scratch:
            self._load(
                scratch,
                archive,
                privileges=False,
                timeout=60,
                progress=silent,
                role="",
            )
            yield scratch

    @contextmanager
    def blank(self, url: DatabaseUrl, place: Path) -> Iterator[DatabaseUrl]:
        """A new database of the same server."""
        with connected(url, isolation_level="AUTOCOMMIT") as connection:
            database = str(connection.scalar(sa.text("SELECT current_database()")))
            names = ScratchNames(database, url.search_path)  # as the lock: one for each schema
            name = names.new()
            for left in connection.scalars(sa.text("SELECT datname FROM pg_database")).all():
                if names.has(left):  # of a process that was killed
                    _drop_database(connection, left)
            _require_createdb(url, connection)
            quoted = connection.dialect.identifier_preparer.quote_identifier(name)
            create = f"CREATE DATABASE {quoted} TEMPLATE template0{_locale(connection)}"
            connection.exec_driver_sql(create, execution_options={"no_parameters": True})
            try:
                yield url.with_database(name)
            finally:
                _drop_database(connection, name)

    def plan(self, url: DatabaseUrl, archive: Archive, *, privileges: bool) -> Plan:
        """Asks the catalogs what the user may drop and make; see `pg.planning`."""
        with connected(url) as connection:
            found = situation_of(connection, _listed(archive))
        return planned(found, archive.manifest, url.name, privileges=privileges)

    def load(
        self,
        url: DatabaseUrl,
        archive: Archive,
        *,
        privileges: bool,
        timeout: float,
        progress: Progress,
    ) -> None:
        """Drop everything and restore, in one transaction of psql."""
        try:
            self._load(url, archive, privileges=privileges, timeout=timeout, progress=progress)
        except BackupError as error:
            # a dump without a manifest does not tell before whom it names
            if privileges and (_DENIED.search(str(error)) or _GONE.search(str(error))):
                raise BackupError(
                    f"{error}; --without privileges leaves owners and rights out"
                ) from error
            raise

    def _load(
        self,
        url: DatabaseUrl,
        archive: Archive,
        *,
        privileges: bool,
        timeout: float,
        progress: Progress,
        role: str | None = None,
    ) -> None:
        """`role` is for a scratch database alone: who restores it there, empty for the user."""
        psql = find_program(["psql"], _PACKAGE)
        listed = _listed(archive)
        with connected(url) as connection:
            if role:
                connection.exec_driver_sql(f"SET ROLE {role}")
            found = situation_of(connection, listed)
        around = Restoration(found, archive.manifest, url.name, privileges=privileges)
        with archive.workplace() as private, _access(url, private) as (place, environ):
            reading = [*_reading(archive, chosen(listed, found.present), private)]
            reading += [] if role is None else _ELSEWHERE
            reading += [] if privileges else ["--no-owner", "--no-privileges"]
            writing = [psql, "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"]
            writing += ["--output", os.devnull, f"--dbname={place}"]
            with (
                running(reading, url, environ, stdin=subprocess.DEVNULL) as source,
                running(writing, url, environ, stdin=subprocess.PIPE) as target,
            ):
                # Its end is the only COMMIT: an input that breaks off is rolled back.
                start = f"SET ROLE {role};\n" if role else ""
                start += "BEGIN;\nSET client_min_messages = error;\nSET statement_timeout = 0;\n"
                start += f"SET lock_timeout = {max(1, int(timeout * 1000))};\n"
                target.feed(f"{start}{around.before()}".encode())
                done = 0
                for chunk in source.chunks():
                    target.feed(chunk)
                    done += len(chunk)
                    progress(done, None)
                target.feed(f"\n{around.after()}COMMIT;\n".encode())
                target.finish()

    def exists(self, url: DatabaseUrl) -> bool:
        """There always is one, or connecting is an error."""
        return True

    def _inside(
        self, url: DatabaseUrl, connection: sa.Connection
    ) -> tuple[tuple[TableRows, ...], tuple[str, ...], Surroundings]:
        with translated(url):
            return (
                _rows(connection),
                revisions_in(connection, self._version_table),
                surroundings_of(connection),
            )


def _listed(archive: Archive) -> str:
    """The table of contents."""
    program = find_program(["pg_restore"], _PACKAGE)
    done = subprocess.run(
        [program, "--list", str(archive.path)], capture_output=True, text=True, check=False
    )
    if done.returncode or not done.stdout:
        raise DamagedError(f"{archive.name}: {' '.join(done.stderr.split())}")
    return done.stdout


def _reading(archive: Archive, entries: str, private: Path) -> list[str]:
    """The command that writes the statements of these entries."""
    path = private / "entries"
    path.unlink(missing_ok=True)
    write_new(path, entries.encode())
    program = find_program(["pg_restore"], _PACKAGE)
    return [program, f"--use-list={path}", "--exit-on-error", "--file=-", str(archive.path)]


def _prepared(scratch: DatabaseUrl, archive: Archive) -> str:
    """The role without rights elsewhere, ready to restore; none, if that takes the user himself."""
    surroundings = archive.manifest.surroundings if archive.manifest else None
    if surroundings is None or surroundings.superuser:
        return ""
    with connected(scratch, isolation_level="AUTOCOMMIT") as connection:
        version = int(str(connection.scalar(sa.text("SHOW server_version_num")))) // 10000
        query = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        if version < _NOBODY_SINCE or not connection.scalar(sa.text(query)):
            return ""
        for statement in isolating(scratch.name, surroundings, _NOBODY):
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        for statement in connection.scalars(sa.text(FOREIGN_DATA)).all():
            connection.exec_driver_sql(f"{statement} TO {_NOBODY}")
    return _NOBODY


def _require_createdb(url: DatabaseUrl, connection: sa.Connection) -> None:
    query = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    if not connection.scalar(sa.text(query)):
        user = connection.scalar(sa.text("SELECT quote_ident(current_user)"))
        raise BackupError(
            f"{url}: a copy takes the right to make a database beside it: "
            f"ALTER ROLE {user} CREATEDB"
        )


def _drop_database(connection: sa.Connection, name: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote_identifier(name)
    connection.exec_driver_sql(
        f"DROP DATABASE IF EXISTS {quoted}", execution_options={"no_parameters": True}
    )


def _require_version(url: DatabaseUrl, client: str, server: str) -> None:
    if _major(client) < _major(server):
        raise BackupError(
            f"{url}: {client} is older than the server ({server}), which it refuses to dump; "
            f"install the client of PostgreSQL {_major(server)} or later"
        )


def _major(version: str) -> int:
    found = re.search(r"(\d+)(?:\.\d+|devel|beta|rc|$)", version)
    return int(found[1]) if found else 0


def _compressing(compression: Compression, client: str) -> list[str]:
    """The format compresses by itself, with gzip unless told otherwise."""
    if compression != "zstd":
        return []
    if _major(client) < _ZSTD_SINCE:
        raise BackupError(f"{client} cannot compress with zstd; use that of PostgreSQL 16 or later")
    return ["--compress=zstd"]


def _rows(connection: sa.Connection) -> tuple[TableRows, ...]:
    found = connection.execute(sa.text(_TABLES)).all()
    return tuple(
        TableRows(schema, name, connection.scalar(_count(schema, name))) for schema, name in found
    )


def _count(schema: str, name: str) -> sa.Select[Any]:
    table = sa.table(quoted_name(name, quote=True), schema=quoted_name(schema, quote=True))
    # without the rows of tables that inherit from it
    return sa.select(sa.func.count()).select_from(table).with_hint(table, "ONLY", "postgresql")


def _locale(connection: sa.Connection) -> str:
    """The encoding and the order of letters of the database, for another one."""
    row = connection.execute(
        sa.text(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype "
            "FROM pg_database WHERE datname = current_database()"
        )
    ).one()
    encoding, collate, ctype = (str(value).replace("'", "''") for value in row)
    return f" ENCODING '{encoding}' LC_COLLATE '{collate}' LC_CTYPE '{ctype}'"


@contextmanager
def _access(url: DatabaseUrl, private: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The connection string without a secret, and the environment that says where the password is.

    https://www.postgresql.org/docs/current/libpq-pgpass.html
    """
    environ = dict(os.environ)
    secret = url.sqlalchemy.password or url.sqlalchemy.query.get("password")
    if "sslpassword" in url.sqlalchemy.query:
        raise BackupError(
            f"{url}: sslpassword cannot be handed to pg_dump in secret; "
            "use a client key without a password"
        )
    if secret is None:
        yield _connection_string(url), environ
        return
    escaped = str(secret).replace("\\", "\\\\").replace(":", "\\:")
    if "\n" in escaped or "\0" in escaped:
        raise BackupError(f"{url}: the password has a line break, which no password file can hold")
    path = private / "pgpass"
    write_new(path, f"*:*:*:*:{escaped}\n".encode())
    environ.pop("PGPASSWORD", None)  # it would win
    try:
        yield _connection_string(url), {**environ, "PGPASSFILE": str(path)}
    finally:
        path.unlink(missing_ok=True)


def _connection_string(url: DatabaseUrl) -> str:
    try:
        values = libpq_parameters(url.sqlalchemy)
    except UnknownOptionError as error:
        raise BackupError(f"{url}: {error}; correct the URL ({url.source})") from None
    quoted = {
        key: value.replace("\\", "\\\\").replace("'", "\\'")
        for key, value in values.items()
        if key not in _SECRETS
    }
    return " ".join(f"{key}='{value}'" for key, value in quoted.items())
