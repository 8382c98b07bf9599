"""Which classes are models: each decided on its own, with its table, its problems and its verdict."""

from __future__ import annotations

from functools import partial

from xcore_tools.discovery.catalog.directives import TABLE_ARGS
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.values import ClassValue, Unknown, options_of
from xcore_tools.discovery.link.results import FoundTable, Results
from xcore_tools.discovery.link.verdicts import acceptance, is_incomplete, refusal, verdict
from xcore_tools.discovery.orm.declarative_bases import root_of
from xcore_tools.discovery.orm.dotted_names import dotted_name
from xcore_tools.discovery.orm.mapper import Mapping, make_declared_tables, map_class
from xcore_tools.discovery.orm.mapper_hooks import run_mapper_hook
from xcore_tools.discovery.orm.table_rules import declared
from xcore_tools.discovery.results import Model


def add_models(interpreter: Interpreter, results: Results) -> None:
    """Decides about every class that was made, and adds the models and their tables."""
    for cls in interpreter.classes:  # grows while declared attributes are followed
        interpreter.decide(cls, partial(_decide, interpreter, results, cls))


def _decide(interpreter: Interpreter, results: Results, cls: ClassValue) -> None:
    with interpreter.strict():
        mapping = map_class(interpreter, cls)
    if not results.is_reported(cls.module):
        return
    if mapping is not None:
        _add_model(interpreter, results, cls, mapping)
        reason = acceptance(mapping)
    else:
        reason = _refused(interpreter, results, cls)
    results.add_verdict(verdict(interpreter, results, cls, reason, taken=mapping is not None))


def _add_model(
    interpreter: Interpreter, results: Results, cls: ClassValue, mapping: Mapping
) -> None:
    table = _table_name(results, cls, mapping)
    schema = results.schema_name(mapping.schema, cls.module, cls.line)
    model = Model(
        name=cls.qualname,
        module=cls.module,
        table=table,
        schema=schema,
        kind=mapping.kind,
        base=dotted_name(mapping.root),
        metadata=results.metadata_name(mapping.metadata),
        origin=results.origin_of(cls.module),
        path=results.path_of(cls.module),
        line=cls.line,
    )
    results.add_model(model, is_conditional=cls.is_conditional)
    if mapping.makes_table:
        is_excused = cls.is_conditional or _may_exist(interpreter, cls)
        results.add_table(
            FoundTable(table, schema, mapping.metadata, cls.module, cls.line, is_excused)
        )
    make_declared_tables(interpreter, cls)
    if not run_mapper_hook(interpreter, cls):
        message = f"__mapper_cls__ of {cls.qualname} is not followed; it may make further tables"
        results.report("XT127", "note", cls.module, cls.line, message)


def _table_name(results: Results, cls: ClassValue, mapping: Mapping) -> str | None:
    if mapping.table is None or isinstance(mapping.table, str):
        return mapping.table
    reason = mapping.table.reason if isinstance(mapping.table, Unknown) else "its value is no text"
    message = f"table name of {cls.qualname} is not known: {reason}"
    results.report("XT120", "warning", cls.module, cls.line, message)
    return None


def _may_exist(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether the arguments of the table allow for one that exists already."""
    for option in options_of(declared(interpreter, cls, TABLE_ARGS)):
        is_list = isinstance(option, tuple | list) and option
        last = interpreter.force(option[-1]) if is_list else option
        if isinstance(last, dict) and any(
            interpreter.force(last.get(key)) is True for key in ("extend_existing", "keep_existing")
        ):
            return True
    return False


def _refused(interpreter: Interpreter, results: Results, cls: ClassValue) -> str:
    reason = refusal(interpreter, cls)
    if is_incomplete(reason):
        base = dotted_name(root_of(interpreter, cls))
        message = f"class {cls.qualname} inherits {base} but names no table and inherits none"
        results.report("XT122", "warning", cls.module, cls.line, message)
    return reason
