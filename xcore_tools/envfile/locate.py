"""Where the env.py of a project is, by the settings of Alembic and without Alembic."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xcore_tools.config import Config
from xcore_tools.config.files import is_file, read_bytes, read_document, shown
from xcore_tools.errors import ConfigError

__all__ = ["find_env"]

_SECTION = "alembic"
_LOCATION = "script_location"
# where `alembic init` and Flask-Migrate put it when nobody says otherwise
_USUAL = ("alembic", "migrations")


def find_env(config: Config, *, name: str = _SECTION) -> Path:
    """Return the env.py that `alembic -n <name>` runs in the project.

    `script_location` comes from that section of the ini file, else from [tool.alembic] in
    pyproject.toml. Without either, `alembic/env.py` or `migrations/env.py` is taken if there is
    exactly one of them.

    Raises:
        ConfigError: there is no such file; it says where it was looked for.
    """
    faults: list[str] = []
    ini = config.project / config.migration.alembic_config
    toml = config.project / "pyproject.toml"
    location = _of_ini(ini, name, faults) or (None if faults else _of_toml(toml, faults))
    if faults:
        raise ConfigError(faults)
    if location is None:
        return _usual(config, ini, name)
    text, home = location
    candidates = [directory / "env.py" for directory in _directories(text, home, config)]
    found = next((path for path in candidates if is_file(path)), None)
    if found is None:
        place = shown(candidates[0]) if candidates else text
        raise ConfigError(
            [f"{place}: no such file, though script_location is {text}; name it with --env"]
        )
    return found


def _of_ini(path: Path, section: str, faults: list[str]) -> tuple[str, Path] | None:
    """Return `script_location` as written and the directory that it starts from."""
    data = None if path.suffix == ".toml" or not is_file(path) else read_bytes(path, faults)
    if data is None:
        return None
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(data.decode("utf-8-sig", "replace"))
    except configparser.Error:
        # its message would show the line, and with it perhaps a password
        faults.append(f"{shown(path)}: not a valid ini file; correct it")
        return None
    if not parser.has_section(section):
        if section != _SECTION:
            others = ", ".join(n for n in parser.sections() if parser.has_option(n, _LOCATION))
            hint = f"; sections with a script_location: {others}" if others else ""
            faults.append(f"{shown(path)}: has no section [{section}]{hint}")
        return None
    text = parser.get(section, _LOCATION, fallback="").strip()
    values = {**dict(parser.items(section)), "here": path.parent.as_posix()}
    return (_interpolated(text, values), path.parent) if text else None


def _of_toml(path: Path, faults: list[str]) -> tuple[str, Path] | None:
    document: dict[str, Any] = {}
    if is_file(path):
        document = read_document(path, faults, mentioning=(_LOCATION,)) or {}
    tool = document.get("tool")
    section = tool.get(_SECTION) if isinstance(tool, dict) else None
    text = section.get(_LOCATION) if isinstance(section, dict) else None
    if not isinstance(text, str) or not text:
        return None
    return _interpolated(text, {"here": path.parent.as_posix()}), path.parent


def _interpolated(text: str, values: Mapping[str, str]) -> str:
    """`%(name)s`, also inside of what a name stands for, and `%%` for one percent sign."""
    for _ in range(configparser.MAX_INTERPOLATION_DEPTH):
        changed = re.sub(r"%\((\w+)\)s", lambda m: values.get(m[1].lower(), m[0]), text)
        if changed == text:
            break
        text = changed
    return text.replace("%%", "%")


def _directories(text: str, home: Path, config: Config) -> Iterator[Path]:
    """`path/to/migrations`, or `package:migrations` below any import root."""
    package, colon, inside = text.partition(":")
    if colon and not Path(text).is_absolute() and re.fullmatch(r"\w+(\.\w+)*", package):
        for root in (config.project, *config.import_roots, config.project / "src"):
            yield root.joinpath(*package.split("."), inside)
    else:
        yield home / text
        # Alembic itself starts from the working directory
        yield Path.cwd() / text


def _usual(config: Config, ini: Path, name: str) -> Path:
    found = [path for each in _USUAL if is_file(path := config.project / each / "env.py")]
    if len(found) == 1 and name == _SECTION:
        return found[0]
    raise ConfigError(
        [
            f"no env.py found: neither {shown(ini)} ([{name}]) nor [tool.alembic] in "
            f"{shown(config.project / 'pyproject.toml')} has a script_location; name it with --env"
        ]
    )
