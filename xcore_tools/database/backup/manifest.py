"""Manifests as bytes: JSON that notices when anything in it was changed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec

from xcore_tools.database.backup.facts import Manifest
from xcore_tools.errors import BackupError

SUFFIX = ".json"

_VERSION = 1
_MARKS = (b'"schema_version"', b'"sha256"', b'"tool_version"', b'"digest"')


def encoded(manifest: Manifest) -> bytes:
    """The manifest with its digest, as indented JSON."""
    values = msgspec.to_builtins(manifest)
    values["digest"] = _digest(values)
    return json.dumps(values, indent=2, ensure_ascii=False).encode() + b"\n"


def decoded(data: bytes) -> Manifest:
    """The manifest in `data`. Keys of later versions are passed over, yet covered by the digest.

    Raises:
        BackupError: it is none, was changed, or belongs to a later version of the format.
    """
    try:
        values = json.loads(data)
        manifest = msgspec.convert(values, Manifest)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise BackupError("its manifest cannot be read") from error
    if manifest.schema_version != _VERSION:
        raise BackupError("its manifest was written by a later version; update xcore-tools")
    if manifest.digest != _digest(values):
        raise BackupError("its manifest was changed")
    return manifest


def is_ours(data: bytes) -> bool:
    """Whether this looks like a manifest, sound or damaged, and not like anybody's JSON."""
    return sum(mark in data for mark in _MARKS) >= len(_MARKS) - 1


def _digest(values: dict[str, Any]) -> str:
    """The sha256 of everything but the digest, however it is laid out."""
    rest = {key: value for key, value in values.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
