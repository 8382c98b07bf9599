"""What other rooms ask of the catalogue: lists of names, and the meaning of one."""

from __future__ import annotations

from collections.abc import Iterator

from xcore_tools.discovery.catalog.libraries import LEAD_CLASSES
from xcore_tools.discovery.catalog.structure import STRUCTURE
from xcore_tools.discovery.catalog.symbols import SYMBOLS, Kind, Role, Symbol

ROWS = (*SYMBOLS, *STRUCTURE)
PACKAGES = frozenset({"sqlalchemy", "sqlmodel"})
"""Packages that re-export SQLAlchemy's names at many places: only the last part of a name counts."""
_ANYWHERE = {symbol.name: symbol for symbol in ROWS if symbol.is_function and not symbol.homes}
_EXACT = {home: symbol for symbol in ROWS for home in symbol.homes}


def symbol_of(path: str) -> Symbol | None:
    """The row of a library's dotted name, None for one that the catalogue does not know."""
    symbol = _EXACT.get(path)
    if symbol is None and path.partition(".")[0] in PACKAGES:
        parts = path.split(".")
        owner = _ANYWHERE.get(parts[-2]) if len(parts) > 1 else None
        # declared_attr.directive and declared_attr.cascading are declared attributes, too
        is_own = owner is not None and owner.role is Role.DECLARED_ATTR
        symbol = owner if is_own else _ANYWHERE.get(parts[-1])
    return symbol


def role_of(path: str) -> Role | None:
    """What a library's dotted name means to handlers and rules, or None."""
    symbol = symbol_of(path)
    return symbol.role if symbol is not None else None


def is_exported(path: str) -> bool:
    """Whether a star import of a library gives the name that `path` ends with."""
    symbol = symbol_of(path)
    return symbol is not None and not symbol.is_internal


def _names(*kinds: Kind) -> Iterator[Symbol]:
    return (symbol for symbol in ROWS if symbol.kind in kinds and not symbol.is_internal)


def names_of(*kinds: Kind) -> frozenset[str]:
    """The names of these kinds."""
    return frozenset(symbol.name for symbol in _names(*kinds))


def names_with(*roles: Role) -> frozenset[str]:
    """The names that have one of these roles."""
    return frozenset(symbol.name for symbol in ROWS if symbol.role in roles)


def methods_of(owner: Role) -> dict[str, Role]:
    """The methods that make something, of the class with that role."""
    return {s.name: s.role for s in ROWS if s.owner is owner and s.role is not None}


SEED_CLASSES = names_of(Kind.BASE) | LEAD_CLASSES
"""Names that lead to models where a class inherits one."""
SEED_MAKERS = frozenset(s.name for s in _names(Kind.MAKER) if s.is_function or not s.is_needle)
"""Names that lead to models where one is called. A method that is a needle is found without."""
SEEDS = SEED_CLASSES | SEED_MAKERS
NEEDLES = frozenset(symbol.name for symbol in ROWS if symbol.is_needle)
"""A file that holds one of these texts defines something."""
MAKERS = names_of(Kind.MAKER, Kind.COLLECTION)
"""What makes classes, tables or collections when it is called."""
DECORATORS = frozenset(
    symbol.name
    for symbol in _names(Kind.MAKER)
    if symbol.role in {Role.AS_DECLARATIVE, Role.MAPPED_AS_DATACLASS, Role.MAP_DECLARATIVELY}
)
"""Makers that may stand behind an at sign alone, without a call."""
MAPPERS = names_with(Role.MAPPER, Role.MAP_DECLARATIVELY)
"""What maps the class that is the first argument."""
ATTRIBUTES = names_of(Kind.COLUMN, Kind.WRAPPER, Kind.RELATIONSHIP)
"""What the body of a mapped class calls."""
COLUMNS = names_of(Kind.COLUMN) & names_with(Role.COLUMN)
"""Whose call is a column, whatever library it comes from."""
FIELDS = names_with(Role.FIELD)
"""Whose call is a field of SQLModel."""
WRAPPERS = names_of(Kind.WRAPPER)
RELATIONSHIPS = names_of(Kind.RELATIONSHIP)
ITEMS = names_of(Kind.ITEM)
"""What stands among the arguments of a column or a table and is no type."""
LOOSE_ITEMS = frozenset(symbol.name for symbol in ROWS if symbol.is_loose)
"""What finds its table by the columns that it is given."""
MAPPED_ANNOTATIONS = names_with(Role.MAPPED)
"""What an annotated column stands in."""
RELATED_ANNOTATIONS = names_of(Kind.ANNOTATION) - MAPPED_ANNOTATIONS
"""What only a relationship stands in."""
TEXTS = names_of(Kind.TEXT)
ENGINES = names_of(Kind.ENGINE)
ASYNCHRONOUS = frozenset(symbol.name for symbol in ROWS if "async" in symbol.name)
"""What only a program with an asynchronous engine names."""
SAME_TYPES = {symbol.name: symbol.same_as for symbol in ROWS if symbol.same_as}
"""Other names that SQLAlchemy has for a type → the name of its class."""
ABSTRACT_TYPES = frozenset(symbol.name for symbol in ROWS if symbol.is_abstract)
"""Types that are only there to be inherited."""
