"""Where the env.py of a project is, by the settings of Alembic and without Alembic."""

from __future__ import annotations

from pathlib import Path

from xcore_tools.config import Config
from xcore_tools.config.files import is_file, shown
from xcore_tools.config.ini import SECTION
from xcore_tools.config.scripts import alembic_settings, directories_of
from xcore_tools.errors import ConfigError

# where `alembic init` and Flask-Migrate put it when nobody says otherwise
_USUAL = ("alembic", "migrations")


def find_env(config: Config, *, name: str = SECTION) -> Path:
    """Return the env.py that `alembic -n <name>` runs in the project.

    `script_location` comes from that section of the ini file, else from [tool.alembic] in
    pyproject.toml. Without either, `alembic/env.py` or `migrations/env.py` is taken if there is
    exactly one of them.

    Raises:
        ConfigError: there is no such file; it says where it was looked for.
    """
    faults: list[str] = []
    settings = alembic_settings(config, name, faults)
    if faults:
        raise ConfigError(faults)
    text = settings.script_location
    if text is None:
        return _usual(config, name)
    candidates = [path / "env.py" for path in directories_of(text, settings.home, config)]
    found = next((path for path in candidates if is_file(path)), None)
    if found is None:
        place = shown(candidates[0]) if candidates else text
        raise ConfigError(
            [
                f"{place}: no such file, though script_location is {text}; correct it, or name the "
                "file with `sync-env --env`"
            ]
        )
    return found


def _usual(config: Config, name: str) -> Path:
    ini = config.project / config.migration.alembic_config
    found = [path for each in _USUAL if is_file(path := config.project / each / "env.py")]
    if len(found) == 1 and name == SECTION:
        return found[0]
    raise ConfigError(
        [
            f"no env.py found: neither {shown(ini)} ([{name}]) nor [tool.alembic] in "
            f"{shown(config.project / 'pyproject.toml')} has a script_location; "
            "`xcore-tools init` sets Alembic up, and `sync-env --env` names the file"
        ]
    )
