"""Imports a project of the fixtures and makes its tables, as the project itself would.

Run in a process of its own: `python creating.py '{"root": …, "skip": [], "urls": […]}'`. Each
MetaData with tables goes into the next of the databases; the number used is printed. On SQLite,
which has no schemas, and on MySQL, where they are databases, those of tables are left out.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent))

from oracle import modules_below


def create(root: Path, skip: list[str], urls: list[str]) -> int:
    sys.path.insert(0, str(root))
    for module in modules_below(root, skip):
        importlib.import_module(module)
    sa.orm.configure_mappers()
    found = [each for each in gc.get_objects() if isinstance(each, sa.MetaData) and each.tables]
    found.sort(key=lambda metadata: sorted(metadata.tables))
    for metadata, url in zip(found, urls, strict=False):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        schemas = {table.schema for table in metadata.tables.values()} - {None}
        with engine.begin() as connection:
            if engine.dialect.name != "postgresql":
                left_out = dict.fromkeys(schemas)
                metadata.create_all(connection.execution_options(schema_translate_map=left_out))
                continue
            for schema in schemas:
                connection.execute(sa.schema.CreateSchema(str(schema), if_not_exists=True))
            metadata.create_all(connection)
    return min(len(found), len(urls))


if __name__ == "__main__":
    question = json.loads(sys.argv[1])
    sys.stdout.write(f"{create(Path(question['root']), question['skip'], question['urls'])}\n")
