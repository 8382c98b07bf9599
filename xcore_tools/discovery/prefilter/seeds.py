"""Names that lead to models: whoever uses one may make a model or a table."""

from __future__ import annotations

import msgspec

from xcore_tools.discovery.catalog.derived import SEED_CLASSES, SEED_MAKERS


class Leads(msgspec.Struct, frozen=True):
    """Names that lead to models: of bases and models, and of what makes classes or tables when called.

    `places` are the modules that bind them, as (module, name).
    """

    classes: frozenset[str] = frozenset()
    makers: frozenset[str] = frozenset()
    places: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: Leads) -> Leads:
        places = self.places | other.places
        return Leads(self.classes | other.classes, self.makers | other.makers, places)

    @property
    def names(self) -> frozenset[str]:
        """The names of both kinds."""
        return self.classes | self.makers


LIBRARY_LEADS = Leads(SEED_CLASSES, SEED_MAKERS)
"""Names of SQLAlchemy and its extensions that define something wherever a file uses them."""
