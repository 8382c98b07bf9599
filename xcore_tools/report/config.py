"""The settings that count, and where each comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from xcore_tools.report.style import painted, visible, width_of

DEFAULT = "default"


class Line(msgspec.Struct, frozen=True):
    """One setting to be shown: without secrets, with the name of the place that it comes from."""

    key: str
    value: object
    source: str


def as_text(lines: Sequence[Line], *, color: bool = False) -> str:
    """A line for each setting; defaults stand back."""
    width = max(width_of(line.key) for line in lines)
    shown = [(line, visible(json.dumps(line.value, ensure_ascii=False))) for line in lines]
    return "".join(
        painted(f"{line.key:{width}}  {value}", "dim", color=color) + "\n"
        if line.source == DEFAULT
        else f"{line.key:{width}}  {value}  {painted(visible(line.source), 'cyan', color=color)}\n"
        for line, value in shown
    )


def as_json(lines: Sequence[Line]) -> str:
    """A JSON array of objects with `key`, `value` and `source`."""
    return msgspec.json.format(msgspec.json.encode(lines), indent=2).decode() + "\n"
