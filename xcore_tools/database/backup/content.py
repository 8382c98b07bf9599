"""What is in a file without a manifest, as its first bytes tell."""

from __future__ import annotations

from pathlib import Path

from xcore_tools.config.files import shown
from xcore_tools.config.schema import Compression
from xcore_tools.database.backup.compression import damage, opened
from xcore_tools.database.backup.facts import EngineName
from xcore_tools.errors import BackupError

_PACKED: tuple[tuple[bytes, Compression], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
# https://www.sqlite.org/fileformat.html, pg_backup_archiver.c of PostgreSQL, and the first lines
# that the dump programs of MariaDB and MySQL write
_KINDS: tuple[tuple[tuple[bytes, ...], EngineName], ...] = (
    ((b"SQLite format 3\0",), "sqlite"),
    ((b"PGDMP",), "postgresql"),
    ((b"-- MariaDB dump", b"-- MySQL dump", b"/*M!999999", b"/*!999999"), "mysql"),
)
_LONGEST = 32


def content_of(path: Path) -> tuple[EngineName, Compression]:
    """The engine that has written the file, and how it is compressed.

    Raises:
        BackupError: the first bytes are of nothing that can be restored.
    """
    with path.open("rb") as file:
        start = file.read(_LONGEST)
    packing: Compression = "none"
    for mark, kind in _PACKED:
        packing = kind if start.startswith(mark) else packing
    if packing != "none":
        try:
            with opened(path, packing) as stream:
                start = stream.read(_LONGEST)
        except damage(packing) as error:
            raise BackupError(f"{shown(path)}: {error}") from error
    for marks, engine in _KINDS:
        if start.startswith(marks):
            return engine, packing
    raise BackupError(
        f"{shown(path)} is no backup: it is neither an SQLite database, nor a dump of pg_dump's "
        "custom format, nor one of MariaDB or MySQL"
    )
