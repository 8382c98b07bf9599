"""Which files use a name that leads to a model, told from what they import and how they use it.

A lead is a name in a module: a base, a model, a function that makes tables. Imports carry it into other
modules, under this name or another, directly or through packages that pass it on. Of the files that it
reaches, those matter that use it while they are imported; what a function does with it makes the
function a lead. None of this needs a parser. Where a look does not tell, the use counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from xcore_tools.discovery.leads import Leads
from xcore_tools.discovery.origins import Origins
from xcore_tools.discovery.prefilter import Imported, Sketch
from xcore_tools.discovery.surroundings import Surroundings, Use
from xcore_tools.discovery.walk import SourceFile

__all__ = ["Mentions"]

Kind = Literal["class", "maker", "object"]
_Place = tuple[str, str, Kind]
_ANY = "*"
"""Stands for the modules whose own imports are not known: they may bind anything."""


class _Reach:
    """The leads that reach one file, by their names there, and those whose uses were looked at.

    `has_objects`: some name stands for an object or a module of a library, whose attributes may be
    leads that libraries bind. `may_have_any`: a star import may bind anything.
    """

    def __init__(self) -> None:
        self.names: dict[str, bool] = {}
        self.attributes: dict[str, bool] = {}
        self.modules: set[str] = set()
        self.has_objects = False
        self.may_have_any = False
        self.seen: set[tuple[str, bool]] = set()
        self.seen_attributes: set[tuple[str, bool]] = set()


class Mentions:
    """The files that leads reach; grows with the leads, which are added as they become known.

    `outside` are leads that libraries bind, `text_of` gives the text of a file to look at.
    """

    def __init__(
        self,
        sketches: Iterable[tuple[SourceFile, Sketch]],
        origins: Origins,
        text_of: Callable[[SourceFile], Surroundings],
        outside: Leads,
    ) -> None:
        self._origins = origins
        self._text_of = text_of
        self._sources: dict[str, SourceFile] = {}
        self._importers: dict[str, list[tuple[SourceFile, Imported]]] = defaultdict(list)
        self._stars: dict[str | None, list[SourceFile]] = defaultdict(list)
        self._plain: dict[str, list[tuple[SourceFile, str]]] = defaultdict(list)
        self._dotted: dict[str, list[SourceFile]] = defaultdict(list)
        self._reach: dict[str, _Reach] = defaultdict(_Reach)
        self._places: set[_Place] = set()
        self._modules: set[tuple[str, str, str]] = set()
        self._holders: dict[str, set[str]] = defaultdict(set)
        self._below: dict[str, dict[str, bool]] = defaultdict(dict)
        self._leads: dict[str, bool] = {}
        self._outside = {name: name in outside.makers for name in outside.names}
        self._texts: dict[str, Surroundings] = {}
        self._carried: set[str] = set()
        self._resolved: dict[str, dict[str | None, list[tuple[SourceFile, str]]]] = {}
        self._fresh: set[str] = set()
        self._matter: set[str] = set()
        self._given: set[str] = set()
        for source, sketch in sketches:
            self._enter(source, sketch)
        self._enter_modules()
        self._add_outside()

    @property
    def names(self) -> frozenset[str]:
        """The names of all leads so far, at every place that they were carried to."""
        return frozenset(self._leads)

    def add_evident(self, sources: Iterable[SourceFile]) -> None:
        """Counts the classes of files that hold evidence as leads, and what makes something in them."""
        for source in sources:
            text = self._text_of(source)
            self._given.add(source.path)
            self._bind(source, text.classes(), "class")
            self._bind(source, text.makers(), "maker")

    def add(self, leads: Leads) -> list[SourceFile]:
        """The files that matter and have not been named before, now that `leads` are known as well."""
        for module, name in sorted(leads.places):
            self._carry([(module, name, "maker" if name in leads.makers else "class")])
        while self._fresh:
            fresh, self._fresh = sorted(self._fresh), set()
            for path in fresh:
                self._look(self._sources[path])
        found = self._matter - self._given
        self._given |= found
        return [self._sources[path] for path in sorted(found)]

    # -- where names come from -----------------------------------------------------------------

    def _enter(self, source: SourceFile, sketch: Sketch) -> None:
        self._sources[source.path] = source
        for item in sketch.imports:
            self._importers[item.name].append((source, item))
        for first, last in sketch.dotted:
            origins = [item for item in sketch.imports if item.here == first]
            if not origins:
                self._dotted[last].append(source)  # of an object that comes from anywhere
            elif last in self._outside and not all(
                self._origins.is_plain_library(source, item) for item in origins
            ):
                self._note(source, first, "object")

    def _enter_modules(self) -> None:
        """Resolves star imports, and what `import a.b` binds."""
        for source, item in self._importers.pop("*", ()):
            module = self._origins.module(source, item.module)
            self._stars[module].append(source)
            self._reach[source.path].may_have_any |= not self._origins.is_known(module)
        for source, item in self._importers.pop("", ()):
            modules = self._origins.modules_along(source, item.module)
            for module in modules:
                self._plain[module].append((source, item.here))
            if not modules and not self._origins.is_plain_library(source, item):
                self._note(source, item.here, "object")

    def _add_outside(self) -> None:
        for name, is_maker in sorted(self._outside.items()):
            kind: Kind = "maker" if is_maker else "class"
            self._learn("", name, is_maker=is_maker)
            for source, item in self._importers.get(name, ()):
                if self._origins.module(source, item.module) is None:
                    self._carry([self._note(source, item.here, kind)])
            for source in self._stars[None]:
                self._carry([self._note(source, name, kind)])

    # -- where leads go ------------------------------------------------------------------------

    def _learn(self, module: str, name: str, *, is_maker: bool) -> None:
        """Notes a lead: whoever has its module, or a package above it, as an object may use it."""
        if not self._leads.get(name):
            self._leads[name] = is_maker
        for source in self._dotted.get(name, ()):
            self._reach[source.path].attributes[name] = self._leads[name]
            self._fresh.add(source.path)
        while module:
            below = self._below[module]
            below[name] = is_maker or below.get(name, False)
            self._fresh |= self._holders[module]
            module = module.rpartition(".")[0]

    def _note(self, source: SourceFile, name: str, kind: Kind) -> _Place:
        """Notes that a lead reaches a file."""
        reach = self._reach[source.path]
        reach.has_objects |= kind == "object"
        if kind != "object":
            reach.names[name] = kind == "maker" or reach.names.get(name, False)
        self._fresh.add(source.path)
        return source.module, name, kind

    def _bind(self, source: SourceFile, names: Iterable[str], kind: Kind) -> None:
        """Counts names that a file binds as leads."""
        for name in names:
            self._carry([self._note(source, name, kind)])

    def _carry(self, waiting: list[_Place]) -> None:
        """Carries leads into all files that import them, and on from there."""
        while waiting:
            place = waiting.pop()
            if place in self._places:
                continue
            self._places.add(place)
            module, name, kind = place
            if kind != "object":
                self._learn(module, name, is_maker=kind == "maker")
            self._carry_packages(module)
            waiting += [
                self._note(source, here, kind) for source, here in self._takers(module, name)
            ]

    def _takers(self, module: str, name: str) -> Iterator[tuple[SourceFile, str]]:
        """The files that have `name` of a module, each with the name that it has there."""
        if name not in self._resolved:
            by_module: dict[str | None, list[tuple[SourceFile, str]]] = defaultdict(list)
            self._resolved[name] = by_module
            for source, item in self._importers.get(name, ()):
                origin = self._origins.module(source, item.module)
                known = origin if self._origins.is_known(origin) else _ANY
                by_module[known].append((source, item.here))
        yield from self._resolved[name].get(module, ())
        yield from self._resolved[name].get(_ANY, ())
        for source in self._stars.get(module, ()):
            yield source, name

    def _carry_packages(self, module: str) -> None:
        """Carries a module that binds a lead, as an object, and the packages that it lies in."""
        while module and module not in self._carried:
            self._carried.add(module)
            name = module.rpartition(".")[2]
            found = [
                (source, item.here)
                for source, item in self._importers.get(name, ())
                if self._origins.submodule(source, item) == module
            ]
            self._carry_module(module, [*self._plain[module], *found])
            module = module.rpartition(".")[0]

    def _carry_module(self, module: str, waiting: list[tuple[SourceFile, str]]) -> None:
        """Carries a module into the files that have it under some name, and on from there."""
        while waiting:
            source, here = waiting.pop()
            if (source.module, here, module) in self._modules:
                continue
            self._modules.add((source.module, here, module))
            self._reach[source.path].modules.add(module)
            self._reach[source.path].has_objects = True
            self._holders[module].add(source.path)
            self._fresh.add(source.path)
            waiting += self._takers(source.module, here)

    # -- what uses tell ------------------------------------------------------------------------

    def _look(self, source: SourceFile) -> None:
        """Looks at the uses of what has reached a file since it was looked at last."""
        reach = self._reach[source.path]
        attributes = dict(reach.attributes)
        for module in reach.modules:
            attributes |= self._below[module]
        if reach.has_objects:
            attributes |= self._outside
        plain = reach.names | (self._leads if reach.may_have_any else {})
        fresh = plain.items() - reach.seen
        fresh_attributes = attributes.items() - reach.seen_attributes
        if not fresh and not fresh_attributes:
            return
        reach.seen |= fresh
        reach.seen_attributes |= fresh_attributes
        text = self._texts.get(source.path) or self._text_of(source)
        self._texts[source.path] = text
        for name, is_maker in sorted(fresh):
            for use in text.uses_of(name):
                self._take(source, name, use, is_maker=is_maker, is_plain=True)
        wanted = frozenset(name for name, _ in fresh_attributes)
        for name, use in text.uses_of_attributes(wanted) if wanted else ():
            self._take(source, name, use, is_maker=attributes[name], is_plain=False)

    def _take(
        self, source: SourceFile, name: str, use: Use, *, is_maker: bool, is_plain: bool
    ) -> None:
        """What one use of a lead means: that the file matters, or that what it stands in is a lead."""
        if use.how == "call" and not is_maker:
            return
        if use.is_inside:
            if use.how == "class" or (use.how == "call" and is_plain):
                self._bind(source, use.binds, "maker")
            return
        if use.how == "class" and is_maker and name not in self._outside:
            self._bind(source, use.binds, "maker")  # it inherits a method that makes something
            return
        self._matter.add(source.path)
        self._bind(source, use.binds, "class")
        if is_maker:
            is_made = use.how == "call" and name in self._outside
            self._bind(source, use.binds, "object" if is_made else "maker")
