"""Whether a class is mapped, and its own table: one question, for each answer needs the other.

The order of the rules follows `sqlalchemy.orm.decl_base`: a class below a declarative base is mapped
unless its own namespace says `__abstract__ = True`; `__tablename__`, `__table_args__` and `__table__`
count on the class itself, on mixins and on abstract bases, but not on a mapped parent, unless they are
declared attributes; a class without a table of its own shares the one of its mapped parent.
"""

from __future__ import annotations

from functools import partial

import msgspec

from xcore_tools.discovery.catalog.derived import role_of
from xcore_tools.discovery.catalog.directives import (
    ABSTRACT,
    IMPERATIVE,
    TABLE,
    TABLE_ARGS,
    TABLENAME,
)
from xcore_tools.discovery.catalog.libraries import camel_to_snake
from xcore_tools.discovery.catalog.symbols import Role
from xcore_tools.discovery.evaluate.classes import bind, find, is_declared_attr, prepare
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.mro import ancestors, bases_of, mro
from xcore_tools.discovery.evaluate.plain import as_name
from xcore_tools.discovery.evaluate.table_values import TableValue
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    FunctionValue,
    LibraryObject,
    Unknown,
    Value,
    options_of,
)
from xcore_tools.discovery.orm.declarative_bases import (
    foreigns,
    has_role,
    is_flask,
    is_root,
    root_of,
)
from xcore_tools.discovery.orm.evidence import has_columns, is_column, is_unfollowed

OWN_TABLE = "__xt_table__"
"""Where a class keeps the table that it is mapped to, once somebody has asked for it."""

NO_TABLE = object()
"""Stands for a class that has no table of its own."""


class Selectable(msgspec.Struct):
    """A `__table__` that is no Table that we know: a join, a select, a reflected table."""


