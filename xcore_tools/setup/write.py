"""The steps of a plan, done: each file is there whole, or as it was."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from xcore_tools.config.files import shown
from xcore_tools.durable import flush_directory
from xcore_tools.envfile.write import locked, replace_file
from xcore_tools.errors import EnvFileError
from xcore_tools.setup.facts import Change, Step

_MODE = 0o666


def write_step(step: Step, project: Path) -> None:
    """Write every file of a step.

    Raises:
        EnvFileError: a file changed since it was looked at, or cannot be written; files of the
            step that came before it are written.
    """
    try:
        for directory in step.directories:
            (project / directory).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvFileError(f"{shown(project)}: cannot be written to: {error.strerror}") from error
    for change in step.changes:
        _write(change, project / change.path)


def _write(change: Change, path: Path) -> None:
    if change.before is None:
        _create(path, change.after)
        return
    with locked(path):
        replace_file(path, change.after, expected=change.before)


def _create(path: Path, content: bytes) -> None:
    """Make a file with the mode that the user's mask leaves; never over one that is there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(".xcore-tools.tmp", f".{path.name}.", path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                temporary.chmod(_MODE & ~_mask())
                os.fsync(file.fileno())
            os.link(temporary, path)
        finally:
            temporary.unlink()
        flush_directory(path.parent)
    except FileExistsError as error:
        raise EnvFileError(f"{shown(path)}: was made meanwhile; run again") from error
    except OSError as error:
        raise EnvFileError(f"{shown(path)}: cannot be written: {error.strerror}") from error


def _mask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
