"""The verbs of `Migrations`, each on each engine, with what the database itself says afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic_projects import (
    ORDERS,
    USERS,
    alembic_init,
    make_project,
    write_revision,
    write_table_revision,
)
from servers import as_url

from xcore_tools.config import Config, load_config
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import ConfigError, DatabaseError, MigrationError
from xcore_tools.migrate.facade import Migrations
from xcore_tools.migrate.facts import Outcome, State


def tables(url: DatabaseUrl) -> set[str]:
    with connected(url, may_create=True) as connection:
        return set(sa.inspect(connection).get_table_names())


def version(url: DatabaseUrl) -> list[str]:
    with connected(url) as connection:
        return list(connection.scalars(sa.text("SELECT version_num FROM alembic_version")))


@pytest.fixture
def project(tmp_path: Path, database: DatabaseUrl) -> Config:
    return make_project(tmp_path / "project", url=database)


@pytest.fixture
def versions(project: Config) -> Path:
    return project.project / "alembic" / "versions"


def ids(revisions: object) -> list[str]:
    assert isinstance(revisions, tuple)
    return [revision.revision for revision in revisions]


# -- the whole life of a database ---------------------------------------------------------------


def test_from_the_first_revision_to_the_last(project: Config, database: DatabaseUrl) -> None:
    migrations = Migrations(project)
    assert migrations.status().state is State.EMPTY

    first = migrations.generate("the users")
    assert first.operations == ("add_table users",)
    assert (project.project / first.revision.path).is_file()
    assert tables(database) <= {"alembic_version"}
    status = migrations.status()
    assert (status.state, ids(status.pending)) == (State.EMPTY, [first.revision.revision])

    done = migrations.upgrade()
    assert (done.outcome, ids(done.applied)) == (Outcome.DONE, [first.revision.revision])
    assert tables(database) == {"alembic_version", "users"}
    assert migrations.upgrade().outcome is Outcome.NOTHING_TO_DO
    assert migrations.status().is_at_head
    assert migrations.check() == ()

    env = project.project / "alembic" / "env.py"
    env.write_text(env.read_text().replace(USERS, USERS + ORDERS))
    assert migrations.check() == ("add_table orders",)
    second = migrations.generate("the orders", rev_id="orders1")
    assert second.revision.down == (first.revision.revision,)
    status = migrations.status()
    assert (status.state, ids(status.pending)) == (State.BEHIND, ["orders1"])
    assert status.current == (first.revision.revision,)
    migrations.upgrade("orders1")
    assert version(database) == ["orders1"]

    undone = migrations.downgrade("-1")
    assert ids(undone.reverted) == ["orders1"]
    assert tables(database) == {"alembic_version", "users"}
    assert ids(migrations.downgrade("base").reverted) == [first.revision.revision]
    assert tables(database) == {"alembic_version"}
    assert version(database) == []


def test_looking_at_revisions(project: Config, versions: Path, database: DatabaseUrl) -> None:
    write_table_revision(versions, "a1", None)
    write_table_revision(versions, "b2", "a1")
    write_table_revision(versions, "c3", "b2")
    migrations = Migrations(project)
    migrations.upgrade("b2")
    assert ids(migrations.current()) == ["b2"]
    assert migrations.current()[0].message == "make b2"
    assert ids(migrations.heads()) == ["c3"]
    history = migrations.history(indicate_current=True)
    assert ids(history) == ["c3", "b2", "a1"]
    assert [revision.is_current for revision in history] == [False, True, False]
    assert [revision.is_current for revision in migrations.history()] == [None, None, None]
    assert ids(migrations.history("a1:b2")) == ["b2", "a1"]
    assert ids(migrations.history("current:")) == ["c3", "b2"]
    assert ids(migrations.history(":current")) == ["b2", "a1"]
    (shown,) = migrations.show("b2")
    assert shown.text == (versions / "b2_.py").read_text()
    assert shown.revision.path == "alembic/versions/b2_.py"


def test_stamp_and_merge(project: Config, versions: Path, database: DatabaseUrl) -> None:
    write_table_revision(versions, "a1", None)
    write_table_revision(versions, "b2", "a1")
    write_table_revision(versions, "b3", "a1")
    migrations = Migrations(project)
    stamped = migrations.stamp("b2")
    assert (stamped.after, stamped.applied) == (("b2",), ())
    assert tables(database) == {"alembic_version"}
    several = (
        r"^there are several heads: name one .*migrate merge heads`; the database is at b2 now$"
    )
    with pytest.raises(MigrationError, match=several):
        migrations.upgrade()
    with pytest.raises(MigrationError, match=r"^there are several heads: name the one .*--head"):
        migrations.generate("more", empty=True)
    assert "`xcore-tools migrate upgrade heads`" in migrations.status().explanation
    assert migrations.stamp(("b2", "b3"), purge=True).after == ("b2", "b3")
    assert migrations.stamp("b2", purge=True).after == ("b2",)
    with pytest.raises(MigrationError, match=r"^a1 is no head; add --splice"):
        migrations.merge(("a1", "b2"))
    merged = migrations.merge(("heads",), "join", rev_id="m4")
    assert set(merged.down) == {"b2", "b3"}
    done = migrations.upgrade()
    assert ids(done.applied) == ["b3", "m4"]
    assert version(database) == ["m4"]
    assert migrations.stamp("a1", purge=True).after == ("a1",)


def test_statements_instead_of_running_them(project: Config, versions: Path) -> None:
    write_table_revision(versions, "a1", None)
    write_table_revision(versions, "b2", "a1")
    migrations = Migrations(project)
    text = migrations.sql("upgrade", "head")
    assert "CREATE TABLE t_a1" in text
    assert "CREATE TABLE t_b2" in text
    assert "CREATE TABLE t_a1" not in migrations.sql("upgrade", "a1:b2")
    assert "DROP TABLE t_b2" in migrations.sql("downgrade", "b2:a1")
    assert "alembic_version" in migrations.sql("stamp", "head")
    assert "'b2'" in migrations.sql("stamp", ("b2",))


def test_a_revision_of_an_environment_without_a_database(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    ini = tmp_path / "alembic.ini"
    ini.write_text(ini.read_text().replace("[alembic]", "[alembic]\nrevision_environment = true"))
    migrations = Migrations(project, url="postgresql+psycopg://u@127.0.0.1:1/d")
    with pytest.raises(DatabaseError):
        migrations.generate("first", empty=True)
    made = migrations.generate("first", empty=True, sql=True)
    assert (tmp_path / made.revision.path).is_file()


def test_a_backup(project: Config, versions: Path, database: DatabaseUrl) -> None:
    """With the revision that stands in the version table of env.py."""
    env = project.project / "alembic" / "env.py"
    env.write_text(
        env.read_text().replace("context.configure(", "context.configure(version_table='v', ")
    )
    write_table_revision(versions, "a1", None)
    migrations = Migrations(project)
    migrations.upgrade()
    made = migrations.backup()
    assert (made.state, made.revisions) == ("created", ("a1",))
    assert made.manifest is not None
    assert made.manifest.reason == "migration"
    assert {table.name for table in made.manifest.tables} == {"t_a1", "v"}
    assert (project.project / "backups" / made.name).is_file()
    migrations.downgrade("base")
    elsewhere = migrations.backups(project.project / "elsewhere")
    assert (elsewhere.create().revisions, len(elsewhere.list())) == ((), 1)
    migrations.backups().restore(made.name, safety=False)
    assert tables(database) == {"t_a1", "v"}
    assert migrations.status().is_at_head


def test_a_backup_of_nothing(tmp_path: Path) -> None:
    migrations = Migrations(make_project(tmp_path), url=f"sqlite:///{tmp_path}/new.db")
    with pytest.raises(DatabaseError, match=r"new\.db"):
        migrations.backup()
    assert not (tmp_path / "new.db").exists()
    assert migrations.status().state is State.EMPTY


# -- init -------------------------------------------------------------------------------------------


def test_init_creates_every_table_and_stamps_the_head(
    project: Config, versions: Path, database: DatabaseUrl
) -> None:
    write_table_revision(versions, "a1", None)
    migrations = Migrations(project)
    made = migrations.init()
    assert (made.tables, made.stamped) == (("users",), ("a1",))
    assert tables(database) == {"alembic_version", "users"}
    assert version(database) == ["a1"]
    with pytest.raises(MigrationError, match=r"is at revision a1 already; run `xcore-tools"):
        migrations.init()


def test_init_refuses_a_database_with_tables(project: Config, database: DatabaseUrl) -> None:
    with connected(database, may_create=True) as connection:
        connection.execute(sa.text("CREATE TABLE legacy (id INTEGER)"))
        connection.commit()
    migrations = Migrations(project)
    with pytest.raises(MigrationError, match=r"is not empty, it has legacy; with --stamp-existing"):
        migrations.init()
    assert tables(database) - {"alembic_version"} == {"legacy"}
    assert migrations.init(stamp_existing=True).tables == ("users",)
    assert tables(database) >= {"legacy", "users"}


MODELS = """\
import sqlalchemy as sa

