"""There and back: tables → export → tables built from the export → the same export."""

from __future__ import annotations

import json as standard
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from rebuilding import rebuild
from schemas import ODD
from servers import as_url, fresh_database
from support import case_names, project_of, read_case

from xcore_tools.database.connection import connected
from xcore_tools.database.inspection import DatabaseInspector
from xcore_tools.database.schema import DatabaseSchema, Export
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.report.schema import json, sql

CREATING = Path(__file__).with_name("creating.py")
DATABASES = 3
"""How many MetaData of one project are looked at."""


def exported(url: DatabaseUrl) -> tuple[DatabaseSchema, str]:
    text = json.render(DatabaseInspector(url).inspect())
    return msgspec.json.decode(text, type=Export), text


def assert_there_and_back(url: DatabaseUrl, empty: DatabaseUrl, empty_too: DatabaseUrl) -> None:
    """Built from the export by SQLAlchemy, and by our own statements."""
    schema, text = exported(url)
    assert schema.tables
    with connected(empty, may_create=True) as connection:
        rebuild(schema, connection)
        connection.commit()
    assert exported(empty)[1] == text
    execute(empty_too, sql.statements(schema))
    assert exported(empty_too)[1] == text


def execute(url: DatabaseUrl, statements: Iterable[str]) -> None:
    with connected(url, may_create=True) as connection:
        for statement in statements:
            is_formatted = url.engine_name != "sqlite"
            connection.exec_driver_sql(statement.replace("%", "%%") if is_formatted else statement)
        connection.commit()


def fixtures() -> list[str]:
    return [name for name in case_names() if not list(read_case(name).obstacles())]


def assert_case(name: str, engine: str, directory: Path) -> int:
    """The number of MetaData that were taken there and back."""
    case = read_case(name)
    directories = [directory / str(number) for number in range(DATABASES * 3)]
    for each in directories:
        each.mkdir()
    if engine == "sqlite":
        urls = [as_url(f"sqlite:///{each}/app.db") for each in directories]
        return _taken(case_root(name, case.sys_path), list(case.skip), urls)
    with (
        fresh_database(engine, directory) as first,
        fresh_database(engine, directory) as second,
        fresh_database(engine, directory) as third,
    ):
        urls = [first, second, third]
        return _taken(case_root(name, case.sys_path), list(case.skip), urls)


def case_root(name: str, sys_path: str) -> str:
    return os.fspath(project_of(name) / sys_path)


def _taken(root: str, skip: list[str], urls: list[DatabaseUrl]) -> int:
    count = len(urls) // 3
    question = {
        "root": root,
        "skip": skip,
        "urls": [url.sqlalchemy.render_as_string(hide_password=False) for url in urls[:count]],
    }
    run = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", os.fspath(CREATING), standard.dumps(question)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if run.returncode:
        return 0  # not made for this engine
    made = int(run.stdout.splitlines()[-1])
    for number in range(made):
        assert_there_and_back(urls[number], urls[count + number], urls[2 * count + number])
    return made


@pytest.mark.parametrize(
    "name",
    [
        name if number % 9 == 0 else pytest.param(name, marks=pytest.mark.slow)
        for number, name in enumerate(fixtures())
    ],
)
def test_the_tables_of_a_fixture_on_sqlite(name: str, tmp_path: Path) -> None:
    if not assert_case(name, "sqlite", tmp_path):
        pytest.skip("it makes no tables on SQLite")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
@pytest.mark.parametrize("name", fixtures())
def test_the_tables_of_a_fixture_on_a_server(name: str, engine: str, tmp_path: Path) -> None:
    if not assert_case(name, engine, tmp_path):
        pytest.skip(f"it makes no tables on {engine}")


@pytest.mark.parametrize(("engine", "name"), [(e, name) for e in ODD for name in ODD[e]])
def test_what_is_odd(engine: str, name: str, tmp_path: Path) -> None:
    directories = [tmp_path / str(number) for number in range(3)]
    for each in directories:
        each.mkdir()
    with (
        fresh_database(engine, directories[0]) as url,
        fresh_database(engine, directories[1]) as empty,
        fresh_database(engine, directories[2]) as empty_too,
    ):
        execute(url, ODD[engine][name].statements)
        schema, text = exported(url)
        execute(empty, sql.statements(schema))
        assert exported(empty)[1] == text
        if ODD[engine][name].by_sqlalchemy:
            with connected(empty_too, may_create=True) as connection:
                rebuild(schema, connection)
                connection.commit()
            assert exported(empty_too)[1] == text
