"""Commands that say where a database and its revisions stand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

import xcore_tools
from xcore_tools.cli.options import (
    format_of,
    format_option,
)
from xcore_tools.cli.output import say_problems
from xcore_tools.cli.settings import load_settings
from xcore_tools.cli.terminal import has_color, remark, say
from xcore_tools.discovery.results import Discovery
from xcore_tools.migrate.revisions.history import check_heads
from xcore_tools.report import github, problems, sarif
from xcore_tools.report import migrate as report

if TYPE_CHECKING:
    from xcore_tools.config import Config
    from xcore_tools.discovery.results import Problem
    from xcore_tools.migrate.facts import Revision

from xcore_tools.cli.migrate.common import (
    all_options,
    is_for_every_database,
    migrations_of,
    present,
    print_fleet,
    print_revisions,
    project_options,
)

_verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Say which file it is, and what it follows."
)


@click.command()
@all_options
@project_options
@format_option
def status(*, is_for_all: bool, jobs: int | None, form: str, **project: Any) -> int:
    """Say where the database stands: its revision, the head, what is pending.

    States: at-head, behind, empty, unversioned (tables but no revision), ahead-unknown (at a
    revision of newer code), diverged (at revisions that cannot stand together). The exit code is 0
    at head, else 1.
    """
    if is_for_every_database(is_for_all, jobs):
        return print_fleet("status", form=form, project={**project, "jobs": jobs})
    found = migrations_of(**project).status()
    present(form, lambda: report.render_json(found), lambda c: report.render_status(found, color=c))
    return int(not found.is_at_head)


@click.command()
@click.option("-c", "--check-heads", is_flag=True, help="Exit 1 unless these are all heads.")
@_verbose_option
@project_options
@format_option
def current(*, check_heads: bool, verbose: bool, form: str, **project: Any) -> int:
    """Print the revisions that the version table holds."""
    migrations = migrations_of(**project)
    found = migrations.current()
    print_revisions(found, form, verbose=verbose)
    return int(check_heads and _names(found) != _names(migrations.heads()))


@click.command()
@click.option("-r", "--rev-range", metavar="BASE:HEAD", help="Only these; current is allowed.")
@click.option("-i", "--indicate-current", is_flag=True, help="Mark where the database is.")
@_verbose_option
@project_options
@format_option
def history(
    *, rev_range: str | None, indicate_current: bool, verbose: bool, form: str, **project: Any
) -> int:
    """Print the revisions, newest first."""
    migrations = migrations_of(**project)
    found = migrations.history(rev_range, indicate_current=indicate_current)
    return print_revisions(found, form, verbose=verbose)


@click.command()
@click.option("--resolve-dependencies", is_flag=True, help="Leave out what another one depends on.")
@click.option(
    "--check", is_flag=True, help="Read the files only; exit 1 if their order is at fault."
)
@click.option("--against", metavar="REF", help="With --check: as if merged with this git ref.")
@format_of("text", "json", "github", text="How to print the result; github is for --check.")
@_verbose_option
@project_options
def heads(
    *,
    resolve_dependencies: bool,
    check: bool,
    against: str | None,
    verbose: bool,
    form: str,
    **project: Any,
) -> int:
    """Print the heads.

    With --check no file runs and no database is needed: two heads, two files of one id, a missing
    file, a fork against another branch are findings, and the exit code is 1 then.
    """
    if check:
        return _check_heads(load_settings(project["config"]), project["name"], against, form)
    if against or form == "github":
        raise click.UsageError("--against and --format github go with --check")
    found = migrations_of(**project).heads(resolve_dependencies=resolve_dependencies)
    return print_revisions(found, form, verbose=verbose)


def _check_heads(config: Config, section: str, against: str | None, form: str) -> int:
    found = check_heads(config, section=section, against=against)
    if form == "github":
        say(github.render(found.problems), sys.stdout)
    else:
        present(form, lambda: report.render_json(found), lambda _: report.render_heads(found))
        if form == "text":
            say_problems(found.problems)
    return int(any(problem.severity != "note" for problem in found.problems))


@click.command()
@click.argument("revision")
@project_options
@format_option
def show(revision: str, *, form: str, **project: Any) -> int:
    """Print REVISION with the text of its file."""
    found = migrations_of(**project).show(revision)
    present(
        form,
        lambda: report.render_json({"scripts": found}),
        lambda c: report.render_scripts(found, color=c),
    )
    return 0


@click.command()
@click.option(
    "--lint", is_flag=True, help="Look through pending revisions first; compare if there are none."
)
@project_options
@format_option
def check(*, lint: bool, form: str, **project: Any) -> int:
    """Say what autogenerate would write; exit 1 unless that is nothing.

    A table of the database whose model is in the source, but not in target_metadata, is an error.
    """
    migrations = migrations_of(**project)
    found: tuple[Problem, ...] = migrations.lint() if lint else ()
    is_pending = lint and bool(migrations.status().pending)
    operations = () if is_pending else migrations.check()
    parts: dict[str, object] = {"operations": operations}
    if lint:
        parts["problems"] = found
        say_problems(found)
    present(form, lambda: report.render_json(parts), lambda _: _checked(operations, is_pending))
    return int(bool(found or operations))


def _checked(operations: tuple[str, ...], is_pending: bool) -> str:
    if is_pending:
        return "not compared: revisions are pending\n"
    return report.render_operations(operations)


@click.command()
@click.option("-r", "--rev-range", metavar="BASE:HEAD", help="These instead; no database is asked.")
@click.option("--squawk", is_flag=True, help="Ask squawk as well, about the SQL for PostgreSQL.")
@format_of("text", "json", "github", "sarif", text="How to print the findings.")
@project_options
def lint(*, rev_range: str | None, squawk: bool, form: str, **project: Any) -> int:
    """Look through pending revisions for what destroys data or locks big tables on this engine.

    Nothing of them runs; the database is asked which tables hold rows. A comment
    `# xcore-tools: ignore[CODE]` in the line of the operation accepts a finding. The exit code is 1
    if there are any.
    """
    found = migrations_of(**project).lint(rev_range, squawk=squawk)
    match form:
        case "github":
            say(github.render(found), sys.stdout)
        case "sarif":
            result = Discovery((), (), (), found)
            say(sarif.render(result, version=xcore_tools.__version__), sys.stdout)
        case "json":
            say(report.render_json({"problems": found}), sys.stdout)
        case _:
            say(problems.render(found, color=has_color(sys.stdout)), sys.stdout)
            remark(f"{problems.summary(found) or 'nothing found'}\n")
    return int(bool(found))


def _names(revisions: tuple[Revision, ...]) -> set[str]:
    return {revision.revision for revision in revisions}
