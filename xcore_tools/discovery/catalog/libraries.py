"""Other libraries' bases, mixins and database objects that models are built on: data, no code paths.

Sources are the libraries' own documentation and code: SQLModel, Advanced Alchemy, FastAPI Users,
Flask-AppBuilder, oslo.db, neutron-lib, Alchemical.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec


class Foreign(msgspec.Struct, frozen=True):
    """A class of another library that models inherit.

    `is_base`: a declarative base, whose children are mapped; otherwise a mixin.
    `naming` computes a table name from the class name, `tablename` is a fixed one. `binds` names
    the object whose items are the collections that `__bind_key__` chooses from.
    """

    path: str
    is_base: bool = True
    naming: Callable[[str], str] | None = None
    tablename: str | None = None
    needs_table_keyword: bool = False
    metadata: str | None = None
    binds: str | None = None
    aliases: tuple[str, ...] = ()


_CAMEL = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")


def camel_to_snake(name: str) -> str:
    """The table name that Flask-SQLAlchemy and Advanced Alchemy make of a class name."""
    return _CAMEL.sub(r"_\1", name).lower().lstrip("_")


def _plural(name: str) -> str:
    return name.lower() + "s"


def _dance(name: str) -> str:
    return f"flask_dance_{name.lower()}"


_ADVANCED = (
    *(
        f"{kind}{audit}Base"
        for kind in ("UUID", "UUIDv6", "UUIDv7", "BigInt", "NanoID", "Identity")
        for audit in ("", "Audit")
    ),
    "DefaultBase",
)
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
            binds="advanced_alchemy.base.metadata_registry",
            aliases=tuple(f"{m}.{name}" for m in _ADVANCED_MODULES),
        )
        for name in _ADVANCED
    ),
    Foreign(
        "advanced_alchemy.base.CommonTableAttributes",
        is_base=False,
        naming=camel_to_snake,
        aliases=tuple(f"{m}.CommonTableAttributes" for m in _ADVANCED_MODULES),
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


_LIBRARIES = frozenset(
    {path.partition(".")[0] for path in FOREIGN}
    | {
        "sqlalchemy",
        "sqlmodel",
        "flask_sqlalchemy",
        "pydantic",
        "flask",
        "alembic",
        "django",
        "fastapi",
    }
)


def is_library(top: str) -> bool:
    """Whether a top-level package is a library that is never part of a project."""
    return top in _LIBRARIES
