"""Files with what scans keep for later ones, each believed as a whole, and only if this user wrote it.

A file begins with a signature over the rest, made with a key that lies in the user's own cache
directory. A file that is damaged, cut off, of another version or brought along by a checkout has none that
fits, and counts as empty. It is plain data, names and bytes: reading it runs nothing. It is replaced as a whole,
so runs at the same time see one state or the other, and the last one to end is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import mmap
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from io import BufferedRandom, BufferedReader
from pathlib import Path

import msgspec

DIRECTORY = ".xcore_tools_cache"

Bytes = bytes | memoryview

_KEY_SIZE = 32
_SIZE_LIMIT = 512 * 1024 * 1024
_MAGIC = b"xcore-tools cache 1\n"
_IGNORE = "# Made by xcore-tools; may be deleted at any time.\n*\n"
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n"
"""Backup programs leave out a directory with this in CACHEDIR.TAG (https://bford.info/cachedir/)."""

_ENTRIES = msgspec.msgpack.Decoder(dict[str, memoryview])
_START = len(_MAGIC) + hashlib.blake2b().digest_size
_CHUNK = 1024 * 1024
_MAP = b"\xdf"
_BIN = b"\xc6"
"""Of a map, and of bytes, in msgpack, with four bytes for how many (https://github.com/msgpack/msgpack)."""


def load(place: Path, version: bytes) -> dict[str, memoryview]:
    """What the file at `place` holds for tools of this `version`; nothing if it cannot be believed.

    The bytes are read where they are: what nobody looks at takes no memory.
    """
    key = _key()
    if key is None:
        return {}
    try:
        with place.open("rb") as file:
            start = file.read(_START)
            signature = start[len(_MAGIC) :]
            if not start.startswith(_MAGIC) or not hmac.compare_digest(
                signature, _signature(file, key, version)
            ):
                return {}
            body = memoryview(_mapped(file))[_START:]
        return _ENTRIES.decode(body)
    except (OSError, ValueError, msgspec.DecodeError):
        return {}


def _mapped(file: BufferedReader) -> bytes | mmap.mmap:
    if os.name == "nt":  # where a file that is mapped cannot be replaced
        file.seek(0)
        return file.read()
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def save(place: Path, version: bytes, entries: Mapping[str, Iterable[Bytes]]) -> bool:
    """Replace the file at `place`; False if it cannot be written, which harms nothing.

    The bytes of an entry come in pieces, which are written one by one.
    """
    key = _key()
    if key is None:
        return False
    new = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        for name, text in ((".gitignore", _IGNORE), ("CACHEDIR.TAG", _TAG)):
            if not (place.parent / name).exists():
                (place.parent / name).write_text(text, encoding="utf-8")
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC | _BINARY, 0o600)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                is_written = _write(file, key, version, entries)
            if is_written:
                new.replace(place)
        finally:
            new.unlink(missing_ok=True)
    except OSError:
        return False
    return is_written


_BINARY = getattr(os, "O_BINARY", 0)


def _write(
    file: BufferedRandom, key: bytes, version: bytes, entries: Mapping[str, Iterable[Bytes]]
) -> bool:
    """Write a cache; False if it would become too large."""
    file.write(bytes(_START) + _MAP + len(entries).to_bytes(4, "big"))
    for name, pieces in entries.items():
        file.write(msgspec.msgpack.encode(name) + _BIN + bytes(4))
        begin = file.tell()
        for piece in pieces:
            file.write(piece)
        end = file.tell()
        if end > _SIZE_LIMIT:
            return False
        file.seek(begin - 4)
        file.write((end - begin).to_bytes(4, "big"))
        file.seek(end)
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
