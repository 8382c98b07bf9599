"""Built-in functions that ask for the class of a value, or for an attribute by its name."""

from __future__ import annotations

import collections.abc

from xcore_tools.discovery.evaluate.attributes import attribute_of
from xcore_tools.discovery.evaluate.call import Call
from xcore_tools.discovery.evaluate.mro import mro
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    Instance,
    Member,
    MemberText,
    Union,
    Unknown,
    Value,
)


def call_getattr(this: Call) -> Value:
    """`getattr(owner, name, default)`; the default only where nothing else can be."""
    owner, name = this.arg(0), this.arg(1)
    if not isinstance(name, str):
        return Unknown("getattr() of a name that is not known")
    value = attribute_of(this.interpreter, owner, name)
    if not isinstance(value, Unknown) or len(this.args) < 3:
        return value
    return this.arg(2) if _is_closed(this, owner) else value


def call_hasattr(this: Call) -> Value:
    """`hasattr(owner, name)`"""
    owner, name = this.arg(0), this.arg(1)
    if not isinstance(owner, ClassValue) or not isinstance(name, str):
        return Unknown("hasattr() of a value that is not known")
    if not isinstance(attribute_of(this.interpreter, owner, name), Unknown):
        return True
    return False if _is_closed(this, owner) else Unknown("hasattr() of a class that is not known")


def _is_closed(this: Call, owner: Value) -> bool:
    """Whether all attributes of a class or an object are at hand: it inherits nothing that is not read."""
    cls = owner.cls if isinstance(owner, Instance) else owner
    if not isinstance(cls, ClassValue):
        return not isinstance(owner, Unknown | External | Union)
    return not any(
        this.interpreter.library.is_unfollowed(item) for item in mro(this.interpreter, cls)
    )


def call_isinstance(this: Call) -> Value:
    """`isinstance(value, kinds)`"""
    value = this.arg(0)
    kinds = _kinds(this.arg(1))
    if kinds is None:
        return Unknown("isinstance() of more classes than are followed")
    answers = [_is_instance(this, value, kind) for kind in kinds]
    if True in answers:
        return True
    return Unknown("isinstance() of a value that is not known") if None in answers else False


_MAX_KINDS = 1_000


def _kinds(kind: Value) -> list[Value] | None:
    """The classes that the second argument of `isinstance` names; None where they are too many."""
    found: list[Value] = []
    stack = [kind]
    for _ in range(_MAX_KINDS):
        if not stack:
            return found
        item = stack.pop()
        if isinstance(item, tuple):
            stack += item[:_MAX_KINDS]
        else:
            found.append(item)
    return None


def _is_instance(this: Call, value: Value, kind: Value) -> bool | None:
    """Whether a known value is an object of `kind`; None if that is not known."""
    if isinstance(value, Instance | Member | MemberText) and isinstance(kind, ClassValue):
        return kind in mro(this.interpreter, value.cls)
    if isinstance(value, Instance) and isinstance(kind, External):
        return True if kind in mro(this.interpreter, value.cls) else None
    path = kind.path if isinstance(kind, External) else ""
    if path == "builtins.object":
        return True
    plain = str(value) if isinstance(value, MemberText) else value
    if not isinstance(plain, _PLAIN) or not (path in _ABSTRACT or path.startswith("builtins.")):
        return False if isinstance(plain, _PLAIN) and isinstance(kind, ClassValue) else None
    if path in _ABSTRACT:
        return isinstance(plain, _ABSTRACT[path])
    return path in {f"builtins.{cls.__name__}" for cls in type(plain).__mro__}


_PLAIN = (str, int, float, tuple, list, dict, set, frozenset, type(None))


_ABSTRACT: dict[str, type] = {
    f"{module}.{name}": getattr(collections.abc, name)
    for module in ("collections.abc", "typing")
    for name in ("Collection", "Iterable", "Mapping", "Sequence", "Set", "Sized", "Callable")
}


def call_issubclass(this: Call) -> Value:
    """`issubclass(cls, parent)`"""
    cls, parent = this.arg(0), this.arg(1)
    if not isinstance(cls, ClassValue) or not isinstance(parent, ClassValue | External):
        return Unknown("issubclass() of a class that is not known")
    return parent == External("builtins.object") or parent in mro(this.interpreter, cls)
