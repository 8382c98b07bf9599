"""The names that results show, and what is said where evidence contradicts itself. Pure.

While a scan runs, each module has a name of its own. In results it has the name by which its
application imports it: two services may both call theirs `app`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from xcore_tools.discovery.results import Discovery, Problem
from xcore_tools.discovery.roots.decide import Dispute, Roots
from xcore_tools.discovery.walk.module_names import is_below, module_name
from xcore_tools.discovery.walk.sources import SourceFile, Walk


def with_import_names(discovery: Discovery, walk: Walk) -> Discovery:
    """Return the discovery with the names by which modules are imported."""
    shown = {each.module for each in discovery.models}
    shown |= {each.module for each in discovery.tables}
    shown |= {each.module for each in discovery.metadatas}
    shown |= {each.module for each in discovery.verdicts}
    named = (source for source in walk.sources if source.module in shown)
    longer = dict(_longer_names(named, frozenset(walk.import_roots), walk.package))
    if not longer:
        return discovery
    names = "|".join(map(re.escape, sorted(longer, key=len, reverse=True)))
    pattern = re.compile(rf"(?<![\w./])(?:{names})(?![\w/])")
    plain = msgspec.to_builtins(discovery)
    return msgspec.convert(_replaced(plain, pattern, longer), Discovery)


def _longer_names(
    sources: Iterable[SourceFile], roots: frozenset[str], package: str
) -> Iterator[tuple[str, str]]:
    """Each module, and each package of one, that is called by its place in the project instead."""
    for source in sources:
        name = module_name(source.path, roots, package)
        longer = source.module
        while name and longer != name and longer.endswith(name):
            yield longer, name
            longer, _, _ = longer.rpartition(".")
            name, _, _ = name.rpartition(".")


def _replaced(value: Any, pattern: re.Pattern[str], names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda found: names[found[0]], value)
    if isinstance(value, dict):
        return {key: _replaced(each, pattern, names) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(each, pattern, names) for each in value]
    return value


def disputed(roots: Roots, discovery: Discovery) -> Iterator[Problem]:
    """One warning for each directory with models whose modules are imported by two names."""
    paths = {model.path for model in discovery.models} | {table.path for table in discovery.tables}
    for dispute in roots.disputes:
        if any(is_below(path, dispute.directory) for path in paths):
            yield Problem(dispute.directory, 0, "XT112", "warning", _message(dispute))


def _message(dispute: Dispute) -> str:
    (inner, outer), (inside, through) = dispute.names, dispute.counts
    chosen, other = (inner, outer) if dispute.is_root else (outer, inner)
    counts = (inside, through) if dispute.is_root else (through, inside)
    return (
        f"imported by two names: as {chosen} ({counts[0]} times) and as {other} ({counts[1]} times); "
        f"the first is taken. The setting import_roots decides, and one name only is safe: "
        f"SQLAlchemy would map the classes of both"
    )
