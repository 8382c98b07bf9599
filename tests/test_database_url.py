"""URLs of databases: what they mean, and that they tell no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config as AlembicConfig
from hypothesis import given
from hypothesis import strategies as st
from servers import as_url

from xcore_tools.config import Config, load_config
from xcore_tools.database.drivers import installed, is_asynchronous, synchronous
from xcore_tools.database.lookup import find_url
from xcore_tools.database.url import DatabaseUrl, parse_url
from xcore_tools.errors import ConfigError, DatabaseError

SECRET = "s3cr3t%/@:pass word"


def with_password(password: str) -> DatabaseUrl:
    return DatabaseUrl(sa.URL.create("postgresql", "app", password, "db", 5432, "shop"), "test")


# -- secrets ------------------------------------------------------------------------------------


def test_the_text_of_a_url_hides_the_password() -> None:
    url = as_url("postgresql://app:s3cr3t@db/shop?sslpassword=hidden1&sslmode=require")
    assert str(url) == "postgresql://app:***@db/shop?sslmode=require&sslpassword=***"
    assert repr(url) == f"<DatabaseUrl {url} from test>"


@pytest.mark.parametrize(
    "text",
    [
        "mysql://app:s3cr3t@db/shop",
        "postgresql://db/shop?password=s3cr3t",
        "postgresql://db/shop?user=a&passwd=s3cr3t",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BPWD%3Ds3cr3t",
    ],
)
def test_no_spelling_of_a_secret_is_shown(text: str) -> None:
    assert "s3cr3t" not in str(as_url(text))
    assert "s3cr3t" not in repr(as_url(text))


@given(st.text(min_size=9))
def test_messages_are_redacted_in_every_spelling(password: str) -> None:
    url = with_password(password)
    full = url.sqlalchemy.render_as_string(hide_password=False)
    for message in (f"bad {full}!", f"bad {url.ini_text}!", f"bad {full!r}!", f"x{password}x"):
        assert password not in url.redacted(message)


def test_a_short_password_is_redacted_as_a_word_only() -> None:
    url = DatabaseUrl(sa.URL.create("postgresql", "app", "app", "db"), "test")
    assert url.redacted("password of app in application") == "password of *** in application"


# -- Alembic's ini --------------------------------------------------------------------------------


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1))
def test_a_password_survives_the_config_of_alembic(password: str) -> None:
    config = AlembicConfig()
    url = with_password(password)
    config.set_main_option("sqlalchemy.url", url.ini_text)
    text = config.get_main_option("sqlalchemy.url")
    assert text is not None
    assert sa.make_url(text).password == password


def test_the_plain_text_of_such_a_url_does_not() -> None:
    text = with_password("50%").sqlalchemy.render_as_string(hide_password=False)
    with pytest.raises(ValueError, match="invalid interpolation"):
        AlembicConfig().set_main_option("sqlalchemy.url", text)


# -- parsing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:///app.db", "/project/app.db"),
        ("sqlite:///../app.db", "/project/../app.db"),
        ("sqlite:////var/app.db", "/var/app.db"),
        ("sqlite+aiosqlite:///data/app.db", "/project/data/app.db"),
        ("sqlite+pysqlite:///app.db?timeout=5", "/project/app.db"),
        ("sqlite:///file:app.db?mode=ro&uri=true", "/project/app.db"),
        ("sqlite:///file:/var/app.db?uri=true", "/var/app.db"),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("sqlite:///file:shared?mode=memory&cache=shared&uri=true", None),
        ("postgresql://db/app.db", None),
    ],
)
def test_the_file_of_an_sqlite_database(text: str, path: str | None) -> None:
    url = parse_url(text, source="test", anchor=Path("/project"), environ={})
    assert url.sqlite_path == (path and Path(path))


def test_an_anchored_file_uri_still_opens(tmp_path: Path) -> None:
    with sa.create_engine(f"sqlite:///{tmp_path}/app.db").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
    url = parse_url(
        "sqlite:///file:app.db?mode=ro&uri=true", source="test", anchor=tmp_path, environ={}
    )
    with sa.create_engine(url.sqlalchemy).connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["t"]
        with pytest.raises(sa.exc.OperationalError, match="readonly"):
            connection.exec_driver_sql("CREATE TABLE u (id INTEGER)")


@pytest.mark.parametrize(
    ("text", "environ", "expected"),
    [
        ("${DB}", {"DB": "mysql://a:b@h/n"}, ("a", "b", "h", None, "n")),
        (
            "postgresql://${USER}:${PASS}@${HOST}:${PORT}/x_${NAME}",
            {"USER": "me@corp", "PASS": SECRET, "HOST": "db", "PORT": "6543", "NAME": "y"},
            ("me@corp", SECRET, "db", 6543, "x_y"),
        ),
        ("postgresql://u:pre${P}@h/d", {"P": "${Q}"}, ("u", "pre${Q}", "h", None, "d")),
        ("postgresql://u:p%40ss@h/d", {}, ("u", "p@ss", "h", None, "d")),
    ],
)
def test_variables_of_the_environment(
    text: str, environ: dict[str, str], expected: tuple[object, ...]
) -> None:
    url = parse_url(text, source="test", anchor=Path(), environ=environ).sqlalchemy
    assert (url.username, url.password, url.host, url.port, url.database) == expected


def test_a_variable_that_is_not_set_is_named() -> None:
    for text in ("${DB}", "postgresql://u:${DB}@h/d", "postgresql://u:p@h/${DB}"):
        with pytest.raises(
            ConfigError, match=r"migration\.url: the environment variable DB is not"
        ):
            parse_url(text, source="migration.url", anchor=Path(), environ={})


@pytest.mark.parametrize("text", ["s3cr3t", "postgresql//u:s3cr3t@h", "mysql://u:s3cr3t@h:x/d"])
def test_what_is_no_url_is_not_shown(text: str) -> None:
    with pytest.raises(ConfigError, match="--url: not a database URL; write for exam") as caught:
        parse_url(text, source="--url", anchor=Path(), environ={})
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_old_scheme_of_heroku_is_known() -> None:
    assert as_url("postgres://u@h/d").sqlalchemy.drivername == "postgresql"
    assert as_url("postgres+psycopg://u@h/d").sqlalchemy.drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("sqlite:////a/b.db", "sqlite+aiosqlite:////a/../a/b.db", True),
        ("sqlite:////a/b.db", "sqlite:////a/c.db", False),
        ("sqlite://", "sqlite:///:memory:", True),
        ("sqlite://", "sqlite:////a/b.db", False),
        ("postgresql://u:p@localhost/d", "postgresql+asyncpg://v@127.0.0.1:5432/d", True),
        ("postgresql://u@h/d", "postgresql://u@h:5433/d", False),
        ("mysql://u@h/d", "mariadb+pymysql://u@H:3306/d", True),
        ("mysql://u@h/d", "postgresql://u@h/d", False),
    ],
)
def test_whether_two_urls_mean_one_database(one: str, other: str, expected: bool) -> None:
    assert as_url(one).is_same_database(as_url(other).sqlalchemy) is expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sqlite:////a/b.db", "b.db"),
        ("sqlite://", ":memory:"),
        ("mysql://u@h/d", "d"),
        ("mysql://u@h", ""),
    ],
)
def test_the_name_of_a_database(text: str, name: str) -> None:
    assert as_url(text).name == name


# -- drivers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sqlite+aiosqlite:////a.db", "sqlite+pysqlite:////a.db"),
        ("sqlite:////a.db", "sqlite:////a.db"),
        (
            "postgresql+asyncpg://u@h/d?ssl=require&prepared_statement_cache_size=0",
            "postgresql+psycopg://u@h/d?sslmode=require",
        ),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg2://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("mysql+aiomysql://u@h/d?charset=utf8mb4", "mysql+pymysql://u@h/d?charset=utf8mb4"),
        ("mariadb+asyncmy://u@h/d", "mariadb+pymysql://u@h/d"),
        ("oracle+oracledb://u@h/d", "oracle+oracledb://u@h/d"),
        ("sqlite+pysqlcipher:////a.db", "sqlite+pysqlcipher:////a.db"),
    ],
)
def test_an_installed_driver_without_an_event_loop(text: str, expected: str) -> None:
    assert synchronous(as_url(text)) == as_url(expected)


def test_an_asynchronous_driver_is_kept_where_it_is_wanted() -> None:
    url = as_url("postgresql+asyncpg://u@h/d?ssl=require")
    assert installed(url) == url
    assert is_asynchronous(url)
    assert installed(as_url("mysql://u@h/d")) == as_url("mysql+pymysql://u@h/d")


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xcore_tools.database.drivers.find_spec", lambda name: None)
    with pytest.raises(DatabaseError) as caught:
        synchronous(as_url("postgresql+asyncpg://u:s3cr3t@h/d"))
    assert str(caught.value) == (
        "postgresql+asyncpg://u:***@h/d: the driver asyncpg for postgresql is not installed; "
        "run `pip install 'xcore-tools[postgresql]'`"
    )
    with pytest.raises(DatabaseError, match="a driver for mysql is not installed"):
        synchronous(as_url("mysql://u@h/d"))


# -- where the URL is looked up -------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A project that names a database in every place."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "config.json").write_text(
        '{"migration": {"url": "sqlite:///migration.db", "alembic_config": "db/alembic.ini"},'
        ' "xcore": {"data": {"url": "sqlite:///xcore.db"}}}'
    )
    (tmp_path / "conf" / "db").mkdir()
    (tmp_path / "conf" / "db" / "alembic.ini").write_text(
        "[alembic]\nsqlalchemy.url = sqlite:///ini.db\n"
        "[other]\nsqlalchemy.url = postgresql://u:50%%@h/%(here)s\n"
    )
    return load_config(tmp_path / "conf" / "config.json")


def test_the_first_place_that_names_a_database_counts(project: Config, tmp_path: Path) -> None:
    environ = {
        "XCORE_TOOLS_DATABASE_URL": "sqlite:///ours.db",
        "DATABASE_URL": "sqlite:///theirs.db",
    }
    url = find_url(project, "sqlite:///given.db", environ=environ)
    assert (url.source, url.sqlite_path) == ("--url", tmp_path / "given.db")
    url = find_url(project, environ=environ)
    assert (url.source, url.sqlite_path) == ("XCORE_TOOLS_DATABASE_URL", tmp_path / "ours.db")
    del environ["XCORE_TOOLS_DATABASE_URL"]
    url = find_url(project, environ=environ)
    assert (url.source, url.sqlite_path) == ("DATABASE_URL", tmp_path / "theirs.db")
    url = find_url(project, environ={})
    assert url.source == "migration.url in conf/config.json"
    assert url.sqlite_path == tmp_path / "conf" / "migration.db"


def test_the_last_places_are_those_of_the_application_and_of_alembic(
    project: Config, tmp_path: Path
) -> None:
    file = tmp_path / "conf" / "config.json"
    file.write_text('{"xcore": {"data": {"url": "sqlite:///xcore.db"}}}')
    url = find_url(load_config(file), environ={})
    assert (url.source, url.name) == ("xcore.data.url in conf/config.json", "xcore.db")
    file.write_text('{"migration": {"alembic_config": "db/alembic.ini"}}')
    url = find_url(load_config(file), environ={})
    assert url.source == "sqlalchemy.url in conf/db/alembic.ini"
    assert url.sqlite_path == tmp_path / "conf" / "db" / "ini.db"
    other = find_url(load_config(file), section="other", environ={}).sqlalchemy
    assert (other.password, other.database) == ("50%", f"{tmp_path / 'conf' / 'db'}")


def test_without_any_the_places_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nsqlalchemy.url = driver://user:pass@localhost/dbname\n"
    )
    with pytest.raises(ConfigError) as caught:
        find_url(load_config(), environ={})
    assert caught.value.faults == (
        "no database URL: give --url, set XCORE_TOOLS_DATABASE_URL or DATABASE_URL, "
        "or write migration.url in config.json",
    )
    (tmp_path / "alembic.ini").write_text("sqlalchemy.url = s3cr3t\n")
    broken = Config(project=tmp_path)
    with pytest.raises(ConfigError, match=r"^alembic.ini: line 1: not a valid ini file"):
        find_url(broken, environ={})
