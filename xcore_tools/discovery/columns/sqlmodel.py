"""The columns that SQLModel makes of fields: `sqlmodel.main.get_column_from_field`."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from xcore_tools.discovery.catalog.derived import FIELDS
from xcore_tools.discovery.catalog.paths import COLUMN_PATH
from xcore_tools.discovery.catalog.structure import NUMERIC
from xcore_tools.discovery.catalog.types import AUTO_STRING
from xcore_tools.discovery.columns.annotations import Hint
from xcore_tools.discovery.columns.column import Draft, Reference, as_call, draft_of
from xcore_tools.discovery.columns.force import asked, shown
from xcore_tools.discovery.columns.mapped_annotation import sqlmodel_type
from xcore_tools.discovery.columns.types import type_of
from xcore_tools.discovery.columns.unparse import written
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.values import LibraryObject, Unknown, Value
from xcore_tools.discovery.results import ColumnType


def is_field(value: Value) -> bool:
    """Whether a value is what `Field(…)` returned."""
    return isinstance(value, LibraryObject) and value.callee.rpartition(".")[2] in FIELDS


def field_draft(interpreter: Interpreter, name: str, value: Value, hint: Hint | None) -> Draft:
    """The column of a field; `value` is its default, or a call of `Field`."""
    field = next((extra for extra in (hint.extras if hint else ()) if is_field(extra)), None)
    call = value if is_field(value) else field
    given = call.keywords if isinstance(call, LibraryObject) else {}
    keywords = {
        key: asked(interpreter, each) for key, each in given.items() if key not in _DEFAULTS
    }
    column = as_call(interpreter, keywords.get("sa_column"))
    if column is not None:
        return draft_of(interpreter, column, name)
    draft = Draft(name=name, attribute=name, written=hint.text if hint else None, source=call)
    draft.type = _type(interpreter, keywords, hint)
    _read_flags(draft, keywords, hint)
    _read_more(interpreter, draft, keywords)
    if is_field(value) and isinstance(value, LibraryObject):
        stated = (given.get(key) for key in _DEFAULTS)
        value = next((each for each in (*stated, *value.args[:1]) if each is not None), None)
    draft.default = None if value is None or value is ... else shown(value)
    return draft


_DEFAULTS = ("default_factory", "default")


def _type(
    interpreter: Interpreter, keywords: Mapping[str, Value], hint: Hint | None
) -> ColumnType | Unknown | None:
    given = keywords.get("sa_type")
    if given is not None:
        return type_of(interpreter, given)
    found = sqlmodel_type(interpreter, hint) if hint else Unknown("it has no annotation")
    if not isinstance(found, ColumnType):
        return found
    arguments = tuple(
        f"{argument}={written(value)}"
        for argument, keyword in _ARGUMENTS.get(found.name, ())
        if (value := keywords.get(keyword)) is not None
    )
    return msgspec.structs.replace(found, arguments=arguments) if arguments else found


_ARGUMENTS = {
    AUTO_STRING: (("length", "max_length"),),
    NUMERIC.name: (("precision", "max_digits"), ("scale", "decimal_places")),
}
"""Arguments of types, and what `Field` calls them."""


def _read_flags(draft: Draft, keywords: Mapping[str, Value], hint: Hint | None) -> None:
    for name in ("primary_key", "index", "unique"):
        value = keywords.get(name)
        if isinstance(value, bool | Unknown):
            setattr(draft, name, value)
    is_optional = hint.nullable if hint else None
    draft.nullable = bool(is_optional) and draft.primary_key is not True
    given = keywords.get("nullable")
    if isinstance(given, bool | Unknown):
        draft.nullable = given


def _read_more(interpreter: Interpreter, draft: Draft, keywords: Mapping[str, Value]) -> None:
    target = keywords.get("foreign_key")
    if target is not None:
        on_delete = keywords.get("ondelete")
        draft.references.append(
            Reference(target, on_delete if isinstance(on_delete, str) else None)
        )
    args, named = keywords.get("sa_column_args"), keywords.get("sa_column_kwargs")
    call = LibraryObject(
        COLUMN_PATH,
        tuple(args) if isinstance(args, list | tuple) else (),
        dict(named) if isinstance(named, dict) else {},
        0,
    )
    given = draft_of(interpreter, call, None)
    draft.references += given.references
    draft.name = given.name or draft.name
    draft.identity, draft.computed = given.identity, given.computed
    draft.server_default, draft.comment = given.server_default, given.comment
    for flag in ("nullable", "index", "unique"):
        if getattr(given, flag) is not None:
            setattr(draft, flag, getattr(given, flag))
    draft.primary_key = given.primary_key or draft.primary_key
    draft.checks += given.checks
    if isinstance(args, Unknown):
        draft.unknown.append(f"sa_column_args: {args.reason}")
