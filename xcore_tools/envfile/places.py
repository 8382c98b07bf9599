"""Environments of Alembic as data: where one is, and which directories hold none of the application's."""

from __future__ import annotations

import msgspec

ASIDE = frozenset(
    {
        *("benchmark", "benchmarks", "demo", "demos", "doc", "docs", "example", "examples"),
        *("sample", "samples", "test", "testing", "tests"),
    }
)
"""Names of directories whose environments are seldom those of the application."""


class Environment(msgspec.Struct, frozen=True, order=True):
    """Alembic in the project: the file of its settings, and the env.py that this leads to.

    Both are relative to the project. `settings` is None where there is no such file: the env.py
    then lies where everybody looks, or, unless `is_led_to`, where nobody does. `section` is that of
    the file that leads there.
    """

    settings: str | None
    env: str
    is_led_to: bool = True
    section: str = "alembic"

    def __str__(self) -> str:
        """How messages name it: `backend/alembic.ini`, or `backend/alembic.ini [core]`."""
        place = self.settings or self.env
        return place if self.section == "alembic" else f"{place} [{self.section}]"
