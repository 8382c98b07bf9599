"""`xcore-tools migrate`: Alembic's commands with a lock, and answers that machines can read."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import xcore_tools
from xcore_tools.cli.backup import take
from xcore_tools.cli.options import (
    backup_dir_option,
    config_option,
    format_option,
    lock_option,
    no_prune_option,
    url_option,
)
from xcore_tools.cli.progress import CountProgress
from xcore_tools.cli.terminal import has_color, say
from xcore_tools.discovery.facts import Discovery
from xcore_tools.migrate.history import check_heads
from xcore_tools.report import fleet, github, problems, rehearsal, sarif
from xcore_tools.report import migrate as report

if TYPE_CHECKING:
    from xcore_tools.config import Config
    from xcore_tools.discovery.facts import Problem
    from xcore_tools.migrate.facade import Migrations
    from xcore_tools.migrate.facts import Change, Rehearsal, Revision
    from xcore_tools.migrate.fleet import Databases
    from xcore_tools.migrate.safety import Safety

_Command = TypeVar("_Command", bound=Callable[..., Any])

_RELATIVE = re.compile(r"-\d+")


@click.group(short_help="Run migrations, safely and one at a time.")
def migrate() -> None:
    """Run Alembic's commands with a lock of the database, clear errors and JSON.

    Revisions and options are Alembic's own: head, heads, base, branch@head, +1, -1, the beginning of
    an id.
    """


class _WithRelativeRevisions(click.Command):
    """A command that takes `-1` for a revision, as Alembic's own does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" not in args:
            relative = [at for at in range(len(args)) if self._is_revision(args, at)]
            others = [text for at, text in enumerate(args) if at not in relative]
            args = [*others, "--", *(args[at] for at in relative)] if relative else args
        return super().parse_args(ctx, args)

    def _is_revision(self, args: list[str], at: int) -> bool:
        """Whether an argument is `-1` or the like, and not the value of the option before it."""
        valued = {
            name
            for option in self.params
            if isinstance(option, click.Option) and not option.is_flag
            for name in option.opts
        }
        is_value = at > 0 and args[at - 1] in valued
        return bool(_RELATIVE.fullmatch(args[at])) and not is_value


_verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Say which file it is, and what it follows."
)


def _project_options(command: _Command) -> _Command:
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


def _all_options(command: _Command) -> _Command:
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


def _migrations(
    *, config: Path | None, url: str | None, name: str, database: str | None = None, **options: Any
) -> Migrations:
    settings = xcore_tools.load_config(config)
    if database is not None:
        if url is not None and database in dict(settings.migration.databases):
            raise click.UsageError("--database and --url both say which database; give one of them")
        chosen = xcore_tools.Databases(settings, url=url, name=name, **options)
        return chosen.migrations(database)
    return xcore_tools.Migrations(settings, url=url, name=name, **options)


def _is_for_all(is_for_all: bool, jobs: int | None) -> bool:
    if jobs is not None and not is_for_all:
        raise click.UsageError("--jobs goes with --all")
    return is_for_all


def _databases(
    *, config: Path | None, database: str | None, jobs: int | None, **options: Any
) -> tuple[Databases, int]:
    if database is not None:
        raise click.UsageError("--all means every database, and --database one; give one of them")
    chosen = xcore_tools.Databases(xcore_tools.load_config(config), **options)
    return chosen, jobs or os.cpu_count() or 1


def _print_fleet(
    verb: str, *arguments: str, form: str, project: dict[str, Any], **options: Any
) -> int:
    """Do the same to every database, and tell of all of them."""
    databases, jobs = _databases(**project)
    with CountProgress("Databases", "done") as progress:
        made = getattr(databases, verb)(*arguments, jobs=jobs, progress=progress, **options)
    _show(form, lambda: fleet.render_json(made), lambda c: fleet.render_fleet(made, color=c))
    return int(not made.is_fine)


def _show(form: str, as_json: Callable[[], str], as_text: Callable[[bool], str]) -> None:
    say(as_json() if form == "json" else as_text(has_color(sys.stdout)), sys.stdout)


