"""A progress bar for long scans: on standard error, only on a terminal, gone when the scan ends."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from xcore_tools.cli.terminal import is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["ScanProgress"]

DELAY = 0.5
INTERVAL = 0.1


class ScanProgress:
    """Call it with the files done and the files in total; nothing shows in the first half second.

    The bar is drawn by the calls themselves: rich's own thread would be copied into every process
    that the scan forks.
    """

    def __init__(self) -> None:
        self._is_wanted = is_terminal(sys.stderr)
        self._next_drawing = time.monotonic() + DELAY
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, total: int) -> None:
        """Redraw the bar, if there is one to draw and the last drawing is a while ago."""
        now = time.monotonic()
        if not self._is_wanted or now < self._next_drawing:
            return
        self._next_drawing = now + INTERVAL
        if self._bar is None:
            self._bar = _new_bar()
        self._bar.update(self._bar.task_ids[0], completed=done, total=total, refresh=True)


def _new_bar() -> Progress:
    # rich takes longer to import than most scans last
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files"),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
    )
    bar.add_task("Scanning")
    bar.start()
    return bar
