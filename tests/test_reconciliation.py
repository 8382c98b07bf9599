"""What Alembic does to a table whose model it does not see, and that we stop it with file and line."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.util import CommandError
from alembic_projects import alembic_init

from xcore_tools.config import Config, load_config
from xcore_tools.database.comparison import Rename
from xcore_tools.errors import MigrationError
from xcore_tools.migrate.facade import Migrations
from xcore_tools.migrate.runtime.logs import kept_logging

# older versions know no plugins
plugins = pytest.importorskip("alembic.runtime.plugins")

PLUGIN = "alembic.autogenerate.xcore_tools"
BASE = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"
MODEL = """\
from sqlalchemy.orm import Mapped, mapped_column
{imports}

class {name}({base}):
    __tablename__ = "{table}"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
USERS_ONLY = "import {app}.users\nfrom {app}.base import Base\ntarget_metadata = Base.metadata"


def model(
    name: str, table: str, *, imports: str = "from .base import Base", base: str = "Base"
) -> str:
    return MODEL.format(name=name, table=table, imports=f"{imports}\n", base=base)


class Project:
    """Users and orders in a package of a name of its own, since they are imported into this process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.app = f"app_{uuid.uuid4().hex[:8]}"
        alembic_init(directory)
        self.write("base", BASE)
        self.write("users", model("User", "users"))
        self.write("orders", model("Order", "orders"))
        self.configure({})

    def configure(self, settings: dict[str, object]) -> None:
        migration = {"url": "sqlite:///app.db", **settings}
        (self.directory / "config.json").write_text(json.dumps({"migration": migration}))
        ini = self.directory / "alembic.ini"
        url = f"sqlite:///{self.directory / 'app.db'}"
        ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", url))

    @property
    def config(self) -> Config:
        return load_config(self.directory / "config.json")

    def write(self, module: str, text: str) -> None:
        path = self.directory / self.app / f"{module}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def set_target(self, lines: str, *, options: str = "") -> None:
        env = self.directory / "alembic" / "env.py"
        text = env.read_text().replace("target_metadata = None", lines.replace("{app}", self.app))
        env.write_text(text.replace("context.configure(", f"context.configure({options}"))

    def make_tables(self, *names: str) -> None:
        with sa.create_engine(f"sqlite:///{self.directory}/app.db").begin() as connection:
            for name in names:
                connection.execute(
                    sa.text(f"CREATE TABLE {name} (id INTEGER NOT NULL PRIMARY KEY)")
                )

    def alembic(self) -> str:
        """What Alembic writes on its own into the new revision."""
        config = AlembicConfig(self.directory / "alembic.ini", stdout=io.StringIO())
        with contextlib.chdir(self.directory):
            script = command.revision(config, "new", autogenerate=True)
        assert not isinstance(script, list)
        assert script is not None
        text = Path(script.path).read_text()
        Path(script.path).unlink()
        return text.partition("def downgrade")[0]

    @property
    def revisions(self) -> list[Path]:
        return [*(self.directory / "alembic" / "versions").glob("*.py")]

    def refusals(self) -> list[str]:
        """What the plugin says in Alembic, and what `migrate generate` says; neither writes a file."""
        said = []
        with pytest.raises(CommandError) as alone:
            self.alembic()
        said.append(str(alone.value))
        with pytest.raises(MigrationError) as ours:
            Migrations(self.config).generate("new")
        said.append(str(ours.value))
        assert self.revisions == []
        return said


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path / "project")
    path = sys.path[:]
    sys.path_importer_cache.pop(".", None)  # which was another directory before
    with kept_logging(str):
        yield made
    sys.path[:] = path
    for name in [name for name in sys.modules if name.startswith(made.app)]:
        del sys.modules[name]


@contextlib.contextmanager
def without_plugin() -> Iterator[None]:
    removed = plugins._all_plugins.pop(PLUGIN)
    try:
        yield
    finally:
        plugins._all_plugins[PLUGIN] = removed


# -- the failures of Alembic alone ------------------------------------------------------------------


def test_an_import_that_was_lost(project: Project) -> None:
    project.make_tables("users", "orders")
    project.set_target(USERS_ONLY)
    with without_plugin():
        assert "op.drop_table('orders')" in project.alembic()
    for said in project.refusals():
        assert "would drop tables whose models are in the source; none was written" in said
        place = f"{project.app}/orders.py:5: table orders would be dropped: "
        assert f"{place}{project.app}.orders was not imported: env.py does not lead to it" in said
        assert "run `xcore-tools sync-env` [XT310]" in said


def test_an_import_that_was_lost_before_the_table_is_made(project: Project) -> None:
    project.make_tables("users")
    project.set_target(USERS_ONLY)
    with without_plugin():
        assert "    pass" in project.alembic()
    for said in project.refusals():
        assert f"{project.app}/orders.py:5: table orders would be left out: " in said
        assert "[XT311]" in said


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import missing_dependency\n", "no module named 'missing_dependency' ({app}/orders.py:1)"),
        ("from .other import x\n", "no module named 'missing_dependency' ({app}/other.py:2)"),
    ],
)
def test_a_module_that_cannot_be_imported(project: Project, text: str, reason: str) -> None:
    """As by tools that import all modules, and log the errors of some."""
    project.make_tables("users", "orders")
    project.write("other", "import sys\nimport missing_dependency\nx = 1\n")
    project.write("orders", text + model("Order", "orders"))
    project.set_target(
        "import importlib\nfrom {app}.base import Base\n"
        "for name in ('users', 'orders'):\n"
        "    try:\n        importlib.import_module('{app}.' + name)\n"
        "    except ImportError:\n        pass\n"
        "target_metadata = Base.metadata"
    )
    with without_plugin():
        assert "op.drop_table('orders')" in project.alembic()
    for said in project.refusals():
        assert f"{project.app}/orders.py:6: table orders would be dropped: " in said
        assert f"importing {project.app}.orders fails: {reason.format(app=project.app)}" in said


@pytest.mark.parametrize("is_made", [True, False])
def test_a_second_base_outside_of_target_metadata(project: Project, is_made: bool) -> None:
    project.make_tables("users", *(["orders"] if is_made else []))
    second = BASE.partition("\n")[0]
    text = model(
        "Order", "orders", imports=f"{second}\n\nclass Other(DeclarativeBase): pass", base="Other"
    )
    project.write("orders", text)
    project.set_target(f"import {{app}}.orders\n{USERS_ONLY}")
    with without_plugin():
        written = project.alembic()
    assert ("op.drop_table('orders')" if is_made else "    pass") in written
    for said in project.refusals():
        line = text.split("\n").index("class Order(Other):") + 1
        assert f"{project.app}/orders.py:{line}: table orders would be " in said
        assert f"its metadata, {project.app}.orders.Other.metadata, is not in target_meta" in said
        assert "sync-env` with --fix-metadata" in said


def test_no_target_metadata(project: Project) -> None:
    project.make_tables("users", "orders")
    with without_plugin(), pytest.raises(CommandError, match="does not provide a MetaData object"):
        project.alembic()
    with pytest.raises(MigrationError) as caught:
        Migrations(project.config).generate("new")
    assert f"orders ({project.app}/orders.py:5), users ({project.app}/users.py:5)" in str(
        caught.value
    )
    assert project.revisions == []


def test_an_empty_target_metadata(project: Project) -> None:
    project.make_tables("users", "orders")
    project.set_target("from sqlalchemy import MetaData\ntarget_metadata = MetaData()")
    with without_plugin():
        assert "op.drop_table('users')" in project.alembic()
    for said in project.refusals():
        assert f"{project.app}/users.py:5: table users would be dropped" in said
        assert f"{project.app}/orders.py:5: table orders would be dropped" in said


def test_alembic_itself_as_it_is_installed(project: Project) -> None:
    project.make_tables("users", "orders")
    project.set_target(USERS_ONLY)
    done = subprocess.run(
        [sys.executable, "-m", "alembic.config", "revision", "--autogenerate", "-m", "new"],
        cwd=project.directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert (
        f"{project.app}/orders.py:5: table orders would be dropped: " in done.stdout + done.stderr
    )
    assert project.revisions == []


def test_a_package_that_cannot_be_imported(project: Project) -> None:
    project.make_tables("users", "orders")
    inner = project.directory / project.app / "inner"
    inner.mkdir()
    (inner / "__init__.py").write_text("import missing_dependency\n")
    text = model("Order", "orders", imports=f"from {project.app}.base import Base")
    (inner / "orders.py").write_text(text)
    (project.directory / project.app / "orders.py").unlink()
    project.set_target(USERS_ONLY)
    for said in project.refusals():
        assert f"no module named 'missing_dependency' ({project.app}/inner/__init__.py:1)" in said


def test_a_model_that_is_made_under_a_condition(project: Project) -> None:
    project.make_tables("users", "orders")
    lines = model("Order", "orders").splitlines()
    body = "\n".join(f"    {line}" for line in lines[3:])
    head = "\n".join(["import os", *lines[:2], "if os.environ.get('XCORE_TOOLS_NEVER_SET'):"])
    project.write("orders", f"{head}\n{body}\n")
    project.set_target(f"import {{app}}.orders\n{USERS_ONLY}")
    for said in project.refusals():
        assert f"{project.app}.orders was imported without making it, although its metadata" in said


# -- what is no mistake -----------------------------------------------------------------------------


def test_a_model_that_is_gone_is_dropped(project: Project) -> None:
    project.make_tables("users", "orders", "legacy")
    project.set_target(f"import {{app}}.orders\n{USERS_ONLY}")
    assert "op.drop_table('legacy')" in project.alembic()
    made = Migrations(project.config).generate("new")
    assert made.operations == ("remove_table legacy",)
    assert made.renames == ()


def test_a_finding_that_is_accepted(project: Project) -> None:
    project.make_tables("users", "orders")
    text = model("Order", "orders").replace("(Base):", "(Base):  # xcore-tools: ignore[XT310]")
    project.write("orders", text)
    project.set_target(USERS_ONLY)
    assert Migrations(project.config).generate("new").operations == ("remove_table orders",)


def test_reconciliation_can_be_switched_off(project: Project) -> None:
    project.make_tables("users", "orders")
    project.configure({"auto_discover_models": False})
    project.set_target(USERS_ONLY)
    assert "op.drop_table('orders')" in project.alembic()


def test_the_plugin_can_be_left_out_by_env_py(project: Project) -> None:
    project.make_tables("users", "orders")
    project.set_target(
        USERS_ONLY, options=f"autogenerate_plugins=['alembic.autogenerate.*', '~{PLUGIN}'], "
    )
    assert "op.drop_table('orders')" in project.alembic()


@pytest.mark.parametrize(
    "options",
    [
        "include_name=lambda name, kind, parents: name != 'orders', ",
        "include_object=lambda object, name, *_: name != 'orders', ",
    ],
)
def test_what_env_py_filters_out_is_not_missed(project: Project, options: str) -> None:
    project.make_tables("users", "orders")
    project.set_target(USERS_ONLY, options=options)
    assert "    pass" in project.alembic()


def test_models_of_tests_are_not_the_application_s(project: Project) -> None:
    """A table that only they describe is one that the application has no model of any more."""
    project.make_tables("users")
    tests = project.directory / "tests"
    tests.mkdir()
    (project.directory / project.app / "orders.py").unlink()
    imports = f"from {project.app}.base import Base"
    (tests / "test_orders.py").write_text(model("Order", "orders", imports=imports))
    project.set_target(USERS_ONLY)
    assert "    pass" in project.alembic()
    project.make_tables("orders")
    assert "op.drop_table('orders')" in project.alembic()


def test_an_env_py_for_a_part_of_the_models_is_not_missing_the_others(project: Project) -> None:
    """Two sections of the ini file with scripts of their own; what it would drop is still told."""
    project.make_tables("users")
    project.set_target(USERS_ONLY)
    ini = project.directory / "alembic.ini"
    ini.write_text(ini.read_text() + "\n[other]\nscript_location = elsewhere\n")
    assert "    pass" in project.alembic()
    project.make_tables("orders")
    assert all("table orders would be dropped" in said for said in project.refusals())


def test_an_env_py_of_several_databases_is_not_missing_models_either(project: Project) -> None:
    project.make_tables("users")
    project.set_target(USERS_ONLY, options="upgrade_token='one_upgrades', ")
    with pytest.raises(MigrationError, match="so there is nothing to write"):
        Migrations(project.config).generate("new")


def test_a_table_of_another_schema_is_another_table(project: Project) -> None:
    text = model("Order", "orders") + '    __table_args__ = {"schema": "sales"}\n'
    project.write("orders", text)
    project.make_tables("users", "orders")
    project.set_target(f"import {{app}}.orders\n{USERS_ONLY}")
    said = project.alembic()  # Alembic takes `orders` for a removed one, and rightly so
    assert "op.drop_table('orders')" in said
    assert "schema='sales'" in said


# -- empty revisions and renames --------------------------------------------------------------------


def test_an_empty_revision_is_refused(project: Project) -> None:
    project.make_tables("users", "orders")
    project.set_target(f"import {{app}}.orders\n{USERS_ONLY}")
    migrations = Migrations(project.config)
    with pytest.raises(
        MigrationError, match=r"is as target_metadata \(2 tables\) says.*none|no rev"
    ):
        migrations.generate("new")
    assert project.revisions == []
    assert migrations.generate("new", allow_empty=True).operations == ()
    assert len(project.revisions) == 1


def test_a_hook_that_takes_everything_away(project: Project) -> None:
    project.make_tables("users")
    project.set_target(
        f"import {{app}}.orders\n{USERS_ONLY}\n"
        "def hook(context, revision, directives):\n    directives[0].upgrade_ops.ops = []\n",
        options="process_revision_directives=hook, ",
    )
    with pytest.raises(MigrationError, match=r"env\.py has removed all that autogenerate found"):
        Migrations(project.config).generate("new")
    assert project.revisions == []


def test_a_hook_that_removes_the_directives(project: Project) -> None:
    """The recipe of Alembic's cookbook against empty revisions."""
    project.make_tables("users", "orders")
    project.set_target(
        f"import {{app}}.orders\n{USERS_ONLY}\n"
        "def hook(context, revision, directives):\n"
        "    if directives[0].upgrade_ops.is_empty():\n        directives[:] = []\n",
        options="process_revision_directives=hook, ",
    )
    with pytest.raises(MigrationError, match="so there is nothing to write"):
        Migrations(project.config).generate("new")