forgotten = sa.Table("forgotten", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
"""


def test_init_refuses_a_metadata_that_lacks_a_table_of_the_source(tmp_path: Path) -> None:
    project = make_project(tmp_path, settings={"auto_discover_models": True})
    migrations = Migrations(project, url=f"sqlite:///{tmp_path}/app.db")
    assert migrations.init().tables == ("users",)  # there is no other source yet
    (tmp_path / "app.db").unlink()
    (tmp_path / "models.py").write_text(MODELS)
    with pytest.raises(
        MigrationError, match=r"target_metadata lacks forgotten \(models\.py:3\); run .*sync-env"
    ):
        migrations.init()
    assert tables(as_url(f"sqlite:///{tmp_path}/app.db")) == set()
    (tmp_path / "models.py").write_text(MODELS.replace("forgotten", "users"))
    assert migrations.init().tables == ("users",)


def test_init_where_there_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    settings: dict[str, object] = {
        "auto_discover_models": True,
        "automigration": {"models": ["models"]},
    }
    project = make_project(tmp_path, settings=settings)
    assert Migrations(project, url=f"sqlite:///{tmp_path}/app.db").init().tables == ("users",)


def test_init_without_any_metadata(tmp_path: Path) -> None:
    alembic_init(tmp_path)
    migrations = Migrations(Config(project=tmp_path), url=f"sqlite:///{tmp_path}/app.db")
    with pytest.raises(MigrationError, match=r"^env\.py has no target_metadata; run .*sync-env`$"):
        migrations.init()


# -- states -----------------------------------------------------------------------------------------


def test_a_database_with_tables_but_no_revision(project: Config, database: DatabaseUrl) -> None:
    with connected(database, may_create=True) as connection:
        connection.execute(sa.text("CREATE TABLE legacy (id INTEGER)"))
        connection.commit()
    status = Migrations(project).status()
    assert status.state is State.UNVERSIONED
    assert "migrate stamp REVISION" in status.explanation


def test_a_database_of_newer_code(project: Config, versions: Path, database: DatabaseUrl) -> None:
    write_table_revision(versions, "a1", None)
    newer = write_table_revision(versions, "b2", "a1")
    migrations = Migrations(project)
    migrations.upgrade()
    newer.unlink()
    status = migrations.status()
    assert (status.state, status.current) == (State.AHEAD_UNKNOWN, ("b2",))
    assert "the database is at b2, which no revision file defines" in status.explanation
    assert ids(migrations.current()) == ["b2"]
    with pytest.raises(MigrationError, match="Can't locate revision identified by 'b2'; no file"):
        migrations.upgrade()
    write_table_revision(versions, "b3", "a1")
    migrations.stamp("b3", purge=True)
    with connected(database) as connection:
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('zz')"))
        connection.commit()
    assert migrations.status().state is State.DIVERGED


def test_pending_counts_branches_dependencies_and_all_heads(
    project: Config, versions: Path, database: DatabaseUrl
) -> None:
    write_table_revision(versions, "a1", None)
    write_table_revision(versions, "a2", "a1")
    write_table_revision(versions, "b1", None, branch_labels=("other",))
    write_table_revision(versions, "b2", "b1", depends_on="a2")
    migrations = Migrations(project)
    migrations.upgrade("a1")
    status = migrations.status()
    assert (status.state, status.heads) == (State.BEHIND, ("a2", "b2"))
    assert sorted(ids(status.pending)) == ["a2", "b1", "b2"]
    assert sorted(ids(migrations.heads())) == ["a2", "b2"]
    assert ids(migrations.heads(resolve_dependencies=True)) == ["b2"]
    done = migrations.upgrade("other@head")
    assert sorted(ids(done.applied)) == ["a2", "b1", "b2"]
    assert migrations.status().is_at_head


@pytest.mark.parametrize(
    "text",
    [
        "postgresql+psycopg://u:s3cr3t-word@127.0.0.1:1/d",
        "mysql+pymysql://u:s3cr3t-word@127.0.0.1:1/d",
    ],
)
def test_a_server_that_does_not_answer_is_a_status(tmp_path: Path, text: str) -> None:
    migrations = Migrations(make_project(tmp_path), url=text)
    status = migrations.status()
    assert (status.is_reachable, status.state) == (False, None)
    assert "127.0.0.1" in status.explanation
    assert "s3cr3t" not in str(status)
    with pytest.raises(DatabaseError):
        migrations.current()
    with pytest.raises(DatabaseError):
        migrations.upgrade()


def test_a_status_does_not_make_the_file(tmp_path: Path) -> None:
    status = Migrations(make_project(tmp_path), url=f"sqlite:///{tmp_path}/new.db").status()
    assert status.state is State.EMPTY
    assert not (tmp_path / "new.db").exists()


# -- which database ---------------------------------------------------------------------------------


def test_env_py_with_a_database_of_its_own_is_found_out(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    env = tmp_path / "alembic" / "env.py"
    env.write_text(
        env.read_text().replace(
            "target_metadata = metadata",
            "target_metadata = metadata\n"
            f"config.set_main_option('sqlalchemy.url', 'sqlite:///{tmp_path}/theirs.db')",
        )
    )
    with pytest.raises(ConfigError) as caught:
        Migrations(project, url=f"sqlite:///{tmp_path}/ours.db").upgrade()
    assert f"env.py connects to sqlite:///{tmp_path}/theirs.db, but --url names" in str(
        caught.value
    )
    status = Migrations(project).status()
    assert status.url == f"sqlite:///{tmp_path}/theirs.db"
    ini = tmp_path / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", "sqlite:///x.db"))
    assert Migrations(project).upgrade().url == f"sqlite:///{tmp_path}/theirs.db"
    assert not (tmp_path / "x.db").exists()


def test_the_version_table_of_env_py_is_the_one_that_counts(
    project: Config, versions: Path, database: DatabaseUrl
) -> None:
    env = project.project / "alembic" / "env.py"
    env.write_text(
        env.read_text().replace("context.configure(", "context.configure(version_table='v', ")
    )
    write_table_revision(versions, "a1", None)
    migrations = Migrations(project)
    migrations.upgrade()
    assert tables(database) == {"v", "t_a1"}
    assert migrations.status().is_at_head


def test_several_databases_in_one_env_py(tmp_path: Path) -> None:
    """Alembic's template multidb: pending is what any of them lacks."""
    alembic_init(tmp_path, "multidb")
    one, two = (as_url(f"sqlite:///{tmp_path}/{name}.db") for name in ("one", "two"))
    ini = tmp_path / "alembic.ini"
    ini.write_text(
        ini.read_text()
        .replace("driver://user:pass@localhost/dbname2", str(two))
        .replace("driver://user:pass@localhost/dbname", str(one))
    )
    migrations = Migrations(Config(project=tmp_path))
    made = migrations.generate("first", empty=True).revision
    path = tmp_path / made.path
    path.write_text(
        path.read_text()
        + "\n\ndef upgrade_engine1():\n    op.execute('CREATE TABLE one (id INTEGER)')\n"
        + "\n\ndef upgrade_engine2():\n    op.execute('CREATE TABLE two (id INTEGER)')\n"
    )
    status = migrations.status()
    assert (status.state, status.url) == (State.EMPTY, f"{one}, {two}")
    with pytest.raises(MigrationError, match=r"env\.py connects to 2 databases; name one with"):
        migrations.backup()
    assert ids(migrations.upgrade().applied) == [made.revision]
    assert migrations.status().is_at_head
    assert (tables(one), tables(two)) == ({"alembic_version", "one"}, {"alembic_version", "two"})
    with connected(two) as connection:
        connection.execute(sa.text("DELETE FROM alembic_version"))
        connection.commit()
    assert ids(migrations.status().pending) == [made.revision]


# -- failures ---------------------------------------------------------------------------------------


def test_a_failing_revision_is_named_with_its_line(
    project: Config, versions: Path, database: DatabaseUrl
) -> None:
    write_table_revision(versions, "a1", None)
    write_revision(versions, "b2", "a1", "op.execute('SELECT nonsense')")
    with pytest.raises(MigrationError) as caught:
        Migrations(project).upgrade()
    message = str(caught.value)
    assert "alembic/versions/b2_.py:10: " in message
    assert "[SELECT nonsense]" in message
    assert message.endswith("the database is at no revision now")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "import nothing_of_the_kind",
            "ModuleNotFoundError: No module named 'nothing_of_the_kind'",
        ),
        ("raise KeyError('x')", "KeyError: 'x'"),
        ("raise ValueError", "ValueError"),
        ("import sys; sys.exit(3)", "env.py or a revision ended the program: exit(3)"),
        ("x = (", "SyntaxError: '(' was never closed"),
    ],
)
def test_an_env_py_that_fails(tmp_path: Path, code: str, message: str) -> None:
    project = make_project(tmp_path, tables=f"{USERS}\n{code}")
    with pytest.raises(MigrationError) as caught:
        Migrations(project, url=f"sqlite:///{tmp_path}/app.db").check()
    assert message in str(caught.value)
    if "exit" not in code:
        assert "alembic/env.py:" in str(caught.value)


