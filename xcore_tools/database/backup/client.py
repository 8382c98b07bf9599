"""The client programs of a server: found, asked for their version, and run as one end of a pipe.

What is read or written goes through this process. When it is killed the pipes close, and so the
programs end as well: none goes on writing a backup, or restoring half of one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from xcore_tools.database.backup.compression import CHUNK
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError

_SHOWN = 3
_NOISE = re.compile(r"^(?:hint|detail|context|location|line \d+):", re.IGNORECASE)


class Program:
    """A program that runs, with both ends of its pipes."""

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes], url: DatabaseUrl):
        self._process = process
        self._errors = errors
        self._url = url
        self._name = os.path.basename(str(process.args[0]))  # type: ignore[index]  # noqa: PTH119

    def chunks(self) -> Iterator[bytes]:
        """All that it writes.

        Raises:
            BackupError: it failed, after what it had written.
        """
        assert self._process.stdout
        while chunk := self._process.stdout.read1(CHUNK):  # type: ignore[attr-defined]
            yield chunk
        self.finish()

    def feed(self, data: bytes) -> None:
        """Write all of `data` to it.

        Raises:
            BackupError: it has failed meanwhile.
        """
        assert self._process.stdin
        try:
            self._process.stdin.write(data)
        except BrokenPipeError:
            self.finish()
            raise self._failed("it ended too early") from None

    def finish(self) -> None:
        """Close its input and wait for its end.

        Raises:
            BackupError: it failed; the message is what it said, without secrets.
        """
        if self._process.stdin:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        status = self._process.wait()
        if status:
            raise self._failed(f"exit code {status}" if status > 0 else f"signal {-status}")

    def _failed(self, reason: str) -> BackupError:
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace")
        lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
        faults = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
        shown = (faults or [line for line in lines if not _NOISE.match(line)])[:_SHOWN]
        text = self._url.redacted("; ".join(shown) or reason)
        return BackupError(f"{self._url}: {self._name} failed: {text}")


@contextmanager
def running(
    command: Sequence[str], url: DatabaseUrl, environ: Mapping[str, str], *, stdin: int | IO[bytes]
) -> Iterator[Program]:
    """A program whose output is read here; it is killed if the block ends before it does."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            env={**environ, "LC_ALL": "C.UTF-8"},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # an interrupt is for us to answer
            pipesize=CHUNK,  # where the system can; fewer turns between the two processes
        )
        try:
            yield Program(process, errors, url)
        finally:
            if process.poll() is None:
                process.kill()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe:
                        pipe.close()
            process.wait()


def find_program(names: Sequence[str], package: str) -> str:
    """The path of the first of `names` that is installed.

    Raises:
        BackupError: none is; the message says which package has them.
    """
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise BackupError(f"{' or '.join(names)} is not installed; install {package}")


def version_of(program: str) -> str:
    """What the program says about itself, in one line."""
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BackupError(f"{program}: cannot be run: {error}") from error
    return " ".join(done.stdout.split())
