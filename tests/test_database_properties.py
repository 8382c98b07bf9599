"""Random schemas made on SQLite: the export says exactly what was made."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers import as_url

from xcore_tools import DatabaseInspector, compare_schemas
from xcore_tools.database.schema import DatabaseSchema, Export
from xcore_tools.report.schema import json

NAMES = st.text(st.sampled_from("abcxyz_ABC 01,.()\"'`[]%:-äß漢"), min_size=1, max_size=12).filter(
    lambda name: name.strip() == name and not name.lower().startswith("sqlite_")
)
TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "INTEGER": sa.INTEGER(),
    "VARCHAR(20)": sa.VARCHAR(20),
    "TEXT": sa.TEXT(),
    "NUMERIC(8, 3)": sa.NUMERIC(8, 3),
    "BOOLEAN": sa.BOOLEAN(),
    "DATETIME": sa.DATETIME(),
    "BLOB": sa.BLOB(),
    "FLOAT": sa.FLOAT(),
}
DEFAULTS = st.none() | st.sampled_from(["0", "1.5", "'it''s'", "')'", "', UNIQUE ('", "NULL"])
ACTIONS = st.sampled_from([None, "CASCADE", "SET NULL", "RESTRICT"])


def unlike(names: st.SearchStrategy[str], size: tuple[int, int]) -> st.SearchStrategy[list[str]]:
    """SQLite knows ASCII letters in one case only."""
    return st.lists(names, min_size=size[0], max_size=size[1], unique_by=lambda each: each.lower())


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Each table as the facts that the export has to have."""
    names = draw(unlike(NAMES, (1, 4)))
    drawn: list[dict[str, Any]] = []
    for name in names:
        columns = {
            column: {
                "type": draw(st.sampled_from(sorted(TYPES))),
                "nullable": draw(st.booleans()),
                "default": draw(DEFAULTS),
            }
            for column in draw(unlike(NAMES, (1, 5)))
        }
        key = draw(st.lists(st.sampled_from(list(columns)), max_size=2, unique=True))
        others = [each for each in columns if each not in key]
        facts: dict[str, Any] = {
            "name": name,
            "columns": columns,
            "key": key,
            "uniques": [[each] for each in others if draw(st.booleans())],
            "checks": [each for each in columns if draw(st.integers(0, 3)) == 0],
            "references": [],
        }
        for each in columns:
            target = draw(st.sampled_from([None, None, *drawn]))
            if target is not None:
                referred = draw(st.sampled_from(list(target["columns"])))
                facts["references"].append((each, target["name"], referred, draw(ACTIONS)))
        drawn.append(facts)
    return drawn


def made(facts: list[dict[str, Any]]) -> sa.MetaData:
    metadata = sa.MetaData()
    for table in facts:
        items: list[Any] = [
            sa.Column(
                name,
                TYPES[column["type"]],
                nullable=column["nullable"],
                server_default=None if column["default"] is None else sa.text(column["default"]),
                autoincrement=False,
            )
            for name, column in table["columns"].items()
        ]
        if table["key"]:
            items.append(sa.PrimaryKeyConstraint(*table["key"]))
        items += [sa.UniqueConstraint(*columns) for columns in table["uniques"]]
        quote = sa.create_mock_engine("sqlite://", lambda *_: None).dialect.identifier_preparer
        items += [
            sa.CheckConstraint(
                sa.text(f"{quote.quote_identifier(name)} <> ')'".replace(":", r"\:"))
            )
            for name in table["checks"]
        ]
        items += [
            sa.ForeignKeyConstraint([column], [metadata.tables[other].c[referred]], ondelete=action)
            for column, other, referred, action in table["references"]
        ]
        sa.Table(table["name"], metadata, *items)
    return metadata


def said(schema: DatabaseSchema) -> dict[str, Any]:
    return {
        table.name: {
            "columns": {
                column.name: (column.type, column.nullable, column.default)
                for column in table.columns
            },
            "key": table.primary_key.columns if table.primary_key else (),
            "uniques": sorted(unique.columns for unique in table.uniques),
            "checks": sorted(check.expression for check in table.checks),
            "references": sorted(
                (key.columns, key.table, key.referred, key.on_delete or "")
                for key in table.foreign_keys
            ),
        }
        for table in schema.tables
    }


def expected(facts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        table["name"]: {
            "columns": {
                name: (
                    column["type"],
                    column["nullable"],
                    column["default"],
                )
                for name, column in table["columns"].items()
            },
            "key": tuple(table["key"]),
            "uniques": sorted(map(tuple, table["uniques"])),
            "checks": sorted(
                '"' + name.replace('"', '""') + "\" <> ')'" for name in table["checks"]
            ),
            "references": sorted(
                ((column,), other, (referred,), action or "")
                for column, other, referred, action in table["references"]
            ),
        }
        for table in facts
    }


def check(facts: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        url = as_url(f"sqlite:///{Path(directory) / 'app.db'}")
        engine = sa.create_engine(url.sqlalchemy, poolclass=sa.NullPool)
        made(facts).create_all(engine)
        schema = DatabaseInspector(url).inspect()
    text = json.render(schema)
    assert msgspec.structs.asdict(msgspec.json.decode(text, type=DatabaseSchema)) == (
        msgspec.structs.asdict(schema)
    )
    assert said(msgspec.json.decode(text, type=Export)) == expected(facts)
    assert compare_schemas(schema, msgspec.json.decode(text, type=Export)).differences == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_an_export_says_what_was_made(facts: list[dict[str, Any]]) -> None:
    check(facts)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_an_export_says_what_was_made_long(facts: list[dict[str, Any]]) -> None:
    check(facts)
