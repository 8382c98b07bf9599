"""What to write into a project, decided over plain facts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from xcore_tools.setup.facts import Change, Facts, Plan, Step
from xcore_tools.setup.hooks import hooks, with_hooks
from xcore_tools.setup.settings import as_json_section, in_json, in_toml

_PREPEND = re.compile(rb"^prepend_sys_path = \.$", re.MULTILINE)
_SEPARATOR = re.compile(rb"^path_separator = os$", re.MULTILINE)
_USUAL = "alembic.ini"
_TOML = PurePosixPath("pyproject.toml")
_JSON = PurePosixPath("config.json")
_PRE_COMMIT = PurePosixPath(".pre-commit-config.yaml")


def settings_of(facts: Facts) -> dict[str, Any]:
    """The settings that the project needs; empty where all defaults are right."""
    found: dict[str, Any] = {}
    if facts.environment and facts.environment.settings not in (None, _USUAL):
        found["alembic_config"] = facts.environment.settings
    paths = {"models": facts.layout.models, "plugins": facts.layout.plugins}
    if named := {key: list(value) for key, value in paths.items() if value}:
        found["automigration"] = named
    return found


def settings_file(facts: Facts) -> str:
    """The file that settings go to."""
    return str(_JSON if facts.pyproject is None else _TOML)


def plan(facts: Facts, *, env: Step | None, with_pre_commit: bool | None = None) -> Plan:
    """Return what is to be done; nothing of it for what the project has already.

    `env` is the step that brings Alembic's env.py up to date or makes one. Hooks are added to a
    configuration of pre-commit that is there, or made with `with_pre_commit`.

    Raises:
        ConfigError: a settings file cannot take settings.
    """
    notes = list(_notes(facts))
    steps = [each for each in (_settings_step(facts), env) if each]
    if with_pre_commit or (with_pre_commit is None and facts.pre_commit is not None):
        lines = hooks(facts.version, facts.origin)
        after = with_hooks(facts.pre_commit, lines)
        if b"xcore-tools" in (facts.pre_commit or b""):
            pass
        elif after is None:
            item = "".join(f"  {line}\n" for line in lines)
            notes.append(f"{_PRE_COMMIT}: add this to its `repos` by hand:\n{item}")
        else:
            why = "every commit sees to it that env.py imports what exists, and finds a second head"
            change = Change(_PRE_COMMIT, facts.pre_commit, after)
            steps.append(Step("Hooks of pre-commit", why, (change,)))
    return Plan(tuple(steps), tuple(notes))


def with_roots(ini: bytes, roots: tuple[str, ...]) -> bytes:
    """An alembic.ini of Alembic's template, whose `prepend_sys_path` holds the import roots."""
    if roots in ((), (".",)):
        return ini
    entries = [("." if root == "." else f"%(here)s/{root}").encode() for root in roots]
    if len(entries) == 1:
        return _PREPEND.sub(b"prepend_sys_path = " + entries[0], ini)
    lines = b"".join(b"\n    " + entry for entry in entries)
    return _SEPARATOR.sub(
        b"path_separator = newline", _PREPEND.sub(b"prepend_sys_path =" + lines, ini)
    )


def _settings_step(facts: Facts) -> Step | None:
    settings = settings_of(facts)
    if facts.settings is not None or not settings:
        return None
    why = "where the models are"
    if "alembic_config" in settings:
        why = "where Alembic's settings are" + (f", and {why}" if len(settings) > 1 else "")
    if facts.pyproject is not None:
        change = Change(_TOML, facts.pyproject, in_toml(facts.pyproject, settings))
    elif facts.config_json is not None:
        change = Change(_JSON, facts.config_json, in_json(facts.config_json, settings))
    else:
        change = Change(_JSON, None, as_json_section(settings).encode())
    return Step("Settings", why, (change,))


def _notes(facts: Facts) -> Iterator[str]:
    for path in facts.layout.set_aside:
        yield (
            f"{path}: holds models that are left out, for its name; add it to "
            "automigration.models if they are the application's"
        )
