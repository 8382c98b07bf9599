"""The table of contents of an archive of pg_dump: which entries a restore takes.

`pg_restore --list` prints a line for each, `--use-list` takes those lines that are left:
https://www.postgresql.org/docs/15/app-pgrestore.html.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import msgspec

_ENTRY = re.compile(r"\d+; \d+ \d+ (?P<what>.*)")
_RIGHTS = re.compile(r"ACL (?P<schema>\S+) [A-Z ]+ (?P<name>[^\s(.]+)")
_EXTENSION = "EXTENSION - "


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the database that a restore leaves there; names as the catalogs have them.

    `members` are pairs of a schema and a name, or of a schema and None for all in it: objects of the
    server or of an extension whose rights the current user may not change. `configured` are tables
    of extensions in which he may not write.
    """

    extensions: Collection[str] = ()
    foreign_extensions: Collection[str] = ()
    schemas: Collection[str] = ()
    subscriptions: Collection[str] = ()
    members: Collection[tuple[str, str | None]] = ()
    configured: Collection[tuple[str, str]] = ()


def extensions_in(listed: str) -> tuple[str, ...]:
    """The names of the extensions that an archive makes."""
    found = (line["what"] for line in map(_ENTRY.fullmatch, listed.splitlines()) if line)
    return tuple(what.removeprefix(_EXTENSION).strip() for what in found if _is_extension(what))


def chosen(listed: str, present: Present) -> str:
    """The lines of those entries that do not make what is there already, in their order."""
    left_out = tuple(_unwanted(present))
    kept = []
    for line in listed.splitlines():
        entry = _ENTRY.fullmatch(line)
        if (
            entry
            and not entry["what"].startswith(left_out)
            and not _is_kept(entry["what"], present)
        ):
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)


def _is_extension(what: str) -> bool:
    return what.startswith(_EXTENSION)


def _is_kept(what: str, present: Present) -> bool:
    """Whether the entry gives rights to what belongs to others."""
    right = _RIGHTS.match(what)
    names = ((right["schema"], right["name"]), (right["schema"], None)) if right else ()
    return any(name in present.members for name in names)


def _unwanted(present: Present) -> Iterable[str]:
    """How the entries begin that are left out. A space ends each name."""
    yield "\n"  # never at the beginning of a line: there is always something to compare with
    for name in present.extensions:
        yield f"{_EXTENSION}{_shown(name)} "
    for name in present.foreign_extensions:
        yield f"COMMENT - EXTENSION {_shown(name)} "
    for name in present.schemas:
        yield f"SCHEMA - {_shown(name)} "
    for name in present.subscriptions:
        yield f"SUBSCRIPTION - {_shown(name)} "
        yield f"COMMENT - SUBSCRIPTION {_shown(name)} "
    for schema, name in present.configured:
        yield f"TABLE DATA {_shown(schema)} {_shown(name)} "


def _shown(name: str) -> str:
    """A name as the list has it: https://github.com/postgres/postgres, sanitize_line()."""
    return re.sub(r"[\r\n]", " ", name)