# -- looking ----------------------------------------------------------------------------------------


@migrate.command(short_help="Where the database stands.")
@_all_options
@_project_options
@format_option
def status(*, is_for_all: bool, jobs: int | None, form: str, **project: Any) -> int:
    """Say where the database stands: its revision, the head, what is pending.

    States: at-head, behind, empty, unversioned (tables but no revision), ahead-unknown (at a
    revision of newer code), diverged (at revisions that cannot stand together). The exit code is 0
    at head, else 1.
    """
    if _is_for_all(is_for_all, jobs):
        return _print_fleet("status", form=form, project={**project, "jobs": jobs})
    found = _migrations(**project).status()
    _show(form, lambda: report.render_json(found), lambda c: report.render_status(found, color=c))
    return int(not found.is_at_head)


@migrate.command(short_help="The revision that the database is at.")
@click.option("-c", "--check-heads", is_flag=True, help="Exit 1 unless these are all heads.")
@_verbose_option
@_project_options
@format_option
def current(*, check_heads: bool, verbose: bool, form: str, **project: Any) -> int:
    """Print the revisions that the version table holds."""
    migrations = _migrations(**project)
    found = migrations.current()
    _print_revisions(found, form, verbose=verbose)
    return int(check_heads and _names(found) != _names(migrations.heads()))


@migrate.command(short_help="Every revision, newest first.")
@click.option("-r", "--rev-range", metavar="BASE:HEAD", help="Only these; current is allowed.")
@click.option("-i", "--indicate-current", is_flag=True, help="Mark where the database is.")
@_verbose_option
@_project_options
@format_option
def history(
    *, rev_range: str | None, indicate_current: bool, verbose: bool, form: str, **project: Any
) -> int:
    """Print the revisions, newest first."""
    migrations = _migrations(**project)
    found = migrations.history(rev_range, indicate_current=indicate_current)
    return _print_revisions(found, form, verbose=verbose)


@migrate.command(short_help="The revisions that no other follows.")
@click.option("--resolve-dependencies", is_flag=True, help="Leave out what another one depends on.")
@click.option(
    "--check", is_flag=True, help="Read the files only; exit 1 if their order is at fault."
)
@click.option("--against", metavar="REF", help="With --check: as if merged with this git ref.")
@click.option(
    "--format",
    "--output-format",
    "form",
    type=click.Choice(("text", "json", "github")),
    default="text",
    show_default=True,
    help="How to print the result; github is for --check.",
)
@_verbose_option
@_project_options
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
        return _check_heads(
            xcore_tools.load_config(project["config"]), project["name"], against, form
        )
    if against or form == "github":
        raise click.UsageError("--against and --format github go with --check")
    found = _migrations(**project).heads(resolve_dependencies=resolve_dependencies)
    return _print_revisions(found, form, verbose=verbose)


def _check_heads(config: Config, section: str, against: str | None, form: str) -> int:
    found = check_heads(config, section=section, against=against)
    if form == "github":
        say(github.render(found.problems), sys.stdout)
    else:
        _show(form, lambda: report.render_json(found), lambda _: report.render_heads(found))
        if form == "text":
            say(problems.render(found.problems, color=has_color(sys.stderr)), sys.stderr)
    return int(bool(found.problems))


@migrate.command(short_help="A revision and its file.")
@click.argument("revision")
@_project_options
@format_option
def show(revision: str, *, form: str, **project: Any) -> int:
    """Print REVISION with the text of its file."""
    found = _migrations(**project).show(revision)
    _show(
        form,
        lambda: report.render_json({"scripts": found}),
        lambda c: report.render_scripts(found, color=c),
    )
    return 0


@migrate.command(short_help="Whether models and database agree.")
@click.option(
    "--lint", is_flag=True, help="Look through pending revisions first; compare if there are none."
)
@_project_options
@format_option
def check(*, lint: bool, form: str, **project: Any) -> int:
    """Say what autogenerate would write; exit 1 unless that is nothing.

    A table of the database whose model is in the source, but not in target_metadata, is an error.
    """
    migrations = _migrations(**project)
    found: tuple[Problem, ...] = migrations.lint() if lint else ()
    is_pending = lint and bool(migrations.status().pending)
    operations = () if is_pending else migrations.check()
    parts: dict[str, object] = {"operations": operations}
    if lint:
        parts["problems"] = found
        say(problems.render(found, color=has_color(sys.stderr)), sys.stderr)
    _show(form, lambda: report.render_json(parts), lambda _: _checked(operations, is_pending))
    return int(bool(found or operations))


