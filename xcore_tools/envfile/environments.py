"""Every environment of Alembic in a project, wherever below it an ini file or an env.py lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from xcore_tools.config import Config
from xcore_tools.config.files import is_file, shown
from xcore_tools.config.importroots import configured_import_roots
from xcore_tools.config.ini import SECTION, read_ini
from xcore_tools.config.schema import Migration
from xcore_tools.config.scripts import alembic_settings, directories_of
from xcore_tools.discovery.walk import CORE, Root, Rules, find_sources, read_source
from xcore_tools.envfile.places import ASIDE, Environment
from xcore_tools.errors import ConfigError

# where `alembic init` and Flask-Migrate put it when nobody says otherwise
_USUAL = ("alembic", "migrations")


def environments(config: Config, paths: Iterable[str] | None = None) -> tuple[Environment, ...]:
    """Return every environment below the project that is the application's, sorted.

    `paths` are those of its Python and ini files, which are looked for if they are not given. Those
    in tests, examples and documentation do not count. Nothing of the project runs.
    """
    known = _paths(config) if paths is None else paths
    files = [path for path in known if ASIDE.isdisjoint(path.lower().split("/")[:-1])]
    inis = [path for path in files if path.endswith(".ini")]
    found = {each for path in inis for each in _of_ini(config, path)}
    if not found:
        scripts = [path for path in files if _is_environment(config.project, path)]
        found = {Environment(None, path, is_led_to=False) for path in scripts}
    return tuple(sorted(found, key=lambda each: (each.settings or "", each.section, each.env)))


def environment_of(config: Config, ini: str, section: str, faults: list[str]) -> Environment | None:
    """Return the environment that a section of an ini file leads to; None, and why not, if to none."""
    try:
        tried = with_ini(config, ini)
        env = configured_env(tried, name=section).resolve()
        project = tried.project.resolve()
        beside = env.with_name("alembic.ini")
        if not is_file(tried.project / ini) and is_file(beside):  # Flask-Migrate's
            ini = beside.relative_to(project).as_posix()
        settings = ini if is_file(tried.project / ini) else None
        return Environment(settings, env.relative_to(project).as_posix(), section=section)
    except ConfigError as error:
        faults += error.faults
    except ValueError:
        faults.append(f"{ini}: leads to an env.py outside of the project")
    return None


def with_ini(config: Config, ini: str) -> Config:
    """Return the settings with this file as that of Alembic.

    Raises:
        ConfigError: the file cannot be used.
    """
    migration: Migration = msgspec.structs.replace(config.migration, alembic_config=ini)
    faults: list[str] = []
    roots = configured_import_roots(config.project, migration, faults)
    if faults:
        raise ConfigError(faults)
    return msgspec.structs.replace(config, migration=migration, import_roots=roots)


def settled(config: Config, name: str = SECTION) -> Config:
    """Return the settings with the ini file of the one environment that the project has.

    They stay as they are where Alembic's own lead to an env.py or say where it should be, and where
    there is no environment or more than one.
    """
    try:
        configured_env(config, name=name)
    except NoEnvironmentError:
        found = [each for each in environments(config) if each.section == name and each.settings]
        if len(found) == 1:
            return settled_on(found[0], config)
    except ConfigError:
        pass
    return config


def settled_on(environment: Environment, config: Config) -> Config:
    """Return the settings of the project with the file that leads to an environment."""
    return config if environment.settings is None else with_ini(config, environment.settings)


class NoEnvironmentError(ConfigError):
    """Indicates that no setting says where env.py is."""


def configured_env(config: Config, *, name: str = SECTION) -> Path:
    """Return the env.py that `alembic -n <name>` runs by the settings that the project names.

    Raises:
        ConfigError: there is no such file; it says where it was looked for.
        NoEnvironmentError: nothing says where it is.
    """
    faults: list[str] = []
    settings = alembic_settings(config, name, faults)
    if faults:
        raise ConfigError(faults)
    text = settings.script_location
    if text is None:
        return _usual(config, name)
    first: Path | None = None
    for directory in directories_of(text, settings.home, config):
        path = directory / "env.py"
        first = first or path
        if is_file(path):
            return path
    place = shown(first) if first else text
    raise ConfigError(
        [
            f"{place}: no such file, though script_location is {text}; correct it, or name the "
            "file with `sync-env --env`"
        ]
    )


def _usual(config: Config, name: str) -> Path:
    ini = config.project / config.migration.alembic_config
    found = [path for each in _USUAL if is_file(path := config.project / each / "env.py")]
    if len(found) == 1 and name == SECTION:
        return found[0]
    raise NoEnvironmentError(
        [
            f"no env.py found: neither {shown(ini)} ([{name}]) nor [tool.alembic] in "
            f"{shown(config.project / 'pyproject.toml')} has a script_location; "
            "`xcore-tools init` sets Alembic up, and `sync-env --env` names the file"
        ]
    )


def _paths(config: Config) -> list[str]:
    rules = Rules(
        exclude_directories=config.migration.model_discovery.exclude_directories,
        include=("*.py", "*.ini"),
    )
    walk = find_sources(config.project, [Root(config.project, CORE)], rules)
    return [source.path for source in walk.sources]


def _of_ini(config: Config, ini: str) -> Iterator[Environment]:
    sections = read_ini(config.project / ini, [])
    named = [name for name, options in sections.items() if "script_location" in options]
    for section in named or [SECTION]:
        found = environment_of(config, ini, section, [])
        if found is not None:
            yield found


def _is_environment(project: Path, path: str) -> bool:
    """Whether it is an env.py of Alembic's, by its text."""
    if not f"/{path}".endswith("/env.py"):
        return False
    content = read_source(project, path)
    return isinstance(content, bytes) and b"alembic" in content and b"context" in content
