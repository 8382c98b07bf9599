"""`xcore-tools init`: what a project needs to begin with, shown before it is written."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from xcore_tools.cli.options import yes_option
from xcore_tools.cli.output import say_problems
from xcore_tools.cli.progress import ScanProgress
from xcore_tools.cli.terminal import has_color, remark, say, say_error
from xcore_tools.database.lookup import find_url
from xcore_tools.errors import ConfigError
from xcore_tools.report import setup as report
from xcore_tools.setup.environment import environment_step
from xcore_tools.setup.facts import Plan
from xcore_tools.setup.plan import plan, settings_file
from xcore_tools.setup.survey import Survey, survey
from xcore_tools.setup.write import write_step

EXIT_CODES = """\b
Exit codes:
  0  everything is there, or is now
  1  --check: something would be written; or nobody could be asked, or a
     step was declined
  2  wrong usage or configuration, or a file that cannot take a change
"""


@click.command(epilog=EXIT_CODES)
@click.argument(
    "directory",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@yes_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if something would be.")
@click.option("--diff", "--dry-run", "diff", is_flag=True, help="Write nothing; show the changes.")
@click.option(
    "--alembic-config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The ini file of Alembic, where there are several.",
)
@click.option(
    "--pre-commit/--no-pre-commit",
    default=None,
    help="Add hooks to .pre-commit-config.yaml; by default if there is one.",
)
def init(
    directory: Path | None,
    *,
    yes: bool,
    check: bool,
    diff: bool,
    alembic_config: Path | None,
    pre_commit: bool | None,
) -> int:
    """Look at the project in DIRECTORY, and write what it lacks: settings, env.py, hooks.

    Every change is shown, and written when you say so. Without DIRECTORY it is the project that
    this directory belongs to. No code of it runs; a second run has nothing to do.
    """
    with ScanProgress() as progress:
        found = survey(directory, alembic_config=alembic_config, progress=progress)
    env, lacking = environment_step(found)
    made = plan(found.facts, env=env, with_pre_commit=pre_commit)
    color = has_color(sys.stdout)
    project = found.config.project
    say(report.found(found.facts, found.discovery, str(project), color=color), sys.stdout)
    say_problems(lacking)
    for note in made.notes:
        remark(f"note: {note}\n")
    if not made.steps:
        say(f"\nnothing to do\nnext: {_next(found)}\n", sys.stdout)
        return 0
    if check or diff or not (yes or sys.stdin.isatty()):
        _show(made, color=color)
        if not (check or diff):
            say_error("nothing was written, for nobody can be asked here; add --yes to write it")
        return int(not diff)
    return _carry_out(made, found, yes=yes, color=color)


def _show(made: Plan, *, color: bool) -> None:
    for number, step in enumerate(made.steps, 1):
        say("\n" + report.step(number, step, color=color), sys.stdout)


def _carry_out(made: Plan, found: Survey, *, yes: bool, color: bool) -> int:
    declined = 0
    for number, step in enumerate(made.steps, 1):
        say("\n" + report.step(number, step, color=color), sys.stdout)
        if yes or click.confirm("Write this?", default=True, err=True):
            write_step(step, found.config.project)
            names = ", ".join(str(change.path) for change in step.changes)
            remark(f"written: {names}\n")
        else:
            declined += 1
    say(f"\nnext: {_next(found)}\n", sys.stdout)
    return int(declined > 0)


def _next(found: Survey) -> str:
    """The command that comes after this one."""
    if not found.discovery.tables:
        return "write a model, then run `xcore-tools init` again"
    try:
        find_url(found.config)
    except ConfigError:
        file = found.facts.settings or settings_file(found.facts)
        return (
            f"name the database, as `url` in {file} or in the variable XCORE_TOOLS_DATABASE_URL; "
            "then run `xcore-tools doctor`"
        )
    return "xcore-tools doctor"
