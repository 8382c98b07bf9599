"""The revision files of a project and of another git ref, checked without running any of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from xcore_tools.config import Config
from xcore_tools.discovery.results import Problem
from xcore_tools.files import read_regular
from xcore_tools.migrate.revisions.gitref import divergence
from xcore_tools.migrate.revisions.graph import HeadsCheck, faults_of, heads_of
from xcore_tools.migrate.revisions.merging import faults_of_merge
from xcore_tools.migrate.revisions.revision_file import RevisionFile, read_revision
from xcore_tools.migrate.revisions.versions import Versions, find_versions


def check_heads(
    config: Config, *, section: str = "alembic", against: str | None = None
) -> HeadsCheck:
    """Read every revision file and say what is wrong with their order.

    `against` names a git ref: what it has gained since the two parted is looked at as if it was
    merged. No file runs, no database is asked, Alembic is not loaded.

    Raises:
        ConfigError: there is no directory of revisions.
        MigrationError: git does not know the ref.
    """
    problems: list[Problem] = []
    versions = find_versions(config, section)
    ours = _ours(versions, problems)
    problems += faults_of(ours)
    if against is not None:
        problems += _faults_against(versions, ours, against)
    return HeadsCheck(tuple(heads_of(ours)), len(ours), tuple(sorted(problems)))


def read_history(config: Config, *, section: str = "alembic") -> frozenset[str]:
    """The ids of all revisions that have a file; what cannot be read is left to `check_heads`.

    Raises:
        ConfigError: there is no directory of revisions.
    """
    return frozenset(found.revision for found in _ours(find_versions(config, section), []))


def _ours(versions: Versions, problems: list[Problem]) -> list[RevisionFile]:
    return _revisions([_read(versions, path) for path in versions.files(problems)], problems)


def _faults_against(versions: Versions, ours: list[RevisionFile], ref: str) -> list[Problem]:
    found = divergence(versions.project, versions.directories, ref)
    problems: list[Problem] = []
    theirs = _revisions(
        [
            read_revision(versions.named(path), data)
            for path, data in sorted(found.brought.items())
            if versions.has_place_for(path)
        ],
        problems,
    )
    return problems + faults_of_merge(
        ours,
        theirs,
        deleted={versions.named(path) for path in found.deleted},
        kept={versions.named(path) for path in found.kept},
        ref=ref,
    )


def _read(versions: Versions, path: Path) -> RevisionFile | Problem:
    try:
        data = read_regular(path)
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        return Problem(versions.named(path), 0, "XT102", "error", reason)
    return read_revision(versions.named(path), data)


def _revisions(
    results: Iterable[RevisionFile | Problem], problems: list[Problem]
) -> list[RevisionFile]:
    """The revisions among the results; the problems go to the others."""
    found = []
    for result in results:
        if isinstance(result, Problem):
            problems.append(result)
        else:
            found.append(result)
            problems += result.notes
    return found
