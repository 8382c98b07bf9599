"""Where the tables and lines of a picture are: boxes as large as their text, laid out in layers.

The layout is graphlay's, in which a box has a size and a line begins at the row of its column. On the
189 tables of galaxy-data it takes 1.3 s, and no line crosses a box; fast-sugiyama knows neither sizes
nor lines, rustworkx and networkx have no layers, and grandalf, igraph, OGDF, ELK and Graphviz are under
licences that are not permissive, or are no package of Python.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any
from unicodedata import east_asian_width

from xcore_tools.database.schema import DatabaseSchema, ForeignKey, Table
from xcore_tools.errors import XcoreToolsError
from xcore_tools.report.diagram.marks import is_association, is_optional, is_single, marks
from xcore_tools.report.diagram.selection import Place, place_of
from xcore_tools.report.diagram.tracks import Points, joined

HEAD, ROW, FOOT, PADDING = 34.0, 20.0, 7.0, 12.0
"""In pixels: the height of a title, of a column, of what is below the last one; and the room beside."""
BASELINE = 14.0
"""Where the text of a row stands, from its top."""

_TITLE, _TEXT = 8.2, 7.25
"""The advance of a letter: 0.6 em and a bit, as nearly all monospaced fonts have it."""
_MARK, _GAP, _BADGE = 21.0, 20.0, 30.0
_NAME, _TYPE = 36, 26
"""The most letters of a name and of a type."""
_NARROWEST = 120.0

_OPTIONS: dict[str, Any] = {
    "direction": "leftright",
    "spacing": {"node_gap": 32, "dummy_gap": 16, "port_gap": 12, "layer_gap": 64},
    "compaction": {"mode": "priority"},  # a third less high on large schemas
}


@dataclass(frozen=True, slots=True)
class Row:
    """A column as it is shown; `full` is what was cut off of it, or empty."""

    name: str
    type: str
    marks: tuple[str, ...]
    nullable: bool
    full: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A table: its left upper corner and its size, in pixels. `marks` is the width of the key signs."""

    table: Table
    rows: tuple[Row, ...]
    width: float
    height: float
    marks: float
    association: bool
    x: float = 0.0
    y: float = 0.0

    @property
    def place(self) -> Place:
        """Where the table is."""
        return place_of(self.table)

    def middle(self, column: str) -> float:
        """Where a line meets the row of a column, below the top; that of the title where it has none."""
        names = [each.name for each in self.table.columns] if self.rows else []
        if column not in names:
            return min(HEAD, self.height) / 2
        return HEAD + ROW * names.index(column) + ROW / 2


@dataclass(frozen=True, slots=True)
class Line:
    """A foreign key: from the table that has it to the one it refers to, by their numbers."""

    source: int
    target: int
    key: ForeignKey
    points: Points
    single: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of a picture; it begins at 0, 0."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


def arranged(schema: DatabaseSchema, *, columns: bool = True) -> Drawing:
    """The tables of `schema` and their foreign keys, whose tables all are in it; the same each time.

    Raises:
        XcoreToolsError: the library for the layout is not installed.
    """
    library = _library()
    boxes = [_box(table, columns=columns) for table in schema.tables]
    numbers = {box.place: number for number, box in enumerate(boxes)}
    keys = [
        (numbers[place_of(table)], numbers[key.schema, key.table], key)
        for table in schema.tables
        for key in table.foreign_keys
    ]
    sides = [("right", "right" if source == target else "left") for source, target, _ in keys]
    found = _laid_out(library, boxes, keys, sides)
    centers = [node["center"]["x"] for node in found.nodes]
    turned = [
        _sides(centers[target] - centers[source], is_own=source == target)
        for source, target, _ in keys
    ]
    if turned != sides:  # keys in a circle: one of them leads backwards
        found = _laid_out(library, boxes, keys, turned)
    return _drawing(boxes, keys, found)


def _library() -> ModuleType:
    try:
        import graphlay  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise XcoreToolsError(
            "svg and html need a library for the layout; run `pip install 'xcore-tools[diagram]'`, "
            "or choose mermaid, dbml or dot"
        ) from error
    return graphlay


_Keys = list[tuple[int, int, ForeignKey]]


