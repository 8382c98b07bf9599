"""A new revision, written only if it says what it should."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import Script as AlembicScript
from alembic.util import CommandError

from xcore_tools.config import Config
from xcore_tools.database.comparison import Rename
from xcore_tools.errors import MigrationError
from xcore_tools.migrate.autogenerate.differences import described
from xcore_tools.migrate.autogenerate.plugin import DONE_ELSEWHERE
from xcore_tools.migrate.autogenerate.reconciliation import (
    metadatas_of,
    models_in,
    overlooked,
    refusal,
)
from xcore_tools.migrate.autogenerate.renaming import possible_renames

_NO_METADATA = re.compile("does not provide a MetaData object")
_HOOK = "process_revision_directives"
_Hook = Callable[[Any, Any, list[Any]], object]


class Generation:
    """One run of `alembic revision`; what stands in the file is in `operations` and `renames`."""

    def __init__(self, project: Config, *, empty: bool, allow_empty: bool) -> None:
        self.operations: list[str] = []
        self.renames: list[Rename] = []
        self._project = project
        self._is_empty_wanted = empty
        self._may_be_empty = empty or allow_empty

    def write(
        self, config: AlembicConfig, message: str | None, options: dict[str, Any]
    ) -> AlembicScript | list[AlembicScript | None] | None:
        """Write the file.

        Raises:
            MigrationError: it would drop or lack a table of the source, or be empty; there is none.
        """
        config.attributes[DONE_ELSEWHERE] = True
        try:
            return command.revision(
                config,
                message,
                autogenerate=not self._is_empty_wanted,
                process_revision_directives=self._look,
                **options,
            )
        except CommandError as error:
            models = models_in(self._project) if _NO_METADATA.search(str(error)) else ""
            if not models:
                raise
            raise MigrationError(
                f"env.py has no target_metadata, and the source has tables: {models}; "
                "run `xcore-tools sync-env`"
            ) from None

    def _look(self, context: MigrationContext, _revision: Any, directives: list[Any]) -> None:
        """Alembic calls this with what it has found, before the hook of env.py."""
        if self._is_empty_wanted:
            return
        for script in directives:
            for operations in script.upgrade_ops_list[-1:]:  # those of this database
                problems = overlooked(context, operations, self._project)
                if problems:
                    raise MigrationError(refusal(problems))
        theirs = context.opts.get(_HOOK)
        context.opts[_HOOK] = self._after(theirs)

    def _after(self, theirs: _Hook | None) -> _Hook:
        """The hook of env.py, followed by a look at what it has left."""

        def hook(context: MigrationContext, revision: Any, directives: list[Any]) -> None:
            was_found = any(not _is_empty(script) for script in directives)
            if theirs is not None:
                theirs(context, revision, directives)
            self._take(context, directives)
            if not self.operations and not self._may_be_empty:
                raise MigrationError(f"{_reason(context, was_found)}; no revision was written")

        return hook

    def _take(self, context: MigrationContext, directives: Sequence[MigrationScript]) -> None:
        self.operations, self.renames = [], []
        for script in directives:
            for operations in script.upgrade_ops_list:
                self.operations += described(operations.as_diffs())
                self.renames += possible_renames(context, operations.ops)
        if not self.operations and not all(map(_is_empty, directives)):
            self.operations.append("operations of env.py")


def _is_empty(script: MigrationScript) -> bool:
    return all(operations.is_empty() for operations in script.upgrade_ops_list)


def _reason(context: MigrationContext, was_found: bool) -> str:
    if was_found:
        return (
            "process_revision_directives of env.py has removed all that autogenerate found "
            "(--allow-empty writes an empty revision)"
        )
    held = sum(len(metadata.tables) for metadata in metadatas_of(context))
    if not held:
        return (
            "target_metadata holds no table, since env.py imports no model, and the database has "
            "none either; run `xcore-tools sync-env` (--allow-empty writes an empty revision)"
        )
    tables = "table" if held == 1 else "tables"
    return (
        f"the database is as target_metadata ({held} {tables}) says, so there is nothing to write "
        "(--allow-empty writes an empty revision)"
    )
