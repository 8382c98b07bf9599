"""The .gitignore files on disk: which of them hold in a directory."""

from __future__ import annotations

import posixpath
from collections.abc import Container
from pathlib import Path

from xcore_tools.discovery.results import Problem
from xcore_tools.discovery.walk.disk import exists, is_file
from xcore_tools.discovery.walk.gitignore import Ignores
from xcore_tools.discovery.walk.paths import ancestors, relative
from xcore_tools.discovery.walk.reading import read_regular

_GIT = ".git"
_GITIGNORE = ".gitignore"
_LIMIT = 256 * 1024  # bytes; the largest that people write are some 20 KB


class Repository:
    """The rules of the git repository that a project lies in, or of the project if in none.

    Without `enabled` no rule ever holds. Problems with .gitignore files are added to `problems`.
    """

    def __init__(self, project: str, *, enabled: bool, problems: list[Problem]) -> None:
        self._project = project
        self._enabled = enabled
        self._problems = problems
        self._top = _top_level(project) if enabled else project

    @property
    def steps_up(self) -> int:
        """How many directories the top of the repository lies above the project."""
        inside = relative(self._project, self._top)
        return len(inside.split("/")) if inside else 0

    def rules_above(self, directory: str) -> Ignores:
        """Return the rules for what lies in a directory that is scanned because it was named.

        If it is ignored itself, or lies in an ignored directory, the rules from outside end there:
        they would ignore everything.
        """
        rules = Ignores()
        path = relative(directory, self._top) if self._enabled else None
        if not path:
            return rules
        above = [f"{self._top}/{each}".rstrip("/") for each in ancestors(path)]
        for outer, inner in zip(above, [*above[1:], directory], strict=True):
            names = [name for name in (_GIT, _GITIGNORE) if exists(f"{outer}/{name}")]
            rules = self.rules_in(outer, names, rules)
            if rules.ignores(inner, is_directory=True):
                rules = Ignores()
        return rules

    def rules_in(self, directory: str, names: Container[str], rules: Ignores) -> Ignores:
        """Return the rules in a directory of such `names`, where `rules` are those around it.

        As in git, a repository inside another one has rules of its own only, and a .gitignore that
        is a symbolic link says nothing.
        """
        if not self._enabled:
            return rules
        if _GIT in names:
            rules = Ignores()
        if _GITIGNORE not in names:
            return rules
        file = Path(directory, _GITIGNORE)
        if file.is_symlink() or not is_file(f"{file}"):
            return rules
        path = relative(file.as_posix(), self._project) or f"{file}"
        data = read_regular(file, path, _LIMIT)
        if isinstance(data, Problem):
            self._problems.append(data)
            return rules
        return rules.with_file(directory, data)


def _top_level(project: str) -> str:
    directory = project
    while not exists(f"{directory}/{_GIT}"):
        above = posixpath.dirname(directory)
        if above == directory:
            return project
        directory = above
    return directory