def _laid_out(
    library: ModuleType, boxes: list[Box], keys: _Keys, sides: list[tuple[str, str]]
) -> Any:
    graph = library.Graph()
    for box in boxes:
        graph.node(width=box.width, height=box.height)
    for (source, target, key), (out, into) in zip(keys, sides, strict=True):
        graph.edge(
            source,
            target,
            source_port=_port(boxes[source], key.columns, out),
            target_port=_port(boxes[target], key.referred, into),
        )
    return library.layout(graph, options=_OPTIONS)


def _port(box: Box, columns: tuple[str, ...], side: str) -> dict[str, Any]:
    """A place on the border, from -1 at the top to 1."""
    middle = box.middle(columns[0] if columns else "")
    return {"offset": {"side": side, "t": 2 * middle / box.height - 1}}


def _sides(distance: float, *, is_own: bool) -> tuple[str, str]:
    if is_own or abs(distance) < 1:
        return "right", "right"
    return ("right", "left") if distance > 0 else ("left", "right")


def _drawing(boxes: list[Box], keys: _Keys, found: Any) -> Drawing:
    left, top = found.bounds["min"]["x"], found.bounds["min"]["y"]
    placed = [
        replace(
            box,
            x=round(node["center"]["x"] - left - box.width / 2, 1),
            y=round(node["center"]["y"] - top - box.height / 2, 1),
        )
        for box, node in zip(boxes, found.nodes, strict=True)
    ]
    lines = [
        Line(
            source=source,
            target=target,
            key=key,
            points=_fastened(
                [(point["x"] - left, point["y"] - top) for point in edge["points"]],
                placed[source].y + placed[source].middle(key.columns[0]),
                placed[target].y + placed[target].middle(key.referred[0] if key.referred else ""),
            ),
            single=is_single(boxes[source].table, key),
            optional=is_optional(boxes[source].table, key),
        )
        for (source, target, key), edge in zip(keys, found.edges, strict=True)
    ]
    areas = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in placed]
    paths = joined([(line.target, line.points) for line in lines], areas)
    return Drawing(
        boxes=tuple(placed),
        lines=tuple(replace(line, points=path) for line, path in zip(lines, paths, strict=True)),
        width=round(found.bounds["max"]["x"] - left, 1),
        height=round(found.bounds["max"]["y"] - top, 1),
    )


def _fastened(points: list[tuple[float, float]], start: float, end: float) -> Points:
    """The line with its ends at their rows: the library keeps away from the corners of high boxes."""
    fixed = list(points)
    for first, second, height in ((0, 1, start), (-1, -2, end)):
        was = fixed[first][1]
        if len(fixed) > 3 and fixed[second][1] == was:
            fixed[second] = fixed[second][0], height
        fixed[first] = fixed[first][0], height
    return tuple((round(x, 1), round(y, 1)) for x, y in fixed)


def _box(table: Table, *, columns: bool) -> Box:
    rows = tuple(
        Row(
            name=_cut(column.name, _NAME),
            type=_cut(column.type, _TYPE),
            marks=tuple(marks(table, column)),
            nullable=column.nullable,
            full=_full(column.name, column.type),
        )
        for column in (table.columns if columns else ())
    )
    signs = _MARK * max((len(row.marks) for row in rows), default=0)
    names = max((_letters(row.name) for row in rows), default=0)
    types = max((_letters(row.type) + row.nullable for row in rows), default=0)
    association = is_association(table)
    title = _TITLE * _letters(table.name) + _TEXT * _letters(table.schema or "")
    title += _TEXT * bool(table.schema) + _BADGE * association
    body = signs + _TEXT * (names + types) + _GAP if rows else 0
    return Box(
        table=table,
        rows=rows,
        width=round(max(title, body, _NARROWEST - 2 * PADDING) + 2 * PADDING),
        height=HEAD + ROW * len(rows) + FOOT if rows else HEAD,
        marks=signs,
        association=association,
    )


def _full(name: str, type_: str) -> str:
    is_cut = len(name) > _NAME or len(type_) > _TYPE
    return f"{name}  {type_}" if is_cut else ""


def _cut(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _letters(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
