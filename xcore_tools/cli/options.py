"""Options that several commands share, spelled and explained once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from xcore_tools.config.schema import LOCK_TIMEOUT

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def format_of(*forms: str, text: str = "How to print the result.") -> _Decorator:
    """The option `--format` of a command that can print `forms`; the first is the default."""
    return click.option(
        "--format",
        "--output-format",
        "form",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        help=text,
    )


config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Read this configuration instead of the one found from here upwards.",
)
url_option = click.option(
    "--url",
    metavar="URL",
    help="The database, instead of the configured one. Other users of the machine can see the "
    "command line: XCORE_TOOLS_DATABASE_URL is the safer place for a password.",
)
format_option = format_of("text", "json")
lock_option = click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=LOCK_TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for others who use the database.",
)
backup_dir_option = click.option(
    "--backup-dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The directory of the backups, instead of the configured one.",
)
no_prune_option = click.option(
    "--no-prune", is_flag=True, help="Keep all older backups, however many."
)
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
