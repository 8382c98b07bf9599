"""`xcore-tools backup …`: backups of the database, and the way back."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import xcore_tools
from xcore_tools.cli.group import LazyGroup
from xcore_tools.cli.options import (
    backup_dir_option,
    config_option,
    format_option,
    lock_option,
    no_prune_option,
    url_option,
    yes_option,
)
from xcore_tools.cli.progress import ByteProgress
from xcore_tools.cli.settings import load_settings
from xcore_tools.cli.terminal import has_color, remark, say
from xcore_tools.report import backup as report

if TYPE_CHECKING:
    from xcore_tools.config import Config
    from xcore_tools.database.backup.facts import Backup, Reason, Restored
    from xcore_tools.database.backup.manager import BackupManager
    from xcore_tools.migrate.facts import Status

_trust_option = click.option(
    "--trust",
    is_flag=True,
    help="Believe a backup that another machine, another user or version 1.0 has taken.",
)

Command = TypeVar("Command", bound=Callable[..., Any])

_HERE = __name__
_COMMANDS = {
    "create": (f"{_HERE}:create", "Take a backup, and remove those that are too many."),
    "list": (f"{_HERE}:list_backups", "Show the backups, the newest first."),
    "verify": (f"{_HERE}:verify", "Check backups: size, hash, and what is inside."),
    "restore": (f"{_HERE}:restore", "Replace the database by a backup."),
    "delete": (f"{_HERE}:delete", "Remove a backup."),
    "delete-all": (f"{_HERE}:delete_all", "Remove all backups of the directory."),
    "prune": (f"{_HERE}:prune", "Remove backups that are too many or too old."),
}

EPILOG = """\b
Settings, in migration.backup:
  backup_directory      where backups are; "backups"
  max_backup_files      how many of one database are kept; 10
  max_backup_age_days   how old they get; no limit
  backup_name_format    with {timestamp}, {database}, {revision}; "backup_{timestamp}.db"
  compression           "none", "gzip" or "zstd"; PostgreSQL's format has its own

\b
Exit codes:
  0  done
  1  it failed or was refused; or a backup is damaged
  2  wrong usage or configuration
"""


@click.group(
    cls=LazyGroup,
    commands=_COMMANDS,
    invoke_without_command=True,
    epilog=EPILOG,
)
@click.pass_context
def backup(ctx: click.Context) -> None:
    """Take verified backups of the database, and restore them.

    SQLite needs nothing else; PostgreSQL and MySQL need the client tools of the server, and MySQL
    the right to make a database beside the live one for a restore. There others may see tables
    without their triggers and views for a moment. Copies called backup_*.db that other tools left
    are listed as unverified.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def _shared(command: Command) -> Command:
    """The options that say which database and which directory, as one `manager`."""

    @url_option
    @backup_dir_option
    @config_option
    @functools.wraps(command)
    def wrapped(
        *arguments: Any, url: str | None, backup_dir: Path | None, config: Path | None, **rest: Any
    ) -> Any:
        manager = xcore_tools.BackupManager.from_config(
            load_settings(config), url, directory=backup_dir
        )
        return command(manager, *arguments, **rest)

    return wrapped  # type: ignore[return-value]


@click.command()
@no_prune_option
@format_option
@_shared
def create(manager: BackupManager, *, no_prune: bool, form: str) -> int:
    """Take a backup, and remove those beyond max_backup_files."""
    return take(manager, reason="manual", no_prune=no_prune, form=form)


def take(manager: BackupManager, *, reason: Reason, no_prune: bool, form: str) -> int:
    """Take a backup and say so."""
    with ByteProgress("Backing up") as progress:
        made = manager.create(reason=reason, progress=progress)
    say(report.json_one(made) if form == "json" else report.created(made), sys.stdout)
    if not no_prune:
        remark(report.removed(manager.prune()))
    return 0


@click.command("list")
@format_option
@_shared
def list_backups(manager: BackupManager, *, form: str) -> int:
    """Show the backups, the newest first."""
    found = manager.list()
    if form == "json":
        text = report.json_list(found, manager.directory.as_posix())
    else:
        text = report.table(found, datetime.now(UTC), color=has_color(sys.stdout))
    say(text, sys.stdout)
    return int(any(item.state == "damaged" for item in found))


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--restore",
    "drill",
    is_flag=True,
    help="Also restore each into a scratch database and count the rows there.",
)
@_trust_option
@format_option
@_shared
def verify(
    manager: BackupManager, *, names: tuple[str, ...], drill: bool, trust: bool, form: str
) -> int:
    """Check backups: size, hash, and what is inside. Without a NAME, all of this engine."""
    engine = manager.url.engine_name
    chosen = names or [item.name for item in manager.list() if item.engine == engine]
    results = [manager.verify(name, drill=drill, trust=trust) for name in chosen]
    if form == "json":
        say(report.json_verified(results), sys.stdout)
    else:
        say(report.verified(results, color=has_color(sys.stdout)), sys.stdout)
    return int(any(result.problem for result in results))


