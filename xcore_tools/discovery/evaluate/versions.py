"""What the names of a module meant earlier: a statement further down may have bound them again.

Calls are followed when their result is needed, which may be long after the statement that they stand
in. Until then they remember the moment, and the globals that they read are those of that moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xcore_tools.discovery.evaluate.values import Frame, Moment, Value

if TYPE_CHECKING:
    from xcore_tools.discovery.link.interpreter import Machine


def moment_of(machine: Machine, frame: Frame) -> Moment:
    """The present moment of the module that `frame` belongs to; the one that is looked back to, if any."""
    module = _module_of(frame)
    count = machine.moments.get(module)
    return Moment(module, len(module.replaced) if count is None else count)


@contextmanager
def at(machine: Machine, moment: Moment) -> Iterator[None]:
    """Inside, the names of the module mean what they meant at that moment."""
    before = machine.moments.get(moment.module)
    machine.moments[moment.module] = moment.changes
    try:
        yield
    finally:
        if before is None:
            del machine.moments[moment.module]
        else:
            machine.moments[moment.module] = before


def put(frame: Frame, name: str, value: Value) -> None:
    """Binds `name` in this very scope, and keeps what it meant before."""
    if frame.kind == "module":
        if name in frame.names:
            frame.replaced.append((name, frame.names[name]))
        if frame.stars:
            frame.covered[name] = len(frame.stars)
    frame.names[name] = value


def value_of(machine: Machine, frame: Frame, name: str) -> Value:
    """What `name`, which this scope binds, means at the moment that is looked back to, or now."""
    count = machine.moments.get(frame) if frame.replaced else None
    for replaced, value in frame.replaced[count:] if count is not None else ():
        if replaced == name:
            return value
    return frame.names[name]


def _module_of(frame: Frame) -> Frame:
    while frame.parent is not None:
        frame = frame.parent
    return frame
