"""Types of the source in the words of an engine, as its documentation has them; certain, or none."""

from __future__ import annotations

import pytest

from xcore_tools.database.compiled import compiled, enum_of
from xcore_tools.discovery.results import ColumnType

STRING = ColumnType("String", ("20",), "sqlalchemy")
KIND = ColumnType("Enum", ("Kind",), "sqlalchemy", values=("low", "high"))


@pytest.mark.parametrize(
    ("type_", "engine", "expected"),
    [
        (STRING, "sqlite", "VARCHAR(20)"),
        (STRING, "postgresql", "VARCHAR(20)"),
        (ColumnType("String", ("length=20",), "sqlalchemy.types"), "mariadb", "VARCHAR(20)"),
        (ColumnType("DateTime", ("timezone=True",), "sqlalchemy"), "postgresql",
         "TIMESTAMP WITH TIME ZONE"),
        (ColumnType("Numeric", ("10", "2"), "sqlalchemy.sql.sqltypes"), "mysql", "NUMERIC(10, 2)"),
        (ColumnType("Boolean", (), "sqlalchemy"), "mysql", "BOOL"),
        (ColumnType("JSONB", (), "sqlalchemy.dialects.postgresql"), "postgresql", "JSONB"),
        (ColumnType("TINYINT", ("1",), "sqlalchemy.dialects.mysql.types"), "mysql", "TINYINT(1)"),
        (ColumnType("ARRAY", ("String(5)",), "sqlalchemy"), "postgresql", "VARCHAR(5)[]"),
        (ColumnType("ARRAY", ("sqlalchemy.Integer", "dimensions=2"), "sqlalchemy"), "postgresql",
         "INTEGER[][]"),
        (ColumnType("AutoString", (), "sqlmodel"), "postgresql", "VARCHAR"),
        (ColumnType("Guid", (), "app.types", ColumnType("CHAR", ("36",), "sqlalchemy")), "sqlite",
         "CHAR(36)"),
        (KIND, "postgresql", "kind"),
        (KIND, "sqlite", "VARCHAR(4)"),
        (KIND, "mysql", "ENUM('low','high')"),
        (ColumnType("Enum", ("'a'", "'b'", "name='ab'", "native_enum=False", "length=9"),
                    "sqlalchemy", values=("a", "b")), "postgresql", "VARCHAR(9)"),
        (ColumnType("JSON", (), "sqlalchemy",
                    variants=(("postgresql", ColumnType("JSONB", (), "sqlalchemy.dialects.postgresql")),)),
         "postgresql", "JSONB"),
        (ColumnType("JSON", (), "sqlalchemy",
                    variants=(("postgresql", ColumnType("JSONB", (), "sqlalchemy.dialects.postgresql")),)),
         "sqlite", "JSON"),
    ],
)  # fmt: skip
def test_what_is_certain(type_: ColumnType, engine: str, expected: str) -> None:
    assert compiled(type_, engine) == expected


@pytest.mark.parametrize(
    ("type_", "engine"),
    [
        (None, "sqlite"),
        (ColumnType("String", (), "sqlalchemy"), "mysql"),  # which wants a length
        (ColumnType("String", ("…",), "sqlalchemy"), "sqlite"),
        (ColumnType("String", ("length()",), "sqlalchemy"), "sqlite"),
        (ColumnType("String", ("1", "2", "3"), "sqlalchemy"), "sqlite"),
        (ColumnType("ChoiceType", (), "sqlalchemy_utils"), "sqlite"),
        (ColumnType("Own", (), "app.types"), "sqlite"),
        (ColumnType("Float", (), ""), "sqlite"),  # Double in later versions
        (ColumnType("ForeignKey", (), "sqlalchemy"), "sqlite"),
        (ColumnType("__builtins__", (), "sqlalchemy"), "sqlite"),
        (ColumnType("JSON", (), "sqlalchemy"), "mariadb"),  # where it is longtext
        (ColumnType("Enum", ("make()",), "sqlalchemy"), "sqlite"),
        (STRING, "nowhere"),
    ],
)
def test_what_is_not(type_: ColumnType | None, engine: str) -> None:
    assert compiled(type_, engine) is None


def test_the_type_that_an_enumeration_needs() -> None:
    assert enum_of(KIND, "postgresql") == ("kind", ("low", "high"))
    assert enum_of(KIND, "sqlite") is None
    assert enum_of(STRING, "postgresql") is None
    assert enum_of(ColumnType("Enum", ("'a'",), "sqlalchemy", values=("a",)), "postgresql") is None
