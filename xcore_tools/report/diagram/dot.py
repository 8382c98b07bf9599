"""A schema in the language of Graphviz: https://graphviz.org/doc/info/lang.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby

from xcore_tools.database.schema import DatabaseSchema, ForeignKey, Table
from xcore_tools.report.diagram.marks import is_optional, is_single, marks
from xcore_tools.report.diagram.selection import Place, place_of

_HEAD = """\
digraph schema {
    graph [rankdir=LR, fontname="Helvetica", nodesep=0.4, ranksep=1.2];
    node [shape=plain, fontname="Helvetica", fontsize=11];
    edge [dir=both, color="#777777"];
"""


def render(
    schema: DatabaseSchema, *, columns: bool = True, groups: Mapping[Place, str] | None = None
) -> str:
    """Tables with their columns, unless those are not wanted, in a frame for each group; foreign keys."""
    grouped = groups or {}
    tables = sorted(schema.tables, key=lambda table: grouped.get(place_of(table), ""))
    lines = [_HEAD]
    for group, members in groupby(tables, key=lambda table: grouped.get(place_of(table), "")):
        nodes = [f"    {_node(table, columns=columns)}\n" for table in members]
        lines += _frame(group, nodes) if group else nodes
    for table in schema.tables:
        lines += (f"    {_edge(table, key, columns=columns)}\n" for key in table.foreign_keys)
    return "".join([*lines, "}\n"])


def _frame(group: str, nodes: list[str]) -> Iterator[str]:
    yield f"    subgraph {_quoted(f'cluster_{group}')} {{\n"
    yield f'        label={_quoted(group)}; style=rounded; color="#bbbbbb";\n'
    yield from (f"    {node}" for node in nodes)
    yield "    }\n"


def _node(table: Table, *, columns: bool) -> str:
    rows = [f'<tr><td bgcolor="#e8eef7" colspan="3"><b>{_shown(_title(table))}</b></td></tr>']
    for number, column in enumerate(table.columns if columns else ()):
        signs = " ".join(marks(table, column))
        null = "" if column.nullable else " *"
        cells = (
            f'<td align="left" port="c{number}">{_shown(column.name)}{null}</td>',
            f'<td align="left">{_shown(column.type)}</td>',
            f'<td align="left">{signs}</td>',
        )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    label = f'<table border="0" cellborder="1" cellspacing="0">{"".join(rows)}</table>'
    return f"{_quoted(_title(table))} [label=<{label}>];"


def _edge(table: Table, key: ForeignKey, *, columns: bool) -> str:
    target = key.table if key.schema is None else f"{key.schema}.{key.table}"
    names = [column.name for column in table.columns]
    port = f":c{names.index(key.columns[0])}" if columns and key.columns[0] in names else ""
    tail = "teeodot" if is_single(table, key) else "crowodot"
    head = "teeodot" if is_optional(table, key) else "teetee"
    label = _quoted(", ".join(key.columns))
    return (
        f"{_quoted(_title(table))}{port} -> {_quoted(target)} "
        f"[arrowtail={tail}, arrowhead={head}, tooltip={label}];"
    )


def _title(table: Table) -> str:
    return table.name if table.schema is None else f"{table.schema}.{table.name}"


def _shown(text: str) -> str:
    """A text inside of a label, which is written in the manner of HTML."""
    return escape(" ".join(text.split()) or " ")


def _quoted(text: str) -> str:
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'
