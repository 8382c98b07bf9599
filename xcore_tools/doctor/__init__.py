"""One look at everything that can be wrong between models, env.py, settings, database and backups.

Nothing is changed, and no code of the project runs, unless the answer of SQLAlchemy is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from xcore_tools.config import Config, load_config
from xcore_tools.config.files import shown
from xcore_tools.database.backup.engine import VersionTable
from xcore_tools.database.lookup import find_url
from xcore_tools.database.url import DatabaseUrl
from xcore_tools.discovery import discover
from xcore_tools.discovery.results import Discovery, Problem, Severity
from xcore_tools.doctor.database import examine_backups, examine_database
from xcore_tools.doctor.envfile import examine_env, version_table_of
from xcore_tools.doctor.facts import Diagnosis, Finding
from xcore_tools.doctor.runtime import examine_runtime
from xcore_tools.doctor.settings import examine_roots, examine_settings, examine_tools
from xcore_tools.envfile.environments import environments, settled, settled_on
from xcore_tools.envfile.locate import find_env
from xcore_tools.errors import ConfigError, EnvFileError
from xcore_tools.migrate.revisions.history import check_heads, read_history

__all__ = ["Diagnosis", "Finding", "diagnose", "diagnose_all", "repair"]


def diagnose(
    config: Config | None = None,
    *,
    url: str | None = None,
    section: str = "alembic",
    python: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Diagnosis:
    """Return what is wrong with the project, its env.py, its revisions, its database and its backups.

    `url` is that of the database if it is not the configured one, `section` that of alembic.ini.
    With `python`, the modules of the models are imported by that interpreter, in a process of its
    own, and every difference to what was read is a finding.

    Raises:
        ConfigError: the settings cannot be used.
        NothingToScanError: there is no Python file.
    """
    config = settled(load_config() if config is None else config, section)
    discovery = discover(config=config, progress=progress)
    return _diagnosis(config, discovery, url, section, python)


def diagnose_all(
    config: Config | None = None,
    *,
    url: str | None = None,
    python: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Diagnosis:
    """Return what `diagnose` tells of every environment of Alembic in the project, together.

    Raises:
        ConfigError: the settings cannot be used.
        NothingToScanError: there is no Python file.
    """
    config = load_config() if config is None else config
    discovery = discover(config=config, progress=progress)
    each = [
        _diagnosis(settled_on(one, config), discovery, url, one.section, python)
        for one in environments(config)
    ] or [_diagnosis(config, discovery, url, "alembic", python)]
    findings = {finding.problem: finding for one in each for finding in one.findings}
    examined = dict.fromkeys(line for one in each for line in one.examined)
    return Diagnosis(tuple(findings[problem] for problem in sorted(findings)), tuple(examined))


def _diagnosis(
    config: Config, discovery: Discovery, url: str | None, section: str, python: str | None
) -> Diagnosis:
    doctor = _Doctor(config, discovery, url, section)
    found = list(doctor.findings())
    if python is not None:
        doctor.examined.append(f"runtime: {python}")
        found += examine_runtime(config, discovery, python)
    found.sort(key=lambda finding: finding.problem)
    return Diagnosis(tuple(found), tuple(doctor.examined))


def repair(diagnosis: Diagnosis) -> int:
    """Do what mends findings and is safe; return how many. Look again afterwards.

    Raises:
        XcoreToolsError: a file cannot be replaced.
    """
    repairs = [finding.repair for finding in diagnosis.findings if finding.repair is not None]
    for each in repairs:
        each()
    return len(repairs)


class _Doctor:
    """What is known of one project; each part is looked at though another cannot be."""

    def __init__(self, config: Config, discovery: Discovery, url: str | None, section: str) -> None:
        self.examined: list[str] = []
        self._config = config
        self._discovery = discovery
        self._section = section
        self._url: DatabaseUrl | None = None
        self._missing: list[str] = []
        try:
            self._url = find_url(config, url, section=section)
        except ConfigError as error:
            self._missing = list(error.faults)

    def findings(self) -> Iterator[Finding]:
        """Everything that is wrong."""
        found = self._discovery
        counts = f"{_counted(len(found.models), 'model')}, {_counted(len(found.tables), 'table')}"
        self.examined.append(f"source: {counts} in {_counted(found.files, 'file')}")
        yield from map(Finding, self._discovery.problems)
        yield from examine_roots(self._config, self._discovery)
        yield from examine_settings(self._config)
        table = VersionTable()
        try:
            env = find_env(self._config, name=self._section)
        except ConfigError as error:
            yield self._of_settings("XT415", error.faults[0])
        else:
            table = VersionTable(*version_table_of(env))
            yield from self._environment(env)
        yield from self._database(table)

    def _environment(self, path: Path) -> Iterator[Finding]:
        self.examined.append(f"environment: {shown(path)}")
        is_sqlite = self._url is not None and self._url.engine_name == "sqlite"
        try:
            yield from examine_env(self._config, self._discovery, path, is_sqlite=is_sqlite)
            heads = check_heads(self._config, section=self._section)
        except EnvFileError as error:
            yield Finding(Problem(shown(path), 0, "XT401", "error", str(error)))
            return
        except ConfigError as error:
            yield self._of_settings("XT415", error.faults[0])
            return
        self.examined.append(f"revision files: {heads.files}; heads: {len(heads.heads)}")
        yield from map(Finding, heads.problems)

    def _database(self, table: VersionTable) -> Iterator[Finding]:
        if self._url is None:
            for fault in self._missing:
                yield self._of_settings("XT414", fault, severity="note")
            return
        self.examined.append(f"database: {self._url} ({self._url.source})")
        yield from examine_tools(self._url)
        try:
            known = read_history(self._config, section=self._section)
        except ConfigError:
            known = frozenset()
        yield from examine_database(self._url, table, known)
        yield from examine_backups(self._config, self._url)

    def _of_settings(self, code: str, message: str, severity: Severity = "error") -> Finding:
        place = shown(self._config.source or self._config.project)
        return Finding(Problem(place, 0, code, severity, message))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
