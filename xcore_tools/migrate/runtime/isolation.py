"""A run of env.py leaves the process as it was: logging, streams, directory and import path."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO, TypeVar

from xcore_tools.migrate.runtime.logs import kept_logging

_Result = TypeVar("_Result")
Redact = Callable[[str], str]

_ONE_AT_A_TIME = threading.RLock()
"""Alembic's own context is one per process, and so are all the things that are put back here."""


@contextlib.contextmanager
def isolated(directory: Path, redact: Redact) -> Iterator[None]:
    """Inside, `directory` is the working directory; afterwards all is as before.

    What env.py prints goes to standard error, so that standard output holds results only; neither
    stream nor any log gets to see a secret.
    """
    with (
        _ONE_AT_A_TIME,
        kept_logging(redact),
        _kept_import_path(),
        _redacted_streams(redact),
        contextlib.chdir(directory),
    ):
        yield


def outside_event_loop(call: Callable[[], _Result]) -> _Result:
    """The result of `call`, in a thread of its own where an event loop runs in this one.

    The env.py of an asynchronous engine calls `asyncio.run`, which cannot be nested.
    """
    if not _is_loop_running():
        return call()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@contextlib.contextmanager
def _kept_import_path() -> Iterator[None]:
    before = sys.path[:]
    try:
        yield
    finally:
        sys.path[:] = before


@contextlib.contextmanager
def _redacted_streams(redact: Redact) -> Iterator[None]:
    stream = _RedactedStream(sys.stderr, redact)
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        yield


class _RedactedStream(io.TextIOBase):
    """Passes text on without its secrets."""

    def __init__(self, stream: TextIO, redact: Redact) -> None:
        self._stream = stream
        self._redact = redact

    def write(self, text: str) -> int:
        self._stream.write(self._redact(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding
