"""The same commands through `alembic` itself and through the facade lead to the same database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic_projects import make_project, write_table_revision
from servers import ENGINES, fresh_database

from xcore_tools.database.connection import connected
from xcore_tools.database.url import DatabaseUrl

Build = Callable[[Path], None]


def linear(versions: Path) -> None:
    for down, name in zip([None, "r0", "r1", "r2"], ["r0", "r1", "r2", "r3"], strict=True):
        write_table_revision(versions, name, down)


def branched(versions: Path) -> None:
    write_table_revision(versions, "r0", None)
    write_table_revision(versions, "a1", "r0", branch_labels=("left",))
    write_table_revision(versions, "b1", "r0", branch_labels=("right",))
    write_table_revision(versions, "a2", "a1")


def merged(versions: Path) -> None:
    branched(versions)
    write_table_revision(versions, "m3", ("a2", "b1"))
    write_table_revision(versions, "r4", "m3")


def dependent(versions: Path) -> None:
    write_table_revision(versions, "a1", None, branch_labels=("left",))
    write_table_revision(versions, "a2", "a1")
    write_table_revision(versions, "b1", None, branch_labels=("right",))
    write_table_revision(versions, "b2", "b1", depends_on=("a1",))
    write_table_revision(versions, "b3", "b2")


def located(versions: Path) -> None:
    """Two directories of revisions, as `version_locations` of alembic.ini names them."""
    ini = versions.parents[1] / "alembic.ini"
    text = ini.read_text().replace(
        "[alembic]", "[alembic]\nversion_locations = %(here)s/alembic/versions:%(here)s/more", 1
    )
    ini.write_text(text.replace("path_separator = os", "path_separator = :"))
    write_table_revision(versions, "a1", None)
    write_table_revision(versions.parents[1] / "more", "c1", None, branch_labels=("more",))
    write_table_revision(versions.parents[1] / "more", "c2", "c1")


CASES: dict[str, tuple[Build, list[str]]] = {
    "linear": (
        linear,
        ["upgrade +2", "upgrade head", "downgrade -1", "downgrade r0", "upgrade r2"],
    ),
    "to the base": (linear, ["upgrade head", "downgrade base", "stamp r1", "upgrade head"]),
    "branched": (
        branched,
        ["upgrade left@head", "upgrade heads", "downgrade left@-1", "upgrade heads"],
    ),
    "refused": (branched, ["upgrade head", "upgrade r0", "upgrade nothing", "downgrade -7"]),
    "merged": (
        merged,
        ["upgrade head", "downgrade r0", "upgrade a2", "upgrade b1", "upgrade head"],
    ),
    "dependent": (
        dependent,
        ["upgrade right@head", "downgrade right@b1", "upgrade heads", "downgrade left@base"],
    ),
    "located": (located, ["upgrade more@head", "upgrade heads", "downgrade more@base"]),
    "stamped": (branched, ["stamp heads", "stamp --purge r0", "upgrade heads"]),
}


def content(url: DatabaseUrl) -> tuple[set[str], list[str]]:
    """The tables, and the rows of the version table."""
    with connected(url, may_create=True) as connection:
        tables = set(sa.inspect(connection).get_table_names())
        if "alembic_version" not in tables:
            return tables, []
        rows = connection.scalars(sa.text("SELECT version_num FROM alembic_version"))
        return tables, sorted(rows)


def run(program: str, directory: Path, command: str, url: DatabaseUrl) -> int:
    """The exit code of one command in a process of its own."""
    text = url.sqlalchemy.render_as_string(hide_password=False)
    words = ["alembic", *command.split()]
    if program == "facade":
        words = ["xcore_tools", "migrate", *command.split()]
    ini = directory / "alembic.ini"
    if program == "alembic":
        lines = ini.read_text().splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("sqlalchemy.url"))
        lines[at] = f"sqlalchemy.url = {text}"
        ini.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [sys.executable, "-P", "-m", *words],
        cwd=directory,
        env={**os.environ, "XCORE_TOOLS_DATABASE_URL": text},
        capture_output=True,
        check=False,
        timeout=120,
    )
    return done.returncode


def sequence(
    program: str, directory: Path, case: str, url: DatabaseUrl
) -> list[tuple[bool, set[str], list[str]]]:
    build, commands = CASES[case]
    make_project(directory)
    build(directory / "alembic" / "versions")
    steps = []
    for command in commands:
        is_done = run(program, directory, command, url) == 0
        steps.append((is_done, *content(url)))
    return steps


def compare(engine: str, case: str, tmp_path: Path) -> None:
    with fresh_database(engine, tmp_path) as url:
        theirs = sequence("alembic", tmp_path / "theirs", case, url)
    (tmp_path / "app.db").unlink(missing_ok=True)
    with fresh_database(engine, tmp_path) as url:
        ours = sequence("facade", tmp_path / "ours", case, url)
    assert ours == theirs
    assert any(tables for _, tables, _ in theirs)


@pytest.mark.parametrize("case", ["branched", "dependent"])
def test_parity_with_alembic(case: str, tmp_path: Path) -> None:
    compare("sqlite", case, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES)
def test_parity_with_alembic_everywhere(engine: str, case: str, tmp_path: Path) -> None:
    compare(engine, case, tmp_path)
