"""The JSON that other programs read: keys, their order, and what foreign names do to it."""

from __future__ import annotations

import json as stdlib_json
from pathlib import Path

import msgspec

from xcore_tools.discovery.results import Discovery, Problem
from xcore_tools.report import json

SAMPLE = msgspec.json.decode(
    (Path(__file__).parent / "report" / "discovery.json").read_bytes(), type=Discovery
)


def test_the_keys_and_their_order_are_the_documented_ones() -> None:
    data = stdlib_json.loads(json.render(SAMPLE))
    assert list(data) == ["schema_version", "models", "tables", "metadatas", "problems"]
    assert data["schema_version"] == 1
    assert {part: list(data[part][0]) for part in list(data)[1:]} == {
        "models": [
            *("name", "module", "table", "schema", "kind"),
            *("base", "metadata", "origin", "path", "line"),
        ],
        "tables": ["name", "schema", "module", "metadata", "path", "line", "origin"],
        "metadatas": ["name", "module", "models", "tables"],
        "problems": ["code", "severity", "path", "line", "message"],
    }


def test_every_item_is_there_in_the_order_given() -> None:
    data = stdlib_json.loads(json.render(SAMPLE))
    for part in ("models", "tables", "metadatas", "problems"):
        assert data[part] == [msgspec.to_builtins(item) for item in getattr(SAMPLE, part)]


def test_unknown_names_are_null() -> None:
    data = stdlib_json.loads(json.render(SAMPLE))
    payment = next(item for item in data["models"] if item["name"] == "Payment")
    assert payment["table"] is None


def test_it_is_text_of_several_lines_that_ends_with_a_newline() -> None:
    shown = json.render(SAMPLE)
    assert shown.endswith("\n}\n")
    assert shown.startswith('{\n  "schema_version": 1,\n')


def test_names_beyond_ascii_are_written_as_they_are() -> None:
    assert '"größe"' in json.encoded({"name": "größe"})


def test_a_file_name_that_is_not_utf8_survives() -> None:
    problem = Problem("old/\udcff.py", 0, "XT103", "error", "größe")
    discovery = Discovery(models=(), tables=(), metadatas=(), problems=(problem,), files=1)
    shown = json.render(discovery)
    assert shown.isascii()
    assert stdlib_json.loads(shown)["problems"][0]["path"] == "old/\udcff.py"
