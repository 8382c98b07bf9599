"""Which files can be loaded into one process, told from distributions and imports.

Services of one repository may share a library, and its MetaData, without ever meeting.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from xcore_tools.discovery.walk import SourceFile
from xcore_tools.discovery.walk.module_names import absolute_name

_DISTRIBUTION = frozenset({"pyproject.toml", "setup.cfg", "setup.py"})

Imports = Callable[[SourceFile], Iterable[str]]
Locate = Callable[[str, str], SourceFile | None]


class Meetings:
    """Answers for the files of one component.

    `telling` are the files that state how the project is packaged, `imports` gives the modules that a
    file imports, as written, and `locate` finds the file that such a name means in another file.
    """

    def __init__(
        self,
        sources: Iterable[SourceFile],
        telling: Iterable[str],
        imports: Imports,
        locate: Locate,
    ) -> None:
        self._sources = {source.module: source for source in sources}
        self._distributions = {
            directory
            for directory, name in map(posixpath.split, telling)
            if name in _DISTRIBUTION and directory
        }
        self._imports = imports
        self._locate = locate

    def may_meet(self, one: str, other: str) -> bool:
        """Whether some module imports both modules, each by way of others or not, or may do so.

        Those of one distribution may: what loads them need not be an import.
        """
        if self._distribution(one) == self._distribution(other):
            return True
        return not self._loaders(one).isdisjoint(self._loaders(other))

    def _distribution(self, module: str) -> str:
        source = self._sources.get(module)
        directory = posixpath.dirname(source.path) if source else ""
        while directory and directory not in self._distributions:
            directory = posixpath.dirname(directory)
        return directory

    def _loaders(self, module: str) -> set[str]:
        """The modules that import a module, or a package above it, and those that import them, and so on."""
        found = {module}
        waiting = [module]
        while waiting:
            for name in _with_packages(waiting.pop()):
                fresh = self._importers.get(name, set()) - found
                found |= fresh
                waiting += fresh
        return found

    @cached_property
    def _importers(self) -> dict[str, set[str]]:
        importers: dict[str, set[str]] = defaultdict(set)
        for source in self._sources.values():
            for written in self._imports(source):
                for name in self._meant(source, written):
                    importers[name].add(source.module)
        return importers

    def _meant(self, source: SourceFile, written: str) -> Iterator[str]:
        """The modules that a name may mean in a file: what it is found to be, and itself."""
        plain = written.lstrip(".")
        level = len(written) - len(plain)
        name = absolute_name(source.module, source.is_package, level, plain or None)
        if name:
            yield name
            found = self._locate(name, source.path)
            if found is not None:
                yield found.module


def _with_packages(module: str) -> Iterator[str]:
    while module:
        yield module
        module = module.rpartition(".")[0]
