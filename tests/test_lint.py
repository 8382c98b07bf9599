"""Pending revisions that destroy data or lock tables: what is found, where, and what really happens."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from alembic_projects import make_project, write_revision
from servers import fresh_database

from xcore_tools.cli import main
from xcore_tools.config import Config
from xcore_tools.discovery.results import Problem
from xcore_tools.errors import MigrationError
from xcore_tools.migrate.facade import Migrations
from xcore_tools.migrate.facts import Revision
from xcore_tools.migrate.guard.safety import Safety
from xcore_tools.migrate.lint import Known, linted, squawk
from xcore_tools.migrate.lint.operations import operations_in
from xcore_tools.migrate.lint.rules import BIG

HEAD = "import sqlalchemy as sa\nfrom alembic import op\n\ndef upgrade():\n"
FIRST = 5
"""The line of the first statement."""


def found(
    directory: Path, body: str, *, engine: str = "postgresql", rows: int | None = 10, nulls: int = 1
) -> list[Problem]:
    text = HEAD + textwrap.indent(body, "    ")
    (directory / "r1.py").write_text(text, "utf-8")
    known = Known(engine, lambda _: rows, lambda *_: nulls)
    return [*linted([Revision("r1", (), "", "r1.py")], directory, known)]


def codes(problems: list[Problem]) -> list[str]:
    return [problem.code for problem in problems]


REQUIRED = "op.add_column('users', sa.Column('age', sa.Integer, nullable=False{}))"
TO_TYPE = "op.alter_column('users', 'x', existing_type=sa.{}, type_=sa.{})"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("op.drop_table('users')", "XT501", "users is dropped with 10 rows"),
        ("op.drop_table('users', schema='s')", "XT501", "s.users is dropped with 10 rows"),
        ("op.drop_table(name)", "XT501", "a table is dropped"),
        ("op.drop_column('users', 'age')", "XT502", "users.age is dropped with 10 rows"),
        (
            "with op.batch_alter_table('users', schema='s') as batch:\n    batch.drop_column('age')",
            "XT502",
            "s.users.age is dropped with 10 rows",
        ),
        (REQUIRED.format(""), "XT503", "users.age is NOT NULL without a server_default: adding"),
        (
            "op.alter_column('users', 'age', nullable=False)",
            "XT504",
            "users.age becomes NOT NULL, and is NULL in 1 row; fill it with values first",
        ),
        (
            TO_TYPE.format("String(100)", "String(50)"),
            "XT505",
            "users.x changes from String(100) to String(50): values that do not fit are cut",
        ),
        (
            "op.create_index('by_age', 'users', ['age'])",
            "XT506",
            "by_age is built while nobody can write to users (10 rows)",
        ),
        (
            "op.create_index('by_age', 'users', ['age'], postgresql_concurrently=True)",
            "XT507",
            "by_age is built CONCURRENTLY, which no transaction can do",
        ),
        (
            "op.create_foreign_key('fk', 'users', 'roles', ['role_id'], ['id'])",
            "XT508",
            "fk: all rows of users are checked",
        ),
        ("op.create_unique_constraint('u', 'users', ['x'])", "XT508", "build a unique index"),
        ("op.execute('DELETE FROM users')", "XT509", "the statement deletes all rows of users"),
        (
            "op.get_bind().execute(sa.text('TRUNCATE TABLE users'))",
            "XT509",
            "the statement deletes all rows of users",
        ),
        ("op.rename_table('users', 'people')", "XT510", "users becomes people: code that still"),
        (
            "op.alter_column('users', 'age', new_column_name='years')",
            "XT510",
            "users.age becomes years",
        ),
    ],
)
def test_what_is_found(tmp_path: Path, body: str, code: str, message: str) -> None:
    (problem,) = found(tmp_path, body)
    assert problem.code == code
    assert message in problem.message
    assert (problem.path, problem.line) == ("r1.py", FIRST + body.count("\n"))


@pytest.mark.parametrize(
    "body",
    [
        "op.create_table('t', sa.Column('id', sa.Integer, nullable=False))\n"
        "op.create_index('i', 't', ['id'])\nop.drop_table('t')\n"
        "op.execute('DELETE FROM t')",
        REQUIRED.format(", server_default='0'"),
        "op.add_column('users', sa.Column('age', sa.Integer))\n"
        "op.alter_column('users', 'age', nullable=False)\nop.drop_column('users', 'age')",
        "op.add_column('users', sa.Column('age', sa.Integer, sa.Computed('1'), nullable=False))",
        "op.alter_column('users', 'age', nullable=True)",
        "op.alter_column('users', 'age', nullable=False, existing_nullable=False)",
        "op.execute('UPDATE users SET age = 0 WHERE age IS NULL')\n"
        "op.alter_column('users', 'age', nullable=False)",
        TO_TYPE.format("String(50)", "String(100)"),
        TO_TYPE.format("String(50)", "Text()"),
        TO_TYPE.format("String(50)", "VARCHAR(length=50)"),
        "with op.get_context().autocommit_block():\n"
        "    op.create_index('i', 'users', ['age'], postgresql_concurrently=True)",
        "op.create_foreign_key('f', 'users', 'r', ['a'], ['b'], postgresql_not_valid=True)",
        "op.execute('DELETE FROM users WHERE id = 1')",
        "op.execute(\"INSERT INTO users VALUES ('DROP TABLE users; x')\")",
        "op.execute('ALTER TABLE users DROP CONSTRAINT c')",
        "op.drop_constraint('c', 'users')",
        "print('no operation')",
    ],
)
def test_what_is_no_finding(tmp_path: Path, body: str) -> None:
    assert found(tmp_path, body) == []


@pytest.mark.parametrize(
    "body",
    [
        "op.drop_table('users')",
        "op.drop_column('users', 'age')",
        REQUIRED.format(""),
        "op.alter_column('users', 'age', nullable=False)",
        TO_TYPE.format("String(100)", "String(50)"),
        "op.create_index('by_age', 'users', ['age'])",
        "op.create_check_constraint('c', 'users', 'age > 0')",
        "op.execute('DROP TABLE users')",
    ],
)
def test_an_empty_table_can_be_changed_freely(tmp_path: Path, body: str) -> None:
    assert len(found(tmp_path, body)) == 1
    assert len(found(tmp_path, body, rows=None)) == 1
    assert found(tmp_path, body, rows=0) == []


@pytest.mark.parametrize("engine", ["sqlite", "mysql"])
def test_locks_are_those_of_postgresql(tmp_path: Path, engine: str) -> None:
    body = (
        "op.create_index('i', 'users', ['age'])\n"
        "op.create_foreign_key('f', 'users', 'r', ['a'], ['b'])"
    )
    assert found(tmp_path, body, engine=engine) == []


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("Integer()", "SmallInteger()", "XT505"),
        ("Integer", "BigInteger", "XT508"),
        ("Numeric(10, 2)", "Numeric(8, 2)", "XT505"),
        ("Numeric(10, 2)", "Numeric(11, 3)", "XT508"),
        ("Numeric(10, 2)", "Numeric(10, 3)", "XT505"),
        ("Numeric()", "Numeric(10)", "XT505"),
        ("Text()", "String(20)", "XT505"),
        ("String()", "String(20)", "XT505"),
        ("DateTime()", "Date()", "XT505"),
        ("Integer()", "String(20)", "XT505"),
    ],
)
def test_types(tmp_path: Path, before: str, after: str, code: str) -> None:
    assert codes(found(tmp_path, TO_TYPE.format(before, after), rows=BIG + 1)) == [code]


def test_mysql_invents_a_value(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, REQUIRED.format(""), engine="mysql")
    assert "the rows that are there get 0 or an empty text instead of a value" in problem.message


def test_what_is_not_known_statically_is_told_all_the_same(tmp_path: Path) -> None:
    body = "op.add_column(t, sa.Column(name, sa.Integer, nullable=False))"
    (problem,) = found(tmp_path, body)
    assert problem.message.startswith("a table.a column is NOT NULL")
    assert found(tmp_path, "op.add_column('users', column)\nop.execute(len('x'))") == []
    assert found(tmp_path, "op.alter_column('users', 'x', nullable={}[0])") == []
    (problem,) = found(tmp_path, "op.execute(text('DROP TABLE users'))")
    assert problem.code == "XT509"
    assert found(tmp_path, "with op.batch_alter_table('users'):\n    pass") == []
    assert found(tmp_path, "with open('x') as file, lock:\n    pass") == []


def test_each_kind_of_block_is_looked_into(tmp_path: Path) -> None:
    body = (
        "table: str = 'users'\n"
        "match table:\n    case 'users':\n        op.drop_table('users')\n"
        "while sa:\n    op.drop_table('users')\nelse:\n    op.drop_table('users')"
    )
    assert codes(found(tmp_path, body)) == ["XT501"] * 3


def test_a_big_table_is_rewritten_or_read(tmp_path: Path) -> None:
    widened = TO_TYPE.format("Integer", "BigInteger")
    assert found(tmp_path, widened) == []
    (problem,) = found(tmp_path, widened, rows=BIG + 1)
    assert (problem.code, problem.severity) == ("XT508", "warning")
    required = "op.alter_column('users', 'age', nullable=False)"
    assert found(tmp_path, required, nulls=0) == []
    assert codes(found(tmp_path, required, nulls=0, rows=BIG + 1)) == ["XT508"]
    unknown = "op.alter_column('users', 'x', type_=sa.Text())"
    assert "from an unknown type to Text()" in found(tmp_path, unknown)[0].message


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ('DROP TABLE IF EXISTS "Users"', "drops the table Users"),
        ("drop schema s cascade", "drops the schema s"),
        ("ALTER TABLE s.users DROP COLUMN IF EXISTS age", "drops the column s.users.age"),
        ("ALTER TABLE users DROP age", "drops the column users.age"),
        ("TRUNCATE users", "deletes all rows of users"),
        ("SELECT 1; /* all */ DELETE FROM ONLY `users`;", "deletes all rows of users"),
    ],
)
def test_statements(tmp_path: Path, sql: str, what: str) -> None:
    (problem,) = found(tmp_path, f"op.execute({sql!r})")
    assert problem.message == f"the statement {what}"


def test_each_way_to_call_an_operation(tmp_path: Path) -> None:
    text = """\
