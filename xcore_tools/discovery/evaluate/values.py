"""What an expression can stand for while a module is followed, without running it.

A value that is fully known (text, numbers, tuples, lists, dicts of values) is itself. Everything else
is one of the classes below, or one of those of `schema`. Most are compared by identity: two classes of
one name are two classes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from xcore_tools.discovery import ir

Value = Any
"""Plain Python data, or an instance of a class of this module."""


@dataclass(eq=False, slots=True, repr=False)
class Unknown:
    """A value that cannot be known statically, and why."""

    reason: str


@dataclass(eq=False, slots=True, repr=False)
class Lost(Unknown):
    """An item of a list that may have been changed, and may not even be there."""


@dataclass(frozen=True, slots=True)
class External:
    """A name of a library that is not read: `sqlalchemy.orm.DeclarativeBase`.

    `role` is what it means to us, if anything: two names of one role are one thing in two releases.
    """

    path: str
    role: str | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The last part of the dotted name."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class GenericAlias:
    """`list[str]`: a class of the standard library with what stands in its brackets."""

    origin: External
    args: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class ModuleValue:
    """A module of the project."""

    name: str


@dataclass(eq=False, slots=True, repr=False)
class ImportedName:
    """A name bound by `from module import name`; looked up when somebody needs it."""

    module: str
    name: str


@dataclass(eq=False, slots=True, repr=False)
class Thunk:
    """An expression whose value was not to be had when it was met; tried again when needed.

    A text, a collection or an object stays once it is known: a second evaluation might give another one.
    """

    expr: ir.Expr
    scope: Scope
    version: Version
    value: Value = ...


@dataclass(eq=False, slots=True, repr=False)
class Union:
    """One of several values: both arms of an `if`, a name bound twice under `try`."""

    options: tuple[Value, ...]


@dataclass(eq=False, slots=True, repr=False)
class LibraryObject:
    """What a call of a library's name returned: a Column, a relationship, a field.

    While the arguments are `waiting` to be read, there are none: `Interpreter.with_arguments` reads them.
    """

    callee: str
    args: tuple[Value, ...]
    keywords: dict[str, Value]
    line: int
    waiting: tuple[ir.Call, Scope] | None = None


TYPE_ALIAS = "typing.TypeAliasType"
"""What `type name = value` makes: its arguments are the name and the value, a lambda of the parameters if any."""


@dataclass(eq=False, slots=True, repr=False)
class FunctionValue:
    """A function of the project; `receiver` is what a bound method passes first.

    `is_plain` says that its decorators are applied already. `defaults` are those of its parameters that
    a call has asked for: they belong to the function, made at the `version` of its definition.
    """

    facts: ir.FunctionDef
    scope: Scope
    qualname: str
    version: Version
    defaults: dict[str, Value] = field(default_factory=dict)
    receiver: Value = None
    is_bound: bool = False
    is_plain: bool = False


@dataclass(eq=False, slots=True, repr=False)
class LambdaValue:
    """A lambda of the project, and the defaults that its parameters got when it was made."""

    facts: ir.Lambda
    scope: Scope
    defaults: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False, slots=True, repr=False)
class Partial:
    """A callable with some arguments given: `functools.partial`, a decorator with options."""

    callee: Value
    args: tuple[Value, ...]
    keywords: dict[str, Value]


@dataclass(eq=False, slots=True, repr=False)
class BoundMethod:
    """A method of a known value: of a string, a registry, a table."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True)
class PatternValue:
    """A compiled regular expression that is safe to apply."""

    pattern: re.Pattern[str]


@dataclass(eq=False, slots=True, repr=False)
class MatchValue:
    """What a regular expression found."""

    match: re.Match[str]


@dataclass(eq=False, slots=True, repr=False)
class PropertyValue:
    """`name = declared_attr(getter)`: an attribute computed from the class that is asked."""

    getter: Value


class MemberText(str):
    """A member of an enumeration of texts: its value, its name, and its class."""

    __slots__ = ("cls", "member")
    cls: ClassValue
    member: str


@dataclass(frozen=True, slots=True)
class Member:
    """A member of another enumeration; `is_number` where it is a number too.

    Its class and its name are what it is: its value may be anything, also what nobody can compare.
    """

    name: str
    value: Any = field(compare=False)
    cls: ClassValue
    is_number: bool = field(default=False, compare=False)


@dataclass(eq=False, slots=True, repr=False)
class Generated:
    """What a call of a generator function gives: all that it yields."""

    items: list[Value]


OPEN = ...
"""A key of a dict that may hold more than is known."""


class Display(dict[Any, Value]):
    """A dict as it is written, and all `pairs` of it: also those whose key stands for we know not what."""

    __slots__ = ("pairs",)

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[Value, Value]] = []


@dataclass(eq=False, slots=True, repr=False)
class Instance:
    """An object of a class of the project, and what it was made with."""

    cls: ClassValue
    attrs: dict[str, Value] = field(default_factory=dict)
    args: tuple[Value, ...] = ()
    keywords: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False, slots=True, repr=False)
