"""`value.name` for each kind of value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xcore_tools.discovery.evaluate import classes
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.scopes import module_attribute
from xcore_tools.discovery.evaluate.values import (
    BoundMethod,
    ClassValue,
    Display,
    FunctionValue,
    GenericAlias,
    Instance,
    LibraryObject,
    MatchValue,
    Member,
    MemberText,
    ModuleValue,
    Partial,
    PatternValue,
    SuperValue,
    Union,
    Unknown,
    Value,
    union_of,
)


def attribute_of(interpreter: Interpreter, value: Value, name: str) -> Value:
    """`value.name`; Unknown with the reason where it cannot be known.

    Raises:
        NotReadyError: it leads into a module that is not loaded, or not followed to that point yet.
    """
    if isinstance(value, Union):
        return union_of([attribute_of(interpreter, option, name) for option in value.options])
    if isinstance(value, Unknown):
        return value
    rule = _ATTRIBUTES.get(type(value)) or interpreter.library.attributes.get(type(value))
    if rule is None:
        return Unknown(f"attribute {name} is not followed")
    return interpreter.resolve(rule(interpreter, value, name))


def _of_alias(interpreter: Interpreter, value: GenericAlias, name: str) -> Value:
    return attribute_of(interpreter, value.origin, name)


def _of_module(interpreter: Interpreter, value: ModuleValue, name: str) -> Value:
    return module_attribute(interpreter, value.name, name)


def _of_text(interpreter: Interpreter, value: str, name: str) -> Value:
    return BoundMethod(value, name)


def _of_member(interpreter: Interpreter, value: Member | MemberText, name: str) -> Value:
    if name in {"name", "_name_"}:
        return value.member if isinstance(value, MemberText) else value.name
    if name in {"value", "_value_"}:
        return str(value) if isinstance(value, MemberText) else value.value
    if name == "__class__":
        return value.cls
    found = classes.find(interpreter, value.cls, name)
    if found is not None:
        return classes.bind(interpreter, interpreter.resolve(found[1]), value)
    is_text = isinstance(value, MemberText)
    return BoundMethod(value, name) if is_text else Unknown("an attribute of an enumeration")


def _of_instance(interpreter: Interpreter, value: Instance, name: str) -> Value:
    if name in value.attrs:
        return value.attrs[name]
    if name == "__class__":
        return value.cls
    found = classes.find(interpreter, value.cls, name)
    if found is None:
        return Unknown(f"an instance of {value.cls.name} has no attribute {name}")
    return classes.bind(interpreter, interpreter.resolve(found[1]), value)


def _of_function(interpreter: Interpreter, value: FunctionValue, name: str) -> Value:
    return value.facts.name if name == "__name__" else Unknown("an attribute of a function")


def _of_made(interpreter: Interpreter, value: LibraryObject, name: str) -> Value:
    if name == "name":
        args = interpreter.with_arguments(value).args
        if args and isinstance(args[0], str):
            return args[0]
    if value.callee == "string.Template" and name in TEMPLATE_METHODS:
        return BoundMethod(value, name)
    if name in _KEEPING:
        return Partial(interpreter.library.external(f"{value.callee}.{name}"), (value,), {})
    return interpreter.library.external(f"{value.callee}.{name}")


TEMPLATE_METHODS = frozenset({"substitute", "safe_substitute"})
"""Methods of `string.Template` that fill it in."""

_KEEPING = frozenset({"copy", "_copy", "with_variant"})
"""Methods of columns and types that give one of the same kind."""


def _of_class(interpreter: Interpreter, value: ClassValue, name: str) -> Value:
    found = classes.attribute(interpreter, value, name)
    if not interpreter.is_describing:
        return found
    return interpreter.library.owned_attribute(interpreter, value, name, found)


def _method(interpreter: Interpreter, value: Value, name: str) -> Value:
    return BoundMethod(value, name)


_ATTRIBUTES: dict[type, Callable[[Interpreter, Any, str], Value]] = {
    GenericAlias: _of_alias,
    ModuleValue: _of_module,
    ClassValue: _of_class,
    Instance: _of_instance,
    SuperValue: classes.super_attribute,
    FunctionValue: _of_function,
    LibraryObject: _of_made,
    PatternValue: _method,
    str: _of_text,
    MemberText: _of_member,
    Member: _of_member,
    MatchValue: _method,
    tuple: _method,
    list: _method,
    dict: _method,
    Display: _method,
    set: _method,
    frozenset: _method,
}
