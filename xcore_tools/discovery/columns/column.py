"""One column while it is read: from a call of `Column` or `mapped_column`, and what its hint adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from xcore_tools.discovery.catalog.derived import COLUMNS, ITEMS, WRAPPERS, role_of
from xcore_tools.discovery.catalog.paths import CHECK_PATH, COLUMN_PATH, SQLALCHEMY
from xcore_tools.discovery.catalog.structure import (
    CHECK_CONSTRAINT,
    COLUMN_DEFAULT,
    COMPOSITE,
    COMPUTED,
    DEFAULT_CLAUSE,
    FETCHED_VALUE,
    FOREIGN_KEY,
    IDENTITY,
    SEQUENCE,
)
from xcore_tools.discovery.catalog.symbols import Role
from xcore_tools.discovery.columns.annotations import Hint
from xcore_tools.discovery.columns.force import asked, shown
from xcore_tools.discovery.columns.mapped_annotation import hinted_type
from xcore_tools.discovery.columns.types import is_type, type_of
from xcore_tools.discovery.columns.unparse import written
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.mro import mro
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    Instance,
    LibraryObject,
    Unknown,
    Value,
    options_of,
)
from xcore_tools.discovery.results import ColumnType

_AROUND = WRAPPERS | {"copy", "_copy"}
"""Calls whose first argument may be a column that they make an attribute of."""


@dataclass(slots=True)
class Reference:
    """A foreign key as written: its target is a text, a column, or not known."""

    target: Value
    on_delete: str | None = None
    on_update: str | None = None
    name: str | None = None


@dataclass(slots=True)
class Draft:
    """A column as far as it has been read. `nullable` is None where nothing was said.

    `type` is None where none is given, which a foreign key may make up for. `source` is the value that
    it was read from: who refers to that refers to this column.
    """

    name: Value = None
    attribute: str | None = None
    type: ColumnType | Unknown | None = None
    written: str | None = None
    nullable: bool | Unknown | None = None
    primary_key: bool | Unknown = False
    references: list[Reference] = field(default_factory=list)
    index: bool | Unknown | None = None
    unique: bool | Unknown | None = None
    default: str | None = None
    server_default: Value = None
    computed: str | None = None
    identity: bool = False
    comment: str | None = None
    checks: list[LibraryObject] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    source: Value = None

    @property
    def column_name(self) -> str | None:
        """The name in the database: the one given, else that of the attribute; None if not known."""
        name = self.attribute if self.name is None else self.name
        return str(name) if isinstance(name, str) else None


def calls_of(interpreter: Interpreter, value: Value) -> list[LibraryObject | None]:
    """The calls of `Column` or `mapped_column` that a value may be; None for what is no column."""
    return [_as_call(interpreter, option) for option in options_of(value)]


def is_wrapped(value: Value) -> bool:
    """Whether a column stands in another call, which hides it from its annotation."""
    return isinstance(value, LibraryObject) and value.callee.rpartition(".")[2] in _AROUND


def as_call(interpreter: Interpreter, value: Value) -> LibraryObject | None:
    """The call of `Column` or `mapped_column` that a value is, goes around, or inherits from."""
    return next((call for call in calls_of(interpreter, value) if call is not None), None)


def _as_call(interpreter: Interpreter, value: Value) -> LibraryObject | None:
    if isinstance(value, Instance):
        bases = (item for item in mro(interpreter, value.cls) if isinstance(item, External))
        is_column = any(role_of(item.path) is Role.COLUMN for item in bases)
        return LibraryObject(COLUMN_PATH, value.args, value.keywords, 0) if is_column else None
    if not isinstance(value, LibraryObject):
        return None
    name = value.callee.rpartition(".")[2]
    if name in COLUMNS:
        return value
    if name in _AROUND and value.args:
        inner = asked(interpreter, value.args[0])
        return as_call(interpreter, inner)
    return None


def item_name(interpreter: Interpreter, value: Value) -> str:
    """What kind of item a value is, as the library calls it: `ForeignKey`, `Identity`, …; "" for others."""
    if isinstance(value, LibraryObject | External):
        path = value.callee if isinstance(value, LibraryObject) else value.path
        return path.rpartition(".")[2]
    if isinstance(value, Instance):
        for item in mro(interpreter, value.cls):
            if isinstance(item, External) and item.path.startswith(SQLALCHEMY):
                return item.name
    return ""


def draft_of(interpreter: Interpreter, call: LibraryObject, attribute: str | None) -> Draft:
    """What a call of `Column` or `mapped_column` says."""
    draft = Draft(attribute=attribute, source=call)
    args = [asked(interpreter, arg) for arg in call.args]
    if args and (isinstance(args[0], str) or args[0] is None):
        draft.name = args.pop(0)
    elif args and attribute is None and _is_opaque(interpreter, args[0]):
        draft.name = args.pop(0)
        draft.unknown.append("name: it is only known at run time")
    if args and args[0] is None:
        args.pop(0)
    if args and item_name(interpreter, args[0]) not in ITEMS and is_type(interpreter, args[0]):
        given = args.pop(0)
        draft.written, draft.type = written(given), type_of(interpreter, given)
    elif args and _is_opaque(interpreter, args[0]):
        draft.type = type_of(interpreter, args.pop(0))
    for item in args:
        _read_item(interpreter, draft, item)
    _read_keywords(interpreter, draft, call.keywords)
    return draft


def draft_of_one(interpreter: Interpreter, value: Value, attribute: str | None) -> Draft | None:
    """The column that a value is; where it is one of several, what they agree on. None if it is none."""
    calls = calls_of(interpreter, value)
    drafts = [draft_of(interpreter, call, attribute) for call in calls if call is not None]
    if not drafts:
        return None
    draft = drafts[0]
    if len(drafts) < len(calls):
        draft.unknown.append("it may not be there")
    for name in ("type", "nullable", "primary_key", "index", "unique"):
        if any(getattr(each, name) != getattr(draft, name) for each in drafts):
            setattr(draft, name, Unknown("it is one of several"))
    return draft


def _is_opaque(interpreter: Interpreter, value: Value) -> bool:
    """Whether nobody knows what an argument is: a name or a type, it is no item by the looks of it."""
    is_library = isinstance(value, External | LibraryObject)
    return isinstance(value, Unknown) or (
        is_library
        and not is_type(interpreter, value)
        and item_name(interpreter, value) not in ITEMS
    )


def _read_item(interpreter: Interpreter, draft: Draft, item: Value) -> None:
    args, keywords = _given(item)
    match item_name(interpreter, item):
        case FOREIGN_KEY.name:
            draft.references.append(_reference(interpreter, args, keywords))
        case IDENTITY.name:
            draft.identity = True
        case COMPUTED.name:
            text = (
                asked(interpreter, args[0]) if args else asked(interpreter, keywords.get("sqltext"))
            )
            draft.computed = _sql(text)
        case CHECK_CONSTRAINT.name:
            draft.checks.append(LibraryObject(CHECK_PATH, args, keywords, 0))
        case SEQUENCE.name | COLUMN_DEFAULT.name:
            draft.default = shown(item)
        case DEFAULT_CLAUSE.name | FETCHED_VALUE.name:
            draft.server_default = item
        case _:
            if isinstance(item, Unknown):
                draft.unknown.append(f"an argument: {item.reason}")


def _given(value: Value) -> tuple[tuple[Value, ...], dict[str, Value]]:
    return (value.args, value.keywords) if isinstance(value, LibraryObject | Instance) else ((), {})


def _reference(
    interpreter: Interpreter, args: tuple[Value, ...], keywords: Mapping[str, Value]
) -> Reference:
    target = asked(interpreter, args[0] if args else keywords.get("column"))
    texts = {
        key: value
        for key in ("ondelete", "onupdate", "name")
        if isinstance(value := asked(interpreter, keywords.get(key)), str)
    }
    return Reference(target, texts.get("ondelete"), texts.get("onupdate"), texts.get("name"))


def _read_keywords(interpreter: Interpreter, draft: Draft, keywords: Mapping[str, Value]) -> None:
    known = {name: asked(interpreter, v) for name, v in keywords.items() if name not in _DEFAULTS}
    if "name" in known:
        draft.name = known["name"]
    if "type_" in known:
        draft.written, draft.type = written(known["type_"]), type_of(interpreter, known["type_"])
    draft.nullable = _flag(known, "nullable", None)
    draft.primary_key = _flag(known, "primary_key", False) or False
    draft.index, draft.unique = _flag(known, "index", None), _flag(known, "unique", None)
    given = next((keywords[key] for key in _DEFAULTS if key in keywords), None)
    if given is not None:
        draft.default = shown(given)
    draft.server_default = known.get("server_default", draft.server_default)
    comment = known.get("comment", known.get("doc") if "comment" in known else None)
    draft.comment = comment if isinstance(comment, str) else None
    if "**" in known:
        draft.unknown.append("keyword arguments that are not known")


_DEFAULTS = ("insert_default", "default")


def _flag(
    keywords: Mapping[str, Value], name: str, otherwise: bool | None
) -> bool | Unknown | None:
    value = keywords.get(name, otherwise)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return bool(value)
    return value if isinstance(value, Unknown) else Unknown("it is only known at run time")


def _sql(value: Value) -> str:
    """A text of SQL, given as it is or by `text(…)`; `…` where it is not known."""
    if (
        isinstance(value, LibraryObject)
        and value.callee.rpartition(".")[2] == "text"
        and value.args
    ):
        value = value.args[0]
    return value if isinstance(value, str) else "…"


def hinted(interpreter: Interpreter, cls: ClassValue, draft: Draft, hint: Hint) -> Draft:
    """The draft with what `Mapped[…]` adds to it, as `MappedColumn._init_column_for_annotation` does."""
    nullable = draft.nullable if draft.nullable is not None else hint.nullable
    found = replace(draft, nullable=nullable, written=draft.written or hint.text)
    for extra in hint.extras:
        call = as_call(interpreter, extra)
        if call is not None:
            found = _merged(found, draft_of(interpreter, call, None), draft)
            break
    if found.type is None and not found.references:
        found.type = hinted_type(interpreter, cls, hint)
    return found


def _merged(found: Draft, given: Draft, own: Draft) -> Draft:
    """What a column that stands in `Annotated` gives to one that says less: `Column._merge`."""
    return replace(
        found,
        type=found.type or given.type,
        nullable=given.nullable
        if own.nullable is None and given.nullable is not None
        else found.nullable,
        primary_key=found.primary_key or given.primary_key,
        references=found.references or given.references,
        index=given.index if found.index is None else found.index,
        unique=given.unique if found.unique is None else found.unique,
        default=given.default if found.default is None else found.default,
        server_default=given.server_default
        if found.server_default is None
        else found.server_default,
        computed=found.computed or given.computed,
        identity=found.identity or given.identity,
        comment=found.comment or given.comment,
        checks=[*found.checks, *given.checks],
        unknown=[*found.unknown, *given.unknown],
    )


def parts_of(interpreter: Interpreter, value: Value, attribute: str) -> list[Draft]:
    """The columns among the arguments of `composite(…)`."""
    if not (isinstance(value, LibraryObject) and value.callee.rpartition(".")[2] == COMPOSITE.name):
        return []
    parts = (draft_of_one(interpreter, asked(interpreter, arg), attribute) for arg in value.args)
    return [part for part in parts if part is not None]
