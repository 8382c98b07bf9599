"""What a restore finds in a PostgreSQL database, and whether the current user can do it.

Everything is looked up before anything is dropped. What no catalog tells is left to the transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from xcore_tools.database.backup.facts import DatabaseFacts, Manifest, Plan, Surroundings
from xcore_tools.database.backup.pg.catalogs import FIRST_OF_USERS, FOREIGN
from xcore_tools.database.backup.pg.contents import Present, extensions_in
from xcore_tools.database.backup.pg.surroundings import database_facts, differing

_USER = """
SELECT current_user AS name, rolsuper, rolsuper OR rolcreaterole AS makes_roles,
    has_database_privilege(current_database(), 'CREATE') AS makes_schemas,
    (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()) AS is_owner,
    current_setting('server_version_num')::int / 10000 AS version
FROM pg_roles WHERE rolname = current_user
"""
_EXTENSIONS = f"""
SELECT e.extname AS name, n.nspname AS schema, pg_get_userbyid(e.extowner) AS owner,
    pg_has_role(e.extowner, 'USAGE') AS is_ours, e.oid >= {FIRST_OF_USERS} AS is_made
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
"""
_AVAILABLE = """
SELECT a.name, bool_or(v.superuser AND NOT v.trusted) AS takes_superuser
FROM pg_available_extensions a
JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
GROUP BY a.name
"""
_SUBSCRIPTIONS = """
SELECT s.subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
WHERE d.datname = current_database()
"""
_MEMBERS = """
SELECT n.nspname, o.name FROM (
    SELECT 'pg_class'::regclass::oid AS classid, oid, relnamespace AS schema, relname AS name, relowner AS owner
    FROM pg_class
    UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace, proname, proowner FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace, typname, typowner FROM pg_type
) o JOIN pg_namespace n ON n.oid = o.schema
JOIN pg_depend d ON d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e'
WHERE NOT pg_has_role(o.owner, 'USAGE')
"""
_CONFIGURED = """
SELECT n.nspname, c.relname FROM pg_extension e, unnest(e.extconfig) AS t (oid)
JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT pg_has_role(c.relowner, 'USAGE')
"""
_ROLES = "SELECT rolname, pg_has_role(oid, 'MEMBER') FROM pg_roles"
_SCHEMAS = "SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace"
_DEFAULTS = """
SELECT DISTINCT pg_get_userbyid(defaclrole) FROM pg_default_acl WHERE NOT pg_has_role(defaclrole, 'USAGE')
"""
_SYSTEM = ("pg_catalog", "information_schema")


class Extension(msgspec.Struct, frozen=True):
    """One that is installed in the database."""

    name: str
    schema: str
    owner: str
    is_ours: bool
    is_made: bool


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """The database as a restore finds it, for the current user. `roles` tell whether he is a member."""

    user: str
    is_superuser: bool
    makes_roles: bool
    makes_schemas: bool
    is_owner: bool
    version: int
    roles: dict[str, bool]
    schemas: dict[str, str]
    extensions: tuple[Extension, ...]
    available: dict[str, bool]
    foreign: tuple[tuple[str, str], ...]
    defaults: tuple[str, ...]
    database: DatabaseFacts
    present: Present
    wanted: tuple[str, ...]

    @property
    def later(self) -> tuple[Extension, ...]:
        """The extensions that the backup does not have."""
        return tuple(e for e in self.extensions if e.is_made and e.name not in self.wanted)

    @property
    def gone(self) -> tuple[str, ...]:
        """Those of them that go."""
        return tuple(extension.name for extension in self.later if extension.is_ours)

    def missing(self, surroundings: Surroundings | None) -> tuple[str, ...]:
        """The roles that the backup names, and that are not there."""
        if surroundings is None:
            return ()
        named = {*surroundings.owners, *surroundings.grantees, *surroundings.grantors}
        return tuple(sorted(named - self.roles.keys()))


def situation_of(connection: sa.Connection, listed: str) -> Situation:
    """What is there now; `listed` is the table of contents of the archive."""
    user = _rows(connection, _USER)[0]
    extensions = tuple(Extension(*row) for row in _rows(connection, _EXTENSIONS))
    wanted = extensions_in(listed)
    staying = [e for e in extensions if not e.is_made or e.name in wanted or not e.is_ours]
    return Situation(
        user=user.name,
        is_superuser=user.rolsuper,
        makes_roles=user.makes_roles,
        makes_schemas=user.makes_schemas,
        is_owner=user.is_owner,
        version=user.version,
        roles={str(row[0]): bool(row[1]) for row in _rows(connection, _ROLES)},
        schemas={str(row[0]): str(row[1]) for row in _rows(connection, _SCHEMAS)},
        extensions=extensions,
        available={str(row[0]): bool(row[1]) for row in _rows(connection, _AVAILABLE)},
        foreign=tuple((str(row[0]), str(row[1])) for row in _rows(connection, FOREIGN)),
        defaults=tuple(str(row[0]) for row in _rows(connection, _DEFAULTS)),
        database=database_facts(connection),
        present=_present(connection, staying, is_superuser=user.rolsuper),
        wanted=wanted,
    )


def _present(
    connection: sa.Connection, staying: Sequence[Extension], *, is_superuser: bool
) -> Present:
    members = [] if is_superuser else [(schema, None) for schema in _SYSTEM]
    members += [tuple(row) for row in _rows(connection, _MEMBERS)]
    return Present(
        extensions=[e.name for e in staying],
        foreign_extensions=[e.name for e in staying if not e.is_ours],
        schemas={e.schema for e in staying} - {"public", *_SYSTEM},
        subscriptions=[str(row[0]) for row in _rows(connection, _SUBSCRIPTIONS)],
        members=frozenset(members),
        configured=[tuple(row) for row in _rows(connection, _CONFIGURED)],
    )


def planned(
    found: Situation, manifest: Manifest | None, database: str, *, privileges: bool
) -> Plan:
    """What is in the way, and what will be otherwise; pure."""
    surroundings = manifest.surroundings if manifest else None
    obstacles = [*_undroppable(found), *_extension_obstacles(found)]
    remarks = list(_staying(found))
    if surroundings is not None:
        obstacles += _unmakeable(found, surroundings)
        if privileges:
            obstacles += _unowned(found, surroundings)
            remarks += _ownerless(found, surroundings)
        elif {*surroundings.owners} - {found.user} or surroundings.grantees:
            remarks.append(
                f"owners and rights are left out: everything belongs to {found.user} now"
            )
        is_same = manifest is not None and manifest.database == database
        if (
            is_same
            and not found.is_owner
            and differing(surroundings.database, found.database, privileges=privileges)
        ):
            owner = found.database.owner
            obstacles.append(
                f"the settings or rights of the database itself were others, and {owner} owns it"
            )
    return Plan(tuple(obstacles), tuple(remarks))


def _undroppable(found: Situation) -> Iterator[str]:
    for what, owner in found.foreign:
        yield f"{what} belongs to {owner} and cannot be replaced"
    for role in found.defaults:
        yield f"the default privileges of {role} cannot be replaced"


def _extension_obstacles(found: Situation) -> Iterator[str]:
    there = {extension.name for extension in found.extensions}
    for name in found.wanted:
        if name in there:
            continue
        if name not in found.available:
            yield f"the extension {name} is not installed on the server"
        elif found.available[name] and not found.is_superuser:
            yield f"the extension {name} can only be made by a superuser"


def _staying(found: Situation) -> Iterator[str]:
    for extension in found.later:
        if not extension.is_ours:
            yield f"the extension {extension.name} came later and stays: {extension.owner} owns it"
    for name in found.present.subscriptions:
        yield (
            f"the subscription {name} stays and does not know the restored tables: "
            f'ALTER SUBSCRIPTION "{name}" REFRESH PUBLICATION'
        )


def _unmakeable(found: Situation, surroundings: Surroundings) -> Iterator[str]:
    if found.is_superuser:
        return
    for what in surroundings.superuser:
        yield f"{what} can only be made by a superuser"
    made = {name for name, _ in surroundings.schemas} - {"public"} - {*found.present.schemas}
    if made and not found.makes_schemas:
        yield f"{found.user} may not create the schema {min(made)} in this database"


def _unowned(found: Situation, surroundings: Surroundings) -> Iterator[str]:
    if found.is_superuser:
        return
    for role in surroundings.owners:
        if role in found.roles and not found.roles[role]:
            yield f"what belongs to {role} can only be given back by a member of that role"
    for schema, role in surroundings.guests:
        # pg_restore gives a schema's rights last, and an owner needs that to CREATE in it
        if role != found.user and found.roles.get(role):
            yield f"what belongs to {role} in the schema {schema} can only be given back by a superuser"
    for role in surroundings.grantors:
        if role in found.roles:
            yield f"rights that {role} has given can only be given back by a superuser"
    if not found.makes_roles:
        for role in found.missing(surroundings):
            yield f"the role {role} does not exist: CREATE ROLE {role}"


def _ownerless(found: Situation, surroundings: Surroundings) -> Iterator[str]:
    if not found.makes_roles:
        return
    for role in found.missing(surroundings):
        what = f"; what it owned belongs to {found.user}" if role in surroundings.owners else ""
        yield f"the role {role} does not exist: its rights are not given back{what}"


def _rows(connection: sa.Connection, query: str) -> list[Any]:
    found = connection.exec_driver_sql(query, execution_options={"no_parameters": True})
    return list(found.all())
