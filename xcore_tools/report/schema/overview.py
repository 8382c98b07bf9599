"""All tables and views of a database, one line each, by schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xcore_tools.database.schema import DatabaseSchema, Table, View
from xcore_tools.report.schema.layout import INDENT, rows, wrapped
from xcore_tools.report.schema.words import described, kind_of, qualified, size_of
from xcore_tools.report.style import counted, painted, visible


def render(schema: DatabaseSchema, *, color: bool = False, width: int | None = None) -> str:
    """The tables, views and sequences of each schema, then types, then one summary line."""
    lines: list[str] = []
    for name in (None, *schema.schemas):
        block = list(_of_schema(schema, name, color=color, width=width))
        if block and schema.schemas:
            title = "default schema" if name is None else f"schema {visible(name)}"
            lines += [painted(title, "bold", color=color), ""]
        lines += block
    lines.append(painted(summary(schema), "bold", color=color))
    return "\n".join(lines) + "\n"


def summary(schema: DatabaseSchema) -> str:
    """`postgresql: 12 tables, 2 views, 1 enum`."""
    numbers = [
        (len(schema.tables), "table", True),
        (sum(not view.materialized for view in schema.views), "view", False),
        (sum(view.materialized for view in schema.views), "materialized view", False),
        (len(schema.sequences), "sequence", False),
        (len(schema.enums), "enum", False),
        (len(schema.domains), "domain", False),
        (len(schema.extensions), "extension", False),
    ]
    parts = [counted(number, noun) for number, noun, always in numbers if number or always]
    return f"{schema.engine}: {', '.join(parts)}"


def unreadable(schema: DatabaseSchema) -> Iterator[str]:
    """A sentence for each table that could not be read."""
    for part in schema.unreadable:
        yield f"{qualified(part.schema, part.name)} could not be read: {visible(part.reason)}"


def _of_schema(
    schema: DatabaseSchema, name: str | None, *, color: bool, width: int | None
) -> Iterator[str]:
    parts = [part for part in schema.relations if part.schema == name]
    if parts:
        has_numbers = any(part.rows is not None or part.size is not None for part in parts)
        yield from _table(parts, has_numbers=has_numbers, color=color, width=width)
        yield ""
    for title, members in (
        ("Sequences", schema.sequences),
        ("Enums", schema.enums),
        ("Domains", schema.domains),
    ):
        named = [part for part in members if part.schema == name]
        if named:
            yield painted(title, "dim", color=color).join((INDENT, ""))
            longest = max(len(visible(part.name)) for part in named)
            for part in named:
                lead = f"{INDENT}{visible(part.name).ljust(longest)}  "
                yield from wrapped(lead, described(part), width)
            yield ""
    extensions = [visible(part.name) for part in schema.extensions if part.schema == name]
    if extensions:
        yield from wrapped(f"{INDENT}Extensions  ", ", ".join(extensions), width)
        yield ""


def _table(
    parts: Sequence[Table | View], *, has_numbers: bool, color: bool, width: int | None
) -> Iterator[str]:
    numbers = ["Rows", "Size"] if has_numbers else []
    cells = [["Table", "Columns", *numbers, "Key", "References"]]
    for part in parts:
        counts = []
        if has_numbers:
            counts = [
                "" if part.rows is None else f"{part.rows:,}",
                "" if part.size is None else size_of(part.size),
            ]
        cells.append([visible(part.name), str(len(part.columns)), *counts, *_ends(part)])
    right = range(1, 2 + len(numbers))
    yield from rows(cells, width=width, color=color, right=right, styles=("cyan",))


def _ends(part: Table | View) -> tuple[str, str]:
    """The key of a table and what it refers to; for what is no plain table, what it is."""
    if isinstance(part, View):
        return "", kind_of(part)
    key = part.primary_key
    targets = {qualified(each.schema, each.table): None for each in part.foreign_keys}
    notes = [", ".join(targets)]
    if part.partitioning and part.partitioning.of is not None:
        of = qualified(part.partitioning.of_schema, part.partitioning.of)
        notes.append(f"partition of {of}")
    elif kind_of(part) != "table":
        notes.append(kind_of(part))
    if part.inherits:
        notes.append(f"inherits {', '.join(map(visible, part.inherits))}")
    return ", ".join(map(visible, key.columns)) if key else "–", "; ".join(filter(None, notes))  # noqa: RUF001
