"""Which driver a URL is opened with here: a synchronous one that is installed."""

from __future__ import annotations

from importlib.util import find_spec

from xcore_tools.database.options import renamed
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.errors import DatabaseError

# Engine → drivers of SQLAlchemy that need no event loop, with the module of each; the best first.
_DRIVERS = {
    "postgresql": {"psycopg": "psycopg", "psycopg2": "psycopg2", "pg8000": "pg8000"},
    "mysql": {
        "pymysql": "pymysql",
        "mysqldb": "MySQLdb",
        "mysqlconnector": "mysql.connector",
        "mariadbconnector": "mariadb",
    },
    "sqlite": {"pysqlite": "sqlite3"},
}
_ASYNCHRONOUS = {"aiosqlite", "asyncpg", "psycopg_async", "aiomysql", "asyncmy", "aioodbc"}
_EXTRAS = {"postgresql": "postgresql", "mysql": "mysql"}


def synchronous(url: DatabaseUrl) -> DatabaseUrl:
    """`url` with a driver that needs no event loop and is installed.

    The driver that the URL names is kept where it fits. An engine that is not known here is left
    as it is.

    Raises:
        DatabaseError: no driver for the engine is installed; it names the extra that brings one.
    """
    driver = url.sqlalchemy.drivername.partition("+")[2]
    known = _DRIVERS.get(url.engine_name)
    if known is None or (driver and driver not in known and driver not in _ASYNCHRONOUS):
        return url
    if driver in known and _is_installed(known[driver]):
        return url
    if not driver and url.engine_name == "sqlite":
        return url
    chosen = next((name for name, module in known.items() if _is_installed(module)), None)
    if chosen is None:
        raise _missing(url, driver)
    return url.with_driver(chosen, renamed(url.sqlalchemy.query, driver, chosen))


def installed(url: DatabaseUrl) -> DatabaseUrl:
    """`url` as it is if an asynchronous driver is named, else what `synchronous` gives."""
    return url if is_asynchronous(url) else synchronous(url)


def is_asynchronous(url: DatabaseUrl) -> bool:
    """Whether the URL names a driver that needs an event loop."""
    return url.sqlalchemy.drivername.partition("+")[2] in _ASYNCHRONOUS


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it is missing
        return False


def _missing(url: DatabaseUrl, driver: str) -> DatabaseError:
    wanted = f"the driver {driver}" if driver else "a driver"
    extra = _EXTRAS[url.engine_name]
    return DatabaseError(
        f"{url}: {wanted} for {url.engine_name} is not installed; "
        f"run `pip install 'xcore-tools[{extra}]'`"
    )
