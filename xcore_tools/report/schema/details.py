"""One table or view with all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xcore_tools.database.schema import DatabaseSchema, Table, View
from xcore_tools.report.schema.layout import INDENT, rows, wrapped
from xcore_tools.report.schema.words import behind, described, kind_of, qualified, size_of
from xcore_tools.report.style import counted, painted, visible


def render(
    part: Table | View, schema: DatabaseSchema, *, color: bool = False, width: int | None = None
) -> str:
    """Columns, constraints, indexes and comments of `part`, and what in `schema` refers to it."""
    lines = [_title(part, color=color)]
    if part.comment:
        lines += wrapped(INDENT, f"“{visible(part.comment)}”", width)
    lines += ["", *_columns(part, color=color, width=width)]
    facts = list(_facts(part, schema))
    if facts:
        lines.append("")
        longest = max(len(label) for label, _ in facts)
        before = ""
        for label, text in facts:
            shown = "" if label == before else label
            lead = f"{INDENT}{shown.ljust(longest)}  "
            wrapping = wrapped(lead, text, width)
            if color and shown:
                wrapping[0] = wrapping[0].replace(shown, painted(shown, "dim", color=color), 1)
            lines += wrapping
            before = label
    if isinstance(part, View):
        lines += ["", *(INDENT + line for line in map(visible, part.definition.splitlines()))]
    return "\n".join(lines) + "\n"


def _title(part: Table | View, *, color: bool) -> str:
    name = painted(qualified(part.schema, part.name), "bold", color=color)
    facts = [kind_of(part), counted(len(part.columns), "column")]
    if part.rows is not None:
        facts.append(counted(part.rows, "row"))
    if part.size is not None:
        facts.append(size_of(part.size))
    return f"{name}  {', '.join(facts)}"


def _columns(part: Table | View, *, color: bool, width: int | None) -> Iterable[str]:
    cells = [["Column", "Type", "Null", ""]]
    for column in part.columns:
        null = "yes" if column.nullable else "no"
        cells.append([visible(column.name), visible(column.type), null, behind(column)])
    return rows(cells, width=width, color=color, styles=("cyan",))


def _facts(part: Table | View, schema: DatabaseSchema) -> Iterator[tuple[str, str]]:
    """What to say below the columns: a label and a text each."""
    if isinstance(part, Table):
        if part.primary_key:
            yield "Primary key", _named(part.primary_key.name, described(part.primary_key))
        for label, members in (
            ("Unique", part.uniques),
            ("Foreign key", part.foreign_keys),
            ("Check", part.checks),
            ("Exclusion", part.exclusions),
        ):
            for member in members:
                yield label, _named(member.name, described(member))
    for index in part.indexes:
        yield "Index", f"{visible(index.name)}: {described(index)}"
    if isinstance(part, Table):
        yield from _relations(part)
        yield from (("Referenced by", text) for text in _referring(part, schema))


def _relations(part: Table) -> Iterator[tuple[str, str]]:
    if part.inherits:
        yield "Inherits", ", ".join(map(visible, part.inherits))
    if part.partitioning:
        if part.partitioning.of is not None:
            of = qualified(part.partitioning.of_schema, part.partitioning.of)
            yield "Partition of", f"{of} {visible(part.partitioning.bound or '')}"
        if part.partitioning.by:
            yield "Partitioned by", visible(part.partitioning.by)
    if part.options:
        yield (
            "Options",
            visible(", ".join(f"{key} = {value}" for key, value in part.options.items())),
        )


def _referring(part: Table, schema: DatabaseSchema) -> Iterator[str]:
    for table in schema.tables:
        for key in table.foreign_keys:
            if (key.schema, key.table) == (part.schema, part.name):
                columns = ", ".join(map(visible, key.columns))
                yield f"{qualified(table.schema, table.name)} ({columns})"


def _named(name: str | None, text: str) -> str:
    return text if name is None else f"{text}  [{visible(name)}]"
