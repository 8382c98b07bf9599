"""Options that several commands share, spelled and explained once."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["config_option", "format_option", "url_option", "yes_option"]

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
format_option = click.option(
    "--format",
    "--output-format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How to print the result.",
)
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
