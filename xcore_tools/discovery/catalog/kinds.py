"""What a row of the catalogue says: how source texts use a name, and which rule or handler knows it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """How source texts use a name. The lists of the other rooms are made of this."""

    BASE = "base"
    """Classes inherit it, or have it as their metaclass."""
    MAKER = "maker"
    """To call it, or to decorate with it, makes a class or a table."""
    COLLECTION = "collection"
    """To call it makes a collection, which is of use only beside a base or a table."""
    COLUMN = "column"
    """A call of it is an attribute of a model that becomes a column."""
    WRAPPER = "wrapper"
    """The first argument may be a column that a call of it makes an attribute of."""
    RELATIONSHIP = "relationship"
    """A call of it is an attribute of a model that leads to another model."""
    ITEM = "item"
    """It stands among the arguments of a column or a table, and is no type."""
    TYPE = "type"
    """The type of a column."""
    ANNOTATION = "annotation"
    """It stands in the annotation of an attribute of a model."""
    TEXT = "text"
    """A piece of SQL."""
    ENGINE = "engine"
    """To call it makes an engine."""
    OTHER = "other"
    """None of these: plain helpers, whose result or argument is followed."""


class Role(StrEnum):
    """What a name means: each has a handler in `orm/`, but for those in `RULES`."""

    TABLE = "table"
    METADATA = "metadata"
    REGISTRY = "registry"
    MAKE_BASE = "make_base"
    AS_DECLARATIVE = "as_declarative"
    MAPPED_AS_DATACLASS = "mapped_as_dataclass"
    MAPPER = "mapper"
    MAP_DECLARATIVELY = "map_declaratively"
    COPY_TABLE = "copy_table"
    FLASK_SQLALCHEMY = "flask_sqlalchemy"
    DECLARED_ATTR = "declared_attr"
    HAS_INHERITED_TABLE = "has_inherited_table"
    WITH_METACLASS = "with_metaclass"
    ADD_METACLASS = "add_metaclass"
    PARTIAL = "partial"
    COPIED = "copied"
    FIRST_ARGUMENT = "first_argument"
    SECOND_ARGUMENT = "second_argument"

    BECOME_BASE = "become_base"
    BECOME_METACLASS = "become_metaclass"
    BECOME_MAPPED_DECLARATIVE = "become_mapped_declarative"
    BECOME_MAPPED_DATACLASS = "become_mapped_dataclass"

    COLUMN = "column"
    PRIMARY_KEY = "primary_key"
    MAPPED = "mapped"
    FIELD = "field"
    BASE_CLASS = "base_class"
    BASE_METACLASS = "base_metaclass"
    DATACLASS_MIXIN = "dataclass_mixin"
    CONCRETE_MIXIN = "concrete_mixin"
    NAMING_METACLASS = "naming_metaclass"
    NAMING_BASE_METACLASS = "naming_base_metaclass"


RULES = frozenset(
    {
        Role.COLUMN,
        Role.PRIMARY_KEY,
        Role.MAPPED,
        Role.FIELD,
        Role.BASE_CLASS,
        Role.BASE_METACLASS,
        Role.DATACLASS_MIXIN,
        Role.CONCRETE_MIXIN,
        Role.NAMING_METACLASS,
        Role.NAMING_BASE_METACLASS,
    }
)
"""Roles that rules ask for; to call such a name gives an object of a library like any other."""


class Symbol(msgspec.Struct, frozen=True):
    """One name and what is known of it.

    `homes` are the dotted names that it has exactly; without them it is known anywhere in SQLAlchemy and
    SQLModel, which export their names from many modules. `owner` is the class whose method it is, and
    `is_function` tells that it is called by its plain name as well, as names without an owner are.

    `is_needle` tells that a file which holds the name defines something, whatever else it holds; such a
    name has to be one that nothing else has. `is_internal` tells that no source text holds it: it stands
    for a decorator until that gets its class. `is_loose` tells that a call at module level finds its
    table by its arguments. `is_abstract` tells that a type is only there to be inherited, `same_as` is
    the class that another name of a type stands for.
    """

    name: str
    kind: Kind
    role: Role | None = None
    homes: tuple[str, ...] = ()
    owner: Role | None = None
    is_function: bool = True
    is_needle: bool = False
    is_internal: bool = False
    is_loose: bool = False
    is_abstract: bool = False
    same_as: str = ""
