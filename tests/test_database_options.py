# ruff: noqa: E501 (tables)
"""Options of URLs: for each driver, what its connect() and the client programs are given.

The expected values are those that SQLAlchemy's dialects and the references of the drivers, of libpq and
of the client programs document.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from servers import as_url

from xcore_tools.database.connection import connected
from xcore_tools.database.drivers import synchronous
from xcore_tools.database.options import (
    UnknownOptionError,
    arguments,
    client_options,
    libpq_parameters,
)
from xcore_tools.database.url import parse_url
from xcore_tools.errors import DatabaseError

LIBPQ = [
    ("postgresql://u:p@h:5/d", {"host": "h", "port": "5", "user": "u", "password": "p"}),
    ("postgresql:///d", {}),
    ("postgresql://u@/d?host=/var/run/postgresql", {"user": "u", "host": "/var/run/postgresql"}),
    ("postgresql:///d?host=a:1&host=b:2", {"host": "a,b", "port": "1,2"}),
    ("postgresql+psycopg:///d?host=a&host=b:2", {"host": "a,b", "port": ",2"}),
    ("postgresql:///d?host=a,b&port=1,2", {"host": "a,b", "port": "1,2"}),
    ("postgresql:///d?host=a:1", {"host": "a", "port": "1"}),
    ("postgresql://h/d?sslmode=verify-full&sslrootcert=/c", {"host": "h", "sslmode": "verify-full", "sslrootcert": "/c"}),
    ("postgresql://h/d?service=shop&connect_timeout=3", {"host": "h", "service": "shop", "connect_timeout": "3"}),
    ("postgresql://h/d?options=-csearch_path%3Da", {"host": "h", "options": "-csearch_path=a"}),
    ("postgresql://h/d?target_session_attrs=read-write", {"host": "h", "target_session_attrs": "read-write"}),
    ("postgresql+psycopg://h/d?prepare_threshold=0&autocommit=true", {"host": "h"}),
    ("postgresql+asyncpg://h/d?ssl=require", {"host": "h", "sslmode": "require"}),
    ("postgresql+asyncpg://h/d?timeout=5&command_timeout=9&statement_cache_size=0", {"host": "h", "connect_timeout": "5"}),
    ("postgresql+asyncpg://h/d?prepared_statement_cache_size=0&passfile=/p", {"host": "h", "passfile": "/p"}),
    ("postgresql+pg8000:///d?unix_sock=/run/pg/.s.PGSQL.5432", {"host": "/run/pg"}),
    ("postgresql+pg8000://h/d?timeout=4&application_name=x&tcp_keepalive=true", {"host": "h", "connect_timeout": "4", "application_name": "x", "keepalives": "1"}),
    ("postgresql+psycopg2://h/d?keepalives_idle=4", {"host": "h", "keepalives_idle": "4"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LIBPQ)
def test_the_programs_of_postgresql(text: str, expected: dict[str, str]) -> None:
    assert libpq_parameters(as_url(text).sqlalchemy) == {"dbname": "d", **expected}


CLIENT = [
    ("mysql://u:p@h:5/d", {"user": "u", "password": "p", "host": "h", "port": "5"}, {}),
    ("mysql+pymysql://h/d?unix_socket=/s", {"socket": "/s"}, {}),
    ("mysql+pymysql://h/d?charset=utf8mb4&autocommit=true&use_unicode=1&sql_mode=ANSI", {}, {}),
    ("mysql+pymysql://h/d?connect_timeout=3&read_timeout=9", {"connect-timeout": "3"}, {}),
    ("mysql+pymysql://h/d?ssl_ca=/a&ssl_cert=/c&ssl_key=/k", {"ssl-ca": "/a", "ssl-cert": "/c", "ssl-key": "/k"}, {}),
    ("mysql+pymysql://h/d?ssl_disabled=true", {"ssl": "0"}, {"ssl-mode": "DISABLED"}),
    ("mysql+pymysql://h/d?ssl_verify_identity=true", {"ssl-verify-server-cert": "1"}, {"ssl-mode": "VERIFY_IDENTITY"}),
    ("mysql+pymysql://h/d?ssl_ca=/a&ssl_check_hostname=false", {"ssl-ca": "/a"}, {}),
    ("mysql+pymysql://h/d?ssl_verify_cert=true", {}, {"ssl-mode": "VERIFY_CA"}),
    ("mysql+mysqldb://h/d?compress=true&passwd=p", {"compress": "1", "password": "p"}, {}),
    ("mysql+mysqlconnector://h/d?connection_timeout=3&raise_on_warnings=true&pool_size=5", {"connect-timeout": "3"}, {}),
    ("mysql+aiomysql://h/d?charset=utf8mb4&connect_timeout=2", {"connect-timeout": "2"}, {}),
    ("mysql+asyncmy://h/d?ssl_ca=/a", {"ssl-ca": "/a"}, {}),
    ("mariadb+mariadbconnector://h/d?connect_timeout=2&ssl_ca=/a", {"connect-timeout": "2", "ssl-ca": "/a"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "maria", "mysql"), CLIENT)
def test_the_programs_of_mariadb_and_mysql(
    text: str, maria: dict[str, str], mysql: dict[str, str]
) -> None:
    url = as_url(text).sqlalchemy
    assert client_options(url, is_mariadb=True) == ({"host": "h"} | maria, None)
    other = {k: v for k, v in maria.items() if k not in {"ssl", "ssl-verify-server-cert"}}
    assert client_options(url, is_mariadb=False) == ({"host": "h"} | other | mysql, None)


def test_a_file_of_options_is_included() -> None:
    url = as_url("mysql+pymysql:///d?read_default_file=/etc/app.cnf").sqlalchemy
    assert client_options(url, is_mariadb=True) == ({}, "/etc/app.cnf")


@pytest.mark.parametrize(
    ("text", "given_to_connect"),
    [
        ("postgresql+psycopg://h/d?prepare_threshold=0", {"prepare_threshold": 0}),
        ("postgresql+psycopg://h/d?prepare_threshold=none", {"prepare_threshold": None}),
        ("postgresql+psycopg://h/d?autocommit=true", {}),
        ("mysql+pymysql://h/d?autocommit=true", {}),
        ("mysql+pymysql://h/d?ssl_disabled=true&max_allowed_packet=9", {"ssl_disabled": True, "max_allowed_packet": 9}),
    ],
)  # fmt: skip
def test_what_is_no_text_is_converted(text: str, given_to_connect: dict[str, object]) -> None:
    url, found = arguments(as_url(text).sqlalchemy)
    assert found == given_to_connect
    assert not url.query


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("postgresql+psycopg://h/d?ssl_mode=s3cret", r"psycopg has no option 'ssl_mode' in a URL; is sslmode meant\?"),
        ("postgresql+psycopg://h/d?qqq=s3cret", "psycopg has no option 'qqq' in a URL"),
        ("mysql+pymysql://h/d?sslmode=s3cret", "pymysql has no option 'sslmode' in a URL"),
        ("postgresql+psycopg://h/d?prepare_threshold=s3cret", "'prepare_threshold' of the URL has to be a number"),
        ("mysql+pymysql://h/d?ssl_disabled=s3cret", "'ssl_disabled' of the URL has to be true or false"),
    ],
)  # fmt: skip
def test_what_nobody_knows_is_named(text: str, told: str) -> None:
    with pytest.raises(UnknownOptionError, match=told) as caught:
        arguments(as_url(text).sqlalchemy)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(DatabaseError, match=told), connected(as_url(text)):
        pass


def test_options_follow_to_the_driver_that_is_taken() -> None:
    url = synchronous(as_url("mysql+asyncmy://h/d?charset=utf8mb4&auth_plugin=x"))
    assert url.sqlalchemy.query == {"charset": "utf8mb4"}


# -- an @ in a password that nobody escaped -------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "password", "host", "database"),
    [
        ("postgresql://u:a@b@h:1/d", "a@b", "h", "d"),
        ("postgresql://u:a@b/c@h/d", "a@b/c", "h", "d"),
        ("postgresql://u:a:b@#@@h/d?sslmode=require", "a:b@#@", "h", "d"),
        ("postgresql://u:a%40b@h/d", "a@b", "h", "d"),
        ("postgresql://u:p@h/d?options=a@b", "p", "h", "d"),
        ("mysql://u:a?b@c@h/d", "a?b@c", "h", "d"),
        ("postgresql://u@h/d", None, "h", "d"),
        ("postgresql://h/d", None, "h", "d"),
    ],
)
def test_the_last_at_sign_ends_the_password(
    text: str, password: str | None, host: str, database: str
) -> None:
    url = as_url(text).sqlalchemy
    assert (url.password, url.host, url.database) == (password, host, database)


@given(
    st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters="%${}?"), min_size=9)
)
def test_no_part_of_such_a_password_is_shown(password: str) -> None:
    text = f"postgresql://clerk:{password}@db.example/ledger"
    url = parse_url(text, source="test", anchor=Path.cwd(), environ={})
    assert url.sqlalchemy.password == password
    assert str(url) == "postgresql://clerk:***@db.example/ledger"
    assert url.redacted(f"no: {text}") == "no: postgresql://clerk:***@db.example/ledger"
    assert isinstance(url.sqlalchemy, sa.URL)
