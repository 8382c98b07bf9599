"""`xcore-tools migrate`: Alembic's commands with a lock, and answers that machines can read."""

from __future__ import annotations

import click

from xcore_tools.cli.group import LazyGroup

__all__ = ["migrate"]

_COMMANDS = {
    "status": "xcore_tools.cli.migrate.reading:status",
    "current": "xcore_tools.cli.migrate.reading:current",
    "history": "xcore_tools.cli.migrate.reading:history",
    "heads": "xcore_tools.cli.migrate.reading:heads",
    "show": "xcore_tools.cli.migrate.reading:show",
    "check": "xcore_tools.cli.migrate.reading:check",
    "lint": "xcore_tools.cli.migrate.reading:lint",
    "generate": "xcore_tools.cli.migrate.writing:generate",
    "merge": "xcore_tools.cli.migrate.writing:merge",
    "upgrade": "xcore_tools.cli.migrate.changing:upgrade",
    "downgrade": "xcore_tools.cli.migrate.changing:downgrade",
    "stamp": "xcore_tools.cli.migrate.changing:stamp",
    "init": "xcore_tools.cli.migrate.changing:init",
    "backup": "xcore_tools.cli.migrate.changing:backup",
}


@click.group(
    cls=LazyGroup, commands=_COMMANDS, short_help="Run migrations, safely and one at a time."
)
def migrate() -> None:
    """Run Alembic's commands with a lock of the database, clear errors and JSON.

    Revisions and options are Alembic's own: head, heads, base, branch@head, +1, -1, the beginning of
    an id.
    """
