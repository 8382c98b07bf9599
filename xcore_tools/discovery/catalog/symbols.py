"""What the names of SQLAlchemy and its extensions mean to us: data, no code paths.

Sources are the libraries' own documentation and code: SQLAlchemy 1.3 to 2.1, Flask-SQLAlchemy 2 and 3.
"""

from __future__ import annotations

_SQLALCHEMY = frozenset({"sqlalchemy", "sqlmodel"})
"""Packages that re-export SQLAlchemy's names at many places: only the last part of a name counts."""


_ROLES = {
    "Table": "table",
    "MetaData": "metadata",
    "ThreadLocalMetaData": "metadata",
    "registry": "registry",
    "declarative_base": "declarative_base",
    "as_declarative": "as_declarative",
    "automap_base": "automap_base",
    "DeclarativeBase": "DeclarativeBase",
    "DeclarativeBaseNoMeta": "DeclarativeBase",
    "DeclarativeMeta": "DeclarativeMeta",
    "MappedAsDataclass": "MappedAsDataclass",
    "mapped_as_dataclass": "mapped_as_dataclass",
    "mapper": "mapper",
    "Mapper": "mapper_of",
    "class_mapper": "mapper_of",
    "Column": "column",
    "mapped_column": "column",
    "deferred": "column",
    "synonym_for": "identity",
    "Mapped": "Mapped",
    "declared_attr": "declared_attr",
    "declarative_mixin": "identity",
    "quoted_name": "quoted_name",
    "has_inherited_table": "has_inherited_table",
    "AbstractConcreteBase": "AbstractConcreteBase",
    "PrimaryKeyConstraint": "primary_key",
    "with_metaclass": "with_metaclass",
    "_as_declarative": "become_base",
    "_mapped_declarative": "become_mapped_declarative",
    "_mapped_dataclass": "become_mapped_dataclass",
}


_EXACT = {
    "flask_sqlalchemy.SQLAlchemy": "flask_sqlalchemy",
    "flask_sqlalchemy.extension.SQLAlchemy": "flask_sqlalchemy",
    "flask_appbuilder.SQLA": "flask_sqlalchemy",
    "flask_appbuilder.models.sqla.SQLA": "flask_sqlalchemy",
    "flask_appbuilder.utils.legacy.SQLA": "flask_sqlalchemy",
    "quart_sqlalchemy.SQLAlchemy": "flask_sqlalchemy",
    "flask.ext.sqlalchemy.SQLAlchemy": "flask_sqlalchemy",
    "flaskext.sqlalchemy.SQLAlchemy": "flask_sqlalchemy",
    "flask_sqlalchemy.model.NameMetaMixin": "NameMetaMixin",
    "flask_sqlalchemy.model.DefaultMeta": "DefaultMeta",
    "flask_sqlalchemy.DefaultMeta": "DefaultMeta",
    "flask_sqlalchemy.model.DefaultMetaNoName": "DeclarativeMeta",
    "flask_sqlalchemy.table._Table": "table",
    "sqlmodel.Field": "field",
    "sqlmodel.main.Field": "field",
    "six.with_metaclass": "with_metaclass",
    "future.utils.with_metaclass": "with_metaclass",
    "six.add_metaclass": "add_metaclass",
    "six._add_metaclass": "become_metaclass",
    "functools.partial": "partial",
    "typing.cast": "cast",
    "typing_extensions.cast": "cast",
    "copy.copy": "copied",
    "copy.deepcopy": "copied",
    "typing.NewType": "second",
    "importlib.import_module": "import_module",
}


_COMMON = frozenset(
    [
        "Column",
        "mapped_column",
        "Mapped",
        "declared_attr",
        "deferred",
        "quoted_name",
        "PrimaryKeyConstraint",
        "has_inherited_table",
        "Field",
        "partial",
        "cast",
        "copy",
        "deepcopy",
        "NewType",
        "import_module",
        "Mapper",
        "MetaData",
        "ThreadLocalMetaData",
        "class_mapper",
        "synonym_for",
        "declarative_mixin",
    ]
)
"""Names that say nothing by themselves: who uses them needs a base or a table as well."""


def role_of(path: str) -> str | None:
    """What a library's dotted name means to us, or None."""
    role = _EXACT.get(path)
    if role is None and path.partition(".")[0] in _SQLALCHEMY:
        parts = path.split(".")
        role = "declared_attr" if "declared_attr" in parts else _ROLES.get(parts[-1])
    return role


# What `from sqlalchemy import *` and `from sqlalchemy.orm import *` give beside the names above.
# fmt: off
_EXPORTED = frozenset({
    "ARRAY", "BIGINT", "BINARY", "BLOB", "BOOLEAN", "BigInteger", "Boolean", "CHAR", "CLOB",
    "CheckConstraint", "ColumnDefault", "Computed", "Constraint", "DATE", "DATETIME", "DECIMAL",
    "DOUBLE", "DOUBLE_PRECISION", "Date", "DateTime", "Double", "DynamicMapped", "Enum", "FLOAT",
    "Float", "ForeignKey", "ForeignKeyConstraint", "INT", "INTEGER", "Identity", "Index", "Integer",
    "Interval", "JSON", "LargeBinary", "NCHAR", "NUMERIC", "NVARCHAR", "NullType", "Numeric",
    "PickleType", "REAL", "SMALLINT", "Sequence", "SmallInteger", "String", "TEXT", "TIME",
    "TIMESTAMP", "Text", "Time", "TypeDecorator", "UUID", "Unicode", "UnicodeText",
    "UniqueConstraint", "UserDefinedType", "Uuid", "VARBINARY", "VARCHAR", "WriteOnlyMapped",
    "backref", "column_property", "composite", "func", "relationship", "synonym", "text",
})
# fmt: on


def is_exported(path: str) -> bool:
    """Whether a star import of a library gives the name that `path` ends with."""
    top, _, name = path.rpartition(".")
    return role_of(path) is not None or (name in _EXPORTED and top.partition(".")[0] in _SQLALCHEMY)


def library_classes() -> frozenset[str]:
    """The last parts of the names of library classes that models inherit or are made by."""
    return _CLASSES


def library_makers() -> frozenset[str]:
    """The last parts of the names of what makes classes or tables when it is called."""
    names = {*_ROLES, *(path.rpartition(".")[2] for path in _EXACT), "mapped"}
    return frozenset(names) - _COMMON - _CLASSES


_CLASSES = frozenset(
    [
        "AbstractConcreteBase",
        "DeclarativeBase",
        "DeclarativeBaseNoMeta",
        "DeclarativeMeta",
        "DefaultMeta",
        "MappedAsDataclass",
        "Model",
        "NameMetaMixin",
    ]
)
