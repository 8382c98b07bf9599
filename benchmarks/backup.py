"""Take backups of the same database with this tool and with the bare tool of its engine, and compare the times.

python benchmarks/backup.py --engine sqlite --rows 1000000
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from xcore_tools import BackupManager
from xcore_tools.database.url import DatabaseUrl, parse_url

__all__ = ["main"]

SERVERS = {
    "postgresql": (
        "XCORE_TOOLS_TEST_POSTGRESQL_URL",
        "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    ),
    "mysql": ("XCORE_TOOLS_TEST_MYSQL_URL", "mysql+pymysql://root@127.0.0.1:3306/mysql"),
}
# What an engine is compared with; the first is what the ratio is taken of.
BARE = {
    "sqlite": ("sqlite3 .backup", "the same, and integrity_check", "the same, hashed, on the disk"),
    "postgresql": ("pg_dump -Fc", "the same, on the disk"),
    "mysql": ("mariadb-dump", "the same, on the disk"),
}
HEADINGS = ("engine", "MB", "what", "wall s", "cpu s", "wall ratio")

Run = Callable[[Path], None]


class Times(NamedTuple):
    """Seconds that one run took: by the clock, and of processor time with that of its children."""

    wall: float
    cpu: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when every ratio is small enough, 1 when one is not."""
    options = _parser().parse_args(arguments)
    is_good = True
    print("  ".join(HEADINGS))
    for engine in options.engine or list(BARE):
        with (
            tempfile.TemporaryDirectory(dir=options.directory) as work,
            _filled(engine, options.rows, Path(work)) as url,
        ):
            runs = {**_bare(url), "xcore-tools backup create": _ours(url)}
            medians = _measured(runs, options.repeat, Path(work))
            size = _size(url)
        first = medians[BARE[engine][0]]
        for what, times in medians.items():
            ratio = times.wall / first.wall
            print(
                f"{engine}  {size / 1e6:.0f}  {what}  {times.wall:.2f}  {times.cpu:.2f}  {ratio:.2f}"
            )
        is_good &= times.wall / first.wall <= options.max
    return int(not is_good)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="backup.py", description="Compare the times of backups.")
    parser.add_argument("--engine", action="append", choices=tuple(BARE), help="only this one")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of about 280 bytes")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each; medians are shown")
    parser.add_argument("--directory", type=Path, help="where files are written")
    parser.add_argument("--max", type=float, default=99, help="exit 1 when a ratio is above it")
    return parser


def _measured(runs: dict[str, Run], repeat: int, work: Path) -> dict[str, Times]:
    """Medians; the runs take turns, so that what else the machine does hits them all alike."""
    found: dict[str, list[Times]] = {what: [] for what in runs}
    for _ in range(repeat):
        for what, run in runs.items():
            with tempfile.TemporaryDirectory(dir=work) as place:
                os.sync()
                before, start = os.times(), time.monotonic()
                run(Path(place))
                wall, after = time.monotonic() - start, os.times()
                cpu = sum(after[:4]) - sum(before[:4])
                found[what].append(Times(wall, cpu))
    return {
        what: Times(*(statistics.median(values) for values in zip(*times, strict=True)))
        for what, times in found.items()
    }


def _ours(url: DatabaseUrl) -> Run:
    def run(place: Path) -> None:
        BackupManager(url, place / "backups").create()

    return run


def _bare(url: DatabaseUrl) -> dict[str, Run]:
    parts = url.sqlalchemy
    if url.sqlite_path is not None:

        def copy(place: Path) -> None:
            _call(["sqlite3", str(url.sqlite_path), f".backup {place}/copy"])

        return {
            BARE["sqlite"][0]: copy,
            BARE["sqlite"][1]: lambda place: _checked(copy, place),
            BARE["sqlite"][2]: lambda place: _by_hand(copy, place),
        }
    if url.engine_name == "postgresql":
        command = ["pg_dump", "-Fc", f"--host={parts.host}", f"--port={parts.port}"]
        command += [f"--username={parts.username}", "--no-password", str(parts.database)]
    else:
        command = ["mariadb-dump", f"--host={parts.host}", f"--port={parts.port}"]
        command += [f"--user={parts.username}", "--single-transaction", "--routines", "--triggers"]
        command += ["--events", "--hex-blob", str(parts.database)]
    return {
        BARE[url.engine_name][0]: lambda place: _call(command, place / "dump"),
        BARE[url.engine_name][1]: lambda place: _on_the_disk(command, place / "dump"),
    }


def _checked(copy: Run, place: Path) -> None:
    copy(place)
    with closing(sqlite3.connect(place / "copy")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _by_hand(copy: Run, place: Path) -> None:
    """What a careful person would do by hand: copy, check, hash, and have it on the disk."""
    _checked(copy, place)
    with (place / "copy").open("r+b") as file:
        hashlib.file_digest(file, "sha256")
        os.fsync(file.fileno())


def _on_the_disk(command: Iterable[str], target: Path) -> None:
    """`sqlite3 .backup` sees to that itself; what writes to standard output cannot."""
    _call(command, target)
    with target.open("r+b") as file:
        os.fsync(file.fileno())


def _call(command: Iterable[str], target: Path | None = None) -> None:
    with (target or Path(os.devnull)).open("wb") as output:
        subprocess.run(list(command), stdout=output, check=True)


@contextmanager
def _filled(engine: str, rows: int, work: Path) -> Iterator[DatabaseUrl]:
    """A database with one table and an index, dropped afterwards."""
    with _fresh(engine, work) as url:
        table = sa.Table(
            "entry",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("number", sa.Integer, index=True),
            sa.Column("name", sa.String(100)),
            sa.Column("data", sa.LargeBinary(200)),
        )
        connection = sa.create_engine(url.sqlalchemy).connect()
        with closing(connection):
            table.create(connection)
            for start in range(0, rows, 5000):
                ids = range(start, min(start + 5000, rows))
                values = [
                    {
                        "id": i,
                        "number": i * 7919 % 1_000_003,
                        "name": f"name {i} " * 4,
                        "data": os.urandom(200),
                    }
                    for i in ids
                ]
                connection.execute(table.insert(), values)
            connection.commit()
        connection.engine.dispose()
        yield url


@contextmanager
def _fresh(engine: str, work: Path) -> Iterator[DatabaseUrl]:
    if engine == "sqlite":
        yield _url(f"sqlite:///{work}/app.db")
        return
    variable, default = SERVERS[engine]
    server = _url(os.environ.get(variable, default))
    name = f"xcore_tools_benchmark_{uuid.uuid4().hex[:8]}"
    administration = sa.create_engine(
        server.sqlalchemy, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with administration.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield server.with_database(name)
    finally:
        with administration.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name}"))


def _url(text: str) -> DatabaseUrl:
    return parse_url(text, source="benchmark", anchor=Path.cwd(), environ={})


def _size(url: DatabaseUrl) -> int:
    if url.sqlite_path is not None:
        return url.sqlite_path.stat().st_size
    query = {
        "postgresql": "SELECT pg_database_size(current_database())",
        "mysql": "SELECT sum(data_length + index_length) FROM information_schema.tables "
        "WHERE table_schema = database()",
    }[url.engine_name]
    with sa.create_engine(url.sqlalchemy, poolclass=sa.NullPool).connect() as connection:
        return int(connection.scalar(sa.text(query)) or 0)


if __name__ == "__main__":
    sys.exit(main())
