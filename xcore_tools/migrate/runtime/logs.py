"""Logging around a run of env.py, which may turn all of it upside down with `fileConfig`.

What the application had set up is put back afterwards; the log that the settings ask for
(`migration.logger`) is kept up meanwhile; no record holds a secret.
"""

from __future__ import annotations

import contextlib
import logging
import logging.config
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from xcore_tools.config import Logger

LOG = logging.getLogger("xcore_tools.migrate")
ALEMBIC = logging.getLogger("alembic")

_FORMAT = "%(asctime)s %(levelname)-5s [%(name)s] %(message)s"
_CONFIGURING = ("fileConfig", "dictConfig")

Redact = Callable[[str], str]


@contextlib.contextmanager
def migration_log(settings: Logger, project: Path) -> Iterator[None]:
    """Inside, what Alembic and this package log goes where the settings say, and further.

    The file is opened at the first record. A console that env.py logs to as well is not written
    to twice. Loggers are left as they are then: `kept_logging` goes around it.
    """
    handlers: list[logging.Handler] = []
    if settings.file is not None:
        handlers.append(logging.FileHandler(project / settings.file, encoding="utf-8", delay=True))
    if settings.console:
        handlers.append(_Console(sys.stderr))
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
    try:
        with after_configuring(lambda: _attach(handlers)):
            _attach(handlers)
            yield
    except Exception:
        LOG.exception("failed")  # reaches these handlers only: users get an error, not a traceback
        raise
    finally:
        for handler in handlers:
            handler.close()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Inside, only warnings and errors are logged."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def kept_logging(redact: Redact) -> Iterator[None]:
    """Inside, loggers may be set up anew and tell no secret; afterwards they are as before."""
    root = logging.getLogger()
    loggers = [
        root,
        *(x for x in root.manager.loggerDict.values() if isinstance(x, logging.Logger)),
    ]
    states = [_state(logger) for logger in loggers]
    factory = logging.getLogRecordFactory()
    logging.setLogRecordFactory(_redacting(factory, redact))
    with _handlers_out_of_reach():
        try:
            yield
        finally:
            logging.setLogRecordFactory(factory)
            added = set(root.handlers)
            for logger, state in zip(loggers, states, strict=True):
                _restore(logger, state)
            for handler in added - set(root.handlers):
                handler.close()
            _quieten_new({id(logger) for logger in loggers})


def _state(logger: logging.Logger) -> dict[str, Any]:
    return {
        "level": logger.level,
        "handlers": logger.handlers[:],
        "filters": logger.filters[:],
        "propagate": logger.propagate,
        "disabled": logger.disabled,
    }


def _restore(logger: logging.Logger, state: dict[str, Any]) -> None:
    logger.setLevel(state.pop("level"))  # clears what loggers remember about levels
    vars(logger).update(state)


def _quieten_new(known: set[int]) -> None:
    """Takes handlers and levels away from loggers that env.py has set up first."""
    for logger in logging.getLogger().manager.loggerDict.values():
        if isinstance(logger, logging.Logger) and id(logger) not in known:
            logger.handlers.clear()
            logger.setLevel(logging.NOTSET)
            logger.propagate, logger.disabled = True, False


@contextlib.contextmanager
def _handlers_out_of_reach() -> Iterator[None]:
    """Hides the handlers of the application: `fileConfig` closes every handler that it knows of.

    A closed file that was opened with mode "w" would never be written to again.
    """
    listed, named = logging._handlerList, logging._handlers  # type: ignore[attr-defined]
    before = listed[:], dict(named)
    listed.clear()
    named.clear()
    try:
        yield
    finally:
        listed[:] = before[0]
        named.clear()
        named.update(before[1])


@contextlib.contextmanager
def after_configuring(act: Callable[[], None]) -> Iterator[None]:
    """Inside, `act` is done again after each time that logging has been configured."""
    originals = {name: getattr(logging.config, name) for name in _CONFIGURING}

    def followed(original: Callable[..., object]) -> Callable[..., None]:
        def configure(*arguments: Any, **keywords: Any) -> None:
            original(*arguments, **keywords)
            act()

        return configure

    for name, original in originals.items():
        setattr(logging.config, name, followed(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(logging.config, name, original)


def _attach(handlers: list[logging.Handler]) -> None:
    """Puts the handlers in place: Alembic's records go on to others, ours go nowhere else."""
    if handlers:
        ALEMBIC.setLevel(logging.INFO)
    ALEMBIC.disabled = LOG.disabled = False
    for handler in handlers:
        ALEMBIC.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.handlers = handlers or [logging.NullHandler()]
    LOG.propagate = False


class _Console(logging.StreamHandler[Any]):
    """Standard error, unless another handler of the same loggers writes there."""

    def emit(self, record: logging.LogRecord) -> None:
        others = [*logging.getLogger().handlers, *ALEMBIC.handlers]
        if not any(type(h) is logging.StreamHandler for h in others):
            super().emit(record)


def _redacting(
    factory: Callable[..., logging.LogRecord], redact: Redact
) -> Callable[..., logging.LogRecord]:
    """`factory` for records without secrets, in the message and in the traceback."""

    def record_of(*arguments: Any, **keywords: Any) -> logging.LogRecord:
        record = factory(*arguments, **keywords)
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            return record  # logging itself reports a message that does not fit its arguments
        if (shown := redact(message)) != message:
            record.msg, record.args = shown, ()
        if record.exc_info and record.exc_info[0]:
            text = logging.Formatter().formatException(record.exc_info)
            if redact(text) != text:
                record.exc_text = redact(text)
        return record

    return record_of
