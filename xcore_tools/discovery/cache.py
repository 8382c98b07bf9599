"""One file with what scans keep for later ones: read in one go, believed only if this user wrote it.

The file begins with a signature over the rest, made with a key that lies in the user's own cache
directory. A file that is damaged, cut off, of another version or brought along by a checkout has none that
fits, and counts as empty. It is plain data: reading it runs nothing. It is replaced as a whole, so runs at
the same time see one state or the other, and the last one to end is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import tempfile
from contextlib import suppress
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

    what single files told. What is Raw is decoded only when it is asked for.
    """

    wholes: dict[str, msgspec.Raw] = {}
    parts: dict[str, msgspec.Raw] = {}
    files: msgspec.Raw = msgspec.Raw(b"\x80")


_CONTENTS = msgspec.msgpack.Decoder(Contents)


def load(directory: Path, version: bytes) -> Contents:
    """What the cache in `directory` holds for tools of this `version`; nothing if it cannot be believed."""
    key = _key()
    try:
        data = (directory / _NAME).read_bytes()
    except (OSError, ValueError):
        return Contents()
    start = len(_MAGIC) + hashlib.blake2b().digest_size
    body = memoryview(data)[start:]
    signature = data[len(_MAGIC) : start]
    if key is None or not data.startswith(_MAGIC):
        return Contents()
    if not hmac.compare_digest(signature, _signature(body, key, version)):
        return Contents()
    try:
        return _CONTENTS.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return Contents()


def save(directory: Path, version: bytes, contents: Contents) -> bool:
    """Replace what the cache in `directory` holds; False if it cannot be written, which harms nothing."""
    key = _key()
    body = msgspec.msgpack.encode(contents)
    if key is None or len(body) > _SIZE_LIMIT:
        return False
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in ((".gitignore", _IGNORE), ("CACHEDIR.TAG", _TAG)):
            if not (directory / name).exists():
                (directory / name).write_text(text, encoding="utf-8")
        descriptor, new = tempfile.mkstemp(dir=directory, prefix=f"{_NAME}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_MAGIC + _signature(body, key, version))
                file.write(body)
            Path(new).replace(directory / _NAME)
        except BaseException:
            Path(new).unlink(missing_ok=True)
            raise
    except OSError:
        return False
    return True


def _signature(body: bytes | memoryview, key: bytes, version: bytes) -> bytes:
    return hashlib.blake2b(body, key=key, person=version[:16]).digest()


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
