"""Settings into a file that may hold others: the text grows, and what stood there stays. Pure."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from xcore_tools.errors import ConfigError

_TABLE = "tool.xcore-tools"
_OPENING = re.compile(r"\A(\ufeff?\s*\{)(\s*)")


def as_toml_table(settings: Mapping[str, Any]) -> str:
    """`[tool.xcore-tools]` with these settings."""
    return "\n".join(_tables(_TABLE, settings)) + "\n"


def as_json_section(settings: Mapping[str, Any]) -> str:
    """A whole config.json with these settings."""
    return json.dumps({"migration": settings}, indent=4, ensure_ascii=False) + "\n"


def in_toml(before: bytes, settings: Mapping[str, Any]) -> bytes:
    """The document with a table of ours at its end.

    Raises:
        ConfigError: the table cannot be put there.
    """
    newline = "\r\n" if b"\r\n" in before else "\n"
    text = before.decode("utf-8-sig")
    gap = "" if not text.strip() else "\n" if text.endswith("\n") else "\n\n"
    added = (gap + as_toml_table(settings)).replace("\n", newline).encode()
    after = before + added
    expected = tomllib.loads(text)
    expected.setdefault("tool", {})["xcore-tools"] = settings
    if _is_as_expected(after, expected, tomllib.loads):
        return after
    raise ConfigError([f"pyproject.toml: add this by hand:\n{as_toml_table(settings)}"])


def in_json(before: bytes, settings: Mapping[str, Any]) -> bytes:
    """The document with a section of ours at its beginning, indented like what is there.

    Raises:
        ConfigError: the section cannot be put there.
    """
    text = before.decode("utf-8")
    expected = json.loads(text.removeprefix("\ufeff"))
    if opening := _OPENING.match(text):
        gap = opening[2] if "\n" in opening[2] else "\n    "
        indent = gap.rpartition("\n")[2] or "    "
        section = json.dumps(settings, indent=indent, ensure_ascii=False).replace("\n", gap)
        rest = text[opening.end() :]
        end = f",{gap}{rest}" if not rest.startswith("}") else f"\n{rest}"
        after = f'{opening[1]}{gap}"migration": {section}{end}'.encode()
        if _is_as_expected(after, {"migration": settings, **expected}, json.loads):
            return after
    raise ConfigError([f"config.json: add this by hand:\n{as_json_section(settings)}"])


def _is_as_expected(after: bytes, expected: object, parse: Any) -> bool:
    try:
        return bool(parse(after.decode("utf-8-sig")) == expected)
    except ValueError:
        return False


def _tables(name: str, settings: Mapping[str, Any]) -> Iterator[str]:
    inner = {key: value for key, value in settings.items() if isinstance(value, Mapping)}
    if inner.keys() != settings.keys():
        yield f"[{name}]"
        for key, value in settings.items():
            if key not in inner:
                # strings and lists of strings are the same in both languages
                yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
        yield from [""] * bool(inner)
    for key, value in inner.items():
        yield from _tables(f"{name}.{key}", value)
