"""Commands that change a database, or back it up."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

import xcore_tools
from xcore_tools.cli.backup import take
from xcore_tools.cli.options import (
    backup_dir_option,
    format_option,
    lock_option,
    no_prune_option,
)
from xcore_tools.cli.terminal import say
from xcore_tools.report import migrate as report
from xcore_tools.report import rehearsal

if TYPE_CHECKING:
    from xcore_tools.migrate.facts import Change, Rehearsal
    from xcore_tools.migrate.guard.safety import Safety

from xcore_tools.cli.migrate.common import (
    Command,
    all_options,
    is_for_every_database,
    migrations_of,
    present,
    print_fleet,
    project_options,
)

_RELATIVE = re.compile(r"-\d+")


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


def _safety_options(command: Command) -> Command:
    """The options that say what happens before a migration, and after one that fails."""
    for option in (
        click.option(
            "--accept-loss",
            is_flag=True,
            help="Take it for meant that a table of SQLite has lost parts when it was rebuilt.",
        ),
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
    backup: bool | None,
    restore_on_failure: bool | None,
    interrupted: str | None,
    accept_loss: bool,
) -> Safety:
    if restore_on_failure and backup is False:
        raise click.UsageError("--restore-on-failure takes a backup; leave out --no-backup")
    return xcore_tools.Safety(
        restore_on_failure or backup, restore_on_failure, interrupted, accept_loss
    )


@click.command(cls=_WithRelativeRevisions)
@click.argument("revision", default="head")
@click.option(
    "--rehearse", is_flag=True, help="Do it to a copy of the database, and say what it did."
)
@click.option("--then-apply", is_flag=True, help="With --rehearse: do it if that went well.")
@click.option("--allow-loss", is_flag=True, help="With --then-apply: also if data is lost.")
@all_options
@_safety_options
@click.option("--sql", is_flag=True, help="Print the statements instead of running them.")
@click.option("--tag", metavar="TEXT", help="For env.py.")
@lock_option
@project_options
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
    accept_loss: bool,
    is_for_all: bool,
    jobs: int | None,
    sql: bool,
    tag: str | None,
    form: str,
    **project: Any,
) -> int:
    """Apply what is pending up to REVISION (head).

    A rehearsal tells of each revision how long it takes, and of each table how many rows it has
    before and after. It exits 1 if a revision fails, or if rows, values or parts of tables are lost.
    So does an upgrade after which a table of SQLite that was rebuilt lacks a trigger, an index on an
    expression, a CHECK, a collation or an ON CONFLICT clause, unless --accept-loss.
    """
    if (then_apply and not rehearse) or (allow_loss and not then_apply):
        raise click.UsageError("--then-apply goes with --rehearse, and --allow-loss with both")
    safety = _safety(backup, restore_on_failure, interrupted, accept_loss)
    if is_for_every_database(is_for_all, jobs):
        if rehearse or sql:
            raise click.UsageError("--rehearse and --sql are for one database: give --database")
        return print_fleet(
            "upgrade",
            revision,
            tag=tag,
            safety=safety,
            form=form,
            project={**project, "jobs": jobs},
        )
    migrations = migrations_of(**project)
    if sql:
        return _print_sql(migrations.sql("upgrade", revision, tag=tag))
    if rehearse and not then_apply:
        return _print_rehearsal(migrations.rehearse(revision, tag=tag), form, safety)
    try:
        change = migrations.upgrade(
            revision, tag=tag, safety=safety, rehearse=rehearse, allow_loss=allow_loss
        )
    except xcore_tools.RehearsalError as error:
        _print_rehearsal(error.rehearsal, form, safety)
        raise
    return _print_change(change, form, is_accepted=accept_loss or allow_loss)


@click.command(cls=_WithRelativeRevisions)
@click.argument("revision")
@all_options
@_safety_options
@click.option("--sql", is_flag=True, help="Print the statements instead of running them.")
@click.option("--tag", metavar="TEXT", help="For env.py.")
@lock_option
@project_options
@format_option
def downgrade(  # noqa: PLR0913 (one for each option)
    revision: str,
    *,
    backup: bool | None,
    restore_on_failure: bool | None,
    interrupted: str | None,
    accept_loss: bool,
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
    safety = _safety(backup, restore_on_failure, interrupted, accept_loss)
    if is_for_every_database(is_for_all, jobs):
        if sql:
            raise click.UsageError("--sql is for one database: give --database")
        return print_fleet(
            "downgrade",
            revision,
            tag=tag,
            safety=safety,
            form=form,
            project={**project, "jobs": jobs},
        )
    migrations = migrations_of(**project)
    if sql:
        return _print_sql(migrations.sql("downgrade", revision, tag=tag))
    change = migrations.downgrade(revision, tag=tag, safety=safety)
    return _print_change(change, form, is_accepted=accept_loss)


@click.command(cls=_WithRelativeRevisions)
@click.argument("revisions", nargs=-1, required=True)
@click.option("--sql", is_flag=True, help="Print the statements instead of running them.")
@click.option("--tag", metavar="TEXT", help="For env.py.")
@click.option("--purge", is_flag=True, help="Forget every other revision first.")
@lock_option
@project_options
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
    migrations = migrations_of(**project)
    if sql:
        return _print_sql(migrations.sql("stamp", revisions, tag=tag))
    return _print_change(migrations.stamp(revisions, purge=purge, tag=tag), form)


@click.command()
@click.option("--stamp-existing", is_flag=True, help="Also where there are tables already.")
@lock_option
@project_options
@format_option
def init(*, stamp_existing: bool, form: str, **project: Any) -> int:
    """Create every table of the models in an empty database, and note all revisions as applied."""
    made = migrations_of(**project).init(stamp_existing=stamp_existing)
    present(form, lambda: report.render_json(made), lambda _: report.render_creation(made))
    return 0


@click.command()
@backup_dir_option
@no_prune_option
@project_options
@format_option
def backup(*, backup_dir: Path | None, no_prune: bool, form: str, **project: Any) -> int:
    """Take a backup of the database that env.py connects to, as `xcore-tools backup create` does."""
    manager = migrations_of(**project).backups(backup_dir)
    return take(manager, reason="migration", no_prune=no_prune, form=form)


def _print_change(made: Change, form: str, *, is_accepted: bool = True) -> int:
    present(form, lambda: report.render_json(made), lambda c: report.render_change(made, color=c))
    if not made.schema_losses or is_accepted:
        return 0
    say(report.render_remedy(made), sys.stderr)
    return 1


def _print_rehearsal(made: Rehearsal, form: str, safety: Safety) -> int:
    present(
        form,
        lambda: rehearsal.render_json(made),
        lambda c: rehearsal.render_rehearsal(made, color=c),
    )
    accepted = msgspec.structs.replace(made, schema_losses=()) if safety.accept_loss else made
    return int(not accepted.is_clean)


def _print_sql(text: str) -> int:
    say(text, sys.stdout)
    return 0
