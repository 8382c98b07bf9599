"""The check of `migrate generate` for plain `alembic revision --autogenerate` and `alembic check`.

Alembic (1.18 and later) loads it by its entry point, and runs it unless env.py passes
`autogenerate_plugins=["alembic.autogenerate.*", "~alembic.autogenerate.xcore_tools"]`.
https://alembic.sqlalchemy.org/en/latest/api/plugins.html
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

# Nothing of Alembic here: it is being imported when this is, and nothing that takes time.
if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin
    from alembic.util import PriorityDispatchResult

DONE_ELSEWHERE = "xcore_tools.reconciled"
"""An attribute of Alembic's Config that tells that the caller compares by itself."""


def setup(plugin: Plugin) -> None:
    """Have every comparison end with a look at the source."""
    from alembic.util import DispatchPriority  # noqa: PLC0415 (see above)

    plugin.add_autogenerate_comparator(_compare, "autogenerate", priority=DispatchPriority.LAST)


def _compare(autogen: AutogenContext, operations: UpgradeOps) -> PriorityDispatchResult:
    """Raises CommandError where a table of the source would be dropped or left out."""
    from alembic.util import CommandError, PriorityDispatchResult  # noqa: PLC0415

    from xcore_tools.config import load_config  # noqa: PLC0415
    from xcore_tools.errors import ConfigError  # noqa: PLC0415
    from xcore_tools.migrate.autogenerate.reconciliation import overlooked, refusal  # noqa: PLC0415

    context = autogen.migration_context
    environment = context.environment_context
    # without an env.py, somebody compares by an interface of Alembic for purposes of his own
    if environment is None or DONE_ELSEWHERE in environment.config.attributes:
        return PriorityDispatchResult.CONTINUE
    ini = environment.config.config_file_name
    try:
        config = load_config(start=Path(ini).parent if ini else None)
    except ConfigError as error:
        raise CommandError(str(error)) from error
    problems = overlooked(context, operations, config)
    if problems:
        raise CommandError(refusal(problems))
    return PriorityDispatchResult.CONTINUE
