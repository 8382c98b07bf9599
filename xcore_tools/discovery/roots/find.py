"""Import roots of a walk, from the files that state them and from what all files import."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from xcore_tools.discovery.catalog.libraries import is_library
from xcore_tools.discovery.roots.decide import Roots, import_roots
from xcore_tools.discovery.roots.evidence import Evidence
from xcore_tools.discovery.roots.gather import gather
from xcore_tools.discovery.roots.tally import Places, Witness, tally
from xcore_tools.discovery.walk import Walk, names_in
from xcore_tools.discovery.walk.disk import exists


def places_of(project: Path, walk: Walk, evidence: Iterable[Evidence] = ()) -> Places:
    """Return where the modules of a project lie, and those around it in its repository."""
    stated = {each.root for each in evidence if each.root.startswith("..")}
    outside = {
        each: names_in(f"{project}/{each}")
        for each in {*_above(walk.top), *stated}
        if _is_in_repository(each, walk.top)
    }
    return Places(
        (source.path for source in walk.sources),
        walk.above,
        outside=outside,
        exists=lambda path: exists(f"{project}/{path}"),
        is_whole=walk.is_whole,
    )


def find_import_roots(
    project: Path, walk: Walk, witnesses: Iterable[Witness]
) -> tuple[Roots, Places]:
    """Return the import roots of a project and why they are; nothing of its code runs."""
    evidence = gather(project, walk, walk.settings)
    places = places_of(project, walk, evidence)
    is_package = "" in places.packages
    evidence = tuple(
        each
        for each in evidence
        if not each.root.startswith("..") or is_package or _is_in_repository(each.root, walk.top)
    )
    return import_roots(evidence, tally(witnesses, places, _is_foreign), places), places


def _is_foreign(top: str) -> bool:
    return top in sys.stdlib_module_names or is_library(top)


def _above(top: str) -> list[str]:
    """The directories from the one above the project up to the top of its repository."""
    steps = top.count("..")
    return ["/".join([".."] * (number + 1)) for number in range(steps)]


def _is_in_repository(root: str, top: str) -> bool:
    """Whether a directory above the project lies in the repository, whose top is so many steps up."""
    return root.split("/").count("..") <= top.count("..")
