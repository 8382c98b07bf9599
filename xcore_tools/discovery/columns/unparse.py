"""Expressions and values as texts of Python, as far as they are known."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from xcore_tools.discovery import syntax as s
from xcore_tools.discovery.follow.values import (
    ClassValue,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Made,
    Member,
    MemberText,
    Value,
)

__all__ = ["unparsed", "written"]


@singledispatch
def unparsed(expr: object) -> str:
    """The expression as one would write it; `…` stands for what is not read."""
    return "…"


@unparsed.register
def _(expr: s.Name) -> str:
    return expr.id


@unparsed.register
def _(expr: s.Attribute) -> str:
    return f"{unparsed(expr.value)}.{expr.name}"


@unparsed.register
def _(expr: s.Const) -> str:
    return repr(expr.value)


@unparsed.register
def _(expr: s.Subscript) -> str:
    index = expr.index
    is_tuple = isinstance(index, s.Sequence) and index.kind == "tuple"
    inside = ", ".join(map(unparsed, index.items)) if is_tuple else unparsed(index)  # type: ignore[union-attr]
    return f"{unparsed(expr.value)}[{inside}]"


@unparsed.register
def _(expr: s.Binary) -> str:
    return f"{unparsed(expr.left)} {expr.op} {unparsed(expr.right)}"


@unparsed.register
def _(expr: s.Unary) -> str:
    return f"not {unparsed(expr.value)}" if expr.op == "not" else expr.op + unparsed(expr.value)


@unparsed.register
def _(expr: s.Sequence) -> str:
    return _displayed(expr.kind, map(unparsed, expr.items))


@unparsed.register
def _(expr: s.Call) -> str:
    named = (f"{keyword.name}={unparsed(keyword.value)}" for keyword in expr.keywords)
    return f"{unparsed(expr.func)}({', '.join([*map(unparsed, expr.args), *named])})"


def written(value: Value) -> str:
    """A value as one would write it; `…` stands for what is not known."""
    return _written(value)


@singledispatch
def _written(value: object) -> str:
    return "…"


@_written.register(str)
@_written.register(int)
@_written.register(float)
@_written.register(type(None))
def _(value: str | float | None) -> str:
    return repr(value)


@_written.register
def _(value: MemberText) -> str:
    return f"{value.cls.name}.{value.member}"


@_written.register
def _(value: Member) -> str:
    return f"{value.cls.name}.{value.name}"


@_written.register
def _(value: External) -> str:
    return _short(value.path)


@_written.register(ClassValue)
@_written.register(FunctionValue)
def _(value: ClassValue | FunctionValue) -> str:
    return value.qualname


@_written.register
def _(value: LambdaValue) -> str:
    return f"lambda: {unparsed(value.facts.body)}"


@_written.register
def _(value: Instance) -> str:
    return _called(value.cls.qualname, value.args, value.keywords)


@_written.register
def _(value: Made) -> str:
    return _called(_short(value.callee), value.args, value.keywords)


@_written.register(list)
@_written.register(tuple)
def _(value: list[Value] | tuple[Value, ...]) -> str:
    kind = "list" if isinstance(value, list) else "tuple"
    return _displayed(kind, map(_written, value))


@_written.register
def _(value: dict) -> str:  # type: ignore[type-arg]
    pairs = (f"{_written(key)}: {_written(item)}" for key, item in value.items())
    return f"{{{', '.join(pairs)}}}"


def _called(name: str, args: Iterable[Value], keywords: dict[str, Value]) -> str:
    named = (f"{key}={_written(each)}" for key, each in keywords.items())
    return f"{name}({', '.join([*map(_written, args), *named])})"


def _displayed(kind: str, items: Iterable[str]) -> str:
    texts = list(items)
    inside = ", ".join(texts)
    if kind == "list":
        return f"[{inside}]"
    if kind == "set":
        return f"{{{inside}}}"
    return f"({inside},)" if len(texts) == 1 else f"({inside})"


def _short(path: str) -> str:
    """A dotted name as it is usually imported."""
    if path.partition(".")[0] in {"sqlalchemy", "sqlmodel"}:
        return path.rpartition(".")[2]
    return path.removeprefix("builtins.")
