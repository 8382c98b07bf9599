"""What `alembic init` writes, as data."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig


def template_files(template: str, directory: str) -> dict[str, bytes]:
    """Return the files of a new environment in `directory`, and its alembic.ini, by their paths.

    `template` is the name of one of Alembic's. Paths are POSIX and relative to the ini file.
    """
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        with contextlib.redirect_stdout(io.StringIO()):
            command.init(AlembicConfig(root / "alembic.ini"), str(root / directory), template)
        files = [path for path in sorted(root.rglob("*")) if path.is_file()]
        return {path.relative_to(root).as_posix(): _relocated(path, root) for path in files}


def _relocated(path: Path, root: Path) -> bytes:
    """The file, with `%(here)s` for the directory that Alembic was given as an absolute one."""
    return path.read_bytes().replace(root.as_posix().encode(), b"%(here)s")
