"""One file with what scans keep for later ones: believed as a whole, and only if this user wrote it.

The file begins with a signature over the rest, made with a key that lies in the user's own cache
directory. A file that is damaged, cut off, of another version or brought along by a checkout has none that
fits, and counts as empty. It is plain data: reading it runs nothing. It is replaced as a whole, so runs at
the same time see one state or the other, and the last one to end is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import mmap
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from io import BufferedRandom, BufferedReader
from pathlib import Path

import msgspec

__all__ = ["DIRECTORY", "Contents", "load", "save"]

DIRECTORY = ".xcore_tools_cache"

_NAME = "discovery"
_KEY_SIZE = 32
_SIZE_LIMIT = 512 * 1024 * 1024
_MAGIC = b"xcore-tools cache 1\n"
_IGNORE = "# Made by xcore-tools; may be deleted at any time.\n*\n"
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n"
"""Backup programs leave out a directory with this in CACHEDIR.TAG (https://bford.info/cachedir/)."""


class Contents(msgspec.Struct, frozen=True, array_like=True):
    """`wholes` are results of whole scans and `parts` of parts, by what they depend on; `files` are

    what single files told. All are views of the file, which is read where they are.
    """

    wholes: dict[str, memoryview] = {}
    parts: dict[str, memoryview] = {}
    files: memoryview = memoryview(b"\x80")


_CONTENTS = msgspec.msgpack.Decoder(Contents)
_START = len(_MAGIC) + hashlib.blake2b().digest_size
_CHUNK = 1024 * 1024


def load(directory: Path, version: bytes) -> Contents:
    """What the cache in `directory` holds for tools of this `version`; nothing if it cannot be believed."""
    key = _key()
    try:
        with (directory / _NAME).open("rb") as file:
            start = file.read(_START)
            is_ours = key is not None and start.startswith(_MAGIC)
            if not is_ours or not hmac.compare_digest(
                start[len(_MAGIC) :], _signature(file, key or b"", version)
            ):
                return Contents()
            body = memoryview(_mapped(file))[_START:]
    except (OSError, ValueError):
        return Contents()
    try:
        return _CONTENTS.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return Contents()


def _mapped(file: BufferedReader) -> bytes | mmap.mmap:
    """The bytes of a file, in memory only where they are looked at."""
    if os.name == "nt":  # where a file that is mapped cannot be replaced
        file.seek(0)
        return file.read()
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def save(
    directory: Path,
    version: bytes,
    wholes: Mapping[str, Bytes],
    parts: Mapping[str, Bytes],
    files: Iterable[Bytes],
) -> bool:
    """Replace what the cache in `directory` holds; False if it cannot be written, which harms nothing.

    `files` come in pieces, which are written one by one.
    """
    key = _key()
    if key is None:
        return False
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in ((".gitignore", _IGNORE), ("CACHEDIR.TAG", _TAG)):
            if not (directory / name).exists():
                (directory / name).write_text(text, encoding="utf-8")
        descriptor, new = tempfile.mkstemp(dir=directory, prefix=f"{_NAME}.")
        try:
            with os.fdopen(descriptor, "w+b") as file:
                is_written = _write(file, key, version, (wholes, parts), files)
            if is_written:
                Path(new).replace(directory / _NAME)
        finally:
            Path(new).unlink(missing_ok=True)
    except OSError:
        return False
    return is_written


Bytes = bytes | memoryview
_MAP = b"\xdf"
_BIN = b"\xc6"
"""Of a map, and of bytes, in msgpack, with four bytes for how many (https://github.com/msgpack/msgpack)."""


def _write(
    file: BufferedRandom,
    key: bytes,
    version: bytes,
    maps: Iterable[Mapping[str, Bytes]],
    files: Iterable[Bytes],
) -> bool:
    """Write a cache; False if it would become too large."""
    file.write(bytes(_START) + b"\x93")
    for each in maps:
        file.write(_MAP + len(each).to_bytes(4, "big"))
        for name, data in each.items():
            file.write(msgspec.msgpack.encode(name) + _BIN + len(data).to_bytes(4, "big"))
            file.write(data)
    file.write(_BIN + bytes(4))
    begin = file.tell()
    for piece in files:
        file.write(piece)
    size = file.tell() - begin
    if size > _SIZE_LIMIT:
        return False
    file.seek(begin - 4)
    file.write(size.to_bytes(4, "big"))
    file.seek(_START)
    signature = _signature(file, key, version)
    file.seek(0)
    file.write(_MAGIC + signature)
    return True


def _signature(file: BufferedReader | BufferedRandom, key: bytes, version: bytes) -> bytes:
    """The signature of the rest of a file."""
    told = hashlib.blake2b(key=key, person=version[:16])
    while chunk := file.read(_CHUNK):
        told.update(chunk)
    return told.digest()


def _key() -> bytes | None:
    """The user's key, made when it is wanted first; None where it cannot be kept."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    path = Path(home, "xcore-tools", "key")
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            _write_key(path)
        key = path.read_bytes()
        if len(key) == _KEY_SIZE:
            return key
    return None


def _write_key(path: Path) -> None:
    """Write a new key; whoever reads it meanwhile finds all of it or nothing."""
    if path.exists():
        return
    new = path.with_name(f"key.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(_KEY_SIZE))
    try:
        os.link(new, path)
    finally:
        new.unlink()