@click.command()
@click.argument("name", required=False)
@click.option(
    "--from",
    "path",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A file that lies anywhere; NAME may be a path as well.",
)
@click.option("--revision", metavar="REV", help="The newest backup of this revision.")
@click.option(
    "--latest",
    is_flag=True,
    help="The newest backup of this database that was not taken by a restore.",
)
@click.option("--no-safety-backup", is_flag=True, help="Do not back up the present state before.")
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(("privileges",)),
    help="Leave out what this user may not give back: owners and rights.",
)
@_trust_option
@lock_option
@yes_option
@format_option
@url_option
@backup_dir_option
@config_option
def restore(  # noqa: PLR0913 (one for each option)
    *,
    name: str | None,
    path: Path | None,
    revision: str | None,
    latest: bool,
    no_safety_backup: bool,
    without: tuple[str, ...],
    trust: bool,
    lock_timeout: float,
    yes: bool,
    form: str,
    url: str | None,
    backup_dir: Path | None,
    config: Path | None,
) -> int:
    """Replace the database by backup NAME, after checking it and backing up the present state.

    Then say which revision that is, and what is pending. What this user may not do is found before
    anything is changed.
    """
    if sum(given is not None for given in (name, path, revision)) + latest != 1:
        raise click.UsageError("give one of NAME, --from PATH, --revision and --latest")
    settings = load_settings(config)
    manager = xcore_tools.BackupManager.from_config(settings, url, directory=backup_dir)
    # a path without a directory would be taken for a name
    given = path.absolute() if path else name
    chosen = manager.choose(given, revision=revision, latest=latest)
    privileges = "privileges" not in without
    if not yes:
        _confirm_database(manager, chosen, privileges=privileges)
    with ByteProgress("Restoring") as progress:
        result = manager.restore(
            chosen.place or chosen.name,
            safety=not no_safety_backup,
            privileges=privileges,
            trust=trust,
            timeout=lock_timeout,
            progress=progress,
        )
    status = _status(settings, url, result)
    if form == "json":
        say(report.json_restored(result, status), sys.stdout)
    else:
        say(report.restored(result, status, color=has_color(sys.stdout)), sys.stdout)
    return 0


@click.command()
@click.argument("name")
@yes_option
@_shared
def delete(manager: BackupManager, *, name: str, yes: bool) -> int:
    """Remove backup NAME."""
    chosen = manager.choose(name)
    if chosen.place:
        raise xcore_tools.BackupError(
            f"{name} is not the name of a backup in {manager.directory}; only those are removed"
        )
    if not yes:
        _confirm(f"Remove {chosen.name} from {manager.directory}?")
    manager.delete(chosen.name)
    remark(report.removed([chosen]))
    return 0


@click.command("delete-all")
@yes_option
@_shared
def delete_all(manager: BackupManager, *, yes: bool) -> int:
    """Remove all backups of the directory. Files that are no backups stay."""
    found = manager.list()
    if found and not yes:
        say(report.names(found), sys.stderr)
        _confirm(f"Remove all {len(found)} from {manager.directory}?")
    for item in found:
        manager.delete(item.name)
    remark(report.removed(found))
    return 0


@click.command()
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="How many to keep.")
@click.option("--max-age", type=click.IntRange(min=1), metavar="DAYS", help="How old at most.")
@_shared
def prune(manager: BackupManager, *, keep: int | None, max_age: int | None) -> int:
    """Remove what is too many or too old of this database's backups; the newest always stays."""
    remark(report.removed(manager.prune(keep=keep, max_age_days=max_age)))
    return 0


def _status(config: Config, url: str | None, result: Restored) -> Status | None:
    """What Alembic makes of the restored database; None where there is no Alembic, or it fails."""
    uses_alembic = (config.project / config.migration.alembic_config).is_file()
    if not uses_alembic and not result.revisions:
        return None
    try:
        return xcore_tools.Migrations(config, url=url).status()
    except xcore_tools.XcoreToolsError as error:
        say(f"what is pending cannot be told: {error}\n", sys.stderr)
        return None


def _confirm_database(manager: BackupManager, chosen: Backup, *, privileges: bool) -> None:
    """Ask for the name of the database, after saying what the restore will and will not do."""
    database = manager.url.name
    plan = manager.plan(chosen.place or chosen.name, privileges=privileges)
    say(report.planned(plan), sys.stderr)
    say(report.proposed(str(manager.url), chosen, datetime.now(UTC)), sys.stderr)
    given = _asked(f"Type the name of the database ({database}) to go on")
    if given != database:
        raise xcore_tools.BackupError(f"{given!r} is not {database!r}; nothing was restored")


def _confirm(question: str) -> None:
    if _asked(f"{question} [y/N]").lower() not in {"y", "yes"}:
        raise xcore_tools.BackupError("not confirmed; nothing was removed")


def _asked(question: str) -> str:
    try:
        answer: str = click.prompt(
            question, prompt_suffix=": ", err=True, default="", show_default=False
        )
    except click.Abort:
        if sys.stdin.isatty():
            raise
        say("\n", sys.stderr)
        raise xcore_tools.BackupError("nobody there to ask; give --yes to go on without") from None
    return answer.strip()
