"""The interpreter: modules followed one after another, over values instead of objects, with bounded work.

Nothing is imported and nothing runs. Imports are looked up only when their name is needed, so cyclic
imports end by themselves; a module that is not at hand is loaded only in strict mode.

What a statement, an expression, a call or an attribute means is handed in: the rules of Python by the
modules beside this one (`python.PYTHON`), those of a library by whoever knows it. This module knows neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, Protocol

import msgspec

from xcore_tools.discovery import ir
from xcore_tools.discovery.evaluate.errors import TOO_MUCH, LimitReachedError, NotReadyError
from xcore_tools.discovery.evaluate.fuel import LAST, Fuel, Pool
from xcore_tools.discovery.evaluate.memo import Memo
from xcore_tools.discovery.evaluate.plain import is_plain
from xcore_tools.discovery.evaluate.values import (
    BoundMethod,
    ClassValue,
    External,
    ImportedName,
    Instance,
    LibraryObject,
    Scope,
    Site,
    Thunk,
    Union,
    Unknown,
    Value,
    union_of,
)
from xcore_tools.discovery.evaluate.versions import at, version_of

_ELSEWHERE = (ImportedName, Thunk)
_WAITING = (*_ELSEWHERE, Union)
"""Kinds of values that may stand for others; a tuple is made once, a union at every question."""

_READING = frozenset(
    {
        "copy",
        "count",
        "difference",
        "get",
        "index",
        "intersection",
        "items",
        "keys",
        "union",
        "values",
    }
)
"""Methods of collections that leave them as they are."""

_EVIDENT = (ir.Import, ir.ImportFrom, ir.FunctionDef, ir.ClassDef)

_MAX_RUNNING = 30
"""Modules that are followed because another one, not at its end, needs a name of them."""

_STATEMENT = "this statement does too much work to be followed"
_REST = "the module does too much work to be followed; this late, only imports, functions and classes count"

Locate = Callable[[str, str], str | None]
Load = Callable[[str], ir.ModuleFacts | None]


CallRule = Callable[["Interpreter", Any, tuple[Value, ...], dict[str, Value], Site | None], Value]
"""What a call of one kind of value returns."""

AttributeRule = Callable[["Interpreter", Any, str], Value]
"""What one kind of value has for an attribute."""


class Read(Protocol):
    """Reads a function or the arguments of a call that were left unread."""

    def __call__(self, part: ir.Part, /) -> ir.Part:
        """The part with nothing left unread."""


_FAILURES = (
    LimitReachedError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What following hostile code may end in; a finding then, never the end of the scan."""


class Project(msgspec.Struct, frozen=True):
    """The code that is followed.

    `modules` are the facts at hand, `locate` tells which module of the project an import means in the
    file that imports it (None: none), `load` reads a module that is not at hand (None: it cannot),
    `read` reads a function or the arguments of a call that were left unread.
    """

    modules: Mapping[str, ir.ModuleFacts]
    locate: Locate
    load: Load
    read: Read


class Language(msgspec.Struct, frozen=True):
    """What Python's own constructs mean: one rule for each question that the interpreter has.

    `calls` has a rule for each kind of value that code of the project makes callable. `mark_unknown`
    is for statements that could not be followed, `may_lose` says whether a class or a table may be
    missing because of that. `pinned` keeps what the names of an expression mean
    now, `waiting` gives what a name of a function stands for where that has to wait, `prepare` does
    what Python does when a class is made.
    """

    evaluate: Callable[[Interpreter, ir.Expr, Scope], Value]
    execute: Callable[[Interpreter, ir.Block, Scope], int]
    arguments_of: Callable[
        [Interpreter, ir.Call, Scope], tuple[tuple[Value, ...], dict[str, Value]]
    ]
    module_attribute: Callable[[Interpreter, str, str], Value]
    calls: Mapping[type, CallRule]
    mark_unknown: Callable[[ir.Block, Scope], None]
    may_lose: Callable[[Interpreter, ir.Statement, Scope], bool]
    pinned: Callable[[ir.Expr, Scope], Scope]
    waiting: Callable[[str, Scope], Value | None]
    prepare: Callable[[Interpreter, ClassValue], None]


class Words(msgspec.Struct, frozen=True):
    """The plain names by which source texts show what they do with a library, before anything is followed.

    `leads` are the last parts of names that matter wherever they are seen. A call of `makers` makes a
    class or a table, and so does one of a name that ends with `table`; `attributes` are called in the
    bodies of mapped classes. `directives` are names in classes that are worked out where they stand,
    those about tables begin with `prefix`. A function below the decorator `computed` is asked by each
    class. Calls of `loose` names are kept: they change what was made before.
    """

    leads: frozenset[str]
    makers: frozenset[str]
    table: str
    attributes: frozenset[str]
    directives: frozenset[str]
    prefix: str
    computed: str
    loose: frozenset[str]


