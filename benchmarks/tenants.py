"""How many databases are migrated in a second: 500 SQLite files with five revisions each.

python benchmarks/tenants.py [--number 500] [--damaged 10] [--backup]
Throughput is told with the time of the clock and that of the processor, start of workers included.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import CommandLine
from alembic.config import Config as AlembicConfig

from xcore_tools import Databases, load_config
from xcore_tools.config import Config
from xcore_tools.migrate.facts import Fleet, Member

REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = "r{number}"
down_revision = {down!r}


def upgrade():
    op.create_table("t{number}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.String(9)))
    op.execute("INSERT INTO t{number} (x) VALUES ('a'), ('b')")


def downgrade():
    op.drop_table("t{number}")
"""


def project(directory: Path, number: int, damaged: int, *, backup: bool) -> Config:
    """A project with that many databases, the first of them damaged."""
    ini = directory / "alembic.ini"
    CommandLine().main(["-c", str(ini), "-q", "init", str(directory / "alembic")])
    for revision in range(5):
        down = f"r{revision - 1}" if revision else None
        text = REVISION.format(number=revision, down=down)
        (directory / "alembic" / "versions" / f"r{revision}.py").write_text(text, "utf-8")
    names = [f"t{each:04}" for each in range(number)]
    for name in names[:damaged]:
        (directory / f"{name}.db").write_bytes(b"no database" * 200)
    settings = {
        "databases": {name: f"sqlite:///{name}.db" for name in names},
        "backup": {"auto_backup_before_migration": backup},
        "auto_discover_models": False,
    }
    config = directory / "config.json"
    config.write_text(json.dumps({"migration": settings}), "utf-8")
    return load_config(config)


def processor_time() -> float:
    """Seconds of this process and of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)


def with_dask(config: Config) -> Fleet:
    """By way of a cluster on this machine, started for it."""
    from distributed import Client, LocalCluster  # noqa: PLC0415 (takes a second to import)

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        return Databases(config).upgrade(executor=client.get_executor())


def alone(config: Config) -> Fleet:
    """Alembic's own command for one after the other: without a lock, a report, or a backup."""
    members = []
    for name, url in config.migration.databases:
        settings = AlembicConfig(config.project / "alembic.ini")
        path = config.project / url.removeprefix("sqlite:///")
        settings.set_main_option("sqlalchemy.url", f"sqlite:///{path}")
        try:
            command.upgrade(settings, "head")
            members.append(Member(name, url, outcome="done"))
        except sa.exc.DatabaseError:
            members.append(Member(name, url, outcome="failed"))
    return Fleet(tuple(members))


def main() -> None:
    """Measure each way, in directories of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--number", type=int, default=500)
    parser.add_argument("--damaged", type=int, default=10)
    parser.add_argument("--backup", action="store_true")
    given = parser.parse_args()
    runs: dict[str, Callable[[Config], Fleet]] = {
        "Alembic alone": alone,
        "1 worker": lambda config: Databases(config).upgrade(jobs=1),
        "2 workers": lambda config: Databases(config).upgrade(jobs=2),
        "Dask, 2 workers": with_dask,
    }
    for name, run in runs.items():
        directory = Path(tempfile.mkdtemp(prefix="tenants-"))
        config = project(directory, given.number, given.damaged, backup=given.backup)
        if given.backup:  # of an empty database there is none
            Databases(config).upgrade("r0", jobs=2)
        before, started = processor_time(), time.monotonic()
        fleet = run(config)
        clock, processor = time.monotonic() - started, processor_time() - before
        again = time.monotonic()
        Databases(config).upgrade(jobs=1)
        again = time.monotonic() - again
        done = sum(each.outcome == "done" for each in fleet.databases)
        failed = sum(each.outcome == "failed" for each in fleet.databases)
        print(
            f"{name}: {done} done, {failed} failed in {clock:.1f} s, {processor:.1f} s of processor: "
            f"{given.number / clock:.1f} databases/s; a second run takes {again:.1f} s"
        )
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
