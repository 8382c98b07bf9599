"""Settings files and what they ask for: percent signs, passwords, import roots, drivers, programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from xcore_tools.config import Config
from xcore_tools.config.files import exists, is_file, shown
from xcore_tools.database.backup import mysql, postgresql
from xcore_tools.database.backup.client import find_program
from xcore_tools.database.drivers import synchronous
from xcore_tools.database.lookup import EXAMPLE
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.discovery.results import Discovery, Problem
from xcore_tools.doctor.facts import Finding
from xcore_tools.envfile.write import locked, replace_file
from xcore_tools.errors import BackupError, DatabaseError
from xcore_tools.files import read_regular, read_text

_URL = re.compile(r"^(?P<key>\s*sqlalchemy\.url\s*[=:])(?P<value>.*)$", re.MULTILINE)
_LONE = re.compile(r"%%|%(\([^)]*\)s)?")
_PASSWORD = re.compile(r"\w://[^:/@\s\"']*:(?P<password>[^@\s\"']+)@")
_PLACEHOLDERS = ("${", "%(")
_PROGRAMS = {"postgresql": postgresql.PROGRAMS, "mysql": mysql.PROGRAMS}


def examine_settings(config: Config) -> Iterator[Finding]:
    """Faults in alembic.ini and in the settings file."""
    ini = config.project / config.migration.alembic_config
    for path in dict.fromkeys(p for p in (ini, config.source) if p is not None and is_file(p)):
        try:
            text = read_text(path)
        except OSError:
            continue  # whoever reads it says so
        if path.suffix in {".ini", ".cfg"}:
            yield from _percent_signs(path, text)
        yield from _passwords(path, text)


def _percent_signs(path: Path, text: str) -> Iterator[Finding]:
    for match in _URL.finditer(text):
        if _escaped(match["value"]) != match["value"]:
            line = text.count("\n", 0, match.start("key")) + 1
            message = "a percent sign in sqlalchemy.url must be written twice"
            problem = Problem(shown(path), line, "XT405", "error", message)
            yield Finding(problem, partial(_escape, path))


def _escaped(value: str) -> str:
    return _LONE.sub(lambda m: m[0] if m[0] == "%%" or m[1] else "%%", value)


def _escape(path: Path) -> None:
    with locked(path):
        before = read_regular(path)
        after = _URL.sub(lambda m: m["key"] + _escaped(m["value"]), before.decode())
        replace_file(path, after.encode(), expected=before)


def _passwords(path: Path, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        for match in _PASSWORD.finditer(line):
            if EXAMPLE in line or match["password"].startswith(_PLACEHOLDERS):
                continue
            message = "a password stands here, for everybody who can read the file"
            yield Finding(Problem(shown(path), number, "XT410", "warning", message))


def examine_roots(config: Config, discovery: Discovery) -> Iterator[Finding]:
    """Import roots that lie in one another, so that one file has two names."""
    files = sorted({model.path for model in discovery.models})
    roots = [root for root in config.import_roots if exists(root)]
    for outer in roots:
        for inner in roots:
            names = _two_names(config.project, files, outer, inner) if outer != inner else None
            if names:
                message = (
                    f"{names[0]} can be imported as {names[1]} too; SQLAlchemy would map it twice"
                )
                yield Finding(Problem(shown(inner), 0, "XT406", "warning", message))


def _two_names(project: Path, files: list[str], outer: Path, inner: Path) -> tuple[str, str] | None:
    """The two dotted names of the first file below both roots."""
    if not inner.is_relative_to(outer):
        return None
    for file in files:
        path = project / file
        if path.is_relative_to(inner):
            parts = [path.relative_to(root).with_suffix("").parts for root in (outer, inner)]
            if all(part.isidentifier() for part in parts[0]):
                return ".".join(parts[0]), ".".join(parts[1])
    return None


def examine_tools(url: DatabaseUrl) -> Iterator[Finding]:
    """The driver and the programs that the database needs and this machine lacks."""
    try:
        synchronous(url)
    except DatabaseError as error:
        yield Finding(Problem(url.source, 0, "XT411", "error", str(error)))
    for names, package in _PROGRAMS.get(url.engine_name, ()):
        try:
            find_program(names, package)
        except BackupError as error:
            message = f"no backups can be taken: {error}"
            yield Finding(Problem(url.source, 0, "XT411", "warning", message))
