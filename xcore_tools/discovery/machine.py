"""Modules followed one after another: names looked up across them, functions called, work bounded.

Nothing is imported and nothing runs: statements are followed over values (values.py), imports are
looked up only when their name is needed, so cyclic imports end by themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from xcore_tools.discovery import library, mapping
from xcore_tools.discovery import syntax as s
from xcore_tools.discovery.evaluate import evaluate
from xcore_tools.discovery.execute import assign, execute
from xcore_tools.discovery.frameworks import DATABASES, FOREIGN, Foreign, role_of
from xcore_tools.discovery.makers import LIBRARY, called_names, may_make
from xcore_tools.discovery.names import absolute_name
from xcore_tools.discovery.text import is_plain
from xcore_tools.discovery.values import (
    BoundMethod,
    Choice,
    ClassValue,
    DatabaseValue,
    Deferred,
    External,
    Frame,
    FunctionValue,
    ImportedName,
    Instance,
    LambdaValue,
    MetaDataValue,
    ModuleValue,
    Partial,
    Site,
    SuperValue,
    TableValue,
    Unknown,
    Value,
    choice_of,
)

__all__ = ["LimitReachedError", "Locate", "Machine", "NotReadyError"]

_MAX_DEPTH = 25
_STATEMENT_BUDGET = 30_000
_MODULE_BUDGET = 600_000


Locate = Callable[[str, str], str | None]
Load = Callable[[str], s.ModuleFacts | None]


class NotReadyError(Exception):
    """Indicates that a name leads to what is not loaded, or not followed yet."""


class LimitReachedError(Exception):
    """Indicates that one statement makes more work than anybody's models need."""


