"""What is looked at before a database is changed, while its lock is held."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from xcore_tools.database.backup.manager import BackupManager
from xcore_tools.errors import MigrationError
from xcore_tools.migrate.facts import Rehearsal, Revision
from xcore_tools.migrate.guard.irreversible import backup_before, refuse_irreversible
from xcore_tools.migrate.guard.rehearsal import RehearsalError, rehearsed
from xcore_tools.migrate.guard.safety import manager_of
from xcore_tools.migrate.runtime.environment import Environment, Observed


class Preparation:
    """For one command of an environment: `revision` is where it leads to."""

    def __init__(
        self,
        environment: Environment,
        revision: str,
        tag: str | None,
        *,
        allow_loss: bool = False,
        accept_loss: bool = False,
    ) -> None:
        self._environment = environment
        self._revision = revision
        self._tag = tag
        self._allow_loss = allow_loss
        self._accept = accept_loss

    def answer(self, seen: Sequence[Observed]) -> Rehearsal:
        """What an upgrade does to a copy."""
        if len(seen) != 1:
            raise MigrationError(
                "env.py connects to several databases; a rehearsal takes one that --url can name"
            )
        manager = manager_of(self._environment.config, seen[0])
        if manager is None:
            raise MigrationError(f"{seen[0].url}: it cannot be copied, so there is no rehearsal")
        return rehearsed(self._environment, seen[0], manager, self._revision, tag=self._tag)

    def rehearse(self, seen: Sequence[Observed], _todo: Sequence[Revision]) -> Rehearsal:
        """The same, as a condition.

        Raises:
            RehearsalError: it has failed, or lost data although that is not allowed.
        """
        answer = self.answer(seen)
        judged = msgspec.structs.replace(answer, schema_losses=()) if self._accept else answer
        if not (judged.is_sound if self._allow_loss else judged.is_clean):
            raise RehearsalError(answer)
        return answer

    def refuse_irreversible(self, seen: Sequence[Observed], todo: Sequence[Revision]) -> None:
        """Raise if a revision to be reverted cannot be; the error names the backup to restore."""
        refuse_irreversible(todo, self._environment.config.project, self._managers(seen))

    def backup_before(self, seen: Sequence[Observed], todo: Sequence[Revision], failed: str) -> str:
        """Which backup holds what was before a revision that could not be reverted."""
        return backup_before(todo, failed, self._managers(seen))

    def _managers(self, seen: Sequence[Observed]) -> list[BackupManager]:
        managers = (manager_of(self._environment.config, each) for each in seen)
        return [manager for manager in managers if manager is not None]
