"""Options in URLs: what each driver calls them, of which type they are, and what client programs call them.

This is the only place that knows them. An option belongs to a driver; it is renamed where another
driver has to be taken, converted where the driver wants no text, left out where it only says how an
application likes its connections, and named in an error where nobody knows it.

https://docs.sqlalchemy.org/en/latest/dialects/postgresql.html and …/mysql.html;
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

import sqlalchemy as sa

Query = Mapping[str, str | tuple[str, ...]]
Convert = Callable[[str], Any]

_LIBPQ = {
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "options",
    "passfile",
    "password",
    "port",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "service",
    "servicefile",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslkeylogfile",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
}


class UnknownOptionError(ValueError):
    """Indicates an option that the driver does not have, or a value that it cannot have."""


def _boolean(text: str) -> bool:
    if text.lower() not in {
        "true",
        "false",
        "1",
        "0",
        "yes",
        "no",
        "on",
        "off",
        "t",
        "f",
        "y",
        "n",
    }:
        raise ValueError(text)
    return text.lower() in {"true", "1", "yes", "on", "t", "y"}


def _number_or_none(text: str) -> int | None:
    return None if text.lower() in {"none", ""} else int(text)


def _nothing(_text: str) -> None:
    """How an application likes its connections: ours are as we need them."""


# Driver → option → how its text is converted; `str` for what SQLAlchemy or the driver reads as text.
_PSYCOPG: dict[str, Convert] = {
    **dict.fromkeys(_LIBPQ, str),
    "autocommit": _nothing,
    "prepare_threshold": _number_or_none,
}
_PYMYSQL: dict[str, Convert] = {
    **dict.fromkeys(
        ("bind_address", "charset", "collation", "init_command", "program_name", "sql_mode"), str
    ),
    **dict.fromkeys(("read_default_file", "read_default_group", "unix_socket"), str),
    **dict.fromkeys(("server_public_key", "user", "password", "host", "port"), str),
    **dict.fromkeys(("ssl_ca", "ssl_cert", "ssl_key", "ssl_capath", "ssl_cipher"), str),
    **dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), str),
    **dict.fromkeys(("client_flag", "compress", "local_infile", "use_unicode"), str),
    "ssl_check_hostname": str,
    "ssl_key_password": str,
    "max_allowed_packet": int,
    "autocommit": _nothing,
    "binary_prefix": _boolean,
    "ssl_disabled": _boolean,
    "ssl_verify_cert": _boolean,
    "ssl_verify_identity": _boolean,
}
_MYSQLDB: dict[str, Convert] = {
    **{k: v for k, v in _PYMYSQL.items() if not k.startswith("ssl_") or v is str},
    "ssl_mode": str,
    "passwd": str,
    "conv": _nothing,
}
_CONNECTOR: dict[str, Convert] = {
    **dict.fromkeys(("charset", "collation", "unix_socket", "time_zone", "sql_mode"), str),
    **dict.fromkeys(("init_command", "auth_plugin", "ssl_ca", "ssl_cert", "ssl_key"), str),
    **dict.fromkeys(("ssl_cipher", "tls_versions", "option_files", "option_groups"), str),
    **dict.fromkeys(("allow_local_infile", "compress", "ssl_verify_cert", "ssl_disabled"), str),
    **dict.fromkeys(("ssl_verify_identity", "use_pure", "use_unicode", "force_ipv6"), str),
    **dict.fromkeys(("connection_timeout", "connect_timeout", "client_flags"), str),
    **dict.fromkeys(("autocommit", "buffered", "raw", "consume_results", "get_warnings"), _nothing),
    **dict.fromkeys(("raise_on_warnings", "pool_name", "pool_size"), _nothing),
    **dict.fromkeys(("pool_reset_session", "converter_class", "failover"), _nothing),
}
_MARIADB: dict[str, Convert] = {
    **dict.fromkeys(("unix_socket", "ssl_ca", "ssl_cert", "ssl_key", "ssl_capath"), str),
    **dict.fromkeys(("ssl_cipher", "tls_version", "init_command", "plugin_dir"), str),
    **dict.fromkeys(("default_file", "default_group"), str),
    **dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), int),
    **dict.fromkeys(("compress", "local_infile", "ssl", "ssl_verify_cert"), _boolean),
    **dict.fromkeys(("autocommit", "pool_name", "pool_size"), _nothing),
}
_DRIVERS: dict[str, Mapping[str, Convert]] = {
    "psycopg": _PSYCOPG,
    "psycopg2": {name: how for name, how in _PSYCOPG.items() if name != "prepare_threshold"},
    "pg8000": {
        "application_name": str,
        "replication": str,
        "unix_sock": str,
        "timeout": int,
        "tcp_keepalive": _boolean,
        "source_address": str,
    },
    "pymysql": _PYMYSQL,
    "mysqldb": _MYSQLDB,
    "mysqlconnector": _CONNECTOR,
    "mariadbconnector": _MARIADB,
}

# What a driver calls an option of the one that is taken in its place; None: it has no part in that.
_AS_PSYCOPG: dict[str, dict[str, str | None]] = {
    "asyncpg": {
        "ssl": "sslmode",
        "timeout": "connect_timeout",
        **dict.fromkeys(
            (
                "command_timeout",
                "direct_tls",
                "max_cacheable_statement_size",
                "max_cached_statement_lifetime",
                "prepared_statement_cache_size",
                "prepared_statement_name_func",
                "statement_cache_size",
                "async_fallback",
            )
        ),
    },
    "pg8000": {"timeout": "connect_timeout", "tcp_keepalive": "keepalives", "source_address": None},
    "psycopg": {"prepare_threshold": "prepare_threshold"},
}
_AS_PYMYSQL: dict[str, dict[str, str | None]] = {
    "aiomysql": {"auth_plugin": None, "echo": None},
    "asyncmy": {"auth_plugin": None, "echo": None},
    "mysqldb": {"ssl_mode": None, "passwd": "password", "conv": None},
    "mysqlconnector": {
        **dict.fromkeys(set(_CONNECTOR) - set(_PYMYSQL)),
        "connection_timeout": "connect_timeout",
        "allow_local_infile": "local_infile",
        "option_files": "read_default_file",
        "option_groups": "read_default_group",
    },
    "mariadbconnector": {
        "default_file": "read_default_file",
        "default_group": "read_default_group",
        **dict.fromkeys(("plugin_dir", "tls_version", "pool_name", "pool_size", "ssl")),
    },
}


def renamed(query: Query, driver: str, chosen: str) -> Query:
    """The options of a URL for `driver`, as another driver of the same engine calls them.

    Those that say how to work and not how to connect are left out.
    """
    names = (_AS_PYMYSQL if chosen in {"pymysql", "mysqldb"} else _AS_PSYCOPG).get(driver, {})
    found: dict[str, str | tuple[str, ...]] = {}
    for key, value in query.items():
        name = names.get(key, key)
        if key == "unix_sock" and driver == "pg8000" and isinstance(value, str):
            found["host"] = str(PurePosixPath(value).parent)
        elif name is not None:
            if key == "tcp_keepalive":
                value = str(int(_boolean(str(value))))  # noqa: PLW2901
            found[name] = value
    return found


def arguments(url: sa.URL) -> tuple[sa.URL, dict[str, Any]]:
    """The URL without the options that are no text, and those as the driver's connect() takes them.

    Raises:
        UnknownOptionError: the driver has no such option; the message names it, and no value.
    """
    driver = url.get_driver_name()
    known = _DRIVERS.get(driver)
    if known is None:
        return url, {}
    query: dict[str, str | tuple[str, ...]] = {}
    given: dict[str, Any] = {}
    for key, value in url.query.items():
        convert = known.get(key)
        if convert is None:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"; is {near[0]} meant?" if near else ""
            raise UnknownOptionError(f"{driver} has no option {key!r} in a URL{hint}")
        if convert is str:
            query[key] = value
        elif convert is not _nothing:
            given[key] = _converted(key, value, convert)
    return url.set(query=query), given


def _converted(key: str, value: str | tuple[str, ...], convert: Convert) -> Any:
    try:
        return convert(value if isinstance(value, str) else value[-1])
    except ValueError:
        what = "true or false" if convert is _boolean else "a number"
        raise UnknownOptionError(f"the option {key!r} of the URL has to be {what}") from None


def libpq_parameters(url: sa.URL) -> dict[str, str]:
    """What PostgreSQL's programs are given to reach the database that SQLAlchemy reaches; with secrets.

    Raises:
        UnknownOptionError: as `arguments`.
    """
    driver = url.drivername.partition("+")[2]
    query = renamed(url.query, driver, "psycopg")
    url, _ = arguments(url.set(drivername="postgresql+psycopg", query=query))
    # SQLAlchemy knows how several hosts are written, each with its port
    _, found = url.get_dialect()().create_connect_args(url)
    return {key: str(value) for key, value in found.items() if key in _LIBPQ and value is not None}


# Options of PyMySQL → lines in the file of options that the client programs read.
_CLIENT = {
    "ssl_ca": "ssl-ca",
    "ssl_cert": "ssl-cert",
    "ssl_key": "ssl-key",
    "ssl_capath": "ssl-capath",
    "ssl_cipher": "ssl-cipher",
    "unix_socket": "socket",
    "connect_timeout": "connect-timeout",
    "max_allowed_packet": "max-allowed-packet",
    "bind_address": "bind-address",
    "user": "user",
    "password": "password",
    "host": "host",
    "port": "port",
}


def client_options(url: sa.URL, *, is_mariadb: bool) -> tuple[dict[str, str], str | None]:
    """What the programs of MariaDB and MySQL are given, with secrets; and a file to include.

    Raises:
        UnknownOptionError: as `arguments`.
    """
    driver = url.drivername.partition("+")[2]
    query = renamed(url.query, driver, "pymysql")
    arguments(url.set(drivername="mysql+pymysql", query=query))
    given = {
        "user": url.username,
        "password": url.password,
        "host": url.host,
        "port": url.port,
    }
    found = {key: str(value) for key, value in given.items() if value is not None}
    texts = {key: value if isinstance(value, str) else value[-1] for key, value in query.items()}
    found |= {_CLIENT[key]: value for key, value in texts.items() if key in _CLIENT}
    if _boolean(texts.get("compress", "false")):
        found["compress"] = "1"
    return found | _tls(texts, is_mariadb=is_mariadb), texts.get("read_default_file")


def _tls(texts: Mapping[str, str], *, is_mariadb: bool) -> dict[str, str]:
    """How sure the client has to be of the server."""
    is_disabled = _boolean(texts.get("ssl_disabled", "false"))
    names = ("ssl_verify_identity", "ssl_check_hostname")
    checks_name = any(_boolean(texts.get(name, "false")) for name in names)
    if is_mariadb:
        if is_disabled:
            return {"ssl": "0"}
        return {"ssl-verify-server-cert": "1"} if checks_name else {}
    if is_disabled:
        return {"ssl-mode": "DISABLED"}
    checks = checks_name or _boolean(texts.get("ssl_verify_cert", "false"))
    return {"ssl-mode": "VERIFY_IDENTITY" if checks_name else "VERIFY_CA"} if checks else {}
