"""A progress bar for long work, with the time that is left.

It is drawn on standard error, only on a terminal, and gone when the work ends.
"""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

from xcore_tools.cli.terminal import is_terminal
from xcore_tools.cli.verbosity import is_quiet

if TYPE_CHECKING:
    from rich.progress import Progress

DELAY = 0.5
INTERVAL = 0.1


class _Progress(ABC):
    """Call it with what is done and what there is in total, None where that is not known.

    Nothing shows in the first half second. The bar is drawn by the calls themselves: rich's own
    thread would be copied into every process that a scan forks.
    """

    def __init__(self) -> None:
        self._is_wanted = is_terminal(sys.stderr) and not is_quiet()
        self._next_drawing = time.monotonic() + DELAY
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, total: int | None) -> None:
        """Redraw the bar, if there is one to draw and the last drawing is a while ago."""
        now = time.monotonic()
        if not self._is_wanted or now < self._next_drawing:
            return
        self._next_drawing = now + INTERVAL
        if self._bar is None:
            self._bar = self._new_bar()
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=done, total=total, refresh=True)

    @abstractmethod
    def _new_bar(self) -> Progress:
        """A bar with one task, not started yet."""


class CountProgress(_Progress):
    """Things that are done, of how many."""

    def __init__(self, doing: str, things: str) -> None:
        super().__init__()
        self._doing, self._things = doing, things

    def _new_bar(self) -> Progress:
        # rich takes longer to import than most scans last
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(self._things),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            auto_refresh=False,
        )
        bar.add_task(self._doing)
        return bar


class ScanProgress(CountProgress):
    """The files of a scan."""

    def __init__(self) -> None:
        super().__init__("Scanning", "files")


class ByteProgress(_Progress):
    """The bytes of a backup, and how many of them in a second."""

    def __init__(self, doing: str) -> None:
        super().__init__()
        self._doing = doing

    def _new_bar(self) -> Progress:
        from rich.console import Console  # noqa: PLC0415 (as above)
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            auto_refresh=False,
        )
        bar.add_task(self._doing, total=None)
        return bar
