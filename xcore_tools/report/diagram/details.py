"""What the source says of a table beyond its schema: where it is, whose it is, what its models relate."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from xcore_tools.database.schema import DatabaseSchema
from xcore_tools.discovery.results import Discovery, Model, Relationship
from xcore_tools.report.diagram.selection import Place, place_of


class Detail(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table in the source. `line` is 1-based; `models` are the classes that are mapped to it."""

    path: str
    line: int
    origin: str
    metadata: str
    module: str
    models: tuple[str, ...] = ()
    relationships: tuple[Relationship, ...] = ()


def details_of(discovery: Discovery) -> dict[Place, Detail]:
    """What is known of each table that has a name; of two with the same name, of the last."""
    mapped: dict[Place, list[Model]] = {}
    for model in discovery.models:
        if model.table is not None:
            mapped.setdefault((model.schema, model.table), []).append(model)
    details = {}
    for table in discovery.tables:
        if table.name is not None:
            models = mapped.get((table.schema, table.name), [])
            details[table.schema, table.name] = Detail(
                path=table.path,
                line=table.line,
                origin=table.origin,
                metadata=table.metadata or "",
                module=table.module,
                models=tuple(model.name for model in models),
                relationships=tuple(
                    relation for model in models for relation in model.relationships or ()
                ),
            )
    return details


def groupings(
    schema: DatabaseSchema, details: Mapping[Place, Detail]
) -> dict[str, dict[Place, str]]:
    """The ways to put the tables into groups, by what they are called: each tells at least two apart."""
    places = [place_of(table) for table in schema.tables]
    known = [place for place in places if place in details]
    ways = {
        "origin": {place: details[place].origin for place in known},
        "metadata": {place: details[place].metadata for place in known},
        "schema": {place: place[0] or "default schema" for place in places},
        "module": {place: details[place].module for place in known},
    }
    return {name: groups for name, groups in ways.items() if len({*groups.values()}) > 1}


def grouped(schema: DatabaseSchema, details: Mapping[Place, Detail]) -> dict[Place, str]:
    """The groups of a picture that shows but one way: no modules, which may be as many as tables."""
    ways = groupings(schema, details)
    return next((groups for name, groups in ways.items() if name != "module"), {})
