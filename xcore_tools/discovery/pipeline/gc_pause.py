"""When Python looks for garbage in cycles: never while much is made that is kept, and then not at all of it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Inside, nobody looks for garbage in cycles: there is next to none, and the look is a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if not gc.get_freeze_count():  # all that was made counts as old: no look at it at once
                gc.freeze()
                gc.unfreeze()
            gc.enable()


@contextmanager
def collected_alone() -> Iterator[None]:
    """Inside, `gc.collect` looks through nothing that was there before."""
    is_ours = not gc.get_freeze_count()
    if is_ours:
        gc.freeze()
    try:
        yield
    finally:
        if is_ours:
            gc.unfreeze()
