"""What a name stands for: in a scope, and as an attribute of a module of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xcore_tools.discovery.catalog.symbols import is_exported
from xcore_tools.discovery.evaluate.errors import NotReadyError
from xcore_tools.discovery.evaluate.imports import OUTSIDE, exists
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    External,
    Frame,
    ImportedName,
    Instance,
    ModuleValue,
    Partial,
    SuperValue,
    Unknown,
    Value,
)
from xcore_tools.discovery.evaluate.versions import value_of

if TYPE_CHECKING:
    from xcore_tools.discovery.link.interpreter import Machine

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


def lookup(machine: Machine, name: str, frame: Frame) -> Value:
    """What `name` stands for in `frame`, as Python's scopes have it.

    Raises:
        NotReadyError: the module is not followed to that point yet.
    """
    if frame.kind == "class" and frame.cls is not None and name in {"__qualname__", "__module__"}:
        return frame.cls.qualname if name == "__qualname__" else frame.cls.module
    scope: Frame | None = frame
    top = frame
    while scope is not None:
        if (scope is frame or scope.kind != "class") and name in scope.names:
            hidden = _covering(machine, scope, name) if scope.stars else None
            return value_of(machine, scope, name) if hidden is None else hidden
        top, scope = scope, scope.parent
    starred = _through_stars(machine, top, name)
    if starred is not None:
        return starred
    if name in _BUILTINS:
        return External(f"builtins.{name}")
    if name == "super":
        return Partial(External("builtins.super"), (_super_of(frame),), {})
    if top.module.module in machine.running or _has_unread_star(machine, top):
        raise NotReadyError
    return Unknown(f"the name {name} is not defined in {top.module.module}")


def _super_of(frame: Frame) -> Value:
    """What `super()` means in a method: the first argument, and the class around the function."""
    scope: Frame | None = frame
    while scope is not None and not (
        scope.kind == "function" and scope.parent and scope.parent.cls
    ):
        scope = scope.parent
    if scope is None or scope.parent is None or not scope.names:
        return Unknown("super() outside of a class")
    receiver = next(iter(scope.names.values()))
    if isinstance(receiver, ClassValue | Instance):
        return SuperValue(receiver, scope.parent.cls)
    return Unknown("super() of an unknown class")


def module_attribute(machine: Machine, module: str, name: str) -> Value:
    """The attribute `name` of a module of the project: a global, a re-export, or a submodule.

    Raises:
        NotReadyError: the module is not at hand, or not followed to that point yet.
    """
    submodule = f"{module}.{name}" if module else name
    frame = machine.frame_of(module)
    if frame is None:
        may_skip = not machine.is_demanding and name not in machine.leads
        if not exists(machine, module) or (may_skip and exists(machine, submodule)):
            return ModuleValue(submodule)  # below a directory without __init__.py, as a rule
        frame = None if may_skip else machine.loaded(module)
        if frame is None:
            raise NotReadyError
    found = frame.names.get(name)
    if isinstance(found, ImportedName) and (found.module, found.name) == (module, name):
        return ModuleValue(submodule)  # `from . import name` in the package itself
    if name in frame.names:
        hidden = _covering(machine, frame, name) if frame.stars else None
        return found if hidden is None else hidden
    starred = _through_stars(machine, frame, name)
    if starred is not None:
        return starred
    if submodule in machine.packages or exists(machine, submodule):
        return ModuleValue(submodule)
    if module in machine.running or _has_unread_star(machine, frame):
        raise NotReadyError
    if "__getattr__" in frame.names and name in frame.typing_names:
        return frame.typing_names[name]
    return Unknown(f"{module} has no name {name}")


def _covering(machine: Machine, frame: Frame, name: str) -> Value | None:
    """What star imports give for a name that the module bound before them; None if they do not have it.

    Raises:
        NotReadyError: nobody insists, and a module that may have the name is not at hand.
    """
    before = frame.covered.get(name, 0)
    if before == len(frame.stars):
        return None
    return _through_stars(machine, frame, name, before, may_miss=False)


def _through_stars(
    machine: Machine, frame: Frame, name: str, before: int = 0, *, may_miss: bool = True
) -> Value | None:
    """What a star import gives for `name`; the last one wins, None if there is none.

    The first `before` star imports do not count. Unless it `may_miss` the name, a module that is not
    at hand is a reason to wait.
    Star imports may lead in circles and through a thousand modules: each is asked once, in a loop.

    Raises:
        NotReadyError: there is a reason to wait.
    """
    asked: set[str] = set()
    sources = frame.stars[before:]
    while sources:
        source = sources.pop()
        if source in asked:
            continue
        asked.add(source)
        if source.startswith(_SUBMODULE):
            return ModuleValue(source.removeprefix(_SUBMODULE))
        if source.startswith(OUTSIDE):
            path = f"{source.removeprefix(OUTSIDE)}.{name}"
            if is_exported(path):
                return machine.outside.external(path)
            continue
        there = _starred(machine, source, name, may_miss=may_miss)
        if there is None or not _exports(machine, there, name):
            continue
        if name in there.names and not isinstance(there.names[name], Unknown):
            return there.names[name]
        if exists(machine, f"{source}.{name}"):
            sources.append(f"{_SUBMODULE}{source}.{name}")
        sources += there.stars
    return None


def _has_unread_star(machine: Machine, frame: Frame) -> bool:
    """Whether a star import leads into a module of the project that is not read as long as nobody insists."""
    asked: set[str] = set()
    sources = [] if machine.is_demanding else list(frame.stars)
    while sources:
        source = sources.pop()
        if source in asked or source.startswith(OUTSIDE):
            continue
        asked.add(source)
        there = machine.frames.get(source)
        if there is None:
            return True
        sources += there.stars
    return False


_SUBMODULE = "submodule:"
"""Stands before what a starred package has where none of its own star imports gives the name."""


def _starred(machine: Machine, module: str, name: str, *, may_miss: bool) -> Frame | None:
    """The scope of a module that a star import names; None where it is not to be had."""
    may_skip = not machine.is_demanding and name not in machine.leads
    try:
        frame = machine.frame_of(module)
        if frame is None and not may_skip:
            frame = machine.loaded(module)
    except NotReadyError:
        return None
    if frame is None and may_skip and not may_miss and exists(machine, module):
        raise NotReadyError
    return frame


def _exports(machine: Machine, frame: Frame, name: str) -> bool:
    public = machine.resolve(frame.names.get("__all__"))
    if isinstance(public, list | tuple) and all(isinstance(item, str) for item in public):
        return name in public
    return not name.startswith("_")
