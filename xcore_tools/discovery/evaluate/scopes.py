"""What a name stands for: in a scope, and as an attribute of a module of the project."""

from __future__ import annotations

from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.errors import NotReadyError
from xcore_tools.discovery.evaluate.imports import OUTSIDE, exists
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    ImportedName,
    Instance,
    ModuleValue,
    Partial,
    Scope,
    SuperValue,
    Thunk,
    Unknown,
    Value,
)
from xcore_tools.discovery.evaluate.versions import value_of

# fmt: off
_BUILTINS = frozenset({
    "abs", "ArithmeticError", "AttributeError", "BaseException", "Exception", "ImportError",
    "KeyError", "NotImplementedError", "RuntimeError", "TypeError", "ValueError", "all", "any",
    "bool", "bytes", "chr", "classmethod", "dict", "dir", "divmod", "enumerate", "filter", "float",
    "format", "frozenset", "getattr", "hasattr", "hash", "id", "int", "isinstance",
    "issubclass", "iter", "len", "list", "map", "max", "min", "next", "object", "open", "ord",
    "print", "property", "range", "repr", "reversed", "round", "set", "setattr", "sorted",
    "staticmethod", "str", "sum", "tuple", "type", "vars", "zip",
})
# fmt: on


def lookup(interpreter: Interpreter, name: str, scope: Scope) -> Value:
    """What `name` stands for in `scope`, as Python's scopes have it.

    Raises:
        NotReadyError: the module is not followed to that point yet.
    """
    if scope.kind == "class" and scope.cls is not None and name in {"__qualname__", "__module__"}:
        return scope.cls.qualname if name == "__qualname__" else scope.cls.module
    current: Scope | None = scope
    top = scope
    while current is not None:
        if (current is scope or current.kind != "class") and name in current.names:
            hidden = _covering(interpreter, current, name) if current.stars else None
            return value_of(interpreter.versions, current, name) if hidden is None else hidden
        top, current = current, current.parent
    starred = _through_stars(interpreter, top, name)
    if starred is not None:
        return starred
    if name in _BUILTINS:
        return External(f"builtins.{name}")
    if name == "super":
        return Partial(External("builtins.super"), (_super_of(scope),), {})
    if top.module.module in interpreter.running or _has_unread_star(interpreter, top):
        raise NotReadyError
    return Unknown(f"the name {name} is not defined in {top.module.module}")


def waiting(name: str, scope: Scope) -> Value | None:
    """What a name of a function stands for, if that is something that has to wait itself."""
    current: Scope | None = scope
    while current is not None and current.kind == "function":
        if name in current.names:
            value = current.names[name]
            return value if isinstance(value, Thunk | ImportedName) else None
        current = current.parent
    return None


def _super_of(scope: Scope) -> Value:
    """What `super()` means in a method: the first argument, and the class around the function."""
    current: Scope | None = scope
    while current is not None and not (
        current.kind == "function" and current.parent and current.parent.cls
    ):
        current = current.parent
    if current is None or current.parent is None or not current.names:
        return Unknown("super() outside of a class")
    receiver = next(iter(current.names.values()))
    if isinstance(receiver, ClassValue | Instance):
        return SuperValue(receiver, current.parent.cls)
    return Unknown("super() of an unknown class")


