"""Where a schema comes from: a live database, the configured one, an export, an SQLite file."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from xcore_tools.config import Config
from xcore_tools.config.schema import Compression
from xcore_tools.database.backup.compression import damage, opened
from xcore_tools.database.declared import declared_schema
from xcore_tools.database.inspection import DatabaseInspector
from xcore_tools.database.inspection.selection import selected
from xcore_tools.database.lookup import find_url
from xcore_tools.database.schema import DatabaseSchema, Export
from xcore_tools.database.url import DatabaseUrl, parse_url
from xcore_tools.discovery import discover
from xcore_tools.errors import DatabaseError
from xcore_tools.files import open_regular, read_regular

CONFIGURED = "@"
"""Stands for the configured database."""

SOURCE = "@source"
"""Stands for the models and tables of the project, read without importing them."""

MIGRATIONS = "@migrations"
"""Stands for what the revisions of the project make of an empty database; who runs them, gives its URL."""

_SQLITE = b"SQLite format 3\0"
"""How a database begins: https://www.sqlite.org/fileformat.html"""

_PACKED: dict[bytes, Compression] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""https://www.rfc-editor.org/rfc/rfc1952 and https://www.rfc-editor.org/rfc/rfc8878"""

# How a dump begins: of pg_dump in its custom and tar formats, and as statements of any engine.
_DUMPS = (b"PGDMP", b"toc.dat\0", b"--", b"/*", b"PRAGMA ", b"BEGIN", b"CREATE ")
_TOC = "toc.dat"
"""The table of contents in a directory of `pg_dump -Fd`."""

_LIMIT = 512 * 1024 * 1024
"""Bytes of an export."""

_ACCEPTED = "a URL, @, an export or an SQLite file"


def read_sides(  # noqa: PLR0913 (two of what `read_schema` takes)
    before: str | DatabaseUrl,
    after: str | DatabaseUrl,
    config: Config,
    *,
    given: str | None = None,
    schemas: Sequence[str] = (),
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> tuple[DatabaseSchema, DatabaseSchema]:
    """Both sides of a comparison, of which one may be `@source`: the project that `config` describes.

    What the source leaves open is as it is on the other side.

    Raises:
        ConfigError: as `read_schema`.
        DatabaseError: as `read_schema`; or both sides are the source.
        NothingToScanError: the project has no Python file.
    """
    wanted: dict[str, Any] = {
        "given": given,
        "schemas": schemas,
        "include": include,
        "exclude": exclude,
    }
    if SOURCE not in (before, after):
        return read_schema(before, config, **wanted), read_schema(after, config, **wanted)
    if before == after:
        raise DatabaseError(f"{SOURCE} can be compared with {_ACCEPTED}, not with itself")
    other = read_schema(after if before == SOURCE else before, config, **wanted)
    declared = declared_schema(discover(config=config, columns=True), other)
    declared = selected(_of_schemas(declared, schemas), include=include, exclude=exclude)
    return (declared, other) if before == SOURCE else (other, declared)


def read_schema(
    source: str | DatabaseUrl,
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
    if isinstance(source, DatabaseUrl):
        return _inspected(source, schemas, wanted)
    if source == CONFIGURED:
        return _inspected(find_url(config, given), schemas, wanted)
    if "://" in source:
        url = parse_url(source, source="the URL", anchor=Path.cwd(), environ=os.environ)
        return _inspected(url, schemas, wanted)
    with _plain(source) as path:
        with open_regular(path) as file:
            is_sqlite = file.read(len(_SQLITE)) == _SQLITE
        if is_sqlite:
            url = parse_url("sqlite://", source=source, anchor=Path.cwd(), environ={})
            return _inspected(url.with_database(str(path.resolve())), (), wanted)
        try:
            content = read_regular(path, _LIMIT)
        except OSError as error:
            raise DatabaseError(f"{source}: {error.strerror or error}; give {_ACCEPTED}") from error
    return selected(_of_schemas(_export(source, content), schemas), **wanted)


@contextmanager
def _plain(source: str) -> Iterator[Path]:
    """The file itself; for one that is packed, a temporary one with what is in it."""
    path = Path(source)
    if path.is_dir():
        if (path / _TOC).is_file():
            raise _no_schema(source)
        raise DatabaseError(f"{source}: a directory; give {_ACCEPTED}")
    try:
        with open_regular(path) as file:
            start = file.read(4)
    except OSError as error:
        raise DatabaseError(f"{source}: {error.strerror or error}; give {_ACCEPTED}") from error
    packer = next((name for magic, name in _PACKED.items() if start.startswith(magic)), None)
    if packer is None:
        yield path
        return
    with tempfile.TemporaryDirectory() as place:
        plain = Path(place, path.name)
        try:
            with opened(path, packer) as packed, plain.open("wb") as file:
                shutil.copyfileobj(packed, file)
        except damage(packer) as error:
            raise DatabaseError(f"{source}: cannot be unpacked: {error}") from error
        yield plain


def _inspected(
    url: DatabaseUrl, schemas: Sequence[str], wanted: dict[str, Sequence[str]]
) -> DatabaseSchema:
    return DatabaseInspector(url).inspect(
        schemas=schemas, include=wanted["include"], exclude=wanted["exclude"]
    )


def _export(source: str, content: bytes) -> DatabaseSchema:
    """An export of this or an older version; a newer one may say what we do not know."""
    if content.startswith(_DUMPS):
        raise _no_schema(source)
    try:
        return msgspec.json.decode(content, type=Export)
    except msgspec.ValidationError as error:
        reason = f"not an export that this version can read: {error}"
    except (msgspec.DecodeError, UnicodeDecodeError):
        reason = "neither an export of `db export` nor an SQLite file"
    raise DatabaseError(f"{source}: {reason}; make it anew with `xcore-tools db export`")


def _no_schema(source: str) -> DatabaseError:
    return DatabaseError(
        f"{source}: a dump, which only its engine can read; restore it into an empty database "
        "and give the URL of that one"
    )


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
