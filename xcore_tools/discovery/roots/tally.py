"""Which directories the imports of a code base count from, in numbers. Pure.

An import statement is a witness: `from app.models import User` only works where some directory of
`sys.path` holds `app/models.py`. Where only one directory of the project does, it has told which.
"""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from xcore_tools.discovery.walk.module_names import is_package_file
from xcore_tools.discovery.walk.paths import ancestors


class Witness(msgspec.Struct, frozen=True):
    """One file: the modules that it imports, as written, relative ones with their dots in front."""

    path: str
    imports: tuple[str, ...]
    is_test: bool = False


class Places:
    """The modules of a project, by where they lie.

    `paths` are those of its Python files, `above` the names of the directories that the project lies
    in, the outermost first. `exists` tells of paths outside of what was scanned, which is all of the
    project if it `is_whole`.
    """

    def __init__(
        self,
        paths: Iterable[str],
        above: tuple[str, ...] = (),
        outside: Mapping[str, Iterable[str]] | None = None,
        exists: Callable[[str], bool] = lambda _: False,
        *,
        is_whole: bool = True,
    ) -> None:
        self._known: set[str] = set()
        self.packages: set[str] = set()
        """Directories with an `__init__.py`."""
        self.files: set[str] = set()
        """Modules that are one file, without suffix."""
        self._homes: dict[str, set[str]] = defaultdict(set)
        self._exists = exists
        self._is_whole = is_whole
        self.asked: set[str] = set()
        """Directories outside of what was scanned that answers depend on."""
        self.above = above
        for path in paths:
            directory, _, name = path.rpartition("/")
            if is_package_file(path):
                self.packages.add(directory)
            else:
                self._enter(directory, name.removesuffix(".py"))
                self.files.add(path.removesuffix(".py"))
            self._enter_directory(directory)
        for directory, names in (outside or {}).items():
            for name in names:
                self._homes[name.removesuffix(".py")].add(directory)
        self._outside = frozenset(outside or ())
        self._found: dict[str, tuple[str, ...]] = {}

    def _enter_directory(self, directory: str) -> None:
        while directory and directory not in self._known:
            parent, _, name = directory.rpartition("/")
            self._enter(parent, name)
            directory = parent

    def _enter(self, directory: str, name: str) -> None:
        self._known.add(posixpath.join(directory, name))
        self._homes[name].add(directory)

    def homes(self, module: str) -> tuple[str, ...]:
        """Return the directories below which the module is found, sorted."""
        found = self._found.get(module)
        if found is None:
            found = self._found[module] = tuple(sorted(self._homes_of(module)))
        return found

    def _homes_of(self, module: str) -> Iterator[str]:
        for home in self._homes.get(module.partition(".")[0], ()):
            if self.is_module(posixpath.join(home, module.replace(".", "/")), home):
                yield home

    def is_module(self, place: str, home: str = "") -> bool:
        """Whether a path without suffix is a module or a directory of modules."""
        if place in self._known:
            return True
        if self._is_whole and home not in self._outside:
            return False
        self.asked.add(posixpath.dirname(place))
        return self._exists(f"{place}.py") or self._exists(place)

    def through(self, module: str) -> tuple[int, str] | None:
        """Return how many directories above the project a module's name counts from, and where it leads.

        `helpdesk.tickets` leads to `tickets.py` in a project that is the directory `helpdesk` itself.
        """
        parts = module.split(".")
        for steps in range(1, len(self.above) + 1):
            prefix = list(self.above[-steps:])
            place = "/".join(parts[steps:])
            if parts[:steps] == prefix and (not place or self.is_module(place)):
                return steps, place
        return None


class Tally(msgspec.Struct):
    """Numbers of import statements.

    `inside`: of those that count from a directory. `through`: of those that lead into a directory from
    further above, or that take it for a package, so that it is none to count from. `above` is the same
    as `inside` for the directories that the project lies in, by the number of steps up.
    """

    inside: Counter[str] = msgspec.field(default_factory=Counter)
    through: Counter[str] = msgspec.field(default_factory=Counter)
    above: Counter[int] = msgspec.field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = msgspec.field(default_factory=dict)

    def count(self, home: str, module: str, number: int) -> None:
        """Count imports of a module from a directory."""
        self.inside[home] += number
        self.examples.setdefault((home, home), module)
        place = module.replace(".", "/")
        inner = [*ancestors(place)[1:], place]  # a package that is imported itself is one as well
        for each in inner:
            directory = posixpath.join(home, each)
            self.through[directory] += number
            self.examples.setdefault((home, directory), module)


