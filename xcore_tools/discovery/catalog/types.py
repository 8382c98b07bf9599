"""What annotations of Python mean as types of columns: data.

Sources are the code of SQLAlchemy 1.4 to 2.1 (`sqlalchemy.sql.sqltypes._type_map`) and of SQLModel
(`sqlmodel.main.get_sqlalchemy_type`).
"""

from __future__ import annotations

from xcore_tools.discovery.catalog.structure import ENUM, FLOAT, NUMERIC

AUTO_STRING = "AutoString"
"""The type of a text in SQLModel."""

PYTHON_TYPES = {
    "builtins.int": "Integer",
    "builtins.float": FLOAT.name,
    "builtins.bool": "Boolean",
    "builtins.str": "String",
    "builtins.bytes": "LargeBinary",
    "decimal.Decimal": NUMERIC.name,
    "datetime.date": "Date",
    "datetime.datetime": "DateTime",
    "datetime.time": "Time",
    "datetime.timedelta": "Interval",
    "uuid.UUID": "Uuid",
    "enum.Enum": ENUM.name,
    "typing.Literal": ENUM.name,
    "typing_extensions.Literal": ENUM.name,
    **dict.fromkeys(
        ("enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag", "strenum.StrEnum"), ENUM.name
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
        AUTO_STRING,
    ),
}
"""The same for the fields of SQLModel."""


TYPING = frozenset({"typing", "typing_extensions"})
"""Modules whose names mean something with what stands in their brackets."""

TYPE_HOMES = {AUTO_STRING: "sqlmodel", FLOAT.name: ""}
"""The module of a type that is not SQLAlchemy's own; `Mapped[float]` is Double from SQLAlchemy 2.1 on."""
