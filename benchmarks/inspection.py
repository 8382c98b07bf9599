"""How long `db inspect` takes for a large database, beside SQLAlchemy's own `MetaData.reflect()`.

Makes 2,000 tables of 20 columns on the engines asked for, reads them in turns in processes of their
own, and prints processor time, wall time and the number of statements as medians.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from servers import ENGINES, as_url, fresh_database  # noqa: E402

from xcore_tools.database.inspection import DatabaseInspector  # noqa: E402
from xcore_tools.database.url import DatabaseUrl  # noqa: E402


def metadata_of(tables: int, columns: int) -> sa.MetaData:
    """Tables with a key, a foreign key, an index, a unique constraint and a check each."""
    metadata = sa.MetaData()
    types = (sa.Integer(), sa.String(50), sa.Numeric(10, 2), sa.DateTime(), sa.Boolean(), sa.Text())
    for number in range(tables):
        name = f"t{number:04}"
        sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("parent_id", sa.ForeignKey(f"t{max(number - 1, 0):04}.id")),
            sa.Column("code", sa.String(20), nullable=False),
            *(
                sa.Column(f"c{place:02}", types[place % len(types)], nullable=place % 2 == 0)
                for place in range(columns - 3)
            ),
            sa.UniqueConstraint("code", name=f"uq_{name}"),
            sa.CheckConstraint("c00 > 0", name=f"ck_{name}"),
            sa.Index(f"ix_{name}", "c00", "c02"),
        )
    return metadata


@contextlib.contextmanager
def counted() -> Iterator[list[int]]:
    """The number of statements that SQLAlchemy sends meanwhile."""
    count = [0]

    def note(*_: object) -> None:
        count[0] += 1

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield count
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


def measure(what: str, url: DatabaseUrl) -> dict[str, float]:
    """One reading in this process."""
    start, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    with counted() as statements, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if what == "inspect":
            found = len(DatabaseInspector(url).inspect().tables)
        else:
            engine = sa.create_engine(url.sqlalchemy, poolclass=sa.NullPool)
            metadata = sa.MetaData()
            metadata.reflect(engine)
            found = len(metadata.tables)
    end = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "tables": found,
        "cpu": end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime,
        "wall": time.perf_counter() - began,
        "statements": statements[0],
    }


def run(engine: str, tables: int, columns: int, repeat: int) -> None:
    """Make the database, and read it in both ways by turns."""
    with tempfile.TemporaryDirectory() as directory, fresh_database(engine, Path(directory)) as url:
        # each table in a transaction of its own: PostgreSQL has not locks enough for one
        target = sa.create_engine(url.sqlalchemy, isolation_level="AUTOCOMMIT")
        metadata_of(tables, columns).create_all(target)
        target.dispose()
        text = url.sqlalchemy.render_as_string(hide_password=False)
        results: dict[str, list[dict[str, float]]] = {"inspect": [], "reflect": []}
        for _ in range(repeat):
            for what, rows in results.items():
                command = [sys.executable, __file__, "--one", what, text]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                rows.append(json.loads(done.stdout))
        for what, rows in results.items():
            assert all(row["tables"] == tables for row in rows), rows
            cpu, wall, statements = (
                statistics.median(row[key] for row in rows) for key in ("cpu", "wall", "statements")
            )
            print(f"{engine:<12}{what:<10}{cpu:>8.2f}{wall:>8.2f}{statements:>12.0f}", flush=True)


def main() -> None:
    """Read the arguments; `--one` is a single reading, for the processes that this one starts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--tables", type=int, default=2000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--one", nargs=2, metavar=("WHAT", "URL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        what, text = arguments.one
        print(json.dumps(measure(what, as_url(text))))
        return
    print(f"{'engine':<12}{'':<10}{'cpu s':>8}{'wall s':>8}{'statements':>12}")
    for engine in arguments.engine or ENGINES:
        run(engine, arguments.tables, arguments.columns, arguments.repeat)


if __name__ == "__main__":
    main()
