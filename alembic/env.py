"""How Alembic reaches the application in fixtures/xcore_app: its metadatas and its database."""

from logging.config import fileConfig

from alembic import context
from sqlalchemy import engine_from_config, pool

from database import Base
from manager.models import Base as ManagerBase
from plugins.Billing.core import Base as BillingBase
from plugins.Blog.core import Model as BlogModel

# AUTO-GENERATED IMPORTS START
# isort: off
if True:  # in here no tool sorts, moves, drops or adds imports
    from admin.models import AuditEvent, Permission, Role, RoleGranted
    from auth.models import LoginSession, OneTimeCode, User
    from manager.models.logs import LogEntry
    from manager.models.tasks import Task, TaskRun
    from plugins.Billing.models.invoice import Invoice, InvoiceLine
    from plugins.Billing.models.payment import CardPayment, Payment
    from plugins.Blog.models.post import Comment, Post

    __models__ = (
        AuditEvent,
        Permission,
        Role,
        RoleGranted,
        LoginSession,
        OneTimeCode,
        User,
        LogEntry,
        Task,
        TaskRun,
        Invoice,
        InvoiceLine,
        CardPayment,
        Payment,
        Comment,
        Post,
    )
# isort: on
# AUTO-GENERATED IMPORTS END

config = context.config

if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

target_metadata = [
    Base.metadata,
    ManagerBase.metadata,
    BillingBase.metadata,
    BlogModel.metadata,
]


def run_migrations_offline() -> None:
    """Write the statements to the standard output instead of a database."""
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Migrate the database that `sqlalchemy.url` names."""
    engine = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            # SQLite cannot alter a table: Alembic makes a new one and moves the rows
            render_as_batch=connection.dialect.name == "sqlite",
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
