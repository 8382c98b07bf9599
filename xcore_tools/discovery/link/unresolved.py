"""Classes whose base could not be resolved: one finding for each such base, not one for each class."""

from __future__ import annotations

from collections import defaultdict

from xcore_tools.discovery.catalog.directives import TABLE
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.table_values import TableValue
from xcore_tools.discovery.evaluate.values import ClassValue, External, Unknown
from xcore_tools.discovery.link.results import Results
from xcore_tools.discovery.orm.evidence import has_columns, unfollowed_base
from xcore_tools.discovery.orm.table_rules import is_mapped
from xcore_tools.discovery.results import UnresolvedBase


def unresolved_bases(interpreter: Interpreter, results: Results) -> tuple[UnresolvedBase, ...]:
    """The bases of reported classes that may be declarative for all that is known, sorted.

    A class counts if it has columns or a table: forms and views have unknown bases, too.
    """
    below: dict[str, list[ClassValue]] = defaultdict(list)
    for cls in interpreter.classes:
        base = unfollowed_base(interpreter, cls)
        if base is None or _is_known(interpreter, base) or not results.is_reported(cls.module):
            continue
        if _is_of_tables(interpreter, cls):
            below[_subject(base)].append(cls)
    return tuple(sorted(_found(interpreter, results, *each) for each in below.items()))


def _subject(base: External | Unknown) -> str:
    if isinstance(base, External):
        return f"the base {base.path.removesuffix('()')} is not read"
    return f"a base cannot be resolved: {base.reason}"


def _is_of_tables(interpreter: Interpreter, cls: ClassValue) -> bool:
    table = interpreter.force(cls.attrs.get(TABLE))
    return isinstance(table, TableValue) or has_columns(interpreter, cls)


def _is_known(interpreter: Interpreter, base: External | Unknown) -> bool:
    """Whether a class of a library is known to be a mixin."""
    if isinstance(base, Unknown):
        return False
    return interpreter.outside.foreign(base.path) is not None


def _found(
    interpreter: Interpreter, results: Results, subject: str, classes: list[ClassValue]
) -> UnresolvedBase:
    path, line = min((results.path_of(cls.module), cls.line) for cls in classes)
    taken = sum(is_mapped(interpreter, cls) for cls in classes)
    return UnresolvedBase(subject, path, line, len(classes), taken)
