"""The names of SQLAlchemy and its extensions that make and map, each in one row with its meaning.

Sources are the libraries' own documentation and code: SQLAlchemy 1.3 to 2.1, Flask-SQLAlchemy 2 and 3,
SQLModel, six. What other rooms look for is derived from these rows (`derived.py`): a new row is enough
for the prefilter, for the analysis of effects and for star imports; a new role needs a handler in `orm/`.
"""

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
    MAPPER_OF = "mapper_of"
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


def elsewhere(name: str, kind: Kind, role: Role, *modules: str) -> Symbol:
    """A name of other libraries, which has that meaning in these modules only."""
    return Symbol(name, kind, role, homes=tuple(f"{module}.{name}" for module in modules))


TABLE = Symbol("Table", Kind.MAKER, Role.TABLE)

_BASES = (
    Symbol("DeclarativeBase", Kind.BASE, Role.BASE_CLASS, is_needle=True),
    Symbol("DeclarativeBaseNoMeta", Kind.BASE, Role.BASE_CLASS, is_needle=True),
    Symbol("DeclarativeMeta", Kind.BASE, Role.BASE_METACLASS, is_needle=True),
    Symbol("MappedAsDataclass", Kind.BASE, Role.DATACLASS_MIXIN, is_needle=True),
    Symbol("AbstractConcreteBase", Kind.BASE, Role.CONCRETE_MIXIN),
    elsewhere("NameMetaMixin", Kind.BASE, Role.NAMING_METACLASS, "flask_sqlalchemy.model"),
    elsewhere(
        "DefaultMeta",
        Kind.BASE,
        Role.NAMING_BASE_METACLASS,
        "flask_sqlalchemy",
        "flask_sqlalchemy.model",
    ),
    elsewhere("DefaultMetaNoName", Kind.BASE, Role.BASE_METACLASS, "flask_sqlalchemy.model"),
)

_MAKERS = (
    TABLE,
    Symbol("registry", Kind.MAKER, Role.REGISTRY),
    Symbol("declarative_base", Kind.MAKER, Role.MAKE_BASE, is_needle=True),
    Symbol("automap_base", Kind.MAKER, Role.MAKE_BASE, is_needle=True),
    Symbol("as_declarative", Kind.MAKER, Role.AS_DECLARATIVE, is_needle=True),
    Symbol(
        "mapped_as_dataclass",
        Kind.MAKER,
        Role.MAPPED_AS_DATACLASS,
        owner=Role.REGISTRY,
        is_needle=True,
    ),
    Symbol("mapper", Kind.MAKER, Role.MAPPER),
    elsewhere("_Table", Kind.MAKER, Role.TABLE, "flask_sqlalchemy.table"),
    elsewhere(
        "SQLAlchemy",
        Kind.MAKER,
        Role.FLASK_SQLALCHEMY,
        "flask_sqlalchemy",
        "flask_sqlalchemy.extension",
        "quart_sqlalchemy",
        "flask.ext.sqlalchemy",
        "flaskext.sqlalchemy",
    ),
    elsewhere(
        "SQLA",
        Kind.MAKER,
        Role.FLASK_SQLALCHEMY,
        "flask_appbuilder",
        "flask_appbuilder.models.sqla",
        "flask_appbuilder.utils.legacy",
    ),
    elsewhere(
        "with_metaclass",
        Kind.MAKER,
        Role.WITH_METACLASS,
        "six",
        "future.utils",
        "sqlalchemy.util",
        "sqlalchemy.util.compat",
    ),
    elsewhere("add_metaclass", Kind.MAKER, Role.ADD_METACLASS, "six"),
    Symbol("MetaData", Kind.COLLECTION, Role.METADATA),
    Symbol("ThreadLocalMetaData", Kind.COLLECTION, Role.METADATA),
)


def _method(name: str, owner: Role, role: Role, *, is_needle: bool = True) -> Symbol:
    return Symbol(name, Kind.MAKER, role, owner=owner, is_function=False, is_needle=is_needle)


_METHODS = (
    _method("mapped", Role.REGISTRY, Role.MAP_DECLARATIVELY, is_needle=False),
    _method("map_declaratively", Role.REGISTRY, Role.MAP_DECLARATIVELY),
    _method("map_imperatively", Role.REGISTRY, Role.MAPPER),
    _method("generate_base", Role.REGISTRY, Role.MAKE_BASE),
    _method("as_declarative_base", Role.REGISTRY, Role.AS_DECLARATIVE),
    _method("to_metadata", Role.TABLE, Role.COPY_TABLE),
    _method("tometadata", Role.TABLE, Role.COPY_TABLE),
)

_OTHERS = (
    Symbol("declared_attr", Kind.OTHER, Role.DECLARED_ATTR),
    Symbol("has_inherited_table", Kind.OTHER, Role.HAS_INHERITED_TABLE),
    Symbol("Mapper", Kind.OTHER, Role.MAPPER_OF),
    Symbol("class_mapper", Kind.OTHER, Role.MAPPER_OF),
    Symbol("quoted_name", Kind.OTHER, Role.FIRST_ARGUMENT),
    Symbol("synonym_for", Kind.OTHER, Role.FIRST_ARGUMENT),
    Symbol("declarative_mixin", Kind.OTHER, Role.FIRST_ARGUMENT),
    elsewhere("cast", Kind.OTHER, Role.SECOND_ARGUMENT, "typing", "typing_extensions"),
    elsewhere("NewType", Kind.OTHER, Role.SECOND_ARGUMENT, "typing"),
    elsewhere("partial", Kind.OTHER, Role.PARTIAL, "functools"),
    elsewhere("copy", Kind.OTHER, Role.COPIED, "copy"),
    elsewhere("deepcopy", Kind.OTHER, Role.COPIED, "copy"),
)


def _internal(name: str, role: Role) -> Symbol:
    return Symbol(name, Kind.OTHER, role, homes=(f"sqlalchemy.orm.{name}",), is_internal=True)


BECOME_BASE = _internal("_as_declarative", Role.BECOME_BASE)
BECOME_METACLASS = _internal("_add_metaclass", Role.BECOME_METACLASS)
BECOME_MAPPED_DATACLASS = _internal("_mapped_dataclass", Role.BECOME_MAPPED_DATACLASS)

SYMBOLS = (
    *_BASES,
    *_MAKERS,
    *_METHODS,
    *_OTHERS,
    BECOME_BASE,
    BECOME_METACLASS,
    BECOME_MAPPED_DATACLASS,
)
"""Every row, in no particular order."""