def test_a_project_without_alembic(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"migration": {"url": "sqlite:///app.db"}}')
    migrations = Migrations(Config(project=tmp_path), url=f"sqlite:///{tmp_path}/app.db")
    with pytest.raises(MigrationError, match=r"No 'script_location' key found .*xcore-tools init"):
        migrations.heads()


def test_a_url_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--url"):
        Migrations(make_project(tmp_path), url="nonsense")


def test_a_refusal_of_alembic_without_a_remedy_is_told_as_it_is(tmp_path: Path) -> None:
    migrations = Migrations(make_project(tmp_path), url=f"sqlite:///{tmp_path}/app.db")
    with pytest.raises(MigrationError, match=r"^downgrade with --sql requires <fromrev>:<torev>$"):
        migrations.sql("downgrade", "base")


def test_a_failure_that_no_code_of_the_project_is_part_of(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    ini = tmp_path / "alembic.ini"
    ini.write_text(ini.read_text().replace("[alembic]", "[alembic]\ntruncate_slug_length = x"))
    with pytest.raises(MigrationError, match=r"^ValueError: invalid literal for int"):
        Migrations(project, url=f"sqlite:///{tmp_path}/app.db").heads()


@pytest.mark.parametrize("verb", ["status", "heads", "upgrade"])
def test_a_directory_of_alembic_that_does_not_exist(tmp_path: Path, verb: str) -> None:
    (tmp_path / "config.json").write_text('{"migration": {"alembic_config": "no/alembic.ini"}}')
    migrations = Migrations(
        load_config(tmp_path / "config.json"), url=f"sqlite:///{tmp_path}/app.db"
    )
    with pytest.raises(ConfigError) as caught:
        getattr(migrations, verb)()
    assert str(caught.value) == (
        f"{tmp_path}/no/alembic.ini: its directory does not exist; correct "
        f"migration.alembic_config in {tmp_path}/config.json, or run `xcore-tools init`"
    )
    assert not (tmp_path / "app.db").exists()
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("line", ["sqlalchemy.url = driver://user:pass@localhost/dbname", ""])
def test_a_project_without_any_url(tmp_path: Path, line: str) -> None:
    project = make_project(tmp_path)
    ini = tmp_path / "alembic.ini"
    placeholder = "sqlalchemy.url = driver://user:pass@localhost/dbname"
    assert placeholder in ini.read_text()
    ini.write_text(ini.read_text().replace(placeholder, line))
    with pytest.raises(ConfigError, match=r"^no database URL: give --url, set XCORE_TOOLS"):
        Migrations(project).check()


@pytest.mark.parametrize(
    ("verb", "argument", "message"),
    [
        ("upgrade", "+5", "there are not that many revisions in this direction"),
        ("downgrade", "-5", "there are not that many revisions in this direction"),
        ("upgrade", "zz", "Can't locate revision identified by 'zz'; no file defines it"),
        ("history", "nonsense", "nonsense: not a range; write for example base:head"),
    ],
)
def test_wrong_revisions(tmp_path: Path, verb: str, argument: str, message: str) -> None:
    project = make_project(tmp_path)
    write_table_revision(tmp_path / "alembic" / "versions", "a1", None)
    migrations = Migrations(project, url=f"sqlite:///{tmp_path}/app.db")
    with pytest.raises(MigrationError) as caught:
        getattr(migrations, verb)(argument)
    assert message in str(caught.value)


def test_generating_on_a_database_that_is_behind(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    write_table_revision(tmp_path / "alembic" / "versions", "a1", None)
    migrations = Migrations(project, url=f"sqlite:///{tmp_path}/app.db")
    with pytest.raises(MigrationError, match=r"not up to date; run `xcore-tools migrate upgrade`"):
        migrations.generate("more")
    assert migrations.generate("more", empty=True).operations == ()
