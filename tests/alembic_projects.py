"""Projects with an Alembic of their own: made by Alembic's own `init`, with tables and revisions."""

from __future__ import annotations

import contextlib
import io
import json
import textwrap
from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig

from xcore_tools.config import Config, load_config
from xcore_tools.database.url import DatabaseUrl

USERS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50), nullable=False),
)
"""
ORDERS = """\
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.ForeignKey("users.id")),
)
"""


def make_project(
    directory: Path,
    *,
    tables: str = USERS,
    template: str = "generic",
    url: DatabaseUrl | None = None,
    settings: dict[str, object] | None = None,
) -> Config:
    """`alembic init` in an empty directory; env.py defines the tables itself, anew in each run."""
    alembic_init(directory, template)
    env = directory / "alembic" / "env.py"
    text = env.read_text("utf-8")
    assert "target_metadata = None" in text
    env.write_text(
        text.replace("target_metadata = None", f"{tables}\ntarget_metadata = metadata"), "utf-8"
    )
    migration: dict[str, object] = {"auto_discover_models": False, **(settings or {})}
    if url is not None:
        migration["url"] = url.sqlalchemy.render_as_string(hide_password=False)
    (directory / "config.json").write_text(json.dumps({"migration": migration}), "utf-8")
    return load_config(directory / "config.json")


def alembic_init(directory: Path, template: str = "generic") -> None:
    """What `alembic init` makes, in `directory` and its folder `alembic`."""
    directory.mkdir(parents=True, exist_ok=True)
    with contextlib.chdir(directory), contextlib.redirect_stdout(io.StringIO()):
        command.init(AlembicConfig("alembic.ini"), f"{directory}/alembic", template=template)


def write_revision(
    directory: Path,
    revision: str,
    down: str | Iterable[str] | None,
    upgrade: str = "pass",
    downgrade: str = "pass",
    **variables: object,
) -> Path:
    """A revision file as Alembic's template writes it; the bodies are Python statements."""
    down = down if down is None or isinstance(down, str) else tuple(down)
    lines = "".join(f"{name} = {value!r}\n" for name, value in variables.items())
    path = directory / f"{revision}_.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'"""make {revision}"""\n'
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f"revision = {revision!r}\ndown_revision = {down!r}\n{lines}\n\n"
        f"def upgrade():\n{textwrap.indent(upgrade, '    ')}\n\n\n"
        f"def downgrade():\n{textwrap.indent(downgrade, '    ')}\n",
        "utf-8",
    )
    return path


def write_table_revision(
    directory: Path, revision: str, down: str | Iterable[str] | None, **variables: object
) -> Path:
    """A revision that makes a table of its own name, and drops it on the way down."""
    return write_revision(
        directory,
        revision,
        down,
        f"op.create_table('t_{revision}', sa.Column('id', sa.Integer, primary_key=True))",
        f"op.drop_table('t_{revision}')",
        **variables,
    )
