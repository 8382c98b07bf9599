"""Objects of a dump made on a server: one by one, so that each text is one statement and no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from xcore_tools.database.backup.maria.objects import Default, Object, Objects
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import DatabaseError

_RAW = {"no_parameters": True}


class Made:
    """What was made in a scratch database: the order that works, and how names were understood."""

    def __init__(self, objects: Objects, defaults: Sequence[Default]) -> None:
        self.objects, self.defaults = objects, tuple(defaults)
        self.views: list[tuple[Object, bool]] = []

    def packet(self, source: str, target: str, *, definer: bool) -> list[bytes]:
        """The statements that make all of it in `target`, where it was taken of `source`."""
        found: list[bytes] = []
        for each in self.objects.routines:
            found += each.texts(source, target, definer=definer)
        for view, is_deep in self.views or [(view, True) for view in self.objects.views]:
            found += view.texts(source, target, definer=definer, is_deep=is_deep)
        for each in (*self.objects.triggers, *self.objects.events):
            found += each.texts(source, target, definer=definer)
        if self.defaults:
            found.append(b"SET SESSION system_versioning_alter_history = KEEP")
        return found + [default.statement(source, target) for default in self.defaults]


def made_in(
    scratch: DatabaseUrl,
    objects: Objects,
    defaults: Sequence[Default],
    source: str,
    *,
    moves_on: bool,
) -> Made:
    """Make the objects in a scratch database, but for the events, which would fire there.

    Tables that move on from there get the defaults that name a sequence at their destination. Each
    object belongs to who makes it: what its definer may do is nothing that a copy shows.

    Raises:
        DatabaseError: one cannot be made; the message names it.
    """
    made = Made(objects, defaults)
    target = str(scratch.sqlalchemy.database)
    for each in objects.routines:
        _make(scratch, each.name, each.texts(source, target, definer=False))
    _make_views(scratch, made, source, target)
    for each in objects.triggers:
        _make(scratch, each.name, each.texts(source, target, definer=False))
    for default in () if moves_on else defaults:
        keep = b"SET SESSION system_versioning_alter_history = KEEP"
        _make(scratch, default.table, [keep, default.statement(source, target)])
    return made


def _make_views(scratch: DatabaseUrl, made: Made, source: str, target: str) -> None:
    """Views that cannot be made wait for others, as long as there is one that can be."""
    waiting = list(made.objects.views)
    while waiting:
        left = []
        for view in waiting:
            try:
                made.views.append((view, _make_view(scratch, view, source, target)))
            except DatabaseError:
                left.append(view)
        if len(left) == len(waiting):
            _make_view(scratch, left[0], source, target)
        waiting = left


def _make_view(scratch: DatabaseUrl, view: Object, source: str, target: str) -> bool:
    """Whether names of two parts were taken for names of the database, too."""
    try:
        _make(scratch, view.name, view.texts(source, target, definer=False))
    except DatabaseError as error:
        try:
            texts = view.texts(source, target, definer=False, is_deep=False)
            _make(scratch, view.name, texts)
        except DatabaseError:
            raise error from None
        return False
    return True


def _make(scratch: DatabaseUrl, name: str, statements: Iterable[bytes]) -> None:
    try:
        with connected(scratch, isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                run(connection, statement)
    except DatabaseError as error:
        raise DatabaseError(f"{name}: {error}") from error


def run(connection: sa.Connection, statement: bytes) -> None:
    """Run exactly this one statement, as the bytes that it is."""
    text = statement.decode("utf-8", "surrogateescape")
    connection.exec_driver_sql(text, execution_options=_RAW)
