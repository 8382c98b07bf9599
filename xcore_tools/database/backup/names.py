"""Names of backups: made from the configured format, and never a path."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from datetime import datetime

from xcore_tools.config.schema import Compression
from xcore_tools.database.backup.facts import EngineName
from xcore_tools.errors import BackupError, ConfigError

TIMESTAMP = "%Y%m%dT%H%M%SZ"
"""UTC, in ISO 8601's basic form, so that names sort by age."""

_PLACEHOLDERS = ("timestamp", "database", "revision")
_SUFFIXES: dict[Compression, str] = {"none": "", "gzip": ".gz", "zstd": ".zst"}
_ENDINGS: dict[EngineName, str] = {"sqlite": ".db", "postgresql": ".dump", "mysql": ".sql"}
# what the default format ends with, and what no dump of a server is
_DATABASE_FILE = ".db"
_LONGEST = 60
_KEY = "migration.backup.backup_name_format"


def made(
    form: str,
    *,
    created: datetime,
    engine: EngineName,
    database: str,
    revisions: Sequence[str],
    compression: Compression,
) -> str:
    """The name that `form` gives, with the ending of the compression.

    A form that ends in `.db` ends in what the file is: `.dump` for the custom format of pg_dump,
    which is compressed inside, `.sql` for the statements of MariaDB and MySQL.

    Raises:
        ConfigError: `form` has a placeholder that nobody knows, or gives no name of a file.
    """
    values = {
        "timestamp": created.strftime(TIMESTAMP),
        "database": _plain(database) or "database",
        "revision": _plain("+".join(revisions)) or "none",
    }
    try:
        used = [field for _, field, _, _ in string.Formatter().parse(form) if field is not None]
        unknown = [field for field in used if field not in _PLACEHOLDERS]
        if unknown:
            known = ", ".join(f"{{{name}}}" for name in _PLACEHOLDERS)
            raise ConfigError([f"{_KEY}: unknown placeholder {{{unknown[0]}}}; there are {known}"])
        name = _typed(form.format_map(values), engine)
        name += "" if engine == "postgresql" else _SUFFIXES[compression]
    except (ValueError, KeyError) as error:
        raise ConfigError([f"{_KEY}: {error}; write for example backup_{{timestamp}}.db"]) from None
    try:
        return checked(name)
    except BackupError as error:
        raise ConfigError([f"{_KEY}: {error}"]) from None


def checked(name: str) -> str:
    """`name` itself, if it can be that of a backup.

    Raises:
        BackupError: it is a path, or a name that has another meaning.
    """
    if name in {"", ".", ".."} or re.search(r"[/\\\0]", name):
        raise BackupError(f"{name!r} is not the name of a backup; give a name, without directories")
    if name.startswith("."):
        raise BackupError(f"{name!r} is not the name of a backup: it begins with a dot")
    if name.endswith(".json"):
        raise BackupError(f"{name!r} is not the name of a backup: manifests end in .json")
    return name


def numbered(name: str, number: int) -> str:
    """`backup_2.db` for `backup.db`: what a second backup of the same name is called."""
    stem, dot, suffix = name.partition(".")
    return name if number == 1 else f"{stem}_{number}{dot}{suffix}"


def _typed(name: str, engine: EngineName) -> str:
    """`name` with the ending of the engine, if it has that of an SQLite file."""
    stem = name.removesuffix(_DATABASE_FILE)
    return name if stem == name else stem + _ENDINGS[engine]


def _plain(text: str) -> str:
    return re.sub(r"[^\w.+-]", "_", text).strip(".")[:_LONGEST]
