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
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec
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
from xcore_tools.database.backup.facts import (
    Contents,
    DamagedError,
    Manifest,
    MysqlFacts,
    Plan,
    TableRows,
)
from xcore_tools.database.backup.maria.lexer import tokens
from xcore_tools.database.backup.maria.making import Made, made_in
from xcore_tools.database.backup.maria.objects import (
    BASELINE,
    Collector,
    Default,
    Objects,
    without_sequences,
)
from xcore_tools.database.backup.maria.reader import Rows, Section, statements
from xcore_tools.database.backup.maria.rights import facts_of, grants_of_routines, planned
from xcore_tools.database.backup.maria.statements import Form, Statement
from xcore_tools.database.backup.script import RowCounter
from xcore_tools.database.backup.selection import compare
from xcore_tools.database.connection import connected
from xcore_tools.database.options import UnknownOptionError, client_options
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

_SETUP = b"""SET NAMES utf8mb4;
SET SESSION time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO', sql_notes = 0;
SET SESSION foreign_key_checks = 0, unique_checks = 0;
"""
"""What the head of a dump sets; it is set by us, so that a text ends where we say it ends."""
_QUOTES = (b"'", b'"', b"`")
_END = 200  # bytes in which a dump says that it is complete
_HISTORY = b"SET SESSION system_versioning_insert_history = 1;\n"
_KEPT_OUT = re.compile(
    r"denied|\(1044|\(1045|\(1142|\(1227|SUPER|gone away|Lost connection|t connect|[Ll]ock wait"
    r"|No space|is full|too large|is not installed"
)
"""What a server says when the fault is here, and not in the backup."""


