"""What squawk, a linter for SQL of PostgreSQL, says about the statements of a revision.

https://squawkhq.com. It looks at the SQL that Alembic prints in offline mode, and reads its own
settings (.squawk.toml) in the project. What the rules of this package say better is left out.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from xcore_tools.discovery.results import Problem, Severity
from xcore_tools.errors import MigrationError
from xcore_tools.files import read_text
from xcore_tools.migrate.facts import Revision
from xcore_tools.migrate.lint.ignoring import is_ignored

_CODE = "XT511"
_OURS = {
    "adding-not-nullable-field",
    "adding-required-field",
    "ban-drop-column",
    "ban-drop-database",
    "ban-drop-table",
    "ban-truncate-cascade",
    "renaming-column",
    "renaming-table",
    "require-concurrent-index-creation",
}
_SHOWN = 80
# What Alembic writes itself, whatever its table is called.
_VERSIONS = re.compile(r"version_num\b|\balembic_version\b")


class _Said(msgspec.Struct, frozen=True):
    line: int
    line_end: int
    level: str
    message: str
    rule_name: str
    help: str | None = None


def squawked(revision: Revision, sql: str, project: Path) -> tuple[Problem, ...]:
    """The findings in `sql`, at the line of the revision's `def upgrade`.

    Statements about Alembic's own table are passed over.

    Raises:
        MigrationError: squawk is not installed, or failed.
    """
    lines = sql.splitlines()
    path = project / revision.path
    source = read_text(path).splitlines()
    first = next((n for n, line in enumerate(source, 1) if line.startswith("def upgrade")), 0)
    problems = []
    for said in _run(sql, project):
        statement = " ".join(" ".join(lines[said.line : said.line_end + 1]).split())
        if said.rule_name in _OURS or _VERSIONS.search(statement):
            continue
        if is_ignored(_CODE, source, first):
            continue
        help_ = f" {said.help}" if said.help else ""
        text = f"{said.rule_name}: {said.message}{help_} [{statement[:_SHOWN]}]"
        severity: Severity = "error" if said.level == "Error" else "warning"
        problems.append(Problem(revision.path, first, _CODE, severity, text))
    return tuple(dict.fromkeys(problems))


def _run(sql: str, project: Path) -> list[_Said]:
    program = _program()
    done = subprocess.run(
        [program, "--reporter", "Json"],
        input=sql,
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return msgspec.json.decode(done.stdout, type=list[_Said])
    except msgspec.DecodeError as error:
        reason = " ".join((done.stderr or done.stdout).split())[:200]
        raise MigrationError(f"squawk failed: {reason or error}") from error


def _program() -> str:
    beside = Path(sys.executable).with_name("squawk")  # also where the environment is not active
    found = str(beside) if beside.is_file() else shutil.which("squawk")
    if found is None:
        raise MigrationError("squawk is not installed; run `pip install 'xcore-tools[squawk]'`")
    return found
