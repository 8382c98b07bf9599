"""The statements before and after those of pg_restore, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator

from xcore_tools.database.backup.facts import Manifest, Surroundings
from xcore_tools.database.backup.pg.emptying import emptied
from xcore_tools.database.backup.pg.planning import Situation
from xcore_tools.database.backup.pg.surroundings import quoted, restoring

_PUBLIC = "public"

FOREIGN_DATA = """
SELECT format('GRANT USAGE ON FOREIGN DATA WRAPPER %I', fdwname) FROM pg_foreign_data_wrapper
"""
"""For each wrapper that an extension has made, the beginning of a statement."""


class Restoration:
    """What goes around the archive; `found` is the database as it is."""

    def __init__(
        self, found: Situation, manifest: Manifest | None, database: str, *, privileges: bool
    ) -> None:
        self._found = found
        self._surroundings = manifest.surroundings if manifest else None
        self._is_same = manifest is not None and manifest.database == database
        self._database = database
        self._privileges = privileges

    def before(self) -> str:
        """Empties the database, and makes what pg_restore expects to be there."""
        text = emptied(map(quoted, self._found.gone), version=self._found.version)
        return f"{self._told(self._schemas())}{text}{self._told(self._roles())}"

    def after(self) -> str:
        """Takes away what only the archive needed, and sets what it does not hold."""
        return f"RESET search_path;\n{self._told(self._ending())}"

    def _schemas(self) -> Iterator[str]:
        """The schemas that stay, with their owners of before."""
        if self._surroundings is None:
            return
        owners = dict(self._surroundings.schemas)
        if _PUBLIC in owners and _PUBLIC not in self._found.schemas:
            yield f"CREATE SCHEMA {_PUBLIC}"
        if not self._privileges:
            return
        for name in sorted({_PUBLIC, *self._found.present.schemas} & owners.keys()):
            owner = owners[name]
            is_member = self._found.is_superuser or self._found.roles.get(owner, False)
            if owner != self._found.schemas.get(name) and is_member and owner in self._found.roles:
                yield f"ALTER SCHEMA {quoted(name)} OWNER TO {quoted(owner)}"

    def _roles(self) -> Iterator[str]:
        """The roles that are gone: what names them is restored, and goes to others at the end."""
        for role in self._missing():
            yield f"CREATE ROLE {quoted(role)}"
            if not self._found.is_superuser:
                yield f"GRANT {quoted(role)} TO CURRENT_USER"

    def _ending(self) -> Iterator[str]:
        for role in self._missing():
            yield f"REASSIGN OWNED BY {quoted(role)} TO CURRENT_USER"
            yield f"DROP OWNED BY {quoted(role)}"
            yield f"DROP ROLE {quoted(role)}"
        known = self._surroundings
        if known is None:
            return
        if _PUBLIC not in dict(known.schemas) and _PUBLIC in self._found.schemas:
            yield f"DROP SCHEMA {_PUBLIC}"
        if self._is_same and self._found.is_owner:
            yield from restoring(
                self._database,
                known.database,
                self._found.database,
                privileges=self._privileges,
                roles=frozenset(self._found.roles),
            )

    def _missing(self) -> tuple[str, ...]:
        is_wanted = self._privileges and self._found.makes_roles
        return self._found.missing(self._surroundings) if is_wanted else ()

    def _told(self, statements: Iterator[str]) -> str:
        return "".join(f"{statement};\n" for statement in statements)


def isolating(database: str, surroundings: Surroundings, role: str) -> Iterator[str]:
    """Statements of a superuser in a scratch database, so that `role` can restore a backup there."""
    yield f"GRANT CREATE, TEMPORARY ON DATABASE {quoted(database)} TO {role}"
    schemas = dict(surroundings.schemas)
    if _PUBLIC in schemas:
        yield f"GRANT ALL ON SCHEMA {_PUBLIC} TO {role}"
    for name, schema in surroundings.extensions:
        if schema in schemas and schema != _PUBLIC:
            yield f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}"
            yield f"ALTER SCHEMA {quoted(schema)} OWNER TO {role}"
        yield f"CREATE EXTENSION IF NOT EXISTS {quoted(name)} SCHEMA {quoted(schema)} CASCADE"
