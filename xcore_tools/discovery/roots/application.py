"""Which files are the application's own: not its tests, not its migrations. Pure.

What lies in a directory of tests or beside Alembic's env.py is left out, unless the application imports
it: a laboratory may well have a package `tests`. Nobody has to be asked about what was named as a path.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from xcore_tools.discovery.roots.tally import Places, Witness

TESTS = frozenset({"test", "tests", "testing"})
"""Names of directories that hold tests."""

_SUPPORT = frozenset(
    {"conftest", "factories", "fakes", "fixtures", "mocks", "stubs", "test_utils", "testutils"}
)
"""Names of directories and modules that may be for tests: they are if tests alone import them."""


def set_aside(
    paths: Iterable[str],
    witnesses: Callable[[], Iterable[Witness]],
    places: Places,
    *,
    roots: Sequence[str] = (),
    scripts: Iterable[str] = (),
) -> frozenset[str]:
    """Return the files among `paths` that belong to tests or migrations, and to nothing else.

    `roots` are the paths of the scan, `scripts` the directories of an env.py.
    """
    listed = list(paths)
    migrations = tuple(scripts)
    named = {path: _named(path, roots) for path in listed}
    inside = {path: path[len(root) :].lstrip("/") for path, root in named.items()}
    tests = {path for path in listed if _has_part(inside[path], TESTS)}
    support = {path for path in listed if path not in tests and _has_part(inside[path], _SUPPORT)}
    moved = {path for path in listed if _is_migration(path, named[path], migrations)} - tests
    if not (tests or support or moved):
        return frozenset()
    uses = _Uses(witnesses(), places, tests | support | moved)
    used = uses.reached_from(lambda each: not each.is_test)
    by_tests = uses.reached_from(lambda each: each.is_test)
    return frozenset((tests | moved | (support & by_tests)) - used)


def is_test(path: str) -> bool:
    """Tell whether a file lies in a directory of tests."""
    return _has_part(path, TESTS)


@lru_cache(10_000)  # files of a directory say the same
def _parts(directory: str) -> frozenset[str]:
    return frozenset(directory.lower().split("/"))


def _named(path: str, roots: Sequence[str]) -> str:
    """The innermost of the paths of a scan that holds the file."""
    around = [root for root in roots if root and (path == root or path.startswith(f"{root}/"))]
    return max(around, key=len, default="")


def _has_part(path: str, names: frozenset[str]) -> bool:
    directory, _, name = path.rpartition("/")
    return name.lower().removesuffix(".py") in names or not names.isdisjoint(_parts(directory))


def _is_migration(path: str, named: str, scripts: Sequence[str]) -> bool:
    """Whether a file lies in a directory of Alembic's, and that is not what was named."""
    return posixpath.basename(path) != "env.py" and any(
        path.startswith(f"{each}/") and not f"{named}/".startswith(f"{each}/")
        for each in scripts
        if each
    )


class _Uses:
    """Which of the files in question are imported by which witnesses."""

    def __init__(self, witnesses: Iterable[Witness], places: Places, asked: set[str]) -> None:
        self._asked = asked
        self._places = places
        self._at: dict[str, set[str]] = defaultdict(set)  # files by what an import of them may name
        for path in asked:
            self._at[_module(path)].add(path)
            for directory in _parents(path):
                if _has_part(directory, TESTS | _SUPPORT):
                    self._at[directory].add(path)
        self._names = frozenset(posixpath.basename(each) for each in self._at)
        self._absolute: dict[str, frozenset[str]] = {}
        self._of: dict[str, frozenset[str]] = {}
        self._witnesses: list[Witness] = []
        for witness in witnesses:
            found = self._used_by(witness) - {witness.path}
            if found:
                self._of[witness.path] = found
                self._witnesses.append(witness)

    def reached_from(self, is_start: Callable[[Witness], bool]) -> set[str]:
        """The files that some witnesses import, or that what they import does."""
        reached: set[str] = set()
        waiting = [
            path
            for witness in self._witnesses
            if is_start(witness) and (witness.path not in self._asked or witness.is_test)
            for path in self._of[witness.path]
        ]
        while waiting:
            path = waiting.pop()
            if path not in reached:
                reached.add(path)
                waiting += self._of.get(path, ())
        return reached

    def _used_by(self, witness: Witness) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for written in witness.imports:
            if written[0] == ".":
                found |= self._files_at(self._relative(written, witness.path))
            elif written.rpartition(".")[2] in self._names:
                if written not in self._absolute:
                    inside = written.replace(".", "/")
                    homes = self._places.homes(written)
                    places = [posixpath.join(home, inside) for home in homes]
                    self._absolute[written] = frozenset().union(*map(self._files_at, places))
                found |= self._absolute[written]
        return found

    def _files_at(self, place: str) -> frozenset[str]:
        return frozenset(self._at.get(place, ()))

    @staticmethod
    def _relative(written: str, path: str) -> str:
        """The place that a relative import in a file means."""
        name = written.lstrip(".")
        directory = posixpath.dirname(path)
        for _ in range(len(written) - len(name) - 1):
            directory = posixpath.dirname(directory)
        return posixpath.join(directory, name.replace(".", "/")) if name else directory


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__")


def _parents(path: str) -> Iterator[str]:
    directory = posixpath.dirname(path)
    while directory:
        yield directory
        directory = posixpath.dirname(directory)
