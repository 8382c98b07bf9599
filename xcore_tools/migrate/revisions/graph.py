"""Revision files → what is wrong with their order, each fault named for what it is."""

from __future__ import annotations

import graphlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from xcore_tools.discovery.results import Problem
from xcore_tools.migrate.revisions.revision_file import RevisionFile

Known = Mapping[str, RevisionFile]

# https://github.com/sqlalchemy/alembic/blob/main/alembic/script/revision.py: _revision_illegal_chars
_RESERVED = "@-+:"


class HeadsCheck(msgspec.Struct, frozen=True):
    """The heads of the revision files, how many files there are, and what is wrong with them."""

    heads: tuple[RevisionFile, ...]
    files: int
    problems: tuple[Problem, ...]


def faults_of(files: Sequence[RevisionFile]) -> list[Problem]:
    """What Alembic refuses or warns of, and several heads.

    Heads of branches that carry labels of their own are meant to stand side by side.
    """
    known = {file.revision: file for file in files}
    labels = {label: file for file in files for label in file.branch_labels}
    problems = [
        *_duplicates(files),
        *_reserved(files),
        *_label_twice(files, known),
        *_unknown(files, known, labels),
    ]
    circle = _circle(known, labels)
    problems += [circle] if circle else _several_heads(known)
    return sorted(problems)


def heads_of(files: Iterable[RevisionFile]) -> list[RevisionFile]:
    """The revisions that no other one follows, in the order of their ids."""
    listed = list(files)
    followed = {lower for file in listed for lower in file.down}
    return sorted(
        (file for file in listed if file.revision not in followed), key=lambda file: file.revision
    )


def branches_of(known: Known) -> dict[frozenset[str], list[RevisionFile]]:
    """The heads of each branch, by its labels.

    Those that a missing revision lies below are left out: it may well be another one's head.
    """
    branches: dict[frozenset[str], list[RevisionFile]] = defaultdict(list)
    for head in heads_of(known.values()):
        below = [known[name] for name in _lineage(head, known)]
        if all(lower in known for file in below for lower in file.down):
            labels = frozenset(label for file in below for label in file.branch_labels)
            branches[labels].append(head)
    return branches


def shared_by(one: RevisionFile, other: RevisionFile, known: Known) -> str:
    """The nearest revision below both, as messages call it; empty if there is none."""
    below = _lineage(other, known)
    for name in _lineage(one, known):
        if name in below:
            return f"{name} ({known[name].path})"
    return ""


def _error(file: RevisionFile, code: str, message: str) -> Problem:
    return Problem(file.path, file.line, code, "error", message)


def _duplicates(files: Sequence[RevisionFile]) -> Iterator[Problem]:
    first: dict[str, RevisionFile] = {}
    for file in files:
        if first.setdefault(file.revision, file) is not file:
            path = first[file.revision].path
            message = f"revision {file.revision} is also defined by {path}"
            yield _error(file, "XT302", f"{message}; give one of them another id")


def _reserved(files: Sequence[RevisionFile]) -> Iterator[Problem]:
    for file in files:
        found = " ".join(sorted(set(file.revision) & set(_RESERVED)))
        if found:
            message = f"revision {file.revision} has {found} in its id, which Alembic refuses"
            yield _error(file, "XT307", f"{message}; use letters, digits and underscores")


def _label_twice(files: Sequence[RevisionFile], known: Known) -> Iterator[Problem]:
    """Ids and labels share one namespace."""
    first: dict[str, RevisionFile] = {}
    for file in files:
        for label in file.branch_labels:
            if label in known:
                message = f"branch label {label} is the id of {known[label].path}"
            elif label in first:
                message = f"branch label {label} is also defined by {first[label].path}"
            else:
                first[label] = file
                continue
            yield _error(file, "XT308", f"{message}; choose another label")


def _unknown(files: Sequence[RevisionFile], known: Known, labels: Known) -> Iterator[Problem]:
    for file in files:
        needs = [("down_revision", name) for name in file.down if name not in known]
        # Alembic takes a label, but not the beginning of an id
        others = (name for name in file.depends_on if name not in known and name not in labels)
        for kind, name in [*needs, *(("depends_on", name) for name in others)]:
            yield _error(file, "XT303", f"{kind} {name} is {_what_else(name, known, labels)}")


def _what_else(name: str, known: Known, labels: Known) -> str:
    if name in labels:
        return f"a branch label; write the id, {labels[name].revision}"
    whole = [revision for revision in known if revision.startswith(name)]
    if len(whole) == 1:
        return f"defined by no file; write the whole id, {whole[0]}"
    return "defined by no file; restore that file, or correct the id"


def _circle(known: Known, labels: Known) -> Problem | None:
    """The first circle; one that is hidden by another shows when that is mended."""
    needed = {
        name: [
            *file.down,
            *(labels[lower].revision if lower in labels else lower for lower in file.depends_on),
        ]
        for name, file in known.items()
    }
    try:
        graphlib.TopologicalSorter(needed).prepare()
    except graphlib.CycleError as error:
        names = error.args[1][:-1]  # the first one stands at the end again
        start = names.index(min(names))
        name, *others = names[start:] + names[:start]
        way = f", by way of {', '.join(others)}" if others else ""
        message = f"revision {name} would have to come before itself{way}"
        return _error(known[name], "XT306", f"{message}; correct a down_revision or depends_on")
    return None


def _several_heads(known: Known) -> Iterator[Problem]:
    for first, *others in branches_of(known).values():
        for head in others:
            shared = shared_by(head, first, known)
            both = f"both follow {shared}" if shared else "have nothing in common"
            yield _error(
                head,
                "XT301",
                f"{head.revision} and {first.revision} ({first.path}) are both heads and {both}; "
                f"join them with `xcore-tools migrate merge {head.revision} {first.revision}`",
            )


def _lineage(file: RevisionFile, known: Known) -> dict[str, None]:
    """The revision and all below it, nearest first."""
    found = {file.revision: None}
    ahead = [file]
    while ahead:
        lower = {name: known[name] for f in ahead for name in f.down if name in known}
        ahead = [f for name, f in lower.items() if name not in found]
        found |= dict.fromkeys(lower)
    return found
