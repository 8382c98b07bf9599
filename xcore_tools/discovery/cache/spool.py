"""Bytes that are put aside while a scan runs, so that memory holds facts about files and not the files' facts."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import IO

Place = tuple[int, int]
"""Where something lies in the spool, negative while that is memory, and its size in bytes."""

_HELD = 4 * 1024 * 1024
"""Bytes that stay in memory: a scan of ordinary size writes nothing anywhere."""


class Spool:
    """Memory first, then a temporary file without a name; processes that are forked later can read it as well."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._room = _HELD
        self._file: IO[bytes] | None = None
        self._end = 0

    def put(self, data: bytes) -> Place:
        """Put `data` aside."""
        if len(data) <= self._room or not self._has_file():
            self._room -= len(data)
            self._held.append(data)
            return -len(self._held), len(data)
        place = (self._end, len(data))
        assert self._file is not None
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._end += len(data)
        return place

    def get(self, place: Place) -> bytes:
        """What was put there."""
        start, size = place
        if start < 0:
            return self._held[-start - 1]
        assert self._file is not None
        if hasattr(os, "pread"):  # the position of the file is shared with forked processes
            return os.pread(self._file.fileno(), size, start)
        self._file.seek(start)
        data = self._file.read(size)
        self._file.seek(self._end)
        return data

    def close(self) -> None:
        """Forget everything."""
        self._held.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _has_file(self) -> bool:
        """Whether there is a file by now; where none can be made, memory has to do."""
        if self._file is None:
            with suppress(OSError):
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - as long as the spool
        return self._file is not None
