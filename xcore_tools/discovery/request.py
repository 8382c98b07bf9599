"""What a scan is asked: everything beside the contents of files that its result depends on."""

from __future__ import annotations

from pathlib import Path

import msgspec

from xcore_tools.discovery.walk import Root, Rules


class Request(msgspec.Struct, frozen=True):
    """`bases` are dotted names of further declarative bases; see `discover` for the rest."""

    project: Path
    roots: tuple[Root, ...]
    rules: Rules
    bases: tuple[str, ...] = ()
    columns: bool = False
    prefilter: bool = True
