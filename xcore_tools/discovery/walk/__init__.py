"""Configured paths → sorted source files; the only package of discovery that touches the disk.

find_roots   configured paths → roots, each with its origin
find_sources roots → source files and import roots
ModuleIndex  dotted name → file, for what an import leads to outside the roots
read_source  file → bytes
"""

from __future__ import annotations

from xcore_tools.discovery.walk.disk import names_in
from xcore_tools.discovery.walk.index import ModuleIndex, listing_of
from xcore_tools.discovery.walk.reading import SIZE_LIMIT, read_source
from xcore_tools.discovery.walk.roots import find_roots
from xcore_tools.discovery.walk.sources import CORE, Root, Rules, SourceFile, Walk
from xcore_tools.discovery.walk.tree import (
    find_sources,
    idle_patterns,
    with_import_roots,
    without,
)

__all__ = [
    "CORE",
    "SIZE_LIMIT",
    "ModuleIndex",
    "Root",
    "Rules",
    "SourceFile",
    "Walk",
    "find_roots",
    "find_sources",
    "idle_patterns",
    "listing_of",
    "names_in",
    "read_source",
    "with_import_roots",
    "without",
]
