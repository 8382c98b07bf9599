"""The command line: arguments → one library call → report → exit code.

Exit codes: 0 clean or done; 1 findings, or refused or failed at the database; 2 usage or
configuration error, or nothing to scan; 130 interrupted. Only this package prints, asks or exits.
"""

from __future__ import annotations

from collections.abc import Sequence

import click

import xcore_tools
from xcore_tools.cli.group import LazyGroup
from xcore_tools.cli.terminal import give_streams, say_error
from xcore_tools.cli.verbosity import with_verbosity

__all__ = ["main"]

_COMMANDS = {
    "init": ("xcore_tools.cli.init:init", "Set a project up: settings, env.py, hooks."),
    "discover": ("xcore_tools.cli.discover:discover", "Find every SQLAlchemy model and table."),
    "migrate": ("xcore_tools.cli.migrate:migrate", "Run migrations, safely and one at a time."),
    "backup": ("xcore_tools.cli.backup:backup", "Back up the database, check and restore backups."),
    "sync-env": ("xcore_tools.cli.sync_env:sync_env", "Make Alembic's env.py import every model."),
    "diagram": ("xcore_tools.cli.diagram:diagram", "Draw the models or a database."),
    "db": ("xcore_tools.cli.database:database", "Look at a live database."),
    "doctor": ("xcore_tools.cli.doctor:doctor", "Say what is wrong, and what to do."),
    "config": ("xcore_tools.cli.config:config", "Show the settings that count, or their schema."),
    "completion": ("xcore_tools.cli.completion:completion", "Print what a shell completes with."),
    "explain": ("xcore_tools.cli.explain:explain", "Say what a code means, and what to do."),
}

# What went wrong with a database, not with what the user wrote.
_FAILURES = (xcore_tools.BackupError, xcore_tools.DatabaseError, xcore_tools.MigrationError)


def _show_version(ctx: click.Context, _option: click.Parameter, is_wanted: bool) -> None:
    if is_wanted:
        click.echo(f"xcore-tools {xcore_tools.__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    commands=_COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Find SQLAlchemy models without importing the code that defines them."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


with_verbosity(cli)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. A fault of the user's becomes one `error:` line."""
    give_streams()
    try:
        return int(cli.main(arguments, prog_name="xcore-tools", standalone_mode=False) or 0)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"try `{context.command_path} --help`" if context else ""
        say_error(error.format_message(), hint=hint)
        return 2
    except xcore_tools.ConfigError as error:
        say_error(*error.faults)
        return 2
    except xcore_tools.XcoreToolsError as error:
        say_error(str(error))
        return 1 if isinstance(error, _FAILURES) else 2
