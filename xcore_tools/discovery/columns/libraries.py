"""The columns that classes of other libraries bring along: data, from the libraries' own code."""

from __future__ import annotations

from xcore_tools.discovery.columns.column import Draft
from xcore_tools.discovery.results import ColumnType


def library_columns(path: str) -> list[Draft] | None:
    """The columns of another library's class, None if nobody here knows them."""
    columns = _COLUMNS.get(path)
    if columns is None:
        return None
    return [
        Draft(
            attribute=name,
            type=ColumnType(type_, arguments, "sqlalchemy"),
            nullable=nullable,
            primary_key=is_key,
        )
        for name, type_, arguments, nullable, is_key in columns
    ]


_Row = tuple[str, str, tuple[str, ...], bool, bool]
"""Name, type, arguments of the type, whether it may be null, whether it is a key."""


def _row(
    name: str, type_: str, *arguments: str, nullable: bool = True, is_key: bool = False
) -> _Row:
    return name, type_, arguments, nullable, is_key


_TIMES = (_row("created_at", "DateTime"), _row("updated_at", "DateTime"))
_USER = (
    _row("email", "String", "length=320", nullable=False),
    _row("hashed_password", "String", "length=1024", nullable=False),
    _row("is_active", "Boolean", nullable=False),
    _row("is_superuser", "Boolean", nullable=False),
    _row("is_verified", "Boolean", nullable=False),
)

_COLUMNS: dict[str, tuple[_Row, ...]] = {
    "flask_login.UserMixin": (),
    "flask_login.mixins.UserMixin": (),
    "flask_security.RoleMixin": (),
    "flask_security.UserMixin": (),
    "flask_sqlalchemy.Model": (),
    "flask_sqlalchemy.model.Model": (),
    "sqlmodel.SQLModel": (),
    "sqlmodel.main.SQLModel": (),
    "oslo_db.sqlalchemy.models.ModelBase": (),
    "oslo_db.sqlalchemy.models.ModelIterator": (),
    "oslo_db.sqlalchemy.models.TimestampMixin": _TIMES,
    "oslo_db.sqlalchemy.models.SoftDeleteMixin": (
        _row("deleted_at", "DateTime"),
        _row("deleted", "Integer"),
    ),
    "sqlalchemy_utils.Timestamp": (
        _row("created", "DateTime", nullable=False),
        _row("updated", "DateTime", nullable=False),
    ),
    "fastapi_users_db_sqlalchemy.SQLAlchemyBaseUserTable": _USER,
    "fastapi_users.db.SQLAlchemyBaseUserTable": _USER,
}
