"""A command of Alembic's that changes the database: under its lock, and with an account of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

import msgspec
from alembic.config import Config as AlembicConfig
from alembic.script import Script as AlembicScript
from alembic.script import ScriptDirectory

from xcore_tools.database.lock import exclusive
from xcore_tools.migrate.facts import Change, Outcome, Rehearsal, Revision
from xcore_tools.migrate.guard.interruption import changed_at
from xcore_tools.migrate.guard.invalid_indexes import invalid_indexes, remedies
from xcore_tools.migrate.guard.safety import Guard, Safety
from xcore_tools.migrate.guard.schema_watch import noted_schemas
from xcore_tools.migrate.guard.steps import Steps, watched
from xcore_tools.migrate.runtime.environment import Environment, Observed
from xcore_tools.migrate.runtime.logs import LOG
from xcore_tools.migrate.runtime.scripts import applied_by, revision_of, revisions_of

Ways = Callable[[ScriptDirectory, Sequence[str]], Sequence[AlembicScript]]


class Order(msgspec.Struct, frozen=True):
    """A command of Alembic's, and what goes with it.

    `way` gives the revisions that a database at some revisions would see. `prepare` looks at these
    before anything is changed. `safety` is None where a failure leaves nothing to be undone.
    `remark` is what there is to say of a revision that failed.
    """

    act: Callable[[AlembicConfig], object]
    way: Ways = lambda _scripts, _current: ()
    safety: Safety | None = None
    prepare: Callable[[Sequence[Observed], Sequence[Revision]], Rehearsal | None] | None = None
    remark: Callable[[Sequence[Observed], Sequence[Revision], str], str] | None = None


def changed(
    environment: Environment,
    config: AlembicConfig,
    scripts: ScriptDirectory,
    order: Order,
    *,
    lock_timeout: float,
) -> Change:
    """Run a command while nobody else changes the database, and say what came of it.

    The revision is read after the lock is had: what another process did meanwhile is done.
    An error gets a note of where the database is then.
    """
    written = changed_at(environment.url)
    with locked(environment, config, scripts, lock_timeout=lock_timeout) as seen:
        project = environment.config
        recovered = [
            name
            for each in seen
            if order.safety and (name := Guard(project, each, order.safety).recover(written))
        ]
        before = environment.observe(config, scripts) if recovered else seen
        guards = [Guard(project, each, order.safety) for each in before if order.safety]
        found = {s.revision: s for each in before for s in order.way(scripts, each.current)}
        todo = [revision_of(script, project=project.project) for script in found.values()]
        invalid = invalid_indexes(each.url for each in before) if todo else {}
        rehearsal = order.prepare(before, todo) if order.prepare and todo else None
        started = time.monotonic()
        try:
            with ExitStack() as stack:
                steps = stack.enter_context(watched())
                log = stack.enter_context(noted_schemas(steps))
                for guard in guards:
                    stack.enter_context(guard.around(todo, lambda: steps.has_begun))
                started = time.monotonic()
                with _told_of(order, before, todo, steps):
                    order.act(config)
        except Exception as error:
            with suppress(Exception):
                now = environment.observe(config, scripts)
                error.add_note(f"the database is at {_names(_current(now)) or 'no revision'} now")
                for remedy in remedies(invalid, invalid_indexes(each.url for each in now)):
                    error.add_note(remedy)
            raise
        seconds = time.monotonic() - started
        after = environment.observe(config, scripts)
        lost = log.losses(each.url for each in after)
    change = _account(environment, scripts, before, after, seconds)
    return msgspec.structs.replace(
        change,
        steps=tuple(steps.done),
        backups=tuple(guard.backup for guard in guards if guard.backup),
        recovered=", ".join(recovered),
        rehearsal=rehearsal,
        schema_losses=lost,
    )


@contextmanager
def _told_of(
    order: Order, before: Sequence[Observed], todo: Sequence[Revision], steps: Steps
) -> Iterator[None]:
    """An error tells in which revision it happened."""
    try:
        yield
    except Exception as error:
        if steps.running:
            error.add_note(f"this was revision {steps.running}")
            if order.remark and (remark := order.remark(before, todo, steps.running)):
                error.add_note(remark)
        raise


@contextmanager
def locked(
    environment: Environment,
    config: AlembicConfig,
    scripts: ScriptDirectory,
    *,
    lock_timeout: float,
) -> Iterator[list[Observed]]:
    """Inside, nobody else changes the databases of env.py; gives what they look like now.

    The database that the settings name is locked before it is looked at, since looking may have to
    wait for a migration. The URL of an ini file may be a mere placeholder: then env.py tells where
    it connects to, and that is locked and looked at again.
    """
    with ExitStack() as stack:
        held = []
        url = environment.url
        if url is not None and (not environment.is_overridable or url.sqlite_path):
            stack.enter_context(exclusive(url, timeout=lock_timeout))
            held.append(url)
        seen = environment.observe(config, scripts)
        others = sorted(
            {
                each.url
                for each in seen
                if not any(h.is_same_database(each.url.sqlalchemy) for h in held)
            },
            key=str,
        )
        for other in others:
            stack.enter_context(exclusive(other, timeout=lock_timeout))
        yield environment.observe(config, scripts) if others else seen


def _account(
    environment: Environment,
    scripts: ScriptDirectory,
    before: Sequence[Observed],
    after: Sequence[Observed],
    seconds: float,
) -> Change:
    was, now = _current(before), _current(after)
    had, has = applied_by(scripts, was), applied_by(scripts, now)
    newest_first = revisions_of(scripts, now, project=environment.config.project)
    applied = [revision for revision in newest_first[::-1] if revision.revision in has - had]
    reverted = [revision for revision in newest_first if revision.revision in had - has]
    change = Change(
        url=", ".join(str(each.url) for each in after),
        outcome=Outcome.DONE if was != now else Outcome.NOTHING_TO_DO,
        before=was,
        after=now,
        applied=tuple(applied),
        reverted=tuple(reverted),
        seconds=round(seconds, 3),
    )
    LOG.info("%s: from %s to %s", change.url, _names(was) or "base", _names(now) or "base")
    return change


def _current(seen: Sequence[Observed]) -> tuple[str, ...]:
    return tuple(sorted({name for each in seen for name in each.current}))


def _names(revisions: Sequence[str | Revision]) -> str:
    return ", ".join(map(str, revisions))
