"""Where the env.py of a project is, by the settings of Alembic and without Alembic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xcore_tools.config import Config
from xcore_tools.config.ini import SECTION
from xcore_tools.envfile.environments import NoEnvironmentError, configured_env, environments
from xcore_tools.envfile.places import Environment
from xcore_tools.errors import ConfigError


class SeveralEnvironmentsError(ConfigError):
    """Indicates that Alembic is set up in several places, and nobody said which is meant."""


def find_env(config: Config, *, name: str = SECTION) -> Path:
    """Return the env.py that `alembic -n <name>` runs in the project.

    `script_location` comes from that section of the ini file, else from [tool.alembic] in
    pyproject.toml. Without either, `alembic/env.py` or `migrations/env.py` is taken if there is
    exactly one of them; else the one environment that lies anywhere below the project.

    Raises:
        ConfigError: there is no such file; it says where it was looked for.
        SeveralEnvironmentsError: there are several; it names all of them.
    """
    try:
        return configured_env(config, name=name)
    except NoEnvironmentError as error:
        found = [each for each in environments(config) if name in (each.section, SECTION)]
        if not found:
            raise ConfigError(error.faults) from None
    if len(found) == 1 and (found[0].section == name or not found[0].is_led_to):
        return config.project / found[0].env
    raise SeveralEnvironmentsError([_several(found)])


def _choice(found: Sequence[Environment]) -> str:
    if len({each.settings for each in found}) == 1:
        return f"choose a section with -n, such as `-n {found[0].section}`"
    return "run in the directory of one of them, name it as alembic_config in the settings"


def _several(found: Sequence[Environment]) -> str:
    places = ", ".join(map(str, found))
    return (
        f"Alembic is set up in several places: {places}; {_choice(found)}, or take all with "
        "`sync-env --all`, `doctor --all`"
    )
