"""MySQL and MariaDB: dumps of the client, and a restore that changes places in one packet.

The server cannot change its schema in a transaction. So a backup is restored into a database
beside the live one, and its rows are counted there. Then the tables of both change places by one
RENAME TABLE, which is atomic, between the statements that exchange triggers, views, routines and
events. All of these reach the server in one packet, which it works off whatever becomes of the
client.
"""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import sqlalchemy as sa

from xcore_tools.config.schema import Compression
from xcore_tools.database.backup.archive import Archive
from xcore_tools.database.backup.client import Program, find_program, running, version_of
from xcore_tools.database.backup.compression import CHUNK, written
from xcore_tools.database.backup.engine import (
    HalfwayError,
    Progress,
    VersionTable,
    revisions_in,
    silent,
)
from xcore_tools.database.backup.exchange import Exchange, rows_in
from xcore_tools.database.backup.facts import Contents, Plan, TableRows
from xcore_tools.database.backup.script import Part, RowCounter, as_packet, parts
from xcore_tools.database.backup.selection import compare
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.durable import write_new
from xcore_tools.errors import BackupError, XcoreToolsError

_PACKAGES = {
    "mariadb": "the MariaDB client (Debian and Ubuntu: mariadb-client, Fedora: mariadb)",
    "mysql": "the MySQL client (Debian: mysql-client, Fedora: community-mysql)",
}
_DUMP = {"mariadb": ("mariadb-dump", "mysqldump"), "mysql": ("mysqldump",)}
_RUN = {"mariadb": ("mariadb", "mysql"), "mysql": ("mysql",)}
PROGRAMS = tuple((names["mariadb"], _PACKAGES["mariadb"]) for names in (_DUMP, _RUN))
"""What backups take of either server, as long as nobody has asked it: the names of each program, and what has it."""

_OPTIONS = [
    "--opt",  # what the server's own settings may have turned off; UNLOCK TABLES ends the rows of a table
    "--single-transaction",
    "--routines",
    "--triggers",
    "--events",
    "--hex-blob",
    "--comments",
    "--no-tablespaces",
    "--default-character-set=utf8mb4",
]
# What only the client of MySQL knows, and what it would do without.
_ONLY_MYSQL = ["--set-gtid-purged=OFF", "--column-statistics=0"]

# Keys of a URL → options of the client.
_TLS = {"ssl_ca": "ssl-ca", "ssl_cert": "ssl-cert", "ssl_key": "ssl-key", "unix_socket": "socket"}
_DELIMITER = "%%xcore-tools%%"


