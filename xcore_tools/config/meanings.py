"""What each key of config.json means: for editors, which show it, and for the documentation."""

from __future__ import annotations

import msgspec

from xcore_tools.config.schema import Automigration, Backup, Logger, Migration, ModelDiscovery

MEANINGS: dict[type[msgspec.Struct], dict[str, str]] = {
    Migration: {
        "url": (
            "The database, unless `--url`, XCORE_TOOLS_DATABASE_URL or DATABASE_URL names it. "
            "`${NAME}` is read from the environment."
        ),
        "alembic_config": "The ini file of Alembic, relative to the project.",
        "auto_discover_models": (
            "Whether `migrate` compares `target_metadata` with the models in the source "
            "before it writes a revision or creates tables."
        ),
        "automigration": "Where models are; without it, the whole project is scanned.",
        "model_discovery": "What a scan looks at.",
        "backup": "Backups: when, where, how many.",
        "logger": "A log of what `migrate` does.",
        "databases": (
            "Databases with the same revisions, such as tenants: name → URL. "
            "`migrate … --all` takes all of them, `--database NAME` takes one."
        ),
        "schemas": (
            "Schemas of one PostgreSQL database that have revisions of their own; "
            "for `--all` and `--database` like databases."
        ),
    },
    Automigration: {
        "models": "Files and directories of the application itself, relative to the project.",
        "plugins": "Directories whose children are plugins; each is an origin of its own.",
    },
    ModelDiscovery: {
        "plugins_path": "One more directory of plugins.",
        "exclude_directories": (
            "Names or patterns of directories that are not entered. A virtual environment is told "
            "by its pyvenv.cfg, whatever its name; `.gitignore` files count as well."
        ),
        "include_file_patterns": "Patterns of the files that are scanned.",
        "exclude_file_patterns": (
            "Patterns of files whose models are not reported. "
            "They may still be read, to follow a name that leads through them."
        ),
        "bases": (
            "Dotted names of declarative bases that cannot be followed, "
            "because the package that defines them is not part of the project."
        ),
        "import_roots": (
            "Directories that module names are relative to. Without it they are told by packaging "
            "files, Alembic's settings, `sys.path` in env.py, and by what the code imports itself."
        ),
        "exclude_metadata": (
            "MetaData collections that belong to another environment, such as "
            "`package.module.Base.metadata`: their models and tables are left out."
        ),
    },
    Backup: {
        "auto_backup_before_migration": (
            "Whether `migrate upgrade` and `migrate downgrade` take a backup first "
            "if they have anything to do."
        ),
        "backup_directory": "Where backups are, relative to the project.",
        "max_backup_files": "How many backups of one database are kept; the newest always is.",
        "max_backup_age_days": "How many days a backup is kept; null means without limit.",
        "backup_name_format": (
            "The name of the file. `{timestamp}`, `{database}` and `{revision}` are filled in."
        ),
        "compression": "How files are packed; PostgreSQL's format has its own compression.",
    },
    Logger: {
        "console": "Whether the log is printed to standard error.",
        "file": "A file that the log is appended to, relative to the project.",
    },
}
"""Type of a section → key → what it means, in Markdown."""
