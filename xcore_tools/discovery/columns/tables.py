"""The structure of a table while it is gathered: columns of all classes that share it, then its arguments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from xcore_tools.discovery.catalog.derived import RELATIONSHIPS
from xcore_tools.discovery.catalog.directives import TABLE_ARGS
from xcore_tools.discovery.catalog.libraries import FOREIGN
from xcore_tools.discovery.catalog.paths import SQLALCHEMY
from xcore_tools.discovery.columns.annotations import Hint, read_hint
from xcore_tools.discovery.columns.column import (
    Draft,
    draft_of_one,
    hinted,
    is_wrapped,
    item_name,
    parts_of,
)
from xcore_tools.discovery.columns.force import asked, shown
from xcore_tools.discovery.columns.namespace import Member, members, unfollowed
from xcore_tools.discovery.columns.sqlmodel import field_draft
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.mro import mro
from xcore_tools.discovery.evaluate.operators import iterate
from xcore_tools.discovery.evaluate.table_values import MetaDataValue, TableValue
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    FunctionValue,
    LambdaValue,
    LibraryObject,
    PropertyValue,
    Unknown,
    Value,
    options_of,
)
from xcore_tools.discovery.orm.declarative_bases import foreigns
from xcore_tools.discovery.orm.table_rules import OWN_TABLE, declared
from xcore_tools.discovery.results import ColumnType


@dataclass(slots=True)
class TableDraft:
    """What was read of one table so far. `items` are constraints and indexes, as values,

    `classes` those whose attributes its columns are.
    """

    name: str | None
    schema: str | None
    metadata: MetaDataValue | None
    columns: list[Draft] = field(default_factory=list)
    items: list[Value] = field(default_factory=list)
    comment: str | None = None
    unknown: list[str] = field(default_factory=list)
    classes: list[ClassValue] = field(default_factory=list)

    @property
    def default_schema(self) -> str | None:
        """The schema that a name without one means."""
        schema = self.metadata.schema if self.metadata else None
        return schema if isinstance(schema, str) else None

    def add(self, draft: Draft) -> None:
        """Adds a column, or puts it in the place of one that has its name."""
        for place, known in enumerate(self.columns):
            if draft.column_name is not None and known.column_name == draft.column_name:
                self.columns[place] = draft if draft.type is not None else known
                return
        self.columns.append(draft)


def read_table(interpreter: Interpreter, table: TableValue, draft: TableDraft) -> None:
    """Adds the arguments of `Table(name, metadata, …)`; of one that keeps what exists, nothing to that."""
    if draft.columns and asked(interpreter, table.keywords.get("keep_existing")) is True:
        return
    for item in table.items:
        _read_item(interpreter, draft, asked(interpreter, item))
    keywords = {name: asked(interpreter, value) for name, value in table.keywords.items()}
    comment = keywords.get("comment")
    draft.comment = comment if isinstance(comment, str) else draft.comment
    if {"autoload_with", "autoload"} & keywords.keys():
        draft.unknown.append("it is read from the database when the application starts")


def _read_item(interpreter: Interpreter, draft: TableDraft, item: Value) -> None:
    column = draft_of_one(interpreter, item, None)
    if column is not None:
        draft.add(column)
    elif item_name(interpreter, item):
        draft.items.append(item)
    elif isinstance(item, ClassValue):  # TypedColumns of SQLAlchemy 2.1
        for member in members(interpreter, item):
            for found in _drafts(interpreter, item, member, is_sqlmodel=False):
                draft.add(found)
    elif isinstance(item, Unknown):
        draft.unknown.append(f"an argument: {item.reason}")


def read_class(
    interpreter: Interpreter,
    cls: ClassValue,
    declaring: Iterable[Member],
    draft: TableDraft,
    *,
    is_owner: bool,
) -> None:
    """Adds the columns that members of `cls` declare; the owner of the table also says what else it has."""
    draft.classes.append(cls)
    is_sqlmodel = any(foreign.needs_table_keyword for foreign in foreigns(interpreter, cls))
    if is_sqlmodel:  # where a class has the fields of its bases first
        order = mro(interpreter, cls)
        declaring = sorted(declaring, key=lambda member: -order.index(member.owner))
    for member in declaring:
        for found in _drafts(interpreter, cls, member, is_sqlmodel=is_sqlmodel):
            draft.add(found)
    for item in unfollowed(interpreter, cls):
        known = _library_columns(item.path) if isinstance(item, External) else None
        for column in known or ():
            draft.add(column)
        if known is None:
            reason = item.path if isinstance(item, External) else item.reason
            draft.unknown.append(f"columns of a base that is not read: {reason}")
    if is_owner:
        _read_arguments(interpreter, cls, draft)


def _library_columns(path: str) -> list[Draft] | None:
    """The columns of another library's class, None if nobody here knows them."""
    foreign = FOREIGN.get(path)
    if foreign is None or foreign.columns is None:
        return None
    return [
        Draft(
            attribute=name,
            type=ColumnType(type_, arguments, SQLALCHEMY),
            nullable=nullable,
            primary_key=is_key,
        )
        for name, type_, arguments, nullable, is_key in foreign.columns
    ]


