"""Expressions and values as texts of Python, as far as they are known, and not longer than anybody reads.

A text is made piece by piece from the left, so that neither a list that holds itself nor one that holds
another one twice, and so on, takes longer than its first pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import singledispatch
from itertools import islice

from xcore_tools.discovery import ir
from xcore_tools.discovery.catalog.derived import PACKAGES
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    LibraryObject,
    Member,
    MemberText,
    Value,
)

_MAX_PIECES = 200


def unparsed(expr: ir.Expr) -> str:
    """An expression as one would write it; `…` stands for what is not read, or is too long."""
    return _text(expr)


def written(value: Value) -> str:
    """A value as one would write it; `…` stands for what is not known, or is too long."""
    return _text(value)


def _text(item: object) -> str:
    pieces = _pieces(item)
    text = "".join(islice(pieces, _MAX_PIECES))
    return text if next(pieces, None) is None else f"{text}…"


@singledispatch
def _pieces(item: object) -> Iterator[str]:
    yield "…"


# -- expressions -------------------------------------------------------------------------------


@_pieces.register
def _(item: ir.Name) -> Iterator[str]:
    yield item.id


@_pieces.register
def _(item: ir.Attribute) -> Iterator[str]:
    yield from _pieces(item.value)
    yield f".{item.name}"


@_pieces.register
def _(item: ir.Const) -> Iterator[str]:
    yield repr(item.value)


@_pieces.register
def _(item: ir.Subscript) -> Iterator[str]:
    yield from _pieces(item.value)
    yield "["
    is_tuple = isinstance(item.index, ir.Sequence) and item.index.kind == "tuple"
    yield from _joined(item.index.items if is_tuple else (item.index,))  # type: ignore[union-attr]
    yield "]"


@_pieces.register
def _(item: ir.Binary) -> Iterator[str]:
    yield from _pieces(item.left)
    yield f" {item.op} "
    yield from _pieces(item.right)


@_pieces.register
def _(item: ir.Unary) -> Iterator[str]:
    yield "not " if item.op == "not" else item.op
    yield from _pieces(item.value)


@_pieces.register
def _(item: ir.Sequence) -> Iterator[str]:
    yield from _displayed(item.kind, item.items)


@_pieces.register
def _(item: ir.Call) -> Iterator[str]:
    yield from _pieces(item.func)
    keywords = {keyword.name or "**": keyword.value for keyword in item.keywords}
    yield from _arguments(item.args, keywords)


# -- values ------------------------------------------------------------------------------------


@_pieces.register(str)
@_pieces.register(int)
@_pieces.register(float)
@_pieces.register(type(None))
def _(item: str | float | None) -> Iterator[str]:
    yield repr(item)


@_pieces.register
def _(item: MemberText) -> Iterator[str]:
    yield f"{item.cls.name}.{item.member}"


@_pieces.register
def _(item: Member) -> Iterator[str]:
    yield f"{item.cls.name}.{item.name}"


@_pieces.register
def _(item: External) -> Iterator[str]:
    yield _short(item.path)


@_pieces.register(ClassValue)
@_pieces.register(FunctionValue)
def _(item: ClassValue | FunctionValue) -> Iterator[str]:
    yield item.qualname


@_pieces.register
def _(item: LambdaValue) -> Iterator[str]:
    yield "lambda: "
    yield from _pieces(item.facts.body)


@_pieces.register
def _(item: Instance) -> Iterator[str]:
    yield item.cls.qualname
    yield from _arguments(item.args, item.keywords)


@_pieces.register
def _(item: LibraryObject) -> Iterator[str]:
    yield _short(item.callee)
    yield from _arguments(item.args, item.keywords)


@_pieces.register(list)
@_pieces.register(tuple)
def _(item: list[Value] | tuple[Value, ...]) -> Iterator[str]:
    yield from _displayed("list" if isinstance(item, list) else "tuple", item)


@_pieces.register(set)
@_pieces.register(frozenset)
def _(item: set[Value] | frozenset[Value]) -> Iterator[str]:
    yield from _displayed("set", sorted(item, key=written))


@_pieces.register
def _(item: dict) -> Iterator[str]:  # type: ignore[type-arg]
    yield "{"
    for number, (key, value) in enumerate(item.items()):
        yield ", " if number else ""
        yield from _pieces(key)
        yield ": "
        yield from _pieces(value)
    yield "}"


# -- what they share ---------------------------------------------------------------------------


def _arguments(args: Iterable[object], keywords: dict[str, Value]) -> Iterator[str]:
    yield "("
    count = 0
    for arg in args:
        yield ", " if count else ""
        yield from _pieces(arg)
        count += 1
    for name, value in keywords.items():
        yield ", " if count else ""
        yield "**" if name == "**" else f"{name}="
        yield from _pieces(value)
        count += 1
    yield ")"


def _displayed(kind: str, items: Iterable[object]) -> Iterator[str]:
    opening, closing = {"list": ("[", "]"), "set": ("{", "}")}.get(kind, ("(", ")"))
    yield opening
    given = list(items)
    yield from _joined(given)
    yield "," if kind == "tuple" and len(given) == 1 else ""
    yield closing


def _joined(items: Iterable[object]) -> Iterator[str]:
    for number, item in enumerate(items):
        yield ", " if number else ""
        yield from _pieces(item)


def _short(path: str) -> str:
    """A dotted name as it is usually imported."""
    if path.partition(".")[0] in PACKAGES:
        return path.rpartition(".")[2]
    return path.removeprefix("builtins.")
