"""Answers of calls, kept: what is asked again with equal arguments is not worked out again.

An answer is kept unless the call changed something that was there before it. It counts as long as
nothing is changed that the call could have seen. Where an answer was given in doubt (a name was not to
be had, or the call stood too deep), it counts until that may be different.

Collections, objects of classes and what libraries return can be changed: they are handed out as copies
if the call made them, and as they are if they were there before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from xcore_tools.discovery.evaluate.values import (
    BoundMethod,
    ClassValue,
    Display,
    External,
    FunctionValue,
    Generated,
    ImportedName,
    Instance,
    LambdaValue,
    LibraryObject,
    MatchValue,
    Member,
    ModuleValue,
    Partial,
    PatternValue,
    Thunk,
    Union,
    Unknown,
    Value,
)

_MAX_PARTS = 64
"""An answer of more parts is not kept; an argument of more parts is told apart by identity."""

_PLAIN = (str, int, float, bytes, type(None))
_MUTABLE = (list, dict, set, Instance)
_CONSTANT = (
    BoundMethod,
    External,
    FunctionValue,
    ImportedName,
    LambdaValue,
    MatchValue,
    Member,
    ModuleValue,
    Partial,
    PatternValue,
    Thunk,
    Unknown,
)
"""What can be handed out twice: nobody changes it."""


class _NotKept(Exception):  # noqa: N818 - no error: it ends a walk
    """Indicates that an answer holds what must be made anew by each call."""


@dataclass(slots=True, eq=False)
class Frame:
    """A call under way: when it began, and whether all that was there before is as it was."""

    start: int
    is_pure: bool = True


@dataclass(slots=True, eq=False)
class _Answer:
    """What a call gave. In doubt, it counts at this `progress` only; cut off, at this `depth` and below.

    `shared` are parts of the value that were there before, `alive` what the key names by identity.
    """

    value: Value
    start: int
    time: int
    progress: int | None
    depth: int
    shared: frozenset[int]
    alive: Value


class Memo:
    """The answers, and what was changed since they were given."""

    def __init__(self) -> None:
        self.doubts = 0  # answers so far that may be better later
        self.cut_off = 0  # calls so far that were not followed for their depth
        self.progress = 0  # statements and modules so far
        self._clock = 0
        self._frames: list[Frame] = []
        self._active: dict[Value, Frame] = {}
        self._answers: dict[Value, _Answer] = {}
        self._born: dict[int, tuple[int, Value]] = {}
        self._changes: list[tuple[int, int]] = []
        """When a change was, and when its object was born: only those that no later one covers."""

    def born(self, value: Value) -> Value:
        """`value`, a collection or an object that is new."""
        if self._frames:
            self._clock += 1
            self._born[id(value)] = (self._clock, value)
        return value

    def changed(self, value: Value = None) -> None:
        """Notes that an object is another than before; None for what was there from the beginning."""
        self._clock += 1
        born, _ = self._born.get(id(value), (0, None))
        for frame in reversed(self._frames):
            if frame.start < born:
                break
            frame.is_pure = False
        while self._changes and self._changes[-1][1] >= born:
            self._changes.pop()
        self._changes.append((self._clock, born))

    def is_repeated(self, key: Value) -> bool:
        """Whether the same call is under way and has changed nothing so far: it would never end."""
        frame = self._active.get(key)
        return frame is not None and frame.is_pure

    def find(self, key: Value, depth: int) -> list[Value]:
        """The answer that was given before, if it counts: one or none."""
        answer = self._answers.get(key)
        if answer is None or depth < answer.depth:
            return []
        if answer.progress not in (None, self.progress):
            return []
        later = bisect_right(self._changes, answer.time, key=lambda change: change[0])
        if later < len(self._changes) and self._changes[later][1] < answer.start:
            return []
        return [_copy(answer.value, answer.shared)]

    @contextmanager
    def frame(self, key: Value) -> Iterator[Frame]:
        """One call while it is worked out."""
        self._clock += 1
        frame = Frame(self._clock)
        before = self._active.get(key)
        self._frames.append(frame)
        self._active[key] = frame
        try:
            yield frame
        finally:
            self._frames.pop()
            if before is None:
                del self._active[key]
            else:
                self._active[key] = before
            if not self._frames:
                self._born.clear()

    def keep(
        self, key: Value, frame: Frame, value: Value, marks: tuple[int, int, int], alive: Value
    ) -> None:
        """Keeps what a call gave, unless it changed something or each call has to make its own.

        `marks` are the doubts and cut-offs when it began, and its depth.
        """
        if not frame.is_pure:
            return
        shared: set[int] = set()
        try:
            self._check(value, frame, shared, alive, [_MAX_PARTS])
        except _NotKept:
            return
        doubts, cut_off, depth = marks
        self._answers[key] = _Answer(
            _copy(value, frozenset(shared)),
            frame.start,
            self._clock,
            self.progress if self.doubts > doubts else None,
            depth if self.cut_off > cut_off else 0,
            frozenset(shared),
            alive,
        )

    def _check(
        self, value: Value, frame: Frame, shared: set[int], given: Value, left: list[int]
    ) -> None:
        """Finds the parts that were there before.

        Raises:
            _NotKept: a part is of unknown age, or one that each call makes for itself.
        """
        left[0] -= 1
        if left[0] < 0:
            raise _NotKept
        if isinstance(value, _PLAIN + _CONSTANT):
            return
        if isinstance(value, ClassValue):
            if value.is_synthetic:
                raise _NotKept
            return
        if isinstance(value, _MUTABLE):
            born = self._born.get(id(value))
            if any(value is each for each in given) or (born and born[0] < frame.start):
                shared.add(id(value))
                return
            if born is None:
                raise _NotKept
        elif not isinstance(value, tuple | Union | Generated | LibraryObject):
            raise _NotKept
        for part in _parts(value):
            self._check(part, frame, shared, given, left)


def _parts(value: Value) -> list[Value]:
    if isinstance(value, Union):
        return list(value.options)
    if isinstance(value, Generated):
        return value.items
    if isinstance(value, LibraryObject):
        return [*value.args, *value.keywords.values()]
    if isinstance(value, Instance):
        return [*value.attrs.values(), *value.args, *value.keywords.values()]
    return [*value, *value.values()] if isinstance(value, dict) else list(value)


def _copy(value: Value, shared: frozenset[int]) -> Value:
    """`value` with parts of its own, but for those that are shared."""
    if isinstance(value, _PLAIN + _CONSTANT) or id(value) in shared:
        return value
    if isinstance(value, Union):
        return Union(tuple(_copy(option, shared) for option in value.options))
    if isinstance(value, Generated):
        return Generated([_copy(item, shared) for item in value.items])
    if isinstance(value, LibraryObject):
        return replace(value)
    if isinstance(value, Instance):
        return replace(value, attrs={k: _copy(v, shared) for k, v in value.attrs.items()})
    if isinstance(value, dict):
        return _copy_of_dict(value, shared)
    if type(value) in {list, tuple}:
        return type(value)(_copy(item, shared) for item in value)
    return set(value) if type(value) is set else value


def _copy_of_dict(value: dict[Value, Value], shared: frozenset[int]) -> Value:
    items = {key: _copy(item, shared) for key, item in value.items()}
    if not isinstance(value, Display):
        return items
    display = Display()
    display.update(items)
    display.pairs = [(key, _copy(item, shared)) for key, item in value.pairs]
    return display


def key_of(value: Value) -> Value:
    """What is equal for values that a call cannot tell apart."""
    return _key(value, [_MAX_PARTS])


def _key(value: Value, left: list[int]) -> Value:
    left[0] -= 1
    if isinstance(value, _PLAIN) or left[0] < 0:
        return (type(value), value) if type(value) in _PLAIN else id(value)
    if isinstance(value, Unknown):
        return (Unknown, value.reason)
    if isinstance(value, External):
        return value
    if type(value) is tuple:
        return (tuple, *(_key(item, left) for item in value))
    if isinstance(value, Union):
        return (Union, *(_key(item, left) for item in value.options))
    if isinstance(value, LibraryObject) and value.waiting is None:
        keywords = ((name, _key(item, left)) for name, item in value.keywords.items())
        return (value.callee, tuple(_key(item, left) for item in value.args), *keywords)
    if isinstance(value, FunctionValue):
        return (id(value.facts), id(value.scope), value.is_plain, _key(value.receiver, left))
    return id(value)
