"""Find the SQLAlchemy models and tables of a code base without running any of it.

Every public name is loaded when it is first used, so `import xcore_tools` itself costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xcore_tools.config import Config, load_config
    from xcore_tools.database.backup.manager import BackupManager
    from xcore_tools.database.comparison import Comparison, compare_schemas
    from xcore_tools.database.inspection import DatabaseInspector
    from xcore_tools.database.schema import DatabaseSchema
    from xcore_tools.database.sources import read_schema
    from xcore_tools.discovery import discover
    from xcore_tools.discovery.results import (
        Column,
        ColumnType,
        Discovery,
        MetaData,
        Model,
        Problem,
        Relationship,
        Step,
        Structure,
        Table,
        Verdict,
    )
    from xcore_tools.envfile.render import Style
    from xcore_tools.envfile.rewrite import Rewrite
    from xcore_tools.envfile.sync import sync_env
    from xcore_tools.errors import (
        BackupError,
        ConfigError,
        DatabaseError,
        EnvFileError,
        MigrationError,
        NothingToScanError,
        XcoreToolsError,
    )
    from xcore_tools.migrate.facade import Migrations
    from xcore_tools.migrate.facts import Change, Rehearsal, Revision, State, Status
    from xcore_tools.migrate.fleet import Databases
    from xcore_tools.migrate.guard.rehearsal import RehearsalError
    from xcore_tools.migrate.guard.safety import Safety

    __version__: str

__all__ = [
    "BackupError",
    "BackupManager",
    "Change",
    "Column",
    "ColumnType",
    "Comparison",
    "Config",
    "ConfigError",
    "DatabaseError",
    "DatabaseInspector",
    "DatabaseSchema",
    "Databases",
    "Discovery",
    "EnvFileError",
    "MetaData",
    "MigrationError",
    "Migrations",
    "Model",
    "NothingToScanError",
    "Problem",
    "Rehearsal",
    "RehearsalError",
    "Relationship",
    "Revision",
    "Rewrite",
    "Safety",
    "State",
    "Status",
    "Step",
    "Structure",
    "Style",
    "Table",
    "Verdict",
    "XcoreToolsError",
    "__version__",
    "compare_schemas",
    "discover",
    "load_config",
    "read_schema",
    "sync_env",
]

_HOMES = {
    "BackupError": "xcore_tools.errors",
    "BackupManager": "xcore_tools.database.backup.manager",
    "Change": "xcore_tools.migrate.facts",
    "Column": "xcore_tools.discovery.results",
    "ColumnType": "xcore_tools.discovery.results",
    "Comparison": "xcore_tools.database.comparison",
    "Config": "xcore_tools.config",
    "ConfigError": "xcore_tools.errors",
    "DatabaseError": "xcore_tools.errors",
    "DatabaseInspector": "xcore_tools.database.inspection",
    "DatabaseSchema": "xcore_tools.database.schema",
    "Databases": "xcore_tools.migrate.fleet",
    "Discovery": "xcore_tools.discovery.results",
    "EnvFileError": "xcore_tools.errors",
    "MetaData": "xcore_tools.discovery.results",
    "MigrationError": "xcore_tools.errors",
    "Migrations": "xcore_tools.migrate.facade",
    "Model": "xcore_tools.discovery.results",
    "NothingToScanError": "xcore_tools.errors",
    "Problem": "xcore_tools.discovery.results",
    "Rehearsal": "xcore_tools.migrate.facts",
    "RehearsalError": "xcore_tools.migrate.guard.rehearsal",
    "Relationship": "xcore_tools.discovery.results",
    "Revision": "xcore_tools.migrate.facts",
    "Rewrite": "xcore_tools.envfile.rewrite",
    "Safety": "xcore_tools.migrate.guard.safety",
    "State": "xcore_tools.migrate.facts",
    "Status": "xcore_tools.migrate.facts",
    "Step": "xcore_tools.discovery.results",
    "Structure": "xcore_tools.discovery.results",
    "Style": "xcore_tools.envfile.render",
    "Table": "xcore_tools.discovery.results",
    "Verdict": "xcore_tools.discovery.results",
    "XcoreToolsError": "xcore_tools.errors",
    "compare_schemas": "xcore_tools.database.comparison",
    "discover": "xcore_tools.discovery",
    "load_config": "xcore_tools.config",
    "read_schema": "xcore_tools.database.sources",
    "sync_env": "xcore_tools.envfile.sync",
}


def _loaded(name: str) -> object:
    if name == "__version__":
        value: object = importlib.import_module("xcore_tools.version").installed_version()
    elif name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


if not TYPE_CHECKING:  # with it, a type checker would take every misspelt name for good
    __getattr__ = _loaded


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
