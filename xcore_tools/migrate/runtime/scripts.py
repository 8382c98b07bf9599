"""Alembic's script directory → revisions as data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from alembic.script import Script as AlembicScript
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError

from xcore_tools.config.files import shown
from xcore_tools.errors import MigrationError
from xcore_tools.files import IrregularFileError, check_regular
from xcore_tools.migrate.facts import Revision


def refuse_irregular(scripts: ScriptDirectory) -> None:
    """Nothing, if every revision is a file: Alembic would wait for a pipe, and read a device for ever.

    Raises:
        MigrationError: one is something else.
    """
    # the public `versions` refuses where there are several
    for place in dict.fromkeys(map(Path, scripts._version_locations)):
        paths = place.rglob("*.py") if scripts.recursive_version_locations else place.glob("*.py")
        for path in sorted(paths):
            try:
                check_regular(path)
            except IrregularFileError as error:
                raise MigrationError(
                    f"{shown(path)}: {error.strerror}; remove it from the revisions"
                ) from error
            except OSError:
                continue  # Alembic says so itself


def revisions_of(
    scripts: ScriptDirectory, current: Iterable[str] | None = None, *, project: Path
) -> tuple[Revision, ...]:
    """Every revision, newest first. `current` are those of the version table, if anybody looked."""
    known = None if current is None else frozenset(current)
    return tuple(revision_of(script, known, project=project) for script in scripts.walk_revisions())


def revision_of(
    script: AlembicScript, current: frozenset[str] | None = None, *, project: Path
) -> Revision:
    """One revision as data; its path is relative to the project."""
    return Revision(
        revision=script.revision,
        down=_as_tuple(script.down_revision),
        message=script.doc or "",
        path=Path(os.path.relpath(script.path, project)).as_posix(),
        depends_on=_as_tuple(script.dependencies),
        branch_labels=tuple(sorted(script.branch_labels)),
        is_head=script.is_head,
        is_branch_point=script.is_branch_point,
        is_current=None if current is None else script.revision in current,
    )


def applied_by(scripts: ScriptDirectory, current: Iterable[str]) -> frozenset[str]:
    """The revisions that a database at `current` has seen: these, what they follow and depend on.

    Names that no file defines are passed over.
    """
    # one at a time: Alembic refuses several of which one lies below another
    return frozenset(
        script.revision
        for name in current
        if _is_known(scripts, name)
        for script in scripts.iterate_revisions(name, "base")
    )


def applied_on_the_way(
    scripts: ScriptDirectory, current: Sequence[str], target: str
) -> tuple[AlembicScript, ...]:
    """What an upgrade to `target` would apply, in this order; nothing where the command will refuse."""
    with suppress(RevisionError):
        return tuple(scripts.iterate_revisions(target, tuple(current), implicit_base=True))[::-1]
    return ()


def reverted_on_the_way(
    scripts: ScriptDirectory, current: Sequence[str], target: str
) -> tuple[AlembicScript, ...]:
    """What a downgrade to `target` would revert, in this order; nothing where it will refuse."""
    at: Any = tuple(current)  # of which Alembic's annotations do not know
    with suppress(RevisionError):
        return tuple(scripts.iterate_revisions(at, target, select_for_downgrade=True))
    return ()


def applied_everywhere(
    scripts: ScriptDirectory, databases: Iterable[Iterable[str]]
) -> frozenset[str]:
    """The revisions that each of several databases has seen."""
    seen = [applied_by(scripts, current) for current in databases]
    return frozenset.intersection(*seen) if seen else frozenset()


def range_of(text: str | None) -> tuple[str, str]:
    """The two ends of a range `base:head` as `-r` of Alembic takes it, either of them optional.

    Raises:
        MigrationError: it has no colon.
    """
    if text is None:
        return "base", "heads"
    base, colon, head = text.strip().partition(":")
    if not colon:
        raise MigrationError(f"{text}: not a range; write for example base:head, or abc123:")
    return base or "base", head or "heads"


def filled(ends: tuple[str, str], current: Iterable[str]) -> tuple[str, str]:
    """A range with the database's own revisions in place of `current`."""
    at = tuple(current)
    base, head = ends
    # Alembic takes several revisions here as well, which its annotations do not say.
    return (
        (at or "base") if base == "current" else base,  # type: ignore[return-value]
        (at or "base") if head == "current" else head,
    )


def _is_known(scripts: ScriptDirectory, revision: str) -> bool:
    """Whether a file defines exactly this revision, not one that begins like it."""
    try:
        return scripts.get_revision(revision).revision == revision
    except CommandError:
        return False


def _as_tuple(value: str | Iterable[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
