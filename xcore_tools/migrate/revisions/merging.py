"""The revision files of two git refs → what would be wrong with their order after a merge."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

import msgspec

from xcore_tools.discovery.results import Problem
from xcore_tools.migrate.revisions.graph import branches_of, faults_of, shared_by
from xcore_tools.migrate.revisions.revision_file import RevisionFile


def faults_of_merge(
    ours: Sequence[RevisionFile],
    theirs: Sequence[RevisionFile],
    *,
    deleted: Collection[str],
    kept: Collection[str],
    ref: str,
) -> list[Problem]:
    """What a merge with `ref` would bring about that is not at fault already.

    `theirs` are the files that it would add or replace, `deleted` the paths of those that it would
    delete; `kept` are deleted there as well, but changed here.
    """
    replaced = {file.path for file in theirs} | set(deleted)
    staying = [file for file in ours if file.path not in replaced]
    # a file that was renamed there and changed here is still one file for git
    renamed = {file.revision for file in ours if file.path in kept}
    brought = [file for file in theirs if file.revision not in renamed]
    here = {file.path for file in ours}
    merged = [*brought, *staying]  # of two files of one id, ours is the one to be told of
    known_before = faults_of(ours)
    new = [
        msgspec.structs.replace(problem, message=f"once {ref} is merged: {problem.message}")
        for problem in faults_of(merged)
        if problem not in known_before and problem.code != "XT301" and problem.path in here
    ]
    return sorted([*new, *_forks(merged, {file.revision for file in ours}, ref)])


def _forks(merged: Sequence[RevisionFile], mine: Collection[str], ref: str) -> Iterator[Problem]:
    """Heads that stand side by side although neither side has two of them."""
    known = {file.revision: file for file in merged}
    for heads in branches_of(known).values():
        for head, other in itertools.product(heads, heads):
            if head.revision in mine and other.revision not in mine:
                shared = shared_by(head, other, known)
                both = f"both follow {shared}" if shared else "have nothing in common"
                yield Problem(
                    head.path,
                    head.line,
                    "XT304",
                    "error",
                    f"revision {head.revision} and {other.revision} ({other.path}) of {ref} {both}; "
                    f"make this one follow {other.revision}, or merge the two",
                )
