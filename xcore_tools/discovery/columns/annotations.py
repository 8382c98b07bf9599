"""Annotations as SQLAlchemy reads them: `Mapped[…]`, what is optional, `Annotated`, aliases."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import msgspec

from xcore_tools.discovery import ir
from xcore_tools.discovery.catalog.derived import MAPPED_ANNOTATIONS, RELATED_ANNOTATIONS
from xcore_tools.discovery.catalog.types import TYPING
from xcore_tools.discovery.columns.force import asked
from xcore_tools.discovery.columns.unparse import unparsed
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.expressions import evaluate
from xcore_tools.discovery.evaluate.values import (
    TYPE_ALIAS,
    ClassValue,
    External,
    GenericAlias,
    LibraryObject,
    Scope,
    Unknown,
    Value,
)

_MAX_DEPTH = 20


class Hint(msgspec.Struct):
    """What an annotation says of an attribute.

    `types` are the Python types without None: one, as a rule, or none where it is not known.
    `extras` are what `Annotated` adds, `wholes` the `Annotated` values and aliases such as `list[str]`
    that a map may know themselves. `names` are the types as written; `element` says the same of what a list holds.
    """

    text: str
    is_mapped: bool = False
    is_relationship: bool = False
    is_class_variable: bool = False
    nullable: bool | None = False
    types: list[Value] = []
    extras: list[Value] = []
    wholes: list[Value] = []
    names: list[str] = []
    is_list: bool = False
    element: Hint | None = None


def read_hint(interpreter: Interpreter, cls: ClassValue, expr: ir.Expr) -> Hint | None:
    """What the annotation `expr` of an attribute of `cls` says; None where nothing can be read."""
    parsed = _parsed(interpreter, expr)
    if parsed is None or cls.scope is None:
        return None
    scope = Scope(cls.scope.module, "class", cls.attrs, cls.scope, cls.qualname, cls)
    hint = Hint(unparsed(parsed))
    reader = _Reader(interpreter, scope, hint)
    head = reader.head(parsed)
    if head in MAPPED_ANNOTATIONS | RELATED_ANNOTATIONS and isinstance(parsed, ir.Subscript):
        hint.is_mapped = True
        hint.is_relationship = head in RELATED_ANNOTATIONS
        parsed = parsed.index
    elif head == "ClassVar":
        hint.is_class_variable = True
        return hint
    reader.read(parsed)
    return hint


def _parsed(interpreter: Interpreter, expr: ir.Expr) -> ir.Expr | None:
    """The expression, out of its quotes if it is in some."""
    if not (isinstance(expr, ir.Const) and isinstance(expr.value, str)):
        return expr
    text = " ".join(expr.value.split())
    source = ir.Unread(f"def annotation():\n    return ({text})\n", 1)
    body = interpreter.read(ir.FunctionDef("annotation", (), (), None, 1, source)).body
    statement = body[0] if body else None
    inner = statement.value if isinstance(statement, ir.Return) else None
    return None if inner is None else _parsed(interpreter, inner)


class _Reader:
    """Goes through one annotation and writes what it finds into the hint."""

    def __init__(self, interpreter: Interpreter, scope: Scope, hint: Hint) -> None:
        self._machine = interpreter
        self._frame = scope
        self._hint = hint

    def head(self, expr: ir.Expr) -> str:
        """The last part of the name before the bracket: `Mapped`, `Optional`, …; "" for others."""
        if not isinstance(expr, ir.Subscript):
            return ""
        value = self._value(expr.value)
        if isinstance(value, External):
            return value.name
        written = expr.value
        return written.id if isinstance(written, ir.Name) else getattr(written, "name", "")

    def read(self, expr: ir.Expr, depth: int = 0) -> None:
        parsed = _parsed(self._machine, expr) if depth < _MAX_DEPTH else None
        if parsed is None:
            self._unknown("an annotation that cannot be read")
        elif isinstance(parsed, ir.Const) and parsed.value is None:
            self._hint.nullable = True
        elif isinstance(parsed, ir.Binary) and parsed.op == "|":
            self.read(parsed.left, depth + 1)
            self.read(parsed.right, depth + 1)
        elif isinstance(parsed, ir.Subscript):
            self._read_subscript(parsed, depth)
        else:
            self._hint.names.append(unparsed(parsed))
            self._read_value(self._value(parsed), depth)

    def _read_subscript(self, expr: ir.Subscript, depth: int) -> None:
        items = expr.index.items if isinstance(expr.index, ir.Sequence) else (expr.index,)
        match self.head(expr):
            case "Optional":
                self._hint.nullable = True
                self.read(expr.index, depth + 1)
            case "Union":
                for item in items:
                    self.read(item, depth + 1)
            case "Annotated":
                self._hint.extras += [self._value(item) for item in items[1:]]
                self.read(items[0], depth + 1)
            case "Literal":
                values = tuple(self._value(item) for item in items)
                self._hint.types.append(LibraryObject("typing.Literal", values, {}, 0))
            case head:
                if head in _LISTS:
                    self._hint.is_list = True
                    self._hint.element = Hint(unparsed(expr.index))
                    inner = _Reader(self._machine, self._frame, self._hint.element)
                    inner.read(expr.index, depth + 1)
                whole, value = self._value(expr), self._value(expr.value)
                if isinstance(whole, GenericAlias):
                    self._hint.wholes.append(whole)
                is_alias = isinstance(value, LibraryObject) and value.callee == TYPE_ALIAS
                self._read_value(whole if is_alias else value, depth)

    def _read_value(self, value: Value, depth: int) -> None:
        """What an alias stands for."""
        if isinstance(value, LibraryObject) and value.callee.partition(".")[0] in TYPING:
            match value.callee.rpartition(".")[2]:
                case "Optional" | "Union":
                    self._hint.nullable = self._hint.nullable or value.callee.endswith("Optional")
                    self._read_values(value.args, depth)
                case "Annotated":
                    self._hint.wholes.append(value)
                    self._hint.extras += [asked(self._machine, item) for item in value.args[1:]]
                    self._read_values(value.args[:1], depth)
                case "TypeAliasType":
                    self._hint.wholes.append(value)
                    self._read_values(value.args[-1:], depth)
                case _:
                    self._hint.types.append(value)
        elif isinstance(value, GenericAlias):
            self._hint.wholes.append(value)
            self._hint.types.append(value.origin)
        elif value is None:
            self._hint.nullable = True
        else:
            self._hint.types.append(value)

    def _read_values(self, values: Iterable[Value], depth: int) -> None:
        for value in values:
            known = asked(self._machine, value)
            if isinstance(known, str):
                self.read(ir.Const(known), depth + 1)
            else:
                self._read_value(known, depth + 1)

    def _value(self, expr: ir.Expr) -> Value:
        found = self._machine.try_value(partial(evaluate, self._machine, expr, self._frame))
        return asked(self._machine, found)

    def _unknown(self, reason: str) -> None:
        self._hint.types.append(Unknown(reason))


_LISTS = frozenset({"list", "List", "set", "Set", "Sequence", "Collection", "WriteOnlyCollection"})
