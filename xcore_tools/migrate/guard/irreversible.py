"""Revisions that cannot be reverted, and the backup that holds what was before them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from xcore_tools.database.backup.manager import BackupManager
from xcore_tools.errors import BackupError, MigrationError
from xcore_tools.files import read_regular
from xcore_tools.migrate.facts import Revision


def refuse_irreversible(
    todo: Sequence[Revision], project: Path, managers: Sequence[BackupManager]
) -> None:
    """Raise if the file of a revision to be reverted says that it cannot be.

    Raises:
        MigrationError: it names the backup to restore instead.
    """
    for revision in todo:
        refusal = _refusal(project / revision.path)
        if refusal is not None:
            line, reason = refusal
            raise MigrationError(
                f"{revision.path}:{line}: revision {revision.revision} cannot be reverted, {reason}; "
                f"nothing was changed. {backup_before(todo, revision.revision, managers)}"
            )


def backup_before(todo: Sequence[Revision], failed: str, managers: Sequence[BackupManager]) -> str:
    """Which backup has the revision that a downgrade was to lead to, or that lies below `failed`."""
    below = {revision.revision: revision.down for revision in todo}
    wanted = [*todo[-1].down, *below.get(failed, ())]
    for manager in managers:
        for revision in wanted:
            try:
                name = manager.choose(revision=revision).name
            except BackupError:
                continue
            return (
                f"The backup {name} holds revision {revision}: "
                f"`xcore-tools backup restore {name}` brings it back, with the data of then"
            )
    return f"There is no backup of revision {' or '.join(dict.fromkeys(wanted)) or 'base'}"


def _refusal(path: Path) -> tuple[int, str] | None:
    """The line and the reason; None if the file does not say so, or cannot be read."""
    try:
        tree = ast.parse(read_regular(path))
    except (OSError, SyntaxError, ValueError):
        return None
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    downgrade = next((node for node in functions if node.name == "downgrade"), None)
    if downgrade is None:
        return None if _is_named(tree, "downgrade") else (1, "since it has no downgrade()")
    body = [node for node in downgrade.body if not _is_text(node)]
    if body and isinstance(body[0], ast.Raise):
        return body[0].lineno, f"it says `{ast.unparse(body[0])[:80]}`"
    return None


def _is_named(tree: ast.Module, name: str) -> bool:
    """Whether a file binds the name in some other way than by a function of its own."""
    named = ("name", "asname", "id")
    return any(getattr(node, key, None) == name for node in ast.walk(tree) for key in named)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
