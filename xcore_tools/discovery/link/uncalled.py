"""Tables that functions make which nothing calls while modules are imported: said, not lost in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xcore_tools.discovery import ir
from xcore_tools.discovery.catalog.derived import role_of
from xcore_tools.discovery.catalog.symbols import TABLE, Role
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.table_values import DatabaseValue
from xcore_tools.discovery.evaluate.values import External, Scope, Value
from xcore_tools.discovery.link.results import Results

_MOST_NAMES = 3
_REFLECTED = frozenset({"autoload", "autoload_with"})


def add_uncalled(interpreter: Interpreter, results: Results) -> None:
    """Reports each function that was not followed and would make tables when it is called."""
    for module, facts in interpreter.modules.items():
        scope = interpreter.scopes.get(module)
        if scope is None or not results.is_reported(module):
            continue
        makers = _Makers(interpreter, scope)
        for qualname, function in _functions(facts.body, ""):
            if id(function) not in interpreter.followed:
                _report(results, module, qualname, list(makers.calls_in(function)))


def _report(results: Results, module: str, qualname: str, calls: list[ir.Call]) -> None:
    if not calls:
        return
    names = [_written(call.args[0]) for call in calls]
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    tables = "a table" if len(calls) == 1 else f"{len(calls)} tables"
    message = f"{qualname}() makes {tables} when it is called, which is not followed: {shown}"
    results.report("XT127", "note", module, calls[0].line, message)


def _written(name: ir.Expr) -> str:
    is_text = isinstance(name, ir.Const) and isinstance(name.value, str)
    return name.value if is_text else "one of a computed name"  # type: ignore[union-attr, return-value]


def _functions(block: ir.Block, prefix: str) -> Iterator[tuple[str, ir.FunctionDef]]:
    """The outermost functions of a module and of its classes, with their qualified names."""
    for statement in block:
        if isinstance(statement, ir.FunctionDef):
            yield prefix + statement.name, statement
        elif isinstance(statement, ir.ClassDef):
            yield from _functions(statement.body, f"{prefix}{statement.name}.")


class _Makers:
    """Finds calls that make a table, by what the names of a module stand for."""

    def __init__(self, interpreter: Interpreter, scope: Scope) -> None:
        self._interpreter = interpreter
        self._scope = scope
        words = [name for name, value in scope.names.items() if _is_table(value)]
        self._words = re.compile(rf"\b(?:{'|'.join(map(re.escape, [TABLE.name, *words]))})\s*\(")

    def calls_in(self, function: ir.FunctionDef) -> Iterator[ir.Call]:
        """The calls of `Table` with a collection and columns anywhere in a function."""
        if function.unread is not None and not self._words.search(function.unread.text):
            return
        body = self._interpreter.read(function).body
        for node in ir.walk(body or ()):
            call = self._interpreter.read(node) if isinstance(node, ir.Call) else None
            if call is not None and self._makes_table(call):
                yield call

    def _makes_table(self, call: ir.Call) -> bool:
        keywords = {keyword.name for keyword in call.keywords}
        if len(call.args) < 3 or keywords & _REFLECTED:
            return False
        match call.func:
            case ir.Name(id=name):
                return _is_table(self._value(name))
            case ir.Attribute(value=ir.Name(id=owner), name=name) if name == TABLE.name:
                value = self._value(owner)
                is_library = isinstance(value, External) and role_of(f"{value.path}.{name}")
                return isinstance(value, DatabaseValue) or is_library is Role.TABLE
        return False

    def _value(self, name: str) -> Value:
        return self._interpreter.force(self._scope.names.get(name))


def _is_table(value: Value) -> bool:
    return isinstance(value, External) and role_of(value.path) is Role.TABLE
