"""Where a schema comes from: a live database, the configured one, an export, an SQLite file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from xcore_tools.config import Config
from xcore_tools.database.inspection import DatabaseInspector
from xcore_tools.database.inspection.selection import selected
from xcore_tools.database.lookup import find_url
from xcore_tools.database.schema import DatabaseSchema, Export
from xcore_tools.database.url import DatabaseUrl, parse_url
from xcore_tools.errors import DatabaseError

__all__ = ["CONFIGURED", "read_schema"]

CONFIGURED = "@"
"""Stands for the configured database."""

_SQLITE = b"SQLite format 3\0"
"""How a database begins: https://www.sqlite.org/fileformat.html"""

_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


def read_schema(
    source: str,
    config: Config,
    *,
    given: str | None = None,
    schemas: Sequence[str] = (),
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> DatabaseSchema:
    """The schema that `source` names: a URL, `@`, an export of `db export`, or an SQLite file.

    `@` is the configured database, or that of `given`.

    Raises:
        ConfigError: `@` is not configured, or a URL is none.
        DatabaseError: there is no such file, it holds no schema, or the database failed.
    """
    wanted = {"include": include, "exclude": exclude}
    if source == CONFIGURED:
        return _inspected(find_url(config, given), schemas, wanted)
    if "://" in source:
        url = parse_url(source, source="the URL", anchor=Path.cwd(), environ=os.environ)
        return _inspected(url, schemas, wanted)
    path = Path(source)
    try:
        with path.open("rb") as file:
            content = file.read(len(_SQLITE))
            if content == _SQLITE:
                url = parse_url("sqlite://", source=source, anchor=Path.cwd(), environ={})
                return _inspected(url.with_database(str(path.resolve())), (), wanted)
            content += file.read()
    except OSError as error:
        raise DatabaseError(
            f"{source}: {error.strerror or error}; give a URL, @, an export or an SQLite file"
        ) from error
    return selected(_of_schemas(_export(source, content), schemas), **wanted)


def _inspected(
    url: DatabaseUrl, schemas: Sequence[str], wanted: dict[str, Sequence[str]]
) -> DatabaseSchema:
    return DatabaseInspector(url).inspect(
        schemas=schemas, include=wanted["include"], exclude=wanted["exclude"]
    )


def _export(source: str, content: bytes) -> DatabaseSchema:
    """An export of this or an older version; a newer one may say what we do not know."""
    for magic, packer in _PACKED.items():
        if content.startswith(magic):
            raise DatabaseError(f"{source}: packed with {packer}; unpack it first")
    try:
        return msgspec.json.decode(content, type=Export)
    except msgspec.ValidationError as error:
        reason = f"not an export that this version can read: {error}"
    except (msgspec.DecodeError, UnicodeDecodeError):
        reason = "neither an export of `db export` nor an SQLite file"
    raise DatabaseError(f"{source}: {reason}; make it anew with `xcore-tools db export`")


def _of_schemas(schema: DatabaseSchema, names: Sequence[str]) -> DatabaseSchema:
    """What of an export is in these schemas; a name that it does not have is the default one's."""
    if not names:
        return schema
    wanted = {name if name in schema.schemas else None for name in names}
    parts = {
        field: tuple(part for part in getattr(schema, field) if part.schema in wanted)
        for field in (
            "extensions",
            "enums",
            "domains",
            "sequences",
            "tables",
            "views",
            "unreadable",
        )
    }
    kept = tuple(name for name in schema.schemas if name in wanted)
    return msgspec.structs.replace(schema, schemas=kept, **parts)
