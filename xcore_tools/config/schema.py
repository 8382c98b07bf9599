"""The settings as data: one frozen type per section of config.json, with its defaults."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Annotated, Literal

import msgspec

# No NUL and no lone surrogate: neither can stand in a path, nor be printed.
Text = Annotated[str, msgspec.Meta(min_length=1, pattern="^[^\\x00\\ud800-\\udfff]+$")]
DottedName = Annotated[str, msgspec.Meta(pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)*$")]
Count = Annotated[int, msgspec.Meta(ge=1)]
# One that can be a directory as well.
Name = Annotated[str, msgspec.Meta(pattern=r"^\w[\w.-]*$")]
Compression = Literal["none", "gzip", "zstd"]

LOCK_TIMEOUT = 60.0
"""Seconds that a process waits for others who use the database, unless told otherwise."""

NamedUrls = tuple[tuple[Name, Text], ...]
"""Written as `{name: url}`; kept as pairs, so that settings can be hashed."""

# Names that no user gives to a package of models. A virtual environment of any other name is
# told by its pyvenv.cfg, so that packages called `env` or `build` are not lost.
_EXCLUDED_DIRECTORIES = (
    "__pycache__",
    ".git",
    "node_modules",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".tox",
    ".nox",
    ".venv",
    ".eggs",
    ".hg",
    ".svn",
    "site-packages",
)


class Automigration(msgspec.Struct, frozen=True):
    """The paths to scan: `models` are of origin `core`, each child of `plugins` is a plugin."""

    models: tuple[Text, ...] = ()
    plugins: tuple[Text, ...] = ()


class ModelDiscovery(msgspec.Struct, frozen=True):
    """What a scan looks at, and what it cannot know by itself.

    `bases` are dotted names of declarative bases that cannot be followed statically; `import_roots`
    are directories that module names are relative to, and `exclude_metadata` are collections, such as
    `package.module.Base.metadata`, that belong to another environment.
    """

    plugins_path: Text | None = None
    exclude_directories: tuple[Text, ...] = _EXCLUDED_DIRECTORIES
    include_file_patterns: tuple[Text, ...] = ("*.py",)
    exclude_file_patterns: tuple[Text, ...] = ()
    bases: tuple[DottedName, ...] = ()
    import_roots: tuple[Text, ...] = ()
    exclude_metadata: tuple[Text, ...] = ()


class Backup(msgspec.Struct, frozen=True):
    """When backups are taken, where they go, and how many are kept.

    Those of one database are kept up to `max_backup_files`, and up to `max_backup_age_days` if that
    is set; the newest is always kept.
    """

    auto_backup_before_migration: bool = True
    backup_directory: Text = "backups"
    max_backup_files: Count = 10
    max_backup_age_days: Count | None = None
    backup_name_format: Text = "backup_{timestamp}.db"
    compression: Compression = "none"


class Logger(msgspec.Struct, frozen=True):
    """Where a log of migrations goes; nowhere by default."""

    console: bool = False
    file: Text | None = None


class Migration(msgspec.Struct, frozen=True):
    """The `migration` section. `url` is as written: `${NAME}` is not expanded here.

    `databases` are those of `--all` and `--database`, by name: tenants or shards with the same
    revisions. `schemas` are schemas of the one PostgreSQL database that have revisions of their own.
    """

    url: Text | None = None
    alembic_config: Text = "alembic.ini"
    auto_discover_models: bool = True
    automigration: Automigration = Automigration()
    model_discovery: ModelDiscovery = ModelDiscovery()
    backup: Backup = Backup()
    logger: Logger = Logger()
    databases: NamedUrls = ()
    schemas: tuple[Name, ...] = ()


class Config(msgspec.Struct, frozen=True):
    """All settings of a project.

    `project` is the absolute directory that relative paths start from, `source` the file that the
    settings come from (None: defaults only). `import_roots` are absolute directories, each once:
    those of `model_discovery.import_roots`, then those of Alembic's `prepend_sys_path`. `xcore` is
    the application's own section, untouched.
    """

    project: Path
    source: Path | None = None
    migration: Migration = Migration()
    import_roots: tuple[Path, ...] = ()
    xcore: dict[str, object] = msgspec.field(default_factory=dict)

    @property
    def plugin_paths(self) -> tuple[str, ...]:
        """The directories whose children are plugins, from both keys that can name them."""
        spellings: dict[str, str] = {}
        for path in (
            *self.migration.automigration.plugins,
            self.migration.model_discovery.plugins_path,
        ):
            if path is not None:
                spellings.setdefault(posixpath.normpath(path), path)
        return tuple(spellings.values())

    @property
    def application_url(self) -> str | None:
        """The database URL of the application itself, `xcore.data.url`, as written."""
        data = self.xcore.get("data")
        url = data.get("url") if isinstance(data, dict) else None
        return url if isinstance(url, str) and url else None
