"""Database URLs: parsed, anchored, escaped, mapped to drivers, and never shown with a password.

No other module takes a URL apart or puts one together. The text of a DatabaseUrl is always the
redacted one; what connects asks for `sqlalchemy`, what writes for Alembic asks for `ini_text`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from xcore_tools.errors import ConfigError

REDACTED = "***"

# What a word boundary keeps apart in a short secret ("app" in "application") would be noise in a
# long one, and could let it through behind an escaped line break.
_SHORT = 8
_VARIABLE = re.compile(r"\$\{(\w+)\}")
# scheme://user:password@ and all that follows. SQLAlchemy ends a password at its first @; one that
# somebody forgot to escape would be taken for a part of the host, and shown: the last one counts.
_USERINFO = re.compile(r"([\w+]+://[^:/@?]*)(?::(.*))?@", re.DOTALL)
_OPTIONS = re.compile(r"\?[\w.-]+=[^?]*\Z", re.DOTALL)
_PASSWORD = re.compile(r"(\w://[^:/@\s]*:)\S+@")
_SEARCH_PATH = re.compile(r"-c\s*search_path=(\S+)")
_SECRET_KEY = re.compile(r"passw|pwd|secret|token|odbc_connect|sslkey", re.IGNORECASE)

# Heroku and others still write the first; SQLAlchemy knows only the second.
_SCHEMES = {"postgres": "postgresql"}


class DatabaseUrl:
    """One database, and where its URL was found.

    `source` names the place for messages: `--url`, `migration.url in config.json`, …
    """

    __slots__ = ("_url", "source")

    def __init__(self, url: sa.URL, source: str) -> None:
        self._url = url
        self.source = source

    @property
    def sqlalchemy(self) -> sa.URL:
        """The URL for an engine. It holds the password: never show it, nor put it into a message."""
        return self._url

    @property
    def ini_text(self) -> str:
        """The URL with its password, for `Config.set_main_option` of Alembic, which wants `%%`."""
        return self._url.render_as_string(hide_password=False).replace("%", "%%")

    @property
    def engine_name(self) -> str:
        """`sqlite`, `postgresql`, `mysql` (MariaDB as well), or what SQLAlchemy calls another one."""
        name = self._url.get_backend_name()
        return "mysql" if name == "mariadb" else name

    @property
    def name(self) -> str:
        """What a person calls the database: its name on the server, or the name of its file."""
        path = self.sqlite_path
        if path is not None:
            return path.name
        return self._url.database or (":memory:" if self.engine_name == "sqlite" else "")

    @property
    def sqlite_path(self) -> Path | None:
        """The file of an SQLite database; None for one in memory and for other engines."""
        if self.engine_name != "sqlite":
            return None
        text = self._url.database or ""
        if _is_file_uri(self._url):
            text, _, options = text.removeprefix("file:").partition("?")
            if "mode=memory" in options or self._url.query.get("mode") == "memory":
                return None
        return None if text in {"", ":memory:"} else Path(text)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown, in each spelling that a message could hold; longest first."""
        plain = [str(self._url.password)] if self._url.password else []
        for key, value in self._url.query.items():
            if _SECRET_KEY.search(key):
                plain += [value] if isinstance(value, str) else value
        spelled = {
            spelling
            for secret in plain
            for written in (secret, quote(secret, safe=""), quote(secret), quote_plus(secret))
            for spelling in (written, written.replace("%", "%%"), repr(written)[1:-1])
        }
        return tuple(sorted(filter(None, spelled), key=lambda secret: (-len(secret), secret)))

    def redacted(self, text: str) -> str:
        """`text` without the secrets of this URL, and without the password of any URL in it."""
        text = _PASSWORD.sub(rf"\1{REDACTED}@", text)
        for secret in self.secrets:
            pattern = re.escape(secret)
            if len(secret) <= _SHORT:
                pattern = rf"(?<!\w){pattern}(?!\w)"
            text = re.sub(pattern, REDACTED, text)
        return text

    def with_driver(self, driver: str, query: Mapping[str, str | tuple[str, ...]]) -> DatabaseUrl:
        """The same database through another driver, with the options that this one understands."""
        name = f"{self._url.get_backend_name()}+{driver}"
        return DatabaseUrl(self._url.set(drivername=name, query=query), self.source)

    def with_database(self, name: str) -> DatabaseUrl:
        """Another database of the same server, or another SQLite file."""
        return DatabaseUrl(self._url.set(database=name), self.source)

    @property
    def search_path(self) -> str:
        """The schemas that the options of a PostgreSQL URL look into; empty if they do not say."""
        found = _SEARCH_PATH.search(str(self._url.query.get("options", "")))
        return found[1] if found else ""

    def with_schema(self, schema: str) -> DatabaseUrl:
        """The same PostgreSQL database, with this schema in place of `public`."""
        given = str(self._url.query.get("options", ""))
        options = f'{_SEARCH_PATH.sub("", given)} -csearch_path="{schema}"'.strip()
        return DatabaseUrl(self._url.update_query_dict({"options": options}), self.source)

    def is_same_database(self, other: sa.URL) -> bool:
        """Whether both lead to one database, whatever the driver, user and options are."""
        theirs = DatabaseUrl(other, "")
        if self.engine_name != theirs.engine_name:
            return False
        if self.engine_name == "sqlite":
            mine, file = self.sqlite_path, theirs.sqlite_path
            return mine == file or bool(mine and file and mine.resolve() == file.resolve())
        return self._place() == theirs._place()

    def _place(self) -> tuple[str, int, str, str]:
        host = (self._url.host or "").lower()
        port = self._url.port or {"postgresql": 5432, "mysql": 3306}.get(self.engine_name, 0)
        host = "127.0.0.1" if host in {"", "localhost"} else host
        return host, port, self._url.database or "", self.search_path

    def __str__(self) -> str:
        query = {
            key: REDACTED if _SECRET_KEY.search(key) else value
            for key, value in self._url.query.items()
        }
        # a directory may have a name that is no text, which a relative path then lies below
        database = (self._url.database or "").encode(errors="backslashreplace").decode()
        url = self._url.set(query=query, database=database or None)
        return url.render_as_string(hide_password=True).replace("%2A", "*")

    def __repr__(self) -> str:
        return f"<DatabaseUrl {self} from {self.source}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatabaseUrl) and self._url == other._url

    def __hash__(self) -> int:
        return hash(self._url)


