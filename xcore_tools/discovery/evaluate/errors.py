"""Why following a statement ends early."""

from __future__ import annotations

TOO_MUCH = "more work than can be followed"
"""The reason why a value is not known where a limit was reached."""


class NotReadyError(Exception):
    """Indicates that a name leads to what is not loaded, or not followed yet."""


class LimitReachedError(Exception):
    """Indicates that one statement makes more work than anybody's models need."""

    is_noted = False
