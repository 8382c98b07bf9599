"""Every setting with the value that counts, and where that comes from."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from xcore_tools.config.convert import spelled
from xcore_tools.config.schema import Migration


class Setting(msgspec.Struct, frozen=True):
    """One setting: its dotted key, the value that counts, and whether the settings file gives it."""

    key: str
    value: object
    is_given: bool


def settings_of(migration: Migration, written: object) -> tuple[Setting, ...]:
    """The settings in the order of the types; `written` is the section as it stands in its file."""
    return tuple(_settings(migration, written, ""))


def _settings(section: msgspec.Struct, written: object, prefix: str) -> Iterator[Setting]:
    given = (
        {spelled(key): value for key, value in written.items()} if isinstance(written, dict) else {}
    )
    for name in section.__struct_fields__:
        value, key = getattr(section, name), f"{prefix}{name}"
        if isinstance(value, msgspec.Struct):
            yield from _settings(value, given.get(name), f"{key}.")
        else:
            yield Setting(key, value, name in given)
