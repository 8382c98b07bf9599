"""Revision files → what is wrong with their order, each fault named for what it is."""

from __future__ import annotations

import graphlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from xcore_tools.discovery.facts import Problem
from xcore_tools.migrate.revisions import RevisionFile

__all__ = ["HeadsCheck", "faults_of", "forks_of", "heads_of"]

Known = Mapping[str, RevisionFile]


class HeadsCheck(msgspec.Struct, frozen=True):
    """The heads of the revision files, how many files there are, and what is wrong with them."""

    heads: tuple[RevisionFile, ...]
    files: int
    problems: tuple[Problem, ...]


def faults_of(files: Sequence[RevisionFile]) -> list[Problem]:
    """Two files of one id, revisions that nothing defines, circles, and several heads.

    Heads of branches that carry labels of their own are meant to stand side by side.
    """
    known = {file.revision: file for file in files}
    problems = [*_duplicates(files), *_unknown(files, known)]
    circle = _circle(known)
    if circle:
        problems.append(circle)
    else:
        problems += _several_heads(known)
    return sorted(problems)


def heads_of(files: Iterable[RevisionFile]) -> list[RevisionFile]:
    """The revisions that no other one follows, in the order of their ids."""
    listed = list(files)
    followed = {lower for file in listed for lower in file.down}
    return sorted(
        (file for file in listed if file.revision not in followed), key=lambda file: file.revision
    )


def forks_of(
    ours: Sequence[RevisionFile], theirs: Sequence[RevisionFile], ref: str
) -> list[Problem]:
    """Heads that stand side by side once `theirs`, which are new in `ref`, are merged with `ours`."""
    mine = {file.revision for file in ours}
    known = {file.revision: file for file in [*theirs, *ours]}
    heads = heads_of(known.values())
    return sorted(
        Problem(
            head.path,
            head.line,
            "XT304",
            "error",
            f"revision {head.revision} and {other.revision} ({other.path}) of {ref} both follow "
            f"{_shared(head, other, known)}; make this one follow {other.revision}, "
            "or merge the two",
        )
        for head in heads
        if head.revision in mine
        for other in heads
        if other.revision not in mine and _labels(head, known) == _labels(other, known)
    )


def _duplicates(files: Sequence[RevisionFile]) -> Iterator[Problem]:
    by_name: dict[str, list[RevisionFile]] = defaultdict(list)
    for file in files:
        by_name[file.revision].append(file)
    for name, group in by_name.items():
        for file in group[1:]:
            yield Problem(
                file.path,
                file.line,
                "XT302",
                "error",
                f"revision {name} is also defined by {group[0].path}; give one of them another id",
            )


def _unknown(files: Sequence[RevisionFile], known: Known) -> Iterator[Problem]:
    labels = {label for file in files for label in file.branch_labels}
    for file in files:
        for kind, names in (("down_revision", file.down), ("depends_on", file.depends_on)):
            for name in names:
                if not (name in known or name in labels or _is_partial(name, known, kind)):
                    yield Problem(
                        file.path,
                        file.line,
                        "XT303",
                        "error",
                        f"{kind} {name} is defined by no file; restore that file, or correct the id",
                    )


def _is_partial(name: str, known: Known, kind: str) -> bool:
    """Whether a dependency is the beginning of an id, or of one on a branch, as Alembic allows."""
    start = name.rpartition("@")[2]
    return kind == "depends_on" and any(revision.startswith(start) for revision in known)


def _circle(known: Known) -> Problem | None:
    try:
        graphlib.TopologicalSorter({name: file.down for name, file in known.items()}).prepare()
    except graphlib.CycleError as error:
        names = error.args[1][:-1]  # the first one stands at the end again
        file = known[min(names)]
        message = f"revision {file.revision} follows itself by way of {', '.join(sorted(names))}"
        return Problem(
            file.path, file.line, "XT306", "error", f"{message}; correct a down_revision"
        )
    return None


def _several_heads(known: Known) -> Iterator[Problem]:
    groups: dict[frozenset[str], list[RevisionFile]] = defaultdict(list)
    for head in heads_of(known.values()):
        groups[_labels(head, known)].append(head)
    for group in groups.values():
        first, *others = group
        for head in others:
            yield Problem(
                head.path,
                head.line,
                "XT301",
                "error",
                f"{head.revision} and {first.revision} ({first.path}) are both heads, and both "
                f"follow {_shared(head, first, known)}; join them with "
                f"`xcore-tools migrate merge {head.revision} {first.revision}`",
            )


def _shared(one: RevisionFile, other: RevisionFile, known: Known) -> str:
    """The nearest revision below both, as messages call it."""
    below = _lineage(other, known)
    for name in _lineage(one, known):
        if name in below:
            return f"{name} ({known[name].path})"
    return "no common revision"


def _labels(file: RevisionFile, known: Known) -> frozenset[str]:
    lineage = _lineage(file, known)
    return frozenset(label for name in lineage for label in known[name].branch_labels)


def _lineage(file: RevisionFile, known: Known) -> dict[str, None]:
    """The revision and all below it, nearest first."""
    found = {file.revision: None}
    ahead = [file]
    while ahead:
        lower = [known[name] for f in ahead for name in f.down if name in known]
        ahead = [f for f in lower if f.revision not in found]
        found |= dict.fromkeys(f.revision for f in ahead)
    return found
