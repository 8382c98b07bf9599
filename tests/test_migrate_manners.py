"""After a call the process is as it was: logging, streams, directory, import path; loops are no obstacle."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic_projects import USERS, make_project, write_table_revision
from servers import fresh_database

from xcore_tools.config import Config
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import MigrationError
from xcore_tools.migrate.facade import Migrations

ASYNCHRONOUS = {"sqlite": "aiosqlite", "postgresql": "asyncpg", "mysql": "aiomysql"}


@pytest.fixture
def project(tmp_path: Path) -> Config:
    config = make_project(
        tmp_path / "project", settings={"url": "sqlite:///app.db", "logger": {"file": "m.log"}}
    )
    write_table_revision(tmp_path / "project" / "alembic" / "versions", "a1", None)
    return config


# -- logging ----------------------------------------------------------------------------------------


def states() -> dict[str, tuple[object, ...]]:
    root = logging.getLogger()
    loggers = [
        root,
        *(x for x in root.manager.loggerDict.values() if isinstance(x, logging.Logger)),
    ]
    return {
        logger.name: (
            logger.level,
            tuple(logger.handlers),
            tuple(logger.filters),
            logger.propagate,
            logger.disabled,
        )
        for logger in loggers
    }


def test_logging_is_as_before(project: Config, tmp_path: Path) -> None:
    """The env.py of Alembic's template calls fileConfig, which disables and closes what it finds."""
    application = logging.getLogger("application")
    application.setLevel(logging.DEBUG)
    handler = logging.FileHandler(tmp_path / "application.log", mode="w")
    application.addHandler(handler)
    try:
        migrations = Migrations(project)
        before = states()
        migrations.upgrade()
        after = states()
        assert {name: after[name] for name in before} == before
        new = {name: state for name, state in after.items() if name not in before}
        assert {state[1:] for state in new.values()} <= {((), (), True, False)}
        application.info("still here")
        assert (tmp_path / "application.log").read_text() == "still here\n"
        assert handler in [reference() for reference in logging._handlerList]  # type: ignore[attr-defined]
    finally:
        application.removeHandler(handler)
        handler.close()


def test_the_log_of_the_settings_is_kept(project: Config) -> None:
    log = project.project / "m.log"
    Migrations(project).upgrade()
    text = log.read_text("utf-8")
    assert "[alembic.runtime.migration] Running upgrade  -> a1, make a1" in text
    assert "[xcore_tools.migrate] sqlite:///" in text
    with pytest.raises(MigrationError):
        Migrations(project).upgrade("zz")
    assert "Traceback" in log.read_text("utf-8")
    assert "Can't locate revision identified by 'zz'" in log.read_text("utf-8")


def without_file_config(project: Config) -> None:
    env = project.project / "alembic" / "env.py"
    text = env.read_text()
    assert "fileConfig(config.config_file_name)" in text
    env.write_text(text.replace("fileConfig(config.config_file_name)", "pass"))


@pytest.mark.parametrize("configures", [True, False])
def test_the_console_of_the_settings_says_things_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], configures: bool
) -> None:
    project = make_project(
        tmp_path, settings={"url": "sqlite:///a.db", "logger": {"console": True}}
    )
    write_table_revision(tmp_path / "alembic" / "versions", "a1", None)
    if not configures:
        without_file_config(project)
    Migrations(project).upgrade()
    captured = capfd.readouterr()
    assert captured.err.count("Running upgrade  -> a1") == 1
    assert captured.out == ""


def test_without_a_log_nothing_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path, settings={"url": "sqlite:///a.db"})
    write_table_revision(tmp_path / "alembic" / "versions", "a1", None)
    without_file_config(project)
    Migrations(project).upgrade()
    assert capfd.readouterr() == ("", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".a.db.xcore-tools.lock",
        "a.db",
        "alembic",
        "alembic.ini",
        "backups",
        "config.json",
    ]


# -- the rest of the process ------------------------------------------------------------------------


