"""The relationships of a model, for pictures: which model they lead to, and through which table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from xcore_tools.discovery.catalog.derived import RELATIONSHIPS
from xcore_tools.discovery.columns.annotations import Hint, read_hint
from xcore_tools.discovery.columns.force import asked
from xcore_tools.discovery.columns.namespace import Member
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.table_values import TableValue
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    FunctionValue,
    LambdaValue,
    LibraryObject,
    Value,
)
from xcore_tools.discovery.results import Relationship

Models = Mapping[str, list[ClassValue]]
"""The mapped classes by their names."""


def relationships_of(
    interpreter: Interpreter, declaring: Iterable[Member], models: Models
) -> Iterator[Relationship]:
    """What the members of a class say of other models."""
    for member in declaring:
        value = member.value
        if isinstance(value, LibraryObject) and value.callee.rpartition(".")[2] in RELATIONSHIPS:
            yield _relationship(interpreter, member, value, models)


def _relationship(
    interpreter: Interpreter, member: Member, call: LibraryObject, models: Models
) -> Relationship:
    hint = None
    if member.annotation is not None:
        hint = read_hint(interpreter, member.owner, member.annotation)
    given = call.args[0] if call.args else call.keywords.get("argument")
    target = _called(interpreter, asked(interpreter, given)) if given is not None else _hinted(hint)
    partner = asked(interpreter, call.keywords.get("back_populates"))
    backref = asked(interpreter, call.keywords.get("backref"))
    if isinstance(backref, LibraryObject) and backref.args:
        backref = asked(interpreter, backref.args[0])
    other = partner or backref
    return Relationship(
        name=member.name,
        target=_class_name(target, models),
        secondary=_table_name(interpreter, call.keywords.get("secondary")),
        back_populates=other if isinstance(other, str) else None,
        is_list=_is_list(interpreter, call, hint),
    )


def _called(interpreter: Interpreter, value: Value) -> Value:
    """What a lambda gives that stands for a class or a table."""
    if isinstance(value, LambdaValue | FunctionValue):
        return interpreter.try_value(partial(interpreter.call, value, (), {}))
    return value


def _hinted(hint: Hint | None) -> Value:
    """The class that an annotation names, of which the name is enough."""
    if hint is None:
        return None
    inner = hint.element or hint
    known = [each for each in inner.types if isinstance(each, ClassValue)]
    return known[0] if known else inner.names[0] if inner.names else None


def _class_name(value: Value, models: Models) -> str | None:
    """A class by its dotted name; one that is named by a text is looked for among the models."""
    if isinstance(value, ClassValue):
        return value.dotted
    if not isinstance(value, str):
        return None
    name = str(value)
    alike = models.get(name.rpartition(".")[2], ())
    known = {each.dotted for each in alike if f".{each.dotted}".endswith(f".{name}")}
    return known.pop() if len(known) == 1 else name


def _table_name(interpreter: Interpreter, value: Value) -> str | None:
    table = _called(interpreter, asked(interpreter, value))
    if isinstance(table, TableValue):
        schema = f"{table.schema}." if isinstance(table.schema, str) else ""
        return f"{schema}{table.name}" if isinstance(table.name, str) else None
    return str(table) if isinstance(table, str) else None


def _is_list(interpreter: Interpreter, call: LibraryObject, hint: Hint | None) -> bool | None:
    stated = asked(interpreter, call.keywords.get("uselist"))
    if isinstance(stated, bool):
        return stated
    if hint is not None and hint.is_mapped:
        return hint.is_list or hint.is_relationship
    return True if "secondary" in call.keywords else None
