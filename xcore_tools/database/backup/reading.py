"""Files that are being read, so that nobody removes them: a lock that ends with its process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xcore_tools.files import check_regular

if sys.platform != "win32":  # where a file that is open cannot be removed anyway
    import fcntl


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Inside, `is_read` is true of the file, for every process."""
    check_regular(path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if sys.platform != "win32":
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def is_read(path: Path) -> bool:
    """Whether a process is reading the file now."""
    if sys.platform == "win32" or not path.is_file():
        return False
    check_regular(path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
