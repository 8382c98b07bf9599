"""`db diff @migrations`: what the revisions make of an empty database, and nothing else touched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic_projects import make_project, write_revision
from servers import SERVERS_ARE_SLOW, fresh_database

from xcore_tools.cli import main
from xcore_tools.config import Config
from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import MigrationError
from xcore_tools.migrate.autogenerate.replay import replayed
from xcore_tools.migrate.facade import Migrations

Output = pytest.CaptureFixture[str]

MODELS = """\
from sqlalchemy import *
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
"""
USERS = """\
op.create_table(
    'users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(50), nullable=False)
)
"""


@pytest.fixture(params=SERVERS_ARE_SLOW)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseUrl]:
    with fresh_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def project(tmp_path: Path, database: DatabaseUrl, monkeypatch: pytest.MonkeyPatch) -> Config:
    for name in ("DATABASE_URL", "XCORE_TOOLS_DATABASE_URL", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    made = make_project(tmp_path / "project", url=database)
    write_revision(made.project / "alembic" / "versions", "a1", None, USERS)
    (made.project / "models.py").write_text(MODELS)
    monkeypatch.chdir(made.project)
    return made


def on_the_server(url: DatabaseUrl) -> list[str]:
    if url.sqlite_path:
        return sorted(path.name for path in url.sqlite_path.parent.iterdir())
    query = "SHOW DATABASES" if url.engine_name == "mysql" else "SELECT datname FROM pg_database"
    with connected(url) as connection:
        return [name for name in connection.scalars(sa.text(query)) if name.startswith(url.name)]


def test_the_source_against_the_revisions(
    project: Config, database: DatabaseUrl, capsys: Output
) -> None:
    before = on_the_server(database)
    assert main(["db", "diff", "@source", "@migrations"]) == 0, capsys.readouterr()
    versions = project.project / "alembic" / "versions"
    write_revision(versions, "b2", "a1", "op.add_column('users', sa.Column('age', sa.Integer))")
    capsys.readouterr()
    assert main(["db", "diff", "@source", "@migrations", "--format", "json"]) == 1
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert (difference["table"], difference["name"]) == ("users", "age")
    assert on_the_server(database) == before


def test_the_database_is_behind(project: Config, database: DatabaseUrl, capsys: Output) -> None:
    Migrations(project).upgrade()
    assert main(["db", "diff", "@", "@migrations"]) == 0, capsys.readouterr()
    with connected(database) as connection:
        connection.execute(sa.text("CREATE TABLE more (id INTEGER PRIMARY KEY)"))
        connection.commit()
    capsys.readouterr()
    assert main(["db", "diff", "@", "@migrations"]) == 1
    assert "more" in capsys.readouterr().out


def test_a_revision_that_fails(project: Config, database: DatabaseUrl, capsys: Output) -> None:
    write_revision(project.project / "alembic" / "versions", "b2", "a1", "raise RuntimeError('no')")
    before = on_the_server(database)
    assert main(["db", "diff", "@source", "@migrations"]) == 1
    assert "RuntimeError: no" in capsys.readouterr().err
    with pytest.raises(MigrationError), replayed(project):
        pass
    assert on_the_server(database) == before


def test_an_env_file_that_goes_elsewhere(project: Config, tmp_path: Path, capsys: Output) -> None:
    env = project.project / "alembic" / "env.py"
    other = f"sqlite:///{tmp_path}/other.db"
    text = env.read_text()
    assert "config = context.config\n" in text
    line = f"config.set_main_option('sqlalchemy.url', {other!r})\n"
    env.write_text(text.replace("config = context.config\n", f"config = context.config\n{line}"))
    assert main(["db", "diff", "@source", "@migrations"]) == 2
    assert "env.py connects to" in capsys.readouterr().err
    with sa.create_engine(other).connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