def tally(
    witnesses: Iterable[Witness], places: Places, is_foreign: Callable[[str], bool]
) -> tuple[Tally, Tally]:
    """Count the imports of the application's files, and those of its tests.

    `is_foreign` tells the top-level names that are never the project's. An import that several
    directories may be meant by is counted last: from the directory nearest around the file that
    nothing speaks against.
    """
    counter = _Counter(places, is_foreign)
    for witness in witnesses:
        counter.hear(witness)
    counter.settle()
    return counter.own, counter.tests


class _Counter:
    def __init__(self, places: Places, is_foreign: Callable[[str], bool]) -> None:
        self.own, self.tests = Tally(), Tally()
        self._places = places
        self._is_foreign = is_foreign
        self._ours: dict[str, bool] = {}
        self._clear = Counter[tuple[str, bool]]()
        self._unclear = Counter[tuple[str, str, bool]]()

    def hear(self, witness: Witness) -> None:
        """Take what one file imports."""
        found = self.tests if witness.is_test else self.own
        absolute = []
        for written in witness.imports:
            if written[0] == ".":
                _count_relative(found, posixpath.dirname(witness.path), written)
            elif self._may_be_ours(written):
                absolute.append(written)
        for written in _without_fallbacks(absolute, self._places):
            homes = self._places.homes(written)
            if not homes:
                self._try_above(written, found)
            elif len(homes) == 1 and _is_telling(written, homes[0], witness.path, self._places):
                self._clear[written, witness.is_test] += 1
            else:
                self._unclear[written, witness.path, witness.is_test] += 1

    def settle(self) -> None:
        """Count what was clear, and by that what was not."""
        for (module, is_test), number in self._clear.items():
            tally = self.tests if is_test else self.own
            tally.count(self._places.homes(module)[0], module, number)
        first = self.own.through.copy(), self.own.inside.copy()
        for (module, path, is_test), number in self._unclear.items():
            home = _nearest(self._places, module, path, first)
            if home is not None:
                (self.tests if is_test else self.own).count(home, module, number)

    def _may_be_ours(self, written: str) -> bool:
        """Whether a module may be one of the project; most imports of a code base are not."""
        known = self._ours.get(written)
        if known is None:
            is_foreign = self._is_foreign(written.partition(".")[0])
            is_found = self._places.homes(written) or self._places.above
            known = self._ours[written] = not is_foreign and bool(is_found)
        return known

    def _try_above(self, module: str, found: Tally) -> None:
        led = self._places.through(module) if self._places.above else None
        if led is not None:
            found.above[led[0]] += 1


def _without_fallbacks(modules: list[str], places: Places) -> list[str]:
    """The modules without those that one file imports by two names, `try: … except ImportError: …`."""
    if len({module.rpartition(".")[2] for module in modules}) == len(modules):
        return modules  # two names of one file end alike
    meant: dict[str, list[str]] = {}
    for module in modules:
        for home in places.homes(module):
            meant.setdefault(posixpath.join(home, module.replace(".", "/")), []).append(module)
    twice = {module for each in meant.values() if len(each) > 1 for module in each}
    return [module for module in modules if module not in twice] if twice else modules


def _is_telling(module: str, home: str, path: str, places: Places) -> bool:
    """Whether an import that only one directory can be meant by is one of the project at all.

    `import redis` does not mean the file itself, nor a folder `docker/redis/` somewhere else.
    """
    place = posixpath.join(home, module.replace(".", "/"))
    if "." in module or path == f"{place}.py":
        return "." in module
    is_around = home == "" or path.startswith(f"{home}/")
    return is_around or place in places.files or place in places.packages


def _nearest(
    places: Places, module: str, path: str, known: tuple[Counter[str], Counter[str]]
) -> str | None:
    """The directory around a file that one of several homes is."""
    through, inside = known
    around = [home for home in places.homes(module) if home == "" or path.startswith(f"{home}/")]
    around.sort(key=len, reverse=True)
    for home in around:
        is_package = home in places.packages or through[home] > inside[home]
        if not is_package and path != posixpath.join(home, f"{module}.py"):
            return home
    return None


def _count_relative(found: Tally, directory: str, written: str) -> None:
    """A relative import takes the directory of its file for a package, and those that it climbs."""
    climbs = len(written) - len(written.lstrip("."))
    for _ in range(climbs):
        found.through[directory] += 1
        if not directory:
            return
        directory = posixpath.dirname(directory)