def test_nothing_at_all(project: Project) -> None:
    for name in ("users", "orders"):
        (project.directory / project.app / f"{name}.py").unlink()
    project.set_target("from {app}.base import Base\ntarget_metadata = Base.metadata")
    with pytest.raises(
        MigrationError, match=r"target_metadata holds no table, since env\.py imports"
    ):
        Migrations(project.config).generate("new")


def test_what_looks_like_a_rename_is_pointed_out(project: Project) -> None:
    with sa.create_engine(f"sqlite:///{project.directory}/app.db").begin() as connection:
        connection.execute(
            sa.text("CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY, a VARCHAR, b VARCHAR)")
        )
        connection.execute(
            sa.text(
                "CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, total INTEGER, x VARCHAR)"
            )
        )
    columns = "    {}: Mapped[{} | None] = mapped_column()\n"
    project.write(
        "users", model("User", "users") + columns.format("a", "str") + columns.format("b", "str")
    )
    project.write(
        "orders",
        model("Order", "orders") + columns.format("amount", "int") + columns.format("y", "bool"),
    )
    project.set_target(f"import {{app}}.orders\n{USERS_ONLY}")
    assert Migrations(project.config).generate("new").renames == (
        Rename(kind="table", before="people", after="users"),
        Rename(kind="column", table="orders", before="total", after="amount"),
    )
