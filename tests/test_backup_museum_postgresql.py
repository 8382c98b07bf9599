"""As it was: a PostgreSQL database with one of everything is the same after a restore.

The oracles are `pg_dump --create`, with owners and rights, and the catalogs.
"""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from museum_postgresql import EXHIBITS, script
from servers import fresh_database

from xcore_tools import BackupManager
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl

# What pg_dump leaves to the catalogs, or says in another way. Names, since oids are others.
CATALOGS = [
    "SELECT n.nspname, pg_get_userbyid(nspowner), nspacl::text FROM pg_namespace n WHERE nspname !~"
    " '^pg_(toast|temp)'",
    "SELECT oid::regclass::text, relkind, pg_get_userbyid(relowner), coalesce(relacl, acldefault(CASE"
    " relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner))::text, reloptions, relrowsecurity,"
    " relreplident, relpersistence FROM pg_class WHERE relname !~ '^pg_toast'",
    "SELECT attrelid::regclass::text, attname, attacl::text, attstattarget, attcompression"
    " FROM pg_attribute WHERE attnum > 0 AND attrelid::regclass::text !~ 'pg_toast'",
    "SELECT oid::regprocedure::text, pg_get_userbyid(proowner), coalesce(proacl, acldefault('f',"
    " proowner))::text, proconfig, prosecdef, proleakproof FROM pg_proc",
    "SELECT oid::regtype::text, typtype, pg_get_userbyid(typowner), coalesce(typacl, acldefault('T',"
    " typowner))::text FROM pg_type WHERE oid::regtype::text !~ 'pg_toast'",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint",
    "SELECT schemaname, sequencename, last_value, start_value, increment_by, cycle, cache_size FROM pg_sequences",
    "SELECT pg_get_userbyid(defaclrole), defaclnamespace::regnamespace::text, defaclobjtype,"
    " defaclacl::text FROM pg_default_acl",
    "SELECT extname, extversion, extnamespace::regnamespace::text, pg_get_userbyid(extowner) FROM pg_extension",
    "SELECT evtname, evtevent, evtenabled, pg_get_userbyid(evtowner) FROM pg_event_trigger",
    "SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT"
    " tgisinternal",
    "SELECT stxname, pg_get_statisticsobjdef(oid), stxstattarget, pg_get_userbyid(stxowner) FROM pg_statistic_ext",
    "SELECT pubname, puballtables, pubinsert, pg_get_userbyid(pubowner) FROM pg_publication",
    "SELECT * FROM pg_publication_tables",
    "SELECT oid, pg_get_userbyid(lomowner), lomacl::text, md5(lo_get(oid)) FROM pg_largeobject_metadata",
    "SELECT lanname, pg_get_userbyid(lanowner), lanacl::text FROM pg_language",
    "SELECT srvname, srvacl::text, srvoptions, pg_get_userbyid(srvowner) FROM pg_foreign_server",
    "SELECT usename, srvname, (SELECT array_agg(o ORDER BY o) FROM unnest(umoptions) o) FROM pg_user_mappings",
    "SELECT collname, collprovider, collcollate, colliculocale, pg_get_userbyid(collowner) FROM pg_collation"
    " WHERE oid >= 16384",
    "SELECT pg_describe_object(classoid, objoid, objsubid), description FROM pg_description WHERE objoid >= 16384",
    "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'public'",
    "SELECT objtype, objname, provider, label FROM pg_seclabels",
    "SELECT pg_get_userbyid(datdba), datacl::text, datconnlimit, shobj_description(oid, 'pg_database')"
    " FROM pg_database WHERE datname = current_database()",
    "SELECT setrole::regrole::text, setconfig FROM pg_db_role_setting s JOIN pg_database d"
    " ON d.oid = s.setdatabase WHERE datname = current_database()",
    "SELECT relname, ispopulated FROM pg_matviews m JOIN pg_class c ON c.relname = m.matviewname",
]


def as_it_is(url: DatabaseUrl) -> list[str]:
    """Everything, in lines; the order of rights in a list of them means nothing."""
    parts = url.sqlalchemy
    command = [
        "pg_dump",
        "--create",
        f"--host={parts.host}",
        f"--port={parts.port}",
        f"--username={parts.username}",
    ]
    done = subprocess.run(
        [*command, str(parts.database)], capture_output=True, text=True, check=True
    )
    lines = [
        line
        for line in done.stdout.splitlines()
        if not line.startswith(("\\restrict", "\\unrestrict"))
    ]
    with connected(url) as connection:
        connection.exec_driver_sql("SET search_path = ''")
        for query in CATALOGS:
            rows = connection.execution_options(no_parameters=True).exec_driver_sql(query).all()
            lines += sorted(f"{query[:60]}: {[_sorted(value) for value in row]}" for row in rows)
    return lines


def _sorted(value: object) -> object:
    is_acl = isinstance(value, str) and value.startswith("{") and "=" in value
    return sorted(value.strip("{}").split(",")) if is_acl and isinstance(value, str) else value


@contextmanager
def roles(url: DatabaseUrl) -> Iterator[tuple[str, str]]:
    """An owner and a reader."""
    token = uuid.uuid4().hex[:8]
    names = (f"museum_owner_{token}", f"museum_reader_{token}")
    try:
        for name in names:
            run(url, f"CREATE ROLE {name}")
        yield names
    finally:
        for name in names:
            run(url, f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")


def run(url: DatabaseUrl, text: str) -> None:
    with connected(url, isolation_level="AUTOCOMMIT") as connection:
        connection.execution_options(no_parameters=True).exec_driver_sql(text)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[DatabaseUrl]:
    with fresh_database("postgresql", tmp_path) as database:
        yield database


def come_and_go(url: DatabaseUrl, directory: Path, names: list[str]) -> None:
    """Make these, back them up, make others like them, spoil what was there, and restore."""
    database = str(url.sqlalchemy.database)
    with roles(url) as (owner, reader):

        def told(text: str, x: str) -> str:
            return script(text, x, owner=owner, reader=reader, database=database)

        for name in names:
            run(url, told(EXHIBITS[name].make, "a"))
        before = as_it_is(url)
        manager = BackupManager(url, directory)
        backup = manager.create()
        assert manager.verify(backup.name, drill=True).problem == ""
        assert as_it_is(url) == before, "a check changes nothing"
        for name in names:
            run(url, told(EXHIBITS[name].spoil, "a"))
            run(url, told(EXHIBITS[name].make, "b"))
        assert as_it_is(url) != before
        restored = manager.restore(backup.name, safety=False)
        assert as_it_is(url) == before
        assert restored.remarks == ()
        manager.restore(backup.name, safety=False)
        assert as_it_is(url) == before, "again, where nothing had changed"


def test_the_whole_museum(url: DatabaseUrl, tmp_path: Path) -> None:
    assert len(EXHIBITS) >= 60
    come_and_go(url, tmp_path / "backups", list(EXHIBITS))


@pytest.mark.slow
@pytest.mark.parametrize("name", EXHIBITS)
def test_each_alone(url: DatabaseUrl, tmp_path: Path, name: str) -> None:
    come_and_go(url, tmp_path / "backups", [name])
