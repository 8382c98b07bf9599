"""`xcore-tools doctor`: what is wrong, why, and what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import xcore_tools
from xcore_tools.cli.options import config_option, format_of, url_option
from xcore_tools.cli.progress import ScanProgress
from xcore_tools.cli.settings import load_settings
from xcore_tools.cli.terminal import columns, has_color, remark, say
from xcore_tools.discovery.results import Discovery
from xcore_tools.doctor import Diagnosis, diagnose, diagnose_all, repair
from xcore_tools.report import doctor as report
from xcore_tools.report import github, sarif

EXIT_CODES = """\b
Exit codes:
  0  nothing to do, or notes only
  1  errors or warnings are left
  2  wrong usage or configuration, or no Python file found
"""


@click.command(epilog=EXIT_CODES)
@click.option("--fix", is_flag=True, help="Mend what is safe to mend, then look again.")
@format_of("text", "json", "github", "sarif", text="How to print the findings.")
@click.option(
    "--runtime",
    is_flag=True,
    help="Import the modules of the models in a process of its own, and compare SQLAlchemy's "
    "registry with what was read. This runs code of the project.",
)
@click.option(
    "--python",
    metavar="FILE",
    help="With --runtime: the interpreter of the project, if it is another one.",
)
@click.option("-n", "--name", default="alembic", metavar="SECTION", help="Section of alembic.ini.")
@click.option(
    "--all", "is_for_all", is_flag=True, help="Every environment of Alembic in the project."
)
@url_option
@config_option
def doctor(  # noqa: PLR0913 (one for each option)
    *,
    fix: bool,
    form: str,
    runtime: bool,
    python: str | None,
    name: str,
    is_for_all: bool,
    url: str | None,
    config: Path | None,
) -> int:
    """Look at models, env.py, revisions, settings, database and backups.

    Nothing is changed without --fix, and no code of the project runs without --runtime.
    """
    if python is not None and not runtime:
        raise click.UsageError("--python goes with --runtime")
    interpreter = (python or sys.executable) if runtime else None
    settings = load_settings(config)

    def look() -> Diagnosis:
        with ScanProgress() as progress:
            if is_for_all:
                return diagnose_all(settings, url=url, python=interpreter, progress=progress)
            return diagnose(settings, url=url, section=name, python=interpreter, progress=progress)

    found = look()
    if fix and repair(found):
        before, found = found, look()
        _say_mended(before, found)
    say(_rendered(found, form), sys.stdout)
    return int(not found.is_healthy)


def _say_mended(before: Diagnosis, after: Diagnosis) -> None:
    for finding in before.findings:
        problem = finding.problem
        if finding.repair is not None and problem not in after.problems:
            remark(f"mended: {problem.path}: {problem.code} {problem.message}\n")


def _rendered(found: Diagnosis, form: str) -> str:
    match form:
        case "json":
            return report.as_json(found)
        case "github":
            return github.render(found.problems)
        case "sarif":
            whole = Discovery((), (), (), found.problems)
            return sarif.render(whole, version=xcore_tools.__version__)
    return report.as_text(found, color=has_color(sys.stdout), width=columns(sys.stdout))
