"""Write an Alembic environment for real packages, run sync-env, import the result, and count the tables.

python benchmarks/sync_env.py --min 1.0
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from archives import ArchiveError, cache_directory, unpacked
from scoring import Truth

from xcore_tools import Config, Rewrite, discover, sync_env

__all__ = ["main"]

CORPUS = Path(__file__).parent / "corpus"
# Those of the corpus whose dependencies install with pip alone, and in minutes.
PACKAGES = (
    "barbican",
    "buildbot",
    "designate",
    "ihatemoney",
    "invenio-accounts",
    "jupyterhub",
    "keystone",
    "octavia",
    "optuna",
)
HEADINGS = ("package", "tables", "in target_metadata", "share", "imports")

# Runs env.py as `alembic upgrade --sql` does and prints which tables Alembic was given.
LOADER = """
import json, sys
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

config = Config(sys.argv[1])
script = ScriptDirectory.from_config(config)
found = []

def note(_revision, context):
    given = context.opts["target_metadata"] or []
    for metadata in given if isinstance(given, (list, tuple)) else [given]:
        found.extend([table.schema, table.name] for table in metadata.tables.values())
    return []

with EnvironmentContext(config, script, fn=note, as_sql=True, destination_rev="head"):
    script.run_env()
sys.__stdout__.write("\\n" + json.dumps(found))
"""


class Outcome(NamedTuple):
    """What became of one package; `fault` says why nothing could be counted."""

    package: str
    expected: int = 0
    seen: int = 0
    imports: int = 0
    missing: tuple[str, ...] = ()
    fault: str = ""

    @property
    def share(self) -> float:
        return self.seen / self.expected if self.expected else 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when every share is high enough, 1 when one is not or cannot be told."""
    options = _parser().parse_args(arguments)
    cache = cache_directory()
    outcomes = []
    for name in options.package or PACKAGES:
        print(f"{name} …", file=sys.stderr)
        try:
            outcomes.append(_measured(name, options.tree, cache))
        except (ArchiveError, OSError, subprocess.CalledProcessError) as error:
            outcomes.append(Outcome(name, fault=_reason(error)))
    _print_table(outcomes)
    for outcome in outcomes:
        for line in (*outcome.missing, *filter(None, [outcome.fault])):
            print(f"{outcome.package}: {line}")
    return int(any(outcome.fault or outcome.share < options.min for outcome in outcomes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sync_env.py", description="Count the tables that Alembic sees after sync-env."
    )
    parser.add_argument(
        "--package", action="append", metavar="NAME", help="only this one; may be repeated"
    )
    parser.add_argument(
        "--tree", type=Path, metavar="DIR", help="unpacked distributions, one directory each"
    )
    parser.add_argument(
        "--min", type=float, default=0.0, metavar="SHARE", help="exit 1 when a share is below it"
    )
    return parser


def _measured(name: str, tree: Path | None, cache: Path) -> Outcome:
    truth = msgspec.json.decode((CORPUS / f"{name}.json").read_bytes(), type=Truth)
    place = tree.resolve() / name if tree else unpacked(name, truth.version, cache)
    root = place / truth.import_root
    python = _environment(truth, cache)
    with tempfile.TemporaryDirectory() as work:
        ini = _initialised(Path(work), root, python)
        rewrite = _synced(Path(work, "migrations", "env.py"), truth, root)
        command = [str(python), "-W", "ignore", "-c", LOADER, str(ini)]
        seen = json.loads(_run(command, Path(work)).splitlines()[-1])
    expected = Counter((t.schema, t.name) for t in truth.tables if not t.dynamic)
    missing = expected - Counter((schema, table) for schema, table in seen)
    return Outcome(
        name,
        expected.total(),
        expected.total() - missing.total(),
        len(re.findall(rb"^    (?:from|import) ", rewrite.after, re.MULTILINE)),
        tuple(f"missing {schema or ''}{'.' * bool(schema)}{table}" for schema, table in missing),
    )


def _environment(truth: Truth, cache: Path) -> Path:
    """The interpreter of a virtual environment that has what the package needs, and Alembic."""
    directory = cache / "environments" / f"{truth.distribution}-{truth.version}"
    python = directory / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    done = directory / "complete"
    if not done.is_file():
        venv.create(directory, clear=True, with_pip=True)
        wanted = [f"{truth.distribution}=={truth.version}", "alembic>=1.16"]
        _run([str(python), "-m", "pip", "install", "--quiet", *wanted], directory)
        done.touch()
    return python


def _initialised(work: Path, root: Path, python: Path) -> Path:
    """A fresh environment as `alembic init` writes it, that imports from `root`."""
    _run([str(python), "-m", "alembic", "init", "migrations"], work)
    ini = work / "alembic.ini"
    text = ini.read_text(encoding="utf-8")
    text = text.replace("prepend_sys_path = .", f"prepend_sys_path = {root}")
    text = text.replace("driver://user:pass@localhost/dbname", "sqlite://")
    ini.write_text(text, encoding="utf-8")
    return ini


def _synced(env: Path, truth: Truth, root: Path) -> Rewrite:
    config = Config(project=root)
    found = discover([root.joinpath(*name.split(".")) for name in truth.packages], config=config)
    # what was not imported for the truth takes optional dependencies to import
    tables = tuple(t for t in found.tables if t.path not in truth.not_judged)
    models = tuple(m for m in found.models if m.path not in truth.not_judged)
    found = msgspec.structs.replace(found, tables=tables, models=models)
    return sync_env(found, env, config=config)


def _run(command: list[str], directory: Path) -> str:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = str(error.stderr).strip().splitlines() or [f"exit code {error.returncode}"]
        return lines[-1]
    return str(error)


def _print_table(outcomes: Iterable[Outcome]) -> None:
    rows = [HEADINGS, *(_row(outcome) for outcome in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        first, *rest = zip(row, widths, strict=True)
        print("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]))


def _row(outcome: Outcome) -> tuple[str, ...]:
    if outcome.fault:
        return (outcome.package, "-", "-", "-", "-")
    # rounded down, so that 100.0 always means all of them
    share = f"{outcome.seen * 1000 // outcome.expected / 10:.1f} %"
    return (outcome.package, str(outcome.expected), str(outcome.seen), share, str(outcome.imports))


if __name__ == "__main__":
    sys.exit(main())