def test_directory_and_import_path_are_as_before(
    project: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    env = project.project / "alembic" / "env.py"
    env.write_text(
        "import os, sys\nsys.path.insert(0, 'elsewhere')\nassert os.path.exists('alembic.ini')\n"
        "os.chdir('alembic')\n" + env.read_text()
    )
    before = sys.path[:]
    Migrations(project).upgrade()
    assert sys.path == before
    assert Path.cwd() == tmp_path
    with pytest.raises(MigrationError):
        Migrations(project).upgrade("zz")
    assert (sys.path, Path.cwd()) == (before, tmp_path)


def test_what_env_py_prints_goes_to_standard_error(
    project: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    env = project.project / "alembic" / "env.py"
    env.write_text("print('hello')\n" + env.read_text())
    stdout = sys.stdout
    Migrations(project).status()
    assert sys.stdout is stdout
    captured = capsys.readouterr()
    assert "hello" not in captured.out
    Migrations(project).upgrade()
    captured = capsys.readouterr()
    assert "hello" in captured.err
    assert captured.out == ""


def test_statements_hold_nothing_that_env_py_prints(project: Config) -> None:
    env = project.project / "alembic" / "env.py"
    env.write_text("print('hello')\n" + env.read_text())
    text = Migrations(project).sql("upgrade", "head")
    assert text.startswith("CREATE TABLE alembic_version")
    assert "hello" not in text


def test_it_works_from_any_directory(
    project: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ini = project.project / "alembic.ini"
    ini.write_text(ini.read_text().replace("%(here)s/alembic", "alembic"))
    deep = tmp_path / "project" / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert Migrations(project).upgrade().after == ("a1",)
    assert (project.project / "app.db").exists()


# -- event loops ------------------------------------------------------------------------------------


def asynchronous(url: DatabaseUrl) -> DatabaseUrl:
    driver = ASYNCHRONOUS[url.engine_name]
    return url.with_driver(driver, {})


@pytest.mark.parametrize("template", ["generic", "async"])
@pytest.mark.parametrize("engine", ASYNCHRONOUS)
def test_asynchronous_drivers(engine: str, template: str, tmp_path: Path) -> None:
    """Also with an env.py that knows nothing of event loops; and inside of a running loop."""
    with fresh_database(engine, tmp_path) as url:
        project = make_project(tmp_path / "p", template=template, url=asynchronous(url))
        write_table_revision(tmp_path / "p" / "alembic" / "versions", "a1", None)

        async def inside() -> None:
            assert Migrations(project).upgrade().after == ("a1",)

        asyncio.run(inside())
        assert Migrations(project).status().is_at_head
        assert Migrations(project).downgrade("base").after == ()
        assert Migrations(project).init().tables == ("users",)


# -- secrets ----------------------------------------------------------------------------------------


def test_neither_logs_nor_streams_tell_a_secret(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever env.py says: as text, as an argument of a record, in a traceback."""
    url = "sqlite:////{}/app.db?password=s3cr3t-word".format(str(tmp_path).lstrip("/"))
    code = f"""{USERS}
import logging, sys
logging.basicConfig(level=logging.INFO)
url = config.get_main_option("sqlalchemy.url")
print(url)
print(url, file=sys.stderr)
logging.getLogger("alembic").warning("using %s", url)
try:
    raise KeyError(url)
except KeyError:
    logging.getLogger("alembic").exception("broken")
config.set_main_option("sqlalchemy.url", url.partition("?")[0])
"""
    project = make_project(tmp_path, tables=code, settings={"logger": {"file": "m.log"}})
    (tmp_path / "alembic.ini").write_text(
        (tmp_path / "alembic.ini").read_text().replace("driver://user:pass@localhost/dbname", url)
    )
    Migrations(project).upgrade()
    said = capfd.readouterr()
    logged = (tmp_path / "m.log").read_text()
    for text in (said.out, said.err, logged):
        assert "s3cr3t" not in text
    assert "password=***" in said.err
    assert "broken" in logged
    assert "KeyError" in logged


def test_an_exception_tells_no_secret(tmp_path: Path) -> None:
    import traceback  # noqa: PLC0415

    code = f"{USERS}\nraise ValueError(config.get_main_option('sqlalchemy.url'))"
    project = make_project(tmp_path, tables=code)
    url = "postgresql+psycopg://u:{}@127.0.0.1/d".format("s3cr3t-" + "word")
    with pytest.raises(MigrationError) as caught:
        Migrations(project, url=url).check()
    assert "u:***@127.0.0.1" in str(caught.value)
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))


def test_the_stream_of_a_run_behaves_like_the_one_behind_it() -> None:
    from xcore_tools.migrate.runtime.isolation import _RedactedStream  # noqa: PLC0415

    behind = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    stream = _RedactedStream(behind, lambda text: text.replace("x", "*"))
    assert stream.write("axb") == 3
    stream.flush()
    behind.seek(0)
    assert behind.read() == "a*b"
    assert stream.encoding == "latin-1"
    assert stream.isatty() is False
    with (Path(os.devnull)).open("w") as file:
        assert _RedactedStream(file, str).fileno() == file.fileno()


def test_a_record_that_does_not_fit_its_arguments_is_left_alone(tmp_path: Path) -> None:
    from xcore_tools.migrate.runtime.logs import kept_logging  # noqa: PLC0415

    with kept_logging(str.upper):
        record = logging.getLogger("x").makeRecord("x", 20, "f", 1, "%d", ("a",), None)
    assert record.msg == "%d"


def test_the_engine_of_sqlalchemy_is_not_needed_for_it(tmp_path: Path) -> None:
    """A database in memory is gone after the run; it must not break anything."""
    project = make_project(tmp_path)
    write_table_revision(tmp_path / "alembic" / "versions", "a1", None)
    assert Migrations(project, url="sqlite://").status().pending
    with sa.create_engine("sqlite://").connect() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1
