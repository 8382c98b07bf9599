"""What other libraries' names mean for columns: data, no code paths.

Sources are the code of SQLAlchemy 1.4 to 2.1 (`sqlalchemy.sql.sqltypes._type_map`, `sqlalchemy.sql.schema`)
and of SQLModel (`sqlmodel.main.get_sqlalchemy_type`).
"""

from __future__ import annotations

import sys

ITEMS = frozenset(
    {
        "CheckConstraint",
        "ColumnDefault",
        "Computed",
        "Constraint",
        "DefaultClause",
        "FetchedValue",
        "ForeignKey",
        "ForeignKeyConstraint",
        "Identity",
        "Index",
        "PrimaryKeyConstraint",
        "Sequence",
        "UniqueConstraint",
    }
)
"""What stands among the arguments of a column or a table and is no type."""

RELATIONSHIPS = frozenset(
    {
        "relationship",
        "relation",
        "backref",
        "dynamic_loader",
        "Relationship",
        "RelationshipProperty",
    }
)

SAME_TYPES = {
    "Binary": "LargeBinary",
    "STRINGTYPE": "String",
    "BOOLEANTYPE": "Boolean",
    "INTEGERTYPE": "Integer",
    "INT": "INTEGER",
    "DEC": "DECIMAL",
}
"""Other names that SQLAlchemy has for a type → the name of its class."""

PYTHON_TYPES = {
    "builtins.int": "Integer",
    "builtins.float": "Float",
    "builtins.bool": "Boolean",
    "builtins.str": "String",
    "builtins.bytes": "LargeBinary",
    "decimal.Decimal": "Numeric",
    "datetime.date": "Date",
    "datetime.datetime": "DateTime",
    "datetime.time": "Time",
    "datetime.timedelta": "Interval",
    "uuid.UUID": "Uuid",
    "enum.Enum": "Enum",
    "typing.Literal": "Enum",
    "typing_extensions.Literal": "Enum",
    **dict.fromkeys(
        ("enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag", "strenum.StrEnum"), "Enum"
    ),
}
"""What `Mapped[…]` of a Python type means without a `type_annotation_map`; the nearest base counts."""

SQLMODEL_TYPES = {
    **PYTHON_TYPES,
    **dict.fromkeys(
        (
            "builtins.str",
            "ipaddress.IPv4Address",
            "ipaddress.IPv4Network",
            "ipaddress.IPv6Address",
            "ipaddress.IPv6Network",
            "pathlib.Path",
            "pydantic.EmailStr",
            "pydantic.networks.EmailStr",
        ),
        "AutoString",
    ),
}
"""The same for the fields of SQLModel."""


TYPING = frozenset({"typing", "typing_extensions"})
"""Modules whose names mean something with what stands in their brackets."""


def is_type_name(path: str) -> bool:
    """Whether a library's dotted name may be the class of a type: it has a capital, and is no item.

    The standard library has no types of columns.
    """
    top, name = path.partition(".")[0], path.rpartition(".")[2]
    return name[:1].isupper() and name not in ITEMS and top not in sys.stdlib_module_names
