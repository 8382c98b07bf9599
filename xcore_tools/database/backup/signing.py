"""The key that manifests are signed with: one for each user of a machine, outside of all backups.

Who can write into a directory of backups can make the sizes and hashes of a manifest fit. A signature
takes the key, which lies among the user's own data (https://specifications.freedesktop.org/basedir-spec/)
or where XCORE_TOOLS_BACKUP_KEY says, so that several machines can share one.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from xcore_tools.database.backup.signature import Key
from xcore_tools.durable import write_new
from xcore_tools.errors import BackupError

VARIABLE = "XCORE_TOOLS_BACKUP_KEY"
"""Names the file with the key, if it is not to be the usual one."""

_SIZE = 32


def own_key(directory: Path, environ: Mapping[str, str] = os.environ) -> Key | None:
    """The user's key, made when it is wanted first; None where none can be kept.

    One that lies in `directory`, with the backups, is none.

    Raises:
        BackupError: XCORE_TOOLS_BACKUP_KEY names a file that cannot be read, or is too short.
    """
    given = environ.get(VARIABLE)
    path = Path(given) if given else _usual(environ)
    if path is None or path.absolute().resolve().is_relative_to(directory.absolute().resolve()):
        return None
    if not given:
        with suppress(OSError):
            _make(path)
    try:
        secret = path.read_bytes()
    except OSError as error:
        if given:
            raise BackupError(f"{VARIABLE}: {path}: {error.strerror or error}") from error
        return None
    if len(secret) < _SIZE:
        if given:
            raise BackupError(f"{VARIABLE}: {path} has less than {_SIZE} bytes; make a longer key")
        return None
    return Key(secret)


def _usual(environ: Mapping[str, str]) -> Path | None:
    home = environ.get("LOCALAPPDATA") if os.name == "nt" else environ.get("XDG_DATA_HOME")
    if not home or not Path(home).is_absolute():
        try:
            home = str(Path.home() / ".local" / "share")
        except RuntimeError:
            return None
    return Path(home, "xcore-tools", "backup.key")


def _make(path: Path) -> None:
    """Write a new key, unless there is one; whoever reads meanwhile finds all of it or nothing."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        write_new(new, os.urandom(_SIZE))
        with suppress(FileExistsError):
            path.hardlink_to(new)
    finally:
        new.unlink(missing_ok=True)
