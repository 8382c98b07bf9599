"""Why a class was taken or not, in words, and the chain of bases that led to it."""

from __future__ import annotations

from collections.abc import Iterator

from xcore_tools.discovery.catalog.directives import ABSTRACT, REASONS
from xcore_tools.discovery.catalog.symbols import Role
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.mro import bases_of, mro
from xcore_tools.discovery.evaluate.values import ClassValue, External, Value
from xcore_tools.discovery.link.results import Results
from xcore_tools.discovery.orm.declarative_bases import foreigns, has_role, root_of
from xcore_tools.discovery.orm.dotted_names import dotted_name
from xcore_tools.discovery.orm.evidence import unfollowed_base
from xcore_tools.discovery.orm.mapper import Mapping
from xcore_tools.discovery.results import Step, Verdict

_NO_TABLE = "it has no table and inherits none"


def verdict(
    interpreter: Interpreter, results: Results, cls: ClassValue, reason: str, *, taken: bool
) -> Verdict:
    """The decision about `cls` with the way to its base."""
    chain = tuple(_chain(interpreter, results, cls))
    path = results.path_of(cls.module)
    return Verdict(cls.qualname, cls.module, path, cls.line, taken, reason, chain)


def acceptance(mapping: Mapping) -> str:
    """Why a class is a model."""
    return REASONS[mapping.kind]


def refusal(interpreter: Interpreter, cls: ClassValue) -> str:
    """Why a class is no model."""
    root = root_of(interpreter, cls)
    unknown = unfollowed_base(interpreter, cls)
    if isinstance(unknown, External):
        return f"its base {unknown.path.removesuffix('()')} is not read, so it may be a model"
    if unknown is not None:
        return f"a base of it cannot be resolved: {unknown.reason}"
    if dotted_name(cls) is not None and root is None and not _is_declarative(interpreter, cls):
        return "no declarative base is among its bases"
    if cls.is_root or root is None:
        return "it is a declarative base itself"
    if interpreter.force(cls.attrs.get(ABSTRACT)) is True:
        return f"it says {ABSTRACT} = True"
    if any(foreign.needs_table_keyword for foreign in foreigns(interpreter, cls)):
        return "it has no table=True"
    return _NO_TABLE


def is_incomplete(reason: str) -> bool:
    """Whether a class looks like a model that somebody forgot to give a table."""
    return reason == _NO_TABLE


def _is_declarative(interpreter: Interpreter, cls: ClassValue) -> bool:
    return cls.is_root or any(has_role(b, Role.BASE_CLASS) for b in bases_of(interpreter, cls))


_MAX_STEPS = 50
"""Of a chain of reasoning; whoever inherits through more classes does not want to read them all."""


def _chain(interpreter: Interpreter, results: Results, cls: ClassValue) -> Iterator[Step]:
    """The way from a class to its declarative base, one step for each class between them."""
    seen: list[Value] = []
    item: Value = cls
    while isinstance(item, ClassValue) and item not in seen and len(seen) <= _MAX_STEPS:
        seen.append(item)
        if item is not cls:
            yield Step(_shown(item), results.path_of(item.module), item.line)
        item = _next_base(interpreter, item)
    if isinstance(item, External):
        yield Step(item.path.removesuffix("()").rpartition(".")[2], "", 0)


def _next_base(interpreter: Interpreter, cls: ClassValue) -> Value:
    bases = bases_of(interpreter, cls)
    root = root_of(interpreter, cls)
    for base in bases:
        if base is root or (isinstance(base, ClassValue) and root in mro(interpreter, base)):
            return base
    for base in bases:
        if has_role(base, Role.BASE_CLASS):
            return base
    return bases[0] if bases and root is None else None


def _shown(cls: ClassValue) -> str:
    """The name of a base as its users write it: `Base`, `db.Model`."""
    dotted = dotted_name(cls) if cls.is_synthetic else None
    return dotted.removeprefix(f"{cls.module}.") if dotted else cls.qualname
