"""What ends a run: one base class, one child for each thing that can be wrong."""

from __future__ import annotations

from collections.abc import Iterable


class XcoreToolsError(Exception):
    """Base of every error that xcore-tools raises on purpose."""


class ConfigError(XcoreToolsError):
    """Indicates that the configuration cannot be used.

    `faults` holds every fault that was found, each saying what, where and what to do.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class EnvFileError(XcoreToolsError):
    """Indicates that an env.py cannot be rewritten; it is left as it was."""


class NothingToScanError(XcoreToolsError):
    """Indicates that no Python file lies below the given paths."""


class DatabaseError(XcoreToolsError):
    """Indicates that a database cannot be reached or used. The message holds no password."""


class MigrationError(XcoreToolsError):
    """Indicates that a migration was refused or failed. The message holds no password."""


class BackupError(XcoreToolsError):
    """Indicates that a backup cannot be taken, trusted or restored."""
