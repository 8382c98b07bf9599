"""The result of a scan, of a part or of all, with what it depends on beside the files that were scanned."""

from __future__ import annotations

import msgspec

from xcore_tools.discovery.facts import Discovery

__all__ = ["Scanned"]


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
