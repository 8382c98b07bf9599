"""The tables that Core code makes, as results."""

from __future__ import annotations

from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.table_values import MetaDataValue, TableValue
from xcore_tools.discovery.evaluate.values import Unknown
from xcore_tools.discovery.link.results import FoundTable, Results


def add_tables(interpreter: Interpreter, results: Results) -> None:
    """Adds the tables that code names; not those that it refers to and that are defined elsewhere."""
    for table in interpreter.tables:
        if not results.is_reported(table.module):
            continue
        name = _name(table, results)
        schema = results.schema_name(table.schema, table.module, table.line)
        if table.has_columns or not (
            _is_defined(interpreter, name, table.metadata)
            or results.has_table(name, schema, table.metadata)
        ):
            is_excused = table.is_conditional or table.may_exist
            results.add_table(
                FoundTable(name, schema, table.metadata, table.module, table.line, is_excused)
            )


def _is_defined(interpreter: Interpreter, name: str | None, metadata: MetaDataValue | None) -> bool:
    return any(
        t.has_columns and (t.name, t.metadata) == (name, metadata) for t in interpreter.tables
    )


def _name(table: TableValue, results: Results) -> str | None:
    if isinstance(table.name, str):
        return table.name
    reason = table.name.reason if isinstance(table.name, Unknown) else "its value is no text"
    message = f"name of a Table is not known: {reason}"
    results.report("XT120", "warning", table.module, table.line, message)
    return None
