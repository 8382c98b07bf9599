"""Run Alembic in a process of its own: what does `revision --autogenerate` create, is `check` clean?

python tests/migrating.py alembic.ini SCHEMA… prints {"created": […], "dropped": […], "check": "…"}.
The plugin of this package is left out: what Alembic does on its own is asked for.
Each schema becomes an attached database, which is how SQLite has schemas.
"""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.operations.ops import CreateTableOp, DropTableOp
from alembic.util import CommandError
from sqlalchemy import event
from sqlalchemy.engine import Engine


def main(ini: str, *schemas: str) -> dict[str, Any]:
    @event.listens_for(Engine, "connect")
    def attach(connection: Any, _record: object) -> None:
        for schema in schemas:
            file = Path(ini).with_name(f"{schema}.db")
            connection.execute(f'ATTACH "{file}" AS "{schema}"')

    if importlib.util.find_spec("alembic.runtime.plugins"):  # older versions know none
        plugins = importlib.import_module("alembic.runtime.plugins")
        plugins._all_plugins.pop("alembic.autogenerate.xcore_tools", None)
    config = Config(ini, stdout=io.StringIO())
    tables: dict[type, list[str]] = {CreateTableOp: [], DropTableOp: []}

    def note(_context: object, _revision: object, directives: Sequence[Any]) -> None:
        for operation in directives[0].upgrade_ops.ops:
            if isinstance(operation, CreateTableOp | DropTableOp):
                schema = f"{operation.schema}." if operation.schema else ""
                tables[type(operation)].append(schema + operation.table_name)

    try:
        command.revision(config, "tables", autogenerate=True, process_revision_directives=note)
    except CommandError as error:
        return {"refused": str(error)}
    command.upgrade(config, "head")
    return {
        "created": sorted(tables[CreateTableOp]),
        "dropped": sorted(tables[DropTableOp]),
        "check": _check(config),
    }


def _check(config: Config) -> str:
    try:
        command.check(config)
    except CommandError as error:
        return str(error)
    return "clean"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
