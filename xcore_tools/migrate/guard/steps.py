"""Which revision is being applied, as Alembic tells its log, and how long each one takes."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from xcore_tools.migrate.facts import Step
from xcore_tools.migrate.runtime.logs import after_configuring

_LOG = logging.getLogger("alembic.runtime.migration")


class Steps(logging.Filter):
    """The revisions that have begun. `running` is the last one while it has not ended."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[Step] = []
        self.running = ""
        self._began = 0.0
        self._level = logging.NOTSET

    def attach(self) -> None:
        """Listen, also after logging was set up anew; what is logged elsewhere stays the same."""
        if self not in _LOG.filters:
            self._level = _LOG.getEffectiveLevel()
            _LOG.addFilter(self)
        elif _LOG.level != logging.INFO:
            self._level = _LOG.getEffectiveLevel()
        _LOG.setLevel(logging.INFO)
        _LOG.disabled = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Alembic logs `Running %s` with the step, at the moment when it begins."""
        step = record.args[0] if isinstance(record.args, tuple) and record.args else None
        info = getattr(step, "info", None)
        if info is not None and not info.is_stamp:
            self.end()
            self.running, self._began = str(info.up_revision_id), time.monotonic()
        return record.levelno >= self._level

    @property
    def has_begun(self) -> bool:
        """Whether any revision had its turn."""
        return bool(self.done or self.running)

    def end(self) -> None:
        """The step that is running, if any, has come to its end."""
        if self.running:
            self.done.append(Step(self.running, round(time.monotonic() - self._began, 3)))
        self.running = ""


@contextmanager
def watched() -> Iterator[Steps]:
    """Inside, the steps of Alembic are noted; the last one counts as done if nothing is raised."""
    steps = Steps()
    level, disabled = _LOG.level, _LOG.disabled
    steps.attach()
    try:
        with after_configuring(steps.attach):
            yield steps
        steps.end()
    finally:
        _LOG.removeFilter(steps)
        _LOG.setLevel(level)
        _LOG.disabled = disabled
