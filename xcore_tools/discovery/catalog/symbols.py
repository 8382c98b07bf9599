"""The names of SQLAlchemy and its extensions, each in one row.

Sources are the libraries' own documentation and code: SQLAlchemy 1.3 to 2.1, Flask-SQLAlchemy 2 and 3,
SQLModel, six. What other rooms look for is derived from these rows (`derived.py`): a new row is enough
for the prefilter, for the analysis of effects and for star imports. A role needs a handler in `orm/`.
"""

from __future__ import annotations

from collections.abc import Iterator

from xcore_tools.discovery.catalog.kinds import Kind, Role, Symbol


def _elsewhere(name: str, kind: Kind, role: Role, *modules: str) -> Symbol:
    """A name of other libraries, which has that meaning in these modules only."""
    return Symbol(name, kind, role, homes=tuple(f"{module}.{name}" for module in modules))


def _plain(kind: Kind, names: str) -> Iterator[Symbol]:
    """Names of one kind of which nothing else is known."""
    return (Symbol(name, kind) for name in names.split())


TABLE = Symbol("Table", Kind.MAKER, Role.TABLE)
COLUMN = Symbol("Column", Kind.COLUMN, Role.COLUMN)
MAPPED = Symbol("Mapped", Kind.ANNOTATION, Role.MAPPED)
FOREIGN_KEY = Symbol("ForeignKey", Kind.ITEM)
IDENTITY = Symbol("Identity", Kind.ITEM)
COMPUTED = Symbol("Computed", Kind.ITEM)
SEQUENCE = Symbol("Sequence", Kind.ITEM)
COLUMN_DEFAULT = Symbol("ColumnDefault", Kind.ITEM)
DEFAULT_CLAUSE = Symbol("DefaultClause", Kind.ITEM)
FETCHED_VALUE = Symbol("FetchedValue", Kind.ITEM)
CHECK_CONSTRAINT = Symbol("CheckConstraint", Kind.ITEM)
PRIMARY_KEY_CONSTRAINT = Symbol("PrimaryKeyConstraint", Kind.ITEM, Role.PRIMARY_KEY)
FOREIGN_KEY_CONSTRAINT = Symbol("ForeignKeyConstraint", Kind.ITEM, is_loose=True)
UNIQUE_CONSTRAINT = Symbol("UniqueConstraint", Kind.ITEM, is_loose=True)
INDEX = Symbol("Index", Kind.ITEM, is_loose=True)
ENUM = Symbol("Enum", Kind.TYPE)
NUMERIC = Symbol("Numeric", Kind.TYPE)
FLOAT = Symbol("Float", Kind.TYPE)
NULL_TYPE = Symbol("NullType", Kind.TYPE)

