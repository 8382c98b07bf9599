"""The part of Python that discovery reads, as plain data: expressions, statements, one module.

Positions are left out except the line of what can become a finding. Nothing here knows the parser;
facts are frozen, so they travel between processes and into the cache as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal, TypeVar

import msgspec


class _Node(msgspec.Struct, frozen=True, tag=True, array_like=True, gc=False):
    """Base of all facts: immutable, tagged with its own name, compact when encoded."""


# -- expressions -------------------------------------------------------------------------------


class Name(_Node, frozen=True):
    """`id`"""

    id: str


class Attribute(_Node, frozen=True):
    """`value.name`"""

    value: Expr
    name: str


class Const(_Node, frozen=True):
    """A literal string, number, True, False or None."""

    value: str | int | float | bool | None


class Keyword(_Node, frozen=True):
    """`name=value` of a call; `**value` where `name` is None."""

    name: str | None
    value: Expr


class Unread(_Node, frozen=True):
    """A function, from `def` on, or the arguments of a call, from `(` on, that are read when somebody asks.

    `line` is where the `text` begins; `calls` are the last parts of what seems to be called in arguments.
    """

    text: str
    line: int
    calls: tuple[str, ...] = ()


class Call(_Node, frozen=True):
    """`func(*args, **keywords)`; no argument is known while they are `unread`."""

    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    line: int
    unread: Unread | None = None


class FormatPart(_Node, frozen=True):
    """`{value!conversion:spec}` inside a formatted string."""

    value: Expr
    conversion: str | None
    spec: Expr | None


class FormattedString(_Node, frozen=True):
    """`f"…"`: parts are Const and FormatPart."""

    parts: tuple[Expr, ...]


class Binary(_Node, frozen=True):
    """`left op right` for arithmetic operators; of `left += right`, the operator is `+=`."""

    op: str
    left: Expr
    right: Expr


class Unary(_Node, frozen=True):
    """`not value`, `-value`, …"""

    op: str
    value: Expr


class Compare(_Node, frozen=True):
    """`left op right op right …`"""

    left: Expr
    ops: tuple[str, ...]
    rights: tuple[Expr, ...]


class Boolean(_Node, frozen=True):
    """`left and right`, `left or right`"""

    op: Literal["and", "or"]
    left: Expr
    right: Expr


class Sequence(_Node, frozen=True):
    """A tuple, list or set display."""

    kind: Literal["tuple", "list", "set"]
    items: tuple[Expr, ...]


class Dict(_Node, frozen=True):
    """A dict display; a None key stands for `**value`."""

    items: tuple[tuple[Expr | None, Expr], ...]


class Slice(_Node, frozen=True):
    """`lower:upper:step` inside a subscript."""

    lower: Expr | None
    upper: Expr | None
    step: Expr | None


class Subscript(_Node, frozen=True):
    """`value[index]`"""

    value: Expr
    index: Expr


class Conditional(_Node, frozen=True):
    """`then if test else otherwise`"""

    test: Expr
    then: Expr
    otherwise: Expr


class Param(_Node, frozen=True):
    """One parameter of a function."""

    name: str
    default: Expr | None
    kind: Literal["plain", "star", "keyword", "double"]


class Lambda(_Node, frozen=True):
    """`lambda params: body`"""

    params: tuple[Param, ...]
    body: Expr


class Clause(_Node, frozen=True):
    """`for target in iterable if conditions` of a comprehension."""

    target: Expr
    iterable: Expr
    conditions: tuple[Expr, ...]


class Comprehension(_Node, frozen=True):
    """`[element for …]` and its kin; `key` only for a dict comprehension."""

    kind: Literal["list", "set", "dict", "generator"]
    key: Expr | None
    element: Expr
    clauses: tuple[Clause, ...]


class Named(_Node, frozen=True):
    """`(name := value)`"""

    name: str
    value: Expr


class Yield(_Node, frozen=True):
    """`yield value`, or `yield from value` where it gives several."""

    value: Expr
    is_from: bool


class Starred(_Node, frozen=True):
    """`*value`"""

    value: Expr


class Opaque(_Node, frozen=True):
    """An expression that discovery does not read; `what` names it for messages."""

    what: str


Expr = (
    Name
    | Attribute
    | Const
    | Call
    | FormatPart
    | FormattedString
    | Binary
    | Unary
    | Compare
    | Boolean
    | Sequence
    | Dict
    | Slice
    | Subscript
    | Conditional
    | Lambda
    | Comprehension
    | Named
    | Starred
    | Yield
    | Opaque
)


# -- statements --------------------------------------------------------------------------------


class Import(_Node, frozen=True):
    """`import name as alias`"""

    name: str
    alias: str | None
    line: int


class ImportFrom(_Node, frozen=True):
    """`from ..module import name as alias, …`; a single name `*` is a star import."""

    module: str | None
    level: int
    names: tuple[tuple[str, str], ...]
    line: int


class Assign(_Node, frozen=True):
    """`targets = value`; `value` is None for a bare annotation `target: annotation`."""

    targets: tuple[Expr, ...]
    value: Expr | None
    annotation: Expr | None
    line: int


class Expression(_Node, frozen=True):
    """A call or another expression standing alone."""

    value: Expr
    line: int


class ClassDef(_Node, frozen=True):
    """A class statement; `line` is that of the keyword `class`."""

    name: str
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    decorators: tuple[Expr, ...]
    body: Block
    line: int


class FunctionDef(_Node, frozen=True):
    """A function statement; `body` is None for `...`, and where it is `unread`, as are `params` and `returns`."""

    name: str
    params: tuple[Param, ...]
    decorators: tuple[Expr, ...]
    body: Block | None
    line: int
    unread: Unread | None = None
    returns: Expr | None = None

    @property
    def has_body(self) -> bool:
        """Whether a call does something, as far as it is followed."""
        return self.body is not None or self.unread is not None


class If(_Node, frozen=True):
    """`if test: body else: orelse`"""

    test: Expr
    body: Block
    orelse: Block


class For(_Node, frozen=True):
    """`for target in iterable: body else: orelse`"""

    target: Expr
    iterable: Expr
    body: Block
    orelse: Block = ()


class With(_Node, frozen=True):
    """`with value as target, …: body`"""

    items: tuple[tuple[Expr, Expr | None], ...]
    body: Block


class Try(_Node, frozen=True):
    """`try: body except: handlers else: orelse finally: final`"""

    body: Block
    handlers: tuple[Block, ...]
    orelse: Block
    final: Block


class Branches(_Node, frozen=True):
    """Blocks of which any may run: the cases of `match`."""

    blocks: tuple[Block, ...]


class Return(_Node, frozen=True):
    """`return value`"""

    value: Expr | None


class While(_Node, frozen=True):
    """`while test: body else: orelse`"""

    test: Expr
    body: Block
    orelse: Block = ()


class Global(_Node, frozen=True):
    """`global name, …` and `nonlocal name, …`"""

    names: tuple[str, ...]
    kind: Literal["global", "nonlocal"] = "global"


class Jump(_Node, frozen=True):
    """`raise`, `break`, `continue`: what follows in the block does not run."""

    kind: Literal["raise", "break", "continue"]


class Delete(_Node, frozen=True):
    """`del target, …`"""

    targets: tuple[Expr, ...]


class TypeAlias(_Node, frozen=True):
    """`type name[params] = value`"""

    name: str
    params: tuple[Param, ...]
    value: Expr
    line: int


class Unsupported(_Node, frozen=True):
    """A statement of a kind that nobody reads; `what` names it for messages."""

    what: str
    line: int


Statement = (
    Import
    | ImportFrom
    | Assign
    | Expression
    | ClassDef
    | FunctionDef
    | If
    | For
    | With
    | Try
    | Branches
    | While
    | Return
    | Global
    | Jump
    | Delete
    | TypeAlias
    | Unsupported
)
Block = tuple[Statement, ...]
Part = TypeVar("Part", FunctionDef, Call)
"""What may be left unread."""


class ModuleFacts(msgspec.Struct, frozen=True):
    """What one source file says: its dotted name, its path, and its statements."""

    module: str
    path: str
    is_package: bool
    body: Block


def walk(node: object) -> Iterator[object]:
    """`node` and every statement and expression below it, outermost first."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            stack += current[::-1]
        elif isinstance(current, _Node):
            yield current
            for name in _fields_of(type(current)):
                stack.append(getattr(current, name))


@cache
def _fields_of(kind: type[_Node]) -> tuple[str, ...]:
    """The fields that may hold other facts, last first."""
    fields = reversed(kind.__struct_fields__)
    return tuple(name for name in fields if name not in _PLAIN_FIELDS)


_PLAIN_FIELDS = frozenset(
    {"alias", "conversion", "id", "is_from", "kind", "level", "line", "name", "names", "op", "ops"}
)


def line_of(node: object) -> int:
    """The line of the first statement or call in `node` that has one; 0 if none has."""
    return next((line for part in walk(node) if (line := getattr(part, "line", 0))), 0)
