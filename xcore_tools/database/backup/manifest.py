"""Manifests as bytes: JSON that notices when anything in it was changed, and says who wrote it."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import msgspec

from xcore_tools.database.backup.facts import Manifest
from xcore_tools.database.backup.names import checked
from xcore_tools.database.backup.signature import Key
from xcore_tools.errors import BackupError

SUFFIX = ".json"

_VERSION = 1
_MARKS = (b'"schema_version"', b'"sha256"', b'"tool_version"', b'"digest"')


def encoded(manifest: Manifest, key: Key | None) -> bytes:
    """The manifest with its signature, if there is a key, and its digest, as indented JSON."""
    values = msgspec.to_builtins(manifest)
    values["signature"] = "" if key is None else key.signature(_text(values, "signature"))
    values["digest"] = _digest(values)
    return json.dumps(values, indent=2, ensure_ascii=False).encode() + b"\n"


def decoded(data: bytes, key: Key | None) -> tuple[Manifest, bool]:
    """The manifest in `data`, and whether it was signed with the key.

    Keys of later versions are passed over, yet covered by the digest.

    Raises:
        BackupError: it is none, was changed, holds what cannot be, or belongs to a later version.
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
    is_signed = key is not None and key.has_signed(_text(values, "signature"), manifest.signature)
    return _sensible(manifest), is_signed


def _sensible(manifest: Manifest) -> Manifest:
    """The manifest, if its fields can be what they are used as: a name of a file, moments, numbers."""
    checked(manifest.name)
    moments = [manifest.created, *([manifest.check.at] if manifest.check else [])]
    numbers = [manifest.size, *(table.rows or 0 for table in manifest.tables)]
    if (
        any(moment.tzinfo is None for moment in moments)
        or min(numbers) < 0
        or not re.fullmatch(r"[0-9a-f]{64}", manifest.sha256)
    ):
        raise BackupError("its manifest says what cannot be")
    return manifest


def is_ours(data: bytes) -> bool:
    """Whether this looks like a manifest, sound or damaged, and not like anybody's JSON."""
    return sum(mark in data for mark in _MARKS) >= len(_MARKS) - 1


def _digest(values: dict[str, Any]) -> str:
    """The sha256 of everything but the digest, however it is laid out."""
    return hashlib.sha256(_text(values)).hexdigest()


def _text(values: dict[str, Any], *without: str) -> bytes:
    """Everything but the digest, and what else is left out, in one spelling."""
    rest = {key: value for key, value in values.items() if key not in {"digest", *without}}
    return json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
