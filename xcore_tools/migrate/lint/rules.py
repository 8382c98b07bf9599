"""Operations → what is to be thought over before they run. Pure.

What a rule says depends on the engine, on whether a table holds rows, and on what came before: a
table or column that the same revisions make can be changed freely.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from xcore_tools.migrate.lint.operations import Operation
from xcore_tools.migrate.lint.statements import destroyed_by, is_filling
from xcore_tools.migrate.lint.types import step_between

BIG = 100_000
"""From so many rows on a table counts as big: changing or checking each takes its time."""


class Known(msgspec.Struct, frozen=True):
    """What is known of the database: its engine, and what a table holds, None where nobody knows.

    `rows` counts up to BIG + 1, `nulls` the rows of a column that are NULL.
    """

    engine: str
    rows: Callable[[str], int | None] = lambda _table: None
    nulls: Callable[[str, str], int | None] = lambda _table, _column: None


class Finding(msgspec.Struct, frozen=True):
    """What was found in one operation."""

    code: str
    severity: Literal["error", "warning"]
    message: str


class Linter:
    """Goes through the operations of pending revisions, in the order of applying."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._tables: set[str | None] = set()
        self._columns: set[tuple[str | None, str | None]] = set()
        self._statements: list[str] = []

    def findings(self, operation: Operation) -> Iterator[Finding]:
        """What there is to say about the next operation."""
        rule = _RULES.get(operation.name)
        if rule is not None and operation.table not in self._tables:
            yield from rule(self, operation)
        if operation.name == "create_table":
            self._tables.add(operation.table)
        elif operation.name == "add_column":
            self._columns.add((operation.table, _column_name(operation)))
        elif operation.name == "execute" and (text := operation.text("sql")):
            self._statements.append(text)

    # -- data that is gone ----------------------------------------------------------------------

    def _drop_table(self, operation: Operation) -> Iterator[Finding]:
        rows = self._rows(operation)
        if rows != 0:
            table = operation.table or "a table"
            yield Finding("XT501", "error", f"{table} is dropped{_with(rows)}")

    def _drop_column(self, operation: Operation) -> Iterator[Finding]:
        column = operation.text("column")
        if (operation.table, column) in self._columns:
            return
        rows = self._rows(operation)
        if rows != 0:
            name = f"{operation.table or 'a table'}.{column or 'a column'}"
            yield Finding("XT502", "error", f"{name} is dropped{_with(rows)}")

    def _execute(self, operation: Operation) -> Iterator[Finding]:
        for what, table in destroyed_by(operation.text("sql") or ""):
            if table not in self._tables and self._known.rows(table) != 0:
                yield Finding("XT509", "error", f"the statement {what}")

    # -- what rows have to fit ------------------------------------------------------------------

    def _add_column(self, operation: Operation) -> Iterator[Finding]:
        column = operation.arguments.get("column")
        if not (isinstance(column, ast.Call) and _is_required(column)):
            return
        rows = self._rows(operation)
        if rows == 0:
            return
        name = f"{operation.table or 'a table'}.{_column_name(operation) or 'a column'}"
        what = f"{name} is NOT NULL without a server_default"
        if self._known.engine == "mysql":
            said = "the rows that are there get 0 or an empty text instead of a value"
        else:
            said = "adding it fails on a table that holds rows"
        yield Finding("XT503", "error", f"{what}: {said}{_of(rows)}")

    def _alter_column(self, operation: Operation) -> Iterator[Finding]:
        yield from self._renamed(operation)
        column = operation.text("column")
        if (operation.table, column) in self._columns:
            return
        rows = self._rows(operation)
        if rows == 0:
            return
        name = f"{operation.table or 'a table'}.{column or 'a column'}"
        if (
            operation.value("nullable") is False
            and operation.value("existing_nullable") is not False
        ):
            yield from self._required(operation, name, rows)
        if "type_" in operation.arguments:
            yield from self._retyped(operation, name, rows)

    def _required(self, operation: Operation, name: str, rows: int | None) -> Iterator[Finding]:
        table, column = operation.table, operation.text("column")
        nulls = self._known.nulls(table, column) if table and column else None
        is_filled = table and column and any(is_filling(s, table, column) for s in self._statements)
        if nulls != 0 and not is_filled:
            said = f"is NULL in {_count(nulls)}" if nulls else "NULL in any row makes that fail"
            yield Finding(
                "XT504", "error", f"{name} becomes NOT NULL, and {said}; fill it with values first"
            )
        elif self._known.engine == "postgresql" and _is_big(rows):
            yield Finding(
                "XT508",
                "warning",
                f"{name} becomes NOT NULL: all rows are read while nobody can use the table; add a "
                "check constraint with NOT VALID and validate it first",
            )

    def _retyped(self, operation: Operation, name: str, rows: int | None) -> Iterator[Finding]:
        after = operation.arguments["type_"]
        before = operation.arguments.get("existing_type")
        change = step_between(before, after) if before is not None else "other"
        if change == "same":
            return
        shown = f"{_shown(before)} to {_shown(after)}"
        if change in {"narrower", "other"}:
            said = "values that do not fit are cut or make it fail"
            yield Finding("XT505", "error", f"{name} changes from {shown}: {said}{_of(rows)}")
        elif self._known.engine != "sqlite" and _is_big(rows) and not _is_text(after):
            said = "all rows are written anew while nobody can write to the table"
            yield Finding("XT508", "warning", f"{name} changes from {shown}: {said}")

    # -- locks ----------------------------------------------------------------------------------

    def _create_index(self, operation: Operation) -> Iterator[Finding]:
        if self._known.engine != "postgresql":
            return
        name = operation.text("index") or "an index"
        is_concurrent = operation.value("postgresql_concurrently") is True
        if is_concurrent and not operation.is_alone:
            yield Finding(
                "XT507",
                "error",
                f"{name} is built CONCURRENTLY, which no transaction can do; put it into `with "
                "op.get_context().autocommit_block():`",
            )
        elif not is_concurrent and self._rows(operation) != 0:
            yield Finding(
                "XT506",
                "warning",
                f"{name} is built while nobody can write to {operation.table or 'the table'}"
                f"{_of(self._rows(operation))}; use postgresql_concurrently=True in an "
                "autocommit_block",
            )

    def _create_constraint(self, operation: Operation) -> Iterator[Finding]:
        if self._known.engine != "postgresql" or self._rows(operation) == 0:
            return
        if operation.value("postgresql_not_valid") is True:
            return
        name = operation.text("constraint") or "a constraint"
        table = operation.table or "the table"
        if operation.name in {"create_unique_constraint", "create_primary_key"}:
            how = "build a unique index CONCURRENTLY, and make the constraint of it"
        else:
            how = "add it with postgresql_not_valid=True, and validate it in a revision of its own"
        yield Finding(
            "XT508",
            "warning",
            f"{name}: all rows of {table} are checked while nobody can write to it"
            f"{_of(self._rows(operation))}; {how}",
        )

    # -- running code ---------------------------------------------------------------------------

    def _renamed(self, operation: Operation) -> Iterator[Finding]:
        name = operation.text("new_name")
        if name is None or (operation.table, operation.text("column")) in self._columns:
            return
        parts = filter(None, (operation.table, operation.text("column")))
        yield Finding(
            "XT510",
            "warning",
            f"{'.'.join(parts)} becomes {name}: code that still runs with the old name fails at once",
        )

    def _rows(self, operation: Operation) -> int | None:
        return self._known.rows(operation.table) if operation.table else None