class Mysql:
    """Backups of MySQL and MariaDB databases."""

    def __init__(self, version_table: VersionTable) -> None:
        self._version_table = version_table

    def dump(
        self, url: DatabaseUrl, target: Path, *, compression: Compression, progress: Progress
    ) -> Contents:
        """Run the client's dump, and count the rows that pass."""
        server, before = self._state(url)
        program = find_program(_DUMP[_flavour(server)], _PACKAGES[_flavour(server)])
        client = version_of(program)
        _require_version(url, client, server)
        counter = RowCounter()
        with (
            _access(url, target.parent) as (access, environ),
            written(target, compression) as (stream, output),
            running(
                [program, access, *_options(client), str(url.sqlalchemy.database)],
                url,
                environ,
                stdin=subprocess.DEVNULL,
            ) as process,
        ):
            done = 0
            for chunk in process.chunks():
                stream.write(chunk)
                counter.feed(chunk)
                done += len(chunk)
                progress(done, None)
        if not counter.has_ended():
            raise BackupError(f"{url}: the dump has no end; try again")
        if self._state(url)[1] != before:
            raise BackupError(f"{url}: it was migrated while it was dumped; try again")
        return Contents(
            server_version=server,
            client=client,
            revisions=before,
            tables=_counted(counter),
            foreign_keys_ok=True,  # the server keeps them
            compression=compression,
            size=output.size,
            sha256=output.sha256,
        )

    def check(self, archive: Archive) -> str:
        """The dump comes to its end, and holds as many rows as it should."""
        counter = RowCounter()
        with archive.stream() as stream:
            while chunk := stream.read(CHUNK):
                counter.feed(chunk)
        if not counter.has_ended():
            raise BackupError(
                f"{archive.name}: it breaks off: the line that ends a dump is missing"
            )
        if archive.manifest is not None:
            compare(archive.manifest.tables, _counted(counter), archive.name)
        return "end marker"

    def drill(self, url: DatabaseUrl, archive: Archive) -> tuple[TableRows, ...]:
        """Restore into a new database of the same server, which is dropped again."""
        with self._scratch(url, archive) as scratch, connected(scratch) as connection:
            return rows_in(connection, scratch.name)

    @contextmanager
    def copied(
        self, url: DatabaseUrl, place: Path, workplace: Callable[[], AbstractContextManager[Path]]
    ) -> Iterator[DatabaseUrl]:
        """A new database of the same server, filled from a dump but for its events."""
        path = place / "dump"
        self.dump(url, path, compression="none", progress=lambda *_: None)
        with self._scratch(url, Archive(path, None, workplace)) as scratch:
            yield scratch

    @contextmanager
    def blank(self, url: DatabaseUrl, place: Path) -> Iterator[DatabaseUrl]:
        """A new database of the same server."""
        exchange = Exchange(url)
        exchange.clear_leftovers()
        with exchange.databases("new"):
            yield url.with_database(exchange.new)

    @contextmanager
    def _scratch(self, url: DatabaseUrl, archive: Archive) -> Iterator[DatabaseUrl]:
        with archive.workplace() as private, self._client(url, private) as client:
            exchange = Exchange(url)
            exchange.clear_leftovers()
            with exchange.databases("new"):
                client.fill(archive, exchange.new, silent)
                yield url.with_database(exchange.new)

    def plan(self, url: DatabaseUrl, archive: Archive, *, privileges: bool) -> Plan:
        """Nothing is known to be in the way."""
        return Plan()

    def load(
        self,
        url: DatabaseUrl,
        archive: Archive,
        *,
        privileges: bool,
        timeout: float,
        progress: Progress,
    ) -> None:
        """Restore beside the live database, count, and change places."""
        exchange = Exchange(url)
        exchange.refuse_references_from_outside()
        exchange.clear_leftovers()
        with (
            archive.workplace() as private,
            self._client(url, private) as client,
            exchange.databases("new", "old"),
        ):
            old_code = client.code_of(exchange.live)
            new_code = client.fill(archive, exchange.new, progress)
            with connected(url) as connection:
                if archive.manifest is not None:
                    rows = rows_in(connection, exchange.new)
                    compare(archive.manifest.tables, rows, archive.name)
            exchange.drop_triggers()
            try:
                client.send(exchange.forward(new_code, timeout))
            except BackupError as error:
                _go_back(exchange, client, old_code, error)
                raise

    def exists(self, url: DatabaseUrl) -> bool:
        """There always is one, or connecting is an error."""
        return True

    def _state(self, url: DatabaseUrl) -> tuple[str, tuple[str, ...]]:
        with connected(url) as connection:
            server = str(connection.scalar(sa.text("SELECT version()")))
            return server, revisions_in(connection, self._version_table)

    @contextmanager
    def _client(self, url: DatabaseUrl, private: Path) -> Iterator[_Client]:
        server, _ = self._state(url)
        with _access(url, private) as (access, environ):
            yield _Client(url, _flavour(server), access, environ, private)


def _go_back(exchange: Exchange, client: _Client, code: bytes, error: BackupError) -> None:
    try:
        client.send(exchange.back(code))
    except XcoreToolsError as second:
        exchange.keep()
        raise HalfwayError(
            f"{error}, and going back failed: {second}. What is not in the database "
            f"{exchange.live} is in {exchange.old}"
        ) from error


