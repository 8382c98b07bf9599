"""A scan falls into parts: applications side by side, of which no file imports anything of another.

Each part is scanned by itself, in a process of its own where that pays, and one that has not changed
need not be scanned again. What lies in one top-level package is one part with everything that it imports
and that imports it; so are all users of a library whose models share one MetaData.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from xcore_tools.discovery.catalog.libraries import SHARED_BASES
from xcore_tools.discovery.prefilter.sketch import Imported, Sketch
from xcore_tools.discovery.records import Outlook, Part
from xcore_tools.discovery.walk import SourceFile
from xcore_tools.discovery.walk.module_names import import_root_of

_MODULES = frozenset({"test", "tests", "testing"})
"""Names that are modules wherever they are imported from."""

_TOPS = frozenset(name.partition(".")[0] for name in SHARED_BASES)


def outlook_of(sketch: Sketch, size: int, *, is_suspicious: bool) -> Outlook:
    """The outlook of a file of `size` bytes that looks like `sketch`."""
    origins = {origin for item in sketch.imports for origin in _origins(item)}
    return Outlook(
        size,
        sketch.has_evidence,
        sketch.is_set_aside,
        is_suspicious,
        tuple(sorted(origins)),
        tuple(sorted({module for item in sketch.imports for module in _modules(item)})),
    )


def _modules(item: Imported) -> Iterator[str]:
    """The modules that an import reads: what it names may be one where that is all it tells."""
    yield item.module
    if not item.module.strip(".") or item.name in _MODULES:
        yield f"{item.module}{'' if item.module.endswith('.') else '.'}{item.name}"


def _origins(item: Imported) -> Iterator[str]:
    plain = item.module.lstrip(".")
    dots = item.module[: len(item.module) - len(plain)]
    top = plain.partition(".")[0]
    if top or item.name == "*":
        yield dots + top
    else:
        yield dots + item.name
    if top in _TOPS and not dots:
        whole = f"{plain}." if item.name in ("", "*") else f"{plain}.{item.name}."
        if any(f"{name}.".startswith(whole) for name in SHARED_BASES):
            yield f"<{top}>"


def split(
    sources: Sequence[SourceFile],
    outlooks: Callable[[SourceFile], Outlook | None],
    import_roots: Sequence[str],
    names_in: Callable[[str], Iterable[str]],
    bases: Iterable[str] = (),
) -> list[Part]:
    """The parts of a scan, the heaviest first.

    `outlooks` tells what a first look at a file told, None where it could not be read; `names_in` the
    names in a directory; `bases` are dotted names of further bases outside the project. Parts in which
    no file holds evidence are one part, the last.
    """
    shared = frozenset(base.partition(".")[0] for base in bases)
    groups = _Groups(sources, import_roots, names_in, shared)
    for source in sources:
        outlook = outlooks(source)
        if outlook is not None and not outlook.is_set_aside:
            groups.connect(source, outlook.origins)
    members: dict[str, list[SourceFile]] = defaultdict(list)
    weights: dict[str, int] = defaultdict(int)
    for source in sources:
        group = groups.of(source)
        members[group].append(source)
        outlook = outlooks(source)
        if outlook is not None and outlook.has_evidence:
            weights[group] += outlook.size
    parts = [Part(tuple(sorted(members[group])), weights[group]) for group in weights]
    rest = sorted(s for group, each in members.items() if group not in weights for s in each)
    parts.sort(key=lambda part: (-part.weight, part.sources))
    return [*parts, Part(tuple(rest), 0)] if rest else parts


class _Groups:
    """Top-level packages and modules by their paths, united as imports connect them."""

    def __init__(
        self,
        sources: Iterable[SourceFile],
        import_roots: Sequence[str],
        names_in: Callable[[str], Iterable[str]],
        shared: frozenset[str],
    ) -> None:
        self._import_roots = frozenset(import_roots)
        self._shared = shared
        self._above: dict[str, str] = {}
        self._tops: dict[str, str] = {}  # the top-level package or module of each directory or file
        self._below: dict[str, set[str]] = defaultdict(set)
        self._homes: dict[str, list[str]] = defaultdict(list)  # import roots by what they hold
        for root in import_roots:
            for name in {name.removesuffix(".py") for name in names_in(root)}:
                self._homes[name].append(root)
        self._outside = {
            posixpath.join(root, name) for name, roots in self._homes.items() for root in roots
        }
        self._meant: dict[tuple[str, str], tuple[str, ...]] = {}
        self._roots: dict[str, str] = {}
        for source in sources:
            top = self._top(source)
            directory = top
            while directory and top not in self._below[directory]:
                self._below[directory].add(top)
                directory = directory.rpartition("/")[0]

    def of(self, source: SourceFile) -> str:
        """The name of the group that a file is in."""
        return self._find(self._top(source))

    def connect(self, source: SourceFile, origins: Iterable[str]) -> None:
        """Unites the group of a file with those of what it imports: first names, dots in front included."""
        top = self._top(source)
        root = self._root(source.path)
        for origin in origins:
            key = (origin, root) if origin[0] != "." else (origin, source.path)
            if key not in self._meant:
                self._meant[key] = tuple(self._places(source, root, origin))
            for place in self._meant[key]:
                self._unite(top, place)

    def _places(self, source: SourceFile, root: str, origin: str) -> Iterator[str]:
        """The top-level packages and modules that the first name of an import may mean."""
        name = origin.lstrip(".")
        if origin[0] == "<" or origin in self._shared:
            yield origin
        if name != origin:  # above the outermost package, if this leads out of it
            directory = posixpath.dirname(source.path)
            for _ in range(len(origin) - len(name) - 1):
                directory = posixpath.dirname(directory)
            yield from self._at(posixpath.join(directory, name) if name else directory)
            return
        for each in dict.fromkeys([root, *self._homes.get(name, ())]):
            found = self._at(posixpath.join(each, name))
            yield from found
            if found and each == root:
                return

    def _at(self, place: str) -> tuple[str, ...]:
        found = self._below.get(place)
        if found:
            return tuple(sorted(found))
        return (place,) if place in self._outside else ()

    def _top(self, source: SourceFile) -> str:
        directory, _, _ = source.path.rpartition("/")
        key = directory if directory != self._root(source.path) else source.path
        if key not in self._tops:
            root = self._root(source.path)
            inside = source.path[len(root) + 1 :] if root else source.path
            self._tops[key] = posixpath.join(root, inside.partition("/")[0].removesuffix(".py"))
        return self._tops[key]

    def _root(self, path: str) -> str:
        directory = path.rpartition("/")[0]
        if directory not in self._roots:
            inside = f"{directory}/_" if directory else "_"
            self._roots[directory] = import_root_of(inside, self._import_roots)
        return self._roots[directory]

    def _find(self, place: str) -> str:
        above = self._above.setdefault(place, place)
        while above != self._above.setdefault(above, above):
            self._above[place] = above = self._above[above]
        return above

    def _unite(self, one: str, other: str) -> None:
        a, b = self._find(one), self._find(other)
        if a != b:
            self._above[max(a, b)] = min(a, b)
