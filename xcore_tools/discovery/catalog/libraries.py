"""Other libraries' bases, mixins and database objects that models are built on: data, no code paths.

Sources are the libraries' own documentation and code: SQLModel, Advanced Alchemy, FastAPI Users,
Flask-AppBuilder, oslo.db, neutron-lib, Alchemical.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from xcore_tools.discovery.catalog.directives import SQLMODEL
from xcore_tools.discovery.catalog.paths import SQLALCHEMY

ForeignColumn = tuple[str, str, tuple[str, ...], bool, bool]
"""Name, type, arguments of the type, whether it may be null, whether it is a key."""


def _column(
    name: str, type_: str, *arguments: str, nullable: bool = True, is_key: bool = False
) -> ForeignColumn:
    return name, type_, arguments, nullable, is_key


class Foreign(msgspec.Struct, frozen=True):
    """A class of another library that models inherit.

    `is_base`: a declarative base, whose children are mapped; otherwise a mixin.
    `naming` computes a table name from the class name, `tablename` is a fixed one. `kind` is how its
    children are mapped, where that has a name of its own. `binds` names the object whose items are the
    collections that `__bind_key__` chooses from. `columns` are those that it brings along, None where
    nobody here knows them. `is_lead` tells that who inherits it is worth parsing; a mixin that stands
    beside a base, as a rule, is none.
    """

    path: str
    is_base: bool = True
    naming: Callable[[str], str] | None = None
    tablename: str | None = None
    needs_table_keyword: bool = False
    kind: str | None = None
    metadata: str | None = None
    binds: str | None = None
    aliases: tuple[str, ...] = ()
    columns: tuple[ForeignColumn, ...] | None = None
    is_lead: bool = True


def _beside(path: str, *aliases: str, columns: tuple[ForeignColumn, ...] = ()) -> Foreign:
    """A mixin that stands beside a base in every class that inherits it."""
    return Foreign(path, is_base=False, is_lead=False, aliases=aliases, columns=columns)


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


_TIMES = (_column("created_at", "DateTime"), _column("updated_at", "DateTime"))
_PLAIN_USER = "SQLAlchemyBaseUserTable"
_USER = (
    _column("email", "String", "length=320", nullable=False),
    _column("hashed_password", "String", "length=1024", nullable=False),
    _column("is_active", "Boolean", nullable=False),
    _column("is_superuser", "Boolean", nullable=False),
    _column("is_verified", "Boolean", nullable=False),
)


_ALL = (
    Foreign(
        "sqlmodel.SQLModel",
        naming=str.lower,
        needs_table_keyword=True,
        kind=SQLMODEL,
        aliases=("sqlmodel.main.SQLModel",),
        columns=(),
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
    Foreign("oslo_db.sqlalchemy.models.ModelBase", is_base=False, columns=()),
    Foreign("oslo_db.sqlalchemy.models.TimestampMixin", is_base=False, columns=_TIMES),
    Foreign(
        "oslo_db.sqlalchemy.models.SoftDeleteMixin",
        is_base=False,
        columns=(_column("deleted_at", "DateTime"), _column("deleted", "Integer")),
    ),
    Foreign(
        "flask_sqlalchemy.model.Model",
        is_base=False,
        aliases=("flask_sqlalchemy.Model",),
        columns=(),
    ),
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
            columns=_USER if f"{prefix}{suffix}" == _PLAIN_USER else None,
        )
        for module, prefix, table in (
            ("fastapi_users_db_sqlalchemy", _PLAIN_USER, "user"),
            ("fastapi_users_db_sqlalchemy", "SQLAlchemyBaseOAuthAccountTable", "oauth_account"),
            ("fastapi_users.db", _PLAIN_USER, "user"),
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
    _beside("flask_login.UserMixin", "flask_login.mixins.UserMixin"),
    _beside("flask_security.UserMixin"),
    _beside("flask_security.RoleMixin"),
    _beside("oslo_db.sqlalchemy.models.ModelIterator"),
    _beside(
        "sqlalchemy_utils.Timestamp",
        columns=(
            _column("created", "DateTime", nullable=False),
            _column("updated", "DateTime", nullable=False),
        ),
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


SHARED_BASES = frozenset(name for name, foreign in FOREIGN.items() if foreign.is_base)
"""Bases of libraries: their collection is one and the same for all who inherit it."""

LEAD_CLASSES = frozenset(
    name.rpartition(".")[2] for name, foreign in FOREIGN.items() if foreign.is_lead
)
"""The names of the classes that models inherit: a file that uses one is worth parsing."""


_LIBRARIES = frozenset(
    {path.partition(".")[0] for path, foreign in FOREIGN.items() if foreign.is_lead}
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


_WITHOUT_MODELS = frozenset(
    {"pydantic", "typing_extensions", "builtins", "attr", "attrs", "marshmallow", "django"}
    | {SQLALCHEMY}  # whose bases all have a role
)


def may_have_bases(top: str) -> bool:
    """Whether a class of a top-level package may be a declarative base for all that is known here."""
    return top not in _WITHOUT_MODELS