_RULES: dict[str, Callable[[Linter, Operation], Iterator[Finding]]] = {
    "add_column": Linter._add_column,
    "alter_column": Linter._alter_column,
    "create_check_constraint": Linter._create_constraint,
    "create_exclude_constraint": Linter._create_constraint,
    "create_foreign_key": Linter._create_constraint,
    "create_index": Linter._create_index,
    "create_primary_key": Linter._create_constraint,
    "create_unique_constraint": Linter._create_constraint,
    "drop_column": Linter._drop_column,
    "drop_table": Linter._drop_table,
    "execute": Linter._execute,
    "rename_table": Linter._renamed,
}


def _column_name(operation: Operation) -> str | None:
    """The name in `sa.Column("name", …)`."""
    column = operation.arguments.get("column")
    if isinstance(column, ast.Call) and column.args and isinstance(column.args[0], ast.Constant):
        return str(column.args[0].value)
    return None


def _is_required(column: ast.Call) -> bool:
    """Whether a column takes no NULL and has nothing to fill it with."""
    keywords = {each.arg: each.value for each in column.keywords}
    given = keywords.get("server_default")
    if given is not None and not (isinstance(given, ast.Constant) and given.value is None):
        return False
    filling = ("Computed", "Identity", "FetchedValue")
    if any(isinstance(a, ast.Call) and ast.unparse(a.func).endswith(filling) for a in column.args):
        return False
    nullable = keywords.get("nullable")
    return isinstance(nullable, ast.Constant) and nullable.value is False


def _is_big(rows: int | None) -> bool:
    return rows is None or rows > BIG


def _is_text(node: ast.expr) -> bool:
    """Whether a wider type is a text, which takes no rewriting on any engine."""
    name = ast.unparse(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]
    return name.lower() in {"string", "text", "unicode", "unicodetext", "varchar"}


def _shown(node: ast.expr | None) -> str:
    return "an unknown type" if node is None else ast.unparse(node).removeprefix("sa.")


def _count(rows: int) -> str:
    return f"more than {BIG:,} rows" if rows > BIG else f"{rows} row{'' if rows == 1 else 's'}"


def _with(rows: int | None) -> str:
    return "" if rows is None else f" with {_count(rows)}"


def _of(rows: int | None) -> str:
    return "" if rows is None else f" ({_count(rows)})"
