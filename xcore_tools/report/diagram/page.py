"""A picture as one HTML page that needs nothing else: no network, no library, no other file.

The shapes are those of the SVG file. The page's own style and script are let in by their hashes, and a
policy forbids all else, so that no name of a table can become more than text.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import starmap
from string import Template
from typing import Any

from xcore_tools.database.schema import Column, DatabaseSchema, ForeignKey, Table
from xcore_tools.report.diagram.details import Detail, groupings
from xcore_tools.report.diagram.geometry import Box, Drawing, Line
from xcore_tools.report.diagram.marks import marks
from xcore_tools.report.diagram.palette import COLORS, DARK, LIGHT, asset, style
from xcore_tools.report.diagram.selection import Place
from xcore_tools.report.diagram.svg import far_text, path, shapes, shown, title_of


def render(drawing: Drawing, details: Mapping[Place, Detail], *, title: str) -> str:
    """The page; the same bytes for the same picture."""
    css, script = _css(), asset("page.js")
    return Template(asset("page.html")).substitute(
        policy=(
            f"default-src 'none'; style-src {_hash(css)}; script-src {_hash(script)}; "
            "base-uri 'none'; form-action 'none'"
        ),
        title=shown(title),
        style=css,
        width=f"{drawing.width:g}",
        height=f"{drawing.height:g}",
        script=script,
        shapes="\n".join([*map(_edge, drawing.lines), *starmap(_table, enumerate(drawing.boxes))]),
        data=_data(drawing, details, title),
    )


def _css() -> str:
    """The colours as variables, by day, by night if the reader's system says so or the reader does."""
    day, night = (
        "".join(f"--{name}:{color};" for name, color in colors.items()) for colors in (LIGHT, DARK)
    )
    return (
        f":root{{color-scheme:light;{day}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{night}}}\n"
        "@media (prefers-color-scheme: dark){"
        f":root:not([data-theme=light]){{color-scheme:dark;{night}}}}}\n"
        f"{style({name: f'var(--{name})' for name in LIGHT})}{asset('page.css')}"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _edge(line: Line) -> str:
    rounded, ends = path(line)
    dashed = " optional" if line.optional else ""
    return (
        f'<g class="edge"><path class="line{dashed}" d="{rounded}"/>'
        f'<path class="ends" d="{ends}"/></g>'
    )


def _table(number: int, box: Box) -> str:
    kind = " association" if box.association else ""
    name = shown(title_of(box.place))
    label = f"{name}, {_count(len(box.table.columns), 'column')}"
    return "\n".join(
        [
            f'<g class="table{kind}" id="t{number}" role="button" tabindex="-1" aria-label="{label}"'
            f' transform="translate({box.x:g} {box.y:g})">',
            *shapes(box),
            far_text(box),
            "</g>",
        ]
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _data(drawing: Drawing, details: Mapping[Place, Detail], title: str) -> str:
    """What the script knows, as JSON in which no tag can end or begin."""
    schema = DatabaseSchema(engine="", tables=tuple(box.table for box in drawing.boxes))
    ways = [
        {
            "name": name,
            "groups": sorted({*groups.values()}),
            "of": [groups.get(box.place) for box in drawing.boxes],
        }
        for name, groups in groupings(schema, details).items()
    ]
    data = {
        "title": title,
        "colors": COLORS,
        "tables": [_facts(box, details.get(box.place)) for box in drawing.boxes],
        "lines": [_relation(line) for line in drawing.lines],
        "ways": ways,
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode().replace("<", "\\u003c").replace("&", "\\u0026")


def _facts(box: Box, detail: Detail | None) -> dict[str, Any]:
    table = box.table
    facts: dict[str, Any] = {
        "name": title_of(box.place),
        "box": [box.x, box.y, box.width, box.height],
        "columns": [_column(table, column) for column in table.columns],
        "keys": [*_keys(table)],
        "between": box.association,
    }
    if table.comment:
        facts["comment"] = table.comment
    if detail is not None:
        facts["at"] = f"{detail.path}:{detail.line}"
        facts["models"] = detail.models
        facts["relations"] = [
            [relation.name, relation.target or "?", relation.secondary or ""]
            for relation in detail.relationships
        ]
    return facts


def _column(table: Table, column: Column) -> dict[str, Any]:
    facts: dict[str, Any] = {"name": column.name, "type": column.type}
    if signs := [*marks(table, column)]:
        facts["marks"] = signs
    if column.nullable:
        facts["null"] = True
    if column.default is not None:
        facts["default"] = column.default
    if column.comment:
        facts["comment"] = column.comment
    return facts


def _keys(table: Table) -> Iterator[tuple[str, str, str]]:
    """Kind, name and columns of what makes rows unique or fast to find, and of checks."""
    if table.primary_key:
        yield "primary key", table.primary_key.name or "", ", ".join(table.primary_key.columns)
    for unique in table.uniques:
        yield "unique", unique.name or "", ", ".join(unique.columns)
    for index in table.indexes:
        keys = [key.column or key.expression or "?" for key in index.keys]
        yield "unique index" if index.unique else "index", index.name, ", ".join(keys)
    for check in table.checks:
        yield "check", check.name or "", check.expression


def _relation(line: Line) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "from": line.source,
        "to": line.target,
        "columns": _names(line.key.columns),
        "referred": _names(line.key.referred),
    }
    if line.single:
        facts["single"] = True
    if line.optional:
        facts["optional"] = True
    if actions := _actions(line.key):
        facts["actions"] = actions
    return facts


def _names(names: Sequence[str]) -> str:
    return ", ".join(names)


def _actions(key: ForeignKey) -> str:
    stated = (("on delete", key.on_delete), ("on update", key.on_update))
    return ", ".join(f"{word} {action.lower()}" for word, action in stated if action)
