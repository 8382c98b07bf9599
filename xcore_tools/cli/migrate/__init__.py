"""`xcore-tools migrate`: Alembic's commands with a lock, and answers that machines can read."""

from __future__ import annotations

import click

from xcore_tools.cli.group import LazyGroup

__all__ = ["migrate"]

_COMMANDS = {
    "status": ("xcore_tools.cli.migrate.reading:status", "Where the database stands."),
    "current": ("xcore_tools.cli.migrate.reading:current", "The revision that the database is at."),
    "history": ("xcore_tools.cli.migrate.reading:history", "Every revision, newest first."),
    "heads": ("xcore_tools.cli.migrate.reading:heads", "The revisions that no other follows."),
    "show": ("xcore_tools.cli.migrate.reading:show", "A revision and its file."),
    "check": ("xcore_tools.cli.migrate.reading:check", "Whether models and database agree."),
    "lint": ("xcore_tools.cli.migrate.reading:lint", "What pending revisions destroy or lock."),
    "generate": ("xcore_tools.cli.migrate.writing:generate", "Write a new revision."),
    "merge": ("xcore_tools.cli.migrate.writing:merge", "Join several heads."),
    "upgrade": ("xcore_tools.cli.migrate.changing:upgrade", "Apply pending revisions."),
    "downgrade": ("xcore_tools.cli.migrate.changing:downgrade", "Revert revisions."),
    "stamp": ("xcore_tools.cli.migrate.changing:stamp", "Note a revision as applied."),
    "init": ("xcore_tools.cli.migrate.changing:init", "Create all tables in an empty database."),
    "backup": ("xcore_tools.cli.migrate.changing:backup", "Take a backup of the database."),
}


@click.group(cls=LazyGroup, commands=_COMMANDS)
def migrate() -> None:
    """Run Alembic's commands with a lock of the database, clear errors and JSON.

    Revisions and options are Alembic's own: head, heads, base, branch@head, +1, -1, the beginning of
    an id.
    """