class SuperValue:
    """`super()` inside a method: attributes are looked up behind `after` in the order of `cls`."""

    cls: Value
    after: ClassValue | None


@dataclass(eq=False, slots=True, repr=False)
class ClassValue:
    """A class of the project, or one that a library call makes (then `line` is that of the call).

    `attrs` is the class's own namespace, `version` is when the class was made. `number` is that of the
    class among all; `late` says of attributes that it was given afterwards how many classes there were.
    `bases` are as written until `mro` is asked for. A base that `names_tables` gives its children table
    names, as Flask-SQLAlchemy does. A declarative base is made one by a call (`is_root`) or by its head
    (`is_base`). What is None until it is asked for is kept: `mro`, `is_base`, `mapped`, and `shared`,
    the mapping whose table the class and its children share.
    """

    name: str
    qualname: str
    module: str
    line: int
    bases: tuple[Value, ...]
    keywords: dict[str, Value] = field(default_factory=dict)
    attrs: dict[str, Value] = field(default_factory=dict)
    annotations: dict[str, ir.Expr] = field(default_factory=dict)
    is_synthetic: bool = False
    is_root: bool = False
    is_base: bool | None = None
    is_conditional: bool = False
    mapped_by: str | None = None
    table: Value = None
    home: str | None = None
    names_tables: bool = False
    scope: Scope | None = None
    version: Version | None = None
    mro: tuple[Value, ...] | None = None
    number: int = 0
    late: dict[str, int] = field(default_factory=dict)
    is_record: bool = False
    is_prepared: bool = False
    mapped: bool | None = None
    shared: Value = None

    @property
    def dotted(self) -> str:
        """The dotted name by which the class can be imported, as far as it can."""
        return self.home or f"{self.module}.{self.qualname}"


@dataclass(eq=False, slots=True, repr=False)
class Scope:
    """A scope while it is followed: a module, a class body, or one call of a function.

    `replaced` are the values that names of a module had before they were bound again, in that order.
    `stars` are the modules that star imports name, `covered` says for names that were bound before
    how many star imports had come by then: what these miss, a later one may give.
    """

    module: ir.ModuleFacts
    kind: str
    names: dict[str, Value]
    parent: Scope | None = None
    qualname: str = ""
    cls: ClassValue | None = None
    params: frozenset[str] = frozenset()
    call_site: Site | None = None
    global_names: set[str] = field(default_factory=set)
    outer_names: set[str] = field(default_factory=set)
    yielded: list[Value] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    covered: dict[str, int] = field(default_factory=dict)
    replaced: list[tuple[str, Value]] = field(default_factory=list)
    typing_names: dict[str, Value] = field(default_factory=dict)
    returned: list[Value] = field(default_factory=list)
    uncertain: int = 0
    in_loop: int = 0


class Version(NamedTuple):
    """A point in the course of a module: so many of its names had been bound again."""

    module: Scope
    changes: int


@dataclass(frozen=True, slots=True, repr=False)
class Site:
    """Where a call stands, and the call as it is written there."""

    scope: Scope
    line: int
    call: ir.Call | None = None

    @property
    def names(self) -> frozenset[str]:
        """The names that its arguments are made of, unless they name a collection or a column."""
        if self.call is None:
            return frozenset()
        args = self.call.args
        given = (*args[:1], *(a for a in args if isinstance(a, ir.Starred)), *self.call.keywords)
        return frozenset(node.id for node in ir.walk(given) if isinstance(node, ir.Name))


def options_of(value: Value) -> tuple[Value, ...]:
    """The values that `value` may be, in the order they were met."""
    return value.options if isinstance(value, Union) else (value,)


_MAX_OPTIONS = 40


def union_of(values: list[Value]) -> Value:
    """One value out of several possible ones; equal ones count once."""
    kept: list[Value] = []
    for value in (option for v in values for option in options_of(v)):
        if not any(_is_same(value, k) for k in kept):
            kept.append(value)
        if len(kept) > _MAX_OPTIONS:
            return Unknown("one of too many values")
    return kept[0] if len(kept) == 1 else Union(tuple(kept))


def _is_same(one: Value, other: Value) -> bool:
    if _is_equal(one, other):
        return True
    if isinstance(one, External) and isinstance(other, External):  # of two releases of a library
        return one.role is not None and one.role == other.role
    return False


_MAX_COMPARED = 100
"""Pairs of items that are compared to tell two collections apart."""


def _is_equal(one: Value, other: Value) -> bool:
    """Whether two values are of one type and equal; collections that take long to compare are not."""
    pairs = [(one, other)]
    for _ in range(_MAX_COMPARED):
        if not pairs:
            return True
        left, right = pairs.pop()
        if left is right:
            continue
        if type(left) is not type(right):
            return False
        if isinstance(left, tuple | list):
            if len(left) != len(right) or len(left) > _MAX_COMPARED:
                return False
            pairs += zip(left, right, strict=True)
        elif isinstance(left, dict):
            if left.keys() != right.keys() or len(left) > _MAX_COMPARED:
                return False
            pairs += ((left[key], right[key]) for key in left)
        elif left != right:
            return False
    return False
