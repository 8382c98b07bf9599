"""Digests of what files hold."""

from __future__ import annotations

import hashlib
from pathlib import Path

from xcore_tools.discovery.walk.reading import read_source


def digest_of(data: bytes) -> bytes:
    """16 bytes that stand for the content of a file."""
    return hashlib.blake2b(data, digest_size=16).digest()


def digest_in(project: Path, path: str) -> bytes:
    """The digest of a file's content; of no bytes if it cannot be read."""
    data = read_source(project, path)
    return digest_of(data) if isinstance(data, bytes) else b""