def _checked(operations: tuple[str, ...], is_pending: bool) -> str:
    if is_pending:
        return "not compared: revisions are pending\n"
    return report.render_operations(operations)


@migrate.command(short_help="What pending revisions destroy or lock.")
@click.option("-r", "--rev-range", metavar="BASE:HEAD", help="These instead; no database is asked.")
@click.option("--squawk", is_flag=True, help="Ask squawk as well, about the SQL for PostgreSQL.")
@click.option(
    "--format",
    "--output-format",
    "form",
    type=click.Choice(("text", "json", "github", "sarif")),
    default="text",
    show_default=True,
    help="How to print the findings.",
)
@_project_options
def lint(*, rev_range: str | None, squawk: bool, form: str, **project: Any) -> int:
    """Look through pending revisions for what destroys data or locks big tables on this engine.

    Nothing of them runs; the database is asked which tables hold rows. A comment
    `# xcore-tools: ignore[CODE]` in the line of the operation accepts a finding. The exit code is 1
    if there are any.
    """
    found = _migrations(**project).lint(rev_range, squawk=squawk)
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
            say(f"{problems.summary(found) or 'nothing found'}\n", sys.stderr)
    return int(bool(found))


# -- revision files ---------------------------------------------------------------------------------


@migrate.command(short_help="Write a new revision.")
@click.argument("text", metavar="[MESSAGE]", required=False)
@click.option("-m", "--message", help="The message, as Alembic takes it.")
@click.option("--autogenerate/--empty", default=True, help="Fill it by comparing; the default.")
@click.option("--allow-empty", is_flag=True, help="Also if there is nothing to write into it.")
@click.option("--head", default="head", metavar="REV", help="The revision to follow.")
@click.option("--splice", is_flag=True, help="Allow to follow a revision that is no head.")
@click.option("--branch-label", metavar="LABEL", help="A label for a new branch.")
@click.option("--version-path", metavar="PATH", help="The directory to write to.")
@click.option("--rev-id", metavar="ID", help="Use this id instead of a random one.")
@click.option(
    "--sql", is_flag=True, help="With --empty: env.py runs without a database, if at all."
)
@click.option("--depends-on", metavar="REV", multiple=True, help="A revision that must come first.")
@_project_options
@format_option
def generate(  # noqa: PLR0913 (one for each option)
    text: str | None,
    *,
    message: str | None,
    autogenerate: bool,
    allow_empty: bool,
    depends_on: tuple[str, ...],
    head: str,
    splice: bool,
    branch_label: str | None,
    version_path: str | None,
    rev_id: str | None,
    sql: bool,
    form: str,
    **project: Any,
) -> int:
    """Write a new revision file with the differences between models and database.

    Nothing is written if it would drop or lack a table whose model is in the source, or would be
    empty; the message says where the model is and why Alembic does not see it.
    """
    if text and message:
        raise click.UsageError("the message is given twice; leave out -m")
    if sql and autogenerate:
        raise click.UsageError("--sql goes with --empty: comparing takes a database")
    made = _migrations(**project).generate(
        text or message,
        empty=not autogenerate,
        allow_empty=allow_empty,
        head=head,
        splice=splice,
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
        sql=sql,
        depends_on=list(depends_on) or None,
    )
    _show(form, lambda: report.render_json(made), lambda c: report.render_generated(made, color=c))
    return 0


