"""Which files use a name that leads to a model, told from what they import and how they use it.

A lead is a name in a module: a base, a model, a function that makes tables. Imports carry it into other
modules, under this name or another, directly or through packages that pass it on. Of the files that it
reaches, those matter that make something with it while they are imported; what a function does with it
makes the function a lead, and what is bound to it is another name of it. None of this needs a parser.
Where a look does not tell, the use counts.
"""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import NamedTuple

from xcore_tools.discovery.prefilter.import_targets import Origins
from xcore_tools.discovery.prefilter.seeds import Leads
from xcore_tools.discovery.prefilter.sketch import Imported, Sketch
from xcore_tools.discovery.prefilter.usages import Surroundings
from xcore_tools.discovery.prefilter.use import ANYTHING, Use
from xcore_tools.discovery.walk import SourceFile

_NEVER = 99


class _Lead(NamedTuple):
    """What can be done with a name: whether a class that inherits it is mapped, and how many calls,

    of it and then of what it returned, make something: `calls` at least, `last` at most. What `is_object`
    has attributes that are leads.
    """

    is_class: bool = False
    calls: int = _NEVER
    last: int = 0
    is_object: bool = False

    def __or__(self, other: object) -> _Lead:
        if not isinstance(other, _Lead):
            return NotImplemented
        if self == other:
            return self
        return _Lead(
            self.is_class or other.is_class,
            min(self.calls, other.calls),
            max(self.last, other.last),
            self.is_object or other.is_object,
        )

    @property
    def is_maker(self) -> bool:
        return self.calls < _NEVER


_NOTHING = _Lead()
_CLASS = _Lead(is_class=True)
_MAKER = _Lead(calls=1, last=1)
_OBJECT = _Lead(is_object=True)
_CALL_NOTHING = frozenset(
    {"all", "any", "bool", "callable", "hash", "id", "isinstance", "issubclass", "len", "print"}
)
"""Builtins that do nothing with a function that they are given."""
_ANY = "*"
"""Stands for the modules whose own imports are not known: they may bind anything."""


