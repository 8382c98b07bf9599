"""What is known of SQLAlchemy's names and of other libraries' bases: a table of data, no code paths.

Sources are the libraries' own documentation and code: SQLAlchemy 1.3 to 2.1, Flask-SQLAlchemy 2 and 3,
SQLModel, Advanced Alchemy, FastAPI Users, Flask-AppBuilder, oslo.db, neutron-lib, Alchemical.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

__all__ = ["DATABASES", "FOREIGN", "Foreign", "camel_to_snake", "library_names", "role_of"]

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
    "functools.partial": "partial",
    "typing.cast": "cast",
    "typing_extensions.cast": "cast",
    "copy.copy": "first",
    "copy.deepcopy": "first",
    "typing.NewType": "second",
    "importlib.import_module": "import_module",
}


def role_of(path: str) -> str | None:
    """What a library's dotted name means to us, or None."""
    role = _EXACT.get(path)
    if role is None and path.partition(".")[0] in _SQLALCHEMY:
        parts = path.split(".")
        role = "declared_attr" if "declared_attr" in parts else _ROLES.get(parts[-1])
    return role


def library_names() -> frozenset[str]:
    """The last parts of all library names that mean something to us."""
    return (
        frozenset(_ROLES) - _COMMON
        | {path.rpartition(".")[2] for path in _EXACT} - _COMMON
        | {"Model", "mapped"}
    )


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
        "synonym_for",
        "declarative_mixin",
    ]
)
"""Names that say nothing by themselves: who uses them needs a base or a table as well."""

_CAMEL = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")


def camel_to_snake(name: str) -> str:
    """The table name that Flask-SQLAlchemy and Advanced Alchemy make of a class name."""
    return _CAMEL.sub(r"_\1", name).lower().lstrip("_")


class Foreign(msgspec.Struct, frozen=True):
    """A class of another library that models inherit.

    `is_base`: a declarative base, whose children are mapped; otherwise a mixin.
    `naming` computes a table name from the class name, `tablename` is a fixed one.
    """

    path: str
    is_base: bool = True
    naming: Callable[[str], str] | None = None
    tablename: str | None = None
    needs_table_keyword: bool = False
    metadata: str | None = None
    aliases: tuple[str, ...] = ()


def _plural(name: str) -> str:
    return name.lower() + "s"


def _dance(name: str) -> str:
    return f"flask_dance_{name.lower()}"


_ADVANCED = tuple(
    f"{kind}{audit}Base"
    for kind in ("UUID", "UUIDv6", "UUIDv7", "BigInt", "NanoID", "Identity")
    for audit in ("", "Audit")
) + ("DefaultBase",)
_ADVANCED_MODULES = (
    "advanced_alchemy.base",
    "advanced_alchemy.extensions.litestar.base",
    "litestar.contrib.sqlalchemy.base",
    "litestar.plugins.sqlalchemy.base",
)

_ALL = (
    Foreign(
        "sqlmodel.SQLModel",
        naming=str.lower,
        needs_table_keyword=True,
        aliases=("sqlmodel.main.SQLModel",),
    ),
    Foreign(
        "flask_appbuilder.Model",
        aliases=("flask_appbuilder.models.sqla.Model", "flask_appbuilder.models.sqla.base.Model"),
        naming=camel_to_snake,
    ),
    Foreign(
        "alchemical.Model",
        aliases=("alchemical.aio.Model", "alchemical.flask.Model"),
        naming=camel_to_snake,
    ),
    Foreign(
        "neutron_lib.db.model_base.BASEV2",
        naming=_plural,
        aliases=("neutron.db.model_base.BASEV2",),
    ),
    Foreign("oslo_db.sqlalchemy.models.ModelBase", is_base=False),
    Foreign("oslo_db.sqlalchemy.models.TimestampMixin", is_base=False),
    Foreign("oslo_db.sqlalchemy.models.SoftDeleteMixin", is_base=False),
    Foreign("flask_sqlalchemy.model.Model", is_base=False, aliases=("flask_sqlalchemy.Model",)),
    Foreign("flask_dance.consumer.storage.sqla.OAuthConsumerMixin", is_base=False, naming=_dance),
    Foreign("celery.backends.database.session.ResultModelBase"),
    Foreign("zope.sqlalchemy.Base"),
    *(
        Foreign(
            f"advanced_alchemy.base.{name}",
            naming=camel_to_snake,
            metadata="advanced_alchemy.base.orm_registry.metadata",
            aliases=tuple(f"{m}.{name}" for m in _ADVANCED_MODULES),
        )
        for name in _ADVANCED
    ),
    *(
        Foreign(
            f"advanced_alchemy.base.{name}",
            is_base=False,
            naming=camel_to_snake,
            aliases=tuple(f"{m}.{name}" for m in _ADVANCED_MODULES),
        )
        for name in ("CommonTableAttributes",)
    ),
    *(
        Foreign(
            f"{module}.{prefix}{suffix}",
            is_base=False,
            tablename=table,
            aliases=(f"{module}.generics.{prefix}{suffix}",),
        )
        for module, prefix, table in (
            ("fastapi_users_db_sqlalchemy", "SQLAlchemyBaseUserTable", "user"),
            ("fastapi_users_db_sqlalchemy", "SQLAlchemyBaseOAuthAccountTable", "oauth_account"),
            ("fastapi_users.db", "SQLAlchemyBaseUserTable", "user"),
            ("fastapi_users.db", "SQLAlchemyBaseOAuthAccountTable", "oauth_account"),
            (
                "fastapi_users_db_sqlalchemy.access_token",
                "SQLAlchemyBaseAccessTokenTable",
                "accesstoken",
            ),
            (
                "fastapi_users.authentication.strategy.db",
                "SQLAlchemyBaseAccessTokenTable",
                "accesstoken",
            ),
        )
        for suffix in ("", "UUID")
    ),
)

FOREIGN: dict[str, Foreign] = {
    name: foreign for foreign in _ALL for name in (foreign.path, *foreign.aliases)
}

DATABASES = frozenset(
    {
        "invenio_db.db",
        "invenio_db.shared.db",
        "flask_appbuilder.extensions.db",
        "airflow.www.extensions.db",
    }
)
"""Flask-SQLAlchemy objects that other libraries share with their users."""
