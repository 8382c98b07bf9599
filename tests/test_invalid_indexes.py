"""PostgreSQL: an index that CREATE INDEX CONCURRENTLY has left half done is named with its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic_projects import make_project, write_revision
from servers import fresh_database

from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import MigrationError
from xcore_tools.migrate.facade import Migrations
from xcore_tools.migrate.guard.safety import Safety

INDEX = """\
with op.get_context().autocommit_block():
    op.create_index('Odd index', 'users', ['name'], unique=True, postgresql_concurrently=True)
"""
TABLE = """\
op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(9)))
op.execute("INSERT INTO users VALUES (1, 'same'), (2, 'same')")
"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[DatabaseUrl]:
    with fresh_database("postgresql", tmp_path) as database:
        yield database


def run(url: DatabaseUrl, statement: str) -> list[object]:
    with connected(url, isolation_level="AUTOCOMMIT") as connection:
        found = connection.exec_driver_sql(statement)
        return list(found.scalars()) if found.returns_rows else []


@pytest.mark.parametrize("is_backed_up", [True, False])
def test_it_is_named_with_the_statement_that_removes_it(
    url: DatabaseUrl, tmp_path: Path, is_backed_up: bool
) -> None:
    project = make_project(tmp_path / "project", url=url)
    versions = project.project / "alembic" / "versions"
    write_revision(versions, "a1", None, TABLE)
    Migrations(project).upgrade()
    with pytest.raises(Exception, match="could not create unique index"):
        run(url, "CREATE UNIQUE INDEX CONCURRENTLY older ON users (name)")
    write_revision(versions, "b2", "a1", INDEX)
    with pytest.raises(MigrationError) as caught:
        Migrations(project).upgrade(safety=Safety(backup=is_backed_up))
    text = str(caught.value)
    assert 'the index public."Odd index" on users is INVALID' in text
    assert "older" not in text, "it was there before"
    invalid = "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE NOT indisvalid"
    assert sorted(map(str, run(url, invalid))) == ["Odd index", "older"]
    match = re.search(r"DROP INDEX CONCURRENTLY \S+\"?[^\"]*\"?", text)
    assert match
    run(url, match[0])
    assert run(url, invalid) == ["older"]
    run(url, "DELETE FROM users WHERE id = 2")
    assert Migrations(project).upgrade().after == ("b2",)
