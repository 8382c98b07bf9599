"""Items done in forked processes that may die: what one of them had is done again, and the answer is the same.

The kernel kills a process when memory runs out, an extension crashes, somebody sends a signal. A worker
that is gone is known by the end of its pipe, one that was stopped by what the system tells its parent; no
clock decides. Workers have what they work on since the fork, so only the numbers of items travel to them.
"""

from __future__ import annotations

import gc
import os
import pickle
import selectors
import signal
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Generic, NoReturn, TypeVar

_TRIES = 2
"""Processes that may die of an item before it is handed to a rescue."""

_LOOK = 0.2
"""Seconds between two looks for workers that were stopped."""

_CHUNK = 1 << 20
_REQUEST = struct.Struct("<I")
_ANSWER = struct.Struct("<?Q")
"""Whether it is a result, and its size in bytes."""

_CRASHES = frozenset(
    number
    for name in ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE", "SIGSYS", "SIGTRAP")
    if (number := getattr(signal, name, None)) is not None
)

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Death:
    """How a worker ended: its exit status, or the signal that ended it as a negative number."""

    code: int

    @property
    def is_crash(self) -> bool:
        """Whether the work itself ended the process, and not somebody from outside."""
        return self.code >= 0 or -self.code in _CRASHES

    def __str__(self) -> str:
        if self.code >= 0:
            return f"exit status {self.code}"
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"signal {-self.code}"


@dataclass(eq=False)
class _Worker:
    """A process, its two pipes, and the numbers of the items that it was given and has not answered."""

    pid: int
    requests: int
    answers: int
    given: deque[int] = field(default_factory=deque)
    _read: bytearray = field(default_factory=bytearray)
    _death: Death | None = None

    def give(self, index: int) -> None:
        """Send the number of an item. A few bytes always have room, also where nobody reads."""
        self.given.append(index)
        with suppress(BrokenPipeError):  # it is dead, as the end of its answers will tell
            os.write(self.requests, _REQUEST.pack(index))

    def receive(self) -> bool:
        """Read what has come; False at the end."""
        data = os.read(self.answers, _CHUNK)
        self._read += data
        return bool(data)

    def answered(self) -> Iterator[tuple[int, bytes | None]]:
        """The items that were answered, with their pickled results; None for one that raised."""
        while len(self._read) >= _ANSWER.size:
            is_result, size = _ANSWER.unpack_from(self._read)
            end = _ANSWER.size + size
            if len(self._read) < end:
                return
            data = bytes(self._read[_ANSWER.size : end])
            del self._read[:end]
            yield self.given.popleft(), data if is_result else None

    def look(self, flags: int) -> bool:
        """Whether it stands still; how it ended is kept."""
        if self._death is None:
            try:
                pid, status = os.waitpid(self.pid, flags)
            except ChildProcessError:  # the caller's process lets nobody wait for its children
                self._death = Death(-signal.SIGKILL)
                return False
            if pid and os.WIFSTOPPED(status):
                return True
            if pid:
                self._death = Death(os.waitstatus_to_exitcode(status))
        return False

    def bury(self) -> Death:
        """Wait for the end of a process that is ending, and say how it ended."""
        os.close(self.requests)
        os.close(self.answers)
        self.look(0)
        return self._death or Death(-signal.SIGKILL)

    def kill(self) -> None:
        """End it, also while it is stopped."""
        if self._death is None:  # else its number may be another process's by now
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


