"""Who acts in what: accounts that own code, and the rights that go with routines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from xcore_tools.database.backup.facts import MysqlFacts, Plan
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import DatabaseError

_FEW = 3
_SETS_DEFINER = re.compile(
    r"GRANT .*\b(?:ALL PRIVILEGES|SUPER|SET USER|SET_USER_ID|SET_ANY_DEFINER)\b.* ON \*\.\* ", re.I
)
_DEFINERS = """
SELECT definer, concat('view ', table_name) FROM information_schema.views WHERE table_schema = :name
UNION ALL SELECT definer, concat(lower(routine_type), ' ', routine_name)
    FROM information_schema.routines WHERE routine_schema = :name
UNION ALL SELECT definer, concat('trigger ', trigger_name)
    FROM information_schema.triggers WHERE trigger_schema = :name
UNION ALL SELECT definer, concat('event ', event_name)
    FROM information_schema.events WHERE event_schema = :name
"""
_SCHEMA = "SELECT * FROM information_schema.schemata WHERE schema_name = :name"
_ROUTINE_RIGHTS = "SELECT user, host, routine_name, routine_type, proc_priv FROM mysql.procs_priv WHERE db = :name"


def facts_of(connection: sa.Connection, database: str) -> MysqlFacts:
    """What the database is, and who acts in it."""
    row = connection.execute(sa.text(_SCHEMA), {"name": database}).mappings().one()
    schema = {key.lower(): value for key, value in row.items()}  # a comment is MariaDB's only
    found: dict[str, list[str]] = {}
    for definer, what in connection.execute(sa.text(_DEFINERS), {"name": database}):
        found.setdefault(str(definer), []).append(str(what))
    definers = tuple((who, tuple(sorted(found[who])[:_FEW])) for who in sorted(found))
    return MysqlFacts(
        character_set=schema["default_character_set_name"],
        collation=schema["default_collation_name"],
        comment=schema.get("schema_comment"),
        definers=definers,
    )


def planned(
    connection: sa.Connection, definers: Mapping[str, Iterable[str]], *, privileges: bool
) -> Plan:
    """What becomes of the accounts that code acts as; without `privileges`, it acts as this user."""
    user = str(connection.scalar(sa.text("SELECT CURRENT_USER()")))
    others = {who: ", ".join(list(what)[:_FEW]) for who, what in definers.items() if who != user}
    if not privileges:
        return Plan(
            remarks=tuple(
                f"{what}: acts as {user}, no longer as {who}" for who, what in others.items()
            )
        )
    if others and not _may_set_definers(connection):
        return Plan(
            obstacles=tuple(
                f"{what} acts as {who}, which takes the right SET USER (MySQL: SET_ANY_DEFINER)"
                for who, what in others.items()
            )
        )
    known = _accounts(connection)
    return Plan(
        remarks=tuple(
            f"{what}: acts as {who}, an account that does not exist"
            for who, what in others.items()
            if known is not None and who not in known
        )
    )


def grants_of_routines(url: DatabaseUrl, database: str) -> list[tuple[str, str, bytes]]:
    """Rights on routines, which go when a routine is dropped: its kind, its name, and the statement.

    Rights on tables and on the database belong to names, and stay. None, if this user cannot see or
    give them.
    """
    try:
        with connected(url) as connection:
            if not _may_grant(connection):
                return []
            found = connection.execute(sa.text(_ROUTINE_RIGHTS), {"name": database}).all()
    except DatabaseError:
        return []
    return [
        (str(kind).upper(), str(name), _grant(database, str(user), str(host), name, kind, rights))
        for user, host, name, kind, rights in found
    ]


def _grant(database: str, user: str, host: str, name: str, kind: str, rights: object) -> bytes:
    words = rights.split(",") if isinstance(rights, str) else sorted(map(str, rights))  # type: ignore[call-overload]
    given = [word.upper() for word in words if word and word.upper() != "GRANT"]
    option = " WITH GRANT OPTION" if len(given) < len([w for w in words if w]) else ""
    account = f"{_text(user)}@{_text(host)}" if host else _text(user)
    place = f"`{database.replace('`', '``')}`.`{str(name).replace('`', '``')}`"
    return f"GRANT {', '.join(given) or 'USAGE'} ON {kind} {place} TO {account}{option}".encode()


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _grants(connection: sa.Connection) -> list[str]:
    return [str(line) for line in connection.execute(sa.text("SHOW GRANTS")).scalars()]


def _may_set_definers(connection: sa.Connection) -> bool:
    return any(_SETS_DEFINER.search(line) for line in _grants(connection))


def _may_grant(connection: sa.Connection) -> bool:
    return any("WITH GRANT OPTION" in g and " ON *.* " in g for g in _grants(connection))


def _accounts(connection: sa.Connection) -> set[str] | None:
    try:
        with connection.begin_nested():
            return set(
                connection.scalars(sa.text("SELECT concat(user, '@', host) FROM mysql.user"))
            )
    except sa.exc.SQLAlchemyError:
        return None
