"""Bytes that are put aside while a scan runs, so that memory holds facts about files and not the files' facts."""

from __future__ import annotations

import os
import tempfile
from typing import IO

__all__ = ["Place", "Spool"]

Place = tuple[int, int]
"""Where something lies in the spool, and its size in bytes."""


class Spool:
    """A temporary file without a name; processes that are forked later can read it as well."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._end = 0

    def put(self, data: bytes) -> Place:
        """Put `data` aside."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - as long as the spool
        place = (self._end, len(data))
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._end += len(data)
        return place

    def get(self, place: Place) -> bytes:
        """What was put there."""
        if self._file is None:
            return b""
        start, size = place
        if hasattr(os, "pread"):  # the position of the file is shared with forked processes
            return os.pread(self._file.fileno(), size, start)
        self._file.seek(start)
        data = self._file.read(size)
        self._file.seek(self._end)
        return data

    def close(self) -> None:
        """Forget everything."""
        if self._file is not None:
            self._file.close()
            self._file = None
