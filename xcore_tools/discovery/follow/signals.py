"""Why following a statement ends early."""

from __future__ import annotations

__all__ = ["LimitReachedError", "NotReadyError"]


class NotReadyError(Exception):
    """Indicates that a name leads to what is not loaded, or not followed yet."""


class LimitReachedError(Exception):
    """Indicates that one statement makes more work than anybody's models need."""