from __future__ import annotations
import alembic
import alembic.op as directives
from alembic import op as o
TABLE: str = "users"
OTHER = "other"

def upgrade(name=""):
    if name:
        o.drop_table(TABLE)
    else:
        directives.drop_column("a", column_name="b")
    for each in ("x", "y"):
        alembic.op.drop_table(each)
    try:
        more()
    except ValueError:
        o.execute(f"DROP TABLE {name}")

def more():
    more()
    return o.drop_table("z")

def downgrade():
    o.drop_table("not this one")
"""
    seen = [(op.name, op.table, op.first) for op in operations_in(text.encode())]
    assert seen == [
        ("drop_table", "users", 10),
        ("drop_column", "a", 12),
        ("drop_table", None, 14),
        ("execute", None, 18),
        ("drop_table", "z", 22),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "op.drop_table('users')  # xcore-tools: ignore[XT501]",
        "# xcore-tools: ignore[XT502, XT501]: nobody needs it\nop.drop_table('users')",
        "op.drop_table(\n    'users'\n)  # xcore-tools: ignore[XT501] and so on",
        "if sa:\n    op.drop_table('users')  # xcore-tools: ignore[XT501]",
    ],
)
def test_a_finding_is_accepted_by_a_comment(tmp_path: Path, body: str) -> None:
    assert found(tmp_path, body) == []
    assert codes(found(tmp_path, body.replace("XT501", "XT509"))) == ["XT501"]


def test_a_comment_is_for_its_own_statement(tmp_path: Path) -> None:
    body = "op.drop_table('a')  # xcore-tools: ignore[XT501]\nop.drop_table('b')"
    assert [problem.line for problem in found(tmp_path, body)] == [FIRST + 1]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, "x = (")
    assert (problem.code, problem.line) == ("XT305", FIRST)


# -- pending revisions of a real database -----------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Config:
    """One table with two rows, one without any."""
    made = make_project(tmp_path / "project", settings={"url": f"sqlite:///{tmp_path}/app.db"})
    write_revision(
        made.project / "alembic" / "versions",
        "a1",
        None,
        "for name in ('users', 'empty'):\n"
        "    op.create_table(name, sa.Column('id', sa.Integer, primary_key=True),\n"
        "        sa.Column('name', sa.String(9)))\n"
        "op.execute(\"INSERT INTO users VALUES (1, 'a'), (2, NULL)\")",
    )
    Migrations(made).upgrade()
    return made


def test_only_what_is_pending_and_filled(project: Config) -> None:
    versions = project.project / "alembic" / "versions"
    migrations = Migrations(project)
    assert migrations.lint() == ()
    write_revision(versions, "b2", "a1", "op.drop_table('empty')\nop.drop_table('users')")
    write_revision(versions, "c3", "b2", "op.drop_column('users', 'name')")
    assert [(each.path, each.line, each.message) for each in migrations.lint()] == [
        ("alembic/versions/b2_.py", 11, "users is dropped with 2 rows"),
        ("alembic/versions/c3_.py", 10, "users.name is dropped with 2 rows"),
    ]
    # without a database every table may hold rows
    assert len(migrations.lint("a1:b2")) == 2


def test_rows_without_a_value_are_counted(project: Config) -> None:
    versions = project.project / "alembic" / "versions"
    body = "with op.batch_alter_table('users') as b:\n    b.alter_column('{}', nullable=False)"
    write_revision(versions, "b2", "a1", body.format("name"))
    write_revision(versions, "c3", "b2", body.format("id"))
    (problem,) = Migrations(project).lint()
    assert problem.message == (
        "users.name becomes NOT NULL, and is NULL in 1 row; fill it with values first"
    )
    with pytest.raises(MigrationError, match="NOT NULL constraint failed"):
        Migrations(project).upgrade(safety=Safety(backup=False))


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        (REQUIRED.format(""), "XT503", "contains null values"),
        ("op.alter_column('users', 'name', nullable=False)", "XT504", "contains null values"),
        (
            "op.create_index('i', 'users', ['name'], postgresql_concurrently=True)",
            "XT507",
            "cannot run inside a transaction block",
        ),
    ],
)
def test_what_postgresql_says(tmp_path: Path, body: str, code: str, reason: str) -> None:
    with fresh_database("postgresql", tmp_path) as url:
        made = make_project(tmp_path / "project", url=url)
        versions = made.project / "alembic" / "versions"
        write_revision(
            versions,
            "a1",
            None,
            "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True),\n"
            "    sa.Column('name', sa.String(9)))\nop.execute('INSERT INTO users VALUES (1, NULL)')",
        )
        migrations = Migrations(made)
        migrations.upgrade()
        write_revision(versions, "b2", "a1", body)
        assert [each.code for each in migrations.lint()] == [code]
        with pytest.raises(MigrationError, match=reason):
            migrations.upgrade(safety=Safety(backup=False))


def test_the_command(
    project: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.project)
    assert main(["migrate", "lint"]) == 0
    assert capsys.readouterr() == ("", "nothing found\n")
    write_revision(project.project / "alembic/versions", "b2", "a1", "op.drop_table('users')")
    assert main(["migrate", "lint"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "alembic/versions/b2_.py:10: XT501 users is dropped with 2 rows\n"
    assert printed.err == "1 error\n"
    assert main(["migrate", "lint", "-r", "a1:b2", "--format", "github"]) == 1
    line = "::error file=alembic/versions/b2_.py,line=10,title=XT501::users is dropped\n"
    assert capsys.readouterr().out == line
    assert main(["migrate", "lint", "--format", "sarif"]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["XT501"]
    assert main(["migrate", "lint", "--format", "json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)["problems"]
    assert told["severity"] == "error"


def test_check_with_lint(
    project: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.project)
    path = write_revision(
        project.project / "alembic/versions",
        "b2",
        "a1",
        "op.drop_table('users')",
        "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True))",
    )
    assert main(["migrate", "check", "--lint"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "not compared: revisions are pending\n"
    assert "b2_.py:10: XT501 users is dropped with 2 rows\n" in printed.err
    accepted = "op.drop_table('users')  # xcore-tools: ignore[XT501]"
    path.write_text(path.read_text().replace("op.drop_table('users')", accepted))
    assert main(["migrate", "check", "--lint"]) == 0
    assert main(["migrate", "upgrade"]) == 0
    capsys.readouterr()
    assert main(["migrate", "check", "--lint", "--format", "json"]) == 1  # compared now
    told = json.loads(capsys.readouterr().out)
    assert (told["problems"], told["operations"]) == ([], ["add_table users", "remove_table empty"])


def test_a_table_of_another_schema_is_asked_for(tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path) as url:
        made = make_project(tmp_path / "project", url=url)
        versions = made.project / "alembic" / "versions"
        column = "sa.Column('id', sa.Integer, primary_key=True)"
        write_revision(
            versions,
            "a1",
            None,
            f"op.execute('CREATE SCHEMA s')\nop.create_table('t', {column}, schema='s')\n"
            f"op.create_table('t', {column})\nop.execute('INSERT INTO s.t VALUES (1)')",
        )
        migrations = Migrations(made)
        migrations.upgrade()
        write_revision(versions, "b2", "a1", "op.drop_table('t')\nop.drop_table('t', schema='s')")
        assert [each.message for each in migrations.lint()] == ["s.t is dropped with 1 row"]


def test_squawk_is_asked_about_the_statements(tmp_path: Path) -> None:
    try:
        squawk._program()
    except MigrationError as error:
        pytest.skip(str(error))
    settings: dict[str, object] = {"url": "postgresql+psycopg://u@127.0.0.1:1/d"}
    made = make_project(tmp_path, settings=settings)
    versions = made.project / "alembic" / "versions"
    write_revision(versions, "a1", None, "op.execute('CREATE TABLE t (id bigint PRIMARY KEY)')")
    path = write_revision(
        versions, "b2", "a1", "op.execute('ALTER TABLE t ADD COLUMN x serial')\nop.drop_table('t')"
    )
    migrations = Migrations(made)
    problems = migrations.lint("a1:b2", squawk=True)
    assert {problem.code for problem in problems} == {"XT501", "XT511"}
    (serial,) = (each for each in problems if "prefer-identity" in each.message)
    assert (serial.path, serial.line) == ("alembic/versions/b2_.py", 9)
    assert "[ALTER TABLE t ADD COLUMN x serial;]" in serial.message
    assert not any("version_num" in each.message for each in problems)
    assert not any("ban-drop-table" in each.message for each in problems)
    text = path.read_text()
    path.write_text(text.replace("upgrade():", "upgrade():  # xcore-tools: ignore[XT511]"))
    assert {problem.code for problem in migrations.lint("a1:b2", squawk=True)} == {"XT501"}
    (made.project / ".squawk.toml").write_text("nonsense = [")
    with pytest.raises(MigrationError, match="squawk failed: "):
        migrations.lint("a1:b2", squawk=True)


def test_squawk_has_to_be_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MigrationError, match=r"run `pip install 'xcore-tools\[squawk\]'`"):
        squawk._program()
