"""A revision file → the operations of its upgrade(), read without running it. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import msgspec

# Positional parameters of alembic.op, by the names that messages and rules use. Inside of a batch
# the table is known, and is none of them.
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "add_column": ("table", "column"),
    "alter_column": ("table", "column"),
    "create_check_constraint": ("constraint", "table", "condition"),
    "create_exclude_constraint": ("constraint", "table"),
    "create_foreign_key": ("constraint", "table", "referent", "local_cols", "remote_cols"),
    "create_index": ("index", "table", "columns"),
    "create_primary_key": ("constraint", "table", "columns"),
    "create_table": ("table",),
    "create_unique_constraint": ("constraint", "table", "columns"),
    "drop_column": ("table", "column"),
    "drop_table": ("table",),
    "execute": ("sql",),
    "rename_table": ("table", "new_name"),
}
_KEYWORDS = {
    "table_name": "table",
    "source_table": "table",
    "old_table_name": "table",
    "new_table_name": "new_name",
    "column_name": "column",
    "sqltext": "sql",
    "new_column_name": "new_name",
    "source_schema": "schema",
}
_EXECUTING = {"execute", "exec_driver_sql"}


class Operation(msgspec.Struct, frozen=True):
    """One call. `arguments` are syntax trees; `is_alone` says that it is outside of a transaction.

    `first` and `last` are the lines of the statement.
    """

    name: str
    arguments: dict[str, ast.expr]
    first: int
    last: int
    is_alone: bool = False
    constants: dict[str, Any] = {}

    def text(self, name: str) -> str | None:
        """A text argument; None where it is absent or not known statically."""
        value = self.value(name)
        return value if isinstance(value, str) else None

    def value(self, name: str) -> Any:
        """A literal or a constant of the module; None where it is neither."""
        return _value(self.arguments.get(name), self.constants)

    @property
    def table(self) -> str | None:
        """`schema.table`, or the name alone."""
        name, schema = self.text("table"), self.text("schema")
        return f"{schema}.{name}" if schema and name else name


def operations_in(data: bytes) -> tuple[Operation, ...]:
    """What `upgrade()` calls, and functions of the same file that it calls, in the order of lines.

    Both branches of a condition count, and so does the body of a loop, once.

    Raises:
        SyntaxError, ValueError: the file is no Python.
    """
    tree = ast.parse(data)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    reader = _Reader(_modules(tree), _constants(tree), functions)
    for name, function in functions.items():
        if name == "upgrade" or name.startswith("upgrade_"):
            reader.read(function)
    return tuple(sorted(reader.found, key=lambda operation: (operation.first, operation.last)))


class _Reader:
    """Collects calls; each function is read once."""

    def __init__(
        self, op: set[str], constants: dict[str, Any], functions: dict[str, ast.FunctionDef]
    ) -> None:
        self.found: list[Operation] = []
        self._op = op
        self._constants = constants
        self._functions = functions
        self._seen: set[str] = set()

    def read(self, function: ast.FunctionDef) -> None:
        if function.name not in self._seen:
            self._seen.add(function.name)
            self._statements(function.body, {}, is_alone=False)

    def _statements(
        self, statements: list[ast.stmt], batches: dict[str, ast.Call], *, is_alone: bool
    ) -> None:
        for statement in statements:
            inside, alone = dict(batches), is_alone
            if isinstance(statement, ast.With):
                for item in statement.items:
                    call = item.context_expr
                    # with op.batch_alter_table("users") as batch_op:
                    if self._called(call) == "batch_alter_table" and isinstance(call, ast.Call):
                        if isinstance(item.optional_vars, ast.Name):
                            inside[item.optional_vars.id] = call
                    # with op.get_context().autocommit_block():
                    elif isinstance(call, ast.Call) and _attribute(call) == "autocommit_block":
                        alone = True
            for block in _blocks(statement):
                self._statements(block, inside, is_alone=alone)
            for call in _calls(statement):
                self._call(call, statement, inside, is_alone=alone)

    def _call(
        self, call: ast.Call, statement: ast.stmt, batches: dict[str, ast.Call], *, is_alone: bool
    ) -> None:
        if isinstance(call.func, ast.Name) and call.func.id in self._functions:
            self.read(self._functions[call.func.id])
            return
        name, batch = self._called(call), None
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            batch = batches.get(call.func.value.id)
            name = call.func.attr if batch is not None else name
        if name is None and _attribute(call) in _EXECUTING:
            name = "execute"  # of a connection
        if name in _PARAMETERS:
            self.found.append(
                Operation(
                    name=name,
                    arguments=_arguments(name, call, batch),
                    first=call.lineno if not _is_simple(statement) else statement.lineno,
                    last=(call if not _is_simple(statement) else statement).end_lineno
                    or call.lineno,
                    is_alone=is_alone,
                    constants=self._constants,
                )
            )

    def _called(self, node: ast.expr) -> str | None:
        """`drop_table` for `op.drop_table(…)`."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return node.func.attr if ast.unparse(node.func.value) in self._op else None
        return None


def _arguments(name: str, call: ast.Call, batch: ast.Call | None) -> dict[str, ast.expr]:
    names = list(_PARAMETERS[name])
    found: dict[str, ast.expr] = {}
    if batch is not None and "table" in names:
        names.remove("table")
        found |= _arguments("drop_table", batch, None)  # the table and its schema
        found = {key: found[key] for key in ("table", "schema") if key in found}
    found |= dict(zip(names, call.args, strict=False))
    found |= {_KEYWORDS.get(k.arg, k.arg): k.value for k in call.keywords if k.arg}
    return found


def _modules(tree: ast.Module) -> set[str]:
    """The expressions that stand for alembic.op."""
    found = set()
    for node in tree.body:
        match node:
            case ast.ImportFrom(module="alembic", names=names):
                found |= {each.asname or each.name for each in names if each.name == "op"}
            case ast.Import(names=names):
                found |= {
                    each.asname or "alembic.op" for each in names if each.name == "alembic.op"
                }
                found |= {
                    f"{each.asname or each.name}.op" for each in names if each.name == "alembic"
                }
    return found


def _constants(tree: ast.Module) -> dict[str, Any]:
    found = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=value)):
                found[name] = value
    return found


def _value(node: ast.expr | None, constants: dict[str, Any]) -> Any:
    match node:
        case None:
            return None
        case ast.Name(id=name):
            return constants.get(name)
        # the text in sa.text
        case ast.Call(args=[argument]) if _attribute(node) == "text" or (
            isinstance(node.func, ast.Name) and node.func.id == "text"
        ):
            return _value(argument, constants)
        # f"DROP TABLE {name}": what is known of it
        case ast.JoinedStr(values=values):
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else "?" for part in values
            )
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return None


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        block = getattr(statement, field, None)
        if isinstance(block, list) and not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield block
    for handler in getattr(statement, "handlers", ()):
        yield handler.body
    for case in getattr(statement, "cases", ()):
        yield case.body


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    """The calls of a statement, without those of the blocks in it."""
    ahead: list[ast.AST] = [node for node in ast.iter_child_nodes(statement) if not _is_block(node)]
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.Call):
            yield node
        ahead += [child for child in ast.iter_child_nodes(node) if not _is_block(child)]


def _is_block(node: ast.AST) -> bool:
    return isinstance(node, ast.stmt | ast.excepthandler | ast.match_case)


def _is_simple(statement: ast.stmt) -> bool:
    return not any(_is_block(node) for node in ast.iter_child_nodes(statement))


def _attribute(call: ast.Call) -> str | None:
    return call.func.attr if isinstance(call.func, ast.Attribute) else None