@migrate.command(short_help="Join several heads.")
@click.argument("revisions", nargs=-1, required=True)
@click.option("-m", "--message", help="The message of the new revision.")
@click.option("--branch-label", metavar="LABEL", help="A label for it.")
@click.option("--rev-id", metavar="ID", help="Use this id instead of a random one.")
@click.option("--splice", is_flag=True, help="Allow to join revisions that are no heads.")
@_project_options
@format_option
def merge(
    revisions: tuple[str, ...],
    *,
    message: str | None,
    branch_label: str | None,
    rev_id: str | None,
    splice: bool,
    form: str,
    **project: Any,
) -> int:
    """Write a revision that joins REVISIONS; `heads` means all heads."""
    newer = {"splice": True} if splice else {}  # which older versions of Alembic do not know
    made = _migrations(**project).merge(
        revisions, message, branch_label=branch_label, rev_id=rev_id, **newer
    )
    return _print_revisions((made,), form)


# -- changing the database --------------------------------------------------------------------------


def _safety_options(command: _Command) -> _Command:
    """The options that say what happens before a migration, and after one that fails."""
    for option in (
        click.option(
            "--interrupted",
            type=click.Choice(("restore", "ignore")),
            help="What to do about an earlier run that was killed: restore the backup of before, or "
            "go on as it is.",
        ),
        click.option(
            "--restore-on-failure/--no-restore-on-failure",
            default=None,
            help="Restore that backup if a revision fails; by default where the engine cannot roll "
            "back what the revision did.",
        ),
        click.option(
            "--backup/--no-backup",
            default=None,
            help="Take a backup before, if anything is to be done; by default as "
            "backup.auto_backup_before_migration says.",
        ),
    ):
        command = option(command)
    return command


def _safety(
    backup: bool | None, restore_on_failure: bool | None, interrupted: str | None
) -> Safety:
    if restore_on_failure and backup is False:
        raise click.UsageError("--restore-on-failure takes a backup; leave out --no-backup")
    return xcore_tools.Safety(restore_on_failure or backup, restore_on_failure, interrupted)


@migrate.command(short_help="Apply pending revisions.", cls=_WithRelativeRevisions)
@click.argument("revision", default="head")
@click.option(
    "--rehearse", is_flag=True, help="Do it to a copy of the database, and say what it did."
)
@click.option("--then-apply", is_flag=True, help="With --rehearse: do it if that went well.")
@click.option("--allow-loss", is_flag=True, help="With --then-apply: also if data is lost.")
@_all_options
@_safety_options
@click.option("--sql", is_flag=True, help="Print the statements instead of running them.")
@click.option("--tag", metavar="TEXT", help="For env.py.")
@lock_option
@_project_options
@format_option
def upgrade(  # noqa: PLR0913 (one for each option)
    revision: str,
    *,
    rehearse: bool,
    then_apply: bool,
    allow_loss: bool,
    backup: bool | None,
    restore_on_failure: bool | None,
    interrupted: str | None,
    is_for_all: bool,
    jobs: int | None,
    sql: bool,
    tag: str | None,
    form: str,
    **project: Any,
) -> int:
    """Apply what is pending up to REVISION (head).

    A rehearsal tells of each revision how long it takes, and of each table how many rows it has
    before and after. It exits 1 if a revision fails, or if rows or values are lost.
    """
    if (then_apply and not rehearse) or (allow_loss and not then_apply):
        raise click.UsageError("--then-apply goes with --rehearse, and --allow-loss with both")
    safety = _safety(backup, restore_on_failure, interrupted)
    if _is_for_all(is_for_all, jobs):
        if rehearse or sql:
            raise click.UsageError("--rehearse and --sql are for one database: give --database")
        return _print_fleet(
            "upgrade",
            revision,
            tag=tag,
            safety=safety,
            form=form,
            project={**project, "jobs": jobs},
        )
    migrations = _migrations(**project)
    if sql:
        return _print_sql(migrations.sql("upgrade", revision, tag=tag))
    if rehearse and not then_apply:
        return _print_rehearsal(migrations.rehearse(revision, tag=tag), form)
    try:
        change = migrations.upgrade(
            revision, tag=tag, safety=safety, rehearse=rehearse, allow_loss=allow_loss
        )
    except xcore_tools.RehearsalError as error:
        _print_rehearsal(error.rehearsal, form)
        raise
    return _print_change(change, form)