def module_attribute(interpreter: Interpreter, module: str, name: str) -> Value:
    """The attribute `name` of a module of the project: a global, a re-export, or a submodule.

    Raises:
        NotReadyError: the module is not at hand, or not followed to that point yet.
    """
    submodule = f"{module}.{name}" if module else name
    scope = interpreter.scope_of(module)
    if scope is None:
        may_skip = not interpreter.is_strict and name not in interpreter.leads
        if not exists(interpreter, module) or (may_skip and exists(interpreter, submodule)):
            return ModuleValue(submodule)  # below a directory without __init__.py, as a rule
        scope = None if may_skip else interpreter.loaded(module)
        if scope is None:
            raise NotReadyError
    found = scope.names.get(name)
    if isinstance(found, ImportedName) and (found.module, found.name) == (module, name):
        return ModuleValue(submodule)  # `from . import name` in the package itself
    if name in scope.names:
        hidden = _covering(interpreter, scope, name) if scope.stars else None
        return found if hidden is None else hidden
    starred = _through_stars(interpreter, scope, name)
    if starred is not None:
        return starred
    if submodule in interpreter.packages or exists(interpreter, submodule):
        return ModuleValue(submodule)
    if module in interpreter.running or _has_unread_star(interpreter, scope):
        raise NotReadyError
    if "__getattr__" in scope.names and name in scope.typing_names:
        return scope.typing_names[name]
    return Unknown(f"{module} has no name {name}")


def _covering(interpreter: Interpreter, scope: Scope, name: str) -> Value | None:
    """What star imports give for a name that the module bound before them; None if they do not have it.

    Raises:
        NotReadyError: the interpreter is not strict, and a module that may have the name is not at hand.
    """
    before = scope.covered.get(name, 0)
    if before == len(scope.stars):
        return None
    return _through_stars(interpreter, scope, name, before, may_miss=False)


def _through_stars(
    interpreter: Interpreter, scope: Scope, name: str, before: int = 0, *, may_miss: bool = True
) -> Value | None:
    """What a star import gives for `name`; the last one wins, None if there is none.

    The first `before` star imports do not count. Unless it `may_miss` the name, a module that is not
    at hand is a reason to wait.
    Star imports may lead in circles and through a thousand modules: each is asked once, in a loop.

    Raises:
        NotReadyError: there is a reason to wait.
    """
    asked: set[str] = set()
    sources = scope.stars[before:]
    while sources:
        source = sources.pop()
        if source in asked:
            continue
        asked.add(source)
        if source.startswith(_SUBMODULE):
            return ModuleValue(source.removeprefix(_SUBMODULE))
        if source.startswith(OUTSIDE):
            path = f"{source.removeprefix(OUTSIDE)}.{name}"
            if interpreter.library.is_exported(path):
                return interpreter.library.external(path)
            continue
        there = _starred(interpreter, source, name, may_miss=may_miss)
        if there is None or not _exports(interpreter, there, name):
            continue
        if name in there.names and not isinstance(there.names[name], Unknown):
            return there.names[name]
        if exists(interpreter, f"{source}.{name}"):
            sources.append(f"{_SUBMODULE}{source}.{name}")
        sources += there.stars
    return None


def _has_unread_star(interpreter: Interpreter, scope: Scope) -> bool:
    """Whether a star import leads into a module of the project that is not read unless the interpreter is strict."""
    asked: set[str] = set()
    sources = [] if interpreter.is_strict else list(scope.stars)
    while sources:
        source = sources.pop()
        if source in asked or source.startswith(OUTSIDE):
            continue
        asked.add(source)
        there = interpreter.scopes.get(source)
        if there is None:
            return True
        sources += there.stars
    return False


_SUBMODULE = "submodule:"
"""Stands before what a starred package has where none of its own star imports gives the name."""


def _starred(interpreter: Interpreter, module: str, name: str, *, may_miss: bool) -> Scope | None:
    """The scope of a module that a star import names; None where it is not to be had."""
    may_skip = not interpreter.is_strict and name not in interpreter.leads
    try:
        scope = interpreter.scope_of(module)
        if scope is None and not may_skip:
            scope = interpreter.loaded(module)
    except NotReadyError:
        interpreter.memo.doubts += 1
        return None
    if scope is None and may_skip and not may_miss and exists(interpreter, module):
        raise NotReadyError
    return scope


def _exports(interpreter: Interpreter, scope: Scope, name: str) -> bool:
    public = interpreter.resolve(scope.names.get("__all__"))
    if isinstance(public, list | tuple) and all(isinstance(item, str) for item in public):
        return name in public
    return not name.startswith("_")
