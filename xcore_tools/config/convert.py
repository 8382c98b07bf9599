"""Plain values of a settings file → frozen types; every fault is noted, none ends the check."""

from __future__ import annotations

import difflib
import json
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from xcore_tools.config.schema import Compression, Count, DottedName, Name, NamedUrls, Text

_Section = TypeVar("_Section", bound=msgspec.Struct)

# Spellings that occur in the field → the name of the same section here.
ALIASES = {"explusion_patern": "model_discovery"}


def spelled(key: str) -> str:
    """The name of a setting, whichever of its spellings `key` is."""
    return ALIASES.get(key, key)


_LONGEST_SHOWN = 40

# Type of a value → what it is called, and an example for a key that has no default to show.
_KINDS: dict[Any, tuple[str, str]] = {
    bool: ("true or false", "true"),
    Count: ("a whole number of at least 1", "10"),
    Count | None: ("a whole number of at least 1", "30"),
    Compression: ('"none", "gzip" or "zstd"', '"gzip"'),
    Text: ("a non-empty string", '"alembic.ini"'),
    Text | None: ("a non-empty string", '"plugins"'),
    DottedName: ("a dotted Python name", '"app.database.Base"'),
    Name: ("a name of letters, digits, dots and dashes", '"acme"'),
    tuple[Name, ...]: ("a list of names", '["acme"]'),
    NamedUrls: ("names and URLs", '{"acme": "sqlite:///acme.db"}'),
    tuple[Text, ...]: ("a list of strings", '["app"]'),
    tuple[DottedName, ...]: ("a list of dotted Python names", '["app.database.Base"]'),
}


def convert(kind: type[_Section], values: object, where: str, faults: list[str]) -> _Section:
    """Return `values` as a `kind`; keys that are absent or at fault keep their defaults.

    Each fault is appended to `faults` and begins with `where` and the path of its key. A list may
    be written as one plain string.
    """
    if not isinstance(values, dict):
        faults.append(f"{where}: expected a section with keys and values, not {_described(values)}")
        return kind()
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    known: dict[str, Any] = {}
    for key, value in values.items():
        name = spelled(key)
        place = f"{where}.{key}" if key.isprintable() else f"{where}.{json.dumps(key)}"
        if name not in fields:
            faults.append(f"{place}: unknown key; {_remedy(key, tuple(fields))}")
        elif name in known:
            faults.append(f"{place}: a second spelling of {where}.{name}; keep only one of them")
        else:
            known[name] = _converted(fields[name], value, place, faults)
    return kind(**known)


def _converted(
    field: msgspec.structs.FieldInfo, value: object, place: str, faults: list[str]
) -> object:
    if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
        return convert(field.type, value, place, faults)
    if field.type == NamedUrls:
        return _converted_urls(value, place, faults)
    if get_origin(field.type) is tuple:
        return _converted_list(field, value, place, faults)
    if _fits(value, field.type):
        return value
    faults.append(_mismatch(field.type, value, place, field.default))
    return field.default


def _converted_list(
    field: msgspec.structs.FieldInfo, value: object, place: str, faults: list[str]
) -> tuple[object, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        faults.append(_mismatch(field.type, value, place, list(field.default)))
        return ()
    kind = get_args(field.type)[0]
    fitting = []
    for index, item in enumerate(items):
        if _fits(item, kind):
            fitting.append(item)
        else:
            faults.append(_mismatch(kind, item, f"{place}[{index}]", None))
    return tuple(fitting)


def _converted_urls(
    value: object, place: str, faults: list[str]
) -> tuple[tuple[object, object], ...]:
    """No URL is shown: it may hold a password."""
    if not isinstance(value, dict):
        faults.append(_mismatch(NamedUrls, value, place, None))
        return ()
    for name, url in value.items():
        if not _fits(name, Name):
            faults.append(_mismatch(Name, name, place, None))
        elif not _fits(url, Text):
            faults.append(f"{place}.{name}: expected a non-empty string")
    return tuple(value.items())


def _fits(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _mismatch(kind: Any, value: object, place: str, default: object) -> str:
    noun, example = _KINDS[kind]
    if default:
        example = json.dumps(default)
    return f"{place}: expected {noun}, not {_described(value)}; write for example {example}"


def _described(value: object) -> str:
    """Name the value without showing what a list or section holds: it may be a password."""
    match value:
        case None | bool() | int() | float():
            return json.dumps(value)
        case str():
            return json.dumps(value) if len(value) <= _LONGEST_SHOWN else "a long string"
        case dict():
            return "a section"
        case list():
            return "a list"
        case _:
            return f"a {type(value).__name__}"


def _remedy(key: str, names: tuple[str, ...]) -> str:
    lowered = key.lower().replace("-", "_")
    candidates = (*names, *(alias for alias, name in ALIASES.items() if name in names))
    nearest = difflib.get_close_matches(lowered, candidates, n=1)
    if nearest:
        return f"did you mean {spelled(nearest[0])}?"
    return f"the keys here are {', '.join(names)}"
