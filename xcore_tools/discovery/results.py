"""The result of a scan, of a part or of all, with what it depends on beside the files that were scanned."""

from __future__ import annotations

from typing import Any

import msgspec

from xcore_tools.discovery.facts import Discovery

__all__ = ["Scanned", "writable"]


class Scanned(msgspec.Struct, frozen=True, array_like=True):
    """What files hold, and what that depends on beside them.

    `parsed` are the paths of the files that were parsed. `outside` are further files
    that names led into, with the digests of what was read; `directories` are those in which modules were
    looked for, with the listings found there. `is_steady` tells that no file changed during the scan.
    """

    discovery: Discovery
    parsed: tuple[str, ...]
    outside: dict[str, bytes]
    directories: dict[str, bytes]
    is_steady: bool


def writable(discovery: Discovery) -> Discovery:
    r"""The same in words that can be written: what is half of a character becomes `\ud800`."""
    try:
        msgspec.msgpack.encode(discovery)
    except UnicodeEncodeError:
        return msgspec.convert(_spelt(msgspec.to_builtins(discovery)), Discovery)
    return discovery


def _spelt(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_spelt(key): _spelt(each) for key, each in value.items()}
    return [_spelt(each) for each in value] if isinstance(value, list | tuple) else value
