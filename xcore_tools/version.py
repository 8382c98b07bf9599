"""The version of the package that is installed."""

from __future__ import annotations

from importlib import metadata


def installed_version() -> str:
    """The version of the distribution; `0+unknown` for a source tree that was never installed."""
    try:
        return metadata.version("xcore-tools")
    except metadata.PackageNotFoundError:
        return "0+unknown"