class Mysql:
    """Backups of MySQL and MariaDB databases."""

    def __init__(self, version_table: VersionTable) -> None:
        self._version_table = version_table

    def dump(
        self, url: DatabaseUrl, target: Path, *, compression: Compression, progress: Progress
    ) -> Contents:
        """Run the client's dump, and count the rows that pass and those on the server."""
        server, before = self._state(url)
        program = find_program(_DUMP[_flavour(server)], _PACKAGES[_flavour(server)])
        client = version_of(program)
        _require_version(url, client, server)
        counter = RowCounter()
        options = _options(program, client)
        with _counting(url, history="--dump-history" in options) as counted:
            with (
                _access(url, target.parent, is_mariadb=_flavour(server) == "mariadb") as (
                    access,
                    environ,
                ),
                written(target, compression) as (stream, output),
                running(
                    [program, access, *options, str(url.sqlalchemy.database)],
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
            counted(counter)
        if self._state(url)[1] != before:
            raise BackupError(f"{url}: it was migrated while it was dumped; try again")
        with connected(url) as connection:
            facts = facts_of(connection, str(connection.scalar(sa.text("SELECT DATABASE()"))))
        return Contents(
            server_version=server,
            client=client,
            revisions=before,
            tables=_counted(counter),
            foreign_keys_ok=True,  # the server keeps them
            compression=compression,
            size=output.size,
            sha256=output.sha256,
            mysql=msgspec.structs.replace(facts, has_history="--dump-history" in options),
        )

    def check(self, archive: Archive) -> str:
        """The dump comes to its end, and holds as many rows as it should."""
        counter = RowCounter()
        with archive.stream() as stream:
            while chunk := stream.read(CHUNK):
                counter.feed(chunk)
        if not counter.has_ended():
            raise DamagedError(
                f"{archive.name}: it breaks off: the line that ends a dump is missing"
            )
        if archive.manifest is not None and archive.manifest.mysql is not None:
            compare(archive.manifest.tables, _counted(counter), archive.name)
        return "end marker"

    def drill(self, url: DatabaseUrl, archive: Archive) -> tuple[TableRows, ...]:
        """Restore into a new database of the same server, which is dropped again.

        No statement is run that could reach another database: see `maria.statements`.
        """
        try:
            with self._scratch(url, archive) as scratch, connected(scratch) as connection:
                history = _has_history(archive.manifest)
                return rows_in(connection, scratch.name, history=history)
        except DamagedError:
            raise
        except XcoreToolsError as error:
            if _KEPT_OUT.search(str(error)):
                raise
            raise DamagedError(f"{archive.name}: cannot be restored: {error}") from error

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
                scratch = url.with_database(exchange.new)
                client.fill(archive, scratch, exchange.live, silent)
                yield scratch

    def plan(self, url: DatabaseUrl, archive: Archive, *, privileges: bool) -> Plan:
        """Who code acts as, and whether this user may make it so."""
        facts = archive.manifest.mysql if archive.manifest else None
        if facts is None:
            return Plan()
        with connected(url) as connection:
            return planned(connection, dict(facts.definers), privileges=privileges)

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
            before = client.structure_of(exchange.live), exchange.names()
            old = client.objects_in(before[0], exchange.live)
            scratch = url.with_database(exchange.new)
            made = client.fill(archive, scratch, exchange.live, progress, moves_on=True)
            with connected(url) as connection:
                _require_definers(connection, made.objects, url, privileges=privileges)
                facts = facts_of(connection, exchange.live)
                if archive.manifest is not None:
                    history = _has_history(archive.manifest)
                    rows = rows_in(connection, exchange.new, history=history)
                    compare(archive.manifest.tables, rows, archive.name)
            rights = grants_of_routines(url, exchange.live)
            code = made.packet(_source(archive, exchange.live), exchange.live, definer=privileges)
            code += _rights_for(made.objects, rights)
            wanted = archive.manifest.mysql if archive.manifest else None
            exchange.drop_triggers()
            try:
                code = _around(code, exchange.live, wanted or facts)
                client.send(exchange.forward(_packed(code), timeout))
            except BackupError as error:
                code = Made(old, ()).packet(exchange.live, exchange.live, definer=True)
                code = _around(code + _rights_for(old, rights), exchange.live, facts)
                _go_back(exchange, client, _packed(code), before, error)
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
        with _access(url, private, is_mariadb=_flavour(server) == "mariadb") as (access, environ):
            yield _Client(url, _flavour(server), access, environ, private)


def _go_back(
    exchange: Exchange,
    client: _Client,
    code: bytes,
    before: tuple[bytes, object],
    error: BackupError,
) -> None:
    """Undo what was done, and compare."""
    reason = ""
    try:
        client.send(exchange.back(code))
        if _bare(client.structure_of(exchange.live)) != _bare(before[0]):
            reason = "it is not what it was"
        if exchange.names() != before[1]:
            reason = "what could not be read before is gone"
    except XcoreToolsError as second:
        reason = str(second)
    if reason:
        exchange.keep()
        raise HalfwayError(
            f"{error}, and going back failed: {reason}. What is not in the database "
            f"{exchange.live} is in {exchange.old}"
        ) from error


def _bare(structure: bytes) -> bytes:
    """A dump without the time at its end."""
    return structure.rpartition(b"\n-- Dump completed")[0]


def _require_definers(
    connection: sa.Connection, objects: Objects, url: DatabaseUrl, *, privileges: bool
) -> None:
    obstacles = planned(connection, objects.definers, privileges=privileges).obstacles
    if obstacles:
        raise BackupError(f"{url}: this user cannot restore it: {'; '.join(obstacles)}")


def _rights_for(objects: Objects, rights: list[tuple[str, str, bytes]]) -> list[bytes]:
    made = {(each.kind, each.name.lower()) for each in objects.routines}
    return [text for kind, name, text in rights if (kind, name.lower()) in made]


def _around(code: list[bytes], database: str, facts: MysqlFacts) -> list[bytes]:
    """The code with what makes the database itself what it was: code notes its order of letters."""
    if not re.fullmatch(r"\w+ \w+", f"{facts.character_set} {facts.collation}"):
        raise BackupError(f"{database}: {facts.character_set!r} is no character set")
    name = "`" + database.replace("`", "``") + "`"
    how = f"CHARACTER SET {facts.character_set} COLLATE {facts.collation}"
    if facts.comment is not None:
        comment = facts.comment.replace("\\", "\\\\").replace("'", "''")
        how += f" COMMENT = '{comment}'"
    # by the end, the session is as the last object wanted it
    setting = [*BASELINE, f"ALTER DATABASE {name} {how}".encode()]
    return [*setting, *code, *setting]


def _source(archive: Archive, live: str) -> str:
    """The database that the names in a dump mean."""
    return archive.manifest.database if archive.manifest else live


def _packed(texts: list[bytes]) -> bytes:
    """The statements as one packet, whose end the client finds.

    It reads a backslash as an escape, whatever sql_mode is by then: a text that never ends for it ends
    in a comment before the next statement, which for the server is one.
    """
    packet = b""
    for text in texts:
        begun = next((token.text for token in tokens(text) if token.kind == "open"), b"")
        packet += text + b"\n;\n" + (b"/* " + begun + b" */ " if begun in _QUOTES else b"")
    return packet


class _Client:
    """The programs of the server, with access to it."""

    def __init__(
        self, url: DatabaseUrl, flavour: str, access: str, environ: dict[str, str], private: Path
    ) -> None:
        self._url = url
        self._dump = find_program(_DUMP[flavour], _PACKAGES[flavour])
        self._run = find_program(_RUN[flavour], _PACKAGES[flavour])
        self._safe = _safe_options(self._run)
        self._access = access
        self._environ = environ
        self._private = private

    def fill(
        self,
        archive: Archive,
        scratch: DatabaseUrl,
        live: str,
        progress: Progress,
        *,
        moves_on: bool = False,
    ) -> Made:
        """Run a dump in an empty database; what was made there besides tables, which may move on.

        Raises:
            DamagedError: it holds what no dump holds; what came before is in the database.
        """
        source = _source(archive, live)
        found, defaults = Collector(), []
        database = str(scratch.sqlalchemy.database)
        with archive.stream() as stream, self._running(database, subprocess.PIPE) as process:
            process.feed(_SETUP)
            done, is_stand_in = 0, False
            for item in statements(stream, source, archive.name):
                found.take(item)
                if isinstance(item, Section):
                    is_stand_in = item.is_temporary
                    continue
                text, taken = _fed(item, is_stand_in=is_stand_in)
                defaults += taken
                process.feed(text)
                done += len(text)
                progress(done, None)
            process.finish()
        return made_in(scratch, found.objects(), defaults, source, moves_on=moves_on)

    def structure_of(self, database: str) -> bytes:
        """What makes all of a database but its rows, and but views that nobody can read any more."""
        options = [*_options(self._dump, version_of(self._dump)), "--no-data", "--force"]
        command = [self._dump, self._access, *options, database]
        found: list[bytes] = []
        with running(command, self._url, self._environ, stdin=subprocess.DEVNULL) as process:
            try:
                found.extend(process.chunks())
            except BackupError:
                if b"\n-- Dump completed" not in b"".join(found)[-_END:]:
                    raise
        return b"".join(found)

    def objects_in(self, structure: bytes, database: str) -> Objects:
        """Those of a database, as its dump says."""
        found = Collector()
        for item in statements(structure.splitlines(keepends=True), database, database):
            found.take(item)
        return found.objects()

    def send(self, packet: bytes) -> None:
        """Have the server run all of the statements, as one packet.

        They are in a file before the client starts: it would run half of a pipe that breaks off.

        Raises:
            BackupError: one of them failed; those after it were not run.
        """
        delimiter = f"%%{uuid.uuid4().hex[:12]}%"  # the client takes 15 letters
        path = self._private / f"packet-{uuid.uuid4().hex[:8]}"
        write_new(path, packet + f"\n{delimiter}\n".encode())
        interrupt = None
        with path.open("rb") as file, self._running(None, file, delimiter) as process:
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
    def _running(
        self, database: str | None, stdin: object, delimiter: str = ";"
    ) -> Iterator[Program]:
        command = [self._run, self._access, "--batch", "--comments", *self._safe]
        command.append("--default-character-set=utf8mb4")
        command += [database] if database else [f"--delimiter={delimiter}"]
        with running(command, self._url, self._environ, stdin=stdin) as process:  # type: ignore[arg-type]
            yield process


def _fed(item: Statement | Rows, *, is_stand_in: bool) -> tuple[bytes, list[Default]]:
    """What the client is given of an item; the defaults of a table that come later."""
    if isinstance(item, Rows):
        return item.line, []
    if item.form is Form.TABLE and not is_stand_in:
        text, defaults = without_sequences(item)
        return text + b"\n;\n", defaults
    if item.form is Form.ROWS:
        return item.text + b"\n;\n", []
    if item.form is Form.SESSION and item.tokens[-1].text == b"1":
        return (_HISTORY, []) if b"insert_history" in item.text else (b"", [])
    return b"", []


def _safe_options(program: str) -> list[str]:
    """What keeps the client from running programs and reading files, whatever a dump says."""
    done = subprocess.run([program, "--help"], capture_output=True, check=False, timeout=60)
    sandbox = ["--sandbox"] if b"--sandbox" in done.stdout else []
    return ["--binary-mode", "--local-infile=0", *sandbox]


def _options(program: str, client: str) -> list[str]:
    if "MariaDB" not in client:
        return _OPTIONS + _ONLY_MYSQL
    done = subprocess.run([program, "--help"], capture_output=True, check=False, timeout=60)
    return [*_OPTIONS, "--dump-history"] if b"--dump-history" in done.stdout else _OPTIONS


def _has_history(manifest: Manifest | None) -> bool:
    """Whether the dump holds rows that are no longer valid."""
    return manifest is not None and manifest.mysql is not None and manifest.mysql.has_history


@contextmanager
def _counting(url: DatabaseUrl, *, history: bool) -> Iterator[Callable[[RowCounter], None]]:
    """Inside, a snapshot from before is kept; what compares a dump with the server is handed out.

    No table has rows that neither the snapshot from before nor one from afterwards has: where both
    agree, the dump has to.
    """
    with connected(url) as connection, ThreadPoolExecutor(1) as pool:
        database = str(connection.scalar(sa.text("SELECT DATABASE()")))
        connection.rollback()
        connection.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        first = pool.submit(rows_in, connection, database, history=history)

        def compared(counter: RowCounter) -> None:
            before = {table.name: table.rows for table in first.result()}
            found = counter.rows
            if before == found:
                return
            with connected(url) as other:
                after = {t.name: t.rows for t in rows_in(other, database, history=history)}
            for name, rows in before.items():
                if rows == after.get(name) and rows != found.get(name):
                    raise BackupError(
                        f"{url}: {name} has {rows} rows, and {found.get(name, 'none')} in the dump; "
                        "this client cannot dump it"
                    )

        yield compared


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
def _access(
    url: DatabaseUrl, private: Path, *, is_mariadb: bool
) -> Iterator[tuple[str, dict[str, str]]]:
    """The first argument, which names the file with user and password; and the environment.

    https://dev.mysql.com/doc/refman/8.4/en/option-files.html
    """
    try:
        values, included = client_options(url.sqlalchemy, is_mariadb=is_mariadb)
    except (UnknownOptionError, ValueError) as error:
        raise BackupError(f"{url}: {error}; correct the URL ({url.source})") from None
    if not included:
        values = {"host": "localhost", "port": "3306"} | values
        if "socket" not in values:
            values["protocol"] = "tcp"  # as drivers do it, also for localhost
    lines = [f"!include {included}"] if included else []
    lines += ["[client]", *(f'{key}="{_quoted(value)}"' for key, value in values.items())]
    path = private / "client.cnf"
    write_new(path, "\n".join([*lines, ""]).encode())
    # ~/.my.cnf is read later, and would win
    environ = {**os.environ, "HOME": str(private)}
    if "password" in values:
        environ.pop("MYSQL_PWD", None)
    try:
        yield f"--defaults-extra-file={path}", environ
    finally:
        path.unlink(missing_ok=True)


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
