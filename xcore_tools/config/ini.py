"""Sections of an alembic.ini → plain values, as Alembic reads them but without Alembic."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from pathlib import Path

from xcore_tools.config.files import is_file, read_bytes, shown

SECTION = "alembic"


def read_ini(path: Path, faults: list[str]) -> dict[str, dict[str, str]]:
    """Return the sections of an ini file with their options; none where there is no such file.

    `%(here)s` is the directory of the file, `%(name)s` another option of the section, `%%` one
    percent sign; a percent sign that Alembic would refuse stays as it is.
    """
    data = None if path.suffix == ".toml" or not is_file(path) else read_bytes(path, faults)
    if data is None:
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(data.decode("utf-8-sig", "replace"))
    except configparser.Error as error:
        # its own message would show the line, and with it perhaps a password
        where = f"line {line}: " if (line := _line_of(error)) else ""
        faults.append(f"{shown(path)}: {where}not a valid ini file; correct the line")
        return {}
    here = {"here": path.parent.as_posix()}
    return {section: _options(parser, section, here) for section in parser.sections()}


def interpolated(text: str, values: Mapping[str, str]) -> str:
    """`%(name)s`, also inside of what a name stands for, and `%%` for one percent sign."""
    for _ in range(configparser.MAX_INTERPOLATION_DEPTH):
        changed = re.sub(r"%\((\w+)\)s", lambda m: values.get(m[1].lower(), m[0]), text)
        if changed == text:
            break
        text = changed
    return text.replace("%%", "%")


def _options(
    parser: configparser.ConfigParser, section: str, here: Mapping[str, str]
) -> dict[str, str]:
    values = {**dict(parser.items(section)), **here}
    return {option: interpolated(text, values) for option, text in parser.items(section)}


def _line_of(error: configparser.Error) -> int | None:
    # MissingSectionHeaderError is a ParsingError without its `errors`
    errors = getattr(error, "errors", None)
    line = errors[0][0] if errors else getattr(error, "lineno", None)
    return line if isinstance(line, int) else None