class Processes(Generic[Item, Result]):
    """Up to `count` forked processes that apply `function` to `items`.

    What two processes died of is handed to `rescue`, in this process. What raises in a worker is done
    again in this process, where the exception can be told.
    """

    def __init__(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        count: int,
        rescue: Callable[[Item, Death], Result],
    ) -> None:
        self._function = function
        self._items = items
        self._count = count
        self._rescue = rescue
        self._waiting = deque(range(len(items)))
        self._deaths = [0] * len(items)
        self._done: dict[int, Result] = {}
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()

    def results(self) -> Iterator[Result]:
        """The results in the order of the items. No process is left when it ends, however it ends."""
        try:
            for index in range(len(self._items)):
                while index not in self._done:
                    self._step()
                yield self._done.pop(index)
        finally:
            for worker in self._workers:
                worker.kill()
            for worker in self._workers:
                worker.bury()
            self._selector.close()

    def _step(self) -> None:
        """Give work out and take in what is done."""
        self._give_out()
        if not self._workers:  # the system has no room for another process
            index = self._waiting.popleft()
            self._done[index] = self._function(self._items[index])
            return
        for key, _ in self._selector.select(_LOOK):
            self._take_in(key.data)
        for worker in self._workers:
            if worker.look(os.WNOHANG | os.WUNTRACED):
                worker.kill()

    def _give_out(self) -> None:
        while self._waiting and len(self._workers) < self._count and self._start():
            pass
        # a second one in advance, so that nobody waits for this process; not at the end, where others idle
        each = 2 if len(self._waiting) > self._count else 1
        for worker in self._workers:
            while self._waiting and len(worker.given) < each:
                worker.give(self._waiting.popleft())

    def _take_in(self, worker: _Worker) -> None:
        is_alive = worker.receive()
        for index, data in worker.answered():
            if data is None:
                self._done[index] = self._function(self._items[index])
            else:
                self._done[index] = pickle.loads(data)
        if not is_alive:
            self._lose(worker)

    def _lose(self, worker: _Worker) -> None:
        """Let others do what a worker had that is dead; the first of its items is what it died of."""
        self._workers.remove(worker)
        self._selector.unregister(worker.answers)
        death = worker.bury()
        if not worker.given:
            return
        index = worker.given[0]
        self._deaths[index] += 1
        if self._deaths[index] >= _TRIES:
            worker.given.popleft()
        self._waiting.extendleft(reversed(worker.given))
        if self._deaths[index] >= _TRIES:
            self._done[index] = self._rescue(self._items[index], death)

    def _start(self) -> bool:
        """Fork a worker and give it an item; False if the system refuses."""
        pipes: list[int] = []
        try:
            pipes += os.pipe()
            pipes += os.pipe()
            pid = os.fork()
        except OSError:
            for each in pipes:
                os.close(each)
            return False
        requests, given, answers, taken = pipes[0], pipes[1], pipes[2], pipes[3]
        if pid == 0:
            self._serve(requests, taken, (given, answers))
        os.close(requests)
        os.close(taken)
        worker = _Worker(pid, given, answers)
        self._workers.append(worker)
        self._selector.register(answers, selectors.EVENT_READ, worker)
        worker.give(self._waiting.popleft())
        return True

    def _serve(self, requests: int, answers: int, ours: Sequence[int]) -> NoReturn:
        """Work in a forked process until the parent has no more to ask, or is gone."""
        try:
            _begin()
            self._selector.close()
            # an end of a pipe that a sibling held would hide from others that the parent is gone
            for each in (*ours, *(fd for w in self._workers for fd in (w.requests, w.answers))):
                os.close(each)
            asked: SimpleQueue[int] = SimpleQueue()
            threading.Thread(target=_listen, args=(requests, asked), daemon=True).start()
            while True:
                _write(answers, self._answer(asked.get()))
        finally:
            os._exit(1)

    def _answer(self, index: int) -> bytes:
        try:
            data = pickle.dumps(self._function(self._items[index]))
        except Exception:  # noqa: BLE001 - told by the parent, which meets it again
            return _ANSWER.pack(False, 0)
        return _ANSWER.pack(True, len(data)) + data


def _begin() -> None:
    """Leave the caller's signal handlers behind, and its garbage, which need not be looked through."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.freeze()
    gc.disable()


def _listen(requests: int, asked: SimpleQueue[int]) -> None:
    """Hand on what the parent asks; end the process, whatever it does, when the parent is gone."""
    try:
        while data := os.read(requests, _REQUEST.size):
            asked.put(_REQUEST.unpack(data)[0])
    finally:
        os._exit(0)


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
