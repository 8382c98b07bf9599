"""What the commands share: their options, the project that these name, and how results are printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import xcore_tools
from xcore_tools.cli.options import (
    config_option,
    url_option,
)
from xcore_tools.cli.progress import CountProgress
from xcore_tools.cli.settings import load_settings
from xcore_tools.cli.terminal import has_color, say
from xcore_tools.report import fleet
from xcore_tools.report import migrate as report

if TYPE_CHECKING:
    from xcore_tools.migrate.facade import Migrations
    from xcore_tools.migrate.facts import Revision
    from xcore_tools.migrate.fleet import Databases


Command = TypeVar("Command", bound=Callable[..., Any])


def project_options(command: Command) -> Command:
    """The options that say which project and which database is meant."""
    for option in (
        config_option,
        click.option("-x", "arguments", multiple=True, metavar="KEY=VALUE", help="For env.py."),
        click.option(
            "-n",
            "--name",
            default="alembic",
            show_default=True,
            metavar="NAME",
            help="Section of alembic.ini to use.",
        ),
        click.option(
            "--database",
            metavar="NAME",
            help="One of migration.databases or migration.schemas, instead of the database.",
        ),
        url_option,
    ):
        command = option(command)
    return command


def all_options(command: Command) -> Command:
    """The options of commands that can work on many databases."""
    for option in (
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            metavar="N",
            help="With --all: how many at once; by default one for each processor.",
        ),
        click.option(
            "--all",
            "is_for_all",
            is_flag=True,
            help="Every one of migration.databases and migration.schemas. One that fails does not "
            "stop the others; the exit code is 1 then.",
        ),
    ):
        command = option(command)
    return command


def migrations_of(
    *, config: Path | None, url: str | None, name: str, database: str | None = None, **options: Any
) -> Migrations:
    """The migrations of the project and the database that the options name."""
    settings = load_settings(config)
    if database is not None:
        if url is not None and database in dict(settings.migration.databases):
            raise click.UsageError("--database and --url both say which database; give one of them")
        chosen = xcore_tools.Databases(settings, url=url, name=name, **options)
        return chosen.migrations(database)
    return xcore_tools.Migrations(settings, url=url, name=name, **options)


def is_for_every_database(is_for_all: bool, jobs: int | None) -> bool:
    """What `--all` says."""
    if jobs is not None and not is_for_all:
        raise click.UsageError("--jobs goes with --all")
    return is_for_all


def _databases(
    *, config: Path | None, database: str | None, jobs: int | None, **options: Any
) -> tuple[Databases, int]:
    if database is not None:
        raise click.UsageError("--all means every database, and --database one; give one of them")
    chosen = xcore_tools.Databases(load_settings(config), **options)
    return chosen, jobs or os.cpu_count() or 1


def print_fleet(
    verb: str, *arguments: str, form: str, project: dict[str, Any], **options: Any
) -> int:
    """Do the same to every database, and tell of all of them."""
    databases, jobs = _databases(**project)
    with CountProgress("Databases", "done") as progress:
        made = getattr(databases, verb)(*arguments, jobs=jobs, progress=progress, **options)
    present(form, lambda: fleet.render_json(made), lambda c: fleet.render_fleet(made, color=c))
    return int(not made.is_fine)


def present(form: str, as_json: Callable[[], str], as_text: Callable[[bool], str]) -> None:
    """Print a result in the form that is wanted."""
    say(as_json() if form == "json" else as_text(has_color(sys.stdout)), sys.stdout)


def print_revisions(found: tuple[Revision, ...], form: str, *, verbose: bool = False) -> int:
    """Print revisions; the exit code."""
    present(
        form,
        lambda: report.render_json({"revisions": found}),
        lambda c: report.render_revisions(found, color=c, verbose=verbose),
    )
    return 0
