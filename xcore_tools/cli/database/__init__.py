"""`xcore-tools db …`: live databases inspected, exported and compared."""

from __future__ import annotations

import click

from xcore_tools.cli.group import LazyGroup

__all__ = ["database"]

_COMMANDS = {
    "inspect": ("xcore_tools.cli.database.inspect:inspect", "Show tables, columns, keys, views."),
    "export": ("xcore_tools.cli.database.export:export", "Write the schema to a file."),
    "diff": ("xcore_tools.cli.database.diff:diff", "Compare two schemas."),
}


@click.group(cls=LazyGroup, commands=_COMMANDS)
def database() -> None:
    """Inspect the schema of a live database, export it, and compare any two."""