@migrate.command(short_help="Revert revisions.", cls=_WithRelativeRevisions)
@click.argument("revision")
@_all_options
@_safety_options
@click.option("--sql", is_flag=True, help="Print the statements instead of running them.")
@click.option("--tag", metavar="TEXT", help="For env.py.")
@lock_option
@_project_options
@format_option
def downgrade(  # noqa: PLR0913 (one for each option)
    revision: str,
    *,
    backup: bool | None,
    restore_on_failure: bool | None,
    interrupted: str | None,
    is_for_all: bool,
    jobs: int | None,
    sql: bool,
    tag: str | None,
    form: str,
    **project: Any,
) -> int:
    """Revert what was applied after REVISION; -1 reverts the last one, base all of them.

    If a revision cannot be reverted, the backup that holds what was before is named.
    """
    safety = _safety(backup, restore_on_failure, interrupted)
    if _is_for_all(is_for_all, jobs):
        if sql:
            raise click.UsageError("--sql is for one database: give --database")
        return _print_fleet(
            "downgrade",
            revision,
            tag=tag,
            safety=safety,
            form=form,
            project={**project, "jobs": jobs},
        )
    migrations = _migrations(**project)
    if sql:
        return _print_sql(migrations.sql("downgrade", revision, tag=tag))
    return _print_change(migrations.downgrade(revision, tag=tag, safety=safety), form)


@migrate.command(short_help="Note a revision as applied.", cls=_WithRelativeRevisions)
@click.argument("revisions", nargs=-1, required=True)
@click.option("--sql", is_flag=True, help="Print the statements instead of running them.")
@click.option("--tag", metavar="TEXT", help="For env.py.")
@click.option("--purge", is_flag=True, help="Forget every other revision first.")
@lock_option
@_project_options
@format_option
def stamp(
    revisions: tuple[str, ...],
    *,
    sql: bool,
    tag: str | None,
    purge: bool,
    form: str,
    **project: Any,
) -> int:
    """Write REVISIONS into the version table without running anything; `heads` means all heads."""
    migrations = _migrations(**project)
    if sql:
        return _print_sql(migrations.sql("stamp", revisions, tag=tag))
    return _print_change(migrations.stamp(revisions, purge=purge, tag=tag), form)


@migrate.command(short_help="Create all tables in an empty database.")
@click.option("--stamp-existing", is_flag=True, help="Also where there are tables already.")
@lock_option
@_project_options
@format_option
def init(*, stamp_existing: bool, form: str, **project: Any) -> int:
    """Create every table of the models in an empty database, and note all revisions as applied."""
    made = _migrations(**project).init(stamp_existing=stamp_existing)
    _show(form, lambda: report.render_json(made), lambda _: report.render_creation(made))
    return 0


@migrate.command(short_help="Take a backup of the database.")
@backup_dir_option
@no_prune_option
@_project_options
@format_option
def backup(*, backup_dir: Path | None, no_prune: bool, form: str, **project: Any) -> int:
    """Take a backup of the database that env.py connects to, as `xcore-tools backup create` does."""
    manager = _migrations(**project).backups(backup_dir)
    return take(manager, reason="migration", no_prune=no_prune, form=form)


# -- printing ---------------------------------------------------------------------------------------


def _print_revisions(found: tuple[Revision, ...], form: str, *, verbose: bool = False) -> int:
    _show(
        form,
        lambda: report.render_json({"revisions": found}),
        lambda c: report.render_revisions(found, color=c, verbose=verbose),
    )
    return 0


def _names(revisions: tuple[Revision, ...]) -> set[str]:
    return {revision.revision for revision in revisions}


def _print_change(made: Change, form: str) -> int:
    _show(form, lambda: report.render_json(made), lambda c: report.render_change(made, color=c))
    return 0


def _print_rehearsal(made: Rehearsal, form: str) -> int:
    _show(
        form,
        lambda: rehearsal.render_json(made),
        lambda c: rehearsal.render_rehearsal(made, color=c),
    )
    return int(not made.is_clean)


def _print_sql(text: str) -> int:
    say(text, sys.stdout)
    return 0