_BASES = (
    Symbol("DeclarativeBase", Kind.BASE, Role.BASE_CLASS, is_needle=True),
    Symbol("DeclarativeBaseNoMeta", Kind.BASE, Role.BASE_CLASS, is_needle=True),
    Symbol("DeclarativeMeta", Kind.BASE, Role.BASE_METACLASS, is_needle=True),
    Symbol("MappedAsDataclass", Kind.BASE, Role.DATACLASS_MIXIN, is_needle=True),
    Symbol("AbstractConcreteBase", Kind.BASE, Role.CONCRETE_MIXIN),
    _elsewhere("NameMetaMixin", Kind.BASE, Role.NAMING_METACLASS, "flask_sqlalchemy.model"),
    _elsewhere(
        "DefaultMeta",
        Kind.BASE,
        Role.NAMING_BASE_METACLASS,
        "flask_sqlalchemy",
        "flask_sqlalchemy.model",
    ),
    _elsewhere("DefaultMetaNoName", Kind.BASE, Role.BASE_METACLASS, "flask_sqlalchemy.model"),
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
    _elsewhere("_Table", Kind.MAKER, Role.TABLE, "flask_sqlalchemy.table"),
    _elsewhere(
        "SQLAlchemy",
        Kind.MAKER,
        Role.FLASK_SQLALCHEMY,
        "flask_sqlalchemy",
        "flask_sqlalchemy.extension",
        "quart_sqlalchemy",
        "flask.ext.sqlalchemy",
        "flaskext.sqlalchemy",
    ),
    _elsewhere(
        "SQLA",
        Kind.MAKER,
        Role.FLASK_SQLALCHEMY,
        "flask_appbuilder",
        "flask_appbuilder.models.sqla",
        "flask_appbuilder.utils.legacy",
    ),
    _elsewhere(
        "with_metaclass",
        Kind.MAKER,
        Role.WITH_METACLASS,
        "six",
        "future.utils",
        "sqlalchemy.util",
        "sqlalchemy.util.compat",
    ),
    _elsewhere("add_metaclass", Kind.MAKER, Role.ADD_METACLASS, "six"),
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

_COLUMNS = (
    COLUMN,
    Symbol("mapped_column", Kind.COLUMN, Role.COLUMN),
    Symbol("deferred", Kind.WRAPPER, Role.COLUMN),
    *_plain(Kind.WRAPPER, "column_property query_expression"),
    _elsewhere("Field", Kind.COLUMN, Role.FIELD, "sqlmodel", "sqlmodel.main"),
    _elsewhere("FieldInfo", Kind.COLUMN, Role.FIELD, "sqlmodel.main"),
    *_plain(
        Kind.RELATIONSHIP,
        "relationship relation backref dynamic_loader Relationship RelationshipProperty",
    ),
    MAPPED,
    Symbol("MappedColumn", Kind.ANNOTATION, Role.MAPPED),
    Symbol("MappedSQLExpression", Kind.ANNOTATION, Role.MAPPED),
    Symbol("Named", Kind.ANNOTATION, Role.MAPPED),
    *_plain(Kind.ANNOTATION, "DynamicMapped WriteOnlyMapped"),
)

_ITEMS = (
    FOREIGN_KEY,
    IDENTITY,
    COMPUTED,
    SEQUENCE,
    COLUMN_DEFAULT,
    DEFAULT_CLAUSE,
    FETCHED_VALUE,
    CHECK_CONSTRAINT,
    PRIMARY_KEY_CONSTRAINT,
    FOREIGN_KEY_CONSTRAINT,
    UNIQUE_CONSTRAINT,
    INDEX,
    Symbol("Constraint", Kind.ITEM),
)

_TYPES = (
    ENUM,
    NUMERIC,
    FLOAT,
    NULL_TYPE,
    *(Symbol(name, Kind.TYPE, is_abstract=True) for name in ("TypeDecorator", "UserDefinedType")),
    Symbol("TypeEngine", Kind.TYPE, is_abstract=True),
    Symbol("ExternalType", Kind.TYPE, is_abstract=True),
    *_plain(
        Kind.TYPE,
        "ARRAY BIGINT BINARY BLOB BOOLEAN BigInteger Boolean CHAR CLOB DATE DATETIME DECIMAL DOUBLE "
        "DOUBLE_PRECISION Date DateTime Double FLOAT INTEGER Integer Interval JSON "
        "LargeBinary NCHAR NUMERIC NVARCHAR PickleType REAL SMALLINT SmallInteger "
        "String TEXT TIME TIMESTAMP Text Time TupleType UUID Unicode UnicodeText "
        "Uuid VARBINARY VARCHAR",
    ),
    Symbol("NULLTYPE", Kind.TYPE, same_as="NullType"),
    Symbol("Binary", Kind.TYPE, same_as="LargeBinary"),
    Symbol("STRINGTYPE", Kind.TYPE, same_as="String"),
    Symbol("BOOLEANTYPE", Kind.TYPE, same_as="Boolean"),
    Symbol("INTEGERTYPE", Kind.TYPE, same_as="Integer"),
    Symbol("INT", Kind.TYPE, same_as="INTEGER"),
    Symbol("DEC", Kind.TYPE, same_as="DECIMAL"),
)

_OTHERS = (
    Symbol("declared_attr", Kind.OTHER, Role.DECLARED_ATTR),
    Symbol("has_inherited_table", Kind.OTHER, Role.HAS_INHERITED_TABLE),
    Symbol("quoted_name", Kind.OTHER, Role.FIRST_ARGUMENT),
    Symbol("synonym_for", Kind.OTHER, Role.FIRST_ARGUMENT),
    Symbol("declarative_mixin", Kind.OTHER, Role.FIRST_ARGUMENT),
    *_plain(Kind.OTHER, "composite synonym func"),
    *_plain(Kind.TEXT, "text literal_column"),
    *_plain(Kind.ENGINE, "create_engine engine_from_config create_async_engine"),
    _elsewhere("cast", Kind.OTHER, Role.SECOND_ARGUMENT, "typing", "typing_extensions"),
    _elsewhere("NewType", Kind.OTHER, Role.SECOND_ARGUMENT, "typing"),
    _elsewhere("partial", Kind.OTHER, Role.PARTIAL, "functools"),
    _elsewhere("copy", Kind.OTHER, Role.COPIED, "copy"),
    _elsewhere("deepcopy", Kind.OTHER, Role.COPIED, "copy"),
)


def _internal(name: str, role: Role) -> Symbol:
    return Symbol(name, Kind.OTHER, role, homes=(f"sqlalchemy.orm.{name}",), is_internal=True)


BECOME_BASE = _internal("_as_declarative", Role.BECOME_BASE)
BECOME_METACLASS = _internal("_add_metaclass", Role.BECOME_METACLASS)
BECOME_MAPPED_DECLARATIVE = _internal("_mapped_declarative", Role.BECOME_MAPPED_DECLARATIVE)
BECOME_MAPPED_DATACLASS = _internal("_mapped_dataclass", Role.BECOME_MAPPED_DATACLASS)

SYMBOLS = (
    *_BASES,
    *_MAKERS,
    *_METHODS,
    *_COLUMNS,
    *_ITEMS,
    *_TYPES,
    *_OTHERS,
    BECOME_BASE,
    BECOME_METACLASS,
    BECOME_MAPPED_DECLARATIVE,
    BECOME_MAPPED_DATACLASS,
)
"""Every row, in no particular order."""