class Library(msgspec.Struct, frozen=True):
    """What is known of code that is not read: the names of libraries and what calls of them make.

    `external` is what a dotted name stands for; `is_exported` says whether a star import gives it,
    `is_package` whether a top-level package is never part of a project. `calls` and `attributes` have a
    rule for each kind of value, `ignores_arguments` tells the names whose arguments may wait. The rest
    are questions that classes ask: whether the library has a say in how one is made
    (`is_declarative`), whether a class is where that begins (`is_root`), whether an ancestor may be one
    for all that is known (`is_unfollowed`), and attributes that nobody wrote.
    """

    external: Callable[[str], Value]
    is_exported: Callable[[str], bool]
    is_package: Callable[[str], bool]
    words: Words
    calls: Mapping[type, CallRule]
    attributes: Mapping[type, AttributeRule]
    ignores_arguments: Callable[[External], bool]
    is_declarative: Callable[[Interpreter, ClassValue], bool]
    is_root: Callable[[Interpreter, Value], bool]
    is_unfollowed: Callable[[Value], bool]
    implicit_attribute: Callable[[Interpreter, ClassValue, str], Value]
    owned_attribute: Callable[[Interpreter, ClassValue, str, Value], Value]


class Interpreter:
    """Follows modules and keeps what they make: classes and tables, in the order they are met.

    `leads` are names worth loading a module for although the interpreter is not strict. `outside` is
    what the rules of the library keep for themselves.
    """

    def __init__(
        self,
        project: Project,
        python: Language,
        library: Library,
        leads: frozenset[str] = frozenset(),
        outside: Any = None,
    ) -> None:
        self.modules = dict(project.modules)
        self.locate = project.locate
        self.read = project.read
        self.library = library
        self.leads = leads | library.words.leads
        self.outside = outside
        # what was made
        self.classes: list[ClassValue] = []
        self.tables: list[Value] = []
        self.loose: list[tuple[ir.Call, Scope]] = []  # indexes and constraints outside of any table
        self.scopes: dict[str, Scope] = {}
        self.packages: set[str] = set()  # that imports lead through, with __init__.py or without
        self.followed: set[int] = (
            set()
        )  # functions that were called, by the identity of their facts
        self.losses: set[tuple[str, int, str, str]] = set()  # module, line, code, what
        # what is under way
        self.pending: list[Thunk] = []
        self.versions: dict[Scope, int] = {}  # of modules that are looked back to
        self.preparing: list[ClassValue] = []
        self.running: set[str] = set()
        self.makers: dict[int, bool] = {}  # by function: whether a call may make something
        self.changers: dict[int, bool] = {}  # … and whether it may change what others see
        self.roots: dict[ClassValue, Value] = {}
        self.wrapped: dict[tuple[int, int], tuple[Value, Value]] = {}  # what decorators make
        self.is_strict = False
        self.is_describing = False  # columns are read: an attribute says whose it is
        self.is_settled = False  # nothing more is made; what is asked from now on stays true
        self.depth = 0
        self._python = python
        self._load = project.load
        self._calls = {**python.calls, **library.calls}
        self._resolving: set[int] = set()
        self._too_dear: dict[int, Value] = {}
        self.memo = Memo()
        self.fuel = Fuel()
        self.use_fuel = self.fuel.use
        self._following: dict[str, Pool] = {}
        self._asking: dict[str, Pool] = {}

    # -- running ------------------------------------------------------------------------------

    def add_class(self, cls: ClassValue) -> None:
        """Keeps a class that was made."""
        cls.number = len(self.classes)
        self.classes.append(cls)

    def run(self) -> None:
        """Follows every module, packages before what they hold, then what had to wait."""
        for name in sorted(self.modules):
            self.scope_of(name)
        waiting, self.pending = self.pending, []
        for thunk in waiting:
            self._guarded(thunk.scope, ir.line_of(thunk.expr), partial(self._settle, thunk))
        with self.strict():
            for cls in self.classes:
                self.decide(cls, partial(self._python.prepare, self, cls))
        self.is_settled = True

    def decide(self, cls: ClassValue, work: Callable[[], object]) -> None:
        """Does `work` for one class, as of when it was made; whatever ends it early is noted."""
        assert (
            cls.version is not None
        )  # only synthetic bases have none, and nothing is decided for them
        module = cls.version.module
        with at(self.versions, cls.version), self.fuel.question(self._pool(self._asking, module)):
            self._guarded(module, cls.line, work)

    def ask(self, module: str, line: int, work: Callable[[], object]) -> None:
        """Does `work` for what stands at a line of a module; whatever ends it early is noted."""
        scope = self.scopes[module]
        with self.fuel.question(self._pool(self._asking, scope)):
            self._guarded(scope, line, work)

    def _settle(self, thunk: Thunk) -> None:
        with self.fuel.share(self._pool(self._following, thunk.scope)):
            self.resolve(thunk)

    def _pool(self, pools: dict[str, Pool], scope: Scope) -> Pool:
        facts = scope.module
        if facts.module not in pools:
            pools[facts.module] = Pool(_lines_of(facts))
        return pools[facts.module]

    def scope_of(self, name: str) -> Scope | None:
        """The scope of a module at hand, followed to its end unless that is under way.

        Raises:
            NotReadyError: too many modules wait for each other already; this one has to wait.
        """
        scope = self.scopes.get(name)
        if scope is None and name in self.modules:
            scope = self._followed(name)
        return scope

    def loaded(self, name: str) -> Scope | None:
        """The scope of a module that was not at hand; None if it cannot be read.

        Raises:
            NotReadyError: too many modules wait for each other already.
        """
        facts = self._load(name)
        if facts is None:
            return None
        self.modules[name] = facts
        return self._followed(name)

    def _followed(self, name: str) -> Scope:
        if len(self.running) >= _MAX_RUNNING:
            raise NotReadyError
        facts = self.modules[name]
        scope = self.scopes[name] = Scope(facts, "module", {"__name__": name})
        self.running.add(name)
        strict, self.is_strict = self.is_strict, False
        pool = self._pool(self._following, scope)
        for statement in facts.body:
            if pool.left <= 0 and not isinstance(statement, _EVIDENT):
                self._python.mark_unknown((statement,), scope)
                if self._python.may_lose(self, statement, scope):
                    self.report_loss(name, ir.line_of(statement), _REST)
                continue
            replaced = len(scope.replaced)
            self.memo.progress += 1
            with self.fuel.share(pool, LAST):
                self.follow(statement, scope)
            if len(scope.replaced) > replaced:
                self.memo.changed()
        self.memo.progress += 1
        self.is_strict = strict
        self.running.discard(name)
        return scope

    def follow(self, statement: ir.Statement, scope: Scope) -> int:
        """Follows one statement of a module or of a class; what it might have bound is not known if it fails.

        Says how the statement was left, as `execute` does.
        """
        depth, preparing = self.depth, len(self.preparing)
        try:
            return self._python.execute(self, (statement,), scope)
        except NotReadyError:
            pass
        except _FAILURES:
            if scope.kind == "class" or self._python.may_lose(self, statement, scope):
                self.report_loss(scope.module.module, ir.line_of(statement), _STATEMENT)
        self.depth = depth
        del self.preparing[preparing:]
        self._python.mark_unknown((statement,), scope)
        return 0

    def _guarded(self, scope: Scope, line: int, work: Callable[[], object]) -> None:
        depth, preparing = self.depth, len(self.preparing)
        try:
            work()
        except NotReadyError:
            pass
        except _FAILURES:
            self.report_loss(scope.module.module, line, _STATEMENT)
        self.depth = depth
        del self.preparing[preparing:]

    def report_loss(self, module: str, line: int, what: str, code: str = "XT125") -> None:
        """Notes what is not followed although it may make a class or a table."""
        self.losses.add((module, line, code, what))

    def try_value(self, work: Callable[[], Value]) -> Value:
        """What `work` gives, Unknown where it needs what is not to be had or takes too long."""
        depth = self.depth
        try:
            with self.strict(), self.fuel.attempt():
                return self.resolve(work())
        except NotReadyError:
            self.memo.doubts += 1
            return Unknown("a name that is not to be had")
        except _FAILURES:
            self.memo.doubts += 1
            return Unknown(TOO_MUCH)
        finally:
            self.depth = depth

    # -- values that may have to wait -----------------------------------------------------------

    @contextmanager
    def strict(self) -> Iterator[None]:
        """Inside, a name that leads into a module not at hand has it loaded."""
        before, self.is_strict = self.is_strict, True
        try:
            yield
        finally:
            self.is_strict = before

    def lazily(self, expr: ir.Expr, scope: Scope) -> Value:
        """The value of `expr`, or Thunk if that would need what is not at hand."""
        before, self.is_strict = self.is_strict, False
        try:
            return self._python.evaluate(self, expr, scope)
        except NotReadyError:
            if isinstance(expr, ir.Name) and (known := self._python.waiting(expr.id, scope)):
                return known
            whole = self.read(expr) if isinstance(expr, ir.Call) else expr
            return Thunk(whole, self._python.pinned(whole, scope), version_of(self.versions, scope))
        finally:
            self.is_strict = before

    def resolve(self, value: Value) -> Value:
        """The value behind an imported name or a thunk expression.

        Raises:
            NotReadyError: it is not to be had yet.
        """
        if not isinstance(value, _WAITING):
            return value
        passed: list[int] = []  # re-exports may lead through a thousand modules: no recursion
        try:
            while isinstance(value, _ELSEWHERE):
                if id(value) in self._resolving:
                    self.memo.doubts += 1
                    return Unknown("a name that is defined by itself")
                if id(value) in self._too_dear:
                    return Unknown(TOO_MUCH)
                self._resolving.add(id(value))
                passed.append(id(value))
                if isinstance(value, ImportedName):
                    value = self._python.module_attribute(self, value.module, value.name)
                else:
                    value = self._evaluated(value)
            if isinstance(value, Union):
                return union_of([self.resolve(option) for option in value.options])
            return value
        except LimitReachedError as error:
            self._note_dear(value, error)
            raise
        finally:
            self._resolving.difference_update(passed)

    def _evaluated(self, thunk: Thunk) -> Value:
        if thunk.value is ...:
            doubts, cut_off = self.memo.doubts, self.memo.cut_off
            with (
                at(self.versions, thunk.version) if thunk.version.module.replaced else nullcontext()
            ):
                value = self._python.evaluate(self, thunk.expr, thunk.scope)
            is_sure = (self.memo.doubts, self.memo.cut_off) == (doubts, cut_off)
            if not (is_sure or isinstance(value, str | list | dict | Instance)):
                return value
            thunk.value = self.memo.outlives(value)
        return thunk.value

    def _note_dear(self, value: Value, error: LimitReachedError) -> None:
        """Once all is made, the innermost global that took too long is not tried again."""
        is_global = isinstance(value, Thunk) and value.scope.kind == "module"
        if self.is_settled and is_global and not error.is_noted:
            error.is_noted = True
            self._too_dear[id(value)] = value

    def force(self, value: Value) -> Value:
        """The value behind `value`, Unknown where it is not to be had; loads what it needs."""
        if not isinstance(value, _WAITING):
            return value
        try:
            with self.strict():
                return self.resolve(value)
        except NotReadyError:
            self.memo.doubts += 1
            return Unknown("a name that is not to be had")
        except LimitReachedError:
            if self.fuel.is_shared:
                raise
            return Unknown(TOO_MUCH)

    # -- calls --------------------------------------------------------------------------------

    def call(
        self,
        callee: Value,
        args: tuple[Value, ...],
        keywords: dict[str, Value],
        site: Site | None = None,
    ) -> Value:
        """What a call returns; classes and tables that it makes are kept.

        Raises:
            NotReadyError: it needs what is not at hand, or the interpreter is not strict.
        """
        self.use_fuel()
        callee = self.resolve(callee)
        if isinstance(callee, Union):
            results = [self.call(option, args, keywords, site) for option in callee.options]
            made = [r for r in results if not (isinstance(r, Unknown) or is_plain(r))]
            return union_of(made or results)
        rule = self._calls.get(type(callee))
        if rule is None:
            is_reason = isinstance(callee, Unknown)
            return callee if is_reason else Unknown("a call that is not followed")
        value = rule(self, callee, args, keywords, site)
        if (
            isinstance(callee, BoundMethod)
            and isinstance(callee.receiver, list | dict | set)
            and callee.name not in _READING
        ):
            self.memo.changed(callee.receiver)
        return value

    def may_wait(self, callee: Value, call: ir.Call) -> bool:
        """Whether the arguments of a call need not be read before somebody asks what it was given."""
        return (
            isinstance(callee, External)
            and self.library.ignores_arguments(callee)
            and call.unread is not None
            and self.leads.isdisjoint(call.unread.calls)
        )

    def with_arguments(self, made: LibraryObject) -> LibraryObject:
        """`made` with its arguments, read now if that has had to wait."""
        if made.waiting is not None:
            (call, scope), made.waiting = made.waiting, None
            try:
                with self.strict():
                    found = self._python.arguments_of(self, self.read(call), scope)
                made.args, made.keywords = found
            except NotReadyError:
                self.memo.doubts += 1
        return made

    def try_call(self, callee: Value, args: tuple[Value, ...], site: Site) -> Value:
        """What a call returns, Unknown where that needs what is not at hand; loads nothing."""
        try:
            return self.resolve(self.call(callee, args, {}, site))
        except NotReadyError:
            self.memo.doubts += 1
            return Unknown("a call that is not followed")


def _lines_of(facts: ir.ModuleFacts) -> int:
    """About how many lines a module has."""
    lines = [getattr(part, "line", 0) for part in ir.walk(facts.body[-1:])]
    return max([len(facts.body), *lines, *(getattr(part, "line", 0) for part in facts.body)])