class _Reach:
    """The leads that reach one file, by their names there, and those whose uses are still to be seen.

    `has_objects`: some name stands for an object or a module of a library, whose attributes may be
    leads. `may_have_any`: a star import may bind anything. `imports` are those of the file. `held` says
    of modules that it has as objects how many of the names below them it has seen.
    """

    def __init__(self) -> None:
        self.names: dict[str, _Lead] = {}
        self.fresh: set[str] = set()
        self.attributes: set[str] = set()
        self.held: dict[str, int] = {}
        self.has_objects = False
        self.may_have_any = False
        self.imports: dict[str, list[Imported]] = {}
        self.text: Surroundings | None = None


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
        self._by_module: dict[str, SourceFile] = {}
        self._sketches: dict[str, Sketch] = {}
        self._importers: dict[str, list[tuple[SourceFile, Imported]]] = defaultdict(list)
        self._stars: dict[str | None, list[SourceFile]] = defaultdict(list)
        self._plain: dict[str, list[tuple[SourceFile, str]]] = defaultdict(list)
        self._dotted: dict[str, list[SourceFile]] = defaultdict(list)
        self._reach: dict[str, _Reach] = defaultdict(_Reach)
        self._places: dict[tuple[str, str], _Lead] = {}
        self._modules: set[tuple[str, str, str]] = set()
        self._holders: dict[str, set[str]] = defaultdict(set)
        self._below: dict[str, list[str]] = defaultdict(list)
        self._grown: set[str] = set()
        self._leads: dict[str, _Lead] = {}
        self._methods: set[str] = set()
        self._outside = {
            name: _MAKER if name in outside.makers else _CLASS for name in outside.names
        }
        self._carried: set[str] = set()
        self._resolved: dict[str, dict[str | None, list[tuple[SourceFile, str]]]] = {}
        self._modules_named: dict[str, dict[str | None, list[tuple[SourceFile, str]]]] = {}
        self._fresh: set[str] = set()
        self._with_any: set[str] = set()
        self._matter: set[str] = set()
        self._given: set[str] = set()
        for source, sketch in sketches:
            self._enter(source, sketch)
        self._enter_modules()
        self._add_outside()
        self._add_unread()

    @property
    def names(self) -> frozenset[str]:
        """The names of all leads so far, at every place that they were carried to."""
        return frozenset(self._leads)

    def add_evident(self, sources: Iterable[SourceFile]) -> None:
        """Counts what files that hold evidence define; what names of libraries mean there is not doubted."""
        for source in sources:
            text = self._text(source)
            self._given.add(source.path)
            for name in self._outside:
                self._note(source, name, self._outside[name])
            self._note_objects(source)
            self._bind(source, text.classes(), _CLASS)
            for use in text.makers():
                self._wait(source, use)

    def add(self, leads: Leads) -> list[SourceFile]:
        """The files that matter and have not been named before, now that `leads` are known as well."""
        for module, name in sorted(leads.places):
            self._carry([(module, name, _MAKER if name in leads.makers else _CLASS)])
        while self._fresh or self._grown:
            fresh = self._fresh.union(*(self._holders[module] for module in self._grown))
            self._fresh, self._grown = set(), set()
            for path in sorted(fresh):
                self._look(self._sources[path])
        found = self._matter - self._given
        self._given |= found
        return [self._sources[path] for path in sorted(found)]

    # -- where names come from -----------------------------------------------------------------

    def _enter(self, source: SourceFile, sketch: Sketch) -> None:
        self._sources[source.path] = source
        self._by_module[source.module] = source
        self._sketches[source.path] = sketch
        for item in sketch.imports:
            self._importers[item.name].append((source, item))
        for first, last in sketch.dotted:
            origins = [item for item in sketch.imports if item.here == first]
            if not origins:
                self._dotted[last].append(source)  # of an object that comes from anywhere
            elif any(self._is_unread(source, item) for item in origins):
                self._matter.add(source.path)
            elif last in self._outside and not all(
                self._origins.is_plain_library(source, item) for item in origins
            ):
                self._note_objects(source)

    def _enter_modules(self) -> None:
        """Resolves star imports, and what `import a.b` binds."""
        for source, item in self._importers.pop("*", ()):
            module = self._origins.module(source, item.module)
            self._stars[module].append(source)
            if not self._origins.is_known(module):
                self._reach[source.path].may_have_any = True
                self._with_any.add(source.path)
                self._matter.add(source.path)
        for source, item in self._importers.pop("", ()):
            modules = self._origins.modules_along(source, item.module)
            for module in modules:
                self._plain[module].append((source, item.here))
            if not modules and not self._origins.is_plain_library(source, item):
                self._note_objects(source)

    def _add_outside(self) -> None:
        for name, lead in sorted(self._outside.items()):
            self._learn("", name, lead)
            for source, item in self._importers.get(name, ()):
                if self._origins.module(source, item.module) is None:
                    self._carry([self._note(source, item.here, lead)])
            for source in self._stars[None]:
                self._carry([self._note(source, name, lead)])

    def _add_unread(self) -> None:
        """Counts what comes from modules of the project that are not looked at: excluded, or below no path."""
        found = [
            (source, item.here)
            for imported in self._importers.values()
            for source, item in imported
            if not self._origins.is_known(self._origins.module(source, item.module))
        ]
        for source, here in found:
            self._carry([self._note(source, here, _CLASS | _MAKER)])

    def _is_unread(self, source: SourceFile, item: Imported) -> bool:
        """Whether an import leads to a module of the project that is not looked at."""
        module = self._origins.submodule(source, item) or self._origins.module(source, item.module)
        return not self._origins.is_known(module)

    # -- where leads go ------------------------------------------------------------------------

    def _learn(self, module: str, name: str, lead: _Lead) -> None:
        """Notes a lead: whoever has its module, or a package above it, as an object may use it."""
        before = self._leads.get(name, _NOTHING)
        self._leads[name] = before | lead
        if self._leads[name] != before:
            self._refresh(self._dotted.get(name, ()), name)
            for path in self._with_any:
                self._note(self._sources[path], name, lead)
        while module:
            self._below[module].append(name)
            self._grown.add(module)
            module = module.rpartition(".")[0]

    def _refresh(self, sources: Iterable[SourceFile], attribute: str) -> None:
        for source in sources:
            self._reach[source.path].attributes.add(attribute)
            self._fresh.add(source.path)

    def _note_objects(self, source: SourceFile) -> None:
        """Notes that a file has objects whose attributes may be leads."""
        reach = self._reach[source.path]
        if not reach.has_objects:
            reach.has_objects = True
            reach.attributes |= self._outside.keys()
            self._fresh.add(source.path)

    def _note(self, source: SourceFile, name: str, lead: _Lead) -> tuple[str, str, _Lead]:
        """Notes that a lead reaches a file."""
        reach = self._reach[source.path]
        before = reach.names.get(name, _NOTHING)
        reach.names[name] = after = before | lead
        if after != before:
            reach.fresh.add(name)
            self._fresh.add(source.path)
        if lead.is_object:
            self._note_objects(source)
        return source.module, name, lead

    def _bind(self, source: SourceFile, names: Iterable[str], lead: _Lead) -> None:
        """Counts names that a file binds as leads."""
        for name in names:
            self._carry([self._note(source, name, lead)])

    def _carry(self, waiting: list[tuple[str, str, _Lead]]) -> None:
        """Carries leads into all files that import them, and on from there."""
        while waiting:
            module, name, lead = waiting.pop()
            before = self._places.get((module, name), _NOTHING)
            after = before | lead
            if after == before:
                continue
            self._places[(module, name)] = after
            if after.is_class or after.is_maker:
                self._learn(module, name, after)
            self._carry_packages(module)
            waiting += [
                self._note(source, here, after) for source, here in self._takers(module, name)
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
            found = self._takers_of_modules(name).get(module, ())
            self._carry_module(module, [*self._plain[module], *found])
            module = module.rpartition(".")[0]

    def _takers_of_modules(self, name: str) -> dict[str | None, list[tuple[SourceFile, str]]]:
        """By module, the files that import it from its package under that `name`, and what they call it."""
        if name not in self._modules_named:
            by_module: dict[str | None, list[tuple[SourceFile, str]]] = defaultdict(list)
            for source, item in self._importers.get(name, ()):
                by_module[self._origins.submodule(source, item)].append((source, item.here))
            self._modules_named[name] = by_module
        return self._modules_named[name]

    def _carry_module(self, module: str, waiting: list[tuple[SourceFile, str]]) -> None:
        """Carries a module into the files that have it under some name, and on from there."""
        while waiting:
            source, here = waiting.pop()
            if (source.module, here, module) in self._modules:
                continue
            self._modules.add((source.module, here, module))
            self._reach[source.path].held[module] = 0
            self._note_objects(source)
            self._holders[module].add(source.path)
            self._fresh.add(source.path)
            waiting += self._takers(source.module, here)

    # -- what uses tell ------------------------------------------------------------------------

    def _text(self, source: SourceFile) -> Surroundings:
        reach = self._reach[source.path]
        if reach.text is None:
            reach.text = self._text_of(source)
        return reach.text

    def _look(self, source: SourceFile) -> None:
        """Looks at the uses of what has reached a file since it was looked at last."""
        reach = self._reach[source.path]
        names, reach.fresh = reach.fresh, set()
        attributes, reach.attributes = reach.attributes, set()
        for module, seen in reach.held.items():
            below = self._below[module]
            if len(below) > seen:
                attributes.update(below[seen:])
                reach.held[module] = len(below)
        text = self._text(source)
        for name in sorted(names):
            for use in text.uses_of(name, calls=reach.names[name].is_maker):
                self._take(source, name, use, reach.names[name], is_plain=True)
        for name in sorted(attributes & text.attributes) if attributes else ():
            for use in text.uses_of_attribute(name, calls=self._leads[name].is_maker):
                self._take(source, name, use, self._leads[name], is_plain=False)

    def _take(
        self, source: SourceFile, name: str, use: Use, lead: _Lead, *, is_plain: bool
    ) -> None:
        """What one use of a lead means: that the file matters, or that what it stands in is a lead."""
        if use.awaited:
            if use.how == "class" or (lead.is_maker and is_plain):
                self._wait(source, use)
        elif use.how == "class":
            self._inherit(source, name, use, lead)
        elif use.how == "call":
            self._call(source, use, lead)
        else:
            self._alias(source, use, lead)

    def _wait(self, source: SourceFile, use: Use) -> None:
        """What a function makes waits for its call; what a method makes, for a call of it as well,

        unless Python calls it, or a method of this file does.
        """
        calls, last = use.awaited, use.depth
        if use.member == "__call__" or (use.member and not use.member.startswith("__")):
            self._methods.add(use.member)
            calls = 1 if use.member in self._text(source).attributes else 1 + calls
            last += 1
        elif use.member:
            calls = 1
        self._bind(source, use.binds, _Lead(calls=calls, last=last))

    def _inherit(self, source: SourceFile, name: str, use: Use, lead: _Lead) -> None:
        """A class inherits a lead: it is mapped, or it inherits a method that makes something."""
        if lead.is_class or name in self._outside:
            self._matter.add(source.path)
            self._bind(source, use.binds, _CLASS | _MAKER if use.depth else _CLASS)
        if lead.is_maker:
            is_called = not self._methods.isdisjoint(self._text(source).attributes)
            self._bind(source, use.binds, lead._replace(calls=1 if is_called else lead.calls))

    def _call(self, source: SourceFile, use: Use, lead: _Lead) -> None:
        """A lead is called, and so may be what it returns."""
        if not lead.is_maker:
            return
        left, last = lead.calls - use.calls, lead.last - use.calls
        if left > 0 and not use.is_receiver and (use.is_direct or not use.binds):
            self._bind(source, use.binds, _Lead(calls=left, last=last))
            return
        self._matter.add(source.path)
        made = _CLASS | _OBJECT | _MAKER if use.depth else _CLASS | _OBJECT
        self._bind(source, use.binds, made | _Lead(calls=1, last=last) if last > 0 else made)

    def _alias(self, source: SourceFile, use: Use, lead: _Lead) -> None:
        """Something is made of a lead: another name of it, or whatever a function gives for it."""
        if not (lead.is_class or lead.is_maker):
            return
        callees = [callee for callee in use.passed_to if self._may_make(source, callee, lead)]
        if callees or (lead.is_maker and use.is_receiver):
            self._matter.add(source.path)
        for callee in callees:
            self._need(source, callee.removeprefix("@"))
        self._bind(source, use.binds, _Lead(lead.is_class, lead.calls, lead.last))

    def _need(self, source: SourceFile, callee: str) -> None:
        """Counts the files that define what a file calls with a lead: it is followed there."""
        waiting, seen = [(source, callee)], set()
        while waiting:
            source, path = waiting.pop()
            for module, rest in self._leads_along(source, path):
                found = self._by_module.get(module)
                if found is not None and (module, rest) not in seen:
                    seen.add((module, rest))
                    self._matter.add(found.path)
                    waiting.append((found, rest))

    def _leads_along(self, source: SourceFile, path: str) -> Iterator[tuple[str, str]]:
        """The modules that a dotted path of a file leads into, each with what it means there."""
        first, _, rest = path.partition(".")
        if not first:
            return
        for item in self._sketches[source.path].imports:
            if item.here == first and not item.name and item.module.partition(".")[0] == first:
                yield from self._packages_along(source, item.module, path)
            elif item.here == first:
                inner = self._origins.submodule(source, item)
                outer = self._origins.module(source, item.module)
                if inner is not None:
                    yield inner, rest
                elif outer is not None:
                    yield outer, f"{item.name}.{rest}" if rest else item.name
            elif item.here == "*":
                module = self._origins.module(source, item.module)
                if module is not None and self._may_bind(module, first):
                    yield module, path

    def _packages_along(
        self, source: SourceFile, imported: str, path: str
    ) -> Iterator[tuple[str, str]]:
        """Where a path leads that begins with a package, of which `import a.b.c` made modules reachable."""
        parts = path.split(".")
        shared = takewhile(
            lambda pair: pair[0] == pair[1], zip(imported.split("."), parts, strict=False)
        )
        for size in range(sum(1 for _ in shared), 0, -1):
            module = self._origins.module(source, ".".join(parts[:size]))
            if module is not None:
                yield module, ".".join(parts[size:])
                if size < len(parts):
                    return  # else the package binds something else to the name, which can be called

    def _may_bind(self, module: str, name: str) -> bool:
        """Whether a module may bind a name: its text holds it, or a star import may bring it."""
        found = self._by_module.get(module)
        if found is None:
            return False
        is_passed_on = any(item.here == "*" for item in self._sketches[found.path].imports)
        return is_passed_on or self._text(found).has(name)

    def _may_make(self, source: SourceFile, callee: str, lead: _Lead) -> bool:
        """Whether a call with a lead as argument may make something: not if a library is called.

        A method of some object that decorates is one of a library as well: `@router.get("/", response_model=User)`.
        """
        is_decorator = callee.startswith("@")
        first, _, rest = callee.removeprefix("@").partition(".")
        last = rest.rpartition(".")[2] or first
        if callee == ANYTHING or last in self._outside or last == "type":
            return True
        if not rest and hasattr(builtins, first):
            return lead.is_maker and first not in _CALL_NOTHING
        items = [item for item in self._sketches[source.path].imports if item.here == first]
        if is_decorator and rest:
            return any(self._origins.submodule(source, item) is not None for item in items)
        return not items or any(
            self._origins.module(source, item.module) is not None
            or self._origins.submodule(source, item) is not None
            for item in items
        )
