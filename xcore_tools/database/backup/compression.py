"""Files that are compressed while they are written, and hashed as they lie on the disk."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import os
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from xcore_tools.config.schema import Compression
from xcore_tools.errors import BackupError
from xcore_tools.files import check_regular, open_regular

CHUNK = 1 << 20
"""Bytes that are read or written at a time."""

_GZIP_LEVEL = 6
_STRIDE = 32 << 20
"""Bytes after which what is written so far is sent to the disk, so that the end need not wait."""


class Output(RawIOBase):
    """A new file that only its owner may read; `size` and `sha256` are known when it is closed."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        self._hash = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1)
        self._flushed: Future[None] | None = None
        self._next_flush = _STRIDE
        self.size = 0

    @property
    def sha256(self) -> str:
        """Of all that was written so far, in hexadecimal digits."""
        return self._hash.hexdigest()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Write all of `data`."""
        left = memoryview(data)
        self._hash.update(left)
        self.size += len(left)
        while left:
            left = left[self._file.write(left) :]
        if self.size >= self._next_flush:
            self._flush_meanwhile()
        return len(data)

    def close(self) -> None:
        """Close it, after the bytes have reached the disk."""
        if not self._file.closed:
            try:
                if self._flushed is not None:
                    self._flushed.result()
                os.fsync(self._file.fileno())
            finally:
                self._pool.shutdown()
                self._file.close()
        super().close()

    def _flush_meanwhile(self) -> None:
        if self._flushed is not None:
            if not self._flushed.done():
                return
            self._flushed.result()  # an error is told once only
        self._flushed = self._pool.submit(os.fsync, self._file.fileno())
        self._next_flush = self.size + _STRIDE


@contextmanager
def written(path: Path, compression: Compression) -> Iterator[tuple[IO[bytes], Output]]:
    """A new file at `path`: where to write, and the file that this fills.

    Raises:
        BackupError: nothing here can compress in that way.
    """
    output = Output(path)
    try:
        match compression:
            case "none":
                yield output, output  # type: ignore[misc]
            case "gzip":
                with gzip.GzipFile("", "wb", _GZIP_LEVEL, output, mtime=0) as stream:
                    yield stream, output  # type: ignore[misc]
            case "zstd":
                with _zstd().open(output, "wb") as stream:
                    yield stream, output
    finally:
        output.close()


def opened(path: Path, compression: Compression) -> IO[bytes]:
    """What was written at `path`, without the compression."""
    check_regular(path)
    match compression:
        case "none":
            return open_regular(path)
        case "gzip":
            return gzip.open(path, "rb")  # type: ignore[return-value]
        case "zstd":
            stream: IO[bytes] = _zstd().open(path, "rb")
            return stream


def damage(compression: Compression) -> tuple[type[Exception], ...]:
    """What reading a file that is damaged or cut off may raise."""
    match compression:
        case "none":
            return (OSError,)
        case "gzip":
            return (OSError, EOFError, zlib.error)
        case "zstd":
            return (OSError, EOFError, _zstd().ZstdError)


def require(compression: Compression) -> None:
    """Nothing, if this can be compressed here.

    Raises:
        BackupError: it cannot; the message says what to install.
    """
    if compression == "zstd":
        _zstd()


def sha256_of(path: Path) -> str:
    """The sha256 of the file, in hexadecimal digits."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _zstd() -> ModuleType:
    """The module of Python 3.14 or its backport, which have the same functions (PEP 784)."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise BackupError(
        "zstd needs Python 3.14 or a package; run `pip install 'xcore-tools[zstd]'`, "
        'or set migration.backup.compression to "gzip"'
    )
