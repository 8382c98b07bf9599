"""What of a result is left out since it belongs to another environment. Pure."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from xcore_tools.discovery.results import Discovery, Model, Verdict

SETTING = "exclude_metadata"


def without_collections(discovery: Discovery, names: Collection[str]) -> Discovery:
    """Return the discovery without these MetaData collections, and without what they hold.

    The verdict on a model that is left out says so.
    """
    if not names:
        return discovery
    gone = {(each.module, each.name): each for each in discovery.models if each.metadata in names}
    return msgspec.structs.replace(
        discovery,
        models=tuple(each for each in discovery.models if each.metadata not in names),
        tables=tuple(each for each in discovery.tables if each.metadata not in names),
        metadatas=tuple(each for each in discovery.metadatas if each.name not in names),
        verdicts=tuple(
            _verdict(each, gone.get((each.module, each.name))) for each in discovery.verdicts
        ),
    )


def unknown_collections(discovery: Discovery, names: Collection[str]) -> tuple[str, ...]:
    """Return those of the names that no collection has, sorted."""
    return tuple(sorted(set(names) - {each.name for each in discovery.metadatas}))


def _verdict(verdict: Verdict, model: Model | None) -> Verdict:
    if model is None:
        return verdict
    reason = f"{verdict.reason}; left out: {SETTING} names {model.metadata}"
    return msgspec.structs.replace(verdict, taken=False, reason=reason)
