"""Which directories an application is imported from, decided over evidence. Pure.

`import_roots` is the one place that decides: everything that names a module asks it. The order of what
counts:

1. The user's setting `import_roots` counts, whatever the rest says.
2. What the code base imports itself decides over what files state: a name that no import uses is no
   module's name. Imports of tests count where the application has none.
3. What a file states for Python counts: packaging, Alembic, `sys.path` in env.py, pytest.
4. Where files lie counts last, and not where it would cut a package in two.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

import msgspec

from xcore_tools.discovery.results import ImportRoot
from xcore_tools.discovery.roots.evidence import Evidence, Weight
from xcore_tools.discovery.roots.tally import Places, Tally
from xcore_tools.discovery.walk.paths import ancestors

_SHARE = 5
"""Imports by another name are a contradiction from a fifth on; fewer are slips."""


class Dispute(msgspec.Struct, frozen=True, order=True):
    """A directory that some evidence has for an import root, and other evidence for a part of a package.

    `names` are examples of both, `counts` how many imports use each.
    """

    directory: str
    names: tuple[str, str]
    counts: tuple[int, int]
    is_root: bool


class Roots(msgspec.Struct, frozen=True):
    """The import roots in the order of lookup, and the package that the project lies in, "" for none."""

    roots: tuple[ImportRoot, ...]
    package: str = ""
    disputes: tuple[Dispute, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The directories of the roots."""
        return tuple(root.path for root in self.roots)


def import_roots(
    evidence: Iterable[Evidence], counted: tuple[Tally, Tally], places: Places
) -> Roots:
    """Return the directories that module names count from, with the reasons.

    `counted` are the imports of the application and those of its tests.
    """
    judge = _Judge(sorted(set(evidence)), counted, places)
    chosen = [path for path in judge.candidates() if judge.is_root(path)]
    settings = [each.root for each in judge.evidence if each.weight is Weight.SETTING]
    order = dict.fromkeys([*settings, "", *sorted(path for path in chosen if path)])
    disputes = (judge.dispute(path) for path in judge.candidates())
    return Roots(
        roots=tuple(ImportRoot(path, judge.reasons(path)) for path in order),
        package=judge.package(),
        disputes=tuple(sorted(each for each in disputes if each is not None)),
    )


class _Judge:
    def __init__(
        self, evidence: Sequence[Evidence], counted: tuple[Tally, Tally], places: Places
    ) -> None:
        self.evidence = evidence
        self._own, self._tests = counted
        self._places = places
        self._stated: dict[str, list[Evidence]] = {}
        for each in evidence:
            self._stated.setdefault(each.root, []).append(each)

    def candidates(self) -> list[str]:
        """Everything that any evidence speaks for."""
        found = {*self._stated, *self._own.inside, *self._tests.inside}
        return sorted(found, key=lambda path: (path.count("/"), path))

    def is_root(self, path: str) -> bool:
        """Whether the imports, or what is stated, make the directory a root."""
        if self._weight(path) is Weight.SETTING:
            return True
        inside, through = self._counts(path)
        if inside > through:
            return path in self._stated or not self._is_below_package(path)
        if inside < through:
            return False
        if inside:  # as many by one name as by the other
            return self._weight(path) >= Weight.STATED
        if self._weight(path) >= Weight.STATED:
            return True
        return path in self._stated and not self._is_in_package(path)

    def dispute(self, path: str) -> Dispute | None:
        """The contradiction about a directory, if it is one."""
        inside, through = self._counts(path)
        weight = self._weight(path)
        if not path or weight is Weight.SETTING or not through:
            return None
        if min(inside, through) * _SHARE < max(inside, through):
            return None
        names = self._example(path, path), self._example_through(path)
        return Dispute(path, names, (inside, through), self.is_root(path)) if all(names) else None

    def reasons(self, path: str) -> tuple[str, ...]:
        """Why a directory is a root: what its imports say, then what files state."""
        inside, _ = self._counts(path)
        found = []
        if inside:
            name = self._example(path, path)
            verb = "import counts" if inside == 1 else "imports count"
            found.append(f"{inside} {verb} from it, such as {name}")
        stated = sorted(self._stated.get(path, ()), key=lambda each: (-each.weight, each))
        found += [f"{each.file}: {each.reason}" if each.file else each.reason for each in stated]
        if not found and not path:
            found.append("the directory of the project")
        return tuple(dict.fromkeys(found))

    def package(self) -> str:
        """The package that the directory of the project is, told by what its own files import."""
        steps, number = self._above()
        stated = [each.root for each in self.evidence if _is_above(each.root)]
        inside = self._counts("")[0]
        if number and number > inside:
            return ".".join(self._places.above[-steps:])
        for root in stated:
            up = root.count("..")
            is_whole = "" in self._places.packages and up <= len(self._places.above)
            if root.strip("./") == "" and is_whole and not inside:
                return ".".join(self._places.above[-up:])
        return ""

    def _above(self) -> tuple[int, int]:
        for tally in (self._own, self._tests):
            if tally.above:
                return max(tally.above.items(), key=lambda item: (item[1], -item[0]))
        return 0, 0

    def _counts(self, path: str) -> tuple[int, int]:
        """How many imports count from the directory, and how many lead through it."""
        for tally in (self._own, self._tests):
            inside, through = tally.inside.get(path, 0), tally.through.get(path, 0)
            if inside or through:
                return inside, through
        return 0, 0

    def _weight(self, path: str) -> int:
        return max((each.weight for each in self._stated.get(path, ())), default=0)

    def _is_in_package(self, path: str) -> bool:
        """Whether a directory lies in a package, or is one and nothing says otherwise.

        An `__init__.py` beside pyproject.toml, which tools leave behind, is no package's.
        """
        if self._is_below_package(path):
            return True
        is_distribution = any(
            posixpath.basename(each.file) in {"pyproject.toml", "setup.py", "setup.cfg"}
            for each in self._stated[path]
        )
        return path in self._places.packages and not is_distribution

    def _is_below_package(self, path: str) -> bool:
        return any(each and each in self._places.packages for each in ancestors(path))

    def _example(self, home: str, directory: str) -> str:
        for tally in (self._own, self._tests):
            if name := tally.examples.get((home, directory)):
                return name
        return ""

    def _example_through(self, path: str) -> str:
        found = [self._example(each, path) for each in reversed(ancestors(path))]
        return next((name for name in found if name), "")


def _is_above(root: str) -> bool:
    return root == ".." or root.startswith("../")
