"""The names of what tables and models consist of: columns, their types, constraints, relationships; each in one row.

Sources are the code of SQLAlchemy 1.3 to 2.1 (`sqlalchemy.schema`, `sqlalchemy.types`, `sqlalchemy.orm`)
and of SQLModel.
"""

from __future__ import annotations

from collections.abc import Iterator

from xcore_tools.discovery.catalog.symbols import Kind, Role, Symbol, elsewhere


def _plain(kind: Kind, names: str) -> Iterator[Symbol]:
    """Names of one kind of which nothing else is known."""
    return (Symbol(name, kind) for name in names.split())


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
COMPOSITE = Symbol("composite", Kind.OTHER)
NULL_TYPE = Symbol("NullType", Kind.TYPE)

_COLUMNS = (
    COLUMN,
    Symbol("mapped_column", Kind.COLUMN, Role.COLUMN),
    Symbol("deferred", Kind.WRAPPER, Role.COLUMN),
    *_plain(Kind.WRAPPER, "column_property query_expression"),
    elsewhere("Field", Kind.COLUMN, Role.FIELD, "sqlmodel", "sqlmodel.main"),
    elsewhere("FieldInfo", Kind.COLUMN, Role.FIELD, "sqlmodel.main"),
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
    *_plain(Kind.ITEM, "ColumnCollectionConstraint Constraint DefaultGenerator SchemaItem"),
)

_TYPES = (
    ENUM,
    NUMERIC,
    FLOAT,
    NULL_TYPE,
    *(
        Symbol(name, Kind.TYPE, is_abstract=True)
        for name in ("TypeDecorator", "UserDefinedType", "Variant")
    ),
    Symbol("TypeEngine", Kind.TYPE, is_abstract=True),
    Symbol("ExternalType", Kind.TYPE, is_abstract=True),
    *_plain(
        Kind.TYPE,
        "ARRAY BIGINT BINARY BLOB BOOLEAN BigInteger Boolean CHAR CLOB DATE DATETIME DECIMAL DOUBLE "
        "DOUBLE_PRECISION Date DateTime Double FLOAT INTEGER Integer Interval JSON "
        "LargeBinary MatchType NCHAR NUMERIC NVARCHAR PickleType REAL SMALLINT SmallInteger "
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
    COMPOSITE,
    *_plain(Kind.OTHER, "synonym func"),
    *_plain(Kind.TEXT, "text literal_column"),
    *_plain(Kind.OTHER, "async_sessionmaker"),
    *_plain(
        Kind.ENGINE, "create_engine engine_from_config create_async_engine async_engine_from_config"
    ),
)

STRUCTURE = (*_COLUMNS, *_ITEMS, *_TYPES, *_OTHERS)
"""Every row, in no particular order."""
