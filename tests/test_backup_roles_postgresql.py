"""Who may restore a PostgreSQL database: each act works, or it refuses before it begins.

Roles are real ones; the oracle is what the server lets them do, and `pg_dump` before and after.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic_projects import make_project, write_revision
from servers import fresh_database
from test_backup_museum_postgresql import as_it_is, run

from xcore_tools import BackupManager
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import BackupError, XcoreToolsError
from xcore_tools.migrate.facade import Migrations
from xcore_tools.migrate.guard.safety import Safety

TABLE = "CREATE TABLE things (n integer PRIMARY KEY); INSERT INTO things VALUES (1), (2)"


@contextmanager
def role(url: DatabaseUrl, options: str = "") -> Iterator[str]:
    """A new role that can log in."""
    name = f"backup_role_{uuid.uuid4().hex[:8]}"
    run(url, f"CREATE ROLE {name} LOGIN {options}")
    try:
        yield name
    finally:
        exists = f"SELECT FROM pg_roles WHERE rolname = '{name}'"
        with connected(url) as connection:
            is_there = connection.exec_driver_sql(exists).first() is not None
        if is_there:
            on = url.sqlalchemy.database
            run(
                url,
                f"ALTER DATABASE {on} OWNER TO CURRENT_USER; REASSIGN OWNED BY {name} TO CURRENT_USER",
            )
            run(url, f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[DatabaseUrl]:
    with fresh_database("postgresql", tmp_path) as database:
        yield database


def as_role(url: DatabaseUrl, name: str) -> DatabaseUrl:
    return DatabaseUrl(url.sqlalchemy.set(username=name), "test")


def owned_by(url: DatabaseUrl, name: str) -> DatabaseUrl:
    run(url, f"ALTER DATABASE {url.sqlalchemy.database} OWNER TO {name}")
    return as_role(url, name)


def rows(url: DatabaseUrl, table: str = "things") -> int:
    with connected(url) as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() or 0)


def refused(manager: BackupManager, name: str, superuser: DatabaseUrl, **options: bool) -> str:
    """What a restore says that refuses, and has changed nothing."""
    before = as_it_is(superuser)
    backups = manager.list()
    with pytest.raises(BackupError) as caught:
        manager.restore(name, **options)  # type: ignore[arg-type]
    assert as_it_is(superuser) == before
    assert manager.list() == backups, "refused before a backup of the present state was taken"
    text = str(caught.value)
    assert "Nothing was changed" in text
    return text


# -- the owner of the database ----------------------------------------------------------------------


def test_the_owner_restores_with_rights(url: DatabaseUrl, tmp_path: Path) -> None:
    with role(url) as reader, role(url, "CREATEDB") as owner:
        own = owned_by(url, owner)
        run(
            own,
            f"{TABLE}; GRANT SELECT ON things TO {reader}; CREATE SCHEMA shop; CREATE TABLE shop.t (n integer)",
        )
        run(own, "REVOKE USAGE ON SCHEMA public FROM PUBLIC; COMMENT ON SCHEMA public IS 'ours'")
        run(
            own,
            f"ALTER DATABASE {url.name} SET work_mem = '7MB'; REVOKE CONNECT ON DATABASE {url.name} FROM PUBLIC",
        )
        before = as_it_is(url)
        manager = BackupManager(own, tmp_path / "backups")
        backup = manager.create()
        assert manager.verify(backup.name, drill=True).problem == ""
        run(
            own,
            f"DROP SCHEMA shop CASCADE; REVOKE ALL ON things FROM {reader}; DELETE FROM things WHERE n = 1",
        )
        run(own, f"ALTER DATABASE {url.name} RESET work_mem; GRANT ALL ON SCHEMA public TO PUBLIC")
        restored = manager.restore(backup.name, safety=False)
        assert as_it_is(url) == before
        assert restored.remarks == ()


def test_extensions_of_others_stay(url: DatabaseUrl, tmp_path: Path) -> None:
    """One that takes a superuser to be made: it is neither dropped nor made."""
    with role(url, "CREATEDB") as owner:
        run(url, "CREATE EXTENSION pg_stat_statements; CREATE EXTENSION citext")
        own = owned_by(url, owner)
        run(own, "CREATE TABLE things (n citext); INSERT INTO things VALUES ('a'), ('b')")
        before = as_it_is(url)
        manager = BackupManager(own, tmp_path / "backups")
        backup = manager.create()
        run(own, "DELETE FROM things WHERE n = 'A'")
        run(url, "CREATE EXTENSION hstore")
        restored = manager.restore(backup.name, safety=False)
        assert rows(own) == 2
        assert restored.remarks == ("the extension hstore came later and stays: postgres owns it",)
        run(url, "DROP EXTENSION hstore")
        assert as_it_is(url) == before
        run(url, "DROP EXTENSION pg_stat_statements")
        text = refused(manager, backup.name, url)
        assert "the extension pg_stat_statements can only be made by a superuser" in text
        problem = manager.verify(backup.name, drill=True).problem
        assert "pg_stat_statements" in problem, "verify says ok only if a restore would work"
        assert manager.list()[0].state != "damaged", "the backup is not at fault"


def test_things_of_others_are_in_the_way(url: DatabaseUrl, tmp_path: Path) -> None:
    with role(url, "CREATEDB") as owner, role(url) as other:
        own = owned_by(url, owner)
        run(own, f"{TABLE}; CREATE SCHEMA shop; GRANT ALL ON SCHEMA shop TO {other}")
        manager = BackupManager(own, tmp_path / "backups")
        backup = manager.create()
        run(as_role(url, other), "CREATE TABLE shop.theirs (n integer)")
        manager.restore(backup.name, safety=False)  # who owns a schema may drop what is in it
        run(url, f"CREATE SCHEMA far AUTHORIZATION {other}; CREATE VIEW far.v AS SELECT 1 AS n")
        text = refused(manager, backup.name, url)
        assert f"schema far belongs to {other} and cannot be replaced" in text
        assert "view far.v belongs to postgres" in text


def test_owners_that_this_role_is_no_member_of(url: DatabaseUrl, tmp_path: Path) -> None:
    with role(url, "CREATEDB") as owner, role(url) as other:
        own = owned_by(url, owner)
        run(own, TABLE)
        run(url, f"ALTER TABLE things OWNER TO {other}; GRANT SELECT ON things TO {owner}")
        manager = BackupManager(own, tmp_path / "backups")
        backup = manager.create()
        text = refused(manager, backup.name, url)
        assert f"what belongs to {other} can only be given back by a member of that role" in text
        assert "--without privileges leaves owners and rights out" in text
        run(own, "DROP TABLE things")
        restored = manager.restore(backup.name, safety=False, privileges=False)
        assert rows(own) == 2
        assert restored.remarks == (
            f"owners and rights are left out: everything belongs to {owner} now",
        )
        run(url, f"GRANT {other} TO {owner}; GRANT CREATE ON SCHEMA public TO {other}")
        text = refused(manager, backup.name, url)
        assert (
            f"what belongs to {other} in the schema public can only be given back by a super"
            in text
        )
        BackupManager(url, manager.directory).restore(backup.name, safety=False)
        run(as_role(url, other), "ALTER TABLE things ADD COLUMN m integer")


def test_the_schema_of_a_role_that_this_one_is_a_member_of(
    url: DatabaseUrl, tmp_path: Path
) -> None:
    with role(url, "CREATEDB") as owner, role(url) as other:
        own = owned_by(url, owner)
        run(url, f"GRANT {other} TO {owner}; CREATE SCHEMA shop AUTHORIZATION {other}")
        run(as_role(url, other), "CREATE TABLE shop.things (n integer)")
        before = as_it_is(url)
        manager = BackupManager(own, tmp_path / "backups")
        backup = manager.create()
        run(url, "DROP TABLE shop.things")
        manager.restore(backup.name, safety=False)
        assert as_it_is(url) == before


def test_what_only_a_superuser_can_make(url: DatabaseUrl, tmp_path: Path) -> None:
    run(url, TABLE)
    run(url, "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'")
    run(url, "CREATE EVENT TRIGGER ddl ON ddl_command_end EXECUTE FUNCTION f()")
    backup = BackupManager(url, tmp_path / "backups").create()
    with role(url, "CREATEDB") as owner:
        own = owned_by(url, owner)
        run(url, "DROP EVENT TRIGGER ddl; DROP FUNCTION f(); DROP TABLE things")
        text = refused(BackupManager(own, tmp_path / "backups"), backup.name, url)
        assert "event trigger ddl can only be made by a superuser" in text


# -- others -----------------------------------------------------------------------------------------


def test_a_role_with_rights_that_owns_nothing(url: DatabaseUrl, tmp_path: Path) -> None:
    run(url, TABLE)
    with role(url, "CREATEDB") as guest:
        run(
            url,
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {guest}; GRANT ALL ON SCHEMA public TO {guest}",
        )
        manager = BackupManager(as_role(url, guest), tmp_path / "backups")
        backup = manager.create()
        assert re.search(r"table things belongs to postgres", refused(manager, backup.name, url))
        refused(manager, backup.name, url, privileges=False)


def test_a_role_that_may_make_no_database(url: DatabaseUrl, tmp_path: Path) -> None:
    """It backs up and restores; a drill needs a database, and says so without blaming the backup."""
    with role(url) as owner:
        own = owned_by(url, owner)
        run(own, TABLE)
        manager = BackupManager(own, tmp_path / "backups")
        backup = manager.create()
        problem = manager.verify(backup.name, drill=True).problem
        assert f"ALTER ROLE {owner} CREATEDB" in problem
        assert manager.list()[0].state == "created"
        run(own, "DELETE FROM things")
        manager.restore(backup.name)
        assert rows(own) == 2


def test_a_superuser_and_roles_that_are_gone(url: DatabaseUrl, tmp_path: Path) -> None:
    """What names them comes back without them: nothing is left of the roles, either."""
    with role(url) as owner, role(url) as reader:
        run(
            url, f"{TABLE}; ALTER TABLE things OWNER TO {owner}; GRANT SELECT ON things TO {reader}"
        )
        run(url, f"CREATE TABLE rows (n integer); CREATE POLICY p ON rows TO {reader} USING (true)")
        run(url, f"CREATE POLICY q ON rows TO {reader}, postgres USING (n > 1)")
        manager = BackupManager(url, tmp_path / "backups")
        backup = manager.create()
        run(url, f"DROP OWNED BY {owner}, {reader}; DROP ROLE {owner}; DROP ROLE {reader}")
        restored = manager.restore(backup.name, safety=False)
        assert rows(url) == 2
        assert sorted(restored.remarks) == sorted(
            [
                f"the role {owner} does not exist: its rights are not given back; what it owned belongs to postgres",
                f"the role {reader} does not exist: its rights are not given back",
            ]
        )
        with connected(url) as connection:
            found = connection.exec_driver_sql(
                "SELECT tableowner, (SELECT relacl FROM pg_class WHERE relname = 'things')::text, "
                "(SELECT count(*) FROM pg_roles WHERE rolname LIKE 'backup_role_%%') FROM pg_tables "
                "WHERE tablename = 'things'"
            ).one()
            assert found[0] == "postgres"
            assert "backup_role" not in str(found[1])
            policies = connection.exec_driver_sql(
                "SELECT policyname FROM pg_policies ORDER BY 1"
            ).scalars()
            assert list(policies) == ["q"]


def test_a_role_that_is_gone_and_cannot_be_made(url: DatabaseUrl, tmp_path: Path) -> None:
    with role(url, "CREATEDB") as owner, role(url) as reader:
        own = owned_by(url, owner)
        run(own, f"{TABLE}; GRANT SELECT ON things TO {reader}")
        manager = BackupManager(own, tmp_path / "backups")
        backup = manager.create()
        run(url, f"DROP OWNED BY {reader}; DROP ROLE {reader}")
        text = refused(manager, backup.name, url)
        assert f"the role {reader} does not exist: CREATE ROLE {reader}" in text
        manager.restore(backup.name, safety=False, privileges=False)
        assert rows(own) == 2


def test_a_drill_reaches_nothing_but_its_scratch_database(url: DatabaseUrl, tmp_path: Path) -> None:
    """A view is filled while it is restored: it says who the query ran as."""
    run(url, "CREATE FUNCTION who() RETURNS text LANGUAGE sql AS 'SELECT current_user::text'")
    run(
        url,
        "CREATE FUNCTION super() RETURNS boolean LANGUAGE sql AS "
        "'SELECT 1 / (CASE WHEN rolsuper THEN 0 ELSE 1 END) = 1 FROM pg_roles WHERE rolname = current_user'",
    )
    run(url, "CREATE MATERIALIZED VIEW v AS SELECT who() AS name WITH NO DATA")
    manager = BackupManager(url, tmp_path / "backups")
    assert manager.verify(manager.create().name, drill=True).problem == ""
    run(url, "CREATE TABLE t (n integer, CHECK (super()))")
    run(url, "ALTER TABLE t DISABLE TRIGGER ALL; INSERT INTO t SELECT 1 WHERE false")
    assert manager.verify(manager.create().name, drill=True).problem == ""


def test_a_subscription_stays(url: DatabaseUrl, tmp_path: Path) -> None:
    run(url, TABLE)
    connection = (
        "CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE)"
    )
    run(url, f"CREATE SUBSCRIPTION far_things {connection}")
    try:
        before = as_it_is(url)
        manager = BackupManager(url, tmp_path / "backups")
        backup = manager.create()
        assert manager.verify(backup.name, drill=True).problem == ""
        with manager.copied() as copy:
            assert rows(copy) == 2
        run(url, "DELETE FROM things")
        restored = manager.restore(backup.name, safety=False)
        assert as_it_is(url) == before
        (remark,) = restored.remarks
        assert 'ALTER SUBSCRIPTION "far_things" REFRESH PUBLICATION' in remark
    finally:
        run(url, "DROP SUBSCRIPTION far_things")


def test_nothing_is_migrated_that_could_not_be_undone(url: DatabaseUrl, tmp_path: Path) -> None:
    """A failure is to be undone by a restore, which this role could not do."""
    with role(url, "CREATEDB") as owner:
        own = owned_by(url, owner)
        run(url, "CREATE TABLE theirs (n integer); ALTER SCHEMA public OWNER TO CURRENT_USER")
        run(url, f"GRANT ALL ON SCHEMA public TO {owner}; GRANT SELECT ON theirs TO {owner}")
        project = make_project(tmp_path / "project", url=own)
        versions = project.project / "alembic" / "versions"
        write_revision(versions, "a1", None, "op.create_table('made', sa.Column('n', sa.Integer))")
        migrations = Migrations(project)
        with pytest.raises(BackupError) as caught:
            migrations.upgrade(safety=Safety(backup=True, restore_on_failure=True))
        assert "nothing was migrated, since a failure could not be undone" in str(caught.value)
        assert "table theirs belongs to postgres" in str(caught.value)
        assert migrations.status().current == ()
        assert migrations.upgrade(safety=Safety(backup=True)).after == ("a1",)


def test_without_a_manifest(url: DatabaseUrl, tmp_path: Path) -> None:
    """A dump that pg_dump alone has written is restored with owners and rights."""
    with role(url) as owner:
        run(url, f"{TABLE}; ALTER TABLE things OWNER TO {owner}")
        before = as_it_is(url)
        manager = BackupManager(url, tmp_path / "backups")
        backup = manager.create()
        plain = tmp_path / "plain.dump"
        plain.write_bytes((manager.directory / backup.name).read_bytes())
        run(url, "DROP TABLE things")
        manager.restore(plain, safety=False)
        assert as_it_is(url) == before
        with pytest.raises(XcoreToolsError):
            manager.restore(tmp_path / "nothing.dump")
        run(
            url,
            f"REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}; DROP ROLE {owner}",
        )
        now = as_it_is(url)
        with pytest.raises(BackupError, match="does not exist; --without privileges leaves owners"):
            manager.restore(plain, safety=False)
        assert as_it_is(url) == now
        manager.restore(plain, safety=False, privileges=False)
        assert rows(url) == 2