def is_mapped(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether SQLAlchemy would map `cls`."""
    if cls.mapped is None:
        for item in reversed(
            mro(interpreter, cls)
        ):  # from the top: each answer needs those above it
            if isinstance(item, ClassValue) and item.mapped is None:
                item.mapped = False  # what a cyclic question sees
                prepare(interpreter, item)
                item.mapped = _is_mapped(interpreter, item)
    return bool(cls.mapped)


def _is_mapped(interpreter: Interpreter, cls: ClassValue) -> bool:
    if cls.mapped_by:
        return True
    if (
        cls.is_synthetic
        or is_root(interpreter, cls)
        or interpreter.force(cls.attrs.get(ABSTRACT)) is True
    ):
        return False
    if is_abstract_concrete(interpreter, cls):
        return root_of(interpreter, cls) is not None
    root = root_of(interpreter, cls)
    if root is None:
        return _has_evidence(interpreter, cls) or _inherits_evidence(interpreter, cls)
    if any(foreign.needs_table_keyword for foreign in foreigns(interpreter, cls)):
        is_table = interpreter.force(cls.keywords.get("table")) is True
        return is_table and not any(
            isinstance(b, ClassValue) and is_mapped(interpreter, b)
            for b in bases_of(interpreter, cls)
        )
    return (
        own_table(interpreter, cls) is not NO_TABLE
        or has_mapped_parent(interpreter, cls)
        or any(is_unfollowed(item) for item in ancestors(interpreter, cls))
    )


def is_abstract_concrete(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether a class is mapped to the union of its children's tables, and has none of its own."""
    return any(has_role(base, Role.CONCRETE_MIXIN) for base in bases_of(interpreter, cls))


def has_mapped_parent(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether a class above `cls` is mapped."""
    return mapped_parent(interpreter, cls) is not None


def mapped_parent(interpreter: Interpreter, cls: ClassValue) -> ClassValue | None:
    """The nearest class above `cls` that is mapped and has a table to share."""
    for item in ancestors(interpreter, cls):
        if (
            isinstance(item, ClassValue)
            and is_mapped(interpreter, item)
            and not is_abstract_concrete(interpreter, item)
        ):
            return item
    return None


def _has_evidence(interpreter: Interpreter, cls: ClassValue) -> bool:
    """A table, or a table name and columns, of its own, below a base that could not be followed."""
    if not any(is_unfollowed(item) for item in ancestors(interpreter, cls)):
        return False
    if "mixin" in cls.name.lower():
        return False
    if isinstance(interpreter.force(cls.attrs.get(TABLE)), TableValue):
        return True
    return isinstance(interpreter.force(cls.attrs.get(TABLENAME)), str) and has_columns(
        interpreter, cls
    )


def _inherits_evidence(interpreter: Interpreter, cls: ClassValue) -> bool:
    parent = mapped_parent(interpreter, cls)
    return parent is not None and not parent.mapped_by


def own_table(interpreter: Interpreter, cls: ClassValue) -> Value:
    """The class's own table: a TableValue, a name, Unknown, or the mark that it has none."""
    if cls.mapped_by == IMPERATIVE:
        if cls.table is None:
            return NO_TABLE
        return _given_table(interpreter.force(cls.table))
    explicit = declared(interpreter, cls, TABLE)
    if explicit is not None:
        return _given_table(explicit)
    name = _table_name(interpreter, cls)
    if name is None:
        return NO_TABLE
    if (
        is_flask(interpreter, cls)
        and has_mapped_parent(interpreter, cls)
        and not _has_primary_key(interpreter, cls)
    ):
        return NO_TABLE
    return name


def _given_table(value: Value) -> TableValue | Selectable:
    tables = (option for option in options_of(value) if isinstance(option, TableValue))
    return next(tables, None) or Selectable()


def declared(interpreter: Interpreter, cls: ClassValue, name: str) -> Value:
    """The value of a declarative directive for `cls`, None if nothing that counts provides it."""
    prepare(interpreter, cls)
    for item in mro(interpreter, cls):
        if not isinstance(item, ClassValue) or name not in item.attrs:
            continue
        raw = interpreter.force(item.attrs[name])
        if item is cls or is_declared_attr(interpreter, raw) or not is_mapped(interpreter, item):
            return interpreter.force(bound(interpreter, raw, cls))
        return None  # the plain value of a mapped parent hides what is behind it
    return None


def bound(interpreter: Interpreter, value: Value, cls: ClassValue) -> Value:
    """What a directive gives when it is read through `cls`."""
    return interpreter.try_value(partial(bind, interpreter, value, cls))


def _table_name(interpreter: Interpreter, cls: ClassValue) -> Value:
    """The name of the class's own table: text, Unknown, or None for no table of its own."""
    given = declared(interpreter, cls, TABLENAME)
    foreign = next((f for f in foreigns(interpreter, cls) if f.naming or f.tablename), None)
    if is_flask(interpreter, cls) and given is None and _flask_names(interpreter, cls):
        return camel_to_snake(cls.name)
    if given is None and foreign is not None and TABLENAME not in cls.attrs:
        overridden = _overridden(interpreter, cls)
        if overridden is not None:
            return overridden
        return foreign.tablename or (foreign.naming or str.lower)(cls.name)
    if isinstance(given, FunctionValue):
        return Unknown("the name is computed by a method that is no declared attribute")
    return _one_text(given)


def _one_text(value: Value) -> Value:
    """The text that a value is; None where it is None, Unknown where it may be several things."""
    options = [as_name(option) for option in options_of(value)]
    unknown = next((option for option in options if isinstance(option, Unknown)), None)
    if unknown is not None:
        return unknown
    texts = sorted({option for option in options if isinstance(option, str)})
    if len(texts) > 1:
        return Unknown(f"the name is one of {', '.join(texts)}")
    may_be_text = all(isinstance(option, str | External | None) for option in options)
    if texts and may_be_text:
        return texts[0]
    return None if value is None else Unknown("the name is no text")


def _overridden(interpreter: Interpreter, cls: ClassValue) -> str | None:
    """A plain `__tablename__` of a mapped parent hides the name that a library's base would compute."""
    found = find(interpreter, cls, TABLENAME)
    if found is None:
        return None
    value = interpreter.force(found[1])
    return value if isinstance(value, str) else None


def _flask_names(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether Flask-SQLAlchemy names the table: nobody does, or only a mapped parent."""
    root = root_of(interpreter, cls)
    if not isinstance(root, ClassValue) or not root.names_tables:
        return False
    found = find(interpreter, cls, TABLENAME)
    return found is None or (found[0] is not cls and is_mapped(interpreter, found[0]))


def _has_primary_key(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether the columns that would go into the class's own table hold a primary key."""
    parent = mapped_parent(interpreter, cls)
    inherited = mro(interpreter, parent) if parent is not None else ()
    for item in mro(interpreter, cls):
        if not isinstance(item, ClassValue) or item in inherited:
            continue
        for raw in item.attrs.values():
            value = interpreter.force(raw)
            if is_declared_attr(interpreter, value):
                value = interpreter.force(bound(interpreter, value, cls))
            if is_column(value):
                given = interpreter.with_arguments(value).keywords
                if interpreter.force(given.get("primary_key")) is True:
                    return True
    args = declared(interpreter, cls, TABLE_ARGS)
    items = args if isinstance(args, tuple) else ()
    return any(
        isinstance(interpreter.force(i), LibraryObject)
        and role_of(interpreter.force(i).callee) is Role.PRIMARY_KEY
        for i in items
    )
