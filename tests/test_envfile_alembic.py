"""What it is for: after sync-env Alembic sees every table, and without its block it does not.

Every importable case of fixtures/discover: `pytest -m slow tests/test_envfile_alembic.py`.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig

sys.path.insert(0, str(Path(__file__).parent))

from support import case_names, project_of, skip_unless_importable

from xcore_tools import Config, Discovery, Rewrite, discover, sync_env
from xcore_tools.envfile.block import borrowed_names, find_block, replace_block
from xcore_tools.envfile.held import held_by
from xcore_tools.envfile.render import render_block

RUNNER = Path(__file__).with_name("migrating.py")
APPLICATION = Path(__file__).resolve().parents[1] / "fixtures" / "xcore_app"

# what an import alone does not make, or what SQLite cannot hold
NEVER = {
    "base_deferred_reflection": "the columns come from the database",
    "mapped_function_called": "the application has to call a function first",
    "mapped_method_called": "the application has to call a method first",
    "problem_schema_unknown": "the schema comes from the environment",
    "problem_table_name_unknown": "the names of the tables are not known",
    "scope_both_arms_define": "only one of two branches runs",
    "table_core": "one table has no columns",
}

OWN_TYPES = {"sqlmodel": "sqlmodel", "advanced_alchemy": "advanced_alchemy.types"}


class Migrations:
    """An application, and a fresh Alembic environment beside it."""

    def __init__(self, root: Path, application: Path, import_root: str = "") -> None:
        self.root = root
        self.project = root / "project"
        shutil.copytree(application, self.project, ignore=shutil.ignore_patterns("__pycache__"))
        self.config = Config(project=self.project)
        self.ini = root / "alembic.ini"
        self.env = root / "migrations" / "env.py"
        command.init(AlembicConfig(str(self.ini), stdout=io.StringIO()), str(self.env.parent))
        _replace(
            self.ini, "prepend_sys_path = .", f"prepend_sys_path = {self.project / import_root}"
        )
        _replace(self.ini, "driver://user:pass@localhost/dbname", f"sqlite:///{root / 'test.db'}")
        _replace(
            self.env,
            "target_metadata=target_metadata",
            "target_metadata=target_metadata, include_schemas=True",
        )
        # Types of their own, which revisions do not import: sqlalchemy/alembic issue 1647
        sources = [path.read_text(encoding="utf-8") for path in self.project.rglob("*.py")]
        for library, module in OWN_TYPES.items():
            if any(library in source for source in sources):
                _replace(
                    self.env.with_name("script.py.mako"),
                    "import sqlalchemy as sa\n",
                    f"import sqlalchemy as sa\nimport {module}\n",
                )
        if any("advanced_alchemy" in source for source in sources):
            # SQLite tells NUMERIC of the BINARY that its GUID is stored as
            _replace(self.env, "include_schemas=True", "include_schemas=True, compare_type=False")
        self.found = discover([self.project], config=self.config)

    @property
    def expected(self) -> list[str]:
        names = {(table.schema, table.name) for table in self.found.tables}
        return sorted(f"{schema}.{name}" if schema else str(name) for schema, name in names)

    def sync(self) -> Rewrite:
        return sync_env(self.found, self.env, config=self.config)

    def forget_the_models(self) -> None:
        """Leaves target_metadata and what it needs as it is, and imports no model."""
        source = self.env.read_bytes()
        block, borrowed = find_block(source), borrowed_names(source)
        assert block is not None
        held = held_by(block.lines).imports
        needed = [(x.module, x.name, x.alias) for x in held if x.alias in borrowed]
        lines = render_block(Discovery((), (), (), ()), kept=needed)
        self.env.write_bytes(replace_block(source, lines))

    def autogenerate(self) -> dict[str, Any]:
        """Make a revision and apply it: what it creates and drops, and what `check` says then."""
        schemas = sorted({table.schema for table in self.found.tables if table.schema})
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(RUNNER), str(self.ini), *schemas],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return outcome


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def show(migrations: Migrations) -> None:
    """Refused before; all tables after; some missing, and dropped, once the models are forgotten."""
    expected = migrations.expected
    assert "does not provide a MetaData object" in migrations.autogenerate()["refused"]
    migrations.sync()
    migrations.forget_the_models()
    missing = set(expected) - set(migrations.autogenerate()["created"])
    assert missing
    assert migrations.sync().changed
    after = migrations.autogenerate()
    assert after == {"created": sorted(missing), "dropped": [], "check": "clean"}
    migrations.forget_the_models()
    assert migrations.autogenerate()["dropped"] == sorted(missing)


def test_the_application_of_this_repository(tmp_path: Path) -> None:
    migrations = Migrations(tmp_path, APPLICATION)
    assert len(migrations.expected) == 19
    show(migrations)


@pytest.mark.slow
def test_models_apart_from_their_base(tmp_path: Path) -> None:
    show(Migrations(tmp_path, project_of("inherit_joined")))


@pytest.mark.slow
@pytest.mark.parametrize("name", case_names())
def test_a_fresh_environment_creates_every_table(tmp_path: Path, name: str) -> None:
    case = skip_unless_importable(name)
    if name in NEVER:
        pytest.skip(NEVER[name])
    migrations = Migrations(tmp_path, project_of(name), case.sys_path)
    if not migrations.expected:
        pytest.skip("there is no table")
    rewrite = migrations.sync()
    outcome = migrations.autogenerate()
    if any(problem.code == "XT203" for problem in rewrite.problems):
        assert "does not provide a MetaData object" in outcome["refused"]
        return
    assert outcome["created"] == migrations.expected
    # SQLite does not tell the schema that a foreign key leads to
    if not any(table.schema for table in migrations.found.tables):
        assert outcome["check"] == "clean"
