"""Where the settings of a project are: the file that was named, or the nearest one above."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from xcore_tools.config.files import exists, is_file, read_document, shown

_JSON = "config.json"
_TOML = "pyproject.toml"
_ROOT_MARKERS = ("alembic.ini", _TOML, ".git")


class Source(msgspec.Struct, frozen=True):
    """The settings as they stand in a file. `label` begins the message of every fault in them."""

    project: Path
    file: Path | None = None
    label: str = ""
    settings: object = msgspec.field(default_factory=dict)
    xcore: dict[str, object] = msgspec.field(default_factory=dict)


def named_source(path: Path, faults: list[str], *, named_by: str = "") -> Source:
    """Return the settings of the file that the user named; its project is the directory it is in.

    A file without a section of ours is good: all defaults apply.
    """
    path = Path(os.path.realpath(path.parent), path.name)
    problem = _problem_of(path)
    document = None
    if problem:
        faults.append(f"{named_by}{shown(path)}: {problem}")
    else:
        document = read_document(path, faults)
    read = _from_toml if path.suffix == ".toml" else _from_json
    return read(path, document or {}) or Source(project=path.parent, file=path)


def nearest_source(start: Path, faults: list[str]) -> Source:
    """Return the settings of the nearest directory at or above `start` that has any.

    The search ends at the first repository root (`.git`). Without settings the project is the
    nearest directory with an alembic.ini, a pyproject.toml or a .git, else `start` itself.
    """
    start = Path(os.path.realpath(start))
    for directory in _upwards(start):
        source = _source_in(directory, faults)
        if source or faults:
            return source or Source(project=directory)
    for directory in _upwards(start):
        if any(exists(directory / marker) for marker in _ROOT_MARKERS):
            return Source(project=directory)
    return Source(project=start)


def _upwards(start: Path) -> Iterator[Path]:
    for directory in (start, *start.parents):
        yield directory
        if exists(directory / ".git"):
            return


def _source_in(directory: Path, faults: list[str]) -> Source | None:
    """Return the settings that lie in `directory` itself; two places of them are a fault."""
    plain = _document(directory / _JSON, ("migration", "xcore"), faults)
    toml = _document(directory / _TOML, ("xcore-tools",), faults)
    from_json = _from_json(directory / _JSON, plain)
    from_toml = _from_toml(directory / _TOML, toml)
    if from_toml and "migration" in plain:
        faults.append(
            f"{shown(directory / _JSON)} (migration) and {shown(directory / _TOML)} "
            "(tool.xcore-tools) both hold settings; keep one of the two"
        )
    return from_toml or from_json


def _document(path: Path, words: tuple[str, ...], faults: list[str]) -> dict[str, Any]:
    if not is_file(path):
        return {}
    return read_document(path, faults, mentioning=words) or {}


def _from_json(path: Path, document: dict[str, Any]) -> Source | None:
    """Return the settings of a config.json; None where it has neither section of ours."""
    xcore = document.get("xcore")
    if "migration" not in document and not isinstance(xcore, dict):
        return None
    return Source(
        project=path.parent,
        file=path,
        label=f"{shown(path)}: migration",
        settings=document.get("migration", {}),
        xcore=xcore if isinstance(xcore, dict) else {},
    )


def _from_toml(path: Path, document: dict[str, Any]) -> Source | None:
    """Return the settings of a pyproject.toml; None where it has no table of ours.

    The application's own section stays where it is: in the config.json beside it.
    """
    tool = document.get("tool")
    if not isinstance(tool, dict) or "xcore-tools" not in tool:
        return None
    application = _from_json(path, _document(path.with_name(_JSON), ("xcore",), []))
    return Source(
        project=path.parent,
        file=path,
        label=f"{shown(path)}: tool.xcore-tools",
        settings=tool["xcore-tools"],
        xcore=application.xcore if application else {},
    )


def _problem_of(path: Path) -> str | None:
    """Return why the file that the user named cannot hold settings; None where it can."""
    if not exists(path):
        return f"does not exist; {_nearest_name(path)}"
    if path.is_dir():
        return f"is a directory; name a file in it, such as {shown(path / _JSON)}"
    if path.suffix == ".ini":
        return f"is no settings file; name a {_JSON} or a {_TOML}, and it under alembic_config"
    return None


def _nearest_name(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir())
    except (OSError, ValueError):
        return "nor does its directory; correct the path"
    nearest = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean {nearest[0]}?" if nearest else "correct the path"
