"""What the names of a module meant earlier: a statement further down may have bound them again.

Calls are followed when their result is needed, which may be long after the statement that they stand
in. Until then they remember the version, and the globals that they read are those of that version.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from xcore_tools.discovery.evaluate.values import Scope, Value, Version


def version_of(versions: dict[Scope, int], scope: Scope) -> Version:
    """The present version of the module that `scope` belongs to; the one that is looked back to, if any."""
    module = _module_of(scope)
    count = versions.get(module)
    return Version(module, len(module.replaced) if count is None else count)


@contextmanager
def at(versions: dict[Scope, int], version: Version) -> Iterator[None]:
    """Inside, the names of the module mean what they meant at that version."""
    before = versions.get(version.module)
    versions[version.module] = version.changes
    try:
        yield
    finally:
        if before is None:
            del versions[version.module]
        else:
            versions[version.module] = before


def put(scope: Scope, name: str, value: Value) -> None:
    """Binds `name` in this very scope, and keeps what it meant before."""
    if scope.kind == "module":
        if name in scope.names:
            scope.replaced.append((name, scope.names[name]))
        if scope.stars:
            scope.covered[name] = len(scope.stars)
    scope.names[name] = value


def value_of(versions: dict[Scope, int], scope: Scope, name: str) -> Value:
    """What `name`, which this scope binds, means at the version that is looked back to, or now."""
    count = versions.get(scope) if scope.replaced else None
    for replaced, value in scope.replaced[count:] if count is not None else ():
        if replaced == name:
            return value
    return scope.names[name]


def _module_of(scope: Scope) -> Scope:
    while scope.parent is not None:
        scope = scope.parent
    return scope
