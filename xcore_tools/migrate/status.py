"""Revision files and a version table → where the database stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from xcore_tools.migrate.facts import Revision, State, Status

# `{upgrade}` names all heads where there are several: Alembic would ask which one is meant.
_EXPLANATIONS = {
    State.AT_HEAD: "",
    State.BEHIND: "run `{upgrade}` to apply what is pending",
    State.EMPTY: (
        "the database is empty: `{upgrade}` builds it by its revisions, "
        "`xcore-tools migrate init` from the models"
    ),
    State.UNVERSIONED: (
        "the database has tables but no revision: if they match one, note it with "
        "`xcore-tools migrate stamp REVISION`, else compare them first"
    ),
}


def status_of(
    url: str,
    *,
    current: Sequence[str],
    has_tables: bool,
    revisions: Sequence[Revision],
    applied: Collection[str],
) -> Status:
    """Where a database stands.

    `revisions` are all that files define, in the order of applying; `applied` are those that a
    database at `current` has seen.
    """
    known = {revision.revision: revision for revision in revisions}
    unknown = [name for name in current if name not in known]
    overlaps = _overlaps([name for name in current if name in known], known)
    if not current:
        state = State.UNVERSIONED if has_tables else State.EMPTY
    elif len(unknown) == len(current):
        state = State.AHEAD_UNKNOWN
    elif unknown or overlaps:
        state = State.DIVERGED
    else:
        state = State.AT_HEAD if len(applied) == len(known) else State.BEHIND
    heads = tuple(sorted(revision.revision for revision in revisions if revision.is_head))
    return Status(
        url=url,
        is_reachable=True,
        state=state,
        current=tuple(current),
        heads=heads,
        pending=tuple(revision for revision in revisions if revision.revision not in applied),
        explanation=_explanation(state, heads, unknown, overlaps),
    )


def _overlaps(current: Sequence[str], known: Mapping[str, Revision]) -> list[tuple[str, str]]:
    """Pairs of current revisions of which the first lies below the second.

    A revision that is only depended upon may stand beside the one that needs it.
    """
    below = {name: _below(name, known) for name in current}
    return [(lower, upper) for upper in current for lower in current if lower in below[upper]]


def _below(name: str, known: Mapping[str, Revision]) -> set[str]:
    found: set[str] = set()
    ahead = list(known[name].down)
    while ahead:
        lower = ahead.pop()
        if lower in known and lower not in found:
            found.add(lower)
            ahead += known[lower].down
    return found


def _explanation(
    state: State,
    heads: Sequence[str],
    unknown: Sequence[str],
    overlaps: Sequence[tuple[str, str]],
) -> str:
    if state is State.EMPTY and not heads:
        return (
            "the database is empty, and there is no revision yet: "
            "`xcore-tools migrate generate` writes the first one"
        )
    if state in _EXPLANATIONS:
        upgrade = "xcore-tools migrate upgrade" + (" heads" if len(heads) > 1 else "")
        return _EXPLANATIONS[state].format(upgrade=upgrade)
    names = ", ".join(unknown)
    if state is State.AHEAD_UNKNOWN:
        return (
            f"the database is at {names}, which no revision file defines: newer code has migrated "
            "it, or a file was deleted; to go back, run `xcore-tools migrate downgrade` from the "
            "checkout that has the file, before this one is used"
        )
    if unknown:
        return (
            f"the database is at {names}, which no revision file defines, beside revisions that "
            "are known: another branch of the code has migrated it; bring its files together first"
        )
    lower, upper = overlaps[0]
    return (
        f"the version table holds {lower} although {upper} comes after it; if the tables are those "
        f"of {upper}, run `xcore-tools migrate stamp --purge {upper}`"
    )