class _Client:
    """The programs of the server, with access to it."""

    def __init__(
        self, url: DatabaseUrl, flavour: str, access: str, environ: dict[str, str], private: Path
    ) -> None:
        self._url = url
        self._dump = find_program(_DUMP[flavour], _PACKAGES[flavour])
        self._run = find_program(_RUN[flavour], _PACKAGES[flavour])
        self._access = access
        self._environ = environ
        self._private = private

    def fill(self, archive: Archive, database: str, progress: Progress) -> bytes:
        """Run a dump in an empty database, but for its events; what recreates all but tables."""
        code: list[bytes] = []
        with archive.stream() as stream, self._running(database, subprocess.PIPE) as process:
            done = 0
            for part, line in parts(stream):
                if part is not Part.TABLES:
                    code.append(line)
                if part is not Part.EVENTS:  # which would fire here
                    process.feed(line)
                done += len(line)
                progress(done, None)
            process.finish()
        return as_packet(code)

    def code_of(self, database: str) -> bytes:
        """What recreates the triggers, routines, views and events of a database."""
        options = [*_options(version_of(self._dump)), "--no-data"]
        command = [self._dump, self._access, *options, database]
        with running(command, self._url, self._environ, stdin=subprocess.DEVNULL) as process:
            text = b"".join(process.chunks())
        return as_packet(
            line for part, line in parts(text.splitlines(True)) if part is not Part.TABLES
        )

    def send(self, statements: bytes) -> None:
        """Have the server run all of the statements, as one packet.

        They are in a file before the client starts: it would run half of a pipe that breaks off.

        Raises:
            BackupError: one of them failed; those after it were not run.
        """
        path = self._private / f"packet-{uuid.uuid4().hex[:8]}"
        write_new(path, statements + f"\n{_DELIMITER}\n".encode())
        interrupt = None
        with path.open("rb") as file, self._running(None, file) as process:
            while True:
                try:
                    for _ in process.chunks():
                        pass
                except KeyboardInterrupt as error:
                    interrupt = error  # the server goes on in any case: wait for it
                else:
                    break
        if interrupt:
            raise interrupt

    @contextmanager
    def _running(self, database: str | None, stdin: object) -> Iterator[Program]:
        command = [self._run, self._access, "--batch", "--comments"]
        command.append("--default-character-set=utf8mb4")
        command += [database] if database else [f"--delimiter={_DELIMITER}"]
        with running(command, self._url, self._environ, stdin=stdin) as process:  # type: ignore[arg-type]
            yield process


def _options(client: str) -> list[str]:
    return _OPTIONS if "MariaDB" in client else _OPTIONS + _ONLY_MYSQL


def _counted(counter: RowCounter) -> tuple[TableRows, ...]:
    return tuple(TableRows(None, name, rows) for name, rows in sorted(counter.rows.items()))


def _flavour(server: str) -> str:
    return "mariadb" if "mariadb" in server.lower() else "mysql"


def _require_version(url: DatabaseUrl, client: str, server: str) -> None:
    # mariadb-dump  Ver 10.19 Distrib 10.11.6-MariaDB, for Linux; from 11.3 on: from 11.4.2-MariaDB
    found = re.search(r"(?:Distrib |from |Ver )(\d+)\.\d+\.\d+", client)
    is_mariadb = "MariaDB" in client
    if is_mariadb != (_flavour(server) == "mariadb"):
        raise BackupError(
            f"{url}: {client} is not of the server ({server}); install "
            f"{_PACKAGES[_flavour(server)]}"
        )
    if found and int(found[1]) < int(server.partition(".")[0]):
        raise BackupError(
            f"{url}: {client} is older than the server ({server}); install a client of its version"
        )


@contextmanager
def _access(url: DatabaseUrl, private: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The first argument, which names the file with user and password; and the environment.

    https://dev.mysql.com/doc/refman/8.4/en/option-files.html
    """
    parts = url.sqlalchemy
    values = {
        "host": parts.host or "localhost",
        "port": parts.port or 3306,
        "user": parts.username,
        "password": parts.password,
    }
    values |= {option: parts.query.get(key) for key, option in _TLS.items()}
    if not values["socket"]:
        values["protocol"] = "tcp"  # as drivers do it, also for localhost
    lines = ["[client]", *(f'{key}="{_quoted(v)}"' for key, v in values.items() if v is not None)]
    path = private / "client.cnf"
    write_new(path, "\n".join([*lines, ""]).encode())
    # ~/.my.cnf is read later, and would win
    environ = {**os.environ, "HOME": str(private)}
    if parts.password is not None:
        environ.pop("MYSQL_PWD", None)
    try:
        yield f"--defaults-extra-file={path}", environ
    finally:
        path.unlink(missing_ok=True)


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