class Machine:
    """Follows modules and keeps what they make: classes, tables, mappings.

    `modules` are the facts at hand, `locate` tells which module of the project an import means in the
    file that imports it (None: none), `load` reads a module that is not at hand (None: it cannot),
    `leads` are names worth loading a module for although nobody insists.
    """

    def __init__(
        self,
        modules: Mapping[str, s.ModuleFacts],
        locate: Locate,
        load: Load,
        leads: frozenset[str] = frozenset(),
        bases: tuple[str, ...] = (),
    ) -> None:
        self.modules = dict(modules)
        self.leads = leads | LIBRARY
        self.classes: list[ClassValue] = []
        self.tables: list[TableValue] = []
        self.pending: list[Deferred] = []
        self.preparing: list[ClassValue] = []
        self.exhausted: list[tuple[str, int]] = []
        self._locate = locate
        self._load = load
        self._frames: dict[str, Frame] = {}
        self._running: set[str] = set()
        self._databases: dict[str, Value] = {}
        self._metadatas: dict[str, MetaDataValue] = {}
        self._extra_bases = {path: Foreign(path) for path in bases}
        self._resolving: set[int] = set()
        self._makers: dict[int, bool] = {}
        self.is_demanding = False
        self._depth = 0
        self._attempts = 0
        self._budget = _STATEMENT_BUDGET

    # -- running ------------------------------------------------------------------------------

    def run(self) -> None:
        """Follows every module, packages before what they hold, then what had to wait."""
        for name in sorted(self.modules):
            self._frame_of(name)
        waiting, self.pending = self.pending, []
        for deferred in waiting:
            self._budget = _STATEMENT_BUDGET
            self._guarded(deferred.frame, 0, lambda d=deferred: self.tentative(d.expr, d.frame))
        with self.demand():
            for cls in self.classes:
                self._budget = _STATEMENT_BUDGET
                if cls.frame is not None:
                    self._guarded(cls.frame, cls.line, lambda c=cls: mapping.prepare(self, c))

    def _frame_of(self, name: str) -> Frame | None:
        return self._followed(name) if name in self.modules else None

    def _followed(self, name: str) -> Frame:
        """The frame of a loaded module, followed to its end unless that is under way."""
        frame = self._frames.get(name)
        if frame is not None:
            return frame
        facts = self.modules[name]
        frame = self._frames[name] = Frame(facts, "module", {"__name__": name})
        self._running.add(name)
        budget, demanding = self._budget, self.is_demanding
        self.is_demanding = False
        left = _MODULE_BUDGET
        for statement in facts.body:
            self._budget = min(_STATEMENT_BUDGET, left)
            before = self._budget
            line = getattr(statement, "line", 0)
            self._guarded(frame, line, lambda st=statement: execute(self, (st,), frame))
            left -= before - max(self._budget, 0)
        self._budget, self.is_demanding = budget, demanding
        self._running.discard(name)
        return frame

    def _guarded(self, frame: Frame, line: int, work: Callable[[], object]) -> None:
        depth, preparing = self._depth, len(self.preparing)
        try:
            work()
        except NotReadyError:
            pass
        except (LimitReachedError, RecursionError):
            self.exhausted.append((frame.module.module, line))
        self._depth = depth
        del self.preparing[preparing:]

    def spend(self) -> None:
        """Counts one step.

        Raises:
            LimitReachedError: the statement that is followed has used up its share.
        """
        self._budget -= 1
        if self._budget < 0:
            raise LimitReachedError

    # -- when to load -------------------------------------------------------------------------

    @contextmanager
    def demand(self) -> Iterator[None]:
        """Inside, a name that leads into a module not at hand has it loaded."""
        before, self.is_demanding = self.is_demanding, True
        try:
            yield
        finally:
            self.is_demanding = before

    def tentative(self, expr: s.Expr, frame: Frame) -> Value:
        """The value of `expr`, or Deferred if that would need what is not at hand."""
        before, self.is_demanding = self.is_demanding, False
        try:
            return evaluate(self, expr, frame)
        except NotReadyError:
            return Deferred(expr, frame)
        finally:
            self.is_demanding = before

    def resolve(self, value: Value) -> Value:
        """The value behind an imported name or a deferred expression.

        Raises:
            NotReadyError: it is not to be had yet.
        """
        if isinstance(value, Choice):
            return choice_of([self.resolve(option) for option in value.options])
        if not isinstance(value, ImportedName | Deferred):
            return value
        if id(value) in self._resolving:
            return Unknown("a name that is defined by itself")
        self._resolving.add(id(value))
        try:
            if isinstance(value, ImportedName):
                return self.resolve(self.module_attribute(value.module, value.name))
            return self.resolve(evaluate(self, value.expr, value.frame))
        finally:
            self._resolving.discard(id(value))

    def known(self, value: Value) -> Value:
        """The value behind `value`, Unknown where it is not to be had; insists on loading what it needs."""
        if not isinstance(value, ImportedName | Deferred | Choice):
            return value
        try:
            with self.demand():
                return self.resolve(value)
        except NotReadyError:
            return Unknown("a name that is not to be had")

    # -- names --------------------------------------------------------------------------------

    def lookup(self, name: str, frame: Frame) -> Value:
        """What `name` stands for in `frame`, as Python's scopes have it."""
        scope: Frame | None = frame
        top = frame
        while scope is not None:
            if (scope is frame or scope.kind != "class") and name in scope.names:
                return scope.names[name]
            top, scope = scope, scope.parent
        starred = self._through_stars(top, name, self.is_demanding)
        if starred is not None:
            return starred
        if name in library.BUILTINS:
            return External(f"builtins.{name}")
        if name == "super":
            return Partial(External("builtins.super"), (_super_of(frame),), {})
        if top.module.module in self._running:
            raise NotReadyError
        return Unknown(f"the name {name} is not defined in {top.module.module}")

    def module_attribute(self, module: str, name: str) -> Value:
        """The attribute `name` of a module of the project: a global, a re-export, or a submodule."""
        frame = self._frame_of(module)
        submodule = f"{module}.{name}"
        if frame is None:
            exists = self._exists(module)
            if not exists or (self._may_skip(name) and self._exists(submodule)):
                return ModuleValue(submodule)  # below a directory without __init__.py, as a rule
            facts = None if self._may_skip(name) else self._load(module)
            if facts is None:
                raise NotReadyError
            self.modules[module] = facts
            frame = self._followed(module)
        if name in frame.names:
            return frame.names[name]
        starred = self._through_stars(frame, name, self.is_demanding)
        if starred is not None:
            return starred
        if self._exists(submodule):
            return ModuleValue(submodule)
        if module in self._running:
            raise NotReadyError
        if "__getattr__" in frame.names and name in frame.typing_names:
            return frame.typing_names[name]
        return Unknown(f"{module} has no name {name}")

    def _may_skip(self, name: str) -> bool:
        """Whether a module need not be loaded for `name`: nobody insists, and it leads nowhere known."""
        return not self.is_demanding and name not in self.leads

    def _through_stars(self, frame: Frame, name: str, demanding: bool) -> Value | None:
        for source in reversed(frame.stars):
            if source.startswith("external:"):
                path = f"{source.removeprefix('external:')}.{name}"
                if role_of(path) is not None:
                    return self.external(path)
                continue
            if source in self._running:
                value = self._frames[source].names.get(name)
                if value is not None:
                    return value
                continue
            try:
                value = self.module_attribute(source, name)
            except NotReadyError:
                continue
            if not isinstance(value, Unknown) and self._exports(source, name):
                return value
        return None

    def _exports(self, module: str, name: str) -> bool:
        frame = self._frames.get(module)
        public = self.resolve(frame.names.get("__all__")) if frame else None
        if isinstance(public, list | tuple) and all(isinstance(item, str) for item in public):
            return name in public
        return not name.startswith("_")

    # -- imports ------------------------------------------------------------------------------

    def absolute(self, statement: s.ImportFrom, module: s.ModuleFacts) -> str:
        """The module that `from … import` names: a dotted name of the project, or `external:` and a name."""
        target = statement.module
        if statement.level:
            return (
                absolute_name(module.module, module.is_package, statement.level, target)
                or "external:"
            )
        return self._located(target or "", module) or f"external:{target}"

    def imported(self, statement: s.ImportFrom, name: str, module: s.ModuleFacts) -> Value:
        """What `from … import name` binds."""
        source = self.absolute(statement, module)
        if source.startswith("external:"):
            return self.external(f"{source.removeprefix('external:')}.{name}")
        return ImportedName(source, name)

    def module_value(self, name: str, module: s.ModuleFacts) -> Value:
        """What `import name as alias` binds."""
        located = self._located(name, module)
        return ModuleValue(located) if located else self.external(name)

    def top_level_value(self, name: str, module: s.ModuleFacts) -> Value:
        """What `import a.b.c` binds: `a`."""
        located = self._located(name, module)
        top = name.partition(".")[0]
        if located is None:
            return self.external(top)
        return ModuleValue(located.removesuffix(name) + top if located.endswith(name) else located)

    def _located(self, name: str, module: s.ModuleFacts) -> str | None:
        """The project's module that an absolute import means.

        The import roots are tried first; then every package above the importing file, for the
        directory of an application or a plugin may be on `sys.path` itself.
        """
        top = name.partition(".")[0]
        if name in self.modules:
            return name
        if library.is_known(top):
            return None
        located = self._locate(name, module.path)
        if located is not None:
            return located
        if top in sys.stdlib_module_names:
            return None
        parts = module.module.split(".")
        for size in range(len(parts) - 1, 0, -1):
            candidate = ".".join((*parts[:size], name))
            if self._exists(candidate):
                return candidate
        return None

    def _exists(self, name: str) -> bool:
        return name in self.modules or self._locate(name, "") == name

    def external(self, path: str) -> Value:
        """A name of a library; the shared object if it is a known Flask-SQLAlchemy extension."""
        if path in DATABASES:
            if path not in self._databases:
                self._databases[path] = library.shared_database(path)
            return self._databases[path]
        return External(path)

    # -- calls --------------------------------------------------------------------------------

    def call(
        self,
        callee: Value,
        args: tuple[Value, ...],
        keywords: dict[str, Value],
        site: Site | None = None,
    ) -> Value:
        """What a call returns; classes and tables that it makes are kept."""
        self.spend()
        callee = self.resolve(callee)
        if isinstance(callee, Choice):
            results = [self.call(option, args, keywords, site) for option in callee.options]
            made = [r for r in results if not (isinstance(r, Unknown) or is_plain(r))]
            return choice_of(made or results)
        if isinstance(callee, FunctionValue):
            return self._call_function(callee, args, keywords, site)
        if isinstance(callee, LambdaValue):
            inner = Frame(callee.frame.module, "function", {}, callee.frame, "<lambda>")
            self._bind_params(callee.facts.params, args, keywords, inner)
            return evaluate(self, callee.facts.body, inner)
        if isinstance(callee, Partial):
            return self.call(
                callee.callee, (*callee.args, *args), {**callee.keywords, **keywords}, site
            )
        if isinstance(callee, ClassValue | External | BoundMethod):
            return library.call(self, callee, args, keywords, site)
        return callee if isinstance(callee, Unknown) else Unknown("a call that is not followed")

    def _call_function(
        self,
        function: FunctionValue,
        args: tuple[Value, ...],
        keywords: dict[str, Value],
        site: Site | None,
    ) -> Value:
        facts = function.facts
        if not self.is_demanding and not self.makes(function):
            raise NotReadyError  # whoever needs the result will insist
        if facts.body is None:
            return Unknown(f"the function {facts.name} is too long to follow")
        if self._depth >= _MAX_DEPTH:
            return Unknown(f"the function {facts.name} is called too deeply to follow")
        qualname = function.qualname
        inner = Frame(function.frame.module, "function", {}, function.frame, qualname)
        inner.params = frozenset(param.name for param in facts.params)
        inner.call_site = site
        if function.is_bound:
            args = (function.receiver, *args)
        self._bind_params(facts.params, args, keywords, inner)
        self._depth += 1
        flow = execute(self, facts.body, inner)
        self._depth -= 1
        returned = inner.returned if flow else [*inner.returned, None]
        return self.resolve(choice_of(returned)) if returned else None

    def _bind_params(
        self,
        params: tuple[s.Param, ...],
        args: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
    ) -> None:
        left, named = list(args), dict(keywords)
        for param in params:
            if param.kind == "star":
                frame.names[param.name] = tuple(left)
                left = []
            elif param.kind == "double":
                frame.names[param.name] = named
            elif param.kind == "plain" and left:
                frame.names[param.name] = left.pop(0)
            elif param.name in named:
                frame.names[param.name] = named.pop(param.name)
            elif param.default is not None and frame.parent is not None:
                frame.names[param.name] = self.tentative(param.default, frame.parent)
            else:
                frame.names[param.name] = Unknown(f"the argument {param.name} is not known")

    # -- what the linker asks for --------------------------------------------------------------

    def frames(self) -> Iterator[Frame]:
        """The modules that were followed."""
        yield from self._frames.values()

    def makes(self, function: FunctionValue) -> bool:
        """Whether a call of `function` may make a class or a table, itself or through what it calls."""
        key = id(function.facts)
        if key not in self._makers:
            self._makers[key] = False  # what a recursive function sees
            body = function.facts.body
            self._makers[key] = body is not None and (
                may_make(body, self.leads)
                or any(self._makes_by_name(name, function) for name in called_names(body))
            )
        return self._makers[key]

    def has_makers(self, cls: ClassValue) -> bool:
        """Whether a method of `cls` may make a class or a table."""
        return any(
            isinstance(value, FunctionValue) and self.makes(value) for value in cls.attrs.values()
        )

    def _makes_by_name(self, name: str, caller: FunctionValue) -> bool:
        frame = self._frames.get(caller.frame.module.module)
        value = frame.names.get(name) if frame else None
        return self.makes(value) if isinstance(value, FunctionValue) else name in self.leads

    # -- what statements and attributes ask for ------------------------------------------------

    def attempt(self, work: Callable[[], Value]) -> Value:
        """What `work` gives, Unknown where it needs what is not to be had or takes too long."""
        depth = self._depth
        if not self._attempts:
            self._budget = _STATEMENT_BUDGET
        self._attempts += 1
        try:
            with self.demand():
                return self.resolve(work())
        except NotReadyError:
            return Unknown("a name that is not to be had")
        except (LimitReachedError, RecursionError):
            return Unknown("more work than can be followed")
        finally:
            self._attempts -= 1
            self._depth = depth

    def is_declarative(self, cls: ClassValue) -> bool:
        """Whether SQLAlchemy has a say in how `cls` is made."""
        return cls.mapped_by is not None or mapping.root_of(self, cls) is not None

    def try_call(self, callee: Value, args: tuple[Value, ...], site: Site) -> Value:
        """What a call returns, Unknown where that needs what is not at hand; insists on nothing."""
        try:
            return self.resolve(self.call(callee, args, {}, site))
        except NotReadyError:
            return Unknown("a call that is not followed")

    def foreign(self, path: str) -> Foreign | None:
        """What is known of another library's class of that dotted name."""
        return FOREIGN.get(path) or self._extra_bases.get(path)

    def foreign_metadata(self, foreign: Foreign) -> MetaDataValue:
        """The collection of another library's declarative base."""
        return self.named_metadata(foreign.metadata or f"{foreign.path}.metadata")

    def named_metadata(self, name: str, module: str = "") -> MetaDataValue:
        """The collection of that dotted name, the same object every time."""
        if name not in self._metadatas:
            module = module or name.rpartition(".")[0].rpartition(".")[0]
            self._metadatas[name] = MetaDataValue(None, module, 0, home=name)
        return self._metadatas[name]

    def bound_metadata(self, database: DatabaseValue, key: str) -> MetaDataValue:
        """The collection that Flask-SQLAlchemy keeps for a bind key."""
        return self.named_metadata(
            f"{database.home or database.module}.metadatas[{key!r}]", database.module
        )

    def assign(self, target: s.Expr, value: Value, frame: Frame) -> None:
        """Binds `value` to the target of a comprehension."""
        assign(self, target, value, frame)

    def implicit_attribute(self, cls: ClassValue, name: str) -> Value:
        """An attribute that SQLAlchemy gives to mapped classes and bases: `metadata`, `registry`, `__table__`."""
        return mapping.implicit_attribute(self, cls, name)


def _super_of(frame: Frame) -> Value:
    """What `super()` means in a method: the first argument, and the class around the function."""
    scope: Frame | None = frame
    while scope is not None and not (
        scope.kind == "function" and scope.parent and scope.parent.cls
    ):
        scope = scope.parent
    if scope is None or scope.parent is None or not scope.names:
        return Unknown("super() outside of a class")
    receiver = next(iter(scope.names.values()))
    if isinstance(receiver, ClassValue | Instance):
        return SuperValue(receiver, scope.parent.cls)
    return Unknown("super() of an unknown class")