def anchored_url(url: sa.URL, *, source: str, anchor: Path) -> DatabaseUrl:
    """A URL of SQLAlchemy's with a place; a relative path of SQLite starts from `anchor`."""
    return DatabaseUrl(_anchored(url, anchor), source)


def parse_url(text: str, *, source: str, anchor: Path, environ: Mapping[str, str]) -> DatabaseUrl:
    """Read the URL of a database as SQLAlchemy writes them.

    A relative path of SQLite starts from `anchor`. `${NAME}` stands for a variable of `environ`:
    a whole URL, or a part of one; in place of a user or a password its value is taken as it is,
    so that it needs no escaping.

    Raises:
        ConfigError: it is no URL, no text, or a variable is not set. The message shows no part of it.
    """
    whole = _VARIABLE.fullmatch(text.strip())
    if whole:
        text = _value(whole[1], source, environ)
    head, rest = _divided(text.strip())
    rest = _VARIABLE.sub(lambda found: _value(found[1], source, environ), rest)
    try:
        url = make_url(head + rest)
        backend = url.get_backend_name()
        url = url.set(
            drivername=url.drivername.replace(backend, _SCHEMES.get(backend, backend), 1),
            username=_filled(url.username, source, environ),
            password=_filled(url.password, source, environ),
        )
        "".join([head, rest, url.username or "", str(url.password or "")]).encode()
    except UnicodeEncodeError:
        raise ConfigError(
            [
                f"{source}: holds a lone surrogate or a byte that is no UTF-8; "
                "write the character itself, in UTF-8"
            ]
        ) from None
    except (sa.exc.ArgumentError, ValueError) as error:
        del error  # its message may show the password
        raise ConfigError(
            [
                f"{source}: not a database URL; write for example sqlite:///app.db or "
                "postgresql://user@host/name, with %40 for an @ in the password"
            ]
        ) from None
    return anchored_url(url, source=source, anchor=anchor)


def _divided(text: str) -> tuple[str, str]:
    """`scheme://user:password@` with each @ of the password escaped, and what follows."""
    options = _OPTIONS.search(text)
    end = options.start() if options and "@" in text[: options.start()] else len(text)
    found = _USERINFO.match(text[:end])
    if found is None:
        return "", text
    start, password = found.groups()
    head = start if password is None else f"{start}:{password.replace('@', '%40')}"
    return f"{head}@", text[found.end() :]


def _value(name: str, source: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        raise ConfigError([f"{source}: the environment variable {name} is not set; set it"])
    return environ[name]


def _filled(part: str | None, source: str, environ: Mapping[str, str]) -> str | None:
    return part and _VARIABLE.sub(lambda found: _value(found[1], source, environ), str(part))


def _is_file_uri(url: sa.URL) -> bool:
    return (url.database or "").startswith("file:")


def _anchored(url: sa.URL, anchor: Path) -> sa.URL:
    """`url` with an absolute path if it is that of an SQLite file."""
    path = DatabaseUrl(url, "").sqlite_path
    if path is None or path.is_absolute():
        return url
    place = (anchor / path).as_posix()
    if not _is_file_uri(url):
        return url.set(database=place)
    options = (url.database or "").partition("?")[2]
    return url.set(database=f"file:{place}" + (f"?{options}" if options else ""))
