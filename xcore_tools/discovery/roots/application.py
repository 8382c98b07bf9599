"""Which files are the application's own: not its tests, not its migrations. Pure.

What lies in a directory of tests or beside Alembic's env.py is left out, unless the application imports
it: a laboratory may well have a package `tests`. Nobody has to be asked about what was named as a path.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence

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


def _named(path: str, roots: Sequence[str]) -> str:
    """The innermost of the paths of a scan that holds the file."""
    around = [root for root in roots if root and (path == root or path.startswith(f"{root}/"))]
    return max(around, key=len, default="")


def _has_part(path: str, names: frozenset[str]) -> bool:
    return not names.isdisjoint(path.lower().removesuffix(".py").split("/"))


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
        self._modules = {_module(path): path for path in asked}
        self._directories = {part for path in asked for part in _parents(path)}
        self._places = places
        self._of: dict[str, frozenset[str]] = {}
        self._witnesses: list[Witness] = []
        for witness in witnesses:
            found = frozenset(self._used_by(witness)) - {witness.path}
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

    def _used_by(self, witness: Witness) -> Iterator[str]:
        for written in witness.imports:
            for place in self._meant(written, witness.path):
                if place in self._modules:
                    yield self._modules[place]
                if place in self._directories and _has_part(place, TESTS | _SUPPORT):
                    yield from (each for each in self._asked if each.startswith(f"{place}/"))

    def _meant(self, written: str, path: str) -> Iterator[str]:
        name = written.lstrip(".")
        climbs = len(written) - len(name)
        if not climbs:
            yield from (
                posixpath.join(home, name.replace(".", "/")) for home in self._places.homes(name)
            )
            return
        directory = posixpath.dirname(path)
        for _ in range(climbs - 1):
            directory = posixpath.dirname(directory)
        yield posixpath.join(directory, name.replace(".", "/")) if name else directory


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__")


def _parents(path: str) -> Iterator[str]:
    directory = posixpath.dirname(path)
    while directory:
        yield directory
        directory = posixpath.dirname(directory)
