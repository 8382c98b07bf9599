"""Files with what scans keep for later ones, each believed as a whole, and only if this user wrote it.

A file begins with a signature over the rest, made with a key that lies in the user's own cache
directory. A file that is damaged, cut off, of another version or brought along by a checkout has none that
fits, and counts as empty. It is plain data, names and bytes: reading it runs nothing. It is replaced as a whole,
so runs at the same time see one state or the other, and the last one to end is kept. The directory may come
from a stranger's checkout: no link in it is followed, and nothing but a regular file is opened.
"""

from __future__ import annotations

import hashlib
import hmac
import mmap
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedRandom, BufferedReader
from pathlib import Path

import msgspec

from xcore_tools.files import NOFOLLOW, open_own, read_regular

DIRECTORY = ".xcore_tools_cache"

Bytes = bytes | memoryview

_KEY_SIZE = 32
_SIZE_LIMIT = 512 * 1024 * 1024
_MAGIC = b"xcore-tools cache 1\n"
_LEFTOVER = 3600.0
"""Seconds after which nobody is writing a file any more."""
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
        with (
            _opened(place.parent) as directory,
            open_own(place.name, directory, place.parent) as file,
        ):
            if os.fstat(file.fileno()).st_size > _SIZE_LIMIT + _START:
                return {}
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
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _opened(place.parent) as directory:
            for name, text in ((".gitignore", _IGNORE), ("CACHEDIR.TAG", _TAG)):
                with suppress(FileExistsError), _made(place.with_name(name), directory) as file:
                    file.write(text.encode())
            _remove_leftovers(place, directory)
            return _replaced(place, directory, lambda file: _write(file, key, version, entries))
    except OSError:
        return False


def _replaced(place: Path, directory: int | None, write: Callable[[BufferedRandom], bool]) -> bool:
    """Put a new file into the place of what is there, be it a link, if `write` says that it is whole."""
    new = place.with_name(f"{place.name}.{secrets.token_hex(8)}")
    target = _named(place, directory)
    try:
        with _made(new, directory) as file:
            is_written = write(file)
        if is_written:
            os.replace(_named(new, directory), target, src_dir_fd=directory, dst_dir_fd=directory)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(_named(new, directory), dir_fd=directory)
    return is_written


@contextmanager
def _opened(directory: Path) -> Iterator[int | None]:
    """The directory, which no link leads to, as a descriptor; None where systems know no such thing.

    Nothing that somebody puts into the place of the directory meanwhile is met by what follows.

    Raises:
        OSError: it is none.
    """
    if not _HAS_DESCRIPTORS:
        if directory.is_symlink():
            raise NotADirectoryError(directory)
        yield None
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _named(path: Path, directory: int | None) -> str:
    """The path as functions want it that are given the descriptor of its directory, or None."""
    return str(path) if directory is None else path.name


def _made(path: Path, directory: int | None) -> BufferedRandom:
    """A new file, for its owner alone.

    Raises:
        FileExistsError: something has the name, be it a link to nothing.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | NOFOLLOW | _BINARY
    return os.fdopen(os.open(_named(path, directory), flags, 0o600, dir_fd=directory), "w+b")


def _remove_leftovers(place: Path, directory: int | None) -> None:
    """Remove what runs left beside the file that were killed long ago."""
    for name in os.listdir(place.parent if directory is None else directory):  # noqa: PTH208
        if name.startswith(f"{place.name}."):
            path = _named(place.with_name(name), directory)
            with suppress(OSError):
                status = os.stat(path, dir_fd=directory, follow_symlinks=False)
                if status.st_mtime < time.time() - _LEFTOVER:
                    os.unlink(path, dir_fd=directory)


_HAS_DESCRIPTORS = {os.open, os.rename, os.stat, os.unlink} <= os.supports_dir_fd
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
        key = read_regular(path, _KEY_SIZE)
        if len(key) == _KEY_SIZE:
            return key
    return None


def _write_key(path: Path) -> None:
    """Write a new key; whoever reads it meanwhile finds all of it or nothing."""
    if path.exists():
        return
    new = path.with_name(f"key.{secrets.token_hex(8)}")
    with _made(new, None) as file:
        file.write(secrets.token_bytes(_KEY_SIZE))
    try:
        os.link(new, path)
    finally:
        new.unlink()
