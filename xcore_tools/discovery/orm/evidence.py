"""What a class says by itself where its base could not be followed: columns, names of libraries."""

from __future__ import annotations

import sys
from typing import TypeGuard

from xcore_tools.discovery import ir
from xcore_tools.discovery.catalog.derived import COLUMNS, role_of
from xcore_tools.discovery.catalog.libraries import may_have_bases
from xcore_tools.discovery.catalog.structure import MAPPED
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.mro import ancestors
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    LibraryObject,
    Unknown,
    Value,
)
from xcore_tools.discovery.orm.declarative_bases import is_declarative

_MAPPED_TEXTS = tuple(f"{module}{MAPPED.name}[" for module in ("", "orm.", "so."))


def has_columns(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether the body of a class has columns, or annotations that are `Mapped[…]`."""
    annotated = any(_is_mapped_annotation(a) for a in cls.annotations.values())
    return annotated or any(is_column(interpreter.force(value)) for value in cls.attrs.values())


def is_column(value: Value) -> bool:
    """Whether a value is a column: what a call of `Column` or `mapped_column` returned."""
    return isinstance(value, LibraryObject) and value.callee.rpartition(".")[2] in COLUMNS


def _is_mapped_annotation(annotation: ir.Expr) -> bool:
    if isinstance(annotation, ir.Const) and isinstance(annotation.value, str):
        return annotation.value.lstrip().startswith(_MAPPED_TEXTS)
    if not isinstance(annotation, ir.Subscript):
        return False
    owner = annotation.value
    return (owner.id if isinstance(owner, ir.Name) else getattr(owner, "name", "")) == MAPPED.name


def unfollowed_base(interpreter: Interpreter, cls: ClassValue) -> External | Unknown | None:
    """The nearest ancestor that may be a declarative base for all that is known; None below a known one."""
    if is_declarative(interpreter, cls):
        return None
    return next((item for item in ancestors(interpreter, cls) if is_unfollowed(item)), None)


def is_unfollowed(item: Value) -> TypeGuard[External | Unknown]:
    """Whether an ancestor may be a declarative base for all we know."""
    if isinstance(item, External):
        top = item.path.partition(".")[0]
        return (
            top not in sys.stdlib_module_names
            and may_have_bases(top)
            and role_of(item.path) is None
        )
    return isinstance(item, Unknown)
