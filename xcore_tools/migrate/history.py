"""The revision files of a project and of another git ref, checked without running any of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from xcore_tools.config import Config
from xcore_tools.config.files import is_file, shown
from xcore_tools.config.scripts import alembic_settings, directories_of
from xcore_tools.discovery.facts import Problem
from xcore_tools.envfile.locate import find_env
from xcore_tools.errors import ConfigError, MigrationError
from xcore_tools.migrate.graph import HeadsCheck, faults_of, forks_of, heads_of
from xcore_tools.migrate.revisions import RevisionFile, read_revision

__all__ = ["check_heads"]

Content = tuple[str, bytes]


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
    directories = _directories(config, section)
    ours, problems = _read(_on_disk(directories, config.project))
    problems += faults_of(ours)
    if against is not None:
        theirs, unreadable = _read(_gained(directories, config.project, against))
        problems += [*unreadable, *forks_of(ours, theirs, against)]
    return HeadsCheck(tuple(heads_of(ours)), len(ours), tuple(sorted(problems)))


def _directories(config: Config, section: str) -> list[tuple[Path, bool]]:
    """Each directory of revisions, and whether those below it count as well."""
    faults: list[str] = []
    settings = alembic_settings(config, section, faults)
    if faults:
        raise ConfigError(faults)
    if not settings.version_locations:
        found = [find_env(config, name=section).parent / "versions"]
    else:
        found = [
            next(filter(Path.is_dir, places), places[0])
            for text in settings.version_locations
            if (places := list(directories_of(text, settings.home, config)))
        ]
    missing = [path for path in found if not path.is_dir()]
    if missing:
        raise ConfigError([f"{shown(path)}: no such directory of revisions" for path in missing])
    return [(path, settings.is_recursive) for path in found]


def _read(contents: Iterable[Content]) -> tuple[list[RevisionFile], list[Problem]]:
    results = [read_revision(path, data) for path, data in contents]
    return (
        [result for result in results if isinstance(result, RevisionFile)],
        [result for result in results if isinstance(result, Problem)],
    )


def _on_disk(directories: Sequence[tuple[Path, bool]], project: Path) -> Iterator[Content]:
    for directory, is_recursive in directories:
        pattern = "**/*.py" if is_recursive else "*.py"
        for path in sorted(directory.glob(pattern)):
            if is_file(path):
                yield Path(os.path.relpath(path, project)).as_posix(), path.read_bytes()


def _gained(directories: Sequence[tuple[Path, bool]], project: Path, ref: str) -> Iterator[Content]:
    """The revision files that `ref` has gained since it and HEAD parted, as they are there."""
    top = Path(_git(project, "rev-parse", "--show-toplevel").decode().strip())
    base = _git(project, "merge-base", "HEAD", ref).decode().strip()
    listed = _git(
        *(top, "diff", "--name-only", "--no-renames", "--diff-filter=AM", "-z", base, ref, "--"),
        *(os.path.relpath(directory.resolve(), top) for directory, _ in directories),
    )
    for name in filter(None, listed.decode("utf-8", "surrogateescape").split("\0")):
        is_direct = any((top / name).parent == directory.resolve() for directory, _ in directories)
        if name.endswith(".py") and (is_direct or any(deep for _, deep in directories)):
            path = Path(os.path.relpath(top / name, project)).as_posix()
            yield path, _git(top, "show", f"{ref}:{name}")


def _git(directory: Path, *arguments: str) -> bytes:
    try:
        run = subprocess.run(
            ["git", "-C", str(directory), *arguments], capture_output=True, check=True
        )
    except FileNotFoundError:
        raise MigrationError("--against needs git, which is not installed") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        raise MigrationError(f"git: {said[0] if said else 'failed'}") from None
    return run.stdout
