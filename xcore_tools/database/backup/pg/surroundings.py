"""What a restore has to find around a database, and what no dump of it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from xcore_tools.database.backup.facts import DatabaseFacts, Grant, Setting, Surroundings
from xcore_tools.database.backup.pg.catalogs import GRANTEES, GRANTORS, GUESTS, OWNERS, SUPERUSER

_DATABASE = """
SELECT pg_get_userbyid(datdba) AS owner, datacl IS NULL AS is_plain, datconnlimit,
    shobj_description(oid, 'pg_database') AS comment
FROM pg_database WHERE datname = current_database()
"""
_GRANTS = """
SELECT CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END, privilege_type, is_grantable
FROM pg_database, aclexplode(datacl) WHERE datname = current_database()
"""
_SETTINGS = """
SELECT CASE s.setrole WHEN 0 THEN NULL ELSE pg_get_userbyid(s.setrole) END, each
FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase,
    unnest(s.setconfig) WITH ORDINALITY AS t (each, place)
WHERE d.datname = current_database() ORDER BY s.setrole, place
"""
_SCHEMAS = """
SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1
"""
_EXTENSIONS = """
SELECT e.extname, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1
"""
# Settings that are lists of names: PostgreSQL keeps them quoted as names already.
# https://github.com/postgres/postgres, variable_is_guc_list_quote()
_LISTS = {
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
}


def surroundings_of(connection: sa.Connection) -> Surroundings:
    """Those of the database that is connected, in the snapshot of its transaction."""
    return Surroundings(
        owners=_column(connection, OWNERS),
        grantees=_column(connection, GRANTEES),
        grantors=_column(connection, GRANTORS),
        schemas=_pairs(connection, _SCHEMAS),
        guests=_pairs(connection, GUESTS),
        extensions=_pairs(connection, _EXTENSIONS),
        superuser=_column(connection, SUPERUSER),
        database=database_facts(connection),
    )


def database_facts(connection: sa.Connection) -> DatabaseFacts:
    """What the database is, besides what is in it."""
    row = _rows(connection, _DATABASE)[0]
    grants = None if row.is_plain else tuple(sorted(_grants(connection), key=str))
    return DatabaseFacts(
        owner=row.owner,
        grants=grants,
        settings=tuple(_settings(connection)),
        comment=row.comment,
        connection_limit=row.datconnlimit,
    )


def restoring(
    name: str, before: DatabaseFacts, now: DatabaseFacts, *, privileges: bool, roles: frozenset[str]
) -> Iterator[str]:
    """The statements that make a database what it was; none, if it is.

    `roles` are those that exist; what is for others is left out.
    """
    database = f"DATABASE {quoted(name)}"
    if before.comment != now.comment:
        text = "NULL" if before.comment is None else literal(before.comment)
        yield f"COMMENT ON {database} IS {text}"
    if before.connection_limit != now.connection_limit:
        yield f"ALTER {database} CONNECTION LIMIT {before.connection_limit}"
    for role in sorted({setting.role for setting in now.settings + before.settings}, key=str):
        wanted = [setting for setting in before.settings if setting.role == role]
        if wanted != [setting for setting in now.settings if setting.role == role]:
            yield from _set(database, role, wanted, roles)
    if privileges:
        yield from _rights(database, before, now, roles)


def differing(before: DatabaseFacts, now: DatabaseFacts, *, privileges: bool) -> bool:
    """Whether there is anything to be changed of the database itself."""
    plain = (before.comment, before.connection_limit, before.settings) != (
        now.comment,
        now.connection_limit,
        now.settings,
    )
    rights = (before.owner, before.grants) != (now.owner, now.grants)
    return plain or (privileges and rights)


def quoted(name: str) -> str:
    """A name for a statement."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text for a statement; escapes are off in it, as the standard says."""
    return "'" + text.replace("'", "''") + "'"


def _set(
    database: str, role: str | None, wanted: Iterable[Setting], roles: frozenset[str]
) -> Iterator[str]:
    """All of them anew, in their order, which is that of the catalog."""
    if role is not None and role not in roles:
        return
    place = f"ALTER {database}" if role is None else f"ALTER ROLE {quoted(role)} IN {database}"
    yield f"{place} RESET ALL"
    for setting in wanted:
        yield f"{place} SET {_option(setting.name)} TO {_value(setting)}"


def _rights(
    database: str, before: DatabaseFacts, now: DatabaseFacts, roles: frozenset[str]
) -> Iterator[str]:
    """The grants first: they belong to the owner of before, who may be gone."""
    if before.grants != now.grants:
        wanted = before.grants
        if wanted is None:  # https://www.postgresql.org/docs/15/ddl-priv.html
            standard = ("CREATE", "CONNECT", "TEMPORARY")
            wanted = tuple(Grant(now.owner, right) for right in standard)
            wanted += (Grant(None, "CONNECT"), Grant(None, "TEMPORARY"))
        for role in {grant.role for grant in now.grants or ()} | {None, now.owner}:
            yield f"REVOKE ALL ON {database} FROM {_role(role)} CASCADE"
        for grant in wanted:
            role = now.owner if grant.role == before.owner else grant.role
            if role is None or role in roles:
                option = " WITH GRANT OPTION" if grant.is_grantable else ""
                yield f"GRANT {grant.privilege} ON {database} TO {_role(role)}{option}"
    if before.owner != now.owner and before.owner in roles:
        yield f"ALTER {database} OWNER TO {quoted(before.owner)}"


def _option(name: str) -> str:
    return ".".join(quoted(part) for part in name.split("."))


def _value(setting: Setting) -> str:
    if setting.name.lower() not in _LISTS:
        return literal(setting.value)
    return ", ".join(literal(name) for name in _names(setting.value)) or "''"


def _names(text: str) -> Iterator[str]:
    """The names in a list of them, without their quotes."""
    name, is_inside = "", False
    for letter in text:
        if letter == '"':
            is_inside = not is_inside
        if letter == "," and not is_inside:
            yield _unquoted(name)
            name = ""
        else:
            name += letter
    if name.strip():
        yield _unquoted(name)


def _unquoted(name: str) -> str:
    name = name.strip()
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _role(name: str | None) -> str:
    return "PUBLIC" if name is None else quoted(name)


def _grants(connection: sa.Connection) -> Iterable[Grant]:
    return [Grant(*row) for row in _rows(connection, _GRANTS)]


def _settings(connection: sa.Connection) -> Iterator[Setting]:
    for role, text in _rows(connection, _SETTINGS):
        name, _, value = text.partition("=")
        yield Setting(role, name, value)


def _rows(connection: sa.Connection, query: str) -> list[Any]:
    found = connection.exec_driver_sql(query, execution_options={"no_parameters": True})
    return list(found.all())


def _column(connection: sa.Connection, query: str) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in _rows(connection, query))


def _pairs(connection: sa.Connection, query: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(row[0]), str(row[1])) for row in _rows(connection, query))
