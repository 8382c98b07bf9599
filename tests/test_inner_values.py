"""Rules of values, collections of tables and texts that no whole project shows by chance.

What is expected is what Python and SQLAlchemy do with the same source, or is reasoned beside it.
"""

from __future__ import annotations

import os
import sys
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

sys.path.insert(0, str(Path(__file__).parent))

from following import MODELS, NAMED, followed, module, tables_of

from xcore_tools.discovery.evaluate.plain import in_order
from xcore_tools.discovery.parse.decoding import decoded

# -- values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", ["is", "is not", "==", "!="])
@pytest.mark.parametrize("other", ["Base", "Other"])
def test_classes_are_compared_as_python_compares_them(operator: str, other: str) -> None:
    """Two classes are equal if they are the same; which of two names is chosen may depend on it."""
    test = f"Base {operator} {other}"
    source = f"class Other:\n    pass\nNAME = 'yes' if {test} else 'no'\n{NAMED}"
    scope = {"Base": DeclarativeBase, "Other": object}
    assert tables_of(module(source)) == {"Named": "yes" if eval(test, scope) else "no"}


def test_what_an_instance_does_not_have_is_not_none() -> None:
    """Python raises AttributeError here: "Nones" is a name that no run of this module gives."""
    source = f"class Settings:\n    pass\nNAME = f'{{Settings().table}}s'\n{NAMED}"
    assert tables_of(module(source)) == {"Named": None}


@pytest.mark.parametrize(
    "expression",
    [
        "dict([('a', 'x')], b='y')['a']",
        "dict([('a', 'x')], b='y')['b']",
        "{**os.environ, 'a': 'x'}.get('a')",
        "''.join(filter(lambda word: word > 'c', ['a', 'd']))",
        "list(filter(None, ['', 'x']))[0]",
        "{'x'}.pop()",
    ],
)
def test_what_python_has_is_known(expression: str) -> None:
    source = f"import os\nNAME = {expression}\n{NAMED}"
    assert tables_of(module(source)) == {"Named": eval(expression, {"os": os})}


@pytest.mark.parametrize("expression", ["{'x', 'y'}.pop()", "{*os.environ, 'x'}.pop()"])
def test_what_python_chooses_is_not_known(expression: str) -> None:
    source = f"import os\nNAME = {expression}\n{NAMED}"
    assert tables_of(module(source)) == {"Named": None}


def test_the_first_item_of_a_set_is_not_known() -> None:
    source = f"NAME = [word for word in {{'x', 'y'}}][0]\n{NAMED}"
    assert tables_of(module(source)) == {"Named": None}


ITEMS = [("a", "b"), ("b", "a"), ("a", ("b", "a")), ("a", ("a", "b")), frozenset("ab"), "ab", 1]


def test_a_set_has_one_order_whatever_the_hashes_of_its_items_are() -> None:
    """A set gives its items in any order, another in each process; an answer must not depend on it."""
    orders = {tuple(in_order(some)) for some in permutations(ITEMS)}  # type: ignore[arg-type]
    assert len(orders) == 1


# -- collections of tables -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("Base.metadata = MetaData()", "m.Base.metadata"),
        ("others = MetaData()\nBase.metadata = others", "m.others"),
        ("import o\nBase.metadata = o.everything", "o.everything"),
    ],
)
def test_a_collection_is_named_by_where_it_was_made(line: str, place: str) -> None:
    """It belongs to the attribute it is put into only if it has no name of its own."""
    files = {"o.py": "from sqlalchemy import MetaData\neverything = MetaData()\n"}
    found = followed({**files, "m.py": f"{MODELS}{line}\nNAME = 'dogs'\n{NAMED}"})
    assert [table.metadata for table in found.tables] == [place]


WALKS = """
class Kept(DeclarativeBase):
    metadata = MetaData(schema="zoo")

walks = Table("walks", Kept.registry.metadata, Column("id", Integer, primary_key=True))
"""


def test_the_registry_of_a_base_has_the_collection_of_the_base() -> None:
    scope = {name: getattr(sa, name) for name in ("MetaData", "Table", "Column", "Integer")}
    real: dict[str, Any] = {}
    exec(WALKS, scope | {"DeclarativeBase": DeclarativeBase, "__name__": "m"}, real)
    assert real["walks"].metadata is real["Kept"].metadata
    (table,) = module(WALKS).tables
    assert (table.name, table.schema, table.metadata) == (
        "walks",
        real["walks"].schema,
        "m.Kept.metadata",
    )


def test_a_schema_that_is_not_known_is_a_note() -> None:
    """Only another name for the same table is missing, so nothing needs to be done, and no exit code says it."""
    (problem,) = module(
        "import os\nNAME = 'dogs'\n"
        + NAMED
        + "    __table_args__ = {'schema': os.environ['SCHEMA']}\n"
    ).problems
    assert (problem.code, problem.severity) == ("XT121", "note")


# -- texts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [b"# coding: latin-1\n", b"\n# coding: latin-1\n", b"#!/bin/sh\r\n# coding: latin-1\r\n"],
)
def test_an_encoding_may_stand_in_the_first_two_lines(head: bytes) -> None:
    data = head + b"NAME = '\xe9'\n"
    real: dict[str, Any] = {}
    exec(compile(data, "m.py", "exec"), real)
    text = decoded("m.py", data)
    assert isinstance(text, str)
    assert real["NAME"] in text