def _drafts(
    interpreter: Interpreter, cls: ClassValue, member: Member, *, is_sqlmodel: bool
) -> Iterable[Draft]:
    hint = None
    if member.annotation is not None:
        hint = read_hint(interpreter, member.owner, member.annotation)
    if hint is not None and (hint.is_relationship or hint.is_class_variable):
        return
    value = _dataclass_value(interpreter, cls, member.value)
    if is_sqlmodel and member.annotation is not None:
        if not _is_relationship(value) and not member.name.startswith("_"):
            yield field_draft(interpreter, member.name, value, hint)
        return
    composed = parts_of(interpreter, value, member.name)
    yield from composed
    draft = draft_of_one(interpreter, value, member.name)
    if draft is None and not (member.has_value or composed):
        draft = Draft(attribute=member.name, source=hint)
        if hint is None or not hint.is_mapped:
            return
    if draft is not None:
        if hint is not None and hint.is_mapped and not is_wrapped(value):
            draft = hinted(interpreter, cls, draft, hint)
        if member.has_value or hint is None or not _is_refused(hint, draft):
            yield draft


def _is_refused(hint: Hint, draft: Draft) -> bool:
    """Whether SQLAlchemy refuses an annotation without a value: a list of models that no map knows."""
    element = hint.element.types if hint.element else []
    has_models = any(isinstance(each, ClassValue) for each in element)
    return has_models and not isinstance(draft.type, ColumnType)


def _is_relationship(value: Value) -> bool:
    return isinstance(value, LibraryObject) and value.callee.rpartition(".")[2] in RELATIONSHIPS


def _dataclass_value(interpreter: Interpreter, cls: ClassValue, value: Value) -> Value:
    """What a field of a dataclass holds for SQLAlchemy: `field(metadata={"sa": Column(…)})`."""
    if not (isinstance(value, LibraryObject) and value.callee == "dataclasses.field"):
        return value
    metadata = asked(interpreter, value.keywords.get("metadata"))
    key = declared(interpreter, cls, "__sa_dataclass_metadata_key__")
    if isinstance(metadata, dict) and isinstance(key, str):
        return _produced(interpreter, asked(interpreter, metadata.get(key)))
    return value


def _produced(interpreter: Interpreter, value: Value) -> Value:
    """What a field makes for each class: `lambda: Column(…)`, a function, `declared_attr(…)`.

    SQLAlchemy calls it without an argument (`_ClassScanMapperConfig._scan_attributes`).
    """
    if isinstance(value, PropertyValue):
        value = value.getter
    if isinstance(value, LambdaValue | FunctionValue):
        value = interpreter.try_value(partial(interpreter.call, value, (), {}))
    return value


def _read_arguments(interpreter: Interpreter, cls: ClassValue, draft: TableDraft) -> None:
    args = declared(interpreter, cls, TABLE_ARGS)
    appended = cls.attrs.get(OWN_TABLE)
    for item in appended.items if isinstance(appended, TableValue) else ():
        _read_item(interpreter, draft, asked(interpreter, item))
    told: set[str] = set()  # what several ways to make the arguments share is there once
    for option in options_of(args):
        items = [option] if isinstance(option, dict) else iterate(option) or []
        known = [asked(interpreter, each) for each in items]
        texts = [shown(item) for item in known]
        for item, text in zip(known, texts, strict=True):
            if isinstance(item, dict):
                comment = asked(interpreter, item.get("comment"))
                draft.comment = comment if isinstance(comment, str) else draft.comment
            elif text not in told:
                _read_item(interpreter, draft, item)
        told |= {text for text in texts if "…" not in text}
        if isinstance(option, Unknown):
            draft.unknown.append(f"{TABLE_ARGS}: {option.reason}")
